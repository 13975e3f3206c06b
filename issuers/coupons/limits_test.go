package coupons_test

import (
	"errors"
	"testing"

	"tokenshell/issuers"
	"tokenshell/issuers/coupons"
	"tokenshell/tokens"
)

// A coupon is used up after as many uses as its limits say, the smaller one
// first, and the refusal names them.
func TestEveryLimitIsHeldAndNamed(t *testing.T) {
	for _, tt := range []struct {
		perCustomer, total, uses int
		detail                   string
	}{
		{0, 1, 1, "TEN is used up: 1 in all"},
		{0, 2, 2, "TEN is used up: 2 in all"},
		{1, 0, 1, "TEN is used up: 1 for each customer"},
		{2, 0, 2, "TEN is used up: 2 for each customer"},
		{1, 1, 1, "TEN is used up: 1 for each customer, 1 in all"},
		{1, 2, 1, "TEN is used up: 1 for each customer, 2 in all"},
		{2, 1, 1, "TEN is used up: 2 for each customer, 1 in all"},
	} {
		c := percent("TEN", 10)
		c.PerCustomer, c.Total, c.Combinable = tt.perCustomer, tt.total, true
		s := newStage(t, c)
		for range tt.uses {
			s.MustDo(s.Service.Applicable(order(), "TEN"))
			s.mustConfirm(order(), "TEN")
		}
		_, err := s.confirm(order(), "TEN")
		for _, err := range []error{err, s.Service.Applicable(order(), "TEN")} {
			var refusal *tokens.Refusal
			if !errors.As(err, &refusal) || refusal.Reason != coupons.Exhausted || refusal.Detail != tt.detail {
				t.Errorf("got %v, want %s", err, tt.detail)
			}
		}
		s.wantUsed(tt.uses) // who asks whether it is applicable uses nothing
	}
}

func TestACouponWithoutLimitsIsNeverUsedUp(t *testing.T) {
	c := percent("TEN", 10)
	c.Combinable = true
	s := newStage(t, c)
	for range 5 {
		s.mustConfirm(order(), "TEN")
	}
	if l := s.Service.List("user_123")[0]; l.Limited || l.Left != 0 {
		t.Errorf("got %+v", l)
	}
}

// When the subtotal falls below what was taken off already, nothing more is.
func TestTheSubtotalFallsBelowTheDiscounts(t *testing.T) {
	one, other := fixed(t, "SIXTY", "60.00", "", "EUR"), fixed(t, "FIVE", "5.00", "", "EUR")
	one.Combinable, other.Combinable = true, true
	s := newStage(t, one, other)
	high, low := order(coupons.Subtotal, "80.00"), order(coupons.Subtotal, "50.00")
	first, second := s.mustConfirm(high, "SIXTY"), s.mustConfirm(high, "FIVE")
	_, err := s.Redeem(first, high, "a")
	s.MustDo(err)
	receipt, err := s.Redeem(second, low, "a")
	s.MustDo(err)
	if got := s.Body(receipt, "discount"); got != "0.00" {
		t.Errorf("%s off", got)
	}
}

func TestAServiceWithoutKeys(t *testing.T) {
	s := newStage(t)
	s.Config.SigningAlias = "alias/nobody"
	_, err := coupons.New(t.Context(), coupons.Config{Config: s.Config, Currency: "EUR"})
	s.MustRefuse(err, tokens.ServiceUnavailable)
}

// Whether it is applicable is refused as its confirmation is.
func TestWhatIsNotApplicableIsRefused(t *testing.T) {
	s := newStage(t, percent("TEN", 10))
	s.MustRefuse(s.Service.Applicable(order(), "NONE"), coupons.Unknown)
	s.MustRefuse(s.Service.Applicable(orderOf("op_1", "nobody"), "TEN"), issuers.CustomerUnknown)
}
