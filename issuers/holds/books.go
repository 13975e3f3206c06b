// The books: an issuer whose holds are of pots.

package holds

import (
	"cmp"
	"fmt"

	"tokenshell/issuers"
	"tokenshell/tokens"
)

// Hold is what one confirmation has set aside. A domain's own hold embeds it.
type Hold struct {
	Order    string
	Customer string
	Amount   int64 // held
	taken    int64 // of it, by a commit
	undone   bool  // the commit was taken back
	of       []*Pot
}

// Held gives the hold itself.
func (h *Hold) Held() *Hold { return h }

// Taken gives how much of it is taken: nothing while it is not committed.
func (h *Hold) Taken() int64 {
	if h.undone {
		return 0
	}
	return h.taken
}

// Take makes the hold final: so much of it is taken, the rest is free again. It
// must be no more than was held.
func (h *Hold) Take(n int64) {
	for _, p := range h.of {
		p.held -= h.Amount
		p.taken += n
	}
	h.taken, h.undone = n, false
}

// Canon writes the hold down; of what it is, its domain writes.
func (h *Hold) Canon(w tokens.Canon) {
	w.Text(h.Customer)
	w.Name(h.Order)
	w.Int(int(h.Amount))
	w.Int(int(h.taken))
	w.Bool(h.undone)
}

// Of is a pointer to a domain's hold, which embeds a [Hold].
type Of[H any] interface {
	*H
	Held() *Hold
}

// Books are an issuer, and the pots that its holds are of: what a domain embeds. It
// has all of [issuers.Rules] but Letter, Commit and CanonHold.
type Books[H any, P Of[H]] struct {
	*issuers.Issuer[H]
	Pots
	Words func(n int64) string // writes an amount, for the audit
}

// Hold sets an amount aside for an order. It reports whether that fits into each of
// the pots; if not, nothing has changed. It is for reserve, which runs with the
// books locked.
func (b *Books[H, P]) Hold(order issuers.Order, amount int64, of ...*Pot) (h Hold, fits bool) {
	for _, p := range of {
		if amount > p.Free() {
			return Hold{}, false
		}
	}
	for _, p := range of {
		p.held += amount
	}
	return Hold{Order: order.ID, Customer: order.Customer, Amount: amount, of: of}, true
}

// Release gives back what was held; see [issuers.Rules].
func (b *Books[H, P]) Release(hold *H) {
	h := P(hold).Held()
	for _, p := range h.of {
		p.held -= h.Amount
	}
}

// Undo gives back what was taken; see [issuers.Rules].
func (b *Books[H, P]) Undo(hold *H) {
	h := P(hold).Held()
	for _, p := range h.of {
		p.taken -= h.taken
	}
	h.undone = true
}

// Archive keeps counting what was taken by a reservation that is forgotten; see
// [issuers.Archiver].
func (b *Books[H, P]) Archive(hold *H) {
	h := P(hold).Held()
	for _, p := range h.of {
		p.archived += h.taken
	}
}

// Sums gives what all pots that were there from the beginning have held and taken
// together.
func (b *Books[H, P]) Sums() (held, taken int64) {
	b.Read(func() {
		for _, p := range b.fixed {
			held, taken = held+p.held, taken+p.taken
		}
	})
	return held, taken
}

// Audit adds every pot up again from the reservations, and holds the sums against
// its size. The error names what does not add up.
func (b *Books[H, P]) Audit() (err error) {
	b.Read(func() {
		all := map[*Pot]sums{}
		b.Each(func(r *issuers.Reservation[H]) {
			h := P(&r.Hold).Held()
			if h.Taken() > h.Amount {
				err = cmp.Or(err, fmt.Errorf("%s: %s taken of %s that were held, by %s", b.Service, b.Words(h.Taken()), b.Words(h.Amount), r.Ref.ID))
			}
			for _, p := range h.of {
				s := all[p]
				switch r.State {
				case issuers.Reserved:
					s.held += h.Amount
				case issuers.Committed:
					s.taken += h.Taken()
				}
				all[p] = s
			}
			err = cmp.Or(err, b.Overdue(r))
		})
		b.every(func(p *Pot) {
			if wrong := b.audit(p, all[p]); wrong != nil {
				err = cmp.Or(err, fmt.Errorf("%s: %s %w", b.Service, p.name, wrong))
			}
		})
	})
	return err
}

// audit holds a pot against what its reservations come to.
func (b *Books[H, P]) audit(p *Pot, says sums) error {
	switch {
	case p.held != says.held:
		return fmt.Errorf("has %s held, its reservations say %s", b.Words(p.held), b.Words(says.held))
	case p.taken != says.taken+p.archived:
		return fmt.Errorf("has %s taken, its reservations say %s", b.Words(p.taken), b.Words(says.taken+p.archived))
	case p.held < 0 || p.Free() < 0:
		return fmt.Errorf("has %s held and %s taken of %s", b.Words(p.held), b.Words(p.taken), b.Words(p.size))
	}
	return nil
}
