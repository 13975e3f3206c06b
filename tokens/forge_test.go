// The forge: any header and any payload under a proper signature, for what is
// badly signed proves nothing about the checks behind the signature.

package tokens

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// epoch is when the tests take place.
var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// seconds writes a time as a NumericDate.
func seconds(t time.Time) string { return strconv.FormatInt(t.Unix(), 10) }

// signer is a key pair that signs bytes, whatever they say.
type signer struct {
	Key
	sign func(input []byte) []byte
}

// es256 derives a P-256 pair from a seed and signs by RFC 6979.
func es256(seed string) signer {
	d := sha256.Sum256([]byte(seed))
	private, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), d[:])
	if err != nil {
		panic(err)
	}
	return signer{Key{seed, jose.ES256, &private.PublicKey}, func(input []byte) []byte {
		digest := sha256.Sum256(input)
		der, err := private.Sign(nil, digest[:], crypto.SHA256)
		if err != nil {
			panic(err)
		}
		var rs struct{ R, S *big.Int }
		if _, err := asn1.Unmarshal(der, &rs); err != nil {
			panic(err)
		}
		return append(rs.R.FillBytes(make([]byte, 32)), rs.S.FillBytes(make([]byte, 32))...)
	}}
}

// eddsa derives an Ed25519 pair from a seed.
func eddsa(seed string) signer {
	d := sha256.Sum256([]byte(seed))
	private := ed25519.NewKeyFromSeed(d[:])
	return signer{Key{seed, jose.EdDSA, private.Public()}, func(input []byte) []byte {
		return ed25519.Sign(private, input)
	}}
}

// twin gives the other ES256 signature of the same input: (r, n-s).
func twin(signature []byte) []byte {
	s := new(big.Int).SetBytes(signature[32:])
	s.Sub(elliptic.P256().Params().N, s)
	return append(append([]byte{}, signature[:32]...), s.FillBytes(make([]byte, 32))...)
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// compact signs the two texts as they are.
func (s signer) compact(header, payload string) string {
	input := b64([]byte(header)) + "." + b64([]byte(payload))
	return input + "." + b64(s.sign([]byte(input)))
}

// document is a JSON object under construction: raw values, in this order,
// with duplicates if a test wants them.
type document []struct{ name, value string }

// with replaces the named value, or appends it.
func (d document) with(name, value string) document {
	out := append(document{}, d...)
	for i := range out {
		if out[i].name == name {
			out[i].value = value
			return out
		}
	}
	return out.twice(name, value)
}

// twice appends a member even when the name stands there already.
func (d document) twice(name, value string) document {
	return append(append(document{}, d...), struct{ name, value string }{name, value})
}

func (d document) without(name string) document {
	var out document
	for _, m := range d {
		if m.name != name {
			out = append(out, m)
		}
	}
	return out
}

func (d document) text() string {
	var members []string
	for _, m := range d {
		members = append(members, `"`+m.name+`":`+m.value)
	}
	return "{" + strings.Join(members, ",") + "}"
}

// forgery is a token before it is signed.
type forgery struct {
	header, payload document
	signer          signer
}

// control is the good token that every bad one is made from.
func control() forgery {
	return forgery{
		header: document{{"alg", `"ES256"`}, {"kid", `"coupons-k1"`}, {"typ", `"confirmation+jwt"`}},
		payload: document{
			{"iss", `"coupons.svc"`}, {"aud", `["order-processing","coupons.svc"]`}, {"sub", `"user_123"`},
			{"iat", seconds(epoch)}, {"exp", seconds(epoch.Add(DefaultLifetime))},
			{"jti", `"cpt_1"`}, {"order_processing_id", `"op_1"`},
			{"capabilities", `["coupons:redeem"]`}, {"constraints", `{"coupon_ref":"c"}`},
		},
		signer: couponsKey,
	}
}

func (f forgery) raw() string { return f.signer.compact(f.header.text(), f.payload.text()) }

// claim and head give the forgery with one value changed.
func (f forgery) claim(name, value string) forgery {
	f.payload = f.payload.with(name, value)
	return f
}

func (f forgery) head(name, value string) forgery {
	f.header = f.header.with(name, value)
	return f
}

var (
	couponsKey  = es256("coupons-k1")
	pointsKey   = es256("points-k1")
	paymentsKey = eddsa("payments-k1")
)

// ring is a key set; a kid that is not in it was never there.
type ring map[string]Key

func (r ring) Key(kid string) (Key, error) {
	key, ok := r[kid]
	if !ok {
		return Key{}, errors.New("never there")
	}
	return key, nil
}

func ringOf(signers ...signer) ring {
	r := ring{}
	for _, s := range signers {
		r[s.ID] = s.Key
	}
	return r
}

// verifierAt is the named party with three issuers, at the given time.
func verifierAt(party string, now time.Time, leeway time.Duration) *Verifier {
	issuers := map[string]Issuer{
		"coupons.svc":  {"coupons.svc", ringOf(couponsKey), []string{"coupons:redeem"}, nil},
		"points.svc":   {"points.svc", ringOf(pointsKey), []string{"points:redeem"}, nil},
		"payments.svc": {"payments.svc", ringOf(paymentsKey), []string{"payments:capture"}, nil},
	}
	return &Verifier{
		Party: party, Clock: FrozenClock(now), Leeway: func() time.Duration { return leeway },
		Issuers: func(iss string) (Issuer, bool) { i, ok := issuers[iss]; return i, ok },
	}
}

func relayAt(now time.Time) *Verifier { return verifierAt(Audience, now, 0) }

// mustAccept fails the test when the token is refused.
func mustAccept(t *testing.T, checks []Check, raw string) *Claims {
	t.Helper()
	claims, err := Judge(raw, checks)
	if err != nil {
		t.Fatalf("a good token: %v", err)
	}
	return claims
}

// mustRefuse wants the refusal's reason, no claims, and a detail that is safe
// to print and does not repeat the token.
func mustRefuse(t *testing.T, checks []Check, raw string, want Reason) *Refusal {
	t.Helper()
	claims, err := Judge(raw, checks)
	if !errors.Is(err, want) {
		t.Fatalf("got %v, want %s", err, want)
	}
	if claims != nil {
		t.Error("a refused token left claims behind")
	}
	var refusal *Refusal
	if !errors.As(err, &refusal) {
		t.Fatalf("%T is not a refusal", err)
	}
	if problem := unprintable(refusal, raw); problem != "" {
		t.Error(problem)
	}
	return refusal
}

// unprintable says why a refusal must not be shown; "" when it may.
func unprintable(refusal *Refusal, raw string) string {
	text := refusal.Error()
	for _, r := range text {
		if r != '…' && (r < 0x20 || r > 0x7e) {
			return fmt.Sprintf("%U in %q", r, text)
		}
	}
	if len(text) > 512 {
		return fmt.Sprintf("%d bytes of message: %q", len(text), text)
	}
	for _, segment := range strings.Split(raw, ".") {
		if len(segment) > 16 && strings.Contains(text, segment[:16]) {
			return fmt.Sprintf("%q repeats the token", text)
		}
	}
	for _, id := range []string{refusal.Token.Issuer, refusal.Token.ID, refusal.Token.Order} {
		if id != "" && !isID(id) {
			return fmt.Sprintf("ref holds %q, which is not an id", id)
		}
	}
	return ""
}

// count wraps an own check and counts its calls.
type count struct {
	mu sync.Mutex
	n  int
}

func (c *count) check(*Claims) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n++
	return nil
}
