// The stage of these tests: the service on a frozen clock, with the mock's keys.

package coupons_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/bojanz/currency"

	"tokenshell/issuers"
	"tokenshell/issuers/coupons"
	"tokenshell/kmsmock"
	"tokenshell/tokens"
)

var (
	epoch      = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	background = context.Background()
)

// stage is the service and its clock.
type stage struct {
	*coupons.Service
	t     testing.TB
	clock *tokens.WorldClock
	log   *strings.Builder
}

func newKey(t testing.TB, k *kmsmock.KMS, alias string, spec types.KeySpec, usage types.KeyUsageType) {
	t.Helper()
	made, err := k.CreateKey(background, &kms.CreateKeyInput{KeySpec: spec, KeyUsage: usage})
	if err == nil {
		_, err = k.CreateAlias(background, &kms.CreateAliasInput{AliasName: &alias, TargetKeyId: made.KeyMetadata.KeyId})
	}
	if err != nil {
		t.Fatal(err)
	}
}

// config is what every service is made of.
func config(t testing.TB, clock *tokens.WorldClock, log *strings.Builder) issuers.Config {
	t.Helper()
	k := kmsmock.New(kmsmock.Config{Seed: []byte("coupons")})
	newKey(t, k, "alias/signing", types.KeySpecEccNistP256, types.KeyUsageTypeSignVerify)
	newKey(t, k, "alias/sealing", types.KeySpecRsa2048, types.KeyUsageTypeEncryptDecrypt)
	return issuers.Config{
		Service: "coupons", Capability: coupons.Capability, KMS: k, SigningAlias: "alias/signing", SealingAlias: "alias/sealing",
		Clock: clock, Leeway: func() time.Duration { return 0 }, Mint: tokens.NewMint([]byte("coupons")), Log: slog.NewTextHandler(&locked{b: log}, nil),
	}
}

// locked is a log that many may write.
type locked struct {
	mu sync.Mutex
	b  *strings.Builder
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// money reads an amount.
func money(t testing.TB, text, code string) currency.Amount {
	t.Helper()
	amount, err := issuers.ParseMoney(text, code)
	if err != nil {
		t.Fatal(err)
	}
	return amount
}

// order is op_1 of user_123; facts are name, value, name, value.
func order(facts ...string) issuers.Order { return orderOf("op_1", "user_123", facts...) }

func orderOf(id, customer string, facts ...string) issuers.Order {
	all := tokens.Facts{}
	for i := 0; i < len(facts); i += 2 {
		all[facts[i]] = facts[i+1]
	}
	return issuers.Order{ID: id, Customer: customer, Facts: all}
}

// redeem forwards a token with the order's facts, as the relay does.
func (s *stage) redeem(issued tokens.Issued, o issuers.Order, attempt string) (tokens.Receipt, error) {
	return s.Redeem(background, tokens.Redemption{
		Token: issued.Raw, Session: tokens.Session{Order: o.ID, Customer: o.Customer}, Facts: o.Facts, Attempt: attempt,
	})
}

func (s *stage) cancel(issued tokens.Issued, attempt string) error {
	return s.Cancel(background, tokens.Cancellation{Token: issued.Raw, Session: tokens.Session{Order: issued.Ref.Order}, Attempt: attempt})
}

// body gives one member of a receipt's body as text.
func (s *stage) body(receipt tokens.Receipt, name string) string {
	s.t.Helper()
	var body map[string]any
	if err := json.Unmarshal(receipt.Body, &body); err != nil {
		s.t.Fatal(err)
	}
	text, _ := body[name].(string)
	return text
}

func (s *stage) advance(d time.Duration) {
	s.t.Helper()
	if err := s.clock.Advance(d); err != nil {
		s.t.Fatal(err)
	}
}

// audit fails the test when the books do not add up.
func (s *stage) audit() {
	s.t.Helper()
	if err := s.Audit(); err != nil {
		s.t.Error(err)
	}
}

// mustRefuse wants a refusal with the reason.
func mustRefuse(t testing.TB, err error, want tokens.Reason) {
	t.Helper()
	var refusal *tokens.Refusal
	if !errors.Is(err, want) || !errors.As(err, &refusal) {
		t.Fatalf("got %v, want the refusal %s", err, want)
	}
}

func mustDo(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

const goroutines = 64

// together runs f in many goroutines that begin as one.
func together(f func(n int)) {
	var begin, end sync.WaitGroup
	begin.Add(1)
	for n := range goroutines {
		end.Go(func() { begin.Wait(); f(n) })
	}
	begin.Done()
	end.Wait()
}
