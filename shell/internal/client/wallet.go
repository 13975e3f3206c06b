// The wallet: the tokens that the client holds, by handle.

package client

import (
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"tokenshell/issuers"
	"tokenshell/orchestrator"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/redact"
	"tokenshell/shell/internal/syntax"
	"tokenshell/tokens"
)

// Token is one token of the client.
type Token struct {
	Handle  string
	Raw     string // a secret: whoever bears it may use it
	Ref     tokens.Ref
	Service string    // empty when nobody knows
	Since   time.Time // when it came
	Expires time.Time
	Forged  bool // the client made it from another
	own     bool // it was confirmed here, and did not come from elsewhere
	revoked bool
	spent   atomic.Bool // redeemed past the relay
}

// Wallet holds tokens in the order in which they came.
type Wallet struct {
	Held     []*Token
	ByHandle map[string]*Token
	byRef    map[tokens.Ref]*Token // the first of those that are the same token
	secrets  redact.Secrets        // all that are held, and more
	unseen   bool                  // nothing is ever shown, so that nothing need be hidden
	counts   map[string]int        // by kind of handle
	byOrder  map[string][]*Token   // nil while few are held
	swept    time.Time             // when those that were held for too long were last looked for
}

// few tokens are looked through.
const few = 64

// Fits says what is wrong with a handle that somebody chose.
func (w *Wallet) Fits(handle string) error {
	if handle == "" {
		return nil
	}
	if !syntax.IsName(handle, 64) || handle[0] == '-' {
		return exit.Usage("write up to 64 of A-Z a-z 0-9 . _ -", "%q is not a handle", handle)
	}
	if !w.unseen && w.secrets.Hide(handle) != handle {
		return exit.Usage("choose another --name", "a part of a token is not a handle")
	}
	if w.ByHandle[handle] != nil {
		return exit.Usage("choose another --name", "there is a token %s already", handle)
	}
	return nil
}

// Add keeps a token under the handle, or under the next one of its kind.
func (w *Wallet) Add(t *Token, kind string) {
	if w.ByHandle == nil {
		w.ByHandle, w.byRef, w.counts = map[string]*Token{}, map[tokens.Ref]*Token{}, map[string]int{}
	}
	for t.Handle == "" || w.ByHandle[t.Handle] != nil {
		w.counts[kind]++
		t.Handle = fmt.Sprintf("%s-%d", kind, w.counts[kind])
	}
	w.Held = append(w.Held, t)
	if w.byOrder != nil {
		w.byOrder[t.Ref.Order] = append(w.byOrder[t.Ref.Order], t)
	} else {
		w.index()
	}
	w.ByHandle[t.Handle] = t
	if w.byRef[t.Ref] == nil {
		w.byRef[t.Ref] = t
	}
	w.know(t.Raw)
}

// know has a token be hidden for as long as it is held.
func (w *Wallet) know(raw string) {
	if !w.unseen {
		w.secrets.Know(raw)
	}
}

// Meet has a token that is not kept be hidden for some time.
func (w *Wallet) Meet(raw string) { w.secrets.Meet(raw) }

// index begins to keep tokens by order when there are many.
func (w *Wallet) index() {
	w.byOrder = nil
	if len(w.Held) <= few {
		return
	}
	w.byOrder = map[string][]*Token{}
	for _, t := range w.Held {
		w.byOrder[t.Ref.Order] = append(w.byOrder[t.Ref.Order], t)
	}
}

// among gives tokens that are held, which all of an order are among.
func (w *Wallet) among(order string) []*Token {
	if w.byOrder == nil {
		return w.Held
	}
	return w.byOrder[order]
}

// forget drops the tokens that expired before then, but for those of orders that
// owe. Of many it does so a thousand times in a retention.
func (w *Wallet) forget(then time.Time, owes func(order string) bool) {
	if len(w.Held) > few && !then.Before(w.swept) && then.Sub(w.swept) < issuers.Retention/1000 {
		return
	}
	w.swept = then
	w.Held = slices.DeleteFunc(w.Held, func(t *Token) bool {
		if t.Expires.IsZero() || !t.Expires.Before(then) || owes(t.Ref.Order) {
			return false
		}
		delete(w.ByHandle, t.Handle)
		delete(w.byRef, t.Ref)
		if left := slices.DeleteFunc(w.byOrder[t.Ref.Order], func(other *Token) bool { return other == t }); len(left) > 0 {
			w.byOrder[t.Ref.Order] = left
		} else {
			delete(w.byOrder, t.Ref.Order)
		}
		if !w.unseen {
			w.secrets.Forget(t.Raw)
		}
		return true
	})
}

// Loose makes a token that is not in the wallet. What it says of itself is
// believed only for finding it again.
func (c *Client) Loose(raw string) *Token {
	t := &Token{Raw: raw}
	if seen, err := c.World.Peek(raw); err == nil {
		t.Ref = seen.Ref
		if p, err := c.World.Issuer(seen.Ref.Issuer); err == nil {
			t.Service = p.Name
		} else if o := c.World.Outsider(seen.Ref.Issuer); o != nil {
			t.Service = o.Service
		}
	}
	return t
}

// Handles gives the handles of what is held.
func (c *Client) Handles() []string {
	names := make([]string, len(c.Wallet.Held))
	for i, t := range c.Wallet.Held {
		names[i] = t.Handle
	}
	return names
}

// Label gives what to call a token in output: its handle, or its jti.
func (t *Token) Label() string {
	switch {
	case t.Handle != "":
		return t.Handle
	case t.Ref.ID != "":
		return redact.OneLine(t.Ref.ID) // unverified
	default:
		return "(token)"
	}
}

// Status says where a token stands, by what the relay knows and the time.
func (c *Client) Status(t *Token) string { return c.Standings().Of(t) }

// standings say where many tokens stand: each session is asked about once.
type standings struct {
	client *Client
	orders map[string]map[tokens.Ref]orchestrator.Status
}

// Standings asks about no session yet.
func (c *Client) Standings() *standings {
	return &standings{c, map[string]map[tokens.Ref]orchestrator.Status{}}
}

// know takes a session that is known already.
func (st *standings) know(snap orchestrator.Snapshot) map[tokens.Ref]orchestrator.Status {
	steps := make(map[tokens.Ref]orchestrator.Status, len(snap.Steps))
	for _, step := range snap.Steps {
		steps[step.Ref] = step.Status
	}
	st.orders[snap.ID] = steps
	return steps
}

// Of says where a token stands.
func (st *standings) Of(t *Token) string {
	s := st.client
	steps, known := st.orders[t.Ref.Order]
	if !known {
		snap, _ := s.World.Relay.Session(t.Ref.Order) // one that is unknown has no steps
		snap.ID = t.Ref.Order
		steps = st.know(snap)
	}
	if t.spent.Load() {
		return "redeemed" // whatever the relay did with it since
	}
	if status, ok := steps[t.Ref]; ok && (status != orchestrator.Accepted || !t.revoked && !s.expired(t)) {
		return string(status)
	}
	switch {
	case t.revoked:
		return "revoked"
	case s.expired(t):
		return "expired"
	default:
		return "issued"
	}
}

func (c *Client) expired(t *Token) bool {
	return !t.Expires.IsZero() && !c.World.Clock.Now().Before(t.Expires.Add(c.World.Leeway.Get()))
}

// Live gives the tokens of a session that may still be used: issued for it and
// neither used, revoked nor expired. A forged one has to be named.
func (c *Client) Live(session string) []*Token {
	var live []*Token
	standings := c.Standings()
	for _, t := range c.Wallet.among(session) {
		if t.Ref.Order == session && !t.Forged && standings.Of(t) == "issued" {
			live = append(live, t)
		}
	}
	return live
}

// spend notes that a token was redeemed past the relay, which cannot know.
func (w *Wallet) spend(ref tokens.Ref) {
	for _, t := range w.among(ref.Order) {
		if t.Ref == ref {
			t.spent.Store(true)
		}
	}
}
