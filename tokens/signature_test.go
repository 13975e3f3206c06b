package tokens

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/go-jose/go-jose/v4"
)

// resigned gives the token with other signature bytes.
func resigned(raw string, signature []byte) string {
	return re(raw, 2, func(string) string { return b64(signature) })
}

func signatureOf(raw string) []byte {
	signature, _ := base64.RawURLEncoding.DecodeString(segment(raw, 2))
	return signature
}

func TestSignatureTwinIsTheSameToken(t *testing.T) {
	checks := relayAt(epoch).Checks(Own{})
	good := control().raw()
	other := resigned(good, twin(signatureOf(good)))
	if a, b := mustAccept(t, checks, good), mustAccept(t, checks, other); good == other || a.Ref() != b.Ref() {
		t.Errorf("%v and %v", a, b)
	}
}

func TestSignatureInvalid(t *testing.T) {
	good := control().raw()
	rs := signatureOf(good)
	hostile := map[string]string{
		"stripped":          resigned(good, nil),
		"a byte short":      resigned(good, rs[:63]),
		"a byte long":       resigned(good, append([]byte{0}, rs...)),
		"halves exchanged":  resigned(good, append(append([]byte{}, rs[32:]...), rs[:32]...)),
		"of another token":  resigned(good, signatureOf(control().claim("jti", `"cpt_2"`).raw())),
		"by another key":    forgery{control().header, control().payload, pointsKey}.raw(),
		"by an Ed25519 key": forgery{control().header, control().payload, paymentsKey}.raw(),
		"header changed":    re(good, 0, func(string) string { return b64([]byte(" " + control().header.text())) }),
		"payload changed":   re(good, 1, func(string) string { return b64([]byte(control().payload.with("sub", `"user_2"`).text())) }),
	}
	digest := sha256.Sum256([]byte(good[:strings.LastIndexByte(good, '.')]))
	der, err := ecdsa.SignASN1(rand.Reader, couponsPrivate(), digest[:])
	if err != nil {
		t.Fatal(err)
	}
	hostile["DER"] = resigned(good, der)
	n := elliptic.P256().Params().N
	edges := []*big.Int{big.NewInt(0), big.NewInt(1), new(big.Int).Sub(n, big.NewInt(1)), n, new(big.Int).SetBytes([]byte(strings.Repeat("\xff", 32)))}
	for _, r := range edges {
		for _, s := range edges {
			hostile["r "+r.Text(16)+", s "+s.Text(16)] = resigned(good, append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...))
		}
	}
	for name, raw := range hostile {
		t.Run(name, func(t *testing.T) {
			mustRefuse(t, relayAt(epoch).Checks(Own{}), raw, SignatureInvalid)
			v := relayAt(epoch)
			checks := v.Checks(Own{})
			mustAccept(t, checks, good)
			mustRefuse(t, checks, raw, SignatureInvalid)
			mustAccept(t, checks, good)
		})
	}
}

// couponsPrivate is the coupons' private key, for signatures of other formats.
func couponsPrivate() *ecdsa.PrivateKey {
	d := sha256.Sum256([]byte(couponsKey.ID))
	private, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), d[:])
	if err != nil {
		panic(err)
	}
	return private
}

func TestSignatureEveryFlippedBit(t *testing.T) {
	checks := relayAt(epoch).Checks(Own{})
	good := control().raw()
	mustAccept(t, checks, good)
	rs := signatureOf(good)
	for i := range len(rs) * 8 {
		flipped := append([]byte{}, rs...)
		flipped[i/8] ^= 1 << (i % 8)
		mustRefuse(t, checks, resigned(good, flipped), SignatureInvalid)
	}
}

func TestAlgorithmIsTheKeys(t *testing.T) {
	checks := relayAt(epoch).Checks(Own{})
	public := couponsKey.Public.(*ecdsa.PublicKey)
	spki, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	secrets := [][]byte{nil, []byte("secret"), spki, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: spki})}
	for _, secret := range secrets {
		f := control().head("alg", `"HS256"`)
		f.signer.sign = func(input []byte) []byte {
			h := hmac.New(sha256.New, secret)
			h.Write(input)
			return h.Sum(nil)
		}
		mustRefuse(t, checks, f.raw(), AlgorithmNotAllowed)
	}
	for _, alg := range []string{"none", "None", "NONE", "nOnE", "", "es256", "ES256 ", "ES384", "ES512", "RS256", "PS256", "EdDSA", "HS512", "ES256K", "dir", "RSA-OAEP-256"} {
		f := control().head("alg", `"`+alg+`"`)
		mustRefuse(t, checks, f.raw(), AlgorithmNotAllowed)
		mustRefuse(t, checks, resigned(f.raw(), nil), AlgorithmNotAllowed)
	}
	f := control()
	f.header = f.header.without("alg")
	mustRefuse(t, checks, f.raw(), AlgorithmNotAllowed)
	mustAccept(t, checks, control().raw())
}

// payments gives the control as the issuer with the Ed25519 key signs it.
func payments() forgery {
	f := control().head("alg", `"EdDSA"`).head("kid", `"payments-k1"`).claim("iss", `"payments.svc"`).
		claim("aud", `"order-processing"`).claim("capabilities", `["payments:capture"]`)
	f.signer = paymentsKey
	return f
}

func TestSignatureEd25519(t *testing.T) {
	checks := relayAt(epoch).Checks(Own{})
	good := payments().raw()
	mustAccept(t, checks, good)
	mustRefuse(t, checks, payments().head("alg", `"ES256"`).raw(), AlgorithmNotAllowed)
	other := payments()
	other.signer = eddsa("somebody else")
	mustRefuse(t, checks, other.raw(), SignatureInvalid)

	// S + L is the same point's multiple; RFC 8032 5.1.7 wants S < L.
	signature := signatureOf(good)
	l, _ := new(big.Int).SetString("7237005577332262213973186563042994240857116359379907606001950938285454250989", 10)
	s := make([]byte, 32)
	for i := range s {
		s[i] = signature[63-i]
	}
	sum := new(big.Int).Add(new(big.Int).SetBytes(s), l).FillBytes(make([]byte, 32))
	for i := range sum {
		signature[63-i] = sum[i]
	}
	mustRefuse(t, checks, resigned(good, signature), SignatureInvalid)
	mustRefuse(t, checks, resigned(good, signatureOf(good)[:63]), SignatureInvalid)
	mustRefuse(t, checks, resigned(good, make([]byte, ed25519.SignatureSize)), SignatureInvalid)
	mustAccept(t, checks, good)
}

func TestSignatureRSAOfAnOutsideIssuer(t *testing.T) {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	sign := map[jose.SignatureAlgorithm]func([]byte) ([]byte, error){
		jose.RS256: func(digest []byte) ([]byte, error) {
			return rsa.SignPKCS1v15(rand.Reader, private, crypto.SHA256, digest)
		},
		jose.PS256: func(digest []byte) ([]byte, error) {
			return rsa.SignPSS(rand.Reader, private, crypto.SHA256, digest, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
		},
	}
	for key, other := range map[jose.SignatureAlgorithm]jose.SignatureAlgorithm{jose.RS256: jose.PS256, jose.PS256: jose.RS256} {
		v := relayAt(epoch)
		v.Issuers = func(iss string) (Issuer, bool) {
			return Issuer{iss, ring{"outside-k1": {"outside-k1", key, &private.PublicKey}}, []string{"coupons:redeem"}, nil}, iss == "outside.example"
		}
		token := func(header, signed jose.SignatureAlgorithm) string {
			f := control().head("alg", `"`+string(header)+`"`).head("kid", `"outside-k1"`).claim("iss", `"outside.example"`).claim("aud", `"order-processing"`)
			f.signer.sign = func(input []byte) []byte {
				digest := sha256.Sum256(input)
				signature, err := sign[signed](digest[:])
				if err != nil {
					t.Fatal(err)
				}
				return signature
			}
			return f.raw()
		}
		checks := v.Checks(Own{})
		mustAccept(t, checks, token(key, key))
		mustRefuse(t, checks, token(other, other), AlgorithmNotAllowed)
		mustRefuse(t, checks, token(key, other), SignatureInvalid)
		mustAccept(t, checks, token(key, key))
	}
}

// The salt of PS256 is as long as its hash (RFC 7518 3.5), whatever the header says
// beside.
func TestSaltOfPS256(t *testing.T) {
	ps := rsaSigner("ps", jose.PS256)
	checks := trusting(StaticKeys{ps.Key}, &Profile{Header: []string{"x-tenant"}}).Checks(Own{})
	for length, want := range map[int]Reason{rsa.PSSSaltLengthEqualsHash: "", 20: SignatureInvalid, 64: SignatureInvalid} {
		for _, f := range []forgery{outside(ps), outside(ps).head("x-tenant", `"x"`)} {
			f.signer.sign = func(input []byte) []byte {
				digest := sha256.Sum256(input)
				signature, err := rsa.SignPSS(rand.Reader, outsideRSA(), crypto.SHA256, digest[:], &rsa.PSSOptions{SaltLength: length})
				if err != nil {
					t.Fatal(err)
				}
				return signature
			}
			if want == "" {
				mustAccept(t, checks, f.raw())
			} else {
				mustRefuse(t, checks, f.raw(), want)
			}
		}
	}
}

// A key verifies by its own algorithm, whatever kind of key stands beside it, and one
// of no length by none.
func TestAKeyVerifiesByItsOwnAlgorithm(t *testing.T) {
	text := []byte("what is signed")
	for _, s := range []signer{couponsKey, paymentsKey, rsaSigner("rs", jose.RS256), rsaSigner("ps", jose.PS256)} {
		signature := s.sign(text)
		for _, alg := range []jose.SignatureAlgorithm{jose.ES256, jose.EdDSA, jose.RS256, jose.PS256, jose.ES384, jose.HS256, ""} {
			key := Key{s.ID, alg, s.Public}
			if got := key.verifies(text, signature); got != (alg == s.Algorithm) {
				t.Errorf("a signature of %s by a key for %q: %v", s.Algorithm, alg, got)
			}
		}
	}
	short := Key{"short", jose.EdDSA, ed25519.PublicKey{1, 2, 3}}
	if short.verifies(text, make([]byte, ed25519.SignatureSize)) {
		t.Error("a key of three bytes has verified")
	}
}

// R and S as DER has them: without the zeros in front, and never negative.
func TestNumbersOfASignature(t *testing.T) {
	seen := map[string]bool{}
	for i := 0; i < 20_000 && len(seen) < 4; i++ {
		text := []byte(strconv.Itoa(i))
		signature := couponsKey.sign(text)
		kinds := map[string]bool{"r begins with a zero": signature[0] == 0, "s begins with a zero": signature[32] == 0, "r begins with 0x80": signature[0] == 0x80, "s begins with 0x80": signature[32] == 0x80}
		for kind, is := range kinds {
			if is && !seen[kind] {
				seen[kind] = true
				if !couponsKey.verifies(text, signature) {
					t.Errorf("%s: a good signature does not verify", kind)
				}
			}
		}
	}
	if len(seen) < 4 {
		t.Errorf("no signature of every kind: %v", seen)
	}
	for name, signature := range map[string][]byte{"none": make([]byte, 64), "no r": append(make([]byte, 32), couponsKey.sign(nil)[32:]...), "no s": append(couponsKey.sign(nil)[:32:32], make([]byte, 32)...)} {
		if couponsKey.verifies(nil, signature) {
			t.Errorf("%s: a number of zero has verified", name)
		}
	}
}

// The same header segment under two issuers, each with its own key of that
// kid: what one has verified is not a proof for the other.
func TestKnownHeaderStillNeedsTheIssuersKey(t *testing.T) {
	v := relayAt(epoch)
	keys := map[string]ring{"coupons.svc": {"k": couponsKey.Key}, "points.svc": {"k": pointsKey.Key}}
	v.Issuers = func(iss string) (Issuer, bool) {
		return Issuer{iss, keys[iss], []string{"coupons:redeem"}, nil}, keys[iss] != nil
	}
	checks := v.Checks(Own{})
	a := control().head("kid", `"k"`).claim("aud", `"order-processing"`)
	b := a.claim("iss", `"points.svc"`)
	mustAccept(t, checks, a.raw())
	mustRefuse(t, checks, b.raw(), SignatureInvalid) // signed by coupons
	b.signer = pointsKey
	mustAccept(t, checks, b.raw())
	a.signer = pointsKey
	mustRefuse(t, checks, a.raw(), SignatureInvalid)

	delete(keys["points.svc"], "k") // retired
	mustRefuse(t, checks, b.raw(), KeyUnknown)
	keys["points.svc"]["k"] = paymentsKey.Key // another algorithm
	mustRefuse(t, checks, b.raw(), AlgorithmNotAllowed)
	keys["points.svc"]["k"] = Key{"k", jose.ES256, paymentsKey.Public} // a key set's mistake
	mustRefuse(t, checks, b.raw(), SignatureInvalid)
	keys["points.svc"]["k"] = Key{"k", jose.ES256, nil}
	mustRefuse(t, checks, b.raw(), SignatureInvalid)
	keys["points.svc"]["k"] = Key{"k", "", pointsKey.Public}
	f := b
	f.header = f.header.without("alg")
	if _, err := Judge(f.raw(), checks); err == nil {
		t.Error("no alg and a key without one: accepted")
	}
}

// FuzzSignature: whatever the signature, the standard library and go-jose, which
// reads the whole token, say the same of it under every kind of key, and of a
// signature that is good for another algorithm of its key.
func FuzzSignature(f *testing.F) {
	keys := []signer{couponsKey, paymentsKey, rsaSigner("rs", jose.RS256), rsaSigner("ps", jose.PS256)}
	raws, good := make([]string, len(keys)), make([][]byte, len(keys))
	for i, key := range keys {
		header := `{"alg":"` + string(key.Algorithm) + `","kid":"` + key.ID + `","typ":"confirmation+jwt"}`
		raws[i] = key.compact(header, control().payload.text())
		good[i] = signatureOf(raws[i])
		f.Add(uint8(i), good[i])
		f.Add(uint8(i), append([]byte{}, good[i][:len(good[i])-1]...))
		f.Add(uint8(i+1), good[i])
		f.Add(uint8(i), good[i][1:])
	}
	f.Add(uint8(0), twin(good[0]))
	n := elliptic.P256().Params().N
	for _, r := range []*big.Int{big.NewInt(0), big.NewInt(1), n, new(big.Int).SetBytes([]byte(strings.Repeat("\x80", 32)))} {
		f.Add(uint8(0), append(r.FillBytes(make([]byte, 32)), good[0][32:]...))
		f.Add(uint8(0), append(append([]byte{}, good[0][:32]...), r.FillBytes(make([]byte, 32))...))
	}
	f.Fuzz(func(t *testing.T, which uint8, signature []byte) {
		at := int(which) % len(keys)
		key := keys[at]
		e := begin(resigned(raws[at], signature))
		e.key = key.Key
		if checkStructure(nil, e) != nil {
			t.Skip()
		}
		if fast, plain := key.verifies(e.signed(), e.signature), verifiesByJOSE(e); fast != plain {
			t.Fatalf("%s, %x: %v, and go-jose %v", key.Algorithm, signature, fast, plain)
		}
	})
}

// The race detector watches.
func TestVerifierIsSafeForConcurrentUse(t *testing.T) {
	checks := relayAt(epoch).Checks(Own{})
	f := control()
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 20 {
				header := f.header.text() + strings.Repeat(" ", (g+i)%5)
				if _, err := Judge(f.signer.compact(header, f.payload.text()), checks); err != nil {
					t.Errorf("good token: %v", err)
				}
				if _, err := Judge(pointsKey.compact(header, f.payload.text()), checks); err == nil {
					t.Error("forgery accepted")
				}
			}
		})
	}
	wg.Wait()
}
