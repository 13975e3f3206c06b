// The witness: sees what passes between the relay and a service, and says when
// it breaks a promise.

package world

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"tokenshell/issuers"
	"tokenshell/orchestrator"
	"tokenshell/tokens"
)

// Witness watches every service of a world while checks are on. It remembers
// what it has seen for as long as they are.
type Witness struct {
	mu     sync.Mutex
	on     bool
	peek   func(raw string) (tokens.Unverified, error)
	broken error           // the first broken promise
	debts  map[string]bool // the orders that were stuck when the world was last audited
	seen   map[use]testimony
	aside  bool // debts and seen were put aside, and stay as they are
}

// use is what may be redeemed once: (iss, jti), in whatever order it is used.
type use struct{ issuer, jti string }

func useOf(ref tokens.Ref) use { return use{ref.Issuer, ref.ID} }

// witnessLimit is how many tokens a witness remembers before it starts again.
const witnessLimit = 100_000

// testimony is what the witness knows of one token.
type testimony struct {
	attempt   string // the one that redeemed it; empty when none has
	receipt   string
	cancelled bool
}

// Watch starts or stops watching. Starting forgets what was seen before.
func (w *Witness) Watch(on bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.on, w.broken, w.seen, w.debts, w.aside = on, nil, map[use]testimony{}, map[string]bool{}, false
}

// Watching reports whether it watches.
func (w *Witness) Watching() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.on
}

// complaint gives the first broken promise; nil when all were kept.
func (w *Witness) complaint() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.broken
}

func (w *Witness) breach(format string, args ...any) {
	if w.broken == nil {
		w.broken = fmt.Errorf(format, args...)
	}
}

// own makes ready for a change.
func (w *Witness) own() {
	if w.aside {
		w.debts, w.seen, w.aside = maps.Clone(w.debts), maps.Clone(w.seen), false
	}
}

// redeemed takes down the answer to a redemption.
func (w *Witness) redeemed(ref tokens.Ref, attempt string, receipt tokens.Receipt, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.on {
		return
	}
	known := w.seen[useOf(ref)]
	switch {
	case err == nil && known.cancelled:
		w.breach("%s was redeemed after it was cancelled", ref.ID)
	case err == nil && known.attempt != "" && known.receipt != receipt.ID:
		w.breach("%s was redeemed twice", ref.ID)
	case errors.Is(err, tokens.AlreadyRedeemed) && known.attempt == attempt:
		w.breach("a retry of the redemption of %s was taken for a replay", ref.ID)
	case err == nil:
		w.own()
		if len(w.seen) >= witnessLimit {
			clear(w.seen)
		}
		w.seen[useOf(ref)] = testimony{attempt: attempt, receipt: receipt.ID}
	}
}

// cancelled takes down that a cancellation was confirmed.
func (w *Witness) cancelled(ref tokens.Ref, attempt string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if known := w.seen[useOf(ref)]; w.on && (known.attempt == "" || known.attempt == attempt) {
		w.own()
		w.seen[useOf(ref)] = testimony{cancelled: true}
	}
}

// owing takes down which sessions are stuck, and says of one that was and is gone
// that it was forgotten.
func (w *Witness) owing(sessions []orchestrator.Snapshot) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for id := range w.debts {
		if !slices.ContainsFunc(sessions, func(snap orchestrator.Snapshot) bool { return snap.ID == id }) {
			return fmt.Errorf("order %q was stuck, and the relay has forgotten it", id)
		}
	}
	owe := func(snap orchestrator.Snapshot) bool { return w.on && snap.State == orchestrator.Stuck }
	if len(w.debts) == 0 && !slices.ContainsFunc(sessions, owe) {
		return nil
	}
	w.own()
	clear(w.debts)
	for _, snap := range sessions {
		if owe(snap) {
			w.debts[snap.ID] = true
		}
	}
	return nil
}

// relayed takes down the relay's answer: it may only call a replay what it has
// accepted before.
func (w *Witness) relayed(ref tokens.Ref, session orchestrator.Snapshot, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.on || !errors.Is(err, tokens.Replayed) || ref.ID == "" {
		return
	}
	for _, step := range session.Steps {
		if step.Ref.ID == ref.ID && step.Ref.Issuer == ref.Issuer {
			return
		}
	}
	w.breach("the relay called %s a replay, and had never accepted it", ref.ID)
}

// opened takes down that an order was opened under a name: no service may still
// have books of an earlier order of that name, for it would count them in.
func (w *World) opened(order string) {
	if !w.Witness.Watching() {
		return
	}
	for _, p := range w.Parties {
		for _, e := range p.Entries() {
			if e.Ref.Order == order {
				w.Witness.mu.Lock()
				w.Witness.breach("order %q was opened while %s remembers an earlier one of that name", order, p.Name)
				w.Witness.mu.Unlock()
				return
			}
		}
	}
}

// watchedRedeemer is a service under a witness's eyes. It stands behind the
// wire, so that it sees what really happened.
type watchedRedeemer struct {
	orchestrator.Redeemer
	witness *Witness
}

// Redeem redeems.
func (r watchedRedeemer) Redeem(ctx context.Context, request tokens.Redemption) (tokens.Receipt, error) {
	receipt, err := r.Redeemer.Redeem(ctx, request)
	if seen, bad := r.witness.peek(request.Token); bad == nil && seen.Ref.ID != "" {
		r.witness.redeemed(seen.Ref, request.Attempt, receipt, err)
	}
	return receipt, err
}

// Cancel cancels.
func (r watchedRedeemer) Cancel(ctx context.Context, request tokens.Cancellation) error {
	err := r.Redeemer.Cancel(ctx, request)
	if seen, bad := r.witness.peek(request.Token); bad == nil && err == nil && seen.Ref.ID != "" {
		r.witness.cancelled(seen.Ref, request.Attempt)
	}
	return err
}

// Audit checks the invariants of the whole world: each domain's books, the
// relay's sessions, the two against each other, and what the witness saw. The
// error is the first that does not hold.
func (w *World) Audit() error {
	if err := w.Witness.complaint(); err != nil {
		return err
	}
	for _, p := range w.Parties {
		if err := p.Audit(); err != nil {
			return err
		}
	}
	if w.inside == nil {
		return nil // what somebody else's relay has written down is its own
	}
	if err := w.inside.Audit(); err != nil {
		return err
	}
	return w.auditAgreement()
}

// auditAgreement holds what the sessions say of their tokens against the books
// of the services. What an order may still owe is on both sides until it is
// settled, and nothing is redeemed twice in whatever orders.
func (w *World) auditAgreement() error {
	sessions := w.inside.Sessions()
	if err := w.Witness.owing(sessions); err != nil {
		return err
	}
	known, committed := map[tokens.Ref]bool{}, map[tokens.Ref]string{} // the attempt, of what stands redeemed
	for _, p := range w.Parties {
		for _, e := range p.Entries() {
			known[e.Ref] = true
			if e.State == issuers.Committed {
				committed[e.Ref] = e.Attempt
			}
		}
	}
	w.standinBooks.redeemed(committed)
	once := make(map[use]tokens.Ref, len(committed))
	for ref := range committed {
		if other, twice := once[useOf(ref)]; twice {
			return fmt.Errorf("%s of %s is redeemed twice, for orders %q and %q", tokens.Word(ref.ID), tokens.Word(ref.Issuer), min(ref.Order, other.Order), max(ref.Order, other.Order))
		}
		once[useOf(ref)] = ref
	}
	recent := w.Clock.Now().Add(-issuers.Retention) // older ones may be forgotten
	for _, snap := range sessions {
		for _, step := range snap.Steps {
			stands := step.Attempt != "" && committed[step.Ref] == step.Attempt
			_, books := w.Issuer(step.Ref.Issuer)
			switch {
			case snap.State == orchestrator.Completed && step.Result != "" && !stands && step.Expires.After(recent):
				return fmt.Errorf("session %q is completed, and %s has no redemption of %s", snap.ID, step.Service, tokens.Word(step.Ref.ID))
			case snap.State == orchestrator.Compensated && stands:
				return fmt.Errorf("session %q is compensated, and %s still has %s redeemed", snap.ID, step.Service, tokens.Word(step.Ref.ID))
			case snap.State == orchestrator.Stuck && books == nil && !known[step.Ref]:
				return fmt.Errorf("session %q is stuck, and %s has forgotten %s", snap.ID, step.Service, tokens.Word(step.Ref.ID))
			}
		}
	}
	return nil
}

// RelayToken hands a token to the relay, under the witness's eyes if it is ours:
// of another's nobody knows in which order it judged what came at once.
func (w *World) RelayToken(ctx context.Context, session, raw string, ref tokens.Ref) (service string, err error) {
	service, err = w.Relay.Relay(ctx, session, raw)
	if w.Witness.Watching() && w.inside != nil {
		if snap, bad := w.Relay.Session(session); bad == nil {
			w.Witness.relayed(ref, snap, err)
		}
	}
	return service, err
}
