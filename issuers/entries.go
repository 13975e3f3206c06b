// Reading: what the domain and people see of the books.

package issuers

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"tokenshell/tokens"
)

// Read calls f with the books locked and settled, for the domain's own readers.
func (i *Issuer[H]) Read(f func()) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.settle()
	f()
}

// Standing gives the customer's holds of an order that are reserved or
// committed. It is for [Rules] and for reserve, which run with the books locked.
func (i *Issuer[H]) Standing(order, customer string) []*H {
	var holds []*H
	for _, r := range i.books.byOrder[order] {
		if r.Customer == customer && (r.State == Reserved || r.State == Committed) {
			holds = append(holds, &r.Hold)
		}
	}
	return holds
}

// Each calls f with every reservation that is remembered. It is for [Rules] and
// for readers inside [Issuer.Read].
func (i *Issuer[H]) Each(f func(*Reservation[H])) {
	for _, r := range i.books.byID {
		f(r)
	}
}

// Overdue says that a reservation still stands although its token has expired;
// nil when all is well. It is for readers inside [Issuer.Read].
func (i *Issuer[H]) Overdue(r *Reservation[H]) error {
	if r.State == Reserved && !i.settled.Before(r.Expires.Add(i.Leeway())) {
		return fmt.Errorf("%s: %s expired at %s and is still reserved", i.Service, r.Ref.ID, r.Expires.Format(time.RFC3339))
	}
	return nil
}

// Entry is a reservation as its books show it.
type Entry struct {
	Ref      tokens.Ref
	Customer string
	State    State
	Why      string
	Expires  time.Time
	Holds    string // what is held, in the domain's words
	Receipt  string // its id; empty when there is none
	Attempt  string // the one that committed it
	KeyID    string // of the key that signed the token
}

// byIssue puts the oldest first.
func byIssue[H any](a, b *Reservation[H]) int {
	return cmp.Or(a.Issued.Compare(b.Issued), cmp.Compare(a.Ref.ID, b.Ref.ID))
}

// Entries gives the reservations that are remembered, oldest first. describe
// says what a hold is.
func (i *Issuer[H]) Entries(describe func(*H) string) []Entry {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.settle()
	all := make([]*Reservation[H], 0, len(i.books.byID))
	for _, r := range i.books.byID {
		all = append(all, r)
	}
	slices.SortFunc(all, byIssue)
	entries := make([]Entry, 0, len(all))
	for _, r := range all {
		e := r.entry()
		e.Holds = describe(&r.Hold)
		entries = append(entries, e)
	}
	return entries
}

// Reservations gives the entries for comparing: in no order, and without what they hold.
func (i *Issuer[H]) Reservations() []Entry {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.settle()
	entries := make([]Entry, 0, len(i.books.byID))
	for _, r := range i.books.byID {
		entries = append(entries, r.entry())
	}
	return entries
}

func (r *Reservation[H]) entry() Entry {
	e := Entry{Ref: r.Ref, Customer: r.Customer, State: r.State, Why: r.Why, Expires: r.Expires, Receipt: r.Receipt.ID, Attempt: r.Attempt}
	if r.key != nil {
		e.KeyID = r.key.kid
	}
	return e
}
