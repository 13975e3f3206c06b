// Stories: conversations to draw.

package trace_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/shelltest"
	"tokenshell/shell/internal/trace"
	"tokenshell/shell/internal/wire"
)

// hostileText is a text with all that a diagram or a page could stumble over.
const hostileText = `end; %% %%{init: {}}%% <script>alert(1)</script> # #35; &lt; $$x$$ wrap: style a:#b; {"'} @{ \n <br/> -->> ` + "`"

// traceStories are conversations with one of everything in them.
func traceStories(t *testing.T) map[string][]string {
	t.Helper()
	faults := []string{"clock advance 90s"}
	for _, step := range []string{"coupons.confirm", "points.redeem", "payments.redeem", "coupons.cancel", "kms.sign", "kms.decrypt"} {
		party, what, _ := strings.Cut(step, ".")
		for _, kind := range wire.FaultKinds(party, what) {
			id := strings.ReplaceAll(step, ".", "-") + "-" + kind
			if wire.FaultKind(kind).HasLine() {
				kind += " 'points balance'"
			}
			faults = append(faults, "session new "+id, "fault "+step+" "+kind, "coupon confirm TEN", "points confirm 5",
				"payment confirm 5.00 --method visa", "checkout", "session close", "fault clear")
		}
	}
	shop := []string{"session new o1 --fact subtotal=125.00", "coupon confirm SPRING25", "points confirm 500", "payment confirm 80.00 --method visa"}
	return map[string][]string{
		"empty":  nil,
		"plain":  append(slices.Clone(shop), "checkout"),
		"replay": append(slices.Clone(shop), "relay coupon-1", "relay coupon-1", "session close", "relay coupon-1"),
		"faults": faults,
		"hostile": {
			"trust add " + shelltest.Club + " --jwks " + shelltest.Testdata(t, "trust", "club.json") + " --capability club:redeem --service end",
			"session new op_1 --fact-any end=end", "session set --fact-any 'note=" + strings.ReplaceAll(hostileText, "'", "") + "'",
			"token import " + shelltest.Testdata(t, "trust", "gift.jws") + " --name end", "coupon confirm 'end; # %% <b>'", "coupon confirm TEN --name style",
			"fault end.redeem lost-reply", "checkout",
			"session new end", "coupon confirm TEN --name wrap", "relay style", "session close",
		},
	}
}

// traceOf runs lines, of which some may be refused, and gives what was said.
func traceOf(t *testing.T, lines []string) trace.Trace {
	t.Helper()
	s := shelltest.New(t, 7)
	for _, line := range lines {
		var stdout, stderr bytes.Buffer
		if err := s.Line(t.Context(), line, false, &stdout, &stderr); err != nil && len(exit.Rejections(err)) == 0 {
			t.Fatalf("%s: %v", line, err)
		}
	}
	return trace.New(t.Context(), s.Client, "", true)
}
