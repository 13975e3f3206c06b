package coupons_test

import (
	"testing"
	"time"

	"tokenshell/issuers"
	"tokenshell/issuers/coupons"
	"tokenshell/issuers/issuerstest"
)

func TestCustomerUnknown(t *testing.T) {
	s := newStage(t, percent("TEN", 10))
	_, err := s.confirm(orderOf("op_1", "nobody"), "NONE")
	s.MustRefuse(err, issuers.CustomerUnknown)
}

func TestCouponUnknown(t *testing.T) {
	s := newStage(t, percent("TEN", 10))
	for _, code := range []string{"", "ten", "TEN ", "TWENTY"} {
		_, err := s.confirm(order(), code)
		s.MustRefuse(err, coupons.Unknown)
	}
}

func TestCouponInactive(t *testing.T) {
	c := percent("TEN", 10)
	c.From, c.Until = issuerstest.Epoch.Add(time.Hour), issuerstest.Epoch.Add(2*time.Hour)
	s := newStage(t, c)
	_, err := s.confirm(order(), "TEN")
	s.MustRefuse(err, coupons.Inactive)
	s.Advance(time.Hour) // from is inside
	s.mustConfirm(order(), "TEN")
	s.Advance(time.Hour - time.Second)
	issued := s.mustConfirm(order(coupons.Subtotal, "1.00"), "TEN")
	s.Advance(time.Second) // until is outside
	_, err = s.confirm(order(), "TEN")
	s.MustRefuse(err, coupons.Inactive)
	_, err = s.Redeem(issued, order(coupons.Subtotal, "1.00"), "a") // what was confirmed stands
	s.MustDo(err)
}

func TestCouponExhaustedByACustomer(t *testing.T) {
	c := percent("TEN", 10)
	c.PerCustomer, c.Combinable = 2, true
	s := newStage(t, c)
	s.mustConfirm(order(), "TEN")
	s.mustConfirm(order(), "TEN")
	_, err := s.confirm(order(), "TEN")
	s.MustRefuse(err, coupons.Exhausted)
	s.mustConfirm(orderOf("op_2", "user_456"), "TEN")
	s.wantUsed(3)
}

func TestCouponExhaustedInTotal(t *testing.T) {
	c := percent("TEN", 10)
	c.Total, c.PerCustomer = 2, 2
	s := newStage(t, c)
	s.mustConfirm(order(), "TEN")
	issued := s.mustConfirm(orderOf("op_2", "user_456"), "TEN")
	_, err := s.Redeem(issued, orderOf("op_2", "user_456"), "a")
	s.MustDo(err)
	_, err = s.confirm(orderOf("op_3", "user_123"), "TEN")
	s.MustRefuse(err, coupons.Exhausted)
	s.Advance(time.Hour) // user_123's use returns, the redeemed one does not
	s.mustConfirm(orderOf("op_3", "user_123"), "TEN")
	_, err = s.confirm(orderOf("op_4", "user_123"), "TEN")
	s.MustRefuse(err, coupons.Exhausted)
}

func TestMinimumNotMet(t *testing.T) {
	s := newStage(t, fixed(t, "SPRING25", "25.00", "100.00", "EUR"))
	for _, o := range []issuers.Order{order(), order(coupons.Subtotal, "99.99")} {
		_, err := s.confirm(o, "SPRING25")
		s.MustRefuse(err, coupons.MinimumNotMet)
	}
	s.mustConfirm(order(coupons.Subtotal, "100"), "SPRING25")
}

func TestAmountInvalid(t *testing.T) {
	s := newStage(t, fixed(t, "SPRING25", "25.00", "", "EUR"))
	for _, subtotal := range []string{"", "much", "-1", "1.234"} {
		_, err := s.confirm(order(coupons.Subtotal, subtotal), "SPRING25")
		s.MustRefuse(err, issuers.AmountInvalid)
	}
	s.wantUsed(0)
}

func TestNotCombinable(t *testing.T) {
	alone, one, other := percent("ALONE", 10), percent("ONE", 10), percent("OTHER", 10)
	one.Combinable, other.Combinable = true, true
	s := newStage(t, alone, one, other)
	s.mustConfirm(order(), "ONE")
	s.mustConfirm(order(), "OTHER")
	_, err := s.confirm(order(), "ALONE")
	s.MustRefuse(err, coupons.NotCombinable)
	lonely := orderOf("op_2", "user_123")
	issued := s.mustConfirm(lonely, "ALONE")
	_, err = s.confirm(lonely, "ONE")
	s.MustRefuse(err, coupons.NotCombinable)
	_, err = s.Redeem(issued, lonely, "a")
	s.MustDo(err)
	_, err = s.confirm(lonely, "ONE") // it is in the order all the same
	s.MustRefuse(err, coupons.NotCombinable)
	s.MustDo(s.Cancel(issued, "a"))
	s.mustConfirm(lonely, "ONE")
}
