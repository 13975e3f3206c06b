package payments_test

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
	s := newStage(t)
	salt := tokens.NewMint([]byte("payments")).Bytes("salt") // the first of the stage's mint
	seen, err := tokens.Peek(s.mustConfirm("80.00").Raw)
	s.MustDo(err)
	var payload struct{ Constraints map[string]string }
	s.MustDo(json.Unmarshal(seen.Payload, &payload))
	digest := func(text string) string {
		h := hmac.New(sha256.New, salt)
		h.Write([]byte(text))
		return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
	}
	want := map[string]string{"method_ref": digest("visa"), "amount_sha256": digest("80.00")}
	if diff := cmp.Diff(want, payload.Constraints); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
