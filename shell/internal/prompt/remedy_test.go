// Remedies: what a hint says to do can be done, whatever state the order is in.

package prompt_test

import (
	"context"
	"io"
	"runtime"
	"strings"
	"testing"

	"tokenshell/orchestrator"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/shelltest"
	"tokenshell/shell/internal/world"
)

// orders are the states that an order may be in, and how it comes there. Each
// begins with coupon-1 and points-1, confirmed.
var orders = map[string]struct {
	state orchestrator.State
	lines []string
}{
	"open":               {orchestrator.Open, nil},
	"open, accepted":     {orchestrator.Open, []string{"relay coupon-1 points-1"}},
	"open, past relay":   {orchestrator.Open, []string{"redeem --direct coupon-1", "redeem --direct points-1"}},
	"open, revoked":      {orchestrator.Open, []string{"revoke coupon-1", "revoke points-1"}},
	"open, all expired":  {orchestrator.Open, []string{"clock advance 2m"}},
	"redeeming":          {orchestrator.Redeeming, nil}, // interrupted, see inState
	"completed":          {orchestrator.Completed, []string{"checkout"}},
	"completed, in part": {orchestrator.Completed, []string{"relay coupon-1 points-1", "redeem coupon-1"}},
	"compensated":        {orchestrator.Compensated, []string{"fault points.redeem refuse", "checkout"}},
	"stuck":              {orchestrator.Stuck, []string{"fault points.redeem refuse", "fault coupons.cancel timeout --count 3", "checkout", "fault clear"}},
	"closed":             {orchestrator.Closed, []string{"session close"}},
	"closed, by itself":  {orchestrator.Closed, []string{"clock advance 30m"}},
}

// inState is a shell with an order in a state, and a second, open one of which
// other-1 is.
func inState(t *testing.T, name string) *interp.Shell {
	t.Helper()
	w, err := world.Build(t.Context(), shelltest.Plan(t, ""), world.Making{})
	if err != nil {
		t.Fatal(err)
	}
	s := shelltest.Of(w)
	if name != "redeeming" {
		shelltest.Do(t, s, "clock freeze")
	}
	shelltest.Do(t, s, "session new other", "points confirm 5 --name other-1 --ttl 5m", "session new it", "coupon confirm TEN", "points confirm 5")
	if name == "redeeming" {
		interrupted(t, s)
	}
	for _, line := range orders[name].lines {
		_ = s.Line(t.Context(), line, false, io.Discard, io.Discard) // some are refused
	}
	if snap, err := w.Relay.Session("it"); err != nil || snap.State != orders[name].state {
		t.Fatalf("%s: the order is %s, %v", name, snap.State, err)
	}
	return s
}

// interrupted begins a redemption that is interrupted while coupons does not
// answer, and then stops the time.
func interrupted(t *testing.T, s *interp.Shell) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	shelltest.Do(t, s, "fault coupons.redeem timeout --count 3", "relay coupon-1 points-1")
	go func() {
		for ctx.Err() == nil {
			if snap, err := s.World.Relay.Session("it"); err == nil && snap.State == orchestrator.Redeeming {
				stop()
			}
			runtime.Gosched()
		}
	}()
	_ = s.Line(ctx, "redeem", false, io.Discard, io.Discard)
	stop()
	shelltest.Do(t, s, "clock freeze", "fault clear")
}

// askedLines are lines of every verb that has to do with an order.
var askedLines = []string{
	"coupon confirm FIVE", "coupon confirm TEN --name another", "points confirm 5", "payment confirm 5.00 --method visa", "relay coupon-1", "relay points-1", "relay other-1",
	"redeem", "redeem coupon-1", "redeem other-1", "redeem --resume", "redeem --direct coupon-1", "redeem --direct other-1", "checkout", "checkout coupon-1", "checkout other-1",
	"revoke coupon-1", "session close", "session close it", "session set payable=5.00", "session new it", "session use nowhere", "session show nowhere", "token explain coupon-1",
}

// remedies are what hints say, and the lines that do it: they must be done, in
// the state that the hint was given in. Those without lines ask for no doing.
var remedies = []struct {
	says string
	does []string
}{
	{"session new and confirm again", []string{"session new", "coupon confirm FIVE"}},
	{"session new opens another", []string{"session new", "coupon confirm FIVE", "checkout"}},
	{"session new opens one", []string{"session new", "coupon confirm FIVE"}},
	{"session use it and redeem --resume", []string{"session use it", "redeem --resume"}},
	{"redeem --resume takes", []string{"redeem --resume"}},
	{"redeem --resume ends one", nil}, // of help
	{"confirm again", []string{"points confirm 5"}},
	{"coupon confirm, points confirm or payment confirm comes first", []string{"points confirm 5", "checkout"}},
	{"relay TOKEN… comes first; checkout does both", []string{"checkout"}},
	{"relay TOKEN… comes first", []string{"relay coupon-1"}},
	{"redeem begins one", []string{"redeem"}},
	{"session use ORDER", []string{"session list", "session use other"}},
	{"session use it makes it the current one", []string{"session use it"}},
	{"session list", []string{"session list"}}, {"session show", []string{"session show"}}, {"coupon list", []string{"coupon list"}},
	{"view SERVICE", []string{"view coupons"}}, {"only the attempt that redeemed it", nil}, {"clock freeze", []string{"clock freeze"}},
	{"fault list", []string{"fault list", "trace"}}, {"revoke takes the other one back", nil}, {"checkout goes on", []string{"checkout"}}, {"token list shows the tokens", []string{"token list"}},
	{"what was held is free again", nil}, {"an order ends once", nil}, {"a token is good for one use", nil},
}

// Every hint, of every verb, in every state, names something that helps there.
func TestTheRemedyWorksInEveryState(t *testing.T) {
	told := 0
	for name := range orders {
		for _, line := range askedLines {
			s := inState(t, name)
			said := atPrompt(t, s)(line)
			_, hint, found := strings.Cut(said, "hint: ")
			if !found {
				continue
			}
			told++
			hint = strings.TrimSuffix(hint, "\n")
			open := orders[name].state == orchestrator.Open
			switch {
			case strings.Contains(hint, "redeem --resume") && orders[name].state != orchestrator.Stuck && orders[name].state != orchestrator.Redeeming:
				t.Errorf("%s: %s: nothing is to be resumed: %s", name, line, hint)
			case orders[name].state == orchestrator.Stuck && strings.Contains(said, "rejected: session_closed") && !strings.Contains(hint, "redeem --resume"):
				t.Errorf("%s: %s: it is not said that the order can be resumed: %s", name, line, hint)
			case strings.Contains(hint, "confirm again") && !strings.Contains(hint, "session new") && !open:
				t.Errorf("%s: %s: nothing is confirmed in this order any more: %s", name, line, hint)
			}
			understood := false
			for rest := hint; rest != ""; {
				at := len(remedies)
				for i, r := range remedies {
					if strings.HasPrefix(rest, r.says) {
						at = i
						break
					}
				}
				if at == len(remedies) {
					rest = rest[1:]
					continue
				}
				understood = true
				rest = rest[len(remedies[at].says):]
				tried := inState(t, name)
				_ = tried.Line(t.Context(), line, false, io.Discard, io.Discard)
				for _, does := range remedies[at].does {
					if err := tried.Line(t.Context(), does, false, io.Discard, io.Discard); err != nil {
						t.Errorf("%s: %s: %q says %q, and %s is refused: %v", name, line, hint, remedies[at].says, does, err)
					}
				}
			}
			if !understood {
				t.Errorf("%s: %s: nobody has tried what %q says", name, line, hint)
			}
		}
	}
	if told < 100 {
		t.Errorf("only %d hints were given", told)
	}
}

// The case that began this.
func TestAStuckOrderIsResumed(t *testing.T) {
	for _, line := range []string{"redeem", "checkout", "session close", "redeem coupon-1"} {
		s := inState(t, "stuck")
		if got := atPrompt(t, s)(line); !strings.HasSuffix(got, "hint: redeem --resume takes it to its end\n") || strings.Contains(got, "session new") {
			t.Errorf("%s: %s", line, got)
		}
		if err := s.Line(t.Context(), "redeem --resume", false, io.Discard, io.Discard); exit.Code(err) != exit.Done {
			t.Error(err)
		}
	}
	s := inState(t, "stuck")
	shelltest.Do(t, s, "session use other")
	if got := atPrompt(t, s)("session close it"); !strings.HasSuffix(got, "hint: session use it and redeem --resume takes it to its end\n") {
		t.Error(got)
	}
	shelltest.Do(t, s, "session use it")
	if got := atPrompt(t, s)("coupon confirm FIVE"); !strings.HasSuffix(got, "hint: session new opens another; redeem --resume takes this one to its end\n") {
		t.Error(got)
	}
}
