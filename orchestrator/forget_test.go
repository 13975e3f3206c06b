package orchestrator_test

import (
	"context"
	"errors"
	"slices"
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
	var taken *orchestrator.NameTaken
	if _, err := s.relay.Open(background, "op_1", "user_123", nil); !errors.As(err, &taken) || taken.State != orchestrator.Stuck || !taken.Free.IsZero() {
		t.Errorf("%v, free after %v", err, taken)
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
		var name *orchestrator.NameTaken
		if !errors.Is(err, orchestrator.ErrExists) || !strings.HasSuffix(err.Error(), want) || !errors.As(err, &name) || name.Free.IsZero() == strings.Contains(want, "free after") {
			t.Errorf("%v, free after %v, want …%s", err, name, want)
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

// hampered is a store and a ledger that do not always answer.
type hampered struct {
	orchestrator.Store
	orchestrator.Ledger
	unreadable, unforgotten string   // ids
	forgotten               []string // of the ledger
}

func (h *hampered) Get(ctx context.Context, id string) (*orchestrator.Record, error) {
	if id == h.unreadable {
		return nil, errors.New("no answer")
	}
	return h.Store.Get(ctx, id)
}

// storeOf and ledgerOf are the two, each of which forgets in its own way.
type storeOf struct{ *hampered }

func (s storeOf) Forget(ctx context.Context, id string, version uint64) error {
	return s.hampered.Store.Forget(ctx, id, version)
}

type ledgerOf struct{ *hampered }

func (l ledgerOf) Forget(ctx context.Context, id string) error {
	if id == l.unforgotten {
		return errors.New("no answer")
	}
	l.forgotten = append(l.forgotten, id)
	return l.Ledger.Forget(ctx, id)
}

// What a store or a ledger does not answer is asked again the next time, and the
// others are forgotten meanwhile, by both.
func TestForgettingGoesOn(t *testing.T) {
	s := newStage(t)
	h := &hampered{Store: orchestrator.NewMemoryStore(), Ledger: orchestrator.NewMemoryLedger()}
	s.config.Store, s.config.Ledger = storeOf{h}, ledgerOf{h}
	s.relay = orchestrator.New(s.config)
	ids := []string{"op_1", "op_2", "op_3"}
	for _, id := range ids {
		s.open(id)
	}
	kept := func(want ...string) {
		t.Helper()
		s.relay.Open(background, "", "user_123", nil)
		s.advance(2 * time.Minute)
		for _, id := range ids {
			_, err := h.Store.Get(background, id)
			if is := slices.Contains(want, id); errors.Is(err, orchestrator.ErrNoSession) == is || slices.Contains(h.forgotten, id) == is {
				t.Errorf("%s: %v, the ledger has forgotten %q; want %q", id, err, h.forgotten, want)
			}
		}
	}
	s.advance(orchestrator.SessionTTL + orchestrator.Retention)
	kept(ids...) // to the instant
	h.unreadable, h.unforgotten = "op_1", "op_2"
	kept("op_1", "op_2")
	h.unreadable = ""
	kept("op_2")
	h.unforgotten = ""
	kept()
}

// Of an order that owes something the ledger forgets nothing either.
func TestTheLedgerOfAStuckOrder(t *testing.T) {
	s := newStage(t)
	h := &hampered{Store: orchestrator.NewMemoryStore(), Ledger: orchestrator.NewMemoryLedger()}
	s.config.Store, s.config.Ledger = storeOf{h}, ledgerOf{h}
	s.relay = orchestrator.New(s.config)
	s.open("op_1")
	s.accept("coupons", "points")
	script{"points.redeem": {refuse}, "coupons.cancel": {refuse}}.on(s)
	s.wantState(s.redeem(), orchestrator.Stuck, "c1 redeemed failed", "p1 refused refused")
	s.advance(100 * orchestrator.Retention)
	s.relay.Open(background, "op_2", "user_123", nil)
	if len(h.forgotten) > 0 {
		t.Errorf("the ledger has forgotten %q", h.forgotten)
	}
}

// A redemption that takes longer than a session that owes is left alone goes on: who
// forgets does not touch it.
func TestForgettingDoesNotDisturb(t *testing.T) {
	s := newStage(t)
	s.accept("coupons", "points")
	s.services["points"].hook = func(string) {
		for range 3 {
			s.advance(45 * time.Second)
			s.relay.Open(background, "", "user_123", nil)
		}
	}
	s.wantState(s.redeem(), orchestrator.Completed, "c1 redeemed redeemed", "p1 redeemed redeemed")
}
