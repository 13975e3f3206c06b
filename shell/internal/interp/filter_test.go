// Filters in lines: they end with the line, and have a longest.

package interp_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"tokenshell/shell/internal/answer"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/shelltest"
)

// Wherever a filter may stand, Ctrl-C ends it.
func TestCtrlCEndsAFilterAnywhere(t *testing.T) {
	const loop = `--jq 'def f: f; f'`
	for _, line := range []string{
		"points balance " + loop, "! points balance " + loop, "capture X points balance " + loop, "expect expired points balance " + loop,
		"watch 1ms --count 3 points balance " + loop, "watch 1ms --count 3 capture X points balance " + loop, "help " + loop, "session list " + loop, "points balance --bad " + loop,
	} {
		s := shelltest.New(t, 1)
		ctx, stop := context.WithCancel(t.Context())
		time.AfterFunc(20*time.Millisecond, stop)
		var said strings.Builder
		err := s.Line(ctx, line, false, &said, &said)
		if code := exit.Code(err); code != exit.Interrupted && !strings.Contains(line, "--bad") {
			t.Errorf("%s: %d, %v", line, code, err)
		}
	}
}

func TestAFilterThatIsTooLong(t *testing.T) {
	code, said := shelltest.Refused(t, shelltest.New(t, 1), "points balance --jq '"+strings.Repeat("(", answer.FilterLimit/2)+"1"+strings.Repeat(")", answer.FilterLimit/2)+"'")
	if code != exit.BadUsage || !strings.Contains(said, "--jq: a filter has at most") {
		t.Errorf("%d, %s", code, said)
	}
}
