// Given up: a context that ends while a service is asked.

package orchestrator_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tokenshell/orchestrator"
	"tokenshell/tokens"
)

// answering stands in for services, and does what a test wants.
type answering struct {
	redeem func(tokens.Redemption) (tokens.Receipt, error)
	cancel func(tokens.Cancellation) error
	asked  []string
}

func (a *answering) Redeem(_ context.Context, r tokens.Redemption) (tokens.Receipt, error) {
	seen, _ := tokens.Peek(r.Token)
	a.asked = append(a.asked, "redeem "+seen.Ref.ID)
	if a.redeem == nil {
		return tokens.Receipt{ID: "rcp_1"}, nil
	}
	return a.redeem(r)
}

func (a *answering) Cancel(_ context.Context, c tokens.Cancellation) error {
	seen, _ := tokens.Peek(c.Token)
	a.asked = append(a.asked, "cancel "+seen.Ref.ID)
	if a.cancel == nil {
		return nil
	}
	return a.cancel(c)
}

// everybody puts a in the place of all services.
func (s *stage) everybody(a *answering) {
	for i := range s.config.Services {
		s.config.Services[i].Redeemer = a
	}
	s.relay = s.anew()
	s.open("op_1")
}

// A service's yes counts, though nobody waits for it any more; what comes
// after it waits for the next run.
func TestAYesCountsThoughItWasGivenUp(t *testing.T) {
	ctx, cancel := context.WithCancel(background)
	a := &answering{redeem: func(tokens.Redemption) (tokens.Receipt, error) { cancel(); return tokens.Receipt{ID: "rcp_1"}, nil }}
	s := newStage(t)
	s.everybody(a)
	s.accept("points")
	snap, err := s.relay.Redeem(ctx, "op_1", nil)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	s.wantState(snap, orchestrator.Redeeming, "p1 redeemed redeemed")
	s.wantState(s.redeem(), orchestrator.Completed, "p1 redeemed redeemed")
	if diff := cmp.Diff([]string{"redeem p1"}, a.asked); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
}

// Who was given up asks nobody else: what was never asked owes nothing, and a no to it
// later is a plain no.
func TestNobodyIsAskedForOneThatWasGivenUp(t *testing.T) {
	ctx, cancel := context.WithCancel(background)
	a := &answering{redeem: func(tokens.Redemption) (tokens.Receipt, error) { cancel(); return tokens.Receipt{ID: "rcp_1"}, nil }}
	s := newStage(t)
	s.everybody(a)
	s.accept("coupons", "points")
	snap, err := s.relay.Redeem(ctx, "op_1", nil)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	s.wantState(snap, orchestrator.Redeeming, "c1 redeemed redeemed", "p1 accepted")
	a.redeem = func(tokens.Redemption) (tokens.Receipt, error) {
		return tokens.Receipt{}, tokens.Refuse(tokens.ConstraintViolated, "no")
	}
	s.wantState(s.redeem(), orchestrator.Compensated, "c1 cancelled cancelled", "p1 refused refused")
	if diff := cmp.Diff([]string{"redeem c1", "redeem p1", "cancel c1", "cancel p1"}, a.asked); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
}

// The yes to a cancellation counts, too.
func TestACancellationCountsThoughItWasGivenUp(t *testing.T) {
	ctx, cancel := context.WithCancel(background)
	a := &answering{cancel: func(tokens.Cancellation) error { cancel(); return nil }}
	a.redeem = func(tokens.Redemption) (tokens.Receipt, error) {
		if len(a.asked) == 2 {
			return tokens.Receipt{}, tokens.Refuse(tokens.ConstraintViolated, "no")
		}
		return tokens.Receipt{ID: "rcp_1"}, nil
	}
	s := newStage(t)
	s.everybody(a)
	s.accept("coupons", "points")
	snap, err := s.relay.Redeem(ctx, "op_1", nil)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	s.wantState(snap, orchestrator.Redeeming, "c1 cancelled cancelled", "p1 refused refused")
	s.wantState(s.redeem(), orchestrator.Compensated, "c1 cancelled cancelled", "p1 refused refused")
	if diff := cmp.Diff([]string{"redeem c1", "redeem p1", "cancel c1", "cancel p1"}, a.asked); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
}

// An answer that was not waited for is no answer: the step is not reported as
// failed, and nobody is asked once more.
func TestGivenUpIsNotFailed(t *testing.T) {
	for name, tt := range map[string]struct {
		step  string // during which it is given up
		steps []string
		asked []string
	}{
		"redeeming":  {"redeem c1", []string{"c1 accepted", "p1 accepted"}, []string{"redeem c1"}},
		"cancelling": {"cancel c1", []string{"c1 redeemed redeemed", "p1 refused refused"}, []string{"redeem c1", "redeem p1", "cancel c1"}},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(background)
			a := &answering{}
			answer := func(err error) error {
				if a.asked[len(a.asked)-1] == tt.step {
					cancel()
					return &tokens.Failure{Party: "coupons", Err: ctx.Err()}
				}
				return err
			}
			a.redeem = func(tokens.Redemption) (tokens.Receipt, error) {
				var no error
				if len(a.asked) == 2 {
					no = tokens.Refuse(tokens.ConstraintViolated, "no")
				}
				return tokens.Receipt{ID: "rcp_1"}, answer(no)
			}
			a.cancel = func(tokens.Cancellation) error { return answer(nil) }
			s := newStage(t)
			s.everybody(a)
			s.accept("coupons", "points")
			snap, err := s.relay.Redeem(ctx, "op_1", nil)
			if !errors.Is(err, context.Canceled) {
				t.Errorf("got %v", err)
			}
			s.wantState(snap, orchestrator.Redeeming, tt.steps...)
			if diff := cmp.Diff(tt.asked, a.asked); diff != "" {
				t.Errorf("asked (-want +got):\n%s", diff)
			}
		})
	}
}

// Given up while it releases what was not named, the order has not ended.
func TestGivenUpWhileReleasing(t *testing.T) {
	ctx, cancel := context.WithCancel(background)
	a := &answering{cancel: func(tokens.Cancellation) error { cancel(); return nil }}
	s := newStage(t)
	s.everybody(a)
	s.accept("points", "coupons", "payments")
	snap, err := s.relay.Redeem(ctx, "op_1", []tokens.Ref{{Issuer: "points.svc", ID: "p1", Order: "op_1"}})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	s.wantState(snap, orchestrator.Redeeming, "p1 redeemed redeemed", "c1 released", "y1 accepted")
	s.wantState(s.redeem(), orchestrator.Completed, "p1 redeemed redeemed", "c1 released", "y1 released")
	if diff := cmp.Diff([]string{"redeem p1", "cancel c1", "cancel y1"}, a.asked); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
}

// Why a cancellation failed is told in the service's name, and not once it has
// been done.
func TestWhyACancellationFailed(t *testing.T) {
	for want, err := range map[string]error{
		"coupons: no route":                     &tokens.Failure{Party: "coupons", Err: errors.New("no route")},
		"coupons will not cancel: revoked: why": tokens.Refuse(tokens.Revoked, "why"),
		"coupons does not answer":               errors.New("something that a person need not read"),
	} {
		a := &answering{cancel: func(tokens.Cancellation) error { return err }}
		a.redeem = func(tokens.Redemption) (tokens.Receipt, error) {
			if len(a.asked) == 2 {
				return tokens.Receipt{}, tokens.Refuse(tokens.ConstraintViolated, "no")
			}
			return tokens.Receipt{ID: "rcp_1"}, nil
		}
		s := newStage(t)
		s.everybody(a)
		s.accept("coupons", "points")
		snap := s.redeem()
		refused := "p1 refused failed" // nobody knows whether another copy was done
		if errors.As(err, new(*tokens.Refusal)) {
			refused = "p1 refused refused"
		}
		s.wantState(snap, orchestrator.Stuck, "c1 redeemed failed", refused)
		if step := snap.Steps[0]; step.Reason != tokens.ServiceUnavailable || step.Detail != want {
			t.Errorf("%s: %s, want %s", step.Reason, step.Detail, want)
		}
		a.cancel = nil
		resumed, err := s.relay.Resume(background, "op_1")
		mustDo(t, err)
		if step := resumed.Steps[0]; step.Reason != "" || step.Detail != "" {
			t.Errorf("done, it says %s: %s", step.Reason, step.Detail)
		}
	}
}

// While its services release, a session takes nothing any more.
func TestASessionIsClosedWhileItReleases(t *testing.T) {
	s := newStage(t)
	looked := false
	s.everybody(&answering{cancel: func(tokens.Cancellation) error {
		looked = true
		s.wantState(s.session(), orchestrator.Closed, "p1 accepted")
		_, err := s.relay.Relay(background, "op_1", signed(t, claimsOf("coupons", "c1", s.clock.Now())))
		mustRefuse(t, err, tokens.SessionClosed)
		return nil
	}})
	s.accept("points")
	snap, err := s.relay.Close(background, "op_1")
	mustDo(t, err)
	s.wantState(snap, orchestrator.Closed, "p1 released")
	if !looked {
		t.Error("nothing was released")
	}
}

func TestResumingWhatNeverBeganIsNothing(t *testing.T) {
	s := newStage(t)
	s.accept("points")
	if _, err := s.relay.Resume(background, "op_1"); !errors.Is(err, orchestrator.ErrNothing) {
		t.Errorf("got %v", err)
	}
}

// The README and the scenarios say these.
func TestHowLongASessionIsRemembered(t *testing.T) {
	if orchestrator.SessionTTL != 30*time.Minute || orchestrator.Retention != 24*time.Hour {
		t.Errorf("%s and %s", orchestrator.SessionTTL, orchestrator.Retention)
	}
}
