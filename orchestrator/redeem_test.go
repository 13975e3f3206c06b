package orchestrator_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tokenshell/orchestrator"
	"tokenshell/tokens"
)

// script says how one service answers: "payments.redeem: lost refuse".
type script map[string][]kind

func (s script) on(st *stage) {
	for where, kinds := range s {
		name, step, _ := strings.Cut(where, ".")
		st.services[name].script[step] = append(st.services[name].script[step], kinds...)
	}
}

// Every way in which a redemption of three tokens can end.
func TestEndings(t *testing.T) {
	never := []kind{timeout, timeout, timeout}
	for name, tt := range map[string]struct {
		script    script
		state     orchestrator.State
		steps     []string // "jti status result"
		calls     []string
		committed []string
	}{
		"all redeem": {
			nil, orchestrator.Completed, []string{"y1 redeemed redeemed", "p1 redeemed redeemed", "c1 redeemed redeemed"},
			[]string{"redeem c1", "redeem p1", "redeem y1"}, []string{"c1", "p1", "y1"},
		},
		"the first refuses": {
			script{"coupons.redeem": {refuse}}, orchestrator.Compensated, []string{"y1 released", "p1 released", "c1 refused refused"},
			[]string{"redeem/refuse c1", "cancel y1", "cancel p1", "cancel c1"}, nil,
		},
		"the last refuses": {
			script{"payments.redeem": {refuse}}, orchestrator.Compensated, []string{"y1 refused refused", "p1 cancelled cancelled", "c1 cancelled cancelled"},
			[]string{"redeem c1", "redeem p1", "redeem/refuse y1", "cancel p1", "cancel c1", "cancel y1"}, nil,
		},
		"a reply is lost": {
			script{"points.redeem": {lost}}, orchestrator.Completed, []string{"y1 redeemed redeemed", "p1 redeemed repeated", "c1 redeemed redeemed"},
			[]string{"redeem c1", "redeem/lost p1", "redeem p1", "redeem y1"}, []string{"c1", "p1", "y1"},
		},
		"a request is lost twice": {
			script{"points.redeem": {timeout, timeout}}, orchestrator.Completed, []string{"y1 redeemed redeemed", "p1 redeemed redeemed", "c1 redeemed redeemed"},
			[]string{"redeem c1", "redeem/timeout p1", "redeem/timeout p1", "redeem p1", "redeem y1"}, []string{"c1", "p1", "y1"},
		},
		"one never arrives": {
			script{"points.redeem": never}, orchestrator.Compensated, []string{"y1 released", "p1 cancelled failed", "c1 cancelled cancelled"},
			[]string{"redeem c1", "redeem/timeout p1", "redeem/timeout p1", "redeem/timeout p1", "cancel p1", "cancel c1", "cancel y1"}, nil,
		},
		"one is done and never answers": {
			script{"points.redeem": {lost, lost, lost}}, orchestrator.Compensated, []string{"y1 released", "p1 cancelled failed", "c1 cancelled cancelled"},
			[]string{"redeem c1", "redeem/lost p1", "redeem/lost p1", "redeem/lost p1", "cancel p1", "cancel c1", "cancel y1"}, nil,
		},
		"a cancel is lost": {
			script{"payments.redeem": {refuse}, "points.cancel": {lost, timeout}}, orchestrator.Compensated,
			[]string{"y1 refused refused", "p1 cancelled cancelled", "c1 cancelled cancelled"},
			[]string{"redeem c1", "redeem p1", "redeem/refuse y1", "cancel/lost p1", "cancel/timeout p1", "cancel p1", "cancel c1", "cancel y1"}, nil,
		},
		"a cancel keeps failing": {
			script{"payments.redeem": {refuse}, "points.cancel": never}, orchestrator.Stuck,
			[]string{"y1 refused refused", "p1 redeemed failed", "c1 cancelled cancelled"},
			[]string{"redeem c1", "redeem p1", "redeem/refuse y1", "cancel/timeout p1", "cancel/timeout p1", "cancel/timeout p1", "cancel c1", "cancel y1"}, []string{"p1"},
		},
		"a cancel is refused": {
			script{"payments.redeem": {refuse}, "coupons.cancel": {refuse}}, orchestrator.Stuck,
			[]string{"y1 refused refused", "p1 cancelled cancelled", "c1 redeemed failed"},
			[]string{"redeem c1", "redeem p1", "redeem/refuse y1", "cancel p1", "cancel/refuse c1", "cancel y1"}, []string{"c1"},
		},
		"nothing is known and cannot be cancelled": {
			script{"coupons.redeem": {lost, lost, lost}, "coupons.cancel": never}, orchestrator.Stuck,
			[]string{"y1 released", "p1 released", "c1 accepted failed"},
			[]string{"redeem/lost c1", "redeem/lost c1", "redeem/lost c1", "cancel/timeout c1", "cancel/timeout c1", "cancel/timeout c1", "cancel y1", "cancel p1"}, []string{"c1"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			s.accept("payments", "points", "coupons") // not the order of redemption
			tt.script.on(s)
			snap := s.redeem()
			s.wantState(snap, tt.state, tt.steps...)
			for i, turn := range []int{3, 2, 1} { // coupons are redeemed first
				if snap.Steps[i].Turn != turn {
					t.Errorf("%s has turn %d, want %d", snap.Steps[i].Ref.ID, snap.Steps[i].Turn, turn)
				}
			}
			s.wantCalls(tt.calls...)
			s.wantCommitted(tt.committed...)
			if tt.state != orchestrator.Stuck {
				return
			}
			snap, err := s.relay.Resume(background, "op_1")
			mustDo(t, err)
			if snap.State != orchestrator.Compensated || len(s.committed()) > 0 {
				t.Errorf("resumed it is %s, committed %v", snap.State, s.committed())
			}
			mustDo(t, s.relay.Audit())
		})
	}
}

// A service that refuses after an answer that nobody got may have redeemed all
// the same: what is not known to be undone is owed.
func TestARefusalAfterAnUnknownAnswerIsStillOwed(t *testing.T) {
	s := newStage(t)
	s.accept("coupons", "payments")
	script{"payments.redeem": {lost, refuse}, "payments.cancel": {timeout, timeout}}.on(s)
	snap := s.redeem()
	s.wantState(snap, orchestrator.Compensated, "c1 cancelled cancelled", "y1 cancelled refused")
	s.wantCommitted()
	if step := snap.Steps[1]; step.Reason != tokens.ConstraintViolated {
		t.Errorf("the client is not told why: %+v", step)
	}
}

func TestARefusalAfterAnUnknownAnswerMayGetStuck(t *testing.T) {
	s := newStage(t)
	s.accept("payments")
	script{"payments.redeem": {lost, refuse}, "payments.cancel": {timeout, timeout, timeout}}.on(s)
	if snap := s.redeem(); snap.State != orchestrator.Stuck {
		t.Errorf("it is %s, and payments holds %v", snap.State, s.committed())
	}
	snap, err := s.relay.Resume(background, "op_1")
	mustDo(t, err)
	if snap.State != orchestrator.Compensated || len(s.committed()) > 0 {
		t.Errorf("resumed it is %s, and payments holds %v", snap.State, s.committed())
	}
}

// What a service says of a step reaches the client as it was said.
func TestARefusedStepSaysWhy(t *testing.T) {
	s := newStage(t)
	s.accept("points")
	script{"points.redeem": {refuse}}.on(s)
	step := s.redeem().Steps[0]
	if step.Reason != tokens.ConstraintViolated || step.Detail != "by script" {
		t.Errorf("%s: %s", step.Reason, step.Detail)
	}
}

func TestAFailedStepIsServiceUnavailable(t *testing.T) {
	s := newStage(t)
	s.accept("points")
	script{"points.redeem": {timeout, timeout, timeout}}.on(s)
	step := s.redeem().Steps[0]
	if step.Reason != tokens.ServiceUnavailable || step.Detail != "points: timeout" {
		t.Errorf("%s: %s", step.Reason, step.Detail)
	}
}

// An unknown answer is asked for three times, after a second and two more, and
// under a frozen clock a wait moves the clock.
func TestTheBackOff(t *testing.T) {
	s := newStage(t)
	s.accept("points")
	script{"points.redeem": {timeout, timeout, timeout}, "points.cancel": {timeout, timeout, timeout}}.on(s)
	s.wantState(s.redeem(), orchestrator.Stuck, "p1 accepted failed")
	seconds := func(all ...int) (d []time.Duration) {
		for _, n := range all {
			d = append(d, time.Duration(n)*time.Second)
		}
		return d
	}
	if diff := cmp.Diff(seconds(0, 1, 3, 3, 4, 6), s.times); diff != "" {
		t.Error(diff)
	}
}

func TestARefusalIsNotAskedAgain(t *testing.T) {
	s := newStage(t)
	s.accept("points")
	script{"points.redeem": {refuse}}.on(s)
	s.redeem()
	s.wantCalls("redeem/refuse p1", "cancel p1")
	if now := s.clock.Now(); !now.Equal(epoch) {
		t.Errorf("it is %s", now)
	}
}

// Redeeming ends the order: what is not named is given back.
func TestWhatIsNotNamedIsReleased(t *testing.T) {
	s := newStage(t)
	s.accept("payments", "points", "coupons")
	snap, err := s.relay.Redeem(background, "op_1", []tokens.Ref{{Issuer: "points.svc", ID: "p1", Order: "op_1"}})
	mustDo(t, err)
	s.wantState(snap, orchestrator.Completed, "y1 released", "p1 redeemed redeemed", "c1 released")
	s.wantCalls("redeem p1", "cancel y1", "cancel c1")
}

// A release that fails is tried once: the reservation expires anyway.
func TestAReleaseThatFailsEndsTheOrderToo(t *testing.T) {
	s := newStage(t)
	s.accept("points", "coupons")
	script{"coupons.cancel": {timeout}}.on(s)
	snap, err := s.relay.Redeem(background, "op_1", []tokens.Ref{{Issuer: "points.svc", ID: "p1", Order: "op_1"}})
	mustDo(t, err)
	s.wantState(snap, orchestrator.Completed, "p1 redeemed redeemed", "c1 accepted")
	s.wantCalls("redeem p1", "cancel/timeout c1")
}

func TestTwoTokensOfOneService(t *testing.T) {
	s := newStage(t)
	for _, jti := range []string{"c2", "c1"} {
		_, err := s.relay.Relay(background, "op_1", signed(t, claimsOf("coupons", jti, epoch)))
		mustDo(t, err)
	}
	s.accept("points")
	script{"points.redeem": {refuse}}.on(s)
	s.wantState(s.redeem(), orchestrator.Compensated, "c2 cancelled cancelled", "c1 cancelled cancelled", "p1 refused refused")
	s.wantCalls("redeem c2", "redeem c1", "redeem/refuse p1", "cancel c1", "cancel c2", "cancel p1")
}

func TestRedeemingWhatIsNotThere(t *testing.T) {
	s := newStage(t)
	if _, err := s.relay.Redeem(background, "op_1", nil); !errors.Is(err, orchestrator.ErrNothing) {
		t.Errorf("nothing accepted: %v", err)
	}
	s.accept("points")
	ref := func(jti, order string) []tokens.Ref {
		return []tokens.Ref{{Issuer: "points.svc", ID: jti, Order: order}}
	}
	if _, err := s.relay.Redeem(background, "op_1", ref("p9", "op_1")); !errors.Is(err, orchestrator.ErrNotAccepted) {
		t.Errorf("a token that was never relayed: %v", err)
	}
	_, err := s.relay.Redeem(background, "op_1", ref("p1", "op_2"))
	mustRefuse(t, err, tokens.SessionMismatch)
	_, err = s.relay.Redeem(background, "op_9", nil)
	mustRefuse(t, err, tokens.SessionUnknown)
	s.wantState(s.session(), orchestrator.Open, "p1 accepted")
	s.redeem()
	_, err = s.relay.Redeem(background, "op_1", ref("p9", "op_1"))
	mustRefuse(t, err, tokens.SessionClosed)
	s.wantCalls("redeem p1")
}

// The service gets the order's facts and the session, and an attempt per step.
func TestWhatIsForwarded(t *testing.T) {
	s := newStage(t)
	s.accept("points")
	mustDo(t, s.relay.SetFact("op_1", "payable", "80.00"))
	receipt := s.redeem().Steps[0].Receipt
	if diff := cmp.Diff([]tokens.Facts{{"subtotal": "140.00", "payable": "80.00"}}, s.services["points"].facts); diff != "" {
		t.Error(diff)
	}
	if receipt.Order != "op_1" || !strings.HasPrefix(receipt.Attempt, "att_") {
		t.Errorf("got %+v", receipt)
	}
}

func TestTheLogHoldsNoToken(t *testing.T) {
	s := newStage(t)
	token := signed(t, claimsOf("points", "p1", epoch))
	_, err := s.relay.Relay(background, "op_1", token)
	mustDo(t, err)
	_, err = s.relay.Relay(background, "op_1", token)
	mustRefuse(t, err, tokens.Replayed)
	script{"points.redeem": {lost, lost, lost}, "points.cancel": {timeout, timeout, timeout}}.on(s)
	s.redeem()
	_, err = s.relay.Resume(background, "op_1")
	mustDo(t, err)
	text := s.log.String()
	for _, segment := range strings.Split(token, ".") {
		if strings.Contains(text, segment[:16]) {
			t.Errorf("the log holds a piece of the token:\n%s", text)
		}
	}
	for _, want := range []string{
		"step=open outcome=ok order_processing_id=op_1", "step=relay outcome=ok jti=p1 order_processing_id=op_1 service=points",
		"step=relay outcome=replayed jti=p1", "step=forward outcome=failed jti=p1", "try=3", "step=cancel outcome=ok", "state=stuck", "state=compensated",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the log lacks %q:\n%s", want, text)
		}
	}
}
