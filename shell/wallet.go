// The wallet: the tokens that the client holds, by handle.

package shell

import (
	"fmt"
	"regexp"
	"slices"
	"sync/atomic"
	"time"

	"tokenshell/orchestrator"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/redact"
	"tokenshell/tokens"
)

// heldToken is one token of the client.
type heldToken struct {
	handle  string
	raw     string // a secret: whoever bears it may use it
	ref     tokens.Ref
	service string    // empty when nobody knows
	since   time.Time // when it came
	expires time.Time
	revoked bool
	spent   atomic.Bool // redeemed past the relay
}

// wallet holds tokens in the order in which they came.
type wallet struct {
	held     []*heldToken
	byHandle map[string]*heldToken
	byRef    map[tokens.Ref]*heldToken // the first of those that are the same token
	parts    redact.Parts              // of all that are held
	counts   map[string]int            // by kind of handle
}

var handlePattern = regexp.MustCompile(`^[A-Za-z0-9._-]+$`)

// checkHandle says what is wrong with a handle that somebody chose.
func (w *wallet) checkHandle(handle string) error {
	if handle == "" {
		return nil
	}
	if !handlePattern.MatchString(handle) || len(handle) > 64 || handle[0] == '-' {
		return exit.Usage("write up to 64 of A-Z a-z 0-9 . _ -", "%q is no handle", handle)
	}
	if w.byHandle[handle] != nil {
		return exit.Usage("choose another --name", "there is a token %s already", handle)
	}
	return nil
}

// add keeps a token under the handle, or under the next one of its kind.
func (w *wallet) add(t *heldToken, kind string) {
	if w.byHandle == nil {
		w.byHandle, w.byRef, w.counts = map[string]*heldToken{}, map[tokens.Ref]*heldToken{}, map[string]int{}
	}
	for t.handle == "" || w.byHandle[t.handle] != nil {
		w.counts[kind]++
		t.handle = fmt.Sprintf("%s-%d", kind, w.counts[kind])
	}
	w.held = append(w.held, t)
	w.byHandle[t.handle] = t
	if w.byRef[t.ref] == nil {
		w.byRef[t.ref] = t
	}
	w.parts.Know(t.raw)
}

// redact replaces tokens in a text, and the parts of those that are held.
func (w *wallet) redact(text string) string { return w.parts.Hide(text) }

// forget drops the tokens that expired before then.
func (w *wallet) forget(then time.Time) {
	w.held = slices.DeleteFunc(w.held, func(t *heldToken) bool {
		if t.expires.IsZero() || !t.expires.Before(then) {
			return false
		}
		delete(w.byHandle, t.handle)
		delete(w.byRef, t.ref)
		w.parts.Forget(t.raw)
		return true
	})
}

// loose makes a token that is not in the wallet. What it says of itself is
// believed only for finding it again.
func (s *Client) loose(raw string) *heldToken {
	t := &heldToken{raw: raw}
	if seen, err := s.world.peek(raw); err == nil {
		t.ref = seen.Ref
		if p, err := s.world.issuer(seen.Ref.Issuer); err == nil {
			t.service = p.Name
		} else if o := s.world.outsider(seen.Ref.Issuer); o != nil {
			t.service = o.service
		}
	}
	return t
}

func (s *Client) handles() []string {
	names := make([]string, len(s.wallet.held))
	for i, t := range s.wallet.held {
		names[i] = t.handle
	}
	return names
}

// label gives what to call a token in output: its handle, or its jti.
func (t *heldToken) label() string {
	switch {
	case t.handle != "":
		return t.handle
	case t.ref.ID != "":
		return redact.OneLine(t.ref.ID) // unverified
	default:
		return "(token)"
	}
}

// status says where a token stands, by what the relay knows and the time.
func (s *Client) status(t *heldToken) string { return s.standings().of(t) }

// standings say where many tokens stand: each session is asked about once.
type standings struct {
	client *Client
	orders map[string]map[tokens.Ref]orchestrator.Status
}

func (s *Client) standings() *standings {
	return &standings{s, map[string]map[tokens.Ref]orchestrator.Status{}}
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

func (st *standings) of(t *heldToken) string {
	s := st.client
	steps, known := st.orders[t.ref.Order]
	if !known {
		snap, _ := s.world.relay.Session(t.ref.Order) // one that is unknown has no steps
		snap.ID = t.ref.Order
		steps = st.know(snap)
	}
	if status, ok := steps[t.ref]; ok {
		untouched := status == orchestrator.Accepted || status == orchestrator.Released
		if !(t.spent.Load() && untouched) && (status != orchestrator.Accepted || !t.revoked && !s.expired(t)) {
			return string(status)
		}
	}
	switch {
	case t.spent.Load():
		return "redeemed"
	case t.revoked:
		return "revoked"
	case s.expired(t):
		return "expired"
	default:
		return "issued"
	}
}

func (s *Client) expired(t *heldToken) bool {
	return !t.expires.IsZero() && !s.world.clock.Now().Before(t.expires.Add(s.world.leeway.get()))
}

// live gives the tokens of a session that may still be used: issued for it and
// neither used, revoked nor expired.
func (s *Client) live(session string) []*heldToken {
	var live []*heldToken
	standings := s.standings()
	for _, t := range s.wallet.held {
		if t.ref.Order == session && standings.of(t) == "issued" {
			live = append(live, t)
		}
	}
	return live
}

// spend notes that a token was redeemed past the relay, which cannot know.
func (w *wallet) spend(ref tokens.Ref) {
	for _, t := range w.held {
		if t.ref == ref {
			t.spent.Store(true)
		}
	}
}
