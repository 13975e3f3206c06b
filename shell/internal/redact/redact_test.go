package redact_test

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tokenshell/shell/internal/redact"
	"tokenshell/tokens"
)

// Pieces of a token that nobody signed.
var (
	header    = encoded(`{"alg":"ES256","kid":"coupons-k1"}`)
	payload   = encoded(`{"iss":"coupons.svc","jti":"cpt_1","exp":1767225720}`)
	signature = encoded(strings.Repeat("\x03\xf7\x1c", 21) + "x")
	jws       = header + "." + payload + "." + signature
	jwe       = encoded(`{"alg":"RSA-OAEP-256","enc":"A256GCM"}`) + "." + signature + "." + encoded("twelve bytes") + "." + payload + "." + encoded("sixteen bytes: t")
)

func encoded(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

// realTokens are those of testdata, with a name for each.
func realTokens(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{"a JWS": jws, "a JWE": jwe}
	for _, pattern := range []string{"tokens/*.jwt", "trust/*.jws"} {
		paths, err := filepath.Glob(filepath.Join("../../../testdata", pattern))
		if err != nil || len(paths) == 0 {
			t.Fatalf("%s: %v", pattern, err)
		}
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			all[filepath.Base(path)] = strings.TrimSpace(string(text))
		}
	}
	return all
}

// innocents look a little like tokens and are none.
var innocents = []string{
	"", "a.b.c", "coupon-1", "my.issuer.example", "https://club.example/keys", "cpt_ptejey6ijwnn4zrpecpg34dmpe", "2026-01-01T00:00:00Z", "1.2.3",
	"a-very-long-name-for-an-order.that-goes-on-and-on_and-on", "e.g. this, that and others", "every.single.word", "{\"a\":1}", "op_1: issued, 90 s left",
}

func TestTokens(t *testing.T) {
	for name, raw := range realTokens(t) {
		for _, around := range [][2]string{{"", ""}, {"relay ", " points-1"}, {"\"", "\","}, {"\n", "\n"}, {"A=", ""}, {"(", ")"}} {
			text, want := around[0]+raw+around[1], around[0]+redact.Token+around[1]
			if got := redact.Tokens(text); got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
			if !redact.HasToken(text) || redact.IsID(raw) {
				t.Errorf("%s: it is none", name)
			}
			if diff := cmp.Diff([]string{raw}, redact.Find(text)); diff != "" {
				t.Errorf("%s: -want +got\n%s", name, diff)
			}
		}
		if got := redact.Remnants("relay " + raw + " points-1"); got != "relay "+redact.Token+" points-1" {
			t.Errorf("%s: of it remains %q", name, got)
		}
	}
	two := jws + " " + jwe
	if got, want := redact.Tokens(two), redact.Token+" "+redact.Token; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	for _, text := range innocents {
		if got := redact.Tokens(text); got != text || redact.HasToken(text) || redact.Find(text) != nil {
			t.Errorf("%q became %q", text, got)
		}
	}
}

// A header may begin with space: JSON allows it, and so do verifiers elsewhere.
func TestTokensWithSpaceInTheHeader(t *testing.T) {
	for _, space := range []string{"", " ", "\t", "\n", "\r", " \n\t"} {
		raw := encoded(space+`{"alg":"ES256","kid":"coupons-k1"}`) + "." + payload + "." + signature
		if got := redact.Tokens(raw); got != redact.Token {
			t.Errorf("%q before the header: %q", space, got)
		}
	}
}

// Private keys go with the tokens, and what is neither stays.
func TestRemnantsOfKeys(t *testing.T) {
	for _, text := range innocents {
		if got := redact.Remnants(text); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
	for text, want := range map[string]string{
		`key {"kty":"EC","d":"c2VjcmV0"} in a line`: `key {"kty":"EC",(key)} in a line`,
		`{"d" : "c2VjcmV0`:                          `{(key)`, // broken off
		"let K '-----BEGIN PRIVATE KEY-----MIG":     "let K '(key)",
		"PRIVATE KEY-----MIG":                       "(key)",
	} {
		if got := redact.Remnants(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

// Wherever a token was broken off, nothing of what a forger lacks is left.
func TestRemnantsOfABrokenToken(t *testing.T) {
	for name, raw := range map[string]string{"a JWS": jws, "a JWE": jwe} {
		for at := 21; at < len(raw); at++ {
			if got := redact.Remnants("x " + raw[:at] + " y"); got != "x "+redact.Token+" y" {
				t.Fatalf("%s, broken off at %d: %q", name, at, got)
			}
		}
	}
	for at := range len(header + "." + payload + ".") { // from the front, until only the signature is left
		if got := redact.Remnants(jws[at:]); strings.Contains(got, signature[:24]) {
			t.Fatalf("the first %d characters lost: %q", at, got)
		}
	}
}

// Every member that only a private key has, and the one of a symmetric key; as
// JSON has them, with space and without, and broken off.
func TestHasPrivateKey(t *testing.T) {
	const secret = "c2VjcmV0c2VjcmV0"
	for _, member := range append(tokens.PrivateMembers(), "k") {
		for _, text := range []string{
			`{"kty":"RSA","` + member + `":"` + secret + `"}`,
			`{"kty":"RSA", "` + member + `" : "` + secret + `", "n":"AQAB"}`,
			`{"` + member + "\"\t:\n\"" + secret + `"}`,
			`{"` + member + `":"` + secret,
			`{"keys":[{"kty":"RSA","` + member + `":""}]}`,
		} {
			if !redact.HasPrivateKey(text) {
				t.Errorf("no private key: %s", text)
			}
			if got := redact.Remnants(text); strings.Contains(got, secret) || redact.HasPrivateKey(got) {
				t.Errorf("of %s remains %s", text, got)
			}
		}
	}
	for _, kind := range []string{"", "EC ", "RSA ", "ENCRYPTED ", "OPENSSH "} {
		text := "-----BEGIN " + kind + "PRIVATE KEY-----\n" + secret + "\n-----END " + kind + "PRIVATE KEY-----\n"
		if !redact.HasPrivateKey(text) || !redact.HasPrivateKey(strings.TrimPrefix(text, "-----BEGIN ")) {
			t.Errorf("no private key: %s", text)
		}
	}
	for _, text := range []string{
		"", `{"kty":"EC","crv":"P-256","x":"AQAB","y":"AQAB","kid":"d"}`, `{"kty":"RSA","n":"AQAB","e":"AQAB"}`, `{"id":"q","keys":[]}`, `"d": 5`,
		"-----BEGIN PUBLIC KEY-----", "-----BEGIN CERTIFICATE-----", "a private key", `{"odd":"x","kd":"y"}`,
	} {
		if redact.HasPrivateKey(text) {
			t.Errorf("a private key: %s", text)
		}
	}
}

// The other primes of an RSA key are a list (RFC 7518 6.3.2.7).
func TestTheOtherPrimes(t *testing.T) {
	const prime = "cHJpbWVwcmltZXByaW1l"
	for _, text := range []string{
		`{"kty":"RSA","oth":[{"r":"` + prime + `","d":"` + prime + `","t":"` + prime + `"}],"n":"AQAB"}`,
		`{"kty":"RSA","oth" : [ {"r":"` + prime + `"}, {"t":"` + prime + `"} ]}`,
		`{"kty":"RSA","oth":[{"r":"` + prime,
	} {
		if !redact.HasPrivateKey(text) {
			t.Errorf("no private key: %s", text)
		}
		if got := redact.Remnants(text); strings.Contains(got, prime) {
			t.Errorf("of %s remains %s", text, got)
		}
	}
}

// What is secret of a JWK is in no output, wherever it comes from; the names of its
// members are names like others in whatever is no JWK.
func TestPrivateMembersAreHidden(t *testing.T) {
	for text, want := range map[string]string{
		`{"kty":"EC","crv":"P-256","x":"abc","d":"SECRET"}`: `{"kty":"EC","crv":"P-256","x":"abc",(key)}`,
		`{"kty": "oct", "k" : "SECRET", "kid":"a"}`:         `{"kty": "oct", (key), "kid":"a"}`,
		`{"d":"a","p":"b"}`:                                 `{"d":"a","p":"b"}`,
		"-  {\"kty\":\"RSA\",\n-  \"d\":\"SECRET\"}\n":      "-  {\"kty\":\"RSA\",\n-  (key)}\n",
	} {
		if got := redact.Tokens(text); got != want {
			t.Errorf("%s: %s, not %s", text, got, want)
		}
		if got := new(redact.Secrets).Hide(text); got != want {
			t.Errorf("hidden, %s: %s, not %s", text, got, want)
		}
	}
}
