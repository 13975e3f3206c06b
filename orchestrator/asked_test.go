// What the relay tells the services, its log and those who only look.

package orchestrator_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tokenshell/orchestrator"
	"tokenshell/tokens"
)

// A service is told everything that the redemption and its cancellation are
// about: the token, whose order it is, its facts, and the attempt.
func TestWhatAServiceIsAsked(t *testing.T) {
	s := newStage(t)
	coupons, points, payments := &recorder{name: "coupons"}, &recorder{name: "points"}, &recorder{name: "payments"}
	for i, r := range []*recorder{coupons, points, payments} {
		s.config.Services[i].Redeemer = r
	}
	s.relay = s.anew()
	s.open("op_1")
	text := map[string]string{}
	for i, name := range names {
		text[name] = signed(t, claimsOf(name, []string{"c1", "p1", "y1"}[i], s.clock.Now()))
		_, err := s.relay.Relay(background, "op_1", text[name])
		mustDo(t, err)
	}
	points.err = tokens.Refuse(tokens.ConstraintViolated, "no")
	s.wantState(s.redeem(), orchestrator.Compensated, "c1 cancelled cancelled", "p1 refused refused", "y1 released")

	session := tokens.Session{Order: "op_1", Customer: "user_123"}
	attempts := map[string]string{}
	for _, r := range []*recorder{coupons, points} {
		if len(r.redemptions) != 1 {
			t.Fatalf("%s was asked %d times", r.name, len(r.redemptions))
		}
		attempts[r.name] = r.redemptions[0].Attempt
		want := tokens.Redemption{Token: text[r.name], Session: session, Facts: tokens.Facts{"subtotal": "140.00"}, Attempt: attempts[r.name]}
		if diff := cmp.Diff(want, r.redemptions[0]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", r.name, diff)
		}
	}
	if attempts["coupons"] == attempts["points"] {
		t.Errorf("both attempts are %q", attempts["coupons"])
	}
	for _, r := range []*recorder{coupons, points, payments} {
		if len(r.redemptions) > 0 && r == payments {
			t.Error("payments was asked to redeem")
		}
		// Payments never took part: nothing but the token says what to release.
		last := r.cancels[len(r.cancels)-1]
		if last.Token != text[r.name] || last.Session != session || r != payments && last.Attempt != attempts[r.name] {
			t.Errorf("%s was asked to cancel %+v", r.name, last)
		}
	}
}

// A service may do with the facts what it wants: the order's stay.
func TestAServiceGetsFactsOfItsOwn(t *testing.T) {
	s := newStage(t)
	points := &recorder{name: "points"}
	s.config.Services[1].Redeemer = points
	s.relay = s.anew()
	s.open("op_1")
	s.accept("points")
	s.redeem()
	points.redemptions[0].Facts["subtotal"] = "0.00"
	if got := s.session().Facts["subtotal"]; got != "140.00" {
		t.Errorf("the subtotal is %s", got)
	}
}

// What is opened is as it was asked for, and is listed in that order.
func TestASessionTellsWhatItIs(t *testing.T) {
	s := newStage(t)
	s.advance(1)
	opened, err := s.relay.Open(background, "op_0", "user_456", tokens.Facts{"payable": "1.00"})
	mustDo(t, err)
	want := orchestrator.Snapshot{
		ID: "op_0", Customer: "user_456", Facts: tokens.Facts{"payable": "1.00"}, State: orchestrator.Open,
		Opened: epoch.Add(1), Ends: epoch.Add(1 + orchestrator.SessionTTL), Steps: []orchestrator.Step{},
	}
	looked, err := s.relay.Session("op_0")
	mustDo(t, err)
	for _, got := range []orchestrator.Snapshot{opened, looked, s.relay.Sessions()[1]} {
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	ids := []string{"op_1", "op_0"}
	for n := range 20 {
		id := fmt.Sprintf("op_%d", 99-n)
		s.open(id) // all at the same moment
		ids = append(ids, id)
	}
	var got []string
	for _, snap := range s.relay.Sessions() {
		got = append(got, snap.ID)
	}
	if diff := cmp.Diff(ids, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Explaining finds what relaying would, and leaves no trace.
func TestExplainFindsWhatRelayingWould(t *testing.T) {
	s := newStage(t)
	s.open("op_2")
	mustDo(t, s.relay.Trust(outside("partner", "points:redeem", "coupons:redeem"), nil))
	both := claimsOf("partner", "x1", epoch)
	both.Capabilities = []string{"points:redeem", "coupons:redeem"}
	good := signed(t, claimsOf("points", "p1", epoch))
	other := claimsOf("points", "p2", epoch)
	other.Order = "op_2"
	reason := func(id, token string) tokens.Reason {
		t.Helper()
		for _, f := range s.relay.Explain(id, token, false) {
			if f.Status == tokens.CheckFailed {
				return f.Reason
			}
		}
		return ""
	}
	want := func(id, token string, explained tokens.Reason) {
		t.Helper()
		if got := reason(id, token); got != explained {
			t.Errorf("explained as %q, want %q", got, explained)
		}
	}
	for range 2 { // and a second time
		want("op_1", good, "")
		want("op_9", good, tokens.SessionUnknown)
		want("op_1", signed(t, other), tokens.SessionMismatch)
		want("op_1", signed(t, both), tokens.CapabilityNotAllowed)
	}
	_, err := s.relay.Relay(background, "op_1", good)
	mustDo(t, err)
	want("op_1", good, tokens.Replayed)
	// Another issuer's token of that jti is another.
	same := claimsOf("coupons", "p1", epoch)
	want("op_1", signed(t, same), "")
	_, err = s.relay.Close(background, "op_1")
	mustDo(t, err)
	want("op_1", good, tokens.SessionClosed)
}

// The log names the token once the signature is known to be good, and before
// that the session only.
func TestTheLogNamesWhatIsKnown(t *testing.T) {
	s := newStage(t)
	line := func(do func()) string {
		t.Helper()
		before := s.log.Len()
		do()
		return s.log.String()[before:]
	}
	relay := func(id, token string) func() { return func() { _, _ = s.relay.Relay(background, id, token) } }
	good := claimsOf("points", "p1", epoch)
	late := *good
	late.IssuedAt, late.ExpiresAt = epoch.Add(-tokens.DefaultLifetime), epoch
	raw := signed(t, good)
	forged := raw[:strings.LastIndexByte(raw, '.')] + "." + strings.Repeat("A", 86)
	for _, tt := range []struct {
		do         func()
		has, hasNo string
	}{
		{relay("op_7", "nothing"), "step=relay outcome=malformed order_processing_id=op_7", "jti="},
		{relay("op_1", forged), "step=relay outcome=signature_invalid order_processing_id=op_1", "jti="},
		{relay("op_1", signed(t, &late)), "step=relay outcome=expired jti=p1 order_processing_id=op_1", "service=points"},
		{relay("op_7", raw), "step=relay outcome=session_unknown jti=p1 order_processing_id=op_1", "service=points"},
		{relay("op_1", raw), "step=relay outcome=ok jti=p1 order_processing_id=op_1 service=points", "refused"},
		{func() { _, _ = s.relay.Close(background, "op_9") }, "step=close outcome=session_unknown order_processing_id=op_9", "jti="},
		{func() { _, _ = s.relay.Close(background, "op_1") }, "step=release outcome=ok jti=p1 order_processing_id=op_1 service=points", "failed"},
		{func() { _, _ = s.relay.Close(background, "op_1") }, "step=close outcome=session_closed order_processing_id=op_1", "jti="},
		{func() {
			s.open("op_2")
			token := claimsOf("coupons", "c2", epoch)
			token.Order = "op_2"
			relay("op_2", signed(t, token))()
			_, _ = s.relay.Redeem(background, "op_2", nil)
		}, "step=redeem outcome=ok order_processing_id=op_2 state=completed", "failed"},
	} {
		if got := line(tt.do); !strings.Contains(got, tt.has) || strings.Contains(got, tt.hasNo) {
			t.Errorf("want %q without %q:\n%s", tt.has, tt.hasNo, got)
		}
	}
}

// The tries of a question are counted from one, in the log too.
func TestTheLogCountsTheTries(t *testing.T) {
	s := newStage(t)
	s.accept("points")
	script{"points.redeem": {lost, lost}}.on(s)
	s.redeem()
	var tries []string
	for line := range strings.Lines(s.log.String()) {
		if _, try, found := strings.Cut(strings.TrimSpace(line), " try="); found {
			tries = append(tries, try)
		}
	}
	if diff := cmp.Diff([]string{"1", "2", "3"}, tries); diff != "" {
		t.Error(diff)
	}
}

// Given up while it waits to ask again, or while the service thinks, it stops
// there and answers why.
func TestGivenUpWhileAService(t *testing.T) {
	for name, tt := range map[string]struct {
		script script
		at     string // the step during which it is given up
	}{
		"redeems":       {nil, "redeem"},
		"takes it back": {script{"payments.redeem": {refuse}}, "cancel"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			s.accept("points", "payments")
			tt.script.on(s)
			ctx, cancel := context.WithCancelCause(background)
			s.services["points"].hook = func(step string) {
				if step == tt.at {
					cancel(errors.New("enough"))
				}
			}
			snap, err := s.relay.Redeem(ctx, "op_1", nil)
			if !errors.Is(err, context.Canceled) || snap.State != orchestrator.Redeeming {
				t.Errorf("it is %s, %v", snap.State, err)
			}
			asked := len(s.calls)
			if got := s.session(); got.State != orchestrator.Redeeming || len(s.calls) != asked {
				t.Errorf("it is %s", got.State)
			}
		})
	}
}
