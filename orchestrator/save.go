// Saving: what a relay keeps in memory, put aside, taken back in place, and written
// down.

package orchestrator

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"
	"time"

	"tokenshell/tokens"
)

// SavedStore is a store that can be put aside, and taken back in place.
type SavedStore interface {
	Store
	Save() any
	Restore(saved any)
}

// SavedLedger is a ledger that can be put aside, and knows its uses by name.
type SavedLedger interface {
	Ledger
	Save() any
	Restore(saved any)
	uses() []name
}

// savedStore is what a store kept. Records do not change, and are shared.
type savedStore struct {
	kept []kept
	ever uint64
}

// Save puts aside what is kept. It stays as it was, and may be restored any number
// of times. A store that is put aside is asked for the same again and again: from
// now on it remembers what it unpacks.
func (m *MemoryStore) Save() any {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.unpacked == nil {
		m.unpacked = map[string]*Record{}
	}
	if m.aside != nil {
		return m.aside
	}
	s := &savedStore{slices.Clone(m.queue.all), m.ever}
	m.aside = s
	return s
}

// Restore takes back what Save gave.
func (m *MemoryStore) Restore(saved any) {
	was := saved.(*savedStore)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.aside == was {
		return
	}
	m.aside, m.ever = was, was.ever
	clear(m.queue.all)
	m.queue.all = append(m.queue.all[:0], was.kept...) // each in its place
	m.queue.index(len(m.queue.places))
}

// savedUses is which tokens were used.
type savedUses struct{ buckets []*bucket }

// Save puts aside which tokens were used.
func (l *MemoryLedger) Save() any {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.aside == nil {
		l.aside = &savedUses{cloned(l.buckets)}
	}
	return l.aside
}

// Restore takes back what Save gave.
func (l *MemoryLedger) Restore(saved any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	was := saved.(*savedUses)
	if l.aside != was {
		l.aside, l.buckets = was, cloned(was.buckets)
	}
}

func cloned(buckets []*bucket) []*bucket {
	all := make([]*bucket, len(buckets))
	for i, b := range buckets {
		all[i] = &bucket{b.end, slices.Clone(b.tables), slices.Clone(b.names)}
		for j, t := range b.tables {
			all[i].tables[j].slots = slices.Clone(t.slots)
		}
	}
	return all
}

// uses gives what a naming ledger knows by name, in a fixed order.
func (l *MemoryLedger) uses() (all []name) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, b := range l.buckets {
		all = append(all, b.names...)
	}
	slices.SortFunc(all, func(a, b name) int {
		return cmp.Or(cmp.Compare(a.session, b.session), cmp.Compare(a.ref.Issuer, b.ref.Issuer), cmp.Compare(a.ref.ID, b.ref.ID))
	})
	return all
}

// savedTrust is whom a relay trusts.
type savedTrust struct {
	issuers  map[string]tokens.Issuer
	routes   map[string]string
	services []Service
}

// SaveTrust puts aside whom the relay trusts, and where that leads.
func (r *Relay) SaveTrust() any {
	g := r.registry
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.aside == nil {
		g.aside = &savedTrust{maps.Clone(g.issuers), maps.Clone(g.routes), slices.Clone(g.services)}
	}
	return g.aside
}

// RestoreTrust takes back what SaveTrust gave.
func (r *Relay) RestoreTrust(saved any) {
	was := saved.(*savedTrust)
	g := r.registry
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.aside == was {
		return
	}
	clear(g.issuers)
	maps.Copy(g.issuers, was.issuers)
	clear(g.routes)
	maps.Copy(g.routes, was.routes)
	g.services, g.aside = slices.Clone(was.services), was
}

// Canon writes down what a store keeps, and what a naming ledger knows of it, as far
// as it bears on what relays of these names will do: a session that is not open asks
// for no use, unless what it used outlives it.
func Canon(w tokens.Canon, relays []string, now time.Time, store SavedStore, ledger SavedLedger) {
	all, _ := store.All(context.Background()) // which never fails
	uses := ledger.uses()
	w.Set(len(all), func(n int) { // which was opened first is only told
		s := all[n]
		s.canon(w)
		var lasts []name
		for _, u := range uses {
			if u.session == s.ID && (s.stateAt(now, false) == Open || u.expires.IsZero() || u.expires.After(s.Due)) {
				lasts = append(lasts, u)
			}
		}
		w.Set(len(lasts), func(i int) {
			w.Ref(tokens.Ref{Issuer: lasts[i].ref.Issuer, ID: lasts[i].ref.ID, Order: s.ID})
			for _, relay := range relays {
				w.Bool(lasts[i].attempt == attemptOf(relay, s)) // it may ask for it once more
			}
		})
	})
	var left []name // of sessions that are forgotten
	for _, u := range uses {
		if !slices.ContainsFunc(all, func(s *Record) bool { return s.ID == u.session }) && (u.expires.IsZero() || u.expires.After(now)) {
			left = append(left, u)
		}
	}
	w.Set(len(left), func(i int) { w.Ref(tokens.Ref{Issuer: left[i].ref.Issuer, ID: left[i].ref.ID, Order: left[i].session}) })
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
