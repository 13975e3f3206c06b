package points_test

import "testing"

func TestWhatTheDigestsStandFor(t *testing.T) {
	s := newStage(t)
	s.WantDigests(s.mustConfirm("500"), map[string]string{"account_ref": "user_123", "amount_sha256": "500"})
}
