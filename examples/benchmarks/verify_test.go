// Verification: ours, and that of libraries which check far less, beside the bare
// signature check of the same token.

package benchmarks

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	josejwt "github.com/go-jose/go-jose/v4/jwt"
	golangjwt "github.com/golang-jwt/jwt/v5"
	"github.com/lestrrat-go/jwx/v3/jwa"
	jwxjwt "github.com/lestrrat-go/jwx/v3/jwt"

	"tokenshell/tokens"
)

// theirClaims is the payload as a program that uses a library declares it.
type theirClaims struct {
	golangjwt.RegisteredClaims
	Order        string          `json:"order_processing_id"`
	Capabilities []string        `json:"capabilities"`
	Constraints  json.RawMessage `json:"constraints"`
}

// BenchmarkVerify: a figure is a verification as a multiple of the bare check.
func BenchmarkVerify(b *testing.B) {
	for _, alg := range []jose.SignatureAlgorithm{jose.ES256, jose.EdDSA} {
		b.Run(string(alg), func(b *testing.B) {
			key := newKey(b, alg)
			raw := key.sign(b, claims(id("op", 1), id("cpt", 1)))
			checks := key.verifier()
			must(b, judge(checks, raw))
			sides := []side{
				{name: "bare", do: repeat(key.bare(b, raw))},
				{name: "tokenshell", do: repeat(func() { must(b, judge(checks, raw)) })},
			}
			for name, verify := range theirs(key) {
				must(b, verify(raw))
				sides = append(sides, side{name: name, do: repeat(func() { must(b, verify(raw)) })})
			}
			inTurn(b, 1, sides...)
		})
	}
}

func judge(checks []tokens.Check, raw string) error {
	_, err := tokens.Judge(raw, checks)
	return err
}

// theirs are the libraries, each used as its documentation has it.
func theirs(key signingKey) map[string]func(raw string) error {
	public := key.public
	clock := func() time.Time { return now }
	parser := golangjwt.NewParser(
		golangjwt.WithValidMethods([]string{string(key.alg)}), golangjwt.WithAudience(tokens.Audience), golangjwt.WithIssuer(issuer),
		golangjwt.WithExpirationRequired(), golangjwt.WithIssuedAt(), golangjwt.WithTimeFunc(clock),
	)
	jwxAlg, _ := jwa.LookupSignatureAlgorithm(string(key.alg))
	return map[string]func(string) error{
		"golang-jwt": func(raw string) error {
			var c theirClaims
			_, err := parser.ParseWithClaims(raw, &c, func(*golangjwt.Token) (any, error) { return public, nil })
			return err
		},
		"go-jose": func(raw string) error {
			parsed, err := josejwt.ParseSigned(raw, []jose.SignatureAlgorithm{key.alg})
			if err != nil {
				return err
			}
			var registered josejwt.Claims
			var own theirClaims
			if err := parsed.Claims(public, &registered, &own); err != nil {
				return err
			}
			return registered.ValidateWithLeeway(josejwt.Expected{Issuer: issuer, AnyAudience: josejwt.Audience{tokens.Audience}, Time: now}, 0)
		},
		"jwx": func(raw string) error {
			_, err := jwxjwt.Parse([]byte(raw), jwxjwt.WithKey(jwxAlg, public), jwxjwt.WithValidate(true),
				jwxjwt.WithIssuer(issuer), jwxjwt.WithAudience(tokens.Audience), jwxjwt.WithClock(jwxjwt.ClockFunc(clock)))
			return err
		},
	}
}

// BenchmarkRefuseBeforeSignature: a figure is a refusal as a multiple of a whole
// verification.
func BenchmarkRefuseBeforeSignature(b *testing.B) {
	key := newKey(b, jose.ES256)
	good := key.sign(b, claims(id("op", 1), id("cpt", 1)))
	checks := key.verifier()
	must(b, judge(checks, good))
	sides := []side{{name: "verification", do: repeat(func() { must(b, judge(checks, good)) })}}
	for _, size := range []struct {
		name  string
		bytes int
	}{{"1KiB", 1024}, {"8KiB", tokens.MaxSize}} {
		for what, raw := range refused(b, key, size.bytes) {
			if err := judge(checks, raw); err == nil {
				b.Fatalf("%s is accepted", what)
			}
			sides = append(sides, side{name: size.name + "-" + what, do: repeat(func() { _ = judge(checks, raw) })})
		}
	}
	inTurn(b, 1, sides...)
}

// refused makes tokens of a size that are refused at each of the checks before the
// signature, after as much work as there can be.
func refused(b *testing.B, key signingKey, size int) map[string]string {
	b.Helper()
	head := func(text string) string { return encode([]byte(text)) }
	goodHead := head(`{"alg":"ES256","kid":"` + kid + `","typ":"` + tokens.Type + `"}`)
	signature := strings.Repeat("A", 86)
	fill := func(header string, payload func(room int) string) string {
		room := (size - len(header) - len(signature) - 2) * 3 / 4
		return header + "." + encode([]byte(payload(room))) + "." + signature
	}
	long := func(iss string) func(room int) string {
		return func(room int) string {
			begin, end := `{"iss":"`+iss+`","note":"`, `"}`
			return begin + strings.Repeat("x", room-len(begin)-len(end)) + end
		}
	}
	return map[string]string{
		"issuer_unknown": fill(goodHead, long("nobody.svc")),
		"key_unknown":    fill(head(`{"alg":"ES256","kid":"other","typ":"`+tokens.Type+`"}`), long(issuer)),
		"header":         fill(head(`{"alg":"ES256","kid":"`+kid+`","typ":"`+tokens.Type+`","jku":"x"}`), long(issuer)),
		"brackets": fill(goodHead, func(room int) string {
			begin, end := `{"iss":"`+issuer+`","a":[`, `[]`
			return begin + strings.Repeat(`[],`, (room-len(begin)-len(end))/3) + end // and no end
		}),
		"members": fill(goodHead, func(room int) string {
			text := `{"iss":"` + issuer + `"`
			for n := 0; len(text) < room-24; n++ {
				text += `,"` + id("", n)[22:] + `":0`
			}
			return text + `,"iss":""}`
		}),
	}
}

// BenchmarkAlone verifies and does nothing else: for profiles.
func BenchmarkAlone(b *testing.B) {
	key := newKey(b, jose.ES256)
	raw := key.sign(b, claims(id("op", 1), id("cpt", 1)))
	checks := key.verifier()
	b.ReportAllocs()
	for b.Loop() {
		must(b, judge(checks, raw))
	}
}
