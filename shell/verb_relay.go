// relay, redeem, checkout: the client and the relay.

package shell

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"tokenshell/orchestrator"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/page"
	"tokenshell/shell/internal/redact"
	"tokenshell/tokens"
)

type relayVerb struct {
	Tokens []string `arg:"" complete:"token" name:"token" sep:"none" help:"Handles, tokens or @FILEs."`
}

// relayed is one token in the JSON of relay.
type relayed struct {
	Token   string `json:"token"`
	JTI     string `json:"jti"`
	Status  string `json:"status"` // accepted or rejected
	Service string `json:"service"`
	Reason  string `json:"reason"`
	Detail  string `json:"detail"`
}

// Run relays tokens, each judged for itself.
func (v *relayVerb) Run(c *call) error {
	session, err := c.current()
	if err != nil {
		return err
	}
	held, err := c.tokens(v.Tokens)
	if err != nil {
		return err
	}
	return c.relayTokens(session, held)
}

// tokens finds every token before anything is done with one.
func (c *call) tokens(words []string) ([]*heldToken, error) {
	held := make([]*heldToken, len(words))
	for i, word := range words {
		var err error
		if held[i], err = c.token(word); err != nil {
			return nil, err
		}
	}
	return held, nil
}

// relayTokens hands tokens to the relay and shows its verdicts. The error are
// its refusals.
func (c *call) relayTokens(session string, held []*heldToken) error {
	results, refused, err := c.judge(session, held)
	if err != nil {
		return err
	}
	if err := c.showRelayed(results); err != nil || refused == nil {
		return err
	}
	return refused
}

func (c *call) judge(session string, held []*heldToken) (results []relayed, refused error, err error) {
	var all []exit.Rejection
	results = []relayed{}
	far := c.out.LongWork()
	defer far.End()
	for i, t := range held {
		far.Tell(func(time.Duration) string { return fmt.Sprintf("%d of %d tokens relayed", i, len(held)) })
		result := relayed{Token: t.label(), JTI: t.ref.ID, Status: "accepted"}
		result.Service, err = c.world.relayToken(c.ctx, session, t)
		if err != nil {
			why := exit.Rejections(err)
			if why == nil {
				return nil, nil, err
			}
			result.Status, result.Reason, result.Detail = "rejected", string(why[0].Reason), why[0].Detail
			all = append(all, why[0])
		}
		results = append(results, result)
	}
	if all != nil {
		refused = exit.InJSON(exit.Refusals(all))
	}
	return results, refused, nil
}

func (c *call) showRelayed(results []relayed) error {
	data := struct {
		Results []relayed `json:"results"`
	}{results}
	return c.out.Show(data, func(w *page.Page) {
		for _, r := range results {
			if r.Status == "accepted" {
				fmt.Fprintf(w, "%s: %s, for %s\n", redact.Printable(r.Token), w.State(r.Status), r.Service)
			} else {
				fmt.Fprintf(w, "%s: %s, %s\n", redact.Printable(r.Token), w.State(r.Status), r.Reason)
			}
		}
	})
}

type redeemVerb struct {
	Tokens []string `arg:"" complete:"token" optional:"" name:"token" sep:"none" help:"Handles, tokens or @FILEs; all accepted ones unless given."`
	Resume bool     `help:"Take an interrupted or stuck redemption to its end."`
	Direct bool     `help:"Go past the relay, to the service itself, as the bearer of a token may."`
	To     string   `complete:"service" placeholder:"SERVICE" help:"With --direct: go to this service, not to the token's own."`
}

// redeemed is one token in the JSON of redeem and checkout.
type redeemed struct {
	Token   string              `json:"token"`
	JTI     string              `json:"jti"`
	Service string              `json:"service"`
	Status  orchestrator.Status `json:"status"`
	Reason  string              `json:"reason"`
	Receipt *tokens.Receipt     `json:"receipt"`
	detail  string
}

// Run redeems.
func (v *redeemVerb) Run(c *call) error {
	session, err := c.current()
	if err != nil {
		return err
	}
	switch {
	case v.Resume && (v.Direct || len(v.Tokens) > 0):
		return exit.Usage("redeem --resume stands alone", "--resume goes on with what was begun")
	case v.To != "" && !v.Direct:
		return exit.Usage("add --direct", "--to goes past the relay")
	case v.Direct && len(v.Tokens) == 0:
		return exit.Usage("redeem --direct TOKEN…", "--direct names its tokens")
	}
	held, err := c.tokens(v.Tokens)
	if err != nil {
		return err
	}
	switch {
	case v.Direct:
		return c.redeemDirect(held, v.To)
	case v.Resume:
		snap, err := c.world.relay.Resume(c.ctx, session)
		if errors.Is(err, orchestrator.ErrNothing) {
			return exit.Usage("redeem or checkout begins one", "there is no redemption to resume in session %q", session)
		}
		if err != nil {
			return err
		}
		return c.showRedemption(snap, true)
	}
	return c.redeem(session, held)
}

// redeem has the relay redeem the tokens, all accepted ones when there are none.
func (c *call) redeem(session string, held []*heldToken) error {
	named := make([]tokens.Ref, len(held))
	for i, t := range held {
		named[i] = t.ref
	}
	snap, err := c.world.relay.Redeem(c.ctx, session, named)
	switch {
	case errors.Is(err, orchestrator.ErrNothing), errors.Is(err, orchestrator.ErrNotAccepted):
		return exit.Usage("relay TOKEN… comes first", "%v", err)
	case errors.Is(err, context.Canceled) && c.begun(session):
		return fmt.Errorf("%w; redeem --resume goes on where it stopped", err)
	case err != nil:
		return err
	}
	return c.showRedemption(snap, false)
}

// begun reports whether a redemption of the session has begun and not ended.
func (c *call) begun(session string) bool {
	snap, err := c.world.relay.Session(session)
	return err == nil && snap.State == orchestrator.Redeeming
}

// showRedemption shows how a redemption ended. Unless it completed the error
// are the refusals on the way; a resumed one has ended well when compensated.
func (c *call) showRedemption(snap orchestrator.Snapshot, resumed bool) error {
	var (
		results []redeemed
		all     []exit.Rejection
	)
	for _, step := range snap.Steps {
		if step.Result == "" {
			continue
		}
		results = append(results, redeemed{c.labelOf(step.Ref), step.Ref.ID, step.Service, step.Result, string(step.Reason), step.Receipt, step.Detail})
		if step.Reason != "" {
			all = append(all, exit.Rejection{Reason: step.Reason, Detail: step.Detail})
		}
	}
	if err := c.showRedeemed(snap.ID, snap.State, results); err != nil {
		return err
	}
	if snap.State == orchestrator.Completed || resumed && snap.State == orchestrator.Compensated {
		return nil
	}
	return exit.InJSON(exit.Refusals(all))
}

func (c *call) showRedeemed(order string, state orchestrator.State, results []redeemed) error {
	if results == nil {
		results = []redeemed{}
	}
	data := struct {
		Order   string             `json:"order_processing_id"`
		State   orchestrator.State `json:"state"`
		Results []redeemed         `json:"results"`
	}{order, state, results}
	return c.out.Show(data, func(w *page.Page) {
		for _, r := range results {
			fmt.Fprintf(w, "%s: %s by %s%s\n", redact.Printable(r.Token), w.State(r.Status), r.Service, because(r))
		}
		fmt.Fprintf(w, "session %s is %s\n", order, w.State(state))
		if state == orchestrator.Stuck {
			fmt.Fprintln(w, "redeem --resume takes it to its end")
		}
	})
}

// because gives what is worth knowing of one result: why not, or the receipt.
func because(r redeemed) string {
	switch {
	case r.Reason != "":
		return ", " + r.Reason
	case r.Receipt != nil && r.Status != orchestrator.Cancelled:
		return ", " + bodyText(r.Receipt.Body)
	}
	return ""
}

// bodyText writes a receipt's body as it is, for it is the service's business.
func bodyText(body json.RawMessage) string { return redact.Printable(string(body)) }

// labelOf gives the handle of a token that the wallet holds, else its jti.
func (s *Shell) labelOf(ref tokens.Ref) string {
	if t := s.wallet.byRef[ref]; t != nil {
		return t.handle
	}
	return ref.ID
}

// redeemDirect takes tokens to a service with an attempt of their own.
func (c *call) redeemDirect(held []*heldToken, to string) error {
	session, facts, err := c.order()
	if err != nil {
		return err
	}
	var (
		results []redeemed
		all     []exit.Rejection
	)
	for _, t := range held {
		p, err := c.destination(t, to)
		var receipt tokens.Receipt
		if err == nil {
			receipt, err = c.world.reach("client", p.name, p.watched).Redeem(c.ctx, tokens.Redemption{
				Token: t.raw, Session: session, Facts: facts, Attempt: c.world.mint.ID("att"),
			})
		}
		result := redeemed{Token: t.label(), JTI: t.ref.ID, Service: p.name, Status: orchestrator.Redeemed, Receipt: &receipt}
		if err != nil {
			why := exit.Rejections(err)
			if why == nil {
				return err
			}
			all = append(all, why[0])
			result.Status, result.Reason, result.Receipt = orchestrator.Refused, string(why[0].Reason), nil
			if unknown := (*tokens.Failure)(nil); errors.As(err, &unknown) {
				result.Status = orchestrator.Failed
			}
		} else {
			c.wallet.spend(t.ref)
		}
		results = append(results, result)
	}
	snap, err := c.world.relay.Session(session.Order)
	if err != nil {
		return err
	}
	if err := c.showRedeemed(session.Order, snap.State, results); err != nil {
		return err
	}
	if all != nil {
		return exit.InJSON(exit.Refusals(all))
	}
	return nil
}

// distinct leaves out what is the same token again under another handle.
func distinct(held []*heldToken) []*heldToken {
	var kept []*heldToken
	seen := map[tokens.Ref]bool{{}: false}
	for _, t := range held {
		if !seen[t.ref] {
			kept = append(kept, t)
		}
		seen[t.ref] = t.ref != (tokens.Ref{})
	}
	return kept
}

// destination gives the service that a token goes to: the one that it says
// issued it, which that service will check, or the one that was asked for. A
// token that names nobody goes nowhere: the refusal is the one that any
// service would give.
func (c *call) destination(t *heldToken, to string) (party, error) {
	if to != "" {
		return c.world.service(to)
	}
	if _, err := tokens.Peek(t.raw); err != nil {
		return party{}, err
	}
	if t.ref.Issuer == "" {
		return party{}, tokens.Refuse(tokens.ClaimMissing, `claim "iss" is missing`)
	}
	if o := c.world.outsider(t.ref.Issuer); o != nil && o.standin != nil {
		return party{name: o.service, standin: o.standin, watched: watchedRedeemer{o.standin, c.world.witness}}, nil
	}
	return c.world.issuer(t.ref.Issuer)
}

type checkoutVerb struct {
	Tokens []string `arg:"" complete:"token" optional:"" name:"token" sep:"none" help:"Handles, tokens or @FILEs; all live tokens of the session unless given."`
}

// Run relays what was not relayed yet and, when all were accepted, redeems.
// The same checkout again goes on where it stopped.
func (v *checkoutVerb) Run(c *call) error {
	session, err := c.current()
	if err != nil {
		return err
	}
	named, err := c.tokens(v.Tokens)
	if err != nil {
		return err
	}
	snap, err := c.world.relay.Session(session)
	if err != nil {
		return err
	}
	if snap.State == orchestrator.Open {
		standing := c.standings().know(snap)
		accepted := func(t *heldToken) bool {
			_, known := standing[t.ref]
			return known
		}
		news := named
		if len(named) == 0 {
			news = c.live(session)
			if len(news) == 0 && len(snap.Steps) == 0 {
				return exit.Usage("coupon confirm, points confirm or payment confirm comes first", "session %q has no live token", session)
			}
		}
		news = distinct(slices.DeleteFunc(slices.Clone(news), accepted))
		results, refused, err := c.judge(session, news)
		if err != nil {
			return err
		}
		if refused != nil {
			if err := c.showRelayed(results); err != nil {
				return err
			}
			return refused
		}
		if c.out.Format == "text" && len(results) > 0 {
			if err := c.showRelayed(results); err != nil {
				return err
			}
		}
	}
	return c.redeem(session, named)
}
