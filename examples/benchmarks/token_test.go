// A token and its bare check: what every ratio is to.

package benchmarks

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/base64"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"tokenshell/tokens"
)

var now = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

const (
	issuer     = "coupons.svc"
	kid        = "coupons-k1-00000000"
	capability = "coupons:redeem"
)

// signingKey is an issuer's key of one algorithm.
type signingKey struct {
	alg     jose.SignatureAlgorithm
	private crypto.Signer
	public  crypto.PublicKey
}

func newKey(b *testing.B, alg jose.SignatureAlgorithm) signingKey {
	b.Helper()
	if alg == jose.EdDSA {
		_, private, err := ed25519.GenerateKey(rand.Reader)
		must(b, err)
		return signingKey{alg, private, private.Public()}
	}
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(b, err)
	return signingKey{alg, private, private.Public()}
}

// Key is for [tokens.KeySet].
func (k signingKey) Key(id string) (tokens.Key, error) {
	if id != kid {
		return tokens.Key{}, errors.New("it was never there")
	}
	return tokens.Key{ID: kid, Algorithm: k.alg, Public: k.public}, nil
}

// claims are those of a coupon's token.
func claims(order, jti string) tokens.Claims {
	return tokens.Claims{
		Issuer: issuer, Audience: []string{tokens.Audience, issuer}, Subject: "user_123",
		IssuedAt: now, ExpiresAt: now.Add(tokens.DefaultLifetime), ID: jti, Order: order, Capabilities: []string{capability},
		Constraints: []byte(`{"coupon_ref":"` + strings.Repeat("c", 43) + `","amount_sha256":"` + strings.Repeat("d", 43) + `"}`),
	}
}

var encode = base64.RawURLEncoding.EncodeToString

// sign makes a compact token.
func (k signingKey) sign(b *testing.B, c tokens.Claims) string {
	b.Helper()
	payload, err := c.Payload()
	must(b, err)
	input := encode([]byte(`{"alg":"`+string(k.alg)+`","kid":"`+kid+`","typ":"`+tokens.Type+`"}`)) + "." + encode(payload)
	if private, ok := k.private.(ed25519.PrivateKey); ok {
		return input + "." + encode(ed25519.Sign(private, []byte(input)))
	}
	digest := sha256.Sum256([]byte(input))
	r, s, err := ecdsa.Sign(rand.Reader, k.private.(*ecdsa.PrivateKey), digest[:])
	must(b, err)
	var raw [64]byte
	r.FillBytes(raw[:32])
	s.FillBytes(raw[32:])
	return input + "." + encode(raw[:])
}

// bare gives the signature check of a token and nothing else: of ES256 the digest is
// there already, and the signature is in the form that the standard library takes.
func (k signingKey) bare(b *testing.B, raw string) func() {
	b.Helper()
	cut := strings.LastIndexByte(raw, '.')
	input := []byte(raw[:cut])
	signature, err := base64.RawURLEncoding.DecodeString(raw[cut+1:])
	must(b, err)
	if public, ok := k.public.(ed25519.PublicKey); ok {
		return func() {
			if !ed25519.Verify(public, input, signature) {
				b.Fatal("not verified")
			}
		}
	}
	public := k.public.(*ecdsa.PublicKey)
	digest := sha256.Sum256(input)
	der, err := asn1.Marshal(struct{ R, S *big.Int }{new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])})
	must(b, err)
	return func() {
		if !ecdsa.VerifyASN1(public, digest[:], der) {
			b.Fatal("not verified")
		}
	}
}

// verifier judges as the relay does.
func (k signingKey) verifier() []tokens.Check {
	v := &tokens.Verifier{
		Party: tokens.Audience, Clock: tokens.FrozenClock(now), Leeway: func() time.Duration { return 0 },
		Issuers: func(iss string) (tokens.Issuer, bool) {
			return tokens.Issuer{Name: iss, Keys: k, Capabilities: []string{capability}}, iss == issuer
		},
	}
	return v.Checks(tokens.Own{Session: func(*tokens.Claims) error { return nil }, Replay: func(*tokens.Claims) error { return nil }})
}

// id is shaped like those of a mint.
func id(kind string, n int) string {
	const digits = "abcdefghijklmnopqrstuvwxyz234567"
	text := []byte(kind + "_" + strings.Repeat("a", 26))
	for i := len(text) - 1; n > 0; i-- {
		text[i] = digits[n%32]
		n /= 32
	}
	return string(text)
}
