// The store: where a relay keeps its sessions, so that they outlive it.

package orchestrator

import (
	"cmp"
	"container/heap"
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"
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
	kept  map[string]*kept
	queue queue
	ever  uint64 // sessions ever
	words words  // of what is packed

	aside    *savedStore        // what it was put aside as; nil when it has changed since
	unpacked map[string]*Record // what was unpacked of late; nil until it is put aside
}

// mostUnpacked is how many are remembered; it starts again then.
const mostUnpacked = 1 << 12

// kept is a session and its place in the queue: a record, or one that is packed.
type kept struct {
	whole  *Record
	packed string
	at     int
}

// keep makes one of a record. Its id is a part of what is packed, when it is.
func (m *MemoryStore) keep(k *kept, s *Record) (id string) {
	packed, ok := m.words.pack(s)
	if !ok {
		k.whole, k.packed = s, ""
		return s.ID
	}
	k.whole, k.packed = nil, packed
	return packedID(packed)
}

func (m *MemoryStore) record(k *kept) *Record {
	if k.whole != nil {
		return k.whole
	}
	if known := m.unpacked[k.packed]; known != nil {
		return known
	}
	s := m.words.unpack(k.packed)
	if m.unpacked == nil {
		return s
	}
	if len(m.unpacked) >= mostUnpacked {
		clear(m.unpacked)
	}
	m.unpacked[k.packed] = s
	return s
}

func (k *kept) version() uint64 {
	if k.whole != nil {
		return k.whole.Version
	}
	return packedVersion(k.packed)
}

// before compares when both are due.
func (k *kept) before(seconds int64, rest uint32) bool {
	s, r := k.due()
	return s < seconds || s == seconds && r < rest
}

func (k *kept) due() (seconds int64, rest uint32) {
	if k.whole != nil {
		return k.whole.Due.Unix(), uint32(k.whole.Due.Nanosecond())
	}
	return packedDue(k.packed)
}

// NewMemoryStore makes an empty store.
func NewMemoryStore() *MemoryStore { return &MemoryStore{kept: map[string]*kept{}} }

// Get gives a session, or [ErrNoSession].
func (m *MemoryStore) Get(_ context.Context, id string) (*Record, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	k := m.kept[id]
	if k == nil {
		return nil, ErrNoSession
	}
	return m.record(k), nil
}

// Put keeps a session, or answers [ErrConflict].
func (m *MemoryStore) Put(_ context.Context, s *Record) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	k := m.kept[s.ID]
	switch {
	case k == nil && s.Version == 0:
		m.aside = nil
		m.ever++
		s.Number = m.ever
		s.Version++
		k = &kept{}
		m.kept[m.keep(k, s)] = k
		heap.Push(&m.queue, k)
		return nil
	case k == nil || k.version() != s.Version:
		return ErrConflict
	}
	m.aside = nil
	seconds, rest := k.due()
	s.Version++
	if id := m.keep(k, s); k.packed != "" {
		delete(m.kept, id) // the name that it was kept by is another copy of the same
		m.kept[id] = k
	}
	if now, of := k.due(); now != seconds || of != rest {
		heap.Fix(&m.queue, k.at)
	}
	return nil
}

// Due gives what is due, earliest first.
func (m *MemoryStore) Due(_ context.Context, now time.Time) ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var due []*Record
	for look := []int{0}; len(look) > 0; { // only below what is due itself
		at := look[len(look)-1]
		look = look[:len(look)-1]
		if at < len(m.queue) && m.queue[at].before(now.Unix(), uint32(now.Nanosecond())) {
			due = append(due, m.record(m.queue[at]))
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
	k := m.kept[id]
	switch {
	case k == nil || k.version() != version:
		return ErrConflict
	case k.whole != nil && k.whole.State.Owes():
		return ErrOwing
	}
	m.aside = nil
	heap.Remove(&m.queue, k.at)
	delete(m.kept, id)
	return nil
}

// All gives every session, in the order of opening.
func (m *MemoryStore) All(context.Context) ([]*Record, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := make([]*Record, 0, len(m.kept))
	for k := range maps.Values(m.kept) {
		all = append(all, m.record(k))
	}
	slices.SortFunc(all, func(a, b *Record) int { return cmp.Compare(a.Number, b.Number) })
	return all, nil
}

// queue orders sessions by when they are due (container/heap).
type queue []*kept

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return q[i].before(q[j].due()) }
func (q queue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].at, q[j].at = i, j
}

// Push is for container/heap.
func (q *queue) Push(x any) {
	k := x.(*kept)
	k.at = len(*q)
	*q = append(*q, k)
}

// Pop is for container/heap.
func (q *queue) Pop() any {
	last := len(*q) - 1
	k := (*q)[last]
	(*q)[last] = nil
	*q = (*q)[:last]
	return k
}
