package tokens

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/asn1"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

type oneKey Key

func (k oneKey) Key(kid string) (Key, error) {
	if kid != k.ID {
		return Key{}, errors.New("never there")
	}
	return Key(k), nil
}

// BenchmarkVerify puts the whole verification of an ES256 token beside the
// bare ecdsa.VerifyASN1 of the same input: the ratio is what the contract costs.
func BenchmarkVerify(b *testing.B) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	claims := Claims{
		Issuer: "coupons.svc", Audience: []string{Audience, "coupons.svc"}, Subject: "user_123",
		IssuedAt: now, ExpiresAt: now.Add(DefaultLifetime), ID: "cpt_" + strings.Repeat("a", 26),
		Order: "op_" + strings.Repeat("b", 26), Capabilities: []string{"coupons:redeem"},
		Constraints: []byte(`{"coupon_ref":"` + strings.Repeat("c", 43) + `","amount_sha256":"` + strings.Repeat("d", 43) + `"}`),
	}
	payload, err := claims.Payload()
	if err != nil {
		b.Fatal(err)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: private, KeyID: "coupons-k1-00000000"}},
		(&jose.SignerOptions{}).WithType(Type))
	if err != nil {
		b.Fatal(err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		b.Fatal(err)
	}
	raw, err := signed.CompactSerialize()
	if err != nil {
		b.Fatal(err)
	}
	v := &Verifier{
		Party: Audience, Clock: FrozenClock(now), Leeway: func() time.Duration { return 0 },
		Issuers: func(iss string) (Issuer, bool) {
			return Issuer{iss, oneKey{"coupons-k1-00000000", jose.ES256, &private.PublicKey}, []string{"coupons:redeem"}, nil}, iss == "coupons.svc"
		},
	}
	checks := v.Checks(Own{Session: func(*Claims) error { return nil }, Replay: func(*Claims) error { return nil }})
	cut := strings.LastIndexByte(raw, '.')
	digest := sha256.Sum256([]byte(raw[:cut]))
	rs, _ := decodeSegment(raw[cut+1:])
	der, err := asn1.Marshal(struct{ R, S *big.Int }{new(big.Int).SetBytes(rs[:32]), new(big.Int).SetBytes(rs[32:])})
	if err != nil {
		b.Fatal(err)
	}
	b.Run("raw", func(b *testing.B) {
		for b.Loop() {
			if !ecdsa.VerifyASN1(&private.PublicKey, digest[:], der) {
				b.Fatal("not verified")
			}
		}
	})
	b.Run("whole", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := Judge(raw, checks); err != nil {
				b.Fatal(err)
			}
		}
	})
}
