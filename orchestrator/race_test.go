package orchestrator_test

import (
	"errors"
	"flag"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"tokenshell/orchestrator"
	"tokenshell/tokens"
)

// go test -race ./orchestrator -long
var long = flag.Bool("long", false, "contend for 1,000,000 uses instead of 100,000")

const goroutines = 100

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

// Every use is wanted by all goroutines and had by one.
func TestContendedUses(t *testing.T) {
	uses := 100_000
	if *long {
		uses = 1_000_000
	}
	distinct := uses / goroutines
	const sessions = 10
	ledger := orchestrator.NewMemoryLedger()
	wins := make([]atomic.Int32, distinct)
	together(func(n int) {
		for i := range distinct {
			i = (i + n%4) % distinct // not quite in step
			first, err := ledger.Use(background, orchestrator.Use{Session: fmt.Sprintf("op_%d", i%sessions), Ref: tokens.Ref{Issuer: "points.svc", ID: fmt.Sprintf("cpt_%d", i)}})
			if err != nil {
				t.Error(err)
			}
			if first {
				wins[i].Add(1)
			}
		}
	})
	for i := range wins {
		if n := wins[i].Load(); n != 1 {
			t.Fatalf("cpt_%d was used first %d times", i, n)
		}
	}
}

func TestAUseIsOfOneSessionAndIssuer(t *testing.T) {
	ledger := orchestrator.NewMemoryLedger()
	use := func(session, issuer, jti string) bool {
		first, err := ledger.Use(background, orchestrator.Use{Session: session, Ref: tokens.Ref{Issuer: issuer, ID: jti}})
		mustDo(t, err)
		return first
	}
	if !use("op_1", "a", "1") || !use("op_2", "a", "1") || !use("op_1", "b", "1") || !use("op_1", "a", "2") {
		t.Error("taken for one another")
	}
	if use("op_1", "a", "1") || use("op_2", "a", "1") {
		t.Error("used twice")
	}
	mustDo(t, ledger.Forget(background, "op_1"))
	if use("op_2", "a", "1") {
		t.Error("forgot the wrong session")
	}
}

func TestOneOfManyRelaysWins(t *testing.T) {
	s := newStage(t)
	token := signed(t, claimsOf("points", "p1", epoch))
	var won, lost atomic.Int32
	together(func(int) {
		switch _, err := s.relay.Relay(background, "op_1", token); {
		case err == nil:
			won.Add(1)
		case errors.Is(err, tokens.Replayed):
			lost.Add(1)
		default:
			t.Error(err)
		}
	})
	if won.Load() != 1 || lost.Load() != goroutines-1 || len(s.session().Steps) != 1 {
		t.Errorf("%d won, %d lost, %d steps", won.Load(), lost.Load(), len(s.session().Steps))
	}
}

func TestOneOfManyRedemptionsRuns(t *testing.T) {
	s := newStage(t)
	s.accept("payments", "points", "coupons")
	var ran atomic.Int32
	together(func(int) {
		switch snap, err := s.relay.Redeem(background, "op_1", nil); {
		case err == nil && snap.State == orchestrator.Completed:
			ran.Add(1) // one ran, others may have come after its end
		case !errors.Is(err, tokens.SessionClosed):
			t.Errorf("%s, %v", snap.State, err)
		}
	})
	if ran.Load() == 0 {
		t.Error("nobody was told that it completed")
	}
	s.wantCalls("redeem c1", "redeem p1", "redeem y1")
}

func TestOneOfManySessionsOfAName(t *testing.T) {
	s := newStage(t)
	var opened atomic.Int32
	together(func(int) {
		if _, err := s.relay.Open(background, "op_2", "user_123", nil); err == nil {
			opened.Add(1)
		}
	})
	if opened.Load() != 1 {
		t.Errorf("%d opened", opened.Load())
	}
}

// Relay, redeem, close, facts and readers at once: a session ends in one way,
// and whatever was accepted is redeemed or released.
func TestEndingsRace(t *testing.T) {
	for round := range 20 {
		s := newStage(t)
		s.accept("points", "payments")
		if round%2 == 0 {
			script{"payments.redeem": {refuse}}.on(s)
		}
		more := signed(t, claimsOf("coupons", "c1", epoch))
		var accepted, closed, redeemed atomic.Int32
		together(func(n int) {
			switch n % 5 {
			case 0:
				if _, err := s.relay.Relay(background, "op_1", more); err == nil {
					accepted.Add(1)
				}
			case 1:
				if _, err := s.relay.Close(background, "op_1"); err == nil {
					closed.Add(1)
				}
			case 2:
				if _, err := s.relay.Redeem(background, "op_1", nil); err == nil {
					redeemed.Add(1)
				}
			case 3:
				_ = s.relay.SetFact("op_1", "payable", fmt.Sprint(n))
			case 4:
				_ = s.relay.Sessions()
				_, _ = s.relay.Session("op_1")
			}
		})
		snap := s.session()
		if closed.Load() > 1 || closed.Load() == 1 && redeemed.Load() > 0 || closed.Load() == 0 && redeemed.Load() == 0 {
			t.Errorf("closed %d times, redeemed %d times", closed.Load(), redeemed.Load())
		}
		if int(accepted.Load())+2 != len(snap.Steps) {
			t.Errorf("accepted %d, steps %v", accepted.Load(), snap.Steps)
		}
		for _, step := range snap.Steps {
			if step.Status == orchestrator.Accepted {
				t.Errorf("%s is %s, and the session is %s", step.Ref.ID, step.Status, snap.State)
			}
		}
		if left := s.committed(); snap.State != orchestrator.Completed && len(left) > 0 {
			t.Errorf("it is %s, and %v stays", snap.State, left)
		}
		mustDo(t, s.relay.Audit())
	}
}

// While a service takes its time, the session can be looked at.
func TestASessionIsReadableWhileItIsRedeemed(t *testing.T) {
	s := newStage(t)
	s.accept("points")
	s.services["points"].hook = func(string) {
		if snap := s.session(); snap.State != orchestrator.Redeeming {
			t.Errorf("it is %s", snap.State)
		}
		_, err := s.relay.Redeem(background, "op_1", nil)
		mustRefuse(t, err, tokens.SessionClosed)
		_, err = s.relay.Resume(background, "op_1")
		mustRefuse(t, err, tokens.SessionClosed)
	}
	s.wantState(s.redeem(), orchestrator.Completed, "p1 redeemed redeemed")
}
