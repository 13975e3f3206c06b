// What is written down, in the store and in the log, when something goes wrong at
// any moment.

package orchestrator_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tokenshell/orchestrator"
	"tokenshell/tokens"
)

// failing is a store whose n-th write does not succeed; all others do.
type failing struct {
	orchestrator.Store
	n   int
	err error
}

func (f *failing) Put(ctx context.Context, r *orchestrator.Record) error {
	if f.n--; f.n == -1 {
		return f.err
	}
	return f.Store.Put(ctx, r)
}

// over gives the stage's relay another store in front of its own.
func (s *stage) over(store orchestrator.Store) *orchestrator.Relay {
	c := s.config
	c.Store = store
	return orchestrator.New(c)
}

// steps gives the steps of a name in the log, each with what it says of it.
func (s *stage) steps(name string) (lines []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for line := range strings.Lines(s.log.String()) {
		if strings.Contains(line, "step="+name+" ") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}

// A store that does not answer once, at any write, is named as such; and who comes
// next finishes.
func TestAStoreThatFailsOnce(t *testing.T) {
	for n := range 6 {
		s := newStage(t)
		s.accept("coupons", "points")
		_, err := s.over(&failing{s.config.Store, n, errors.New("disk full")}).Redeem(background, "op_1", nil)
		if n >= 3 { // two questions, and the end
			mustDo(t, err)
			continue
		}
		mustRefuse(t, err, tokens.ServiceUnavailable)
		snap, err := s.relay.Redeem(background, "op_1", nil)
		mustDo(t, err)
		if snap.State != orchestrator.Completed {
			t.Errorf("write %d: it is %s", n, snap.State)
		}
	}
}

// Somebody who was faster: before anything is begun it is looked at again, and only
// what came of it is in the log; later, the other has gone on.
func TestAStoreThatWasChanged(t *testing.T) {
	for n, want := range []tokens.Reason{"", tokens.SessionClosed, ""} {
		s := newStage(t)
		s.accept("coupons", "points")
		_, err := s.over(&failing{s.config.Store, n, orchestrator.ErrConflict}).Redeem(background, "op_1", nil)
		entries := s.steps("redeem")
		switch {
		case n == 2: // at its end: what it did is done, and it does not know how it stands
			if !errors.Is(err, tokens.SessionClosed) {
				t.Errorf("at the end: %v", err)
			}
			continue
		case want == "":
			mustDo(t, err)
		default:
			mustRefuse(t, err, want)
		}
		ends := slices.DeleteFunc(entries, func(line string) bool { return strings.Contains(line, " jti=") })
		if len(ends) != 1 || strings.Contains(ends[0], "outcome=ok") != (want == "") {
			t.Errorf("write %d: the log has %q", n, ends)
		}
	}
	s := newStage(t)
	_, err := s.over(&failing{s.config.Store, 0, orchestrator.ErrConflict}).Open(background, "op_2", "user_123", nil)
	var taken *orchestrator.NameTaken
	if !errors.As(err, &taken) || taken.ID != "op_2" || taken.State != orchestrator.Open || !taken.Free.IsZero() {
		t.Errorf("opened while somebody else does: %v", err)
	}
}

// A close is no redemption, and a release no attempt: the log tells them apart.
func TestTheLogOfAClose(t *testing.T) {
	s := newStage(t)
	s.accept("coupons")
	if _, err := s.relay.Close(background, "op_1"); err != nil {
		t.Fatal(err)
	}
	if lines := s.steps("redeem"); len(lines) > 0 {
		t.Errorf("%q", lines)
	}
	released, closed := s.steps("release"), s.steps("close")
	if len(released) != 1 || strings.Contains(released[0], "attempt=") || strings.Contains(released[0], "try=") || !strings.Contains(released[0], "service=coupons") || len(closed) != 1 {
		t.Errorf("%q, %q", released, closed)
	}
	s.open("op_2")
	c := claimsOf("coupons", "c2", s.clock.Now())
	c.Order = "op_2"
	if _, err := s.relay.Relay(background, "op_2", signed(t, c)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.relay.Redeem(background, "op_2", nil); err != nil {
		t.Fatal(err)
	}
	forwarded, redeemed := s.steps("forward"), s.steps("redeem")
	if len(forwarded) != 1 || !strings.Contains(forwarded[0], "try=1") || !strings.Contains(forwarded[0], "attempt=") || len(redeemed) != 1 || !strings.Contains(redeemed[0], "state=completed") {
		t.Errorf("%q, %q", forwarded, redeemed)
	}
}

// waiting is a clock that tells when somebody waits.
type waiting struct {
	*tokens.WorldClock
	on func()
}

func (w waiting) Wait(ctx context.Context, d time.Duration) error {
	w.on()
	return w.WorldClock.Wait(ctx, d)
}

// Given up between two tries, or during the last, a step is as it was: nothing has
// failed, and nobody is asked again.
func TestGivenUpBetweenTries(t *testing.T) {
	for _, tt := range []struct {
		name  string
		tries int
		wait  bool
	}{{"while it waits", 1, true}, {"in the second try", 2, false}, {"in the last try", 3, false}} {
		t.Run(tt.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(background)
			a := &answering{}
			a.redeem = func(tokens.Redemption) (tokens.Receipt, error) {
				if len(a.asked) == tt.tries && !tt.wait {
					cancel()
				}
				return tokens.Receipt{}, &tokens.Failure{Party: "coupons", Err: errors.New("timeout")}
			}
			s := newStage(t)
			s.config.Clock = waiting{s.clock, func() {
				if tt.wait {
					cancel()
				}
			}}
			s.everybody(a)
			s.accept("coupons", "points")
			snap, err := s.relay.Redeem(ctx, "op_1", nil)
			if !errors.Is(err, context.Canceled) || len(a.asked) != tt.tries {
				t.Errorf("%v, asked %q", err, a.asked)
			}
			s.wantState(snap, orchestrator.Redeeming, "c1 accepted", "p1 accepted")
			if snap.Steps[0].Reason != "" {
				t.Errorf("it says %s", snap.Steps[0].Reason)
			}
			a.redeem = nil
			before := s.clock.Now()
			snap, err = s.second("relay-2").Redeem(background, "op_1", nil) // the lease was given back
			mustDo(t, err)
			if waited := s.clock.Now().Sub(before); waited != 0 {
				t.Errorf("it waited %s before it went on", waited)
			}
			s.wantState(snap, orchestrator.Completed, "c1 redeemed redeemed", "p1 redeemed redeemed")
		})
	}
}

// A close that was given up is a close: what was not released expires, and nothing of
// the tokens is kept.
func TestACloseThatWasGivenUp(t *testing.T) {
	ctx, cancel := context.WithCancel(background)
	s := newStage(t)
	s.everybody(&answering{cancel: func(tokens.Cancellation) error {
		cancel()
		return &tokens.Failure{Party: "coupons", Err: ctx.Err()}
	}})
	s.accept("coupons", "points")
	snap, err := s.relay.Close(ctx, "op_1")
	mustDo(t, err)
	s.wantState(snap, orchestrator.Closed, "c1 accepted", "p1 accepted")
	kept, err := s.config.Store.Get(background, "op_1")
	mustDo(t, err)
	for _, step := range kept.Steps {
		if step.Token != "" {
			t.Errorf("the token of %s is kept", step.Ref.ID)
		}
	}
}

// Who ended an order holds no lease of it: another relay resumes one that is stuck at
// once.
func TestAStuckOrderIsAnybodys(t *testing.T) {
	s := newStage(t)
	s.accept("coupons", "points")
	script{"points.redeem": {refuse}, "coupons.cancel": {refuse}}.on(s)
	s.wantState(s.redeem(), orchestrator.Stuck, "c1 redeemed failed", "p1 refused refused")
	snap, err := s.second("relay-2").Resume(background, "op_1")
	mustDo(t, err)
	s.wantState(snap, orchestrator.Compensated, "c1 cancelled cancelled", "p1 refused")
}

// A relay that was started without a service it has accepted tokens for takes the
// order back, and says why.
func TestAServiceThatIsNoMore(t *testing.T) {
	s := newStage(t)
	s.accept("coupons", "points")
	c := s.config
	c.Services = slices.DeleteFunc(slices.Clone(c.Services), func(service orchestrator.Service) bool { return service.Name == "points" })
	relay := orchestrator.New(c)
	snap, err := relay.Redeem(background, "op_1", nil)
	mustDo(t, err)
	s.wantState(snap, orchestrator.Stuck, "c1 cancelled cancelled", "p1 accepted failed")
	if step := snap.Steps[1]; step.Reason != tokens.ServiceUnavailable || step.Detail != "points: this relay knows no such service" {
		t.Errorf("%s: %s", step.Reason, step.Detail)
	}
	snap, err = s.relay.Resume(background, "op_1") // where it is there again
	mustDo(t, err)
	s.wantState(snap, orchestrator.Compensated, "c1 cancelled", "p1 cancelled cancelled")
}

// Whom a relay trusts comes back as it was put aside.
func TestTrustComesBack(t *testing.T) {
	s := newStage(t)
	issuer := tokens.Issuer{Name: "shop.example", Keys: oneKey("shop"), Capabilities: []string{verbs["points"]}}
	before := s.relay.SaveTrust()
	mustDo(t, s.relay.Trust(issuer, nil))
	trusting := s.relay.SaveTrust()
	s.relay.Distrust("coupons.svc")
	without := s.relay.SaveTrust()
	for range 2 {
		for saved, want := range map[any]string{before: "coupons.svc payments.svc points.svc", trusting: "coupons.svc payments.svc points.svc shop.example", without: "payments.svc points.svc shop.example"} {
			s.relay.RestoreTrust(saved)
			if got := strings.Join(s.relay.Trusted(), " "); got != want {
				t.Errorf("it trusts %s, want %s", got, want)
			}
		}
	}
}

// With whom it trusts comes where their tokens go.
func TestRoutesComeBack(t *testing.T) {
	s := newStage(t)
	before := s.relay.SaveTrust()
	mustDo(t, s.relay.Trust(outside("giver", "gifts:redeem"), &orchestrator.Service{Name: "gifts", Redeemer: &recorder{name: "gifts"}}))
	trusting := s.relay.SaveTrust()
	for n := range 2 {
		s.relay.RestoreTrust(before)
		_, err := s.relayed("giver", fmt.Sprintf("g%d", n), "gifts:redeem")
		mustRefuse(t, err, tokens.IssuerUnknown)
		s.relay.RestoreTrust(trusting)
		s.wantService("gifts")(s.relayed("giver", fmt.Sprintf("g%d", n), "gifts:redeem"))
	}
}

// A relay that is made without a check does not make it.
func TestARelayThatIsMadeWithoutACheck(t *testing.T) {
	s := newStage(t)
	weakness, err := tokens.UnsafeWithout("signature")
	mustDo(t, err)
	raw := signed(t, claimsOf("coupons", "c1", s.clock.Now()))
	forged := raw[:strings.LastIndexByte(raw, '.')+1] + strings.Repeat("A", 86)
	_, err = s.relay.Relay(background, "op_1", forged)
	mustRefuse(t, err, tokens.SignatureInvalid)
	s.config.Weakness = weakness
	s.relay = orchestrator.New(s.config)
	_, err = s.relay.Relay(background, "op_1", forged)
	mustDo(t, err)
}

// What is asked while nobody waits any more was given up; a store or a ledger that
// does not answer is another thing.
func TestGivenUpIsNotUnavailable(t *testing.T) {
	ctx, cancel := context.WithCancel(background)
	s := newStage(t)
	raw := signed(t, claimsOf("points", "p1", epoch))
	c := s.config
	c.Store, c.Ledger = &failing{c.Store, 0, errors.New("no answer")}, silent{c.Ledger, cancel}
	_, err := orchestrator.New(c).Relay(background, "op_1", raw)
	mustRefuse(t, err, tokens.LedgerUnavailable) // which cancels
	_, err = orchestrator.New(c).Relay(ctx, "op_1", raw)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("already given up: %v", err)
	}
	again, cancel := context.WithCancel(background)
	c.Ledger = silent{s.config.Ledger, cancel}
	if _, err = orchestrator.New(c).Relay(again, "op_1", raw); !errors.Is(err, context.Canceled) {
		t.Errorf("given up while the ledger is asked: %v", err)
	}
	if _, err = orchestrator.New(c).Open(again, "op_2", "user_123", nil); !errors.Is(err, context.Canceled) {
		t.Errorf("given up while the store is asked: %v", err)
	}
}

// silent is a ledger that does not answer, of which somebody has enough.
type silent struct {
	orchestrator.Ledger
	enough func()
}

func (s silent) Use(context.Context, orchestrator.Use) (bool, error) {
	s.enough()
	return false, errors.New("no answer")
}

// Somebody who changes a session meanwhile is no reason to refuse a token.
func TestATokenWhileASessionChanges(t *testing.T) {
	s := newStage(t)
	service, err := s.over(&failing{s.config.Store, 0, orchestrator.ErrConflict}).Relay(background, "op_1", signed(t, claimsOf("points", "p1", epoch)))
	s.wantService("points")(service, err)
	s.wantState(s.session(), orchestrator.Open, "p1 accepted")
}
