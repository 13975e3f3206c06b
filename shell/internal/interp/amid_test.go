// Amid: what another client does in the middle of a verb.

package interp_test

import (
	"io"
	"strings"
	"testing"

	"tokenshell/shell/internal/shelltest"
)

// The invariants are looked at when a verb is over, not in the middle of it: a look
// settles the books, and nobody looks at them then.
func TestNobodyLooksInTheMiddleOfAVerb(t *testing.T) {
	s := shelltest.New(t, 1)
	shelltest.Do(t, s, "set check on", "session new op_1", "fault coupons.confirm meanwhile 'points balance'")
	s.World.Witness.Breach("something was seen")
	err := s.Line(t.Context(), "coupon confirm TEN", false, io.Discard, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "something was seen") || strings.Contains(err.Error(), "meanwhile") {
		t.Error(err)
	}
}
