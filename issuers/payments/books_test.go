package payments

import (
	"strings"
	"testing"

	"github.com/bojanz/currency"

	"tokenshell/issuers"
	"tokenshell/issuers/issuerstest"
	"tokenshell/tokens"
)

// open makes a service that leaves rules out, with 30.00 authorised on a card
// of 100.00 and 20.00 captured.
func open(t *testing.T, without ...string) *issuerstest.Stage[*Service] {
	t.Helper()
	s := issuerstest.New(t, "payments", Capability, func(c issuers.Config) (*Service, error) {
		var err error
		if c.Weakness, err = tokens.UnsafeWithout(without...); err != nil {
			return nil, err
		}
		return New(t.Context(), Config{Config: c, Currency: "EUR", Customers: []string{"user_123"}, Cards: map[string][]Card{
			"user_123": {{ID: "visa", Number: "4242424242424242", Limit: issuerstest.Money(t, "100.00", "EUR")}},
		}})
	})
	captured, err := s.Service.Confirm(t.Context(), issuerstest.Order(), "20.00", "visa")
	s.MustDo(err)
	_, err = s.Redeem(captured, issuerstest.Order(), "a")
	s.MustDo(err)
	_, err = s.Service.Confirm(t.Context(), issuerstest.Order(), "30.00", "visa")
	s.MustDo(err)
	s.WantBooks()
	return s
}

// What is wrong anywhere in the books comes out of the audit.
func TestTheBooksAreAudited(t *testing.T) {
	s := open(t)
	m := s.Service.methods["user_123"][0]
	cent := issuerstest.Money(t, "0.01", "EUR")
	for what, wrong := range map[string]*currency.Amount{"authorised": &m.authorised, "captured": &m.captured, "archived": &m.archived} {
		was := *wrong
		*wrong = issuers.Add(was, cent)
		if err := s.Service.Audit(); err == nil || !strings.HasPrefix(err.Error(), "payments: visa has ") {
			t.Errorf("a cent too much is %s: %v", what, err)
		}
		*wrong = was
		s.WantBooks()
	}
}

// More captured than was authorised is wrong, though the sums are right.
func TestACaptureOverItsAuthorisationIsAudited(t *testing.T) {
	s := open(t)
	m := s.Service.methods["user_123"][0]
	cent := issuerstest.Money(t, "0.01", "EUR")
	s.Service.Each(func(r *issuers.Reservation[hold]) {
		if r.State == issuers.Committed {
			r.Hold.captured = issuers.Add(r.Hold.captured, cent)
			m.captured = issuers.Add(m.captured, cent)
		}
	})
	for range 2 { // named before a sum that is wrong as well
		if err := s.Service.Audit(); err == nil || err.Error() != "payments: 20.01 captured of 20.00 authorised on visa" {
			t.Errorf("got %v", err)
		}
		m.captured = issuers.Add(m.captured, cent)
	}
}

// A hold that outlives its token is wrong, though the sums are right; it is
// named before a sum that is wrong because of it.
func TestAnOverdueHoldIsAudited(t *testing.T) {
	s := open(t, tokens.HoldReturns)
	m := s.Service.methods["user_123"][0]
	s.Advance(tokens.DefaultLifetime - 1)
	s.WantBooks()
	s.Advance(1)
	for range 2 {
		if err := s.Service.Audit(); err == nil || !strings.Contains(err.Error(), "is still reserved") {
			t.Errorf("got %v", err)
		}
		m.authorised = issuers.Add(m.authorised, m.authorised)
	}
}
