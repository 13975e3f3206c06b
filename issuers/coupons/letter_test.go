package coupons_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tokenshell/tokens"
)

// Who has the salt can tell what a token's constraints stand for.
func TestWhatTheDigestsStandFor(t *testing.T) {
	s := newStage(t, percent("TEN", 10))
	salt := tokens.NewMint([]byte("coupons")).Bytes("salt") // the first of the stage's mint
	seen, err := tokens.Peek(s.mustConfirm(order(), "TEN").Raw)
	s.MustDo(err)
	var payload struct{ Constraints map[string]string }
	s.MustDo(json.Unmarshal(seen.Payload, &payload))
	digest := func(text string) string {
		h := hmac.New(sha256.New, salt)
		h.Write([]byte(text))
		return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
	}
	want := map[string]string{"coupon_ref": digest("TEN"), "amount_sha256": digest("10%")}
	if diff := cmp.Diff(want, payload.Constraints); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
