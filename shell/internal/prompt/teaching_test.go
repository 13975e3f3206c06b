// Lessons: a person at the prompt hears what to try next, and nobody else does.

package prompt_test

import (
	"bytes"
	"strings"
	"testing"

	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/prompt"
	"tokenshell/shell/internal/scenario"
	"tokenshell/shell/internal/shelltest"
	"tokenshell/shell/internal/world"
)

// atPrompt is a shell that teaches, as the prompt's does, and an ask that gives
// what a line says on stderr.
func atPrompt(t *testing.T, s *interp.Shell) (ask func(line string) string) {
	t.Helper()
	prompt.TeachIn(s)
	return func(line string) string {
		var stdout, stderr bytes.Buffer
		_ = s.Line(t.Context(), line, false, &stdout, &stderr) // what went wrong is what is looked at
		return stderr.String()
	}
}

func TestAFirstExpiredMentionsClockFreeze(t *testing.T) {
	s := shelltest.New(t, 1)
	ask := atPrompt(t, s)
	shelltest.Do(t, s, "session new op_1", "coupon confirm TEN", "clock advance 2m")
	const refused = "rejected: expired: expired at 2026-01-01T00:02:00Z, it is 2026-01-01T00:02:00Z: 0 s over\n"
	if got, want := ask("relay coupon-1"), refused+"hint: confirm again for a new token; clock freeze stops the time while you look around\n"; got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	if got, want := ask("relay coupon-1"), refused+"hint: confirm again for a new token\n"; got != want {
		t.Errorf("again: %s\nwant\n%s", got, want)
	}
}

func TestALessonNamesTheToken(t *testing.T) {
	s := shelltest.New(t, 1)
	ask := atPrompt(t, s)
	shelltest.Do(t, s, "session new op_1", "coupon confirm TEN --name mine")
	mine := s.Wallet.ByHandle["mine"]
	mine.Raw = shelltest.Bent(mine.Raw)[:60] // no token any more
	if got := ask("relay mine"); !strings.HasPrefix(got, "rejected: malformed: ") || !strings.Contains(got, "\nhint: token explain mine says where it breaks;") {
		t.Error(got)
	}
	if got := ask("relay not.a.token"); !strings.Contains(got, "token explain TOKEN says") { // it has no name
		t.Error(got)
	}
}

// What is to be typed is written in the world's currency.
func TestALessonIsInTheWorldsCurrency(t *testing.T) {
	s := shelltest.Of(shelltest.World(t, shelltest.Plan(t, shelltest.Testdata(t, "worlds", "yen.yaml")), 1))
	ask := atPrompt(t, s)
	shelltest.Do(t, s, "session new op_1")
	want := `rejected: amount_invalid: "80.00" is not an amount to pay in JPY: write a positive one such as 80
hint: points are whole, money has the currency's decimals: points confirm 500, payment confirm 80
`
	if got := ask("payment confirm 80.00 --method jcb"); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

// One command may be refused for several reasons, and for one reason many times.
func TestALessonForEachReason(t *testing.T) {
	s := shelltest.New(t, 1)
	ask := atPrompt(t, s)
	shelltest.Do(t, s, "session new op_1", "coupon confirm TEN", "points confirm 5", "relay coupon-1 points-1", "session new op_2", "coupon confirm TEN", "revoke coupon-2")
	got := ask("relay coupon-1 coupon-2 points-1")
	if strings.Count(got, "rejected: session_mismatch: ") != 2 || strings.Count(got, "hint: session use ORDER") != 1 {
		t.Error(got)
	}
	if lines := strings.Count(got, "\n"); lines != strings.Count(got, "rejected: ")+strings.Count(got, "hint: ") {
		t.Errorf("a refusal is a line, and so is a hint:\n%s", got)
	}
}

func TestWhoIsNotTaught(t *testing.T) {
	for name, test := range map[string]struct {
		lines  []string
		prompt bool
	}{
		"a script":     {[]string{"coupon confirm NOPE"}, false},
		"after !":      {[]string{"! coupon confirm NOPE"}, true},
		"after expect": {[]string{"expect coupon_unknown coupon confirm NOPE"}, true},
		"tips off":     {[]string{"set tips off", "coupon confirm NOPE"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := shelltest.New(t, 1)
			shelltest.Do(t, s, "session new op_1")
			ask := atPrompt(t, s)
			if !test.prompt {
				s.Hints = nil
			}
			last := ""
			for _, line := range test.lines {
				last = ask(line)
			}
			if want := "rejected: coupon_unknown: there is no coupon \"NOPE\"\n"; last != want {
				t.Errorf("%q, want %q", last, want)
			}
		})
	}
}

func TestAScenarioIsNotTaught(t *testing.T) {
	path := t.TempDir() + "/refused.txtar"
	shelltest.WriteFile(t, path, "session new op_1\n! coupon confirm NOPE\nstderr 'rejected: coupon_unknown'\n! stderr hint\n! stdout hint\n")
	err := scenario.Run(t.Context(), shelltest.Language(), scenario.Config{Seed: world.DefaultSeed}, []string{path}, func(o scenario.Outcome) {
		if o.Verdict != scenario.Passed {
			t.Errorf("%+v", o)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

// In a narrow window the hint is folded. Where errors do not go to the window, as
// far as anybody knows, a refusal is one line, to be searched for.
func TestARefusalStaysALine(t *testing.T) {
	s := shelltest.New(t, 1)
	shelltest.Do(t, s, "session new op_1", "coupon confirm TEN", "relay coupon-1")
	atPrompt(t, s)
	shown, _ := shelltest.OnScreen(t, s, 40)("relay coupon-1")
	lines := strings.Split(strings.TrimSuffix(shown, "\n"), "\n")
	if len(lines) != 5 || !strings.HasPrefix(lines[1], "rejected: replayed: session \"op_1\" has used cpt_") || !strings.HasSuffix(lines[1], " already") {
		t.Fatalf("%q", lines)
	}
	if _, n := shelltest.Widest(strings.Join(lines[2:], "\n")); n > 40 {
		t.Errorf("a hint of %d columns:\n%s", n, shown)
	}
}

// A checkout that is stuck was refused twice: first comes what stopped it, and the
// hint of each stands below it.
func TestHintsStandBelowTheirRefusals(t *testing.T) {
	s := shelltest.New(t, 1)
	ask := atPrompt(t, s)
	shelltest.Do(t, s, "session new op_1 --fact payable=90.00", "points confirm 500", "payment confirm 80.00 --method visa", "fault points.cancel timeout --count 3")
	lines := strings.Split(ask("checkout"), "\n")
	for i, want := range []string{
		"rejected: constraint_violated: 90.00 is payable, 80.00 was authorised", "hint: ", "rejected: service_unavailable: points: no answer came in time", "hint: ", "",
	} {
		if i >= len(lines) || !strings.HasPrefix(lines[i], want) {
			t.Fatalf("line %d is not %q of\n%s", i+1, want, strings.Join(lines, "\n"))
		}
	}
}
