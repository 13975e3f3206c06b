// Package client is the customer's side: what it holds, and what it may do. Its
// operations return values and print nothing; verbs, explorer, attacks and
// tests call them.
package client

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"tokenshell/issuers"
	"tokenshell/orchestrator"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/redact"
	"tokenshell/shell/internal/world"
	"tokenshell/tokens"
)

// Client is a client of one world: the tokens that it holds, and the order that
// it is at. Not safe for concurrent use but for [Client.Relay], [Client.Redeem]
// and [Client.Direct].
type Client struct {
	World  *world.World
	Wallet Wallet
	Order  string // the current one; empty for none

	start any            // how everything was in the beginning
	saves map[string]any // what was put aside, by name
}

// New makes a client that holds nothing.
func New(w *world.World) *Client {
	c := &Client{World: w}
	if w != nil { // help works without one
		for _, number := range w.Plan.Numbers {
			c.Wallet.secrets.KnowNumber(number)
		}
		c.start = c.Save()
	}
	return c
}

// Unseen makes a client of which nothing is ever shown.
func Unseen(w *world.World) *Client { return &Client{World: w, Wallet: Wallet{unseen: true}} }

// Current gives the current session's id.
func (c *Client) Current() (string, error) {
	if c.Order == "" && len(c.World.Sessions()) > 0 { // of another process, in its --state
		return "", exit.Usage("session use ID makes one the current one; session list shows them", "no session is the current one")
	}
	if c.Order == "" {
		return "", exit.Usage("session new opens one", "there is no session yet")
	}
	return c.Order, nil
}

// Customer gives the customer of a new session when none is named.
func (c *Client) Customer(named string) string {
	if named != "" {
		return named
	}
	return c.World.Plan.Customers[0]
}

// Whose gives the customer that a listing is about: the current session's, or
// the one that a new session would be for.
func (c *Client) Whose() string {
	if snap, err := c.World.Relay.Session(c.Order); err == nil {
		return snap.Customer
	}
	return c.Customer("")
}

// Open opens an order for a customer and makes it the current one; order "" has
// the relay choose its id. It answers [orchestrator.ErrExists], or a refusal.
func (c *Client) Open(ctx context.Context, order, customer string, facts tokens.Facts) (orchestrator.Snapshot, error) {
	snap, err := c.World.Relay.Open(ctx, order, customer, facts)
	if err == nil {
		c.Order = snap.ID
	}
	return snap, err
}

// Use makes an order the current one, or refuses with session_unknown.
func (c *Client) Use(order string) (orchestrator.Snapshot, error) {
	snap, err := c.World.Relay.Session(order)
	if err == nil {
		c.Order = snap.ID
	}
	return snap, err
}

// SetFact says a fact of an order. It refuses as the relay does.
func (c *Client) SetFact(order, name, value string) (orchestrator.Snapshot, error) {
	if err := c.World.Relay.SetFact(order, name, value); err != nil {
		return orchestrator.Snapshot{}, err
	}
	return c.World.Relay.Session(order)
}

// Close ends an open order. It refuses as the relay does.
func (c *Client) Close(ctx context.Context, order string) (orchestrator.Snapshot, error) {
	return c.World.Relay.Close(ctx, order)
}

// Wanted is what somebody wants of a confirmation.
type Wanted struct {
	Handle string        // of the token; "" is the next one of its kind
	TTL    time.Duration // 0 is the world's usual one
}

// Confirm has a domain confirm a choice for an open order, and keeps the token.
// It refuses with session_unknown or session_closed, or as the domain does.
func (c *Client) Confirm(ctx context.Context, order string, choice world.Choice, wanted Wanted) (*Token, tokens.Issued, error) {
	snap, err := c.World.Relay.Session(order)
	if err != nil {
		return nil, tokens.Issued{}, err
	}
	if snap.State != orchestrator.Open {
		return nil, tokens.Issued{}, tokens.Refuse(tokens.SessionClosed, "session %q is %s", snap.ID, snap.State)
	}
	if err := c.Wallet.Fits(wanted.Handle); err != nil {
		return nil, tokens.Issued{}, err
	}
	asked := issuers.Order{ID: snap.ID, Customer: snap.Customer, Facts: snap.Facts, TTL: cmp.Or(wanted.TTL, c.World.Lifetime)}
	issued, err := c.World.Ask(ctx, choice, asked)
	if err != nil {
		return nil, tokens.Issued{}, err
	}
	c.Wallet.forget(c.World.Clock.Now().Add(-issuers.Retention), c.owes)
	t := &Token{Handle: wanted.Handle, Raw: issued.Raw, Ref: issued.Ref, Service: issued.Service, Since: c.World.Clock.Now(), Expires: issued.ExpiresAt, own: true}
	kind := issued.Service
	if p, err := c.World.Service(issued.Service); err == nil {
		kind = p.Handle
	}
	c.Wallet.Add(t, kind)
	return t, issued, nil
}

// owes reports whether an order may still have to be taken back.
func (c *Client) owes(order string) bool {
	snap, err := c.World.Relay.Session(order)
	return err == nil && (snap.State == orchestrator.Redeeming || snap.State == orchestrator.Stuck)
}

// Relay hands a token to the relay, and gives the service that it will go to.
func (c *Client) Relay(ctx context.Context, order string, t *Token) (service string, err error) {
	return c.World.RelayToken(ctx, order, t.Raw, t.Ref)
}

// Relayed is what the relay made of one token.
type Relayed struct {
	Token   *Token
	Service string
	Refused *exit.Rejection // nil when it was accepted
}

// RelayAll relays tokens, each judged for itself. tell is told how many are
// done; it may be nil. The error is what is not a verdict.
func (c *Client) RelayAll(ctx context.Context, order string, held []*Token, tell func(done int)) ([]Relayed, error) {
	all := make([]Relayed, 0, len(held))
	for i, t := range held {
		if tell != nil {
			tell(i)
		}
		service, err := c.Relay(ctx, order, t)
		result := Relayed{Token: t, Service: service}
		if err != nil {
			why := exit.Rejections(err)
			if why == nil {
				return nil, err
			}
			result.Refused = &why[0]
		}
		all = append(all, result)
	}
	return all, nil
}

// RefusedOf gives the refusals among verdicts as one error; nil when there are
// none.
func RefusedOf(results []Relayed) error {
	var all exit.Refusals
	for _, r := range results {
		if r.Refused != nil {
			all = append(all, *r.Refused)
		}
	}
	if all == nil {
		return nil
	}
	return all
}

// Redeem has the relay redeem tokens that it accepted, all when none is named.
// How it ended is in the snapshot; [EndOf] gives its refusals.
func (c *Client) Redeem(ctx context.Context, order string, held []*Token) (orchestrator.Snapshot, error) {
	named := make([]tokens.Ref, len(held))
	for i, t := range held {
		named[i] = t.Ref
	}
	return c.World.Relay.Redeem(ctx, order, named)
}

// Resume takes an interrupted or stuck redemption to its end.
func (c *Client) Resume(ctx context.Context, order string) (orchestrator.Snapshot, error) {
	return c.World.Relay.Resume(ctx, order)
}

// EndOf gives the refusals on the way of a redemption that did not complete, in the
// order in which they came: the one that stopped it, and then those on the way
// back. It is nil when it did complete. A resumed one has ended well when it is
// compensated.
func EndOf(snap orchestrator.Snapshot, resumed bool) error {
	if snap.State == orchestrator.Completed || resumed && snap.State == orchestrator.Compensated {
		return nil
	}
	steps := slices.Clone(snap.Steps)
	slices.SortStableFunc(steps, func(a, b orchestrator.Step) int { return b.Turn - a.Turn })
	all := exit.Refusals{}
	for _, step := range steps {
		if step.Result != "" && step.Reason != "" && !(resumed && step.Result == orchestrator.Cancelled) {
			all = append(all, exit.Rejection{Reason: step.Reason, Detail: step.Detail})
		}
	}
	return all
}

// ErrNoLiveToken is the answer to a checkout of an order that has no token.
var ErrNoLiveToken = errors.New("no live token")

// Checkout relays the tokens that were not relayed yet (all live ones of the
// order when none is named) and, when all were accepted, redeems. The same
// checkout again goes on where it stopped. relayed is told of the verdicts
// before anything is redeemed; nothing is when one of them is a refusal, and
// then there is no snapshot.
func (c *Client) Checkout(ctx context.Context, order string, named []*Token, tell func(done, of int), relayed func([]Relayed) error) (*orchestrator.Snapshot, error) {
	news, err := c.unrelayed(order, named)
	if err != nil {
		return nil, err
	}
	results, err := c.RelayAll(ctx, order, news, func(done int) {
		if tell != nil {
			tell(done, len(news))
		}
	})
	if err != nil {
		return nil, err
	}
	if relayed != nil {
		if err := relayed(results); err != nil {
			return nil, err
		}
	}
	if err := RefusedOf(results); err != nil {
		return nil, err
	}
	snap, err := c.Redeem(ctx, order, named)
	return &snap, err
}

// unrelayed gives the tokens that a checkout has to relay first: none when the
// order is not open any more.
func (c *Client) unrelayed(order string, named []*Token) ([]*Token, error) {
	snap, err := c.World.Relay.Session(order)
	if err != nil || snap.State != orchestrator.Open {
		return nil, err
	}
	news := named
	if len(named) == 0 {
		news = c.Live(order)
		if len(news) == 0 && len(snap.Steps) == 0 {
			return nil, fmt.Errorf("session %q has %w", order, ErrNoLiveToken)
		}
	}
	standing := c.Standings().know(snap)
	return distinct(slices.DeleteFunc(slices.Clone(news), func(t *Token) bool {
		_, known := standing[t.Ref]
		return known
	})), nil
}

// distinct leaves out what is the same token again under another handle.
func distinct(held []*Token) []*Token {
	var kept []*Token
	seen := map[tokens.Ref]bool{{}: false}
	for _, t := range held {
		if !seen[t.Ref] {
			kept = append(kept, t)
		}
		seen[t.Ref] = t.Ref != (tokens.Ref{})
	}
	return kept
}

// Redact replaces tokens in a text, the parts of those that are known, and the
// values of secret variables.
func (c *Client) Redact(text string) string { return c.Wallet.secrets.Hide(text) }

// Conceal has a value be hidden from now on wherever it stands, unless it is what
// a token says openly: its handle, its jti, its kid.
func (c *Client) Conceal(value string) {
	if c.Wallet.secrets.Hide(value) == redact.Token || c.Wallet.ByHandle[value] != nil {
		return
	}
	member, _ := json.Marshal(value) // of a string, which has no way to fail
	for _, t := range c.Wallet.Held {
		if seen, err := tokens.Peek(t.Raw); err == nil && (bytes.Contains(seen.Header, member) || bytes.Contains(seen.Payload, member)) {
			return
		}
	}
	c.Wallet.secrets.KnowValue(value)
}

// When writes a time as clock and distance: "12:01:30, in 90 s".
func (c *Client) When(t time.Time) string {
	text, d := t.UTC().Format("15:04:05"), t.Sub(c.World.Clock.Now())
	if d > 0 {
		return text + ", in " + tokens.HowLong(d)
	}
	return text + ", " + tokens.HowLong(-d) + " ago"
}

// LabelOf gives the handle of a token that the wallet holds, else its jti.
func (c *Client) LabelOf(ref tokens.Ref) string {
	if t := c.Wallet.byRef[ref]; t != nil {
		return t.Handle
	}
	return ref.ID
}
