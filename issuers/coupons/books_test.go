package coupons

import (
	"strings"
	"testing"

	"tokenshell/issuers"
	"tokenshell/issuers/issuerstest"
	"tokenshell/tokens"
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

// What is wrong anywhere in the books comes out of the audit.
func TestTheBooksAreAudited(t *testing.T) {
	s := open(t)
	o := s.Service.offers[0]
	for what, by := range map[string]map[string]int{"used": o.by, "forgotten": o.archived} {
		by["user_123"]++
		if err := s.Service.Audit(); err == nil || !strings.HasPrefix(err.Error(), "coupons: TEN counts ") {
			t.Errorf("a use too much is %s: %v", what, err)
		}
		by["user_123"]--
		s.WantBooks()
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
		s.Service.offers[0].used++
	}
}

// A limit of one is a limit.
func TestALimitOfOneIsAudited(t *testing.T) {
	for _, c := range []Coupon{{Code: "TEN", Total: 1}, {Code: "TEN", PerCustomer: 1}} {
		for n := range 3 {
			o := &offer{Coupon: c, used: n, by: map[string]int{"user_123": n}}
			if err := o.audit(map[string]int{"user_123": n}); (err != nil) != (n > 1) {
				t.Errorf("%d uses of %+v: %v", n, c, err)
			}
		}
	}
}
