package payments

import (
	"strings"
	"testing"

	"tokenshell/issuers"
	"tokenshell/issuers/issuerstest"
	"tokenshell/tokens"
	"tokenshell/tokens/tokenstest"
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

// What is wrong anywhere in the books comes out of the audit: here a reservation that
// is gone, and what it held or took is not.
func TestTheBooksAreAudited(t *testing.T) {
	s := open(t)
	s.Service.Each(func(r *issuers.Reservation[hold]) {
		was := r.State
		r.State = issuers.Released
		if err := s.Service.Audit(); err == nil || !strings.HasPrefix(err.Error(), "payments: visa has ") {
			t.Errorf("what was %s: %v", was, err)
		}
		r.State = was
		s.WantBooks()
	})
}

// More captured than was authorised is wrong, though the sums are right.
func TestACaptureOverItsAuthorisationIsAudited(t *testing.T) {
	s := open(t)
	s.Service.Each(func(r *issuers.Reservation[hold]) {
		if r.State == issuers.Committed {
			r.Hold.Amount--
		}
	})
	for range 2 { // named before a sum that is wrong as well
		if err := s.Service.Audit(); err == nil || !strings.HasPrefix(err.Error(), "payments: 20.00 taken of 19.99 that were held, by cpt_") {
			t.Errorf("got %v", err)
		}
		s.Service.Hold(issuerstest.Order(), 1, s.Service.methods["user_123"][0].Pot)
	}
}

// A hold that outlives its token is wrong, though the sums are right; it is
// named before a sum that is wrong because of it.
func TestAnOverdueHoldIsAudited(t *testing.T) {
	s := open(t, tokens.HoldReturns)
	s.Advance(tokens.DefaultLifetime - 1)
	s.WantBooks()
	s.Advance(1)
	for range 2 {
		if err := s.Service.Audit(); err == nil || !strings.Contains(err.Error(), "is still reserved") {
			t.Errorf("got %v", err)
		}
		s.Service.Hold(issuerstest.Order(), 1, s.Service.methods["user_123"][0].Pot)
	}
}

// Whatever tells two books apart is written down: the card, the authorisation, and how
// much of it was captured.
func TestTheBooksAreWrittenDown(t *testing.T) {
	text := tokenstest.Written(open(t).Service.Canon)
	for _, says := range []string{`"user_123" "op_1" 2000 2000 false "visa" "auth_`, `"user_123" "op_1" 3000 0 false "visa" "auth_`} {
		if !strings.Contains(text, says) {
			t.Errorf("%s does not say %s", text, says)
		}
	}
}

// The smallest capture is one, too.
func TestTheSmallestCaptureIsTold(t *testing.T) {
	s := open(t)
	least, err := s.Service.Confirm(t.Context(), issuerstest.Order(), "0.01", "visa")
	s.MustDo(err)
	_, err = s.Redeem(least, issuerstest.Order(), "a")
	s.MustDo(err)
	for _, e := range s.Service.Entries() {
		if e.Ref == least.Ref && e.Holds != "0.01 on visa, 0.01 captured" {
			t.Errorf("it says %q", e.Holds)
		}
	}
}
