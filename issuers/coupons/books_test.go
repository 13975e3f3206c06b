package coupons

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"tokenshell/issuers"
	"tokenshell/issuers/issuerstest"
	"tokenshell/tokens"
	"tokenshell/tokens/tokenstest"
)

// open makes a service that leaves rules out, with one use of TEN reserved and
// one redeemed.
func open(t *testing.T, without ...string) *issuerstest.Stage[*Service] {
	t.Helper()
	s := issuerstest.New(t, "coupons", Capability, func(c issuers.Config) (*Service, error) {
		var err error
		if c.Weakness, err = tokens.UnsafeWithout(without...); err != nil {
			return nil, err
		}
		return New(t.Context(), Config{Config: c, Currency: "EUR", Customers: []string{"user_123"}, Coupons: []Coupon{{Code: "TEN", Percent: 10, Combinable: true}}})
	})
	redeemed, err := s.Service.Confirm(t.Context(), issuerstest.Order(), "TEN")
	s.MustDo(err)
	_, err = s.Redeem(redeemed, issuerstest.Order(), "a")
	s.MustDo(err)
	_, err = s.Service.Confirm(t.Context(), issuerstest.Order(), "TEN")
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
		if err := s.Service.Audit(); err == nil || !strings.HasPrefix(err.Error(), "coupons: TEN has ") {
			t.Errorf("what was %s: %v", was, err)
		}
		r.State = was
		s.WantBooks()
	})
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
		s.Service.Hold(issuerstest.Order(), 1, s.Service.offers[0].Of("user_123")...)
	}
}

// Whatever tells two books apart is written down: the coupon and its times, its uses,
// and the discount that one came to.
func TestTheBooksAreWrittenDown(t *testing.T) {
	from, until := issuerstest.Epoch.Add(-time.Hour), issuerstest.Epoch.Add(time.Hour)
	s := issuerstest.New(t, "coupons", Capability, func(c issuers.Config) (*Service, error) {
		return New(t.Context(), Config{Config: c, Currency: "EUR", Customers: []string{"user_123"}, Coupons: []Coupon{{Code: "TEN", Percent: 10, From: from, Until: until}}})
	})
	text := func() string { return tokenstest.Written(s.Service.Canon) }
	order := issuerstest.Order("subtotal", "50.00")
	held, err := s.Service.Confirm(t.Context(), order, "TEN")
	s.MustDo(err)
	before := text()
	_, err = s.Redeem(held, order, "a")
	s.MustDo(err)
	for _, tt := range []struct{ what, text, has string }{
		{"its times", before, fmt.Sprintf("%q %q 1 0 0 ", from.Format(time.RFC3339), until.Format(time.RFC3339))},
		{"held", before, `"user_123" "op_1" 1 0 false "TEN" false`},
		{"redeemed", text(), `"user_123" "op_1" 1 1 false "TEN" true "5.00"`},
	} {
		if !strings.Contains(tt.text, tt.has) {
			t.Errorf("%s: %s does not say %s", tt.what, tt.text, tt.has)
		}
	}
}
