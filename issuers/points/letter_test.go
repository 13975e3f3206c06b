package points_test

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
	salt := tokens.NewMint([]byte("points")).Bytes("salt") // the first of the stage's mint
	seen, err := tokens.Peek(s.mustConfirm("500").Raw)
	s.MustDo(err)
	var payload struct{ Constraints map[string]string }
	s.MustDo(json.Unmarshal(seen.Payload, &payload))
	digest := func(text string) string {
		h := hmac.New(sha256.New, salt)
		h.Write([]byte(text))
		return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
	}
	want := map[string]string{"account_ref": digest("user_123"), "amount_sha256": digest("500")}
	if diff := cmp.Diff(want, payload.Constraints); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
