package coupons_test

import (
	"testing"
	"time"

	"tokenshell/issuers"
	"tokenshell/issuers/coupons"
)

func TestCustomerUnknown(t *testing.T) {
	s := newStage(t, percent("TEN", 10))
	_, err := s.Confirm(background, orderOf("op_1", "nobody"), "NONE")
	mustRefuse(t, err, issuers.CustomerUnknown)
}

func TestCouponUnknown(t *testing.T) {
	s := newStage(t, percent("TEN", 10))
	for _, code := range []string{"", "ten", "TEN ", "TWENTY"} {
		_, err := s.Confirm(background, order(), code)
		mustRefuse(t, err, coupons.Unknown)
	}
}

func TestCouponInactive(t *testing.T) {
	c := percent("TEN", 10)
	c.From, c.Until = epoch.Add(time.Hour), epoch.Add(2*time.Hour)
	s := newStage(t, c)
	_, err := s.Confirm(background, order(), "TEN")
	mustRefuse(t, err, coupons.Inactive)
	s.advance(time.Hour) // from is inside
	s.mustConfirm(order(), "TEN")
	s.advance(time.Hour - time.Second)
	issued := s.mustConfirm(order(coupons.Subtotal, "1.00"), "TEN")
	s.advance(time.Second) // until is outside
	_, err = s.Confirm(background, order(), "TEN")
	mustRefuse(t, err, coupons.Inactive)
	_, err = s.redeem(issued, order(coupons.Subtotal, "1.00"), "a") // what was confirmed stands
	mustDo(t, err)
}

func TestCouponExhaustedByACustomer(t *testing.T) {
	c := percent("TEN", 10)
	c.PerCustomer, c.Combinable = 2, true
	s := newStage(t, c)
	s.mustConfirm(order(), "TEN")
	s.mustConfirm(order(), "TEN")
	_, err := s.Confirm(background, order(), "TEN")
	mustRefuse(t, err, coupons.Exhausted)
	s.mustConfirm(orderOf("op_2", "user_456"), "TEN")
	s.wantUsed(3)
}

func TestCouponExhaustedInTotal(t *testing.T) {
	c := percent("TEN", 10)
	c.Total, c.PerCustomer = 2, 2
	s := newStage(t, c)
	s.mustConfirm(order(), "TEN")
	issued := s.mustConfirm(orderOf("op_2", "user_456"), "TEN")
	_, err := s.redeem(issued, orderOf("op_2", "user_456"), "a")
	mustDo(t, err)
	_, err = s.Confirm(background, orderOf("op_3", "user_123"), "TEN")
	mustRefuse(t, err, coupons.Exhausted)
	s.advance(time.Hour) // user_123's use returns, the redeemed one does not
	s.mustConfirm(orderOf("op_3", "user_123"), "TEN")
	_, err = s.Confirm(background, orderOf("op_4", "user_123"), "TEN")
	mustRefuse(t, err, coupons.Exhausted)
}

func TestMinimumNotMet(t *testing.T) {
	s := newStage(t, fixed(t, "SPRING25", "25.00", "100.00", "EUR"))
	for _, o := range []issuers.Order{order(), order(coupons.Subtotal, "99.99")} {
		_, err := s.Confirm(background, o, "SPRING25")
		mustRefuse(t, err, coupons.MinimumNotMet)
	}
	s.mustConfirm(order(coupons.Subtotal, "100"), "SPRING25")
}

func TestAmountInvalid(t *testing.T) {
	s := newStage(t, fixed(t, "SPRING25", "25.00", "", "EUR"))
	for _, subtotal := range []string{"", "much", "-1", "1.234"} {
		_, err := s.Confirm(background, order(coupons.Subtotal, subtotal), "SPRING25")
		mustRefuse(t, err, issuers.AmountInvalid)
	}
	s.wantUsed(0)
}

func TestNotCombinable(t *testing.T) {
	alone, one, other := percent("ALONE", 10), percent("ONE", 10), percent("OTHER", 10)
	one.Combinable, other.Combinable = true, true
	s := newStage(t, alone, one, other)
	s.mustConfirm(order(), "ONE")
	s.mustConfirm(order(), "OTHER")
	_, err := s.Confirm(background, order(), "ALONE")
	mustRefuse(t, err, coupons.NotCombinable)
	lonely := orderOf("op_2", "user_123")
	issued := s.mustConfirm(lonely, "ALONE")
	_, err = s.Confirm(background, lonely, "ONE")
	mustRefuse(t, err, coupons.NotCombinable)
	_, err = s.redeem(issued, lonely, "a")
	mustDo(t, err)
	_, err = s.Confirm(background, lonely, "ONE") // it is in the order all the same
	mustRefuse(t, err, coupons.NotCombinable)
	mustDo(t, s.cancel(issued, "a"))
	s.mustConfirm(lonely, "ONE")
}
