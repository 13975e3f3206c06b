package orchestrator_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"tokenshell/orchestrator"
	"tokenshell/tokens"
)

// A stuck order is never forgotten, and once it is settled for a day.
func TestAStuckOrderIsNotForgotten(t *testing.T) {
	s := newStage(t)
	s.accept("coupons", "points")
	s.services["points"].script["redeem"] = []kind{refuse}
	s.services["coupons"].script["cancel"] = []kind{refuse}
	if snap, err := s.relay.Redeem(background, "op_1", nil); err != nil || snap.State != orchestrator.Stuck {
		t.Fatalf("%v, %v", snap.State, err)
	}
	for range 5 {
		s.advance(100 * orchestrator.Retention)
		s.relay.Open(background, "", "user_123", nil)
	}
	snap, err := s.relay.Resume(background, "op_1")
	if err != nil || snap.State != orchestrator.Compensated {
		t.Fatalf("%v, %v", snap.State, err)
	}
	s.advance(orchestrator.Retention)
	s.relay.Open(background, "", "user_123", nil)
	if _, err := s.relay.Session("op_1"); err != nil {
		t.Error(err)
	}
	s.advance(time.Minute + 1)
	s.relay.Open(background, "", "user_123", nil)
	_, err = s.relay.Session("op_1")
	mustRefuse(t, err, tokens.SessionUnknown)
}

// A name is free when no service has books of the order, and until then the answer
// says until when.
func TestANameIsFreeWhenNobodyRemembers(t *testing.T) {
	s := newStage(t)
	until, yes := epoch.Add(72*time.Hour), false
	s.config.Services[1].Remembers = func(order string) (time.Time, bool) { return until, yes && order == "op_1" }
	s.relay = s.anew()
	s.open("op_1")
	yes = true
	taken := func(want string) {
		t.Helper()
		_, err := s.relay.Open(background, "op_1", "user_123", nil)
		if !errors.Is(err, orchestrator.ErrExists) || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%v, want …%s", err, want)
		}
	}
	taken(`there is a session "op_1" already`)
	s.advance(orchestrator.SessionTTL)
	taken(`it is closed: its name is free after 2026-01-04T00:00:00Z`)
	s.advance(orchestrator.Retention + 1)
	s.open("op_2")
	_, err := s.relay.Session("op_1")
	mustRefuse(t, err, tokens.SessionUnknown)
	taken(`services have books of an earlier order "op_1": its name is free after 2026-01-04T00:00:00Z`)
	until = time.Time{}
	taken(`its name is free some time after it is settled`)
	yes = false
	s.open("op_1")
}

// A second --resume asks nobody for what was answered, and tells what is new.
func TestResumingTellsWhatIsNew(t *testing.T) {
	s := newStage(t)
	s.accept("coupons", "points", "payments")
	s.services["payments"].script["redeem"] = []kind{refuse}
	s.services["coupons"].script["cancel"] = []kind{refuse, refuse}
	if snap, err := s.relay.Redeem(background, "op_1", nil); err != nil || snap.State != orchestrator.Stuck {
		t.Fatalf("%v, %v", snap.State, err)
	}
	for _, want := range []struct {
		state   orchestrator.State
		results string
	}{{orchestrator.Stuck, "c1 failed"}, {orchestrator.Compensated, "c1 cancelled"}} {
		before := len(s.calls)
		snap, err := s.relay.Resume(background, "op_1")
		if err != nil || snap.State != want.state {
			t.Fatalf("%v, %v", snap.State, err)
		}
		var results []string
		for _, step := range snap.Steps {
			if step.Result != "" {
				results = append(results, step.Ref.ID+" "+string(step.Result))
			}
		}
		if got := strings.Join(results, ", "); got != want.results {
			t.Errorf("it tells %q, want %q", got, want.results)
		}
		if calls := s.calls[before:]; len(calls) != 1 || !strings.HasSuffix(calls[0], " c1") {
			t.Errorf("it asks %q", calls)
		}
	}
}
