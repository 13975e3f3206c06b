// Tokens of other libraries, under the profiles that are ready.

package verbs_test

import (
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/golang-jwt/jwt/v5"

	"tokenshell/shell/internal/shelltest"
)

// kindsOfTokens are the tokens that each library makes, and how they are trusted.
var kindsOfTokens = map[string]string{
	"access":   " --profile oauth-access-token --audience https://shop.example",
	"id":       " --profile openid-id-token --audience shop",
	"contract": "",
}

// golangJWT writes what golang-jwt makes into a folder, beside what the scripts in
// testdata/libraries have made with other libraries.
func golangJWT(t *testing.T, dir string) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	common := jwt.MapClaims{"iss": "https://golang.example", "sub": "user_123", "iat": now, "exp": now + 3600}
	for name, c := range map[string]struct {
		typ    string
		claims jwt.MapClaims
	}{
		"access": {"at+jwt", jwt.MapClaims{"aud": []string{"https://shop.example"}, "jti": "at-1", "scope": "club:redeem"}},
		"id":     {"JWT", jwt.MapClaims{"aud": "shop", "nonce": "n"}},
		"contract": {"confirmation+jwt", jwt.MapClaims{
			"aud": "order-processing", "exp": now + 120, "jti": "cpt_1", "order_processing_id": "op_1", "capabilities": []string{"club:redeem"}, "constraints": map[string]any{},
		}},
	} {
		claims := maps.Clone(common)
		maps.Copy(claims, c.claims)
		token := jwt.NewWithClaims(jwt.SigningMethodEdDSA, claims)
		token.Header["typ"], token.Header["kid"] = c.typ, "one"
		raw, err := token.SignedString(private)
		if err != nil {
			t.Fatal(err)
		}
		shelltest.WriteFile(t, filepath.Join(dir, "golang-"+name+".jwt"), raw+"\n")
	}
	set, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: public, KeyID: "one", Use: "sig"}}})
	if err != nil {
		t.Fatal(err)
	}
	shelltest.WriteFile(t, filepath.Join(dir, "golang.json"), string(set))
}

// Access tokens, ID tokens and tokens of our contract that other libraries have
// made are relayed once, and refused when they are for somebody else.
func TestTokensOfOtherLibraries(t *testing.T) {
	dir := t.TempDir()
	golangJWT(t, dir)
	if err := os.CopyFS(dir, os.DirFS(shelltest.Testdata(t, "libraries"))); err != nil {
		t.Fatal(err)
	}
	for _, library := range []string{"pyjwt", "jose", "golang"} {
		for kind, trust := range kindsOfTokens {
			file := fmt.Sprintf("@%s/%s-%s.jwt", dir, library, kind)
			keys := fmt.Sprintf(" --jwks %s/%s.json", dir, library)
			add := "trust add https://" + library + ".example" + keys + " --capability club:redeem --service club"
			s := shelltest.New(t, 1)
			shelltest.Do(t, s, "session new op_1", "set check on", "clock advance 1s", add+trust, "relay "+file, "expect replayed relay "+file, "redeem", "expect already_redeemed redeem --direct "+file)
			if got := shelltest.Do(t, s, "session show --jq .state"); got != "completed\n" {
				t.Errorf("%s %s: %s", library, kind, got)
			}
			verdict := shelltest.Do(t, shelltest.New(t, 1), "token explain "+file+keys+trust+" --at 1767225660 --jq .verdict")
			if verdict != "accepted\n" {
				t.Errorf("%s %s is %s", library, kind, verdict)
			}
			for other, theirs := range kindsOfTokens { // one kind of token is not another
				if other == kind || strings.HasSuffix(trust, "shop") && other == "contract" {
					continue
				}
				s := shelltest.New(t, 1)
				shelltest.Do(t, s, "session new op_1", "clock advance 1s", add+theirs)
				if code, printed := shelltest.Refused(t, s, "relay "+file); code != 1 {
					t.Errorf("%s %s under the trust for %s: %d, %s", library, kind, other, code, printed)
				}
			}
		}
	}
}

// A token without a jti is known again by its payload, and one without an order is
// used once, whichever orders it is handed in for.
func TestWaivedClaimsAreNoWayAround(t *testing.T) {
	dir := shelltest.Testdata(t, "libraries")
	file := "@" + filepath.Join(dir, "pyjwt-id.jwt")
	s := shelltest.New(t, 1)
	shelltest.Do(t, s, "session new one", "clock advance 1s", "trust add https://pyjwt.example --jwks "+filepath.Join(dir, "pyjwt.json")+
		" --capability club:redeem --service club --profile openid-id-token --audience shop", "token import "+strings.TrimPrefix(file, "@")+" --name it", "relay it", "expect replayed relay "+file)
	shelltest.Do(t, s, "token forge it --sign kept --head 'x5t=\"AA\"' --name other-header", "expect signature_invalid relay other-header")
	shelltest.Do(t, s, "redeem", "session new two", "relay "+file)
	if _, printed := shelltest.Refused(t, s, "redeem"); !strings.Contains(printed, "already_redeemed") {
		t.Error(printed)
	}
	// Of another customer it is none.
	shelltest.Do(t, s, "session new three --customer user_456", "expect session_mismatch relay "+file)
	// Nor do waived capabilities grant what the trust does not.
	if got := shelltest.Do(t, s, "view relay --jq '[.sessions[].used[].service] | unique | .[]'"); got != "club\n" {
		t.Error(got)
	}
}
