package coupons_test

import "testing"

func TestWhatTheDigestsStandFor(t *testing.T) {
	s := newStage(t, percent("TEN", 10))
	s.WantDigests(s.mustConfirm(order(), "TEN"), map[string]string{"coupon_ref": "TEN", "amount_sha256": "10%"})
}
