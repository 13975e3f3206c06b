// The audit: what must hold of the coupons' books at every moment.

package coupons

import (
	"cmp"
	"fmt"
	"maps"

	"tokenshell/issuers"
	"tokenshell/tokens"
)

// Archive keeps counting a use whose reservation is forgotten; see
// [issuers.Archiver].
func (s *Service) Archive(h *hold) { h.offer.archived[h.customer]++ }

// Audit counts every coupon's uses again from the reservations, and holds them
// against its limits. The error names what does not add up.
func (s *Service) Audit() (err error) {
	s.Read(func() {
		uses := map[*offer]map[string]int{}
		for _, o := range s.offers {
			uses[o] = maps.Clone(o.archived)
		}
		s.Each(func(r *issuers.Reservation[hold]) {
			if r.State == issuers.Reserved || r.State == issuers.Committed {
				uses[r.Hold.offer][r.Hold.customer]++
			}
			err = cmp.Or(err, s.Overdue(r))
		})
		for _, o := range s.offers {
			err = cmp.Or(err, o.audit(uses[o]))
		}
	})
	return err
}

func (o *offer) audit(uses map[string]int) error {
	total := 0
	for customer, n := range uses {
		total += n
		if o.by[customer] != n {
			return fmt.Errorf("coupons: %s counts %s by %s, its reservations say %d", o.Code, tokens.Count(o.by[customer], "use"), customer, n)
		}
		if o.PerCustomer > 0 && n > o.PerCustomer {
			return fmt.Errorf("coupons: %s was used %s by %s, the limit is %d", o.Code, tokens.Count(n, "time"), customer, o.PerCustomer)
		}
	}
	if o.used != total {
		return fmt.Errorf("coupons: %s counts %s, its reservations say %d", o.Code, tokens.Count(o.used, "use"), total)
	}
	if o.Total > 0 && total > o.Total {
		return fmt.Errorf("coupons: %s was used %s, the limit is %d", o.Code, tokens.Count(total, "time"), o.Total)
	}
	return nil
}
