// Redemption: forward, in the world's order; take back, in reverse. What is asked
// next is the machine's business; here it is written down, asked and waited for.

package orchestrator

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"time"

	"tokenshell/tokens"
)

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
// It refuses with session_unknown, session_closed, session_mismatch or
// service_unavailable (the store does not answer), and answers [ErrNothing] or
// [ErrNotAccepted]; ctx's error when it was interrupted.
func (r *Relay) Redeem(ctx context.Context, id string, named []tokens.Ref) (Snapshot, error) {
	if err := ctx.Err(); err != nil {
		return Snapshot{}, err // before the order ends
	}
	return r.take(ctx, id, func(s *Record) (answer Snapshot, done bool, err error) {
		for _, ref := range named {
			if s.find(ref) != nil {
				continue
			}
			switch {
			case ref.Order != id:
				return Snapshot{}, true, tokens.Refuse(tokens.SessionMismatch, "the token is for order %q, this is %q", ref.Order, id)
			case s.State == Open:
				return Snapshot{}, true, fmt.Errorf("%q: %w", ref.ID, ErrNotAccepted)
			}
			return Snapshot{}, true, closed(id, s.State)
		}
		switch s.State {
		case Open:
			if len(s.Steps) == 0 {
				return Snapshot{}, true, ErrNothing
			}
			r.machine.begin(s, r.registry.order(), named, func() string { return r.Mint.ID("att") })
			return Snapshot{}, false, nil
		case Redeeming:
			r.machine.resume(s)
			return Snapshot{}, false, nil
		case Completed, Compensated:
			snap := s.snapshot(s.State) // the session stays as it ended
			for i := range snap.Steps {
				if snap.Steps[i].Result == Redeemed {
					snap.Steps[i].Result = Repeated
				}
			}
			return snap, true, nil
		default:
			return Snapshot{}, true, closed(id, s.State)
		}
	})
}

// Resume takes an interrupted or stuck redemption to its end. It reports what is
// new: a step that was settled and told of before has no Result. One that has
// ended answers as it ended. It refuses with session_unknown, session_closed or
// service_unavailable (the store does not answer), and answers [ErrNothing] when
// no redemption ever began.
func (r *Relay) Resume(ctx context.Context, id string) (Snapshot, error) {
	var known []bool // what came of a step was told, and nothing is left to do for it
	snap, err := r.take(ctx, id, func(s *Record) (answer Snapshot, done bool, err error) {
		switch s.State {
		case Redeeming, Stuck:
			known = make([]bool, len(s.Steps))
			for i, st := range s.Steps {
				known[i] = st.Told && !st.Owed
			}
			r.machine.resume(s)
			return Snapshot{}, false, nil
		case Completed, Compensated:
			return s.snapshot(s.State), true, nil
		case Open:
			return Snapshot{}, true, ErrNothing
		default:
			return Snapshot{}, true, closed(id, s.State)
		}
	})
	for i := range snap.Steps { // steps keep their places
		if i < len(known) && known[i] {
			snap.Steps[i].Result = ""
		}
	}
	return snap, err
}

// Close ends an open session and has the services release what it accepted. It
// refuses with session_unknown, session_closed or service_unavailable (the store
// does not answer).
func (r *Relay) Close(ctx context.Context, id string) (snap Snapshot, err error) {
	defer func() { r.journal.Step(ctx, "close", tokens.Ref{Order: id}, err) }()
	return r.take(ctx, id, func(s *Record) (answer Snapshot, done bool, err error) {
		if s.State != Open {
			return Snapshot{}, true, closed(id, s.State)
		}
		s.State = Closed
		return Snapshot{}, false, nil
	})
}

// take has a session begin something, and takes it as far as it goes. Begin is
// given a copy to change, and says when there is nothing to do but to answer; it
// is asked again when somebody else was faster.
func (r *Relay) take(ctx context.Context, id string, begin func(*Record) (answer Snapshot, done bool, err error)) (Snapshot, error) {
	for {
		s, err := r.get(ctx, id)
		if err != nil {
			return Snapshot{}, err
		}
		elsewhere := s.Lease.heldByOther(r.Name, r.Clock.Now())
		if answer, done, err := begin(s); done {
			return answer, err
		}
		if elsewhere || !r.occupy(id) {
			return Snapshot{}, tokens.Refuse(tokens.SessionClosed, "a redemption of session %q is under way", id)
		}
		if snap, err := r.run(ctx, s); !errors.Is(err, ErrConflict) {
			return snap, err
		}
	}
}

// run asks and writes down, until the machine has nothing left to ask. It ends
// early with ctx's error, or with a refusal when the store does not answer or
// another relay has gone on; with [ErrConflict] when it has not even begun.
func (r *Relay) run(ctx context.Context, s *Record) (snap Snapshot, err error) {
	defer r.leave(s.ID)
	if s.State != Closed {
		defer func() {
			if !errors.Is(err, ErrConflict) {
				r.journal.Step(ctx, "redeem", tokens.Ref{Order: s.ID}, err, slog.String("state", string(s.State)))
			}
		}()
	}
	first := s.Version
	write := func(ctx context.Context) error {
		version := s.Version
		err := r.put(ctx, s)
		s = s.clone()
		if errors.Is(err, ErrConflict) && version != first {
			return tokens.Refuse(tokens.SessionClosed, "another relay went on with the redemption of session %q", s.ID)
		}
		return err
	}
	var stopped error
	for {
		q, more := r.machine.next(s)
		if !more || ctx.Err() != nil {
			stopped = ctx.Err()
			break
		}
		if q.wait > 0 {
			if stopped = r.Clock.Wait(ctx, q.wait); stopped != nil {
				break
			}
		}
		r.machine.asked(s, q)
		s.Lease = Lease{Holder: r.Name, Until: r.Clock.Now().Add(LeaseTTL)}
		if err := write(ctx); err != nil {
			return s.snapshot(s.State), err
		}
		receipt, err := r.question(ctx, s, q)
		if err != nil && ctx.Err() != nil {
			stopped = ctx.Err()
			break
		}
		r.machine.took(s, q, receipt, err)
	}
	if stopped != nil && s.State != Closed { // what a close did not give back expires
		s.Lease = Lease{}
		_ = write(context.WithoutCancel(ctx)) // else the lease runs out
		return s.snapshot(s.State), stopped
	}
	for at, st := range s.Steps {
		if !st.Told {
			s.edit(at).Told = true
		}
	}
	r.machine.end(s, r.Clock.Now())
	s.Lease = Lease{}
	err = write(context.WithoutCancel(ctx))
	return s.snapshot(s.State), err
}

// question asks a service.
func (r *Relay) question(ctx context.Context, s *Record, q question) (receipt tokens.Receipt, err error) {
	st := s.Steps[q.step]
	about := []slog.Attr{slog.String("service", st.Service)}
	if q.what != release {
		about = append(about, slog.String("attempt", st.Attempt), slog.Int("try", st.Tries+1))
	}
	defer func() { r.journal.Step(ctx, q.what, st.Ref, err, about...) }()
	service, err := r.registry.service(st.Service)
	if err != nil {
		return receipt, err
	}
	order := tokens.Session{Order: s.ID, Customer: s.Customer}
	if q.what == forward {
		return service.Redeem(ctx, tokens.Redemption{Token: st.Token, Session: order, Facts: maps.Clone(s.Facts), Attempt: st.Attempt})
	}
	return receipt, service.Cancel(ctx, tokens.Cancellation{Token: st.Token, Session: order, Attempt: st.Attempt})
}

// occupy takes the right to go on with a session within this process, which a
// lease is too coarse for; false when somebody has it.
func (r *Relay) occupy(id string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.running[id] {
		return false
	}
	r.running[id] = true
	return true
}

func (r *Relay) leave(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.running, id)
}

// underWay reports whether somebody is at a redemption.
func (r *Relay) underWay(s *Record, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.running[s.ID] || s.Lease.heldByOther(r.Name, now)
}
