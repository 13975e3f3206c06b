// The audit: what must hold of the points' books at every moment.

package points

import (
	"cmp"
	"fmt"

	"tokenshell/issuers"
	"tokenshell/tokens"
)

// Archive keeps counting burned points whose reservation is forgotten; see
// [issuers.Archiver].
func (s *Service) Archive(h *hold) { h.account.archived += h.amount }

// Audit adds every account up again from the reservations: points are neither
// made nor lost. The error names what does not add up.
func (s *Service) Audit() (err error) {
	s.Read(func() {
		held, burned := map[*account]int64{}, map[*account]int64{}
		s.Each(func(r *issuers.Reservation[hold]) {
			switch r.State {
			case issuers.Reserved:
				held[r.Hold.account] += r.Hold.amount
			case issuers.Committed:
				burned[r.Hold.account] += r.Hold.amount
			}
			err = cmp.Or(err, s.Overdue(r))
		})
		for customer, a := range s.accounts {
			if wrong := a.audit(held[a], burned[a]+a.archived); wrong != nil {
				err = cmp.Or(err, fmt.Errorf("points: %s %w", customer, wrong))
			}
		}
	})
	return err
}

func (a *account) audit(held, burned int64) error {
	switch {
	case a.held != held:
		return fmt.Errorf("has %s held, the reservations say %d", tokens.Count(a.held, "point"), held)
	case a.balance+burned != a.opening:
		return fmt.Errorf("began with %s and has %d, the reservations burned %d", tokens.Count(a.opening, "point"), a.balance, burned)
	case a.held < 0 || a.held > a.balance:
		return fmt.Errorf("has %s held of %d", tokens.Count(a.held, "point"), a.balance)
	}
	return nil
}
