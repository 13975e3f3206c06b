// Forgetting: a session goes when no token can name it any more and nobody owes
// for it; its name is free when no service has books of the order either.

package orchestrator

import (
	"container/heap"
	"errors"
	"fmt"
	"time"
)

// pause is how long a session that owes is left alone before it is looked at
// again.
const pause = time.Minute

// forget drops the sessions that can matter no more.
func (r *Relay) forget(now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.queue) > 0 && now.After(r.queue[0].due) {
		s := heap.Pop(&r.queue).(*session)
		s.due = s.needed(now)
		if now.After(s.due) {
			delete(r.sessions, s.id)
			r.Ledger.Forget(s.id)
		} else {
			heap.Push(&r.queue, s)
		}
	}
}

// needed says until when a session is needed at least.
func (s *session) needed(now time.Time) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settle(now)
	if s.owes() {
		return now.Add(pause)
	}
	return latest(s.ends, s.ended).Add(Retention)
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

// free is nil when an order may be opened under a name, or else a [NameTaken].
// The services are asked with the relay unlocked, for they may ask the relay what
// it owes.
func (r *Relay) free(id string, now time.Time) error {
	books, yes := r.books(id)
	s, err := r.lookup(id)
	if err != nil {
		if yes {
			return &NameTaken{ID: id, Free: books}
		}
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settle(now)
	taken := &NameTaken{ID: id, State: s.state}
	if s.state != Open && !s.owes() {
		taken.Free = latest(latest(s.ends, s.ended).Add(Retention), books)
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

// queue orders sessions by when they may be forgotten (container/heap).
type queue []*session

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return q[i].due.Before(q[j].due) }
func (q queue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }

// Push is for container/heap.
func (q *queue) Push(x any) { *q = append(*q, x.(*session)) }

// Pop is for container/heap.
func (q *queue) Pop() any {
	last := len(*q) - 1
	s := (*q)[last]
	(*q)[last] = nil
	*q = (*q)[:last]
	return s
}
