package kmsmock

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestCreatedKeyIsDescribedInFull(t *testing.T) {
	onBothPaths(t, func(t *testing.T, w *world) {
		made, err := w.CreateKey(t.Context(), &kms.CreateKeyInput{
			KeySpec:     types.KeySpecEccNistP256,
			KeyUsage:    types.KeyUsageTypeSignVerify,
			Description: aws.String("coupons"),
		})
		w.must(err)
		id := made.KeyMetadata.KeyId
		want := &types.KeyMetadata{
			AWSAccountId:      aws.String("000000000000"),
			Arn:               aws.String("arn:aws:kms:eu-central-1:000000000000:key/" + *id),
			CreationDate:      aws.Time(start),
			Description:       aws.String("coupons"),
			Enabled:           true,
			KeyId:             id,
			KeyManager:        types.KeyManagerTypeCustomer,
			KeySpec:           types.KeySpecEccNistP256,
			KeyState:          types.KeyStateEnabled,
			KeyUsage:          types.KeyUsageTypeSignVerify,
			MultiRegion:       aws.Bool(false),
			Origin:            types.OriginTypeAwsKms,
			SigningAlgorithms: []types.SigningAlgorithmSpec{types.SigningAlgorithmSpecEcdsaSha256},
		}
		described, err := w.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: id})
		w.must(err)
		for _, got := range []*types.KeyMetadata{made.KeyMetadata, described.KeyMetadata} {
			if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(types.KeyMetadata{})); diff != "" {
				t.Error(diff)
			}
		}
	})
}

func TestPublicKeyNamesWhatItIsFor(t *testing.T) {
	onBothPaths(t, func(t *testing.T, w *world) {
		if _, ok := w.publicKey(w.p256).(*ecdsa.PublicKey); !ok {
			t.Error("no ECDSA key")
		}
		if _, ok := w.publicKey(w.ed25).(ed25519.PublicKey); !ok {
			t.Error("no Ed25519 key")
		}
		if key, ok := w.publicKey(w.rsa).(*rsa.PublicKey); !ok || key.N.BitLen() != 2048 {
			t.Error("no RSA-2048 key")
		}
		out, err := w.GetPublicKey(t.Context(), &kms.GetPublicKeyInput{KeyId: &w.rsa})
		w.must(err)
		want := &kms.GetPublicKeyOutput{
			KeyId:    aws.String(arnPrefix + "key/" + w.rsa),
			KeySpec:  types.KeySpecRsa2048,
			KeyUsage: types.KeyUsageTypeEncryptDecrypt,
			EncryptionAlgorithms: []types.EncryptionAlgorithmSpec{
				types.EncryptionAlgorithmSpecRsaesOaepSha1, types.EncryptionAlgorithmSpecRsaesOaepSha256,
			},
		}
		ignore := cmpopts.IgnoreFields(kms.GetPublicKeyOutput{}, "PublicKey", "ResultMetadata")
		if diff := cmp.Diff(want, out, ignore, cmpopts.IgnoreUnexported(kms.GetPublicKeyOutput{})); diff != "" {
			t.Error(diff)
		}
	})
}

func TestCreateKeyRefuses(t *testing.T) {
	const sign, crypt, agree = types.KeyUsageTypeSignVerify, types.KeyUsageTypeEncryptDecrypt, types.KeyUsageTypeKeyAgreement
	for _, row := range []struct {
		name string
		in   kms.CreateKeyInput
		code string
	}{
		{"symmetric, the default", kms.CreateKeyInput{}, "UnsupportedOperationException"},
		{"other spec", kms.CreateKeyInput{KeySpec: types.KeySpecRsa4096, KeyUsage: crypt}, "UnsupportedOperationException"},
		{"unknown spec", kms.CreateKeyInput{KeySpec: "FOO", KeyUsage: sign}, "ValidationException"},
		{"no usage", kms.CreateKeyInput{KeySpec: types.KeySpecEccNistP256}, "ValidationException"},
		{"unknown usage", kms.CreateKeyInput{KeySpec: types.KeySpecEccNistP256, KeyUsage: "FOO"}, "ValidationException"},
		{"usage the spec never has", kms.CreateKeyInput{KeySpec: types.KeySpecEccNistP256, KeyUsage: crypt}, "ValidationException"},
		{"RSA that signs", kms.CreateKeyInput{KeySpec: types.KeySpecRsa2048, KeyUsage: sign}, "UnsupportedOperationException"},
		{"P-256 that agrees", kms.CreateKeyInput{KeySpec: types.KeySpecEccNistP256, KeyUsage: agree}, "UnsupportedOperationException"},
		{"imported material", kms.CreateKeyInput{KeySpec: types.KeySpecEccNistP256, KeyUsage: sign, Origin: types.OriginTypeExternal}, "UnsupportedOperationException"},
		{"multi-region", kms.CreateKeyInput{KeySpec: types.KeySpecEccNistP256, KeyUsage: sign, MultiRegion: aws.Bool(true)}, "UnsupportedOperationException"},
		{"long description", kms.CreateKeyInput{KeySpec: types.KeySpecEccNistP256, KeyUsage: sign, Description: aws.String(strings.Repeat("ü", 8193))}, "ValidationException"},
	} {
		t.Run(row.name, func(t *testing.T) {
			onBothPaths(t, func(t *testing.T, w *world) {
				_, err := w.CreateKey(t.Context(), &row.in)
				wantCode(t, err, row.code)
			})
		})
	}
}

func TestKeyIsFoundByIDARNAliasAndAliasARN(t *testing.T) {
	onBothPaths(t, func(t *testing.T, w *world) {
		w.alias("alias/a/b", w.p256)
		arn := arnPrefix + "key/" + w.p256
		for _, ref := range []string{w.p256, arn, "alias/a/b", arnPrefix + "alias/a/b"} {
			out, err := w.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: &ref})
			w.must(err)
			if *out.KeyMetadata.Arn != arn {
				t.Errorf("%s: got %s", ref, *out.KeyMetadata.Arn)
			}
			signed, err := w.sign(ref, []byte("m"), "", types.SigningAlgorithmSpecEcdsaSha256)
			w.must(err)
			if *signed.KeyId != arn {
				t.Errorf("%s: signed by %s", ref, *signed.KeyId)
			}
		}
	})
}

func TestUnknownKeyIsRefused(t *testing.T) {
	const none = "00000000-0000-4000-8000-000000000000"
	for _, row := range []struct{ name, ref, code string }{
		{"unknown id", none, "NotFoundException"},
		{"unknown ARN", arnPrefix + "key/" + none, "NotFoundException"},
		{"unknown alias", "alias/none", "NotFoundException"},
		{"unknown alias ARN", arnPrefix + "alias/none", "NotFoundException"},
		{"no id", "some-key", "NotFoundException"},
		{"half an ARN", "key/" + none, "NotFoundException"},
		{"other region", "arn:aws:kms:us-east-1:000000000000:key/" + none, "NotFoundException"},
		{"other account", "arn:aws:kms:eu-central-1:111122223333:key/" + none, "NotFoundException"},
		{"other resource", arnPrefix + "grant/x", "NotFoundException"},
		{"empty", "", "ValidationException"},
		{"too long", strings.Repeat("a", 2049), "ValidationException"},
	} {
		t.Run(row.name, func(t *testing.T) {
			onBothPaths(t, func(t *testing.T, w *world) {
				w.alias("alias/old", w.ed25)
				for name, call := range everyOperation(t.Context(), w, row.ref) {
					err := call()
					if strings.HasSuffix(name, "Alias") && strings.HasPrefix(row.ref, "alias/") {
						wantCode(t, err, "ValidationException") // "Aliases must refer to keys"
						continue
					}
					wantCode(t, err, row.code)
				}
			})
		})
	}
}

func TestUnknownKeyIsNamedIfItIsAName(t *testing.T) {
	const none = "00000000-0000-4000-8000-000000000000"
	for _, row := range []struct{ name, ref, want string }{
		{"id", none, "Key '" + arnPrefix + "key/" + none + "' does not exist"},
		{"ARN", arnPrefix + "key/" + none, "Key '" + arnPrefix + "key/" + none + "' does not exist"},
		{"alias", "alias/none", "Alias '" + arnPrefix + "alias/none' is not found."},
		{"no id", "some-key", "Invalid keyId 'some-key'"},
		{"a key by mistake", strings.Repeat("0123456789abcdef", 4), "Invalid keyId (not shown)"},
		{"a token by mistake", "eyJhbGciOiJFUzI1NiJ9.e30.c2ln", "Invalid keyId (not shown)"},
	} {
		t.Run(row.name, func(t *testing.T) {
			onBothPaths(t, func(t *testing.T, w *world) {
				_, err := w.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: &row.ref})
				if got, ok := errors.AsType[*types.NotFoundException](err); !ok || got.ErrorMessage() != row.want {
					t.Errorf("got %v, want %s", err, row.want)
				}
			})
		})
	}
}

// TestTimesHaveMilliseconds: no more go over the wire.
func TestTimesHaveMilliseconds(t *testing.T) {
	onBothPaths(t, func(t *testing.T, w *world) {
		w.clock.advance(1_234_567 * time.Nanosecond)
		id := w.create(types.KeySpecEccNistP256, types.KeyUsageTypeSignVerify)
		out, err := w.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: &id})
		w.must(err)
		if got := *out.KeyMetadata.CreationDate; !got.Equal(start.Add(time.Millisecond)) {
			t.Errorf("got %v", got)
		}
	})
}
