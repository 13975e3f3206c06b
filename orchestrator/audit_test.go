package orchestrator

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"tokenshell/tokens"
)

// Whatever an audit looks for it finds, and it takes everything else for right.
func TestTheAuditSees(t *testing.T) {
	all := []Status{Accepted, Redeemed, Refused, Cancelled, Released, Failed}
	right := func(state State, status, result Status) bool {
		switch state {
		case Open:
			return status == Accepted
		case Completed: // what took part was redeemed
			return result == "" || status == Redeemed
		case Compensated: // nothing stays redeemed, and nobody is left in doubt
			return status != Redeemed && (result != Failed || status == Cancelled)
		case Closed:
			return status == Released || status == Accepted
		}
		return true // on its way, or owing
	}
	for _, state := range []State{Open, Redeeming, Completed, Compensated, Stuck, Closed} {
		for _, status := range all {
			for _, result := range append(all, Repeated, "") {
				r := New(Config{Clock: tokens.FrozenClock(time.Time{}), Log: slog.DiscardHandler, Store: NewMemoryStore(), Ledger: NewMemoryLedger()})
				if _, err := r.Open(context.Background(), "op_1", "user_123", nil); err != nil {
					t.Fatal(err)
				}
				keep(t, r, func(s *Record) {
					s.State, s.Ends = state, time.Time{}.Add(time.Hour)
					s.Steps = []*StepRecord{{Step: Step{Ref: tokens.Ref{Issuer: "points.svc", ID: "p1", Order: "op_1"}, Status: status, Result: result}}}
				})
				err := r.Audit()
				if (err == nil) != right(state, status, result) {
					t.Errorf("%s, with a token that is %s and reported %q: %v", state, status, result, err)
				}
				if want := `session "op_1" is ` + string(state) + ", and p1 is " + string(status); err != nil && err.Error() != want {
					t.Errorf("got %v, want %s", err, want)
				}
				keep(t, r, func(s *Record) { s.Steps = append(s.Steps, s.Steps[0]) })
				if err := r.Audit(); err == nil || right(state, status, result) && !strings.Contains(err.Error(), "accepted p1 twice") {
					t.Errorf("%s, with a token twice: %v", state, err)
				}
			}
		}
	}
}

// An order that has ended keeps no token.
func TestAnEndedSessionKeepsNoToken(t *testing.T) {
	r := New(Config{Clock: tokens.FrozenClock(time.Time{}), Log: slog.DiscardHandler, Store: NewMemoryStore(), Ledger: NewMemoryLedger()})
	if _, err := r.Open(context.Background(), "op_1", "user_123", nil); err != nil {
		t.Fatal(err)
	}
	keep(t, r, func(s *Record) { s.Steps = []*StepRecord{{Step: Step{Status: Released}, Token: "a.b.c"}} })
	if _, err := r.Close(context.Background(), "op_1"); err != nil {
		t.Fatal(err)
	}
	if token := keep(t, r, func(*Record) {}).Steps[0].Token; token != "" {
		t.Errorf("it keeps %s", token)
	}
}

// keep changes what is kept of op_1, and gives it.
func keep(t *testing.T, r *Relay, change func(*Record)) *Record {
	t.Helper()
	s, err := r.Store.Get(context.Background(), "op_1")
	if err != nil {
		t.Fatal(err)
	}
	s = s.clone()
	change(s)
	if err := r.Store.Put(context.Background(), s); err != nil {
		t.Fatal(err)
	}
	return s
}

// A session that has ended and owes nothing keeps no token that somebody could find.
func TestTheAuditSeesTokensThatAreKept(t *testing.T) {
	for _, state := range []State{Open, Redeeming, Completed, Compensated, Stuck, Closed} {
		for _, ended := range []bool{false, true} {
			r := New(Config{Clock: tokens.FrozenClock(time.Time{}), Log: slog.DiscardHandler, Store: NewMemoryStore(), Ledger: NewMemoryLedger()})
			if _, err := r.Open(context.Background(), "op_1", "user_123", nil); err != nil {
				t.Fatal(err)
			}
			keep(t, r, func(s *Record) {
				s.State, s.Ends = state, time.Time{}.Add(time.Hour)
				if ended {
					s.Ended = time.Time{}.Add(time.Minute)
				}
				status := map[State]Status{Open: Accepted, Completed: Redeemed, Compensated: Cancelled, Closed: Released}[state]
				s.Steps = []*StepRecord{{Step: Step{Ref: tokens.Ref{Issuer: "points.svc", ID: "p1", Order: "op_1"}, Status: status}, Token: "e30.e30.AA"}}
			})
			err, wrong := r.Audit(), ended && state != Stuck
			if (err != nil) != wrong || wrong && err.Error() != `session "op_1" has ended, and the relay keeps its token p1` {
				t.Errorf("%s, ended %v: %v", state, ended, err)
			}
		}
	}
}
