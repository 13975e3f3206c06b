// Digests: what the constraints of a stage's first token stand for.

package issuerstest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"

	"github.com/google/go-cmp/cmp"

	"tokenshell/tokens"
)

// WantDigests wants the constraints of the first token that the stage issued to be
// digests of these texts: who has the salt can tell what they stand for.
func (s *Stage[S]) WantDigests(issued tokens.Issued, of map[string]string) {
	s.T.Helper()
	salt := tokens.NewMint([]byte(s.Config.Service)).Bytes("salt") // the first of the stage's mint
	want := map[string]string{}
	for name, text := range of {
		h := hmac.New(sha256.New, salt)
		h.Write([]byte(text))
		want[name] = base64.RawURLEncoding.EncodeToString(h.Sum(nil))
	}
	seen, err := tokens.Peek(issued.Raw)
	s.MustDo(err)
	var payload struct{ Constraints map[string]string }
	s.MustDo(json.Unmarshal(seen.Payload, &payload))
	if diff := cmp.Diff(want, payload.Constraints); diff != "" {
		s.T.Errorf("(-want +got):\n%s", diff)
	}
}
