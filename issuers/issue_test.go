package issuers

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/google/go-cmp/cmp"

	"tokenshell/tokens"
)

func TestAConfirmationSaysWhatItIssued(t *testing.T) {
	s := newStage(t)
	issued := s.mustTake(t, 3)
	want := tokens.Issued{
		Raw: issued.Raw, Ref: tokens.Ref{Issuer: "shelf.svc", ID: issued.Ref.ID, Order: "op_1"}, Service: "shelf",
		KeyID: s.Keys().List()[0].ID, Algorithm: "ES256", ExpiresAt: epoch.Add(tokens.DefaultLifetime), Capabilities: []string{"shelf:take"},
	}
	if diff := cmp.Diff(want, issued); diff != "" {
		t.Error(diff)
	}
	mustDo(t, s.relayAccepts(issued.Raw))
	s.wantBooks(t, 3, 0)
}

func TestWhatIsRefusedHoldsNothing(t *testing.T) {
	s := newStage(t)
	_, err := s.take(101)
	mustRefuse(t, err, tooMany)
	s.wantBooks(t, 0, 0)
}

func TestLifetimes(t *testing.T) {
	s := newStage(t)
	live := func(ttl time.Duration) (tokens.Issued, error) {
		return s.takeFor(Order{ID: "op_1", Customer: "user_123", TTL: ttl}, 1, "")
	}
	for _, ttl := range []time.Duration{time.Second, tokens.MaxLifetime} {
		issued, err := live(ttl)
		mustDo(t, err)
		mustDo(t, s.relayAccepts(issued.Raw))
		if got := issued.ExpiresAt.Sub(epoch); got != ttl {
			t.Errorf("lives for %s, not %s", got, ttl)
		}
	}
	_, err := live(tokens.MaxLifetime + time.Nanosecond)
	mustRefuse(t, err, tokens.LifetimeTooLong)
	for _, ttl := range []time.Duration{-time.Second, time.Second - 1} {
		if _, err := live(ttl); err == nil {
			t.Errorf("issued for %s", ttl)
		}
	}
	s.wantBooks(t, 2, 0)
}

// Claims are whole seconds, clocks are not.
func TestATokenIsGoodFromTheInstantOfItsIssue(t *testing.T) {
	s := newStage(t)
	s.advance(t, 900*time.Millisecond)
	issued := s.mustTakeSecret(t, 1, "")
	mustDo(t, s.relayAccepts(issued.Raw))
	if want := epoch.Add(tokens.DefaultLifetime); !issued.ExpiresAt.Equal(want) {
		t.Errorf("expires at %s, want %s", issued.ExpiresAt, want)
	}
}

func TestAConfirmationThatCannotBeWrittenHoldsNothing(t *testing.T) {
	s := newStage(t)
	for name, letter := range map[string]Letter{
		"constraints": {Constraints: func() {}},
		"sealed":      {Constraints: struct{}{}, Sealed: func() {}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := s.Issue(background, order, func() (crate, Letter, error) {
				s.held++
				return crate{n: 1}, letter, nil
			})
			if err == nil {
				t.Error("issued")
			}
			s.wantBooks(t, 0, 0)
		})
	}
}

func TestACancelledConfirmationHoldsNothing(t *testing.T) {
	s := newStage(t)
	ctx, cancel := context.WithCancel(background)
	cancel()
	_, err := s.Issue(ctx, order, func() (crate, Letter, error) {
		s.held++
		return crate{n: 1}, Letter{Constraints: struct{}{}}, nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	s.wantBooks(t, 0, 0)
}

// The books are free while the KMS takes its time.
func TestTheBooksAreFreeWhileTheKMSSigns(t *testing.T) {
	s := newStage(t)
	s.kms.sign = func(_ *kms.SignInput, answer func() (*kms.SignOutput, error)) (*kms.SignOutput, error) {
		s.wantBooks(t, 3, 0) // deadlocks if they are not
		s.Keys().JWKS()
		return answer()
	}
	_, err := s.take(3)
	mustDo(t, err)
}

// A KMS may take longer than the token lives, and then fail.
func TestAReservationThatExpiresWhileTheKMSSigns(t *testing.T) {
	s := newStage(t)
	s.kms.sign = func(*kms.SignInput, func() (*kms.SignOutput, error)) (*kms.SignOutput, error) {
		s.advance(t, tokens.MaxLifetime)
		s.wantBooks(t, 0, 0)
		return nil, &types.KMSInternalException{}
	}
	_, err := s.take(3)
	mustFail(t, err)
	s.wantBooks(t, 0, 0)
	s.advance(t, Retention+tokens.MaxLifetime)
	s.wantBooks(t, 0, 0)
	if n := len(s.Issuer.books.finished); n != 0 {
		t.Errorf("%d never forgotten", n)
	}
}

func TestAnIssuerNeedsItsKeys(t *testing.T) {
	s := newStage(t)
	c := s.Config
	c.SigningAlias = "alias/nobody"
	if _, err := New[crate](background, c, s.shelf); !errors.Is(err, tokens.ServiceUnavailable) {
		t.Errorf("without a signing key: %v", err)
	}
	c = s.Config
	c.SealingAlias = "alias/nobody"
	if _, err := New[crate](background, c, s.shelf); !errors.Is(err, tokens.ServiceUnavailable) {
		t.Errorf("without a sealing key: %v", err)
	}
}

func TestSalts(t *testing.T) {
	s := newStage(t)
	one, other := s.NewSalt().Digest, s.NewSalt().Digest
	if first, again := one("25.00"), one("25.00"); first != again || first == one("26.00") {
		t.Error("one salt is not a function of the text")
	}
	if one("25.00") == other("25.00") {
		t.Error("two tokens share a salt")
	}
}

func TestAServiceThatSealsNothing(t *testing.T) {
	s := newStage(t)
	c := s.Config
	c.SealingAlias, c.Service = "", "bare"
	bare := &stage{shelf: &shelf{total: 10}, clock: s.clock, kms: s.kms}
	var err error
	bare.Issuer, err = New[crate](background, c, bare.shelf)
	mustDo(t, err)
	_, err = bare.Open(background, letterRef, []byte("a.b.c.d.e"))
	mustRefuse(t, err, tokens.SealedUnreadable)
	issued, err := bare.take(1)
	mustDo(t, err)
	forged := bare.signed(t, issued, func(c *tokens.Claims) { c.Sealed = []byte("a.b.c.d.e") })
	_, err = bare.redeem(forged, "a")
	mustRefuse(t, err, tokens.SealedUnreadable)
	bare.wantBooks(t, 1, 0)
}

// signed gives a token with the issuer's own signature, its claims changed.
func (s *stage) signed(t *testing.T, issued tokens.Issued, change func(*tokens.Claims)) string {
	t.Helper()
	seen, err := tokens.Peek(issued.Raw)
	mustDo(t, err)
	var p struct {
		Constraints json.RawMessage
		Sealed      string
	}
	mustDo(t, json.Unmarshal(seen.Payload, &p))
	claims := &tokens.Claims{
		Issuer: issued.Ref.Issuer, Audience: []string{tokens.Audience, issued.Ref.Issuer}, Subject: order.Customer,
		IssuedAt: issued.ExpiresAt.Add(-tokens.DefaultLifetime), ExpiresAt: issued.ExpiresAt, ID: issued.Ref.ID, Order: issued.Ref.Order,
		Capabilities: issued.Capabilities, Constraints: p.Constraints, Sealed: []byte(p.Sealed),
	}
	change(claims)
	payload, err := claims.Payload()
	mustDo(t, err)
	key, err := s.ring.active(claims.ExpiresAt)
	mustDo(t, err)
	raw, err := s.ring.sign(background, key, payload, nil)
	mustDo(t, err)
	return raw
}
