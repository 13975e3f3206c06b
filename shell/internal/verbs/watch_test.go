// watch: what is run again.

package verbs_test

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/shelltest"
	"tokenshell/shell/internal/world"
)

// refusedWith runs a line and gives what it said, and the one reason for which
// it was refused; empty when it was done.
func refusedWith(t *testing.T, s *interp.Shell, line string) (stdout, stderr, reason string) {
	t.Helper()
	var out, errors bytes.Buffer
	err := s.Line(t.Context(), line, false, &out, &errors)
	if all := exit.Rejections(err); len(all) == 1 {
		reason = string(all[0].Reason)
	} else if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	return out.String(), errors.String(), reason
}

// Between the runs time passes, and none behind the last one.
func TestWatchMovesTheClockInBetween(t *testing.T) {
	for _, line := range []string{"watch 1s --count 3 clock show", "watch --count 3 1s clock show", "watch --count=3 1s clock show"} {
		s := shelltest.New(t, 1)
		got := shelltest.Do(t, s, line)
		if n := strings.Count(got, "\n"); n != strings.Count(shelltest.Do(t, s, "clock show"), "\n")*3 {
			t.Errorf("%s says\n%s", line, got)
		}
		for _, moment := range []string{"00:00:00", "00:00:01", "00:00:02"} {
			if !strings.Contains(got, moment) {
				t.Errorf("%s has nothing of %s:\n%s", line, moment, got)
			}
		}
		if passed := s.World.Clock.Now().Sub(world.Epoch); passed != 2*time.Second {
			t.Errorf("%s took %s, want 2s", line, passed)
		}
	}
}

func TestWatchThatNobodyCouldEnd(t *testing.T) {
	for _, line := range []string{
		"watch 1s points balance", "watch 0s --count 2 points balance", "watch -1s --count 2 points balance",
		"watch 1s --count -1 points balance", "watch 1s --count 0 points balance", "watch soon --count 2 points balance", "watch 1s --count 2", "watch",
	} {
		s := shelltest.New(t, 1)
		var stdout, stderr bytes.Buffer
		err := s.Line(t.Context(), line, false, &stdout, &stderr)
		if exit.Code(err) != exit.BadUsage || stdout.Len() > 0 || !strings.HasPrefix(stderr.String(), "usage: ") {
			t.Errorf("%s: %v, %q%q", line, err, &stdout, &stderr)
		}
		if now := s.World.Clock.Now(); !now.Equal(world.Epoch) {
			t.Errorf("%s took %s", line, now.Sub(world.Epoch))
		}
	}
	// A person could press Ctrl-C, but where time stands still a wait is over at once.
	s := shelltest.New(t, 1)
	shown, err := shelltest.OnScreen(t, s, 80)("watch 1s points balance")
	if shown, err := shelltest.OnScreen(t, shelltest.New(t, 1), 80)("watch 1s --count 0 points balance"); exit.Code(err) != exit.BadUsage || !strings.Contains(shown, "--count 0 is not a number of times") {
		t.Errorf("%v, %q", err, shown)
	}
	if exit.Code(err) != exit.BadUsage || !strings.Contains(shown, "time stands still") || !strings.Contains(shown, "watch --count N, or clock run") {
		t.Errorf("%v, %q", err, shown)
	}
}

// A refusal is something to see and goes by; the last one is the answer.
func TestWatchShowsRefusals(t *testing.T) {
	s := shelltest.New(t, 1)
	shelltest.Do(t, s, "session new op_1", "coupon confirm TEN")
	stdout, stderr, reason := refusedWith(t, s, "watch 1s --count 3 relay coupon-1")
	if want := "coupon-1: accepted, for coupons\n" + strings.Repeat("coupon-1: rejected, replayed\n", 2); stdout != want {
		t.Errorf("%q, want %q", stdout, want)
	}
	if strings.Count(stderr, "rejected: replayed: ") != 2 || strings.Count(stderr, "\n") != 2 || reason != "replayed" {
		t.Errorf("%q, %q", stderr, reason)
	}

	// A token lives for two minutes: the last run is what counts, not one before.
	shelltest.Do(t, s, "coupon confirm FIVE", "clock advance 110s")
	if _, _, reason := refusedWith(t, s, "watch 5s --count 3 token show coupon-2"); reason != "" {
		t.Errorf("refused with %s", reason)
	}
	shelltest.Do(t, s, "coupon confirm TEN --name it", "expect replayed watch 1s --count 2 relay it")
	var out, errors bytes.Buffer
	if err := s.Line(t.Context(), "! watch 1s --count 2 relay it", false, &out, &errors); err != nil {
		t.Errorf("! watch: %v", err)
	}
	if err := s.Line(t.Context(), "! watch 1s --count 2 points balance", false, &out, &errors); exit.Code(err) != exit.Refused {
		t.Errorf("! watch of what is done: %v", err)
	}
}

// Anything but a refusal ends a watch: it would only happen again.
func TestWatchEndsWithAnError(t *testing.T) {
	for line, code := range map[string]int{"relay nothing": exit.BadUsage, "cupon list": exit.BadUsage, "source nowhere": exit.BadInput, "quit": exit.Done} {
		s := shelltest.New(t, 1)
		shelltest.Do(t, s, "session new op_1")
		var stdout, stderr bytes.Buffer
		if err := s.Line(t.Context(), "watch 1s --count 5 "+line, false, &stdout, &stderr); exit.Code(err) != code || !s.World.Clock.Now().Equal(world.Epoch) {
			t.Errorf("%s: %v after %s", line, err, s.World.Clock.Now().Sub(world.Epoch))
		}
	}
}

// Flags in front of the verb are the watch's, those behind it the verb's.
func TestWatchInJSON(t *testing.T) {
	s := shelltest.New(t, 1)
	const one = `{"customer":"user_123","balance":1200,"held":0,"available":1200}` + "\n"
	if got := shelltest.Do(t, s, "watch 1s --count 2 points balance -o json"); got != one+one {
		t.Errorf("%q", got)
	}
	if got := shelltest.Do(t, s, "watch -o json --count 2 1s points balance"); got != one+one {
		t.Errorf("%q", got)
	}
	if got := shelltest.Do(t, s, "capture X watch 1s --count 2 points balance --jq .held", "let Y $X"); got != "Y=0\n0\n" {
		t.Errorf("%q", got)
	}
}

// At a live terminal each run takes the place of the one before.
func TestWatchRedrawsInPlace(t *testing.T) {
	s := shelltest.New(t, 1)
	shelltest.Do(t, s, "clock run", "session new op_1")
	shown, err := shelltest.OnScreen(t, s, 80)("watch 1ms --count 3 points balance --color never")
	if err != nil {
		t.Fatal(err)
	}
	const title, up = `\x1b\[2m\d\d:\d\d:\d\d, every 1ms: points balance --color never, Ctrl-C ends it\x1b\[0m\n`, `\x1b\[2A\r\x1b\[J`
	run := title + "user_123 has 1200 points: 0 held, 1200 available\n"
	if !regexp.MustCompile("^" + run + up + run + up + run + "$").MatchString(shown) {
		t.Errorf("%q", shown)
	}
	// What wraps takes more rows.
	shown, err = shelltest.OnScreen(t, s, 30)("watch 1ms --count 2 points balance")
	if err != nil || !strings.Contains(shown, "\x1b[4A\r\x1b[J") {
		t.Errorf("%v, %q", err, shown)
	}
	// What is higher than the window would overwrite itself: it goes on below.
	shown, err = shelltest.OnScreen(t, s, 80)("watch 1ms --count 2 help")
	if err != nil || strings.Contains(shown, "\x1b[J") || strings.Count(shown, "coupon confirm") != 2 {
		t.Errorf("%v, %q", err, shown)
	}
	// Refusals are a part of the picture, but for the last, which stays.
	shown, err = shelltest.OnScreen(t, s, 80)("watch 1ms --count 2 coupon confirm NOPE")
	if exit.Rejections(err) == nil || strings.Count(shown, "rejected: ") != 2 || !strings.Contains(shown, "\x1b[2A\r\x1b[J") {
		t.Errorf("%v, %q", err, shown)
	}
}

// Ctrl-C is how a watch ends, and no error; in a script it is an interrupt.
func TestCtrlCEndsAWatch(t *testing.T) {
	for _, terminal := range []bool{true, false} {
		t.Run(fmt.Sprintf("at a terminal: %t", terminal), func(t *testing.T) {
			s := shelltest.New(t, 1)
			shelltest.Do(t, s, "clock run")
			ctx, stop := context.WithCancel(t.Context())
			s.Lines = func() []string { stop(); return nil } // as if it were pressed in the first run
			var stderr bytes.Buffer
			if terminal {
				shelltest.OnScreen(t, s, 80)
				err := s.Line(ctx, "watch 1h history", false, s.Screen.Window.File, &stderr)
				if err != nil || stderr.Len() > 0 {
					t.Errorf("%v, %q", err, &stderr)
				}
				return
			}
			err := s.Line(ctx, "watch 1h --count 2 history", false, &bytes.Buffer{}, &stderr)
			if exit.Code(err) != exit.Interrupted || stderr.String() != "interrupted\n" {
				t.Errorf("%v, %q", err, &stderr)
			}
		})
	}
}
