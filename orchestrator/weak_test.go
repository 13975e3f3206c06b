// A relay that leaves a rule out: what it does then, so that others can be seen to
// notice.

package orchestrator_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tokenshell/orchestrator"
	"tokenshell/tokens"
)

func TestARelayWithoutARule(t *testing.T) {
	never := []kind{timeout, timeout, timeout}
	for name, tt := range map[string]struct {
		rule   string
		script script
		sound  string // state, steps and what was asked with the rule
		weak   string // and without it
	}{
		"no answer at all": {tokens.UnknownIsUndone, script{"points.redeem": never},
			"compensated, c1 cancelled cancelled, p1 cancelled failed service_unavailable points: timeout, y1 released: redeem c1, redeem/timeout p1, redeem/timeout p1, redeem/timeout p1, cancel p1, cancel c1, cancel y1",
			"compensated, c1 cancelled cancelled, p1 refused refused service_unavailable points: timeout, y1 released: redeem c1, redeem/timeout p1, redeem/timeout p1, redeem/timeout p1, cancel c1, cancel p1, cancel y1"},
		"a no after no answer": {tokens.UnknownIsUndone, script{"points.redeem": {timeout, refuse}},
			"compensated, c1 cancelled cancelled, p1 cancelled refused constraint_violated by script, y1 released: redeem c1, redeem/timeout p1, redeem/refuse p1, cancel p1, cancel c1, cancel y1",
			"compensated, c1 cancelled cancelled, p1 refused refused constraint_violated by script, y1 released: redeem c1, redeem/timeout p1, redeem/refuse p1, cancel c1, cancel p1, cancel y1"},
		"a no, and no answer to its release": {tokens.UnknownIsUndone, script{"points.redeem": {refuse}, "points.cancel": {timeout}},
			"compensated, c1 cancelled cancelled, p1 cancelled refused constraint_violated by script, y1 released: redeem c1, redeem/refuse p1, cancel c1, cancel/timeout p1, cancel p1, cancel y1",
			"compensated, c1 cancelled cancelled, p1 refused refused constraint_violated by script, y1 released: redeem c1, redeem/refuse p1, cancel c1, cancel/timeout p1, cancel y1"},
		"a plain no": {tokens.RefusalCompensates, script{"points.redeem": {refuse}},
			"compensated, c1 cancelled cancelled, p1 refused refused constraint_violated by script, y1 released: redeem c1, redeem/refuse p1, cancel c1, cancel p1, cancel y1",
			"compensated, c1 cancelled cancelled, p1 refused refused constraint_violated by script, y1 released: redeem c1, redeem/refuse p1, cancel p1, cancel y1"},
		"nobody answers": {tokens.RefusalCompensates, script{"coupons.redeem": never},
			"compensated, c1 cancelled failed service_unavailable coupons: timeout, p1 released, y1 released: redeem/timeout c1, redeem/timeout c1, redeem/timeout c1, cancel c1, cancel p1, cancel y1",
			"compensated, c1 cancelled cancelled service_unavailable coupons: timeout, p1 released, y1 released: redeem/timeout c1, redeem/timeout c1, redeem/timeout c1, cancel p1, cancel y1"},
	} {
		t.Run(name, func(t *testing.T) {
			for rules, want := range map[string]string{"": tt.sound, tt.rule: tt.weak} {
				s := newStage(t)
				weakness, err := tokens.UnsafeWithout(strings.Fields(rules)...)
				mustDo(t, err)
				s.relay.Weaken(weakness)
				s.accept("coupons", "points", "payments")
				tt.script.on(s)
				snap := s.redeem()
				got := string(snap.State)
				for _, step := range snap.Steps {
					got += ", " + strings.TrimSpace(strings.Join([]string{step.Ref.ID, string(step.Status), string(step.Result), string(step.Reason), step.Detail}, " "))
				}
				got += ": " + strings.Join(s.calls, ", ")
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("without %q (-want +got):\n%s", rules, diff)
				}
			}
		})
	}
}

// A relay that records first burns the jti of whatever can be read; one that forgets
// accepts a token again.
func TestARelayThatRecordsWrong(t *testing.T) {
	forged := func(raw string) string { return raw[:strings.LastIndexByte(raw, '.')+1] + strings.Repeat("A", 86) }
	for _, tt := range []struct {
		rule  string
		first []string // what comes of a forgery, of no token, of the good one, and of that again
	}{
		{"", []string{"signature_invalid", "malformed", "", "replayed"}},
		{tokens.RelayRecordsLast, []string{"signature_invalid", "malformed", "replayed", "replayed"}},
		{tokens.RelayRemembers, []string{"signature_invalid", "malformed", "", ""}},
	} {
		s := newStage(t)
		weakness, err := tokens.UnsafeWithout(strings.Fields(tt.rule)...)
		mustDo(t, err)
		s.relay.Weaken(weakness)
		good := signed(t, claimsOf("coupons", "c1", epoch))
		var got []string
		for _, raw := range []string{forged(good), "no token", good, good} {
			_, err := s.relay.Relay(background, "op_1", raw)
			var refusal *tokens.Refusal
			if errors.As(err, &refusal) {
				got = append(got, string(refusal.Reason))
			} else {
				mustDo(t, err)
				got = append(got, "")
			}
		}
		if diff := cmp.Diff(tt.first, got); diff != "" {
			t.Errorf("without %q (-want +got):\n%s", tt.rule, diff)
		}
	}
	s := newStage(t)
	s.open("op_2")
	weakness, err := tokens.UnsafeWithout(tokens.RelayRecordsLast)
	mustDo(t, err)
	s.relay.Weaken(weakness)
	good := signed(t, claimsOf("coupons", "c1", epoch))
	_, err = s.relay.Relay(background, "op_2", good) // what that session has used, this one has not
	mustRefuse(t, err, tokens.SessionMismatch)
	for range 2 { // what can not be read burns nothing
		_, err = s.relay.Relay(background, "op_1", "no token")
		mustRefuse(t, err, tokens.Malformed)
	}
	s.accept("coupons", "points")
	_, err = s.relay.Relay(background, "op_1", good)
	mustRefuse(t, err, tokens.Replayed)
}

// A relay that is made without a rule is as one from which it is taken.
func TestARelayThatIsMadeWithoutARule(t *testing.T) {
	weakness, err := tokens.UnsafeWithout(tokens.RefusalCompensates)
	mustDo(t, err)
	for want, c := range map[string]tokens.Weakness{"": {}, "c1": weakness} {
		s := newStage(t)
		s.relay = s.relay.Restarted(func(config *orchestrator.Config) { config.Weakness = c })
		s.accept("coupons", "points")
		script{"points.redeem": {refuse}}.on(s)
		s.redeem()
		if got := strings.Join(s.committed(), " "); got != want {
			t.Errorf("committed is %q, want %q", got, want)
		}
	}
}
