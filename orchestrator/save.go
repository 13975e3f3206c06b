// Saving: what a relay keeps in memory, put aside, taken back in place, and written
// down.

package orchestrator

import (
	"container/heap"
	"maps"
	"slices"
	"strconv"

	"tokenshell/tokens"
)

// savedStore is what a store kept. Records do not change, and are shared.
type savedStore struct {
	records []*Record
	ever    uint64
}

// Save puts aside what is kept. It stays as it was, and may be restored any number
// of times.
func (m *MemoryStore) Save() any {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := savedStore{make([]*Record, len(m.queue)), m.ever}
	for i, k := range m.queue {
		s.records[i] = k.Record
	}
	return s
}

// Restore takes back what Save gave.
func (m *MemoryStore) Restore(saved any) {
	was := saved.(savedStore)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ever = was.ever
	clear(m.kept)
	clear(m.queue)
	m.queue = m.queue[:0]
	for i, s := range was.records {
		k := &kept{Record: s, at: i}
		m.kept[s.ID] = k
		m.queue = append(m.queue, k)
	}
	heap.Init(&m.queue)
}

// Save puts aside which tokens were used.
func (l *MemoryLedger) Save() any {
	l.mu.Lock()
	defer l.mu.Unlock()
	used := make(map[string]map[issuerJTI]string, len(l.used))
	for session, set := range l.used {
		used[session] = maps.Clone(set)
	}
	return used
}

// Restore takes back what Save gave.
func (l *MemoryLedger) Restore(saved any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	clear(l.used)
	for session, set := range saved.(map[string]map[issuerJTI]string) {
		l.used[session] = maps.Clone(set)
	}
}

// uses gives the tokens that a session has used, and their attempts, in a fixed order.
func (l *MemoryLedger) uses(session string) (all []issuerJTI, attempts map[issuerJTI]string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	attempts = maps.Clone(l.used[session])
	return slices.SortedFunc(maps.Keys(attempts), func(a, b issuerJTI) int {
		return slices.Compare([]string{a.issuer, a.jti}, []string{b.issuer, b.jti})
	}), attempts
}

// savedTrust is whom a relay trusts.
type savedTrust struct {
	issuers  map[string]tokens.Issuer
	routes   map[string]string
	services []Service
}

// SaveTrust puts aside whom the relay trusts, and where that leads.
func (r *Relay) SaveTrust() any {
	r.registry.mu.RLock()
	defer r.registry.mu.RUnlock()
	return savedTrust{maps.Clone(r.registry.issuers), maps.Clone(r.registry.routes), slices.Clone(r.registry.services)}
}

// RestoreTrust takes back what SaveTrust gave.
func (r *Relay) RestoreTrust(saved any) {
	was := saved.(savedTrust)
	r.registry.mu.Lock()
	defer r.registry.mu.Unlock()
	clear(r.registry.issuers)
	maps.Copy(r.registry.issuers, was.issuers)
	clear(r.registry.routes)
	maps.Copy(r.registry.routes, was.routes)
	r.registry.services = slices.Clone(was.services)
}

// Canon writes down what a store keeps, and what a ledger knows of it, as far as it
// bears on what a relay of the name will do.
func Canon(w tokens.Canon, name string, store *MemoryStore, ledger *MemoryLedger) {
	store.mu.Lock()
	all := slices.Clone(store.queue)
	store.mu.Unlock()
	slices.SortFunc(all, func(a, b *kept) int { return int(a.Number) - int(b.Number) })
	w.Set(len(all), func(n int) { // which was opened first is only told
		s := all[n]
		s.canon(w)
		uses, attempts := ledger.uses(s.ID)
		w.Set(len(uses), func(i int) {
			w.Ref(tokens.Ref{Issuer: uses[i].issuer, ID: uses[i].jti, Order: s.ID})
			w.Bool(attempts[uses[i]] == attemptOf(name, s.Record)) // it may be asked for once more
		})
	})
}

// attemptOf names an attempt to use a token in a session: it is the same until the
// session changes.
func attemptOf(name string, s *Record) string { return name + " " + strconv.FormatUint(s.Version, 10) }

func (s *Record) canon(w tokens.Canon) {
	w.Name(s.ID)
	w.Text(s.Customer)
	w.Int(len(s.Facts))
	for _, name := range slices.Sorted(maps.Keys(s.Facts)) {
		w.Text(name)
		w.Text(s.Facts[name])
	}
	w.Text(string(s.State))
	w.Time(s.Ends)
	if w.Bool(!s.Ended.IsZero()); !s.Ended.IsZero() {
		w.Time(s.Ended)
	}
	w.Time(s.Due)
	w.Int(len(s.Steps))
	for _, st := range s.Steps {
		st.canon(w)
	}
	w.Int(len(s.Order))
	for _, at := range s.Order {
		w.Int(at)
	}
	w.Bool(s.Backwards)
	if w.Text(s.Lease.Holder); s.Lease.Holder != "" {
		w.Time(s.Lease.Until)
	}
}

func (st *StepRecord) canon(w tokens.Canon) {
	w.Ref(st.Ref)
	w.Text(st.Service)
	w.Time(st.Expires)
	w.ID(st.Attempt)
	w.Text(string(st.Status))
	w.Text(string(st.Result))
	w.Text(string(st.Reason))
	if w.Bool(st.Receipt != nil); st.Receipt != nil {
		w.ID(st.Receipt.ID)
	}
	w.ID(st.Token)
	w.Int(st.Tries)
	for _, yes := range []bool{st.Owed, st.Unheard, st.Freed, st.Told} {
		w.Bool(yes)
	}
}
