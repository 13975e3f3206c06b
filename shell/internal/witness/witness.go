// Package witness sees what passes between a relay and its services, and says when it
// breaks a promise.
package witness

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"tokenshell/orchestrator"
	"tokenshell/tokens"
)

// Witness watches every service of a world while checks are on. It remembers
// what it has seen for as long as they are.
type Witness struct {
	Peek func(raw string) (tokens.Unverified, error)

	mu     sync.Mutex
	on     bool
	broken error           // the first broken promise
	debts  map[string]bool // the orders that were stuck when the world was last audited
	seen   map[Use]testimony
	used   map[tokens.Ref]bool // by a session, of which no relay has said yet what came of it
	aside  bool                // debts, seen and used were put aside, and stay as they are
}

// Use is what may be redeemed once: (iss, jti), in whatever order it is used.
type Use struct{ issuer, jti string }

// UseOf gives that of a token.
func UseOf(ref tokens.Ref) Use { return Use{ref.Issuer, ref.ID} }

// limit is how many tokens a witness remembers before it starts again.
const limit = 100_000

// testimony is what the witness knows of one token.
type testimony struct {
	attempt   string // the one that redeemed it; empty when none has
	receipt   string
	cancelled bool
	order     string // whose redemption it was in
	turn      int    // after how many others of it, from 1; 0 when nobody was told that it was redeemed
	asked     bool   // it is to be taken back, or was
}

// Watch starts or stops watching. Starting forgets what was seen before.
func (w *Witness) Watch(on bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.on, w.broken, w.seen, w.debts, w.used, w.aside = on, nil, map[Use]testimony{}, map[string]bool{}, map[tokens.Ref]bool{}, false
}

// Watching reports whether it watches.
func (w *Witness) Watching() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.on
}

// Complaint gives the first broken promise; nil when all were kept.
func (w *Witness) Complaint() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.broken
}

// Breach notes that a promise is broken.
func (w *Witness) Breach(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.breach(format, args...)
}

func (w *Witness) breach(format string, args ...any) {
	if w.broken == nil {
		w.broken = fmt.Errorf(format, args...)
	}
}

// own makes ready for a change.
func (w *Witness) own() {
	if w.aside {
		w.debts, w.seen, w.used, w.aside = maps.Clone(w.debts), maps.Clone(w.seen), maps.Clone(w.used), false
	}
}

// Redeemed takes down the answer to a redemption; copied is that it goes to nobody,
// for it is the second to a question that arrived twice. What only the second one
// redeemed was refused to whoever asked, who knows of no order to take it back in.
func (w *Witness) Redeemed(ref tokens.Ref, attempt string, receipt tokens.Receipt, err error, copied bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.on {
		return
	}
	known := w.seen[UseOf(ref)]
	switch {
	case err == nil && known.cancelled:
		w.breach("%s was redeemed after it was cancelled", ref.ID)
	case err == nil && known.attempt != "" && known.receipt != receipt.ID:
		w.breach("%s was redeemed twice", ref.ID)
	case errors.Is(err, tokens.AlreadyRedeemed) && known.attempt == attempt:
		w.breach("a retry of the redemption of %s was taken for a replay", ref.ID)
	case err == nil:
		w.own()
		if len(w.seen) >= limit {
			clear(w.seen)
		}
		if known.attempt == "" && !copied {
			known.turn = 1
			for _, other := range w.seen {
				if other.order == ref.Order && other.turn >= known.turn {
					known.turn = other.turn + 1
				}
			}
		}
		w.seen[UseOf(ref)] = testimony{attempt: attempt, receipt: receipt.ID, order: ref.Order, turn: known.turn, asked: known.asked}
	}
}

// Asked takes down that a relay is about to ask for a redemption to be taken back:
// what an order redeemed first is taken back last.
func (w *Witness) Asked(ref tokens.Ref, attempt string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	known := w.seen[UseOf(ref)]
	if !w.on || known.asked || known.attempt == "" || known.attempt != attempt {
		return
	}
	w.own()
	known.asked = true
	w.seen[UseOf(ref)] = known
	for use, other := range w.seen {
		if other.order == known.order && other.asked && other.turn > 0 && other.turn < known.turn {
			w.breach("%s was taken back before %s, which was redeemed after it", use.jti, ref.ID)
		}
	}
}

// Cancelled takes down that a cancellation was confirmed.
func (w *Witness) Cancelled(ref tokens.Ref, attempt string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if known := w.seen[UseOf(ref)]; w.on && (known.attempt == "" || known.attempt == attempt) {
		w.own()
		w.seen[UseOf(ref)] = testimony{cancelled: true, order: known.order, turn: known.turn, asked: known.asked}
	}
}

// Owing takes down which sessions are stuck, and says of one that was and is gone
// that it was forgotten.
func (w *Witness) Owing(sessions []orchestrator.Snapshot) error {
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

// Used takes down that a session has used a token.
func (w *Witness) Used(use orchestrator.Use) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.on {
		w.own()
		w.used[inSession(use.Ref, use.Session)] = true
	}
}

// Judged takes down a relay's verdict. What it has accepted is among the steps of the
// session from then on. A relay that has stopped before it could say it leaves a token
// behind that is used, and was never accepted; so does a session that ends between the
// two. Whatever else is said of a token, or of another that calls itself the same, it
// stays used.
func (w *Witness) Judged(session, raw string, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.used) == 0 || err != nil {
		return
	}
	if seen, err := w.Peek(raw); err == nil {
		w.own()
		delete(w.used, inSession(seen.Ref, session))
	}
}

func inSession(ref tokens.Ref, session string) tokens.Ref {
	ref.Order = session
	return ref
}

// Relayed takes down the relay's answer: it may only call a replay what was accepted
// before, or used by a relay that is at it or has stopped.
func (w *Witness) Relayed(ref tokens.Ref, session orchestrator.Snapshot, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.on || !errors.Is(err, tokens.Replayed) || ref.ID == "" || w.used[inSession(ref, session.ID)] {
		return
	}
	for _, step := range session.Steps {
		if step.Ref.ID == ref.ID && step.Ref.Issuer == ref.Issuer {
			return
		}
	}
	w.breach("the relay called %s a replay, and had never accepted it", ref.ID)
}

// Watched is a service under a witness's eyes. It stands behind the wire, so that
// the witness sees what really happened.
type Watched struct {
	orchestrator.Redeemer
	By *Witness
}

// Redeem redeems.
func (r Watched) Redeem(ctx context.Context, request tokens.Redemption) (tokens.Receipt, error) {
	return r.RedeemAs(ctx, request, false)
}

// RedeemAs redeems; copied is that the answer goes to nobody, as Witness.Redeemed has it.
func (r Watched) RedeemAs(ctx context.Context, request tokens.Redemption, copied bool) (tokens.Receipt, error) {
	receipt, err := r.Redeemer.Redeem(ctx, request)
	if seen, bad := r.By.Peek(request.Token); bad == nil && seen.Ref.ID != "" {
		r.By.Redeemed(seen.Ref, request.Attempt, receipt, err, copied)
	}
	return receipt, err
}

// TakesBack takes down that somebody is about to ask for it to be cancelled, whatever
// becomes of the question.
func (r Watched) TakesBack(request tokens.Cancellation) {
	if seen, bad := r.By.Peek(request.Token); bad == nil && seen.Ref.ID != "" {
		r.By.Asked(seen.Ref, request.Attempt)
	}
}

// Cancel cancels.
func (r Watched) Cancel(ctx context.Context, request tokens.Cancellation) error {
	err := r.Redeemer.Cancel(ctx, request)
	if seen, bad := r.By.Peek(request.Token); bad == nil && err == nil && seen.Ref.ID != "" {
		r.By.Cancelled(seen.Ref, request.Attempt)
	}
	return err
}

// saved is what a witness had seen.
type saved struct {
	on     bool
	broken error
	debts  map[string]bool
	seen   map[Use]testimony
	used   map[tokens.Ref]bool
}

// Save puts aside what it has seen.
func (w *Witness) Save() any {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.aside = true
	return saved{w.on, w.broken, w.debts, w.seen, w.used}
}

// Restore takes back what Save gave.
func (w *Witness) Restore(from any) {
	was := from.(saved)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.on, w.broken, w.debts, w.seen, w.used, w.aside = was.on, was.broken, was.debts, was.seen, was.used, true
}

// Canon writes down what it has seen: a promise may be broken to that.
func (w *Witness) Canon(c tokens.Canon) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c.Bool(w.on)
	c.Bool(w.broken != nil)
	if w.broken != nil {
		c.Text(w.broken.Error())
	}
	debts := slices.Sorted(maps.Keys(w.debts))
	c.Set(len(debts), func(i int) { c.Name(debts[i]) })
	all := slices.SortedFunc(maps.Keys(w.seen), Use.Compare)
	c.Set(len(all), func(i int) {
		seen := w.seen[all[i]]
		c.Text(all[i].issuer)
		c.Name(all[i].jti)
		c.Name(seen.attempt)
		c.Name(seen.receipt)
		c.Bool(seen.cancelled)
		c.Name(seen.order)
		c.Int(w.place(seen))
		c.Bool(seen.asked)
	})
	if len(w.used) > 0 {
		used := slices.SortedFunc(maps.Keys(w.used), func(a, b tokens.Ref) int {
			return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.Issuer, b.Issuer), cmp.Compare(a.ID, b.ID))
		})
		c.Set(len(used), func(i int) { c.Ref(used[i]) })
	}
}

// place gives after how many others of its order that are remembered something was
// redeemed, from 1; 0 when it was not.
func (w *Witness) place(of testimony) (n int) {
	for _, other := range w.seen {
		if other.order == of.order && other.turn > 0 && other.turn <= of.turn {
			n++
		}
	}
	return n
}

// Compare puts uses in a fixed order.
func (u Use) Compare(other Use) int {
	return cmp.Or(cmp.Compare(u.issuer, other.issuer), cmp.Compare(u.jti, other.jti))
}
