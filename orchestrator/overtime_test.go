// A redemption that outlives its session's time.

package orchestrator_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tokenshell/orchestrator"
)

// A service may take longer than the session has: as long as somebody is at
// the redemption it is not stuck, whoever looks at it.
func TestARunningRedemptionIsNotStuckWhenItsTimeIsOver(t *testing.T) {
	s := newStage(t)
	s.accept("points", "payments")
	looks := 0
	s.services["points"].hook = func(string) {
		s.advance(orchestrator.SessionTTL)
		for _, snap := range append(s.relay.Sessions(), s.session()) {
			s.wantState(snap, orchestrator.Redeeming, "p1 accepted", "y1 accepted")
			looks++
		}
	}
	s.wantState(s.redeem(), orchestrator.Completed, "p1 redeemed redeemed", "y1 redeemed redeemed")
	if looks != 2 {
		t.Errorf("it was looked at %d times", looks)
	}
}

// Nor is it for another relay over the same store, which sees by the lease that
// somebody is at it, until that has run out.
func TestARedemptionElsewhereIsNotStuckWhenItsTimeIsOver(t *testing.T) {
	s := newStage(t)
	s.accept("points")
	other := s.second("relay-2")
	var saw []orchestrator.State
	look := func() {
		snap, err := other.Session("op_1")
		mustDo(t, err)
		saw = append(saw, snap.State)
	}
	s.advance(orchestrator.SessionTTL - 1)
	s.services["points"].hook = func(string) {
		s.advance(orchestrator.LeaseTTL - 1)
		look()
		s.advance(1)
		look()
	}
	s.wantState(s.redeem(), orchestrator.Completed, "p1 redeemed redeemed")
	look()
	if diff := cmp.Diff([]orchestrator.State{orchestrator.Redeeming, orchestrator.Stuck, orchestrator.Completed}, saw); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Interrupted and over its time it is stuck, and goes on when it is resumed.
func TestAnInterruptedRedemptionIsStuckWhenItsTimeIsOver(t *testing.T) {
	s := newStage(t)
	s.accept("points", "payments")
	ctx, cancel := context.WithCancel(background)
	s.services["payments"].hook = func(string) { cancel() }
	if _, err := s.relay.Redeem(ctx, "op_1", nil); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	s.services["payments"].hook = nil
	s.advance(orchestrator.SessionTTL - 1)
	s.wantState(s.session(), orchestrator.Redeeming, "p1 redeemed redeemed", "y1 accepted")
	s.advance(1)
	s.wantState(s.session(), orchestrator.Stuck, "p1 redeemed redeemed", "y1 accepted")
	snap, err := s.relay.Resume(background, "op_1")
	mustDo(t, err)
	s.wantState(snap, orchestrator.Completed, "p1 redeemed redeemed", "y1 redeemed redeemed")
}
