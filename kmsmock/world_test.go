package kmsmock

// What all tests share: a service with keys, a clock that moves, and both ways to the mock.

import (
	"context"
	"crypto/x509"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/smithy-go"
)

var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// clock is a time that tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// world is a service under test with one key of each kind.
type world struct {
	service
	t               *testing.T
	clock           *clock
	p256, ed25, rsa string // key ids
}

const day = 24 * time.Hour

// onBothPaths tells the story twice: to the mock, and to the real client that talks to
// the mock over the KMS protocol.
func onBothPaths(t *testing.T, story func(t *testing.T, w *world)) {
	t.Helper()
	t.Run("mock", func(t *testing.T) {
		c := &clock{now: start}
		story(t, newWorld(t, New(Config{Seed: []byte("a seed"), Now: c.Now}), c))
	})
	t.Run("client", func(t *testing.T) {
		c := &clock{now: start}
		story(t, newWorld(t, realClient(t, New(Config{Seed: []byte("a seed"), Now: c.Now})), c))
	})
}

func newWorld(t *testing.T, s service, c *clock) *world {
	t.Helper()
	w := &world{service: s, t: t, clock: c}
	w.p256 = w.create(types.KeySpecEccNistP256, types.KeyUsageTypeSignVerify)
	w.ed25 = w.create(types.KeySpecEccNistEdwards25519, types.KeyUsageTypeSignVerify)
	w.rsa = w.create(types.KeySpecRsa2048, types.KeyUsageTypeEncryptDecrypt)
	return w
}

func (w *world) create(spec types.KeySpec, usage types.KeyUsageType) string {
	w.t.Helper()
	out, err := w.CreateKey(w.t.Context(), &kms.CreateKeyInput{KeySpec: spec, KeyUsage: usage})
	w.must(err)
	return *out.KeyMetadata.KeyId
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) disable(id string) {
	w.t.Helper()
	_, err := w.DisableKey(w.t.Context(), &kms.DisableKeyInput{KeyId: &id})
	w.must(err)
}

func (w *world) schedule(id string) {
	w.t.Helper()
	_, err := w.ScheduleKeyDeletion(w.t.Context(), &kms.ScheduleKeyDeletionInput{KeyId: &id, PendingWindowInDays: aws.Int32(7)})
	w.must(err)
}

func (w *world) alias(name, id string) {
	w.t.Helper()
	_, err := w.CreateAlias(w.t.Context(), &kms.CreateAliasInput{AliasName: &name, TargetKeyId: &id})
	w.must(err)
}

func (w *world) sign(ref string, message []byte, mt types.MessageType, alg types.SigningAlgorithmSpec) (*kms.SignOutput, error) {
	return w.Sign(w.t.Context(), &kms.SignInput{KeyId: &ref, Message: message, MessageType: mt, SigningAlgorithm: alg})
}

func (w *world) publicKey(ref string) any {
	w.t.Helper()
	out, err := w.GetPublicKey(w.t.Context(), &kms.GetPublicKeyInput{KeyId: &ref})
	w.must(err)
	public, err := x509.ParsePKIXPublicKey(out.PublicKey)
	w.must(err)
	return public
}

// wantCode checks the code and, where the SDK has a Go type for it, the type.
func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	var api smithy.APIError
	if !errors.As(err, &api) {
		t.Fatalf("got error %v, want code %s", err, code)
	}
	if api.ErrorCode() != code {
		t.Fatalf("got code %s (%v), want %s", api.ErrorCode(), err, code)
	}
	if !asType(err, code) {
		t.Fatalf("code %s has the wrong Go type %T", code, api)
	}
}

func asType(err error, code string) bool {
	switch code {
	case "NotFoundException":
		return as[*types.NotFoundException](err)
	case "DisabledException":
		return as[*types.DisabledException](err)
	case "KMSInvalidStateException":
		return as[*types.KMSInvalidStateException](err)
	case "InvalidKeyUsageException":
		return as[*types.InvalidKeyUsageException](err)
	case "InvalidCiphertextException":
		return as[*types.InvalidCiphertextException](err)
	case "AlreadyExistsException":
		return as[*types.AlreadyExistsException](err)
	case "InvalidAliasNameException":
		return as[*types.InvalidAliasNameException](err)
	case "InvalidMarkerException":
		return as[*types.InvalidMarkerException](err)
	case "UnsupportedOperationException":
		return as[*types.UnsupportedOperationException](err)
	case "DryRunOperationException":
		return as[*types.DryRunOperationException](err)
	case "ValidationException", "NotAuthorizedException":
		return as[*smithy.GenericAPIError](err)
	}
	return false
}

func as[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

// everyOperation calls each operation in a way that succeeds, or would if the state of
// the key were right. CreateKey has no key and is left out.
func everyOperation(ctx context.Context, w *world, id string) map[string]func() error {
	return map[string]func() error{
		"Sign": func() error {
			_, err := w.Sign(ctx, &kms.SignInput{KeyId: &id, Message: []byte("m"), SigningAlgorithm: types.SigningAlgorithmSpecEcdsaSha256})
			return err
		},
		"GetPublicKey": func() error {
			_, err := w.GetPublicKey(ctx, &kms.GetPublicKeyInput{KeyId: &id})
			return err
		},
		"DescribeKey": func() error {
			_, err := w.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: &id})
			return err
		},
		"CreateAlias": func() error {
			_, err := w.CreateAlias(ctx, &kms.CreateAliasInput{AliasName: aws.String("alias/new"), TargetKeyId: &id})
			return err
		},
		"UpdateAlias": func() error {
			_, err := w.UpdateAlias(ctx, &kms.UpdateAliasInput{AliasName: aws.String("alias/old"), TargetKeyId: &id})
			return err
		},
		"ListAliases": func() error {
			_, err := w.ListAliases(ctx, &kms.ListAliasesInput{KeyId: &id})
			return err
		},
		"DisableKey": func() error {
			_, err := w.DisableKey(ctx, &kms.DisableKeyInput{KeyId: &id})
			return err
		},
		"EnableKey": func() error {
			_, err := w.EnableKey(ctx, &kms.EnableKeyInput{KeyId: &id})
			return err
		},
		"ScheduleKeyDeletion": func() error {
			_, err := w.ScheduleKeyDeletion(ctx, &kms.ScheduleKeyDeletionInput{KeyId: &id})
			return err
		},
		"CancelKeyDeletion": func() error {
			_, err := w.CancelKeyDeletion(ctx, &kms.CancelKeyDeletionInput{KeyId: &id})
			return err
		},
		"Decrypt": func() error {
			_, err := w.Decrypt(ctx, &kms.DecryptInput{KeyId: &id, CiphertextBlob: []byte("c"), EncryptionAlgorithm: types.EncryptionAlgorithmSpecRsaesOaepSha256})
			return err
		},
	}
}
