// What target check advises.

package target

import (
	"strings"
	"testing"

	"tokenshell/shell/attacks"
	"tokenshell/shell/internal/conform"
	"tokenshell/shell/internal/foreign"
)

func TestAdvice(t *testing.T) {
	const wrong = "compare exp with the time"
	for _, c := range []struct {
		status       attacks.Status
		detail, says string
	}{
		{attacks.Refused, "", ""},
		{foreign.Skipped, "not claimed", ""},
		{foreign.Skipped, "redeem", "say so in can: redeem keys"},
		{attacks.GotThrough, "step 3, relay t: it should be refused with expired, and was done", wrong},
		{attacks.WrongReason, "step 9, redeem: the session should be stuck", wrong},
		{foreign.Leaked, "it wrote a token in its answer to GET /", "no part of a token into an answer"},
		{foreign.BaselineFailed, "the control before it: relay: rejected: answered 401", "look at audience"},
		{foreign.BaselineFailed, "the control after it: redeem: the session is stuck", "look at redeem and domains"},
		{foreign.BaselineFailed, "the control before it: the books do not hold: the relay asked points again", "look at redeem and domains"},
		{foreign.Errored, "the control before it: redeem: GET /orders was answered 500, and no state holds", "look at redeem and domains"},
		{foreign.TimedOut, "the control before it: relay: no answer to GET / within 5 s", "has no answer: look at open and relay"},
		{foreign.Errored, "the control before it: open: POST /orders was answered 500", "has no answer: look at open and relay"},
	} {
		got := advice(conform.Row{Status: c.status, Detail: c.detail}, []attacks.Need{attacks.NeedRedeem, attacks.NeedKeys}, wrong)
		if got != c.says && (c.says == "" || !strings.Contains(got, c.says)) {
			t.Errorf("%s, %s: %q, want %q", c.status, c.detail, got, c.says)
		}
	}
}
