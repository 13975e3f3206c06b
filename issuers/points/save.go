// Saving: the accounts, put aside and taken back.

package points

import (
	"maps"
	"slices"

	"tokenshell/tokens"
)

// savedAccount is an account as it was, and where it is.
type savedAccount struct {
	at  *account
	was account
}

// SaveCounts gives the accounts; see [issuers.Saver].
func (s *Service) SaveCounts() any {
	saved := make([]savedAccount, 0, len(s.accounts))
	for _, a := range s.accounts {
		saved = append(saved, savedAccount{a, *a})
	}
	return saved
}

// RestoreCounts takes them back; see [issuers.Saver].
func (s *Service) RestoreCounts(from any) {
	for _, saved := range from.([]savedAccount) {
		*saved.at = saved.was
	}
}

// CanonCounts writes the accounts; see [issuers.Saver].
func (s *Service) CanonCounts(w tokens.Canon) {
	for _, customer := range slices.Sorted(maps.Keys(s.accounts)) {
		a := s.accounts[customer]
		w.Int(int(a.balance))
		w.Int(int(a.held))
		w.Int(int(a.archived))
	}
}

// CanonHold writes how many points it is; see [issuers.Saver].
func (s *Service) CanonHold(w tokens.Canon, h *hold) {
	w.Text(h.customer) // whose account it is
	w.Name(h.order)
	w.Int(int(h.amount))
	w.Bool(h.worth != nil)
	if h.worth != nil {
		w.Text(h.worth.Number())
	}
}
