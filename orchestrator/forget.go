// Forgetting: a session goes when no token can name it any more and nobody owes
// for it; its name is free when no service has books of the order either.

package orchestrator

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tokenshell/tokens"
)

// pause is how long a session that owes is left alone before it is looked at
// again.
const pause = time.Minute

// forget drops the sessions that can matter no more. What a store or ledger does
// not answer is tried again the next time.
func (r *Relay) forget(ctx context.Context, now time.Time) {
	due, _ := r.Store.Due(ctx, now)
	for _, id := range due {
		kept, err := r.Store.Get(ctx, id)
		if err != nil || r.underWay(kept, now) {
			continue
		}
		s := kept.settled(r.stateOf(kept))
		if !now.After(s.needed(now)) {
			_ = r.put(ctx, s)
		} else if r.Ledger.Forget(ctx, id) == nil {
			_ = r.Store.Forget(ctx, id, kept.Version)
		}
	}
}

// ErrExists is the kind of a [NameTaken].
var ErrExists = errors.New("there is such a session already")

// NameTaken is the answer to opening a session under a name that is in use, or
// that a service still has books of.
type NameTaken struct {
	ID    string
	State State     // of the session; empty when only the books are left
	Free  time.Time // the name is taken until then; zero for nobody knows
}

// Error says how it stands, and from when on the name is free.
func (t *NameTaken) Error() string {
	text := fmt.Sprintf("there is a session %q already", t.ID)
	switch {
	case t.State == Open:
		return text
	case t.State == "":
		text = fmt.Sprintf("services have books of an earlier order %q", t.ID)
	default:
		text += ", it is " + string(t.State)
	}
	if t.Free.IsZero() {
		return text + ": its name is free some time after it is settled"
	}
	return text + ": its name is free after " + t.Free.UTC().Format(time.RFC3339)
}

// Unwrap gives [ErrExists].
func (t *NameTaken) Unwrap() error { return ErrExists }

// free is nil when an order may be opened under a name; else it is a [NameTaken],
// or says that the store does not answer.
func (r *Relay) free(ctx context.Context, id string) error {
	books, yes := r.books(id)
	s, state, err := r.look(ctx, id)
	switch {
	case errors.Is(err, tokens.SessionUnknown) && yes:
		return &NameTaken{ID: id, Free: books}
	case errors.Is(err, tokens.SessionUnknown):
		return nil
	case err != nil:
		return err
	}
	taken := &NameTaken{ID: id, State: state}
	if state != Open && !state.Owes() {
		taken.Free = latest(latest(s.Ends, s.Ended).Add(Retention), books)
	}
	return taken
}

// books says until when the last of the services has books of an order.
func (r *Relay) books(order string) (until time.Time, yes bool) {
	for _, service := range r.registry.order() {
		if service.Remembers == nil {
			continue
		}
		if t, has := service.Remembers(order); has {
			until, yes = latest(until, t), true
		}
	}
	return until, yes
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
