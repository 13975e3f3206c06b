package kmsmock

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"errors"
	"hash"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/smithy-go"
)

const (
	oaep1   = types.EncryptionAlgorithmSpecRsaesOaepSha1
	oaep256 = types.EncryptionAlgorithmSpecRsaesOaepSha256
)

func isAPIError(err error) bool {
	var api smithy.APIError
	return errors.As(err, &api)
}

func (w *world) encrypt(h hash.Hash, plaintext []byte) []byte {
	w.t.Helper()
	ciphertext, err := rsa.EncryptOAEP(h, rand.Reader, w.publicKey(w.rsa).(*rsa.PublicKey), plaintext, nil)
	w.must(err)
	return ciphertext
}

func TestDecryptOpensWhatWasEncrypted(t *testing.T) {
	onBothPaths(t, func(t *testing.T, w *world) {
		w.alias("alias/a", w.rsa)
		for algorithm, h := range map[types.EncryptionAlgorithmSpec]hash.Hash{oaep1: sha1.New(), oaep256: sha256.New()} {
			secret := []byte("a content encryption key")
			out, err := w.Decrypt(t.Context(), &kms.DecryptInput{
				KeyId: aws.String("alias/a"), CiphertextBlob: w.encrypt(h, secret), EncryptionAlgorithm: algorithm,
			})
			w.must(err)
			if !bytes.Equal(out.Plaintext, secret) || *out.KeyId != arnPrefix+"key/"+w.rsa || out.EncryptionAlgorithm != algorithm {
				t.Errorf("%s: got %q by %s with %s", algorithm, out.Plaintext, *out.KeyId, out.EncryptionAlgorithm)
			}
		}
	})
}

// TestOneErrorForEveryCiphertext: nothing in the error tells one failure from another.
func TestOneErrorForEveryCiphertext(t *testing.T) {
	onBothPaths(t, func(t *testing.T, w *world) {
		good := w.encrypt(sha256.New(), []byte("secret"))
		flipped := bytes.Clone(good)
		flipped[100] ^= 1
		for name, in := range map[string]kms.DecryptInput{
			"flipped bit":        {CiphertextBlob: flipped, EncryptionAlgorithm: oaep256},
			"other hash":         {CiphertextBlob: good, EncryptionAlgorithm: oaep1},
			"one byte":           {CiphertextBlob: []byte{1}, EncryptionAlgorithm: oaep256},
			"truncated":          {CiphertextBlob: good[:255], EncryptionAlgorithm: oaep256},
			"too many bytes":     {CiphertextBlob: append(bytes.Clone(good), 0), EncryptionAlgorithm: oaep256},
			"above the modulus":  {CiphertextBlob: bytes.Repeat([]byte{0xff}, 256), EncryptionAlgorithm: oaep256},
			"zeros":              {CiphertextBlob: make([]byte, 256), EncryptionAlgorithm: oaep256},
			"no algorithm":       {CiphertextBlob: good},
			"symmetric":          {CiphertextBlob: good, EncryptionAlgorithm: types.EncryptionAlgorithmSpecSymmetricDefault},
			"longest ciphertext": {CiphertextBlob: make([]byte, 6144), EncryptionAlgorithm: oaep256},
		} {
			in.KeyId = &w.rsa
			_, err := w.Decrypt(t.Context(), &in)
			got, ok := errors.AsType[*types.InvalidCiphertextException](err)
			if !ok || got.ErrorMessage() != "" {
				t.Errorf("%s: got %v", name, err)
			}
		}
	})
}

func TestDecryptRefuses(t *testing.T) {
	some := bytes.Repeat([]byte{1}, 256)
	for _, row := range []struct {
		name string
		key  func(*world) string
		in   kms.DecryptInput
		code string
	}{
		{"no key id", nil, kms.DecryptInput{CiphertextBlob: some, EncryptionAlgorithm: oaep256}, "ValidationException"},
		{"no ciphertext", rsa2048, kms.DecryptInput{EncryptionAlgorithm: oaep256}, "ValidationException"},
		{"empty ciphertext", rsa2048, kms.DecryptInput{CiphertextBlob: []byte{}, EncryptionAlgorithm: oaep256}, "ValidationException"},
		{"long ciphertext", rsa2048, kms.DecryptInput{CiphertextBlob: make([]byte, 6145), EncryptionAlgorithm: oaep256}, "ValidationException"},
		{"unknown algorithm", rsa2048, kms.DecryptInput{CiphertextBlob: some, EncryptionAlgorithm: "FOO"}, "ValidationException"},
		{"encryption context", rsa2048, kms.DecryptInput{CiphertextBlob: some, EncryptionAlgorithm: oaep256, EncryptionContext: map[string]string{"a": "b"}}, "ValidationException"},
		{"recipient", rsa2048, kms.DecryptInput{CiphertextBlob: some, EncryptionAlgorithm: oaep256, Recipient: &types.RecipientInfo{}}, "UnsupportedOperationException"},
		{"algorithm of SM2", rsa2048, kms.DecryptInput{CiphertextBlob: some, EncryptionAlgorithm: types.EncryptionAlgorithmSpecSm2pke}, "InvalidKeyUsageException"},
		{"key that signs", p256, kms.DecryptInput{CiphertextBlob: some, EncryptionAlgorithm: oaep256}, "InvalidKeyUsageException"},
		{"dry run", rsa2048, kms.DecryptInput{CiphertextBlob: some, EncryptionAlgorithm: oaep256, DryRun: aws.Bool(true)}, "DryRunOperationException"},
	} {
		t.Run(row.name, func(t *testing.T) {
			onBothPaths(t, func(t *testing.T, w *world) {
				in := row.in
				if row.key != nil {
					in.KeyId = aws.String(row.key(w))
				}
				_, err := w.Decrypt(t.Context(), &in)
				wantCode(t, err, row.code)
			})
		})
	}
}

func TestEveryRSAKeyIsTheEmbeddedOne(t *testing.T) {
	if !strings.HasPrefix(string(mockRSAPEM), "MOCK KEY, FOR NO PRODUCTION") {
		t.Error("mock-rsa-2048.pem does not say that it is a mock key")
	}
	w := newWorld(t, New(Config{Seed: []byte("one")}), nil)
	other := w.create(types.KeySpecRsa2048, types.KeyUsageTypeEncryptDecrypt)
	if other == w.rsa || !w.publicKey(w.rsa).(*rsa.PublicKey).Equal(w.publicKey(other)) {
		t.Error("two RSA keys should differ in their ids only")
	}
}
