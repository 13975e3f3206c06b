package orchestrator_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tokenshell/orchestrator"
	"tokenshell/tokens"
)

func TestSessions(t *testing.T) {
	s := newStage(t)
	snap, err := s.relay.Open(background, "", "user_456", nil)
	mustDo(t, err)
	if len(snap.ID) < 26 || snap.State != orchestrator.Open || snap.Facts == nil || !snap.Ends.Equal(epoch.Add(orchestrator.SessionTTL)) {
		t.Errorf("got %+v", snap)
	}
	if _, err := s.relay.Open(background, "op_1", "user_123", nil); !errors.Is(err, orchestrator.ErrExists) {
		t.Errorf("got %v", err)
	}
	var ids []string
	for _, each := range s.relay.Sessions() {
		ids = append(ids, each.ID)
	}
	if diff := cmp.Diff([]string{"op_1", snap.ID}, ids); diff != "" {
		t.Error(diff)
	}
	_, err = s.relay.Session("op_9")
	mustRefuse(t, err, tokens.SessionUnknown)
	_, err = s.relay.Resume(background, "op_9")
	mustRefuse(t, err, tokens.SessionUnknown)
	_, err = s.relay.Close(background, "op_9")
	mustRefuse(t, err, tokens.SessionUnknown)
	mustRefuse(t, s.relay.SetFact("op_9", "a", "b"), tokens.SessionUnknown)
}

// What a caller holds is a copy, in both directions.
func TestFactsAreCopied(t *testing.T) {
	s := newStage(t)
	facts := tokens.Facts{"subtotal": "1.00"}
	_, err := s.relay.Open(background, "op_2", "user_123", facts)
	mustDo(t, err)
	facts["subtotal"] = "2.00"
	snap, err := s.relay.Session("op_2")
	mustDo(t, err)
	snap.Facts["subtotal"] = "3.00"
	snap, err = s.relay.Session("op_2")
	mustDo(t, err)
	if snap.Facts["subtotal"] != "1.00" {
		t.Errorf("got %v", snap.Facts)
	}
}

func TestASessionEndsByItself(t *testing.T) {
	s := newStage(t)
	s.accept("points")
	s.advance(orchestrator.SessionTTL - time.Nanosecond)
	s.wantState(s.session(), orchestrator.Open, "p1 accepted")
	s.advance(time.Nanosecond)
	s.wantState(s.relay.Sessions()[0], orchestrator.Closed, "p1 accepted")
	_, err := s.relay.Redeem(background, "op_1", nil)
	mustRefuse(t, err, tokens.SessionClosed)
	_, err = s.relay.Relay(background, "op_1", signed(t, claimsOf("coupons", "c1", s.clock.Now())))
	mustRefuse(t, err, tokens.SessionClosed)
	s.wantCalls()
}

// An ended session is remembered for a day, and then forgotten with its jtis.
func TestSessionsAreForgotten(t *testing.T) {
	s := newStage(t)
	s.accept("points")
	s.advance(orchestrator.SessionTTL + orchestrator.Retention)
	s.open("op_2")
	if _, err := s.relay.Session("op_1"); err != nil {
		t.Fatal(err)
	}
	s.advance(time.Nanosecond)
	s.open("op_3")
	_, err := s.relay.Session("op_1")
	mustRefuse(t, err, tokens.SessionUnknown)
	again := orchestrator.Use{Session: "op_1", Ref: tokens.Ref{Issuer: "points.svc", ID: "p1", Order: "op_1"}, Now: s.clock.Now()}
	if first, err := s.config.Ledger.Use(background, again); !first || err != nil {
		t.Error("its jtis are not forgotten")
	}
}

func TestALongLivedRelayDoesNotGrow(t *testing.T) {
	s := newStage(t)
	for n := range 500 {
		s.open(fmt.Sprintf("more_%d", n))
		s.advance(time.Hour)
	}
	if n := len(s.relay.Sessions()); n > 26 {
		t.Errorf("%d sessions are remembered, an hour each", n)
	}
}

func TestClosingReleasesWhatWasAccepted(t *testing.T) {
	s := newStage(t)
	s.accept("payments", "coupons")
	script{"coupons.cancel": {timeout}}.on(s)
	snap, err := s.relay.Close(background, "op_1")
	mustDo(t, err)
	s.wantState(snap, orchestrator.Closed, "y1 released", "c1 accepted")
	s.wantCalls("cancel y1", "cancel/timeout c1")
}

// The same redeem again answers what it answered, and asks nobody.
func TestARetriedRedemptionIsNoReplay(t *testing.T) {
	for name, tt := range map[string]struct {
		script script
		state  orchestrator.State
		first  string
		again  string
	}{
		"completed":   {script{}, orchestrator.Completed, "p1 redeemed redeemed", "p1 redeemed repeated"},
		"compensated": {script{"points.redeem": {refuse}}, orchestrator.Compensated, "p1 refused refused", "p1 refused refused"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			s.accept("points")
			tt.script.on(s)
			first := s.redeem()
			s.wantState(first, tt.state, tt.first)
			calls := len(s.calls)
			s.advance(time.Hour) // the token and the session's time are over
			resumed, err := s.relay.Resume(background, "op_1")
			mustDo(t, err)
			s.wantState(resumed, tt.state, tt.first)
			again, err := s.relay.Redeem(background, "op_1", []tokens.Ref{first.Steps[0].Ref})
			mustDo(t, err)
			s.wantState(again, tt.state, tt.again)
			if diff := cmp.Diff(first.Steps[0].Receipt, again.Steps[0].Receipt); diff != "" || len(s.calls) != calls {
				t.Errorf("%s\ncalls %v", diff, s.calls)
			}
		})
	}
}

// That an answer is a repeated one is said of the answer; the session stays as
// it ended.
func TestARetriedRedemptionRewritesNothing(t *testing.T) {
	s := newStage(t)
	s.accept("points", "coupons")
	s.redeem()
	for range 2 {
		s.wantState(s.redeem(), orchestrator.Completed, "p1 redeemed repeated", "c1 redeemed repeated")
		stored := []string{"p1 redeemed redeemed", "c1 redeemed redeemed"}
		s.wantState(s.session(), orchestrator.Completed, stored...)
		s.wantState(s.relay.Sessions()[0], orchestrator.Completed, stored...)
		resumed, err := s.relay.Resume(background, "op_1")
		mustDo(t, err)
		s.wantState(resumed, orchestrator.Completed, stored...)
	}
}

// Resuming what has ended is a look at it: it ended when it did, and its name is free
// as soon as if nobody had asked.
func TestResumingWhatHasEndedWritesNothing(t *testing.T) {
	s := newStage(t)
	s.accept("points")
	s.redeem()
	was, err := s.config.Store.Get(background, "op_1")
	mustDo(t, err)
	s.advance(time.Hour)
	_, err = s.relay.Resume(background, "op_1")
	mustDo(t, err)
	is, err := s.config.Store.Get(background, "op_1")
	mustDo(t, err)
	if is.Version != was.Version || !is.Ended.Equal(was.Ended) {
		t.Errorf("version %d, ended %s: was %d, %s", is.Version, is.Ended, was.Version, was.Ended)
	}
}

func TestNothingToResume(t *testing.T) {
	s := newStage(t)
	s.accept("points")
	if _, err := s.relay.Resume(background, "op_1"); err == nil {
		t.Error("resumed what never began")
	}
	s.wantState(s.session(), orchestrator.Open, "p1 accepted")
}

// A redemption that is interrupted anywhere goes on with the same attempts,
// and ends as if nothing had been.
func TestInterruptedAnywhere(t *testing.T) {
	for name, tt := range map[string]struct {
		script script
		state  orchestrator.State
		left   []string
	}{
		"on its way to completion": {
			script{"points.redeem": {lost}}, orchestrator.Completed,
			[]string{"c1", "p1", "y1"},
		},
		"on its way back": {
			script{"payments.redeem": {refuse}, "points.cancel": {lost}}, orchestrator.Compensated, nil,
		},
	} {
		for stop := 1; ; stop++ {
			s := newStage(t)
			s.accept("payments", "points", "coupons")
			tt.script.on(s)
			ctx, cancel := context.WithCancel(background)
			calls := 0
			for _, each := range s.services {
				each.hook = func(string) {
					if calls++; calls == stop {
						cancel()
					}
				}
			}
			snap, err := s.relay.Redeem(ctx, "op_1", nil)
			cancel()
			if err == nil {
				if stop < 5 {
					t.Errorf("%s: only %d places to stop at", name, stop-1)
				}
				break
			}
			if !errors.Is(err, context.Canceled) || snap.State != orchestrator.Redeeming {
				t.Fatalf("%s, at call %d: %s, %v", name, stop, snap.State, err)
			}
			mustDo(t, s.relay.Audit())
			_, err = s.relay.Relay(background, "op_1", signed(t, claimsOf("coupons", "c2", s.clock.Now())))
			mustRefuse(t, err, tokens.SessionClosed)
			goOn := func() (orchestrator.Snapshot, error) { return s.relay.Resume(background, "op_1") }
			if stop%2 == 0 { // the client's retry does the same
				goOn = func() (orchestrator.Snapshot, error) { return s.relay.Redeem(background, "op_1", nil) }
			}
			snap, err = goOn()
			mustDo(t, err)
			if snap.State != tt.state {
				t.Errorf("%s, stopped at call %d: it is %s", name, stop, snap.State)
			}
			if diff := cmp.Diff(tt.left, s.committed()); diff != "" {
				t.Errorf("%s, stopped at call %d: %s", name, stop, diff)
			}
			if asked := slices.Sorted(slices.Values(s.calls)); len(slices.Compact(asked)) != len(s.calls) {
				t.Errorf("%s, stopped at call %d: asked again for what was answered: %v", name, stop, s.calls)
			}
			mustDo(t, s.relay.Audit())
		}
	}
}

// A service may refuse after an interruption what it did before it.
func TestARefusalAfterAnInterruptionIsStillOwed(t *testing.T) {
	s := newStage(t)
	ctx, cancel := context.WithCancel(background)
	defer cancel()
	s.config.Clock = cancelling{s.clock, cancel}
	s.relay = s.anew()
	script{"payments.redeem": {lost, refuse}, "payments.cancel": {timeout}}.on(s)
	s.open("op_1")
	s.accept("payments")
	if _, err := s.relay.Redeem(ctx, "op_1", nil); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	s.wantCommitted("y1")
	snap, err := s.relay.Resume(background, "op_1")
	mustDo(t, err)
	if snap.State != orchestrator.Compensated || len(s.committed()) > 0 {
		t.Errorf("it is %s, and payments holds %v", snap.State, s.committed())
	}
}

// cancelling is a clock at which nobody waits: it interrupts instead.
type cancelling struct {
	tokens.Clock
	cancel func()
}

func (c cancelling) Wait(ctx context.Context, d time.Duration) error {
	if ctx.Done() != nil {
		c.cancel()
		return ctx.Err()
	}
	return c.Clock.Wait(ctx, d)
}

// Given up before it began, a redemption leaves the order open.
func TestARedemptionThatNeverBegan(t *testing.T) {
	s := newStage(t)
	s.accept("points")
	ctx, cancel := context.WithCancel(background)
	cancel()
	if _, err := s.relay.Redeem(ctx, "op_1", nil); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	s.wantState(s.session(), orchestrator.Open, "p1 accepted")
}

// A service that panics takes nobody else with it.
func TestAServiceThatPanics(t *testing.T) {
	for name, do := range map[string]func(*orchestrator.Relay) error{
		"closing":   func(r *orchestrator.Relay) error { _, err := r.Close(background, "op_1"); return err },
		"redeeming": func(r *orchestrator.Relay) error { _, err := r.Redeem(background, "op_1", nil); return err },
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			s.accept("points")
			s.services["points"].hook = func(string) { s.services["points"].hook = nil; panic("points") }
			func() {
				defer func() {
					if recover() == nil {
						t.Error("no panic")
					}
				}()
				_ = do(s.relay)
			}()
			if snap := s.session(); snap.State == orchestrator.Redeeming {
				snap, err := s.relay.Resume(background, "op_1")
				mustDo(t, err)
				s.wantState(snap, orchestrator.Completed, "p1 redeemed redeemed")
			}
		})
	}
}
