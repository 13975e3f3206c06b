// Saving: the uses of each coupon, put aside and taken back.

package coupons

import (
	"maps"
	"slices"

	"tokenshell/tokens"
)

// savedUse is a count of uses: of a coupon by a customer.
type savedUse struct {
	offer    int
	customer string
	n        int
}

// savedUses are all counts of uses.
type savedUses struct {
	used         []int // by offer
	by, archived []savedUse
}

// SaveCounts gives the uses of each coupon; see [issuers.Saver].
func (s *Service) SaveCounts() any {
	saved := savedUses{used: make([]int, len(s.offers))}
	for i, o := range s.offers {
		saved.used[i] = o.used
		for customer, n := range o.by {
			saved.by = append(saved.by, savedUse{i, customer, n})
		}
		for customer, n := range o.archived {
			saved.archived = append(saved.archived, savedUse{i, customer, n})
		}
	}
	return saved
}

// RestoreCounts takes them back; see [issuers.Saver].
func (s *Service) RestoreCounts(from any) {
	saved := from.(savedUses)
	for i, o := range s.offers {
		o.used = saved.used[i]
		clear(o.by)
		clear(o.archived)
	}
	for _, use := range saved.by {
		s.offers[use.offer].by[use.customer] = use.n
	}
	for _, use := range saved.archived {
		s.offers[use.offer].archived[use.customer] = use.n
	}
}

// CanonCounts writes the uses, and how far off it is that a coupon begins or ends
// to be valid; see [issuers.Saver].
func (s *Service) CanonCounts(w tokens.Canon) {
	for _, o := range s.offers {
		w.Time(o.From)
		w.Time(o.Until)
		w.Int(o.used)
		canonUses(w, o.by)
		canonUses(w, o.archived)
	}
}

// canonUses writes counts. One of none is no count.
func canonUses(w tokens.Canon, uses map[string]int) {
	if len(uses) > 0 {
		for _, customer := range slices.Sorted(maps.Keys(uses)) {
			if n := uses[customer]; n != 0 {
				w.Text(customer)
				w.Int(n)
			}
		}
	}
	w.Text("")
}

// CanonHold writes which use it is; see [issuers.Saver].
func (s *Service) CanonHold(w tokens.Canon, h *hold) {
	w.Text(h.offer.Code)
	w.Name(h.order)
	w.Text(h.customer)
	w.Bool(h.discount != nil)
	if h.discount != nil {
		w.Text(h.discount.Number())
	}
}
