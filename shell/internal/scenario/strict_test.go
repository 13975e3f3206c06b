// Warnings: what a scenario that passed does not show.

package scenario_test

import (
	"slices"
	"strings"
	"testing"

	"tokenshell/shell/internal/scenario"
)

// A fault that nobody met is a warning; strictly it fails, and says which it is.
func TestAFaultThatNobodyMet(t *testing.T) {
	const checkout = "session new op_1\npoints confirm 5\nstdout '^points-1: '\n"
	const never = "the fault payments.redeem lost-reply never went off: nobody asked for that"
	for text, warns := range map[string][]string{
		checkout + "checkout\n": nil,
		"fault payments.redeem lost-reply\n" + checkout + "checkout\n":                         {never},
		"fault payments.redeem lost-reply\nfault clear\n" + checkout:                           nil,
		"fault points.redeem slow --count 5\n" + checkout + "checkout\n":                       nil, // it was met
		"fault points.redeem lost-reply --after 1\n" + checkout + "checkout\n":                 {strings.Replace(never, "payments", "points", 1)},
		"fault relay.redeem meanwhile 'points balance'\n" + checkout:                           {"the fault relay.redeem meanwhile 'points balance' never went off: nobody asked for that"},
		"fault points.redeem timeout\nfault coupons.cancel late\n" + checkout + "checkout\n":   {"the fault coupons.cancel late never went off: nobody asked for that"},
		checkout + "fault points.redeem crash-before\nredeem --direct points-1\n":              {"the fault points.redeem crash-before never went off: nobody asked for that"},
		checkout + "fault payments.redeem lost-reply\n[unix] stop\nfault points.redeem slow\n": {never},
	} {
		o := ran(t, scenario.Config{}, text)
		if o.Verdict != scenario.Passed || !slices.Equal(o.Warnings, warns) {
			t.Errorf("%s%s, %s, warns of %q", text, o.Verdict, o.Why, o.Warnings)
		}
		o = ran(t, scenario.Config{Strict: true}, text)
		if failed := o.Verdict == scenario.Failed; failed != (warns != nil) || o.Why != strings.Join(warns, "\n") || o.Warnings != nil {
			t.Errorf("strictly, %s%s: %q", text, o.Verdict, o.Why)
		}
	}
}
