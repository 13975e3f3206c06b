// Package issuerstest is the stage of the domains' tests: a service on a frozen
// clock, with the mock's keys and a log that can be read.
package issuerstest

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

	"tokenshell/issuers"
	"tokenshell/issuers/currency"
	"tokenshell/kmsmock"
	"tokenshell/tokens"
)

// Epoch is when every stage begins.
var Epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// Service is what a stage asks of a domain.
type Service interface {
	Redeem(context.Context, tokens.Redemption) (tokens.Receipt, error)
	Cancel(context.Context, tokens.Cancellation) error
	Audit() error
}

// Stage is a service and everything around it that a test plays with.
type Stage[S Service] struct {
	T       testing.TB
	Service S
	Config  issuers.Config // what the service was made of
	Clock   *tokens.WorldClock
	Log     Log
}

// New has open make the service of that name.
func New[S Service](t testing.TB, name, capability string, open func(issuers.Config) (S, error)) *Stage[S] {
	t.Helper()
	s := &Stage[S]{T: t, Clock: tokens.FrozenClock(Epoch)}
	k := kmsmock.New(kmsmock.Config{Seed: []byte(name)})
	s.newKey(k, "alias/signing", types.KeySpecEccNistP256, types.KeyUsageTypeSignVerify)
	s.newKey(k, "alias/sealing", types.KeySpecRsa2048, types.KeyUsageTypeEncryptDecrypt)
	s.Config = issuers.Config{
		Service: name, Capability: capability, KMS: k, SigningAlias: "alias/signing", SealingAlias: "alias/sealing",
		Clock: s.Clock, Leeway: func() time.Duration { return 0 }, Mint: tokens.NewMint([]byte(name)), Log: slog.NewTextHandler(&s.Log, nil),
	}
	var err error
	s.Service, err = open(s.Config)
	s.MustDo(err)
	return s
}

func (s *Stage[S]) newKey(k *kmsmock.KMS, alias string, spec types.KeySpec, usage types.KeyUsageType) {
	s.T.Helper()
	made, err := k.CreateKey(s.T.Context(), &kms.CreateKeyInput{KeySpec: spec, KeyUsage: usage})
	s.MustDo(err)
	_, err = k.CreateAlias(s.T.Context(), &kms.CreateAliasInput{AliasName: &alias, TargetKeyId: made.KeyMetadata.KeyId})
	s.MustDo(err)
}

// Redeem forwards a token with the order's facts, as the relay does.
func (s *Stage[S]) Redeem(issued tokens.Issued, o issuers.Order, attempt string) (tokens.Receipt, error) {
	return s.Service.Redeem(s.T.Context(), tokens.Redemption{
		Token: issued.Raw, Session: tokens.Session{Order: o.ID, Customer: o.Customer}, Facts: o.Facts, Attempt: attempt,
	})
}

// Cancel takes an attempt back, as the relay does.
func (s *Stage[S]) Cancel(issued tokens.Issued, attempt string) error {
	return s.Service.Cancel(s.T.Context(), tokens.Cancellation{
		Token: issued.Raw, Session: tokens.Session{Order: issued.Ref.Order}, Attempt: attempt,
	})
}

// Body gives one member of a receipt's body as text.
func (s *Stage[S]) Body(receipt tokens.Receipt, name string) string {
	s.T.Helper()
	var body map[string]any
	s.MustDo(json.Unmarshal(receipt.Body, &body))
	text, _ := body[name].(string)
	return text
}

// Advance moves the clock.
func (s *Stage[S]) Advance(d time.Duration) {
	s.T.Helper()
	s.MustDo(s.Clock.Advance(d))
}

// MustDo wants no error.
func (s *Stage[S]) MustDo(err error) {
	s.T.Helper()
	if err != nil {
		s.T.Fatal(err)
	}
}

// MustRefuse wants a refusal with the reason.
func (s *Stage[S]) MustRefuse(err error, want tokens.Reason) {
	s.T.Helper()
	var refusal *tokens.Refusal
	if !errors.Is(err, want) || !errors.As(err, &refusal) {
		s.T.Fatalf("got %v, want the refusal %s", err, want)
	}
}

// WantBooks wants the service's books to add up.
func (s *Stage[S]) WantBooks() {
	s.T.Helper()
	if err := s.Service.Audit(); err != nil {
		s.T.Error(err)
	}
}

// Log is a log that many may write and read.
type Log struct {
	mu   sync.Mutex
	text strings.Builder
}

// Write appends a line.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// String gives all of it.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// Order is op_1 of user_123; facts are name, value, name, value.
func Order(facts ...string) issuers.Order { return OrderOf("op_1", "user_123", facts...) }

// OrderOf is a customer's order.
func OrderOf(id, customer string, facts ...string) issuers.Order {
	all := tokens.Facts{}
	for i := 0; i < len(facts); i += 2 {
		all[facts[i]] = facts[i+1]
	}
	return issuers.Order{ID: id, Customer: customer, Facts: all}
}

// Money reads an amount.
func Money(t testing.TB, text, code string) currency.Amount {
	t.Helper()
	amount, err := issuers.ParseMoney(text, code)
	if err != nil {
		t.Fatal(err)
	}
	return amount
}

// Goroutines is how many [Together] runs.
const Goroutines = 64

// Together runs f in many goroutines that begin as one.
func Together(f func(n int)) {
	var begin, end sync.WaitGroup
	begin.Add(1)
	for n := range Goroutines {
		end.Go(func() { begin.Wait(); f(n) })
	}
	begin.Done()
	end.Wait()
}
