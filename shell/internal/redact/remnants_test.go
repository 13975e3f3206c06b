package redact_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"tokenshell/shell/internal/redact"
)

var encode = base64.RawURLEncoding.EncodeToString

// What is left of a token is hidden as the whole is, for a text that outlives the
// process.
func TestRemnants(t *testing.T) {
	token := encode([]byte(`{"alg":"ES256","kid":"k"}`)) + "." + encode([]byte(`{"iss":"coupons.svc"}`)) + "." + encode(make([]byte, 64))
	parts := strings.Split(token, ".")
	jwe := strings.Join([]string{parts[0], "", "aXY", "Y2lwaGVy", "AAAAAAAAAAAAAAAAAAAAAA"}, ".")
	spaced := base64.RawURLEncoding.EncodeToString([]byte(`{ "alg": "ES256" }`)) + "." + parts[1] + "." + parts[2]
	for line, want := range map[string]string{
		"token show " + token:                         "token show (token)",
		"relay " + token + " " + jwe:                  "relay (token) (token)",
		"let T '" + token + "'":                       "let T '(token)'",
		"let T=" + token + ";log":                     "let T=(token);log",
		"token show " + spaced:                        "token show (token)",
		"x " + parts[0] + "..":                        "x (token)",
		"x " + parts[0]:                               "x (token)",
		"x " + parts[0] + "." + parts[1]:              "x (token)",
		parts[2] + " the rest of a token":             "(token) the rest of a token",
		"eyJhbGciOiJFUzI1NiI":                         "eyJhbGciOiJFUzI1NiI",  // 19
		"eyJhbGciOiJFUzI1NiIs":                        "eyJhbGciOiJFUzI1NiIs", // 20
		"eyJhbGciOiJFUzI1NiIsI":                       "(token)",              // 21
		"trust add my.issuer.example --jwks f.a.json": "trust add my.issuer.example --jwks f.a.json",
		"session use op_" + strings.Repeat("a", 32):   "session use op_" + strings.Repeat("a", 32),
		"clock set 2026-01-01T00:00:00Z":              "clock set 2026-01-01T00:00:00Z",
		"coupon confirm SPRING25 --name coupon-1":     "coupon confirm SPRING25 --name coupon-1",
		`{"kty":"EC","d":"abc","x":"y"}`:              `{"kty":"EC",(key),"x":"y"}`,
	} {
		if got := redact.Remnants(line); got != want {
			t.Errorf("%q became %q, want %q", line, got, want)
		}
	}
}
