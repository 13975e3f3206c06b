// The audit: what must hold of the payments' books at every moment.

package payments

import (
	"cmp"
	"fmt"

	"github.com/bojanz/currency"

	"tokenshell/issuers"
)

// Archive keeps counting a capture whose reservation is forgotten; see
// [issuers.Archiver].
func (s *Service) Archive(h *hold) {
	h.method.archived = issuers.Add(h.method.archived, h.captured)
}

// Audit adds every card up again from the reservations, and holds captures
// against authorisations and limits. The error names what does not add up.
func (s *Service) Audit() (err error) {
	s.Read(func() {
		authorised, captured := map[*method]currency.Amount{}, map[*method]currency.Amount{}
		for _, cards := range s.methods {
			for _, m := range cards {
				authorised[m], captured[m] = issuers.Sub(m.archived, m.archived), m.archived
			}
		}
		s.Each(func(r *issuers.Reservation[hold]) {
			h := &r.Hold
			switch r.State {
			case issuers.Reserved:
				authorised[h.method] = issuers.Add(authorised[h.method], h.amount)
			case issuers.Committed:
				captured[h.method] = issuers.Add(captured[h.method], h.captured)
				if issuers.Less(h.amount, h.captured) {
					err = cmp.Or(err, fmt.Errorf("payments: %s captured of %s authorised on %s", h.captured.Number(), h.amount.Number(), h.method.ID))
				}
			}
			err = cmp.Or(err, s.Overdue(r))
		})
		for m, sum := range authorised {
			err = cmp.Or(err, m.audit(sum, captured[m]))
		}
	})
	return err
}

func (m *method) audit(authorised, captured currency.Amount) error {
	switch {
	case !m.authorised.Equal(authorised):
		return fmt.Errorf("payments: %s has %s authorised, its reservations say %s", m.ID, m.authorised.Number(), authorised.Number())
	case !m.captured.Equal(captured):
		return fmt.Errorf("payments: %s has %s captured, its reservations say %s", m.ID, m.captured.Number(), captured.Number())
	case m.available().IsNegative():
		return fmt.Errorf("payments: %s is over its limit of %s", m.ID, m.Limit.Number())
	}
	return nil
}
