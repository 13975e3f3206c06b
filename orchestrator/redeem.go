// Redemption: forward, in the world's order; take back, in reverse.

package orchestrator

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"tokenshell/tokens"
)

// backOff are the waits between the attempts to get an answer: one attempt
// more than there are waits.
var backOff = []time.Duration{time.Second, 2 * time.Second}

// ErrNothing is the answer to redeeming when nothing was accepted.
var ErrNothing = errors.New("nothing to redeem: no token was accepted in this session")

// ErrNotAccepted is the answer to redeeming a token that was never relayed.
var ErrNotAccepted = errors.New("it was not accepted in this session: relay it first")

// Redeem forwards the named tokens, all accepted ones when none is named, and
// releases the others: the order ends with it. The snapshot says where it
// ended; a refusal on the way is not an error of Redeem but in its steps. An
// interrupted redemption goes on where it stopped, and one that has ended
// answers again what it answered: a client's retry is not a replay.
//
// It refuses with session_unknown, session_closed or session_mismatch, and
// answers [ErrNothing] or [ErrNotAccepted]; ctx's error when it was interrupted.
func (r *Relay) Redeem(ctx context.Context, id string, named []tokens.Ref) (Snapshot, error) {
	if err := ctx.Err(); err != nil {
		return Snapshot{}, err // before the order ends
	}
	s, err := r.locked(id)
	if err != nil {
		return Snapshot{}, err
	}
	defer s.mu.Unlock()
	for _, ref := range named {
		if s.find(ref) == nil {
			if ref.Order != id {
				return Snapshot{}, tokens.Refuse(tokens.SessionMismatch, "the token is for order %q, this is %q", ref.Order, id)
			}
			if s.state == Open {
				return Snapshot{}, fmt.Errorf("%q: %w", ref.ID, ErrNotAccepted)
			}
			return Snapshot{}, closed(s)
		}
	}
	switch s.state {
	case Open:
		if len(s.steps) == 0 {
			return Snapshot{}, ErrNothing
		}
		for _, st := range s.steps {
			if len(named) == 0 || slices.Contains(named, st.Ref) {
				st.Attempt = r.Mint.ID("att")
			}
		}
		s.state = Redeeming
		return r.run(ctx, s)
	case Redeeming:
		return r.run(ctx, s)
	case Completed, Compensated:
		snap := s.snapshot() // a copy: the session stays as it ended
		for i := range snap.Steps {
			if snap.Steps[i].Result == Redeemed {
				snap.Steps[i].Result = Repeated
			}
		}
		return snap, nil
	default:
		return Snapshot{}, closed(s)
	}
}

// Resume takes an interrupted or stuck redemption to its end. It reports what is
// new: a step that was settled and told of before has no Result. One that has
// ended answers as it ended. It refuses with session_unknown or
// session_closed, and answers [ErrNothing] when no redemption ever began.
func (r *Relay) Resume(ctx context.Context, id string) (Snapshot, error) {
	s, err := r.locked(id)
	if err != nil {
		return Snapshot{}, err
	}
	defer s.mu.Unlock()
	switch s.state {
	case Redeeming, Stuck:
		old := s.settledSteps()
		snap, err := r.run(ctx, s)
		for i := range old { // steps keep their places
			if old[i] {
				snap.Steps[i].Result = ""
			}
		}
		return snap, err
	case Completed, Compensated:
		return s.snapshot(), nil
	case Open:
		return Snapshot{}, ErrNothing
	default:
		return Snapshot{}, closed(s)
	}
}

// run takes the redemption of a locked session as far as it goes. The lock is
// not held while a service is asked; running keeps others away.
func (r *Relay) run(ctx context.Context, s *session) (snap Snapshot, err error) {
	if s.running {
		return Snapshot{}, tokens.Refuse(tokens.SessionClosed, "a redemption of session %q is under way", s.id)
	}
	s.running, s.state = true, Redeeming
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.running = false
		snap = s.snapshot()
		r.journal.Step(ctx, "redeem", tokens.Ref{Order: s.id}, err, slog.String("state", string(s.state)))
	}()
	if !s.compensating {
		if err := r.forward(ctx, s); err != nil {
			return snap, err
		}
	}
	if s.compensating {
		if err := r.compensate(ctx, s); err != nil {
			return snap, err
		}
	}
	r.release(ctx, s)
	if err := ctx.Err(); err != nil {
		return snap, err
	}
	r.finish(s)
	r.update(s, func() {
		for _, st := range s.steps {
			st.told = true
		}
	})
	return snap, nil
}

func (r *Relay) finish(s *session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	state := Completed
	switch {
	case slices.ContainsFunc(s.steps, func(st *step) bool { return st.owed }):
		state = Stuck
	case s.compensating:
		state = Compensated
	}
	s.end(state, r.Clock.Now())
}

// inOrder gives the steps that take part, in the order of the services, and
// within a service in the order of acceptance.
func (r *Relay) inOrder(s *session) []*step {
	var ordered []*step
	for _, service := range r.registry.order() {
		for _, st := range s.steps {
			if st.Service == service.Name && st.Attempt != "" {
				ordered = append(ordered, st)
			}
		}
	}
	return ordered
}

// forward redeems step by step, until all are redeemed or one is not.
func (r *Relay) forward(ctx context.Context, s *session) error {
	for _, st := range r.inOrder(s) {
		if st.Status != Accepted {
			continue // it was redeemed before the interruption
		}
		// Once an answer went missing, a refusal says nothing about what the
		// unheard question did; an interrupted run left one behind, too.
		unheard := st.owed
		r.update(s, func() { st.owed = true }) // from here on it may have happened
		var receipt tokens.Receipt
		err := r.ask(ctx, s, st, "forward", func() (err error) {
			receipt, err = r.registry.service(st.Service).Redeem(ctx, tokens.Redemption{
				Token: st.token, Session: tokens.Session{Order: s.id, Customer: s.customer}, Facts: maps.Clone(s.facts), Attempt: st.Attempt,
			})
			var refusal *tokens.Refusal
			unheard = unheard || err != nil && !errors.As(err, &refusal)
			return err
		})
		if ctx.Err() != nil && err != nil {
			return ctx.Err()
		}
		r.update(s, func() {
			var refusal *tokens.Refusal
			switch {
			case err == nil:
				st.Status, st.Result, st.Receipt = Redeemed, Redeemed, &receipt
				if receipt.Repeated {
					st.Result = Repeated
				}
			case errors.As(err, &refusal) || r.Weakness.Lacks(tokens.UnknownIsUndone):
				if refusal == nil {
					refusal = tokens.Refuse(tokens.ServiceUnavailable, "%s", unanswered(st.Service, err))
				}
				st.Status, st.Result, st.owed = Refused, Refused, unheard && !r.Weakness.Lacks(tokens.UnknownIsUndone)
				st.Reason, st.Detail = refusal.Reason, refusal.Detail
			default:
				st.Result, st.Reason, st.Detail = Failed, tokens.ServiceUnavailable, unanswered(st.Service, err)
			}
		})
		if err != nil {
			s.compensating = true
			return nil
		}
	}
	r.update(s, func() {
		for _, st := range s.steps {
			st.owed = false
		}
	})
	return nil
}

// compensate cancels, in reverse, what was or may have been redeemed. What
// cannot be cancelled stays owed.
func (r *Relay) compensate(ctx context.Context, s *session) error {
	ordered := r.inOrder(s)
	slices.Reverse(ordered)
	for _, st := range ordered {
		if !st.owed {
			continue
		}
		if r.Weakness.Lacks(tokens.RefusalCompensates) {
			r.update(s, func() { st.Status, st.Result, st.owed = Cancelled, Cancelled, false })
			continue
		}
		err := r.ask(ctx, s, st, "cancel", func() error { return r.cancel(ctx, s, st) })
		if ctx.Err() != nil && err != nil {
			return ctx.Err()
		}
		r.update(s, func() {
			switch {
			case err != nil:
				st.Result, st.Reason, st.Detail = Failed, tokens.ServiceUnavailable, unanswered(st.Service, err)
			case st.Status == Redeemed:
				st.Status, st.Result, st.owed = Cancelled, Cancelled, false
				st.Reason, st.Detail = "", ""
			default: // nobody knows whether it was redeemed; now it is not
				if st.Status, st.owed = Cancelled, false; st.told {
					st.Result = Cancelled // that it failed is known; the reason stays, for it is the order's
				}
			}
		})
	}
	return nil
}

// release gives back, with one try each, what was accepted and will not be
// redeemed, and what a service refused. A release that fails costs nothing but
// time: the reservation expires.
func (r *Relay) release(ctx context.Context, s *session) {
	for _, st := range s.steps {
		if st.Status != Accepted && st.Status != Refused || st.owed || st.freed || ctx.Err() != nil {
			continue
		}
		err := r.cancel(ctx, s, st)
		r.journal.Step(ctx, "release", st.Ref, err, slog.String("service", st.Service))
		r.update(s, func() {
			if st.freed = err == nil; st.freed && st.Status == Accepted {
				st.Status = Released
			}
		})
	}
}

func (r *Relay) cancel(ctx context.Context, s *session, st *step) error {
	return r.registry.service(st.Service).Cancel(ctx, tokens.Cancellation{
		Token: st.token, Session: tokens.Session{Order: s.id, Customer: s.customer}, Attempt: st.Attempt,
	})
}

// ask asks a service until it answers: a yes, a no, or nothing after the last
// attempt.
func (r *Relay) ask(ctx context.Context, s *session, st *step, what string, question func() error) (err error) {
	for try := 0; ; try++ {
		err = question()
		r.journal.Step(ctx, what, st.Ref, err, slog.String("service", st.Service), slog.String("attempt", st.Attempt), slog.Int("try", try+1))
		var refusal *tokens.Refusal
		if err == nil || errors.As(err, &refusal) || try == len(backOff) {
			return err
		}
		if waited := r.Clock.Wait(ctx, backOff[try]); waited != nil {
			return waited
		}
	}
}

// update changes a session while a redemption of it runs, so that others may
// look at it at any time.
func (r *Relay) update(s *session, change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

// unanswered says that a service did not answer, without repeating what it is
// called in front of the cause.
func unanswered(service string, err error) string {
	var failure *tokens.Failure
	if errors.As(err, &failure) {
		return fmt.Sprintf("%s: %v", failure.Party, failure.Err)
	}
	var refusal *tokens.Refusal
	if errors.As(err, &refusal) {
		return fmt.Sprintf("%s will not cancel: %v", service, refusal)
	}
	return fmt.Sprintf("%s does not answer", service)
}
