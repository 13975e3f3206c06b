// Spelling: what people type from habit is understood, or answered with how it is
// written here; help shows what is accepted.

package verbs_test

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/shelltest"
)

func TestExitIsQuit(t *testing.T) {
	s := shelltest.New(t, 1)
	shelltest.Do(t, s, "exit")
	if !s.HasQuit() {
		t.Error("exit does not leave")
	}
	if got, want := shelltest.Do(t, shelltest.New(t, 1), "help exit"), shelltest.Do(t, shelltest.New(t, 1), "help quit"); got != want || !strings.Contains(got, "exit does the same") {
		t.Errorf("help exit says %s", got)
	}
}

func TestOtherShellsHabitsAreAnsweredWithTheSpelling(t *testing.T) {
	s := shelltest.New(t, 1)
	for line, want := range map[string]string{
		"?":                            "hint: help lists the verbs, help VERB explains one\n",
		"? coupon":                     "hint: help lists the verbs, help VERB explains one\n",
		`let A "b c"`:                  "use 'single quotes': 'b c'\n",
		`let A ""`:                     "use 'single quotes': ''\n",
		`let A "b`:                     "use 'single quotes'\n",
		`let A "it's"`:                 "use 'single quotes'\n",
		`let A "$B"`:                   "use 'single quotes'\n",
		`let A b"c d"`:                 "use 'single quotes': 'c d'\n",
		"points balance; coupon list":  "one verb a line: write the next one on a line of its own",
		"points balance ;coupon list":  "one verb a line: write the next one on a line of its own",
		"clock advance 5min":           "write 5m\n",
		"clock advance '2 days'":       "write 2d\n",
		"clock advance 90":             "write one such as 90s, 1h30m or 1d\n",
		"clock skew coupons --ahead 1": "usage: clock skew: --ahead: \"1\" is not a duration: write one such as 90s, 1h30m or 1d\n",
		"session set":                  "usage: session set: NAME=VALUE is missing\n",
		"deliver":                      "usage: deliver: PARTY.STEP is missing\n",
		"fault":                        "usage: fault: PARTY.STEP and KIND are missing\n",
		"clock skew coupons":           "usage: clock skew: --ahead D or --behind D is missing\nhint: clock skew PARTY --ahead D | --behind D\n",
		"restart":                      "usage: restart wants relay behind it\nhint: restart relay\n",
		"payment confirm 5.00":         "usage: payment confirm: --method M is missing\n",
		"watch 1min points balance":    "usage: watch: D: \"1min\" is not a duration: write 1m\n",
		"set leeway 1min":              "write 1m\n",
		"set leeway 6m":                "write a duration of 0s to 5m\n",
	} {
		if code, printed := shelltest.Refused(t, s, line); code != exit.BadUsage || !strings.Contains(printed, want) {
			t.Errorf("%s: exit code %d, %s\nwant %s", line, code, printed, want)
		}
	}
}

// Wherever a duration is typed it may have days and weeks, and is shown as it
// could be typed.
func TestDurationsMayHaveDays(t *testing.T) {
	s := shelltest.New(t, 1)
	for _, step := range []struct{ line, want string }{
		{"clock advance 1d", "2026-01-02T00:00:00Z, frozen\n"},
		{"clock advance 1d12h", "2026-01-03T12:00:00Z, frozen\n"},
		{"clock advance 2w", "2026-01-17T12:00:00Z, frozen\n"},
		{"clock advance 0.5d", "2026-01-18T00:00:00Z, frozen\n"},
		{"watch 1d --count 2 clock show", "2026-01-18T00:00:00Z, frozen\n2026-01-19T00:00:00Z, frozen\n"},
		{"set leeway 2m", "leeway is 2m\n"},
		{"set tips off", "tips are off\n"},
		{"set leeway 2m -o json", `{"leeway":"2m0s"}` + "\n"},
		{"set --jq .options.leeway", "2m0s\n"},
	} {
		if got := shelltest.Do(t, s, step.line); got != step.want {
			t.Errorf("%s: %s, want %s", step.line, got, step.want)
		}
	}
	shelltest.Do(t, s, "clock skew coupons --behind 1d")
	var stderr bytes.Buffer
	shelltest.Do(t, s, "session new o")
	if err := s.Line(t.Context(), "points confirm 5 --ttl 1d", false, io.Discard, &stderr); exit.Code(err) != exit.Refused || !strings.HasPrefix(stderr.String(), "rejected: lifetime_too_long: ") {
		t.Errorf("%v, %s", err, &stderr)
	}
}

// What help shows of a verb is accepted, and no more than that: of flags that
// exclude each other one.
func TestHelpShowsWhatIsAccepted(t *testing.T) {
	s := shelltest.New(t, 1)
	if got := shelltest.Do(t, s, "help clock skew"); !strings.Contains(got, "\n  clock skew PARTY --ahead D | --behind D\n") {
		t.Error(got)
	}
	if got := shelltest.Do(t, s, "help clock advance"); !strings.Contains(got, "90s, 1h30m, 1d12h, 2w") {
		t.Error(got)
	}
	for _, line := range []string{"clock skew coupons --ahead 1s", "clock skew coupons --behind 1s"} {
		shelltest.Do(t, s, line)
	}
	if code, _ := shelltest.Refused(t, s, "clock skew coupons --ahead 1s --behind 1s"); code != exit.BadUsage {
		t.Errorf("both: exit code %d", code)
	}
}
