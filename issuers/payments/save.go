// Saving: what is taken of each card, put aside and taken back.

package payments

import (
	"maps"
	"slices"

	"tokenshell/tokens"
)

// savedMethod is what is taken of a card, and where that stands.
type savedMethod struct {
	at *method
	taken
}

// SaveCounts gives what is taken of each card; see [issuers.Saver].
func (s *Service) SaveCounts() any {
	var saved []savedMethod
	for _, cards := range s.methods {
		for _, m := range cards {
			saved = append(saved, savedMethod{m, m.taken})
		}
	}
	return saved
}

// RestoreCounts takes it back; see [issuers.Saver].
func (s *Service) RestoreCounts(from any) {
	for _, saved := range from.([]savedMethod) {
		saved.at.taken = saved.taken
	}
}

// CanonCounts writes what is taken of each card; see [issuers.Saver].
func (s *Service) CanonCounts(w tokens.Canon) {
	for _, customer := range slices.Sorted(maps.Keys(s.methods)) {
		for _, m := range s.methods[customer] {
			w.Text(m.authorised.Number())
			w.Text(m.captured.Number())
			w.Text(m.archived.Number())
		}
	}
}

// CanonHold writes which authorisation it is; see [issuers.Saver].
func (s *Service) CanonHold(w tokens.Canon, h *hold) {
	w.Text(h.customer)
	w.Text(h.method.ID)
	w.Name(h.order)
	w.Name(h.ref)
	w.Text(h.amount.Number())
	w.Text(h.captured.Number())
}
