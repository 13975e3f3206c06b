// The club: an issuer from outside, with fixed keys, and its tokens.

package shelltest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"os"
	"strings"
	"testing"
	"tokenshell/shell/internal/answer"
	"tokenshell/shell/internal/interp"

	"github.com/go-jose/go-jose/v4"
)

// OutsideKey is a signing key that this world did not make.
type OutsideKey struct {
	jose.JSONWebKey // public
	Sign            func(input []byte) ([]byte, error)
}

// OutsideKeys are the loyalty club's keys, always the same: one of every
// algorithm.
func OutsideKeys(t testing.TB) map[string]OutsideKey {
	t.Helper()
	seed := sha256.Sum256([]byte("a loyalty club"))
	ed := ed25519.NewKeyFromSeed(seed[:])
	ec, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), seed[:])
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(Testdata(t, "trust", "issuer-rsa.pem"))
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	rs := parsed.(*rsa.PrivateKey)
	keys := map[string]OutsideKey{}
	add := func(alg string, public any, sign func([]byte) ([]byte, error)) {
		keys[alg] = OutsideKey{jose.JSONWebKey{Key: public, KeyID: "club-" + strings.ToLower(alg), Algorithm: alg, Use: "sig"}, sign}
	}
	add("EdDSA", ed.Public(), func(input []byte) ([]byte, error) { return ed25519.Sign(ed, input), nil })
	add("ES256", ec.Public(), func(input []byte) ([]byte, error) {
		digest := sha256.Sum256(input)
		der, err := ec.Sign(nil, digest[:], crypto.SHA256) // without chance: RFC 6979
		var rs struct{ R, S *big.Int }
		if err == nil {
			_, err = asn1.Unmarshal(der, &rs)
		}
		if err != nil {
			return nil, err
		}
		signature := make([]byte, 64)
		rs.R.FillBytes(signature[:32])
		rs.S.FillBytes(signature[32:])
		return signature, nil
	})
	add("RS256", rs.Public(), func(input []byte) ([]byte, error) {
		digest := sha256.Sum256(input)
		return rsa.SignPKCS1v15(nil, rs, crypto.SHA256, digest[:])
	})
	add("PS256", rs.Public(), func(input []byte) ([]byte, error) {
		digest := sha256.Sum256(input)
		return rsa.SignPSS(rand.Reader, rs, crypto.SHA256, digest[:], &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
	})
	return keys
}

// Club is the outside issuer of these tests.
const Club = "https://club.example"

// OutsideToken is how an outside issuer's token differs from a plain one.
type OutsideToken struct {
	File  string
	Alg   string
	Edits []string // pairs of old and new
}

const (
	outsideHeader  = `{"alg":"ALG","kid":"KID","typ":"confirmation+jwt"}`
	outsidePayload = `{"iss":"https://club.example","aud":"order-processing","sub":"user_123",` +
		`"iat":1767225600,"exp":1767225720,"jti":"gift_FILE","order_processing_id":"op_1",` +
		`"capabilities":["club:redeem"],"constraints":{},"tier":{"name":"gold","since":2019}}`
	partnerHeader = `{"alg":"ALG","kid":"KID","typ":"at+jwt","ver":"2"}`
)

// OutsideTokens are for session op_1 of user_123, at the beginning of time; PS256
// is never the same twice and has no file.
func OutsideTokens() []OutsideToken {
	return []OutsideToken{
		{"gift", "EdDSA", nil},
		{"gift-es", "ES256", nil},
		{"gift-rs", "RS256", nil},
		{"short", "EdDSA", []string{"1767225720", "1767225630"}},
		{"early", "EdDSA", []string{`"jti"`, `"nbf":1767225660,"jti"`}},
		{"greedy", "EdDSA", []string{"club:redeem", "payments:capture"}},
		{"impostor", "EdDSA", []string{Club, "coupons.svc"}},
		{"partner", "ES256", []string{
			outsideHeader, partnerHeader, Club, "https://partner.example", `"aud":"order-processing"`, `"aud":"shop"`,
			`"order_processing_id"`, `"order"`, `"capabilities"`, `"scope"`, `"jti"`, `"id"`, "gift_FILE", "gift_gift", "1767225720", "1767226200",
		}},
	}
}

// Raw makes the compact token.
func (o OutsideToken) Raw(t testing.TB) string {
	t.Helper()
	key := OutsideKeys(t)[o.Alg]
	header, payload := outsideHeader, outsidePayload
	for i := 0; i < len(o.Edits); i += 2 {
		if strings.Count(header+payload, o.Edits[i]) > 1 {
			t.Fatalf("%s: %s stands there twice", o.File, o.Edits[i])
		}
		header, payload = strings.Replace(header, o.Edits[i], o.Edits[i+1], 1), strings.Replace(payload, o.Edits[i], o.Edits[i+1], 1)
	}
	header = strings.NewReplacer("ALG", key.Algorithm, "KID", key.KeyID).Replace(header)
	payload = strings.Replace(payload, "FILE", o.File, 1)
	encode := base64.RawURLEncoding.EncodeToString
	input := encode([]byte(header)) + "." + encode([]byte(payload))
	signature, err := key.Sign([]byte(input))
	if err != nil {
		t.Fatal(err)
	}
	return input + "." + encode(signature)
}

// KeySetText writes keys as a JWK set.
func KeySetText(t testing.TB, keys ...any) string {
	t.Helper()
	line, err := answer.Line(map[string]any{"keys": keys})
	if err != nil {
		t.Fatal(err)
	}
	return string(line)
}

// TrustFiles are the files of testdata/trust, but for the RSA key and the ones
// that are written by hand.
func TrustFiles(t testing.TB) map[string]string {
	t.Helper()
	keys := OutsideKeys(t)
	files := map[string]string{"club.json": KeySetText(t, keys["EdDSA"], keys["ES256"], keys["RS256"], keys["PS256"])}
	files["club-ed.json"] = KeySetText(t, keys["EdDSA"])
	files["partner.json"] = KeySetText(t, keys["ES256"])
	for _, o := range OutsideTokens() {
		files[o.File+".jws"] = o.Raw(t) + "\n"
	}
	return files
}

// TrustClub is the verb that trusts the club for club:redeem.
func TrustClub(t testing.TB) string {
	return "trust add " + Club + " --jwks " + Testdata(t, "trust", "club.json") + " --capability club:redeem"
}

// Trusting is a shell with op_1 open that trusts the club, with a stand-in.
func Trusting(t testing.TB, more ...string) *interp.Shell {
	t.Helper()
	s := New(t, 1)
	Do(t, s, append([]string{"session new op_1", TrustClub(t) + " --service club"}, more...)...)
	return s
}
