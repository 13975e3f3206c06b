// The examples of the JOSE RFCs: what is signed. What is encrypted stands in
// issuers/vectors_test.go.

package tokens

import (
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
)

// example is one row of testdata/rfc, whose README says what is what.
type example struct {
	Section, Alg, Enc, Text, Detached string
	Key                               json.RawMessage
	Accepted                          bool
}

func readExamples(t *testing.T, name string) []example {
	t.Helper()
	text, err := os.ReadFile("../testdata/rfc/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var rows []example
	if err := json.Unmarshal(text, &rows); err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(rows, func(x example) bool { return x.Enc != "" })
}

// genuine verifies with go-jose alone, which knows every algorithm.
func (x *example) genuine() error {
	all := []jose.SignatureAlgorithm{jose.SignatureAlgorithm(x.Alg), jose.RS256, jose.ES256}
	parsed, err := jose.ParseSignedCompact(x.Text, all)
	if strings.HasPrefix(x.Text, "{") {
		parsed, err = jose.ParseSignedJSON(x.Text, all)
	}
	if x.Detached != "" {
		payload, _ := decodeSegment(nil, x.Detached)
		parsed, err = jose.ParseDetached(x.Text, payload, all)
	}
	if err != nil {
		return err
	}
	var key jose.JSONWebKey
	if err := key.UnmarshalJSON(x.Key); err != nil {
		return err
	}
	if len(parsed.Signatures) > 1 {
		_, _, _, err = parsed.VerifyMulti(key.Key)
		return err
	}
	_, err = parsed.Verify(key.Key)
	return err
}

// set gives the example's key as a set that says the alg; the kid is the
// example's own, or "example".
func (x *example) set(t *testing.T) []byte {
	t.Helper()
	var members map[string]any
	if err := json.Unmarshal(x.Key, &members); err != nil {
		t.Fatal(err)
	}
	members["alg"] = x.Alg
	if members["kid"] == nil {
		members["kid"] = "example"
	}
	text, err := json.Marshal(map[string]any{"keys": []any{members}})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestExamplesOfTheRFCs(t *testing.T) {
	for _, tt := range []struct {
		file, sections string
		accepted       int
	}{
		{"rfc7515.json", "A.1 A.2 A.3 A.4 A.5 A.6 A.7 ", 2},
		{"rfc7520.json", "4.1 4.2 4.3 4.4 4.5 ", 1},
		{"rfc8037.json", "A.4, A.5 ", 1},
	} {
		sections, accepted := "", 0
		for _, x := range readExamples(t, tt.file) {
			sections += x.Section + " "
			t.Run(tt.file+" "+x.Section, func(t *testing.T) {
				if x.Alg == "none" {
					mustRefuseBare(t, x.Text, StaticKeys{couponsKey.Key})
					return
				}
				if err := x.genuine(); err != nil {
					t.Fatalf("not genuine: %v", err)
				}
				keys, err := ParseKeySet(x.set(t))
				if usable := slices.Contains(ours, x.Alg); usable != (err == nil) {
					t.Fatalf("its key: %v", err)
				}
				if err != nil { // without the key there is nobody who could verify: the alg is refused with any other
					mustRefuseBare(t, x.Text, StaticKeys{couponsKey.Key, {x.Alg, jose.ES256, couponsKey.Public}})
					return
				}
				if err := judgeBare(x.Text, keys, keys[0].ID); x.Accepted != (err == nil) {
					t.Errorf("accepted %v, want %v: %v", err == nil, x.Accepted, err)
				}
				if x.Accepted {
					accepted++
					foreign := judgeBare(x.Text, StaticKeys{{keys[0].ID, keys[0].Algorithm, foreignKey(keys[0]).Public}}, keys[0].ID)
					if !errors.Is(foreign, SignatureInvalid) {
						t.Errorf("with another key: %v", foreign)
					}
				}
				// None of them is a confirmation token.
				v := relayAt(epoch)
				v.Issuers = func(iss string) (Issuer, bool) { return Issuer{Name: iss, Keys: keys}, true }
				if _, err := Judge(x.Text, v.Checks(Own{})); !errors.Is(err, Malformed) && !errors.Is(err, TypeNotAllowed) {
					t.Errorf("as a token: %v", err)
				}
			})
		}
		if sections != tt.sections || accepted != tt.accepted {
			t.Errorf("%s: sections %s, of which %d were accepted", tt.file, sections, accepted)
		}
	}
}

func mustRefuseBare(t *testing.T, raw string, keys StaticKeys) {
	t.Helper()
	for _, key := range keys {
		var refusal *Refusal
		if err := judgeBare(raw, keys, key.ID); !errors.As(err, &refusal) || errors.Is(err, SignatureInvalid) {
			t.Errorf("with key %s: %v, want a refusal before the signature", key.ID, err)
		}
	}
}

// foreignKey gives another key of the same kind.
func foreignKey(key Key) Key {
	switch key.Algorithm {
	case jose.ES256:
		return couponsKey.Key
	case jose.EdDSA:
		return paymentsKey.Key
	default:
		return Key{Public: &outsideRSA().PublicKey}
	}
}
