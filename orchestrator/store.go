// The store: where a relay keeps its sessions, so that they outlive it.

package orchestrator

import (
	"cmp"
	"container/heap"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"tokenshell/orchestrator/packing"
)

// Store keeps sessions. It is the only memory that a relay has of an order, and
// is written before each question to a service: whoever finds a record can go on
// from there. Safe for concurrent use, by several relays too.
//
// An error that is none of its own kinds says that the store cannot answer;
// nothing is done then. Package storetest holds every implementation to this.
type Store interface {
	// Get gives a session, or [ErrNoSession].
	Get(ctx context.Context, id string) (*Record, error)
	// Put keeps s, if what is kept has s.Version (0: nothing is kept), and raises
	// s.Version by one; else it changes nothing and answers [ErrConflict]. A new
	// session gets its Number.
	Put(ctx context.Context, s *Record) error
	// Due gives the ids of the sessions that were due before now, earliest first.
	Due(ctx context.Context, now time.Time) ([]string, error)
	// Forget drops a session that has the version, or answers [ErrConflict]; and
	// [ErrOwing] when it owes something, which is never forgotten.
	Forget(ctx context.Context, id string, version uint64) error
	// All gives every session, in the order of opening.
	All(ctx context.Context) ([]*Record, error)
}

// ErrNoSession is a store's answer when it keeps no such session.
var ErrNoSession = errors.New("no such session is kept")

// ErrConflict is a store's answer to writing over what somebody else has written
// since it was read.
var ErrConflict = errors.New("the session was changed by somebody else")

// ErrOwing is a store's answer to forgetting a session that may have to take
// something back yet.
var ErrOwing = errors.New("the session owes something")

// MemoryStore keeps sessions for as long as the process lives.
type MemoryStore struct {
	mu    sync.Mutex
	queue queue
	ever  uint64        // sessions ever
	words packing.Words // of what is packed

	aside    *savedStore        // what it was put aside as; nil when it has changed since
	unpacked map[string]*Record // what was unpacked of late; nil until it is put aside
}

// mostUnpacked is how many are remembered; it starts again then.
const mostUnpacked = 1 << 12

// keep makes what is kept of a record.
func (m *MemoryStore) keep(s *Record) kept {
	if packed, ok := pack(&m.words, s); ok {
		return kept{packed: packed, due: s.Due.Unix()}
	}
	return kept{whole: s, due: s.Due.Unix()}
}

func (m *MemoryStore) record(k kept) *Record {
	if k.whole != nil {
		return k.whole
	}
	if known := m.unpacked[k.packed]; known != nil {
		return known
	}
	s := unpack(&m.words, k.packed)
	if m.unpacked == nil {
		return s
	}
	if len(m.unpacked) >= mostUnpacked {
		clear(m.unpacked)
	}
	m.unpacked[k.packed] = s
	return s
}

// NewMemoryStore makes an empty store.
func NewMemoryStore() *MemoryStore { return &MemoryStore{queue: newQueue()} }

// Get gives a session, or [ErrNoSession].
func (m *MemoryStore) Get(_ context.Context, id string) (*Record, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	at, is := m.queue.at(id)
	if !is {
		return nil, ErrNoSession
	}
	return m.record(m.queue.all[at]), nil
}

// Put keeps a session, or answers [ErrConflict].
func (m *MemoryStore) Put(_ context.Context, s *Record) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	at, is := m.queue.at(s.ID)
	switch {
	case !is && s.Version == 0:
		m.aside = nil
		m.ever++
		s.Number = m.ever
		s.Version++
		heap.Push(&m.queue, m.keep(s))
		return nil
	case !is || m.queue.all[at].version() != s.Version:
		return ErrConflict
	}
	m.aside = nil
	s.Version++
	was := m.queue.all[at]
	m.queue.all[at] = m.keep(s)
	if now := m.queue.all[at]; now.before(was) || was.before(now) {
		heap.Fix(&m.queue, at)
	}
	return nil
}

// Due gives what is due, earliest first.
func (m *MemoryStore) Due(_ context.Context, now time.Time) ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var due []*Record
	moment := kept{whole: &Record{Due: now}, due: now.Unix()}
	for look := []int{0}; len(look) > 0; { // only below what is due itself
		at := look[len(look)-1]
		look = look[:len(look)-1]
		if at < m.queue.Len() && m.queue.all[at].before(moment) {
			due = append(due, m.record(m.queue.all[at]))
			look = append(look, 2*at+1, 2*at+2)
		}
	}
	slices.SortFunc(due, func(a, b *Record) int { return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(a.Number, b.Number)) })
	ids := make([]string, len(due))
	for i, k := range due {
		ids[i] = k.ID
	}
	return ids, nil
}

// Forget drops a session, or answers [ErrConflict] or [ErrOwing].
func (m *MemoryStore) Forget(_ context.Context, id string, version uint64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	at, is := m.queue.at(id)
	switch {
	case !is || m.queue.all[at].version() != version:
		return ErrConflict
	case m.queue.all[at].owes():
		return ErrOwing
	}
	m.aside = nil
	heap.Remove(&m.queue, at)
	return nil
}

// All gives every session, in the order of opening.
func (m *MemoryStore) All(context.Context) ([]*Record, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := make([]*Record, 0, m.queue.Len())
	for _, k := range m.queue.all {
		all = append(all, m.record(k))
	}
	slices.SortFunc(all, func(a, b *Record) int { return cmp.Compare(a.Number, b.Number) })
	return all, nil
}
