// The stage of these tests: a relay on a frozen clock, an issuer that signs
// whatever a test wants, and services that answer by script.

package orchestrator_test

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tokenshell/orchestrator"
	"tokenshell/tokens"
)

var (
	epoch      = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	background = context.Background()
	names      = []string{"coupons", "points", "payments"} // in the order of redemption
	verbs      = map[string]string{"coupons": "coupons:redeem", "points": "points:redeem", "payments": "payments:capture"}
)

// keyOf is a service's one signing key; its kid is the service's name.
func keyOf(service string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte(service))
	return ed25519.NewKeyFromSeed(seed[:])
}

type oneKey string

func (k oneKey) Key(kid string) (tokens.Key, error) {
	if kid != string(k) {
		return tokens.Key{}, errors.New("never there")
	}
	return tokens.Key{ID: kid, Algorithm: "EdDSA", Public: keyOf(kid).Public()}, nil
}

// claimsOf is a good token of a service for op_1.
func claimsOf(service, jti string, now time.Time) *tokens.Claims {
	return &tokens.Claims{
		Issuer: service + ".svc", Audience: []string{tokens.Audience, service + ".svc"}, Subject: "user_123",
		IssuedAt: now, ExpiresAt: now.Add(tokens.DefaultLifetime), ID: jti, Order: "op_1",
		Capabilities: []string{verbs[service]}, Constraints: []byte(`{}`),
	}
}

// signed makes the compact token with the key of its issuer.
func signed(t testing.TB, c *tokens.Claims) string {
	t.Helper()
	payload, err := c.Payload()
	if err != nil {
		t.Fatal(err)
	}
	service := strings.TrimSuffix(c.Issuer, ".svc")
	b64 := base64.RawURLEncoding.EncodeToString
	input := b64([]byte(`{"alg":"EdDSA","kid":"`+service+`","typ":"confirmation+jwt"}`)) + "." + b64(payload)
	return input + "." + b64(ed25519.Sign(keyOf(service), []byte(input)))
}

// stage is everything that a test plays with.
type stage struct {
	t      testing.TB
	clock  *tokens.WorldClock
	relay  *orchestrator.Relay
	config orchestrator.Config
	log    strings.Builder

	mu       sync.Mutex
	services map[string]*service
	calls    []string        // what the services were asked, and how they answered
	times    []time.Duration // when
}

// newStage is a relay of three services with the session op_1 open.
func newStage(t testing.TB) *stage { return newStageWith(t, orchestrator.NewMemoryLedger()) }

func newStageWith(t testing.TB, ledger orchestrator.Ledger) *stage {
	t.Helper()
	s := &stage{t: t, clock: tokens.FrozenClock(epoch), services: map[string]*service{}}
	c := orchestrator.Config{
		Store: orchestrator.NewMemoryStore(), Ledger: ledger, Clock: s.clock, Leeway: func() time.Duration { return 0 }, Mint: tokens.NewMint([]byte("stage")),
		Log: slog.NewTextHandler(&locked{s: s}, nil),
	}
	for _, name := range names {
		s.services[name] = &service{name: name, stage: s, script: map[string][]kind{}, state: map[string]string{}, by: map[string]string{}}
		c.Services = append(c.Services, orchestrator.Service{Name: name, Capabilities: []string{verbs[name]}, Redeemer: s.services[name]})
		c.Issuers = append(c.Issuers, tokens.Issuer{Name: name + ".svc", Keys: oneKey(name), Capabilities: []string{verbs[name]}})
	}
	s.config, s.relay = c, orchestrator.New(c)
	s.open("op_1")
	return s
}

// locked writes to the stage's log.
type locked struct{ s *stage }

func (l *locked) Write(p []byte) (int, error) {
	l.s.mu.Lock()
	defer l.s.mu.Unlock()
	return l.s.log.Write(p)
}

func (s *stage) open(id string) {
	s.t.Helper()
	if _, err := s.relay.Open(background, id, "user_123", tokens.Facts{"subtotal": "140.00"}); err != nil {
		s.t.Fatal(err)
	}
}

// accept relays a token of each service, named by the service's first letters:
// "coupons" gives the jti "c1".
func (s *stage) accept(services ...string) {
	s.t.Helper()
	for _, name := range services {
		jti := map[string]string{"coupons": "c1", "points": "p1", "payments": "y1"}[name]
		if _, err := s.relay.Relay(background, "op_1", signed(s.t, claimsOf(name, jti, s.clock.Now()))); err != nil {
			s.t.Fatal(err)
		}
	}
}

func (s *stage) redeem() orchestrator.Snapshot {
	s.t.Helper()
	snap, err := s.relay.Redeem(background, "op_1", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return snap
}

func (s *stage) session() orchestrator.Snapshot {
	s.t.Helper()
	snap, err := s.relay.Session("op_1")
	if err != nil {
		s.t.Fatal(err)
	}
	return snap
}

func (s *stage) advance(d time.Duration) {
	s.t.Helper()
	if err := s.clock.Advance(d); err != nil {
		s.t.Fatal(err)
	}
}

// committed gives the jtis that a service holds committed now.
func (s *stage) committed() (all []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range names {
		for _, jti := range []string{"c1", "c2", "p1", "y1"} {
			if s.services[name].state[jti] == "committed" {
				all = append(all, jti)
			}
		}
	}
	return all
}

func (s *stage) wantCalls(want ...string) {
	s.t.Helper()
	if diff := cmp.Diff(want, s.calls); diff != "" {
		s.t.Errorf("what the services were asked (-want +got):\n%s", diff)
	}
}

func (s *stage) wantCommitted(want ...string) {
	s.t.Helper()
	if diff := cmp.Diff(want, s.committed()); diff != "" {
		s.t.Errorf("committed (-want +got):\n%s", diff)
	}
}

// wantState wants the session's state, and "jti status result" of each step.
func (s *stage) wantState(snap orchestrator.Snapshot, state orchestrator.State, steps ...string) {
	s.t.Helper()
	if snap.State != state {
		s.t.Errorf("session %s is %s, want %s", snap.ID, snap.State, state)
	}
	var got []string
	for _, step := range snap.Steps {
		got = append(got, strings.TrimSpace(fmt.Sprintf("%s %s %s", step.Ref.ID, step.Status, step.Result)))
	}
	if diff := cmp.Diff(steps, got); diff != "" {
		s.t.Errorf("steps (-want +got):\n%s", diff)
	}
	if err := s.relay.Audit(); err != nil {
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

// anew is the relay of the stage's config, with nothing kept.
func (s *stage) anew() *orchestrator.Relay {
	s.config.Store = orchestrator.NewMemoryStore()
	return orchestrator.New(s.config)
}
