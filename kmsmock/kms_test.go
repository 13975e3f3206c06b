package kmsmock

// The laws of the package as a whole.

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/google/go-cmp/cmp"
)

// service is the mock's whole API. That the real client satisfies it too proves the
// signatures.
type service interface {
	Sign(context.Context, *kms.SignInput, ...func(*kms.Options)) (*kms.SignOutput, error)
	GetPublicKey(context.Context, *kms.GetPublicKeyInput, ...func(*kms.Options)) (*kms.GetPublicKeyOutput, error)
	Decrypt(context.Context, *kms.DecryptInput, ...func(*kms.Options)) (*kms.DecryptOutput, error)
	DescribeKey(context.Context, *kms.DescribeKeyInput, ...func(*kms.Options)) (*kms.DescribeKeyOutput, error)
	CreateKey(context.Context, *kms.CreateKeyInput, ...func(*kms.Options)) (*kms.CreateKeyOutput, error)
	CreateAlias(context.Context, *kms.CreateAliasInput, ...func(*kms.Options)) (*kms.CreateAliasOutput, error)
	UpdateAlias(context.Context, *kms.UpdateAliasInput, ...func(*kms.Options)) (*kms.UpdateAliasOutput, error)
	ListAliases(context.Context, *kms.ListAliasesInput, ...func(*kms.Options)) (*kms.ListAliasesOutput, error)
	DisableKey(context.Context, *kms.DisableKeyInput, ...func(*kms.Options)) (*kms.DisableKeyOutput, error)
	EnableKey(context.Context, *kms.EnableKeyInput, ...func(*kms.Options)) (*kms.EnableKeyOutput, error)
	ScheduleKeyDeletion(context.Context, *kms.ScheduleKeyDeletionInput, ...func(*kms.Options)) (*kms.ScheduleKeyDeletionOutput, error)
	CancelKeyDeletion(context.Context, *kms.CancelKeyDeletionInput, ...func(*kms.Options)) (*kms.CancelKeyDeletionOutput, error)
}

var (
	_ service = (*kms.Client)(nil)
	_ service = (*KMS)(nil)
)

// TestGoldenSeed holds the derivation still: scenarios print what comes out of it.
func TestGoldenSeed(t *testing.T) {
	onBothPaths(t, func(t *testing.T, w *world) {
		digest := sha256.Sum256([]byte("sample"))
		ec, err := w.sign(w.p256, digest[:], types.MessageTypeDigest, types.SigningAlgorithmSpecEcdsaSha256)
		w.must(err)
		ed, err := w.sign(w.ed25, []byte("sample"), "", types.SigningAlgorithmSpecEd25519Sha512)
		w.must(err)
		got := []string{w.p256, w.ed25, w.rsa, hex.EncodeToString(ec.Signature), hex.EncodeToString(ed.Signature)}
		want := []string{
			"6e32381b-dfc1-4c06-b75b-abfb6045cab6",
			"9ae78abd-4ea9-4ddf-8354-a90c7918f84f",
			"732bc9d4-070b-471b-b6ca-4721be84185c",
			"30440220237f2ed6bbab84548ed9bee2a92e159a6522f69a25c3515cb500df1ff3df6639" +
				"02203ccc08383940dd5201713b3e73f5a085e3338dd9092e6b00b89a89d1dcbf2ce9",
			"db968c933413912d3d9fa88a926e4254f473af3219b1e69b6a5495aaaf378733" +
				"8a62edd5ec303c80128f73bc93ed05c105f1a6710153b46022fc1116a0b1a409",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestOneSeedOneKeyOneSignature(t *testing.T) {
	seeded := func(seed string) *world {
		return newWorld(t, New(Config{Seed: []byte(seed)}), nil)
	}
	one, same, other := seeded("one"), seeded("one"), seeded("other")
	if one.p256 != same.p256 || one.ed25 != same.ed25 || one.rsa != same.rsa {
		t.Error("the same seed gave other key ids")
	}
	if one.p256 == other.p256 || one.ed25 == other.ed25 || one.rsa == other.rsa {
		t.Error("another seed gave the same key ids")
	}
	if !one.publicKey(one.p256).(*ecdsa.PublicKey).Equal(same.publicKey(same.p256)) ||
		!one.publicKey(one.ed25).(ed25519.PublicKey).Equal(same.publicKey(same.ed25)) {
		t.Error("the same seed gave other keys")
	}
	if one.publicKey(one.p256).(*ecdsa.PublicKey).Equal(other.publicKey(other.p256)) ||
		one.publicKey(one.ed25).(ed25519.PublicKey).Equal(other.publicKey(other.ed25)) {
		t.Error("another seed gave the same keys")
	}
	for range 20 {
		a, err := one.sign(one.p256, []byte("m"), "", types.SigningAlgorithmSpecEcdsaSha256)
		one.must(err)
		b, err := same.sign(same.p256, []byte("m"), "", types.SigningAlgorithmSpecEcdsaSha256)
		same.must(err)
		if !bytes.Equal(a.Signature, b.Signature) {
			t.Fatal("two signatures of one message differ")
		}
	}
}

func TestEveryKeyIsItsOwn(t *testing.T) {
	w := newWorld(t, New(Config{}), nil)
	ids, publics := map[string]bool{}, map[string]bool{}
	const each = 20
	for range each {
		for _, spec := range []types.KeySpec{types.KeySpecEccNistP256, types.KeySpecEccNistEdwards25519} {
			id := w.create(spec, types.KeyUsageTypeSignVerify)
			out, err := w.GetPublicKey(t.Context(), &kms.GetPublicKeyInput{KeyId: &id})
			w.must(err)
			ids[id], publics[string(out.PublicKey)] = true, true
		}
	}
	if len(ids) != 2*each || len(publics) != 2*each {
		t.Errorf("%d ids and %d public keys, want %d", len(ids), len(publics), 2*each)
	}
}

func TestAKeyMoreChangesNoKeyOfAnotherSpec(t *testing.T) {
	one := newWorld(t, New(Config{}), nil)
	k := New(Config{})
	two := &world{service: k, t: t}
	two.create(types.KeySpecEccNistP256, types.KeyUsageTypeSignVerify)
	two.create(types.KeySpecEccNistP256, types.KeyUsageTypeSignVerify)
	if id := two.create(types.KeySpecEccNistEdwards25519, types.KeyUsageTypeSignVerify); id != one.ed25 {
		t.Errorf("the first Ed25519 key is %s, want %s", id, one.ed25)
	}
}

func TestTheSeedIsCopied(t *testing.T) {
	seed := []byte("one")
	k := New(Config{Seed: seed})
	copy(seed, "two")
	if a, b := newWorld(t, k, nil), newWorld(t, New(Config{Seed: []byte("one")}), nil); a.p256 != b.p256 {
		t.Error("changing the caller's seed changed the mock's")
	}
}

func TestOutputsAreCopies(t *testing.T) {
	k := New(Config{})
	w := newWorld(t, k, nil)
	ctx := t.Context()
	d, err := k.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: &w.p256})
	w.must(err)
	d.KeyMetadata.SigningAlgorithms[0] = "x"
	*d.KeyMetadata.CreationDate = time.Time{}
	p, err := k.GetPublicKey(ctx, &kms.GetPublicKeyInput{KeyId: &w.p256})
	w.must(err)
	p.SigningAlgorithms[0], p.PublicKey[0] = "x", 0
	d, err = k.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: &w.p256})
	w.must(err)
	if d.KeyMetadata.SigningAlgorithms[0] != types.SigningAlgorithmSpecEcdsaSha256 || !d.KeyMetadata.CreationDate.Equal(start) {
		t.Error("a caller changed the books through an output")
	}
	w.publicKey(w.p256)
}

func TestCancelledContextStopsEveryOperation(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	onBothPaths(t, func(t *testing.T, w *world) {
		for name, call := range everyOperation(ctx, w, w.p256) {
			if err := call(); !errors.Is(err, context.Canceled) {
				t.Errorf("%s: got %v, want context.Canceled", name, err)
			}
		}
		out, err := w.ListAliases(t.Context(), &kms.ListAliasesInput{})
		w.must(err)
		if len(out.Aliases) != 0 {
			t.Error("a cancelled call did something")
		}
	})
}

// TestNilAndEmptyInputs: the service answers ValidationException. (The real client finds
// most of these before it sends them.)
func TestNilAndEmptyInputs(t *testing.T) {
	ctx, k := t.Context(), New(Config{})
	refused := func(name, code string, err error) {
		t.Run(name, func(t *testing.T) { wantCode(t, err, code) })
	}
	_, err := k.Sign(ctx, nil)
	refused("Sign", "ValidationException", err)
	_, err = k.GetPublicKey(ctx, nil)
	refused("GetPublicKey", "ValidationException", err)
	_, err = k.Decrypt(ctx, nil)
	refused("Decrypt", "ValidationException", err)
	_, err = k.DescribeKey(ctx, nil)
	refused("DescribeKey", "ValidationException", err)
	_, err = k.CreateKey(ctx, nil)
	refused("CreateKey", "UnsupportedOperationException", err)
	_, err = k.CreateAlias(ctx, nil)
	refused("CreateAlias", "ValidationException", err)
	_, err = k.CreateAlias(ctx, &kms.CreateAliasInput{AliasName: aws.String("alias/x")})
	refused("CreateAlias without target", "ValidationException", err)
	_, err = k.UpdateAlias(ctx, nil)
	refused("UpdateAlias", "ValidationException", err)
	_, err = k.DisableKey(ctx, nil)
	refused("DisableKey", "ValidationException", err)
	_, err = k.EnableKey(ctx, nil)
	refused("EnableKey", "ValidationException", err)
	_, err = k.ScheduleKeyDeletion(ctx, nil)
	refused("ScheduleKeyDeletion", "ValidationException", err)
	_, err = k.CancelKeyDeletion(ctx, nil)
	refused("CancelKeyDeletion", "ValidationException", err)
	if _, err = k.ListAliases(ctx, nil); err != nil {
		t.Errorf("ListAliases: %v", err)
	}
}

func TestConcurrentUse(t *testing.T) {
	c := &clock{now: start}
	k := New(Config{Now: c.Now})
	w := newWorld(t, k, c)
	w.alias("alias/a", w.p256)
	public := w.publicKey(w.p256).(*ecdsa.PublicKey)
	digest := sha256.Sum256([]byte("m"))
	var wg sync.WaitGroup
	for n := range 8 {
		wg.Go(func() {
			for range 25 {
				out, err := w.sign("alias/a", digest[:], types.MessageTypeDigest, types.SigningAlgorithmSpecEcdsaSha256)
				if err != nil || !ecdsa.VerifyASN1(public, digest[:], out.Signature) {
					t.Errorf("signing went wrong: %v", err)
				}
				id := w.create(types.KeySpecEccNistEdwards25519, types.KeyUsageTypeSignVerify)
				w.alias("alias/"+strings.Repeat("x", n+1)+id, id)
				w.schedule(id)
				c.advance(time.Hour)
				if _, err := k.ListAliases(t.Context(), nil); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	c.advance(8 * day)
	out, err := k.ListAliases(t.Context(), nil)
	w.must(err)
	if len(out.Aliases) != 1 || len(k.keys) != 3 {
		t.Errorf("%d aliases and %d keys are left, want 1 and 3", len(out.Aliases), len(k.keys))
	}
}
