// Covering: what a run exercised, and that our own scenarios exercise every reason.

package scenario_test

import (
	"slices"
	"testing"

	"tokenshell/shell/internal/cover"
	"tokenshell/shell/internal/scenario"
	"tokenshell/shell/internal/shelltest"
	"tokenshell/shell/internal/world"
)

// unreached are the reasons that no scenario can exercise, and why: none so far.
var unreached = map[string]string{}

// covered runs scenarios and gives what they exercised.
func covered(t *testing.T, files []string) map[string]cover.Part {
	t.Helper()
	seen := cover.New()
	config := scenario.Config{Seed: world.DefaultSeed, Cover: seen}
	if err := scenario.Run(t.Context(), shelltest.Language(), config, files, func(scenario.Outcome) {}); err != nil {
		t.Fatal(err)
	}
	parts := map[string]cover.Part{}
	for _, p := range seen.Parts() {
		parts[p.What] = p
	}
	return parts
}

// Every reason that can be reached is expected by a scenario of ours.
func TestOurScenariosReachEveryReason(t *testing.T) {
	t.Parallel()
	m, err := manyStories()
	if err != nil {
		t.Fatal(err)
	}
	parts := m.seen.Parts()
	missing := parts[slices.IndexFunc(parts, func(p cover.Part) bool { return p.What == "reasons" })].Missing
	for _, reason := range missing {
		if unreached[reason] == "" {
			t.Errorf("no scenario in scripts exercises %s", reason)
		}
	}
	for reason := range unreached {
		if !slices.Contains(missing, reason) {
			t.Errorf("%s needs no excuse: a scenario exercises it", reason)
		}
	}
}

// What counts, by small stories: what is missing from each kind is exactly the rest.
func TestCover(t *testing.T) {
	t.Parallel()
	const open = "session new op_1\npoints confirm 5\n"
	for text, want := range map[string]map[string][]string{
		"points balance\n": {"verbs": {"points balance"}, "steps": nil, "reasons": nil, "faults": nil, "capabilities": nil},
		open:               {"verbs": {"points confirm", "session new"}, "steps": {"kms.sign", "points.confirm", "relay.open"}, "capabilities": nil},
		open + "checkout\n": {"verbs": {"checkout", "points confirm", "session new"}, "capabilities": {"points:redeem"},
			"steps": {"kms.sign", "ledger.use", "points.confirm", "points.redeem", "relay.open", "relay.redeem", "relay.relay"}},
		open + "expect malformed,session_mismatch relay a.b.c points-1 d\n":        {"reasons": nil}, // it fails before
		open + "expect malformed relay a.b.c points-1 d.e.f\n":                     {"reasons": {"malformed"}, "verbs": {"expect", "points confirm", "relay", "session new"}},
		open + "fault points.redeem refuse\nexpect service_unavailable checkout\n": {"faults": {"refuse"}, "reasons": {"service_unavailable"}},
		open + "fault points.redeem refuse\nfault clear\ncheckout\n":               {"faults": nil, "reasons": nil},
		"source a.tsh\n-- a.tsh --\ncapture A points balance\n":                    {"verbs": {"capture", "points balance", "source"}},
		open + "fault relay.relay meanwhile 'coupon list'\nrelay points-1\n":       {"faults": {"meanwhile"}, "verbs": {"coupon list", "fault", "points confirm", "relay", "session new"}},
	} {
		all, parts := covered(t, verdictFiles(t, []verdictCase{{name: "none", text: "stop\n"}})), covered(t, verdictFiles(t, []verdictCase{{name: "a", text: text}}))
		for what, met := range want {
			if all[what].Total != parts[what].Total || parts[what].Exercised != len(met) {
				t.Errorf("%s%s: %d of %d, want %q of %d", text, what, parts[what].Exercised, parts[what].Total, met, all[what].Total)
			}
			for _, name := range met {
				if !slices.Contains(all[what].Missing, name) || slices.Contains(parts[what].Missing, name) {
					t.Errorf("%s%s: %s is not exercised: %q", text, what, name, parts[what].Missing)
				}
			}
		}
	}
}

// A report asks for what the worlds of the scenarios have, and for nothing of others.
func TestCoverKnowsTheWorld(t *testing.T) {
	t.Parallel()
	text := "session new op_1 --customer mia\n-- world.yaml --\ncustomers: [{id: mia}]\ndomains:\n  plates:\n    capability: plates:use\n    holds: none\n    confirm: [{rule: \"'plate' in facts\", reason: bad_plate, says: no plate}]\n"
	parts := covered(t, verdictFiles(t, []verdictCase{{name: "a", text: text}}))
	for what, names := range map[string][2]string{"reasons": {"bad_plate", "coupon_unknown"}, "capabilities": {"plates:use", "coupons:redeem"}, "verbs": {"plates confirm", "coupon confirm"}} {
		if missing := parts[what].Missing; !slices.Contains(missing, names[0]) || slices.Contains(missing, names[1]) {
			t.Errorf("%s: not %s, but %s: %q", what, names[1], names[0], missing)
		}
	}
}
