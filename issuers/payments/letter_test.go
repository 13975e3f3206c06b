package payments_test

import "testing"

func TestWhatTheDigestsStandFor(t *testing.T) {
	s := newStage(t)
	s.WantDigests(s.mustConfirm("80.00"), map[string]string{"method_ref": "visa", "amount_sha256": "80.00"})
}
