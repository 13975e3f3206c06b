// Saving: an issuer's books and keys, put aside and taken back.

package issuers

import (
	"slices"
	"time"

	"tokenshell/tokens"
)

// Saver is the part of a domain's [Rules] that puts its own counts aside. A hold
// is put aside as it is: what it points to either never changes, or is one of
// these counts and stays in its place. All are called with the books locked.
type Saver[H any] interface {
	// SaveCounts gives a copy of all that the domain counts.
	SaveCounts() any
	// RestoreCounts takes back what SaveCounts gave, in place.
	RestoreCounts(saved any)
	// CanonCounts writes down what the domain counts, in a fixed order.
	CanonCounts(w tokens.Canon)
	// CanonHold writes down what a hold is.
	CanonHold(w tokens.Canon, hold *H)
}

// saved is what may change of an issuer. What was sealed once is not in it: see
// [Sealer.Seal].
type saved[H any] struct {
	ring     savedRing
	counts   any
	held     []savedReservation[H] // those of an order in its order
	live     expiries[H]
	finished expiries[H]
	settled  time.Time
}

// savedReservation is a reservation as it was, and where it is.
type savedReservation[H any] struct {
	at  *Reservation[H]
	was Reservation[H]
}

// Save puts aside the books, the domain's counts and the keys.
func (i *Issuer[H]) Save() any {
	i.mu.Lock()
	defer i.mu.Unlock()
	s := saved[H]{
		ring: i.ring.save(), counts: i.rules.SaveCounts(), settled: i.settled,
		held: make([]savedReservation[H], 0, len(i.books.byID)), live: slices.Clone(i.books.live), finished: slices.Clone(i.books.finished),
	}
	for _, all := range i.books.byOrder {
		for _, r := range all {
			s.held = append(s.held, savedReservation[H]{r, *r})
		}
	}
	return s
}

// Restore takes back what Save gave.
func (i *Issuer[H]) Restore(from any) {
	s := from.(saved[H])
	i.mu.Lock()
	defer i.mu.Unlock()
	i.ring.restore(s.ring)
	i.rules.RestoreCounts(s.counts)
	i.settled = s.settled
	clear(i.books.byID)
	clear(i.books.byOrder)
	for n := range s.held {
		r := s.held[n].at
		*r = s.held[n].was
		i.books.byID[r.Ref.ID] = r
		i.books.byOrder[r.Ref.Order] = append(i.books.byOrder[r.Ref.Order], r)
	}
	i.books.live, i.books.finished = append(i.books.live[:0], s.live...), append(i.books.finished[:0], s.finished...)
}

// Canon settles the books, as whoever looks at them does, and writes them down.
// When a thing was redeemed is only told; the constraints follow from the hold.
func (i *Issuer[H]) Canon(w tokens.Canon) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.settle()
	i.ring.canon(w)
	i.rules.CanonCounts(w)
	all := make([]*Reservation[H], 0, len(i.books.byID))
	for _, r := range i.books.byID {
		all = append(all, r)
	}
	slices.SortFunc(all, byIssue)
	w.Set(len(all), func(n int) {
		r := all[n]
		w.Ref(r.Ref)
		w.Text(r.Customer)
		w.Time(r.Issued)
		w.Time(r.Expires)
		w.Text(string(r.State))
		w.Text(r.Why)
		i.rules.CanonHold(w, &r.Hold)
		w.Name(r.Attempt)
		w.Name(r.Receipt.ID)
		w.Text(string(r.Receipt.Body))
		if r.key != nil {
			w.ID(r.key.kid)
		} else {
			w.ID("")
		}
	})
}

// savedRing is what may change of a key ring.
type savedRing struct {
	versions []savedVersion
	made     int
}

// savedVersion is a key version, and what is not fixed of it.
type savedVersion struct {
	version *keyVersion
	changes
}

func (r *KeyRing) save() savedRing {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := savedRing{make([]savedVersion, len(r.versions)), r.made}
	for n, v := range r.versions {
		s.versions[n] = savedVersion{v, v.changes}
	}
	return s
}

func (r *KeyRing) restore(s savedRing) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.made, r.versions = s.made, r.versions[:0]
	for _, was := range s.versions {
		was.version.changes = was.changes
		r.versions = append(r.versions, was.version)
	}
}

// canon settles the ring and writes it down. How many there ever were only names
// the next one.
func (r *KeyRing) canon(w tokens.Canon) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.settle()
	w.Int(len(r.versions))
	for _, v := range r.versions {
		w.ID(v.kid)
		w.ID(v.arn)
		w.Text(string(v.state))
		if v.left.IsZero() {
			w.Time(v.lastExpiry) // of one that has left it says nothing
		}
		w.Time(v.left)
		w.Bool(v.aged)
		w.Int(v.books)
	}
}
