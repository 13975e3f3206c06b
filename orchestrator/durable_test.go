// A store that outlives its relay: restarts, two relays over one store, and a store
// that does not answer.

package orchestrator_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tokenshell/orchestrator"
	"tokenshell/tokens"
)

// second is another relay over the stage's store and ledger.
func (s *stage) second(name string) *orchestrator.Relay {
	c := s.config
	c.Name = name
	return orchestrator.New(c)
}

// stopped is a store whose relay stops at its n-th write: the write is done, and
// nothing after it.
type stopped struct {
	orchestrator.Store
	writes int
}

var errStopped = errors.New("the relay is no more")

func (s *stopped) Put(ctx context.Context, r *orchestrator.Record) error {
	if s.writes == 0 {
		panic(errStopped)
	}
	s.writes--
	return s.Store.Put(ctx, r)
}

// stopAt has the stage's relay stop at its n-th write in a redemption, and reports
// whether it came so far.
func (s *stage) stopAt(n int) (is bool) {
	store := s.config.Store
	s.config.Store = &stopped{store, n}
	relay := orchestrator.New(s.config)
	s.config.Store = store
	defer func() { is = recover() == any(errStopped) }()
	_, _ = relay.Redeem(background, "op_1", nil)
	return false
}

// Wherever a relay stops, another one over its store goes on: everything is redeemed
// once, or everything is taken back.
func TestARelayThatStopsAtAnyWrite(t *testing.T) {
	for name, tt := range map[string]struct {
		script script
		state  orchestrator.State
	}{
		"completed":         {nil, orchestrator.Completed},
		"an answer is lost": {script{"points.redeem": {lost}}, orchestrator.Completed},
		"compensated":       {script{"payments.redeem": {refuse, refuse}}, orchestrator.Compensated},
		"an unheard no":     {script{"points.redeem": {lost, refuse, refuse}}, orchestrator.Compensated},
		"cancelled twice":   {script{"payments.redeem": {refuse, refuse}, "coupons.cancel": {lost}}, orchestrator.Compensated},
	} {
		t.Run(name, func(t *testing.T) {
			n := 0
			for ; ; n++ {
				s := newStage(t)
				s.accept("payments", "points", "coupons")
				tt.script.on(s)
				if !s.stopAt(n) {
					break
				}
				s.relay = orchestrator.New(s.config)
				snap, err := s.relay.Redeem(background, "op_1", nil)
				mustDo(t, err)
				want := []string{"c1", "p1", "y1"}
				if snap.State == orchestrator.Compensated {
					want = nil // also where a no was unheard, and the second try was not asked any more
				}
				if snap.State != tt.state {
					t.Errorf("stopped at write %d it is %s", n, snap.State)
				}
				s.wantCommitted(want...)
				mustDo(t, s.relay.Audit())
				for _, step := range snap.Steps {
					if attempts := s.services[step.Service].by[step.Ref.ID]; attempts != "" && attempts != step.Attempt {
						t.Errorf("stopped at write %d, %s was asked by attempt %s, and is of %s", n, step.Ref.ID, attempts, step.Attempt)
					}
				}
			}
			if n < 4 {
				t.Errorf("it wrote %d times", n)
			}
		})
	}
}

// A redemption belongs to one relay, until it has been silent for too long. Then
// another goes on, and the first, when it wakes up, does not.
func TestALeaseIsRespected(t *testing.T) {
	s := newStage(t)
	s.accept("payments", "points", "coupons")
	other := s.second("relay-2")
	asked := 0
	s.services["points"].hook = func(string) {
		if asked++; asked > 1 {
			return
		}
		s.advance(orchestrator.LeaseTTL - 1)
		_, err := other.Redeem(background, "op_1", nil)
		mustRefuse(t, err, tokens.SessionClosed)
		_, err = other.Resume(background, "op_1")
		mustRefuse(t, err, tokens.SessionClosed)
		s.advance(1)
		snap, err := other.Resume(background, "op_1")
		mustDo(t, err)
		s.wantState(snap, orchestrator.Completed, "y1 redeemed redeemed", "p1 redeemed redeemed", "c1 redeemed redeemed")
	}
	_, err := s.relay.Redeem(background, "op_1", nil)
	mustRefuse(t, err, tokens.SessionClosed)
	s.wantCalls("redeem c1", "redeem p1", "redeem y1", "redeem p1") // the last is the first relay's, with the same attempt
	s.wantCommitted("c1", "p1", "y1")
	s.wantState(s.session(), orchestrator.Completed, "y1 redeemed redeemed", "p1 redeemed redeemed", "c1 redeemed redeemed")
}

// The same relay, started again, does not wait for itself.
func TestARestartHoldsItsOwnLease(t *testing.T) {
	s := newStage(t)
	s.accept("points")
	if !s.stopAt(1) {
		t.Fatal("it did not stop")
	}
	_, err := s.second("relay-2").Resume(background, "op_1")
	mustRefuse(t, err, tokens.SessionClosed)
	snap, err := s.second("").Resume(background, "op_1")
	mustDo(t, err)
	s.wantState(snap, orchestrator.Completed, "p1 redeemed repeated")
}

// Two relays over one store and ledger: of everything there is one.
func TestTwoRelaysRace(t *testing.T) {
	for round := range 20 {
		s := newStage(t)
		relays := []*orchestrator.Relay{s.relay, s.second("relay-2")}
		raw := signed(t, claimsOf("coupons", "c1", epoch))
		var accepted, completed atomic.Int32
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() {
				if _, err := relays[i%2].Relay(background, "op_1", raw); err == nil {
					accepted.Add(1)
				} else if !errors.Is(err, tokens.Replayed) {
					t.Error(err)
				}
			})
		}
		all.Wait()
		s.accept("points", "payments")
		if round%2 == 0 {
			script{"payments.redeem": {refuse}}.on(s)
		}
		for i := range 8 {
			all.Go(func() {
				switch snap, err := relays[i%2].Redeem(background, "op_1", nil); {
				case err == nil && (snap.State == orchestrator.Completed || snap.State == orchestrator.Compensated):
					completed.Add(1)
				case !errors.Is(err, tokens.SessionClosed):
					t.Errorf("%s, %v", snap.State, err)
				}
			})
		}
		all.Wait()
		if accepted.Load() != 1 || completed.Load() == 0 {
			t.Fatalf("%d accepted, %d ended", accepted.Load(), completed.Load())
		}
		seen := map[string]bool{}
		for _, call := range s.calls {
			if seen[call] {
				t.Errorf("%s twice: %v", call, s.calls)
			}
			seen[call] = true
		}
	}
}

// A relay that stopped between recording a use and the acceptance is handed the token
// again, and accepts it; a relay of another name does not.
func TestAUseWithoutAnAcceptance(t *testing.T) {
	s := newStage(t)
	raw := signed(t, claimsOf("points", "p1", epoch))
	store := s.config.Store
	func() {
		defer func() { _ = recover() }()
		s.config.Store = &stopped{store, 0}
		_, _ = orchestrator.New(s.config).Relay(background, "op_1", raw)
		t.Error("it did not stop")
	}()
	s.config.Store = store
	_, err := s.second("relay-2").Relay(background, "op_1", raw)
	mustRefuse(t, err, tokens.Replayed)
	_, err = s.second("").Relay(background, "op_1", raw)
	mustDo(t, err)
	_, err = s.second("").Relay(background, "op_1", raw)
	mustRefuse(t, err, tokens.Replayed)
}

// What was used before the ledger's memory begins nobody knows.
func TestALedgerThatLostItsMemory(t *testing.T) {
	for _, leeway := range []time.Duration{0, 5 * time.Second} {
		s := newStage(t)
		s.advance(time.Minute)
		relay := s.relay.Restarted(func(c *orchestrator.Config) {
			c.Ledger, c.Since, c.Leeway = orchestrator.NewMemoryLedger(), s.clock.Now(), func() time.Duration { return leeway }
		})
		edge := s.clock.Now().Add(leeway)
		s.advance(leeway + time.Second)
		for issued, reason := range map[time.Time]tokens.Reason{
			edge.Add(-time.Minute): tokens.LedgerUnavailable, edge: tokens.LedgerUnavailable, edge.Add(time.Second): "",
		} {
			raw := signed(t, claimsOf("points", fmt.Sprint("p", issued.Unix()), issued))
			_, err := relay.Relay(background, "op_1", raw)
			if reason == "" {
				mustDo(t, err)
			} else {
				mustRefuse(t, err, reason)
			}
		}
	}
}

// down is a store that does not answer some of its questions.
type down struct {
	orchestrator.Store
	get, put, other bool
}

var errDown = errors.New("connection refused by 10.0.0.8")

func (d *down) Get(ctx context.Context, id string) (*orchestrator.Record, error) {
	if d.get {
		return nil, errDown
	}
	return d.Store.Get(ctx, id)
}

func (d *down) Put(ctx context.Context, r *orchestrator.Record) error {
	if d.put {
		return errDown
	}
	return d.Store.Put(ctx, r)
}

func (d *down) All(ctx context.Context) ([]*orchestrator.Record, error) {
	if d.other {
		return nil, errDown
	}
	return d.Store.All(ctx)
}

func (d *down) Due(ctx context.Context, now time.Time) ([]string, error) {
	if d.other {
		return nil, errDown
	}
	return d.Store.Due(ctx, now)
}

// A store that does not answer: nothing is accepted, asked or half done, and nobody
// hears more than that.
func TestAStoreThatDoesNotAnswer(t *testing.T) {
	for name, broken := range map[string]down{"reading": {get: true}, "writing": {put: true}} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			s.accept("points")
			before, _ := s.config.Store.Get(background, "op_1")
			store := broken
			store.Store = s.config.Store
			s.config.Store = &store
			relay := orchestrator.New(s.config)
			raw := signed(t, claimsOf("coupons", "c1", epoch))
			for what, do := range map[string]func() error{
				"open":  func() error { _, err := relay.Open(background, "op_2", "user_123", nil); return err },
				"relay": func() error { _, err := relay.Relay(background, "op_1", raw); return err },
				"fact":  func() error { return relay.SetFact("op_1", "payable", "1.00") },
				"redeem": func() error {
					_, err := relay.Redeem(background, "op_1", nil)
					return err
				},
				"close": func() error { _, err := relay.Close(background, "op_1"); return err },
			} {
				err := do()
				mustRefuse(t, err, tokens.ServiceUnavailable)
				if want := "service_unavailable: relay: the store of sessions does not answer"; err.Error() != want {
					t.Errorf("%s: %v, want %s", what, err, want)
				}
			}
			s.wantCalls()
			if after, _ := store.Store.Get(background, "op_1"); after != before {
				t.Error("the session was changed")
			}
			store.get, store.put = false, false
			if _, err := relay.Relay(background, "op_1", raw); err != nil {
				t.Errorf("afterwards the token is not good any more: %v", err)
			}
			snap, err := relay.Redeem(background, "op_1", nil)
			mustDo(t, err)
			s.wantState(snap, orchestrator.Completed, "p1 redeemed redeemed", "c1 redeemed redeemed")
		})
	}
	s := newStage(t)
	s.config.Store = &down{Store: s.config.Store, other: true}
	mustRefuse(t, orchestrator.New(s.config).Audit(), tokens.ServiceUnavailable)
	if got := orchestrator.New(s.config).Sessions(); got != nil {
		t.Errorf("there are %v", got)
	}
}

// A store that stops answering in the middle: what was not written down is not asked.
func TestAStoreThatFailsInTheMiddle(t *testing.T) {
	s := newStage(t)
	s.accept("payments", "points", "coupons")
	store := &down{Store: s.config.Store}
	s.config.Store = store
	relay := orchestrator.New(s.config)
	s.services["coupons"].hook = func(string) { store.put = true }
	_, err := relay.Redeem(background, "op_1", nil)
	mustRefuse(t, err, tokens.ServiceUnavailable)
	s.wantCalls("redeem c1")
	s.services["coupons"].hook = nil
	store.put = false
	snap, err := relay.Redeem(background, "op_1", nil)
	mustDo(t, err)
	s.wantState(snap, orchestrator.Completed, "y1 redeemed redeemed", "p1 redeemed redeemed", "c1 redeemed repeated")
}

// nested is a ledger in front of which somebody does something once.
type nested struct {
	orchestrator.Ledger
	first func()
}

func (n *nested) Use(ctx context.Context, use orchestrator.Use) (bool, error) {
	if first := n.first; first != nil {
		n.first = nil
		first()
	}
	return n.Ledger.Use(ctx, use)
}

// Two calls of one relay that are as far with the same token: one has it accepted.
func TestTwoCallsOfTheSameAttempt(t *testing.T) {
	ledger := &nested{Ledger: orchestrator.NewMemoryLedger()}
	s := newStageWith(t, ledger)
	raw := signed(t, claimsOf("points", "p1", epoch))
	ledger.first = func() {
		_, err := s.relay.Relay(background, "op_1", raw)
		mustDo(t, err)
	}
	_, err := s.relay.Relay(background, "op_1", raw)
	mustRefuse(t, err, tokens.Replayed)
	s.wantState(s.session(), orchestrator.Open, "p1 accepted")
}

// A fact that is set between a use and its acceptance does not stand in its way.
func TestAFactBetweenUseAndAcceptance(t *testing.T) {
	ledger := &nested{Ledger: orchestrator.NewMemoryLedger()}
	s := newStageWith(t, ledger)
	ledger.first = func() { mustDo(t, s.relay.SetFact("op_1", "payable", "1.00")) }
	s.accept("points")
	snap := s.session()
	if s.wantState(snap, orchestrator.Open, "p1 accepted"); snap.Facts["payable"] != "1.00" {
		t.Errorf("the facts are %v", snap.Facts)
	}
}

// Whoever tidies up leaves a redemption alone that takes its time.
func TestARunningRedemptionIsNotTidiedUp(t *testing.T) {
	s := newStage(t)
	s.accept("points", "payments")
	s.services["points"].hook = func(string) {
		s.advance(time.Hour)
		s.open("op_2")
	}
	s.wantState(s.redeem(), orchestrator.Completed, "p1 redeemed redeemed", "y1 redeemed redeemed")
}

// A no to a question that was asked before the relay stopped says nothing about what
// that question did: it is taken back.
func TestANoAfterARestartIsStillOwed(t *testing.T) {
	s := newStage(t)
	s.accept("payments", "points", "coupons")
	script{"points.redeem": {"", refuse}}.on(s)
	if !s.stopAt(2) {
		t.Fatal("it did not stop")
	}
	s.wantCommitted("c1", "p1")
	snap, err := s.second("").Resume(background, "op_1")
	mustDo(t, err)
	s.wantState(snap, orchestrator.Compensated, "y1 released", "p1 cancelled refused", "c1 cancelled cancelled")
	s.wantCommitted()
}

// A ledger that forgot does not have a token accepted twice: the session knows.
func TestALedgerThatForgetsByItself(t *testing.T) {
	s := newStage(t)
	s.accept("points")
	s.config.Ledger = orchestrator.NewMemoryLedger()
	_, err := s.second("").Relay(background, "op_1", signed(t, claimsOf("points", "p1", s.clock.Now())))
	mustRefuse(t, err, tokens.Replayed)
	s.wantState(s.session(), orchestrator.Open, "p1 accepted")
}
