// The stage of these tests: a frozen clock, a KMS whose answers a test may
// bend, and the smallest domain there is, crates on a shelf.

package issuers

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"tokenshell/kmsmock"
	"tokenshell/tokens"
)

var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

const (
	shelfAlias   = "alias/shelf-signing"
	sealingAlias = "alias/shelf-sealing"
)

// bentKMS is the mock, with what a test wants to be different.
type bentKMS struct {
	*kmsmock.KMS
	sign     func(*kms.SignInput, func() (*kms.SignOutput, error)) (*kms.SignOutput, error)
	public   func(*kms.GetPublicKeyInput, func() (*kms.GetPublicKeyOutput, error)) (*kms.GetPublicKeyOutput, error)
	decrypt  func(*kms.DecryptInput, func() (*kms.DecryptOutput, error)) (*kms.DecryptOutput, error)
	describe func(*kms.DescribeKeyInput, func() (*kms.DescribeKeyOutput, error)) (*kms.DescribeKeyOutput, error)
}

func (b *bentKMS) Sign(ctx context.Context, in *kms.SignInput, _ ...func(*kms.Options)) (*kms.SignOutput, error) {
	answer := func() (*kms.SignOutput, error) { return b.KMS.Sign(ctx, in) }
	if b.sign == nil {
		return answer()
	}
	return b.sign(in, answer)
}

func (b *bentKMS) GetPublicKey(ctx context.Context, in *kms.GetPublicKeyInput, _ ...func(*kms.Options)) (*kms.GetPublicKeyOutput, error) {
	answer := func() (*kms.GetPublicKeyOutput, error) { return b.KMS.GetPublicKey(ctx, in) }
	if b.public == nil {
		return answer()
	}
	return b.public(in, answer)
}

func (b *bentKMS) Decrypt(ctx context.Context, in *kms.DecryptInput, _ ...func(*kms.Options)) (*kms.DecryptOutput, error) {
	answer := func() (*kms.DecryptOutput, error) { return b.KMS.Decrypt(ctx, in) }
	if b.decrypt == nil {
		return answer()
	}
	return b.decrypt(in, answer)
}

func (b *bentKMS) DescribeKey(ctx context.Context, in *kms.DescribeKeyInput, _ ...func(*kms.Options)) (*kms.DescribeKeyOutput, error) {
	answer := func() (*kms.DescribeKeyOutput, error) { return b.KMS.DescribeKey(ctx, in) }
	if b.describe == nil {
		return answer()
	}
	return b.describe(in, answer)
}

// crate is what the shelf holds for a token.
type crate struct {
	n      int
	secret string
}

// shelf is a domain: total = free + held + gone, always.
type shelf struct {
	*Issuer[crate]
	total, held, gone int
	archived          int // of gone, by reservations that are forgotten
}

func (s *shelf) Letter(h *crate, opened json.RawMessage) error {
	if want, _ := json.Marshal(h.secret); h.secret != "" && !bytes.Equal(opened, want) {
		return tokens.Refuse(tokens.SealedUnreadable, "not the secret that was sealed")
	}
	return nil
}

func (s *shelf) Commit(h *crate, facts tokens.Facts) (any, error) {
	if why, refuse := facts["refuse"]; refuse {
		return nil, tokens.Refuse(tokens.ConstraintViolated, "%s", why)
	}
	if facts["body"] == "unwritable" {
		return func() {}, nil
	}
	s.held -= h.n
	s.gone += h.n
	return map[string]int{"crates": h.n}, nil
}

func (s *shelf) Release(h *crate) { s.held -= h.n }
func (s *shelf) Undo(h *crate)    { s.gone -= h.n }
func (s *shelf) Archive(h *crate) { s.archived += h.n }

func (s *shelf) SaveCounts() any         { return [2]int{s.held, s.gone} }
func (s *shelf) RestoreCounts(saved any) { was := saved.([2]int); s.held, s.gone = was[0], was[1] }

func (s *shelf) CanonCounts(w tokens.Canon)         { w.Int(s.held); w.Int(s.gone) }
func (s *shelf) CanonHold(w tokens.Canon, h *crate) { w.Int(h.n) }

// books gives what is held and what is gone, and fails when they don't add up.
func (s *shelf) books(t *testing.T) (held, gone int) {
	t.Helper()
	s.Read(func() { held, gone = s.held, s.gone })
	if held < 0 || gone < 0 || held+gone > s.total {
		t.Fatalf("of %d crates %d are held and %d are gone", s.total, held, gone)
	}
	return held, gone
}

// wantBooks fails the test unless exactly so much is held and gone.
func (s *shelf) wantBooks(t *testing.T, held, gone int) {
	t.Helper()
	if h, g := s.books(t); h != held || g != gone {
		t.Errorf("%d held and %d gone, want %d and %d", h, g, held, gone)
	}
}

// safeBuffer is a log that many may write.
type safeBuffer struct {
	mu sync.Mutex
	b  strings.Builder
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// stage is everything that a test plays with.
type stage struct {
	*shelf
	clock  *tokens.WorldClock
	kms    *bentKMS
	log    *safeBuffer
	leeway time.Duration
}

var background = context.Background()

// newKey makes a key and points the alias at it: the operator's part.
func (b *bentKMS) newKey(t testing.TB, alias string, spec types.KeySpec, usage types.KeyUsageType) (arn string) {
	t.Helper()
	made, err := b.CreateKey(background, &kms.CreateKeyInput{KeySpec: spec, KeyUsage: usage})
	if err != nil {
		t.Fatal(err)
	}
	if _, err = b.UpdateAlias(background, &kms.UpdateAliasInput{AliasName: &alias, TargetKeyId: made.KeyMetadata.KeyId}); err != nil {
		_, err = b.CreateAlias(background, &kms.CreateAliasInput{AliasName: &alias, TargetKeyId: made.KeyMetadata.KeyId})
	}
	if err != nil {
		t.Fatal(err)
	}
	return aws.ToString(made.KeyMetadata.Arn)
}

func newKMS(t testing.TB, spec types.KeySpec) *bentKMS {
	t.Helper()
	b := &bentKMS{KMS: kmsmock.New(kmsmock.Config{Seed: []byte(t.Name())})}
	b.newKey(t, shelfAlias, spec, types.KeyUsageTypeSignVerify)
	b.newKey(t, sealingAlias, types.KeySpecRsa2048, types.KeyUsageTypeEncryptDecrypt)
	return b
}

// newStage is a shelf of 100 crates that signs with ES256.
func newStage(t testing.TB) *stage { return newStageOf(t, types.KeySpecEccNistP256) }

func newStageOf(t testing.TB, spec types.KeySpec) *stage {
	t.Helper()
	s := &stage{shelf: &shelf{total: 100}, clock: tokens.FrozenClock(epoch), kms: newKMS(t, spec), log: &safeBuffer{}}
	var err error
	s.Issuer, err = New[crate](background, Config{
		Service: "shelf", Capability: "shelf:take", KMS: s.kms, SigningAlias: shelfAlias, SealingAlias: sealingAlias,
		Clock: s.clock, Leeway: func() time.Duration { return s.leeway }, Mint: tokens.NewMint([]byte(t.Name())),
		Log: slog.NewTextHandler(s.log, nil),
	}, s.shelf)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var order = Order{ID: "op_1", Customer: "user_123"}

// take confirms n crates, without a secret.
func (s *stage) take(n int) (tokens.Issued, error) { return s.takeFor(order, n, "") }

func (s *stage) takeFor(o Order, n int, secret string) (tokens.Issued, error) {
	return s.Issue(background, o, func() (crate, Letter, error) {
		if n > s.total-s.held-s.gone {
			return crate{}, Letter{}, tokens.Refuse(tooMany, "%d crates are too many", n)
		}
		s.held += n
		l := Letter{Constraints: map[string]string{"n": s.NewSalt().Digest("n")}}
		if secret != "" {
			l.Sealed = secret
		}
		return crate{n, secret}, l, nil
	})
}

// mustTake confirms n crates with a secret, so that the letter is sealed.
func (s *stage) mustTake(t testing.TB, n int) tokens.Issued { return s.mustTakeSecret(t, n, "sesame") }

func (s *stage) mustTakeSecret(t testing.TB, n int, secret string) tokens.Issued {
	t.Helper()
	issued, err := s.takeFor(order, n, secret)
	if err != nil {
		t.Fatal(err)
	}
	return issued
}

// redemption is the relay's forwarding of a token of the order op_1.
func redemption(raw, attempt string) tokens.Redemption {
	return tokens.Redemption{Token: raw, Session: tokens.Session{Order: order.ID, Customer: order.Customer}, Attempt: attempt}
}

func (s *stage) redeem(raw, attempt string) (tokens.Receipt, error) {
	return s.Redeem(background, redemption(raw, attempt))
}

func (s *stage) cancel(raw, attempt string) error {
	return s.Cancel(background, tokens.Cancellation{Token: raw, Session: tokens.Session{Order: order.ID, Customer: order.Customer}, Attempt: attempt})
}

// advance moves the clock.
func (s *stage) advance(t testing.TB, d time.Duration) {
	t.Helper()
	if err := s.clock.Advance(d); err != nil {
		t.Fatal(err)
	}
}

// mustRefuse wants a refusal with the reason, and no [tokens.Failure].
func mustRefuse(t *testing.T, err error, want tokens.Reason) {
	t.Helper()
	var refusal *tokens.Refusal
	if !errors.Is(err, want) || !errors.As(err, &refusal) {
		t.Fatalf("got %v, want the refusal %s", err, want)
	}
}

// mustFail wants a failure: nobody knows.
func mustFail(t *testing.T, err error) {
	t.Helper()
	var failure *tokens.Failure
	if !errors.As(err, &failure) || !errors.Is(err, tokens.ServiceUnavailable) {
		t.Fatalf("got %v, want a failure", err)
	}
}

// mustDo wants no error.
func mustDo(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// relayAccepts judges the token as the relay does, with the published keys.
func (s *stage) relayAccepts(raw string) error {
	v := &tokens.Verifier{
		Party: tokens.Audience, Clock: s.clock, Leeway: func() time.Duration { return s.leeway },
		Issuers: func(iss string) (tokens.Issuer, bool) {
			return tokens.Issuer{Name: iss, Keys: s.Keys(), Capabilities: []string{"shelf:take"}}, iss == "shelf.svc"
		},
	}
	_, err := tokens.Judge(raw, v.Checks(tokens.Own{}))
	return err
}

// tooMany is what the tests' own domain refuses with.
const tooMany tokens.Reason = "crates_insufficient"
