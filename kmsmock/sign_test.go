package kmsmock

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"math/big"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

const (
	es256 = types.SigningAlgorithmSpecEcdsaSha256
	eddsa = types.SigningAlgorithmSpecEd25519Sha512
)

// TestRFC6979 holds the signing function to RFC 6979 A.2.5, P-256 with SHA-256.
func TestRFC6979(t *testing.T) {
	raw, err := hex.DecodeString("C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721")
	if err != nil {
		t.Fatal(err)
	}
	private, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), raw)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct{ message, r, s string }{
		{"sample",
			"EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716",
			"F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8"},
		{"test",
			"F1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367",
			"019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083"},
	} {
		digest := sha256.Sum256([]byte(row.message))
		der, err := p256Material(private).sign(digest[:])
		if err != nil {
			t.Fatal(err)
		}
		var got struct{ R, S *big.Int }
		if rest, err := asn1.Unmarshal(der, &got); err != nil || len(rest) != 0 {
			t.Fatalf("%s: no DER: %v", row.message, err)
		}
		r, _ := new(big.Int).SetString(row.r, 16)
		s, _ := new(big.Int).SetString(row.s, 16)
		if got.R.Cmp(r) != 0 || got.S.Cmp(s) != 0 {
			t.Errorf("%s: got r %X, s %X", row.message, got.R, got.S)
		}
	}
}

func TestScalarIsDrawnAgain(t *testing.T) {
	seeded := deriveFrom([]byte("a seed"))
	tries := 0
	once := func(purpose string, n int) ([]byte, error) {
		tries++
		if tries == 1 {
			return make([]byte, n), nil // zero is not a scalar
		}
		return seeded(purpose, n)
	}
	if _, err := generateP256(once, 0); err != nil || tries != 2 {
		t.Errorf("got %v after %d tries", err, tries)
	}
	never := func(_ string, n int) ([]byte, error) { return make([]byte, n), nil }
	if _, err := generateP256(never, 0); err == nil {
		t.Error("a derivation of zeros made a key")
	}
	broken := func(string, int) ([]byte, error) { return nil, errors.New("broken") }
	if _, err := generateP256(broken, 0); err == nil {
		t.Error("a broken derivation made a P-256 key")
	}
	if _, err := generateEd25519(broken, 0); err == nil {
		t.Error("a broken derivation made an Ed25519 key")
	}
	k := New(Config{})
	k.derive = broken
	_, err := k.CreateKey(t.Context(), &kms.CreateKeyInput{KeySpec: types.KeySpecEccNistP256, KeyUsage: types.KeyUsageTypeSignVerify})
	if !as[*types.KMSInternalException](err) {
		t.Errorf("got %v, want KMSInternalException", err)
	}
}

func TestSignaturesVerify(t *testing.T) {
	onBothPaths(t, func(t *testing.T, w *world) {
		message := bytes.Repeat([]byte("m"), 4096)
		digest := sha256.Sum256(message)
		raw, err := w.sign(w.p256, message, types.MessageTypeRaw, es256)
		w.must(err)
		hashed, err := w.sign(w.p256, digest[:], types.MessageTypeDigest, es256)
		w.must(err)
		if !bytes.Equal(raw.Signature, hashed.Signature) || raw.SigningAlgorithm != es256 {
			t.Error("RAW and DIGEST differ")
		}
		if !ecdsa.VerifyASN1(w.publicKey(w.p256).(*ecdsa.PublicKey), digest[:], raw.Signature) {
			t.Error("the ECDSA signature does not verify")
		}
		ed, err := w.sign(w.ed25, message, "", eddsa)
		w.must(err)
		if !ed25519.Verify(w.publicKey(w.ed25).(ed25519.PublicKey), message, ed.Signature) {
			t.Error("the Ed25519 signature does not verify")
		}
	})
}

func TestSignRefuses(t *testing.T) {
	const raw, digest = types.MessageTypeRaw, types.MessageTypeDigest
	for _, row := range []struct {
		name      string
		key       func(*world) string
		size      int
		kind      types.MessageType
		algorithm types.SigningAlgorithmSpec
		code      string
	}{
		{"empty message", p256, 0, raw, es256, "ValidationException"},
		{"long message", p256, 4097, raw, es256, "ValidationException"},
		{"short digest", p256, 31, digest, es256, "ValidationException"},
		{"long digest", p256, 33, digest, es256, "ValidationException"},
		{"digest for Ed25519", ed25, 32, digest, eddsa, "ValidationException"},
		{"ML-DSA message type", p256, 64, types.MessageTypeExternalMu, es256, "ValidationException"},
		{"unknown message type", p256, 32, "FOO", es256, "ValidationException"},
		{"unknown algorithm", p256, 32, raw, "FOO", "ValidationException"},
		{"other algorithm of P-256", p256, 48, digest, types.SigningAlgorithmSpecEcdsaSha384, "InvalidKeyUsageException"},
		{"Ed25519 with P-256", p256, 32, raw, eddsa, "InvalidKeyUsageException"},
		{"P-256 with Ed25519", ed25, 32, raw, es256, "InvalidKeyUsageException"},
		{"prehashed Ed25519", ed25, 64, digest, types.SigningAlgorithmSpecEd25519PhSha512, "UnsupportedOperationException"},
		{"key that decrypts", rsa2048, 32, raw, es256, "InvalidKeyUsageException"},
	} {
		t.Run(row.name, func(t *testing.T) {
			onBothPaths(t, func(t *testing.T, w *world) {
				_, err := w.sign(row.key(w), make([]byte, row.size), row.kind, row.algorithm)
				wantCode(t, err, row.code)
			})
		})
	}
}

func p256(w *world) string    { return w.p256 }
func ed25(w *world) string    { return w.ed25 }
func rsa2048(w *world) string { return w.rsa }

func TestSignWithoutAlgorithm(t *testing.T) {
	w := newWorld(t, New(Config{}), nil)
	_, err := w.sign(w.p256, []byte("m"), "", "")
	wantCode(t, err, "ValidationException")
}

func TestSignDryRun(t *testing.T) {
	onBothPaths(t, func(t *testing.T, w *world) {
		_, err := w.Sign(t.Context(), &kms.SignInput{KeyId: &w.p256, Message: []byte("m"), SigningAlgorithm: es256, DryRun: aws.Bool(true)})
		wantCode(t, err, "DryRunOperationException")
	})
}

// TestUsageThenStateThenAlgorithm: the order in which the real service looks.
func TestUsageThenStateThenAlgorithm(t *testing.T) {
	onBothPaths(t, func(t *testing.T, w *world) {
		w.disable(w.p256)
		w.disable(w.rsa)
		_, err := w.sign(w.rsa, []byte("m"), "", es256)
		wantCode(t, err, "InvalidKeyUsageException")
		_, err = w.sign(w.p256, []byte("m"), "", eddsa)
		wantCode(t, err, "DisabledException")
	})
}

// FuzzSign: whatever is asked for, the answer is a signature that verifies or an API
// error that any other message of that length would have got too.
func FuzzSign(f *testing.F) {
	f.Add("alias/a", []byte("message"), "RAW", "ECDSA_SHA_256")
	f.Add("alias/a", make([]byte, 32), "DIGEST", "ECDSA_SHA_256")
	f.Add("arn:aws:kms:eu-central-1:000000000000:alias/a", []byte("m"), "", "ED25519_SHA_512")
	k := New(Config{})
	made, err := k.CreateKey(f.Context(), &kms.CreateKeyInput{KeySpec: types.KeySpecEccNistP256, KeyUsage: types.KeyUsageTypeSignVerify})
	if err != nil {
		f.Fatal(err)
	}
	_, err = k.CreateAlias(f.Context(), &kms.CreateAliasInput{AliasName: aws.String("alias/a"), TargetKeyId: made.KeyMetadata.KeyId})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, ref string, message []byte, kind, algorithm string) {
		w := &world{service: k, t: t}
		out, err := w.sign(ref, message, types.MessageType(kind), types.SigningAlgorithmSpec(algorithm))
		if err != nil {
			_, other := w.sign(ref, make([]byte, len(message)), types.MessageType(kind), types.SigningAlgorithmSpec(algorithm))
			if !isAPIError(err) || message != nil && (other == nil || other.Error() != err.Error()) {
				t.Errorf("got error %q, and %v for zeros", err, other)
			}
			return
		}
		digest := message
		if kind != "DIGEST" {
			sum := sha256.Sum256(message)
			digest = sum[:]
		}
		if !ecdsa.VerifyASN1(w.publicKey(ref).(*ecdsa.PublicKey), digest, out.Signature) {
			t.Error("the signature does not verify")
		}
	})
}
