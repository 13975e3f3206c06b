// What lint says of scenarios, and what fails strictly of it.

package scenario_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"tokenshell/shell/internal/lint"
	"tokenshell/shell/internal/scenario"
	"tokenshell/shell/internal/shelltest"
	"tokenshell/shell/internal/story"
)

// linted gives what lint says of a scenario, without the file's name.
func linted(t *testing.T, file, text string) []string {
	t.Helper()
	s, err := story.Read(file, []byte(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	warnings, err := lint.Look(s, shelltest.Language())
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, w := range warnings {
		said = append(said, strings.TrimPrefix(strings.TrimPrefix(w.String(), file+":"), " "))
	}
	return said
}

func TestLint(t *testing.T) {
	const (
		good    = "session new op_1\ncoupon confirm TEN\nrelay coupon-1\nstdout accepted\n"
		success = "it asks for nothing but success: expect, stdout, stderr or cmp say what has to come out"
		anybody = `any refusal of "relay" will do: write expect REASON in place of !, or stderr with the reason behind it`
	)
	for text, want := range map[string][]string{
		good: nil,
		"":   {"no verb is run"},
		"# only this\n\n-- story.txtar --\nrelay a\n": {"no verb is run", "3: nobody reads the section story.txtar: no line names it"},
		"stop\n" + good:                                      {"no verb is run", "1: no line behind this stop is run"},
		good + "stop\n# later\n":                             nil,
		good + "stop 'done'\ncmp stdout x\n-- x --\n":        {"5: no line behind this stop is run"},
		good + "exists a\n-- a --\n":                         {"5: exists looks at nothing but what the scenario brings along"},
		good + "cmp a ./b\n-- a --\n-- b --\n":               {"5: cmp looks at nothing but what the scenario brings along"},
		good + "grep -count=1 x a\n-- a --\nx\n":             {"5: grep looks at nothing but what the scenario brings along"},
		good + "! exists a\n":                                nil,
		good + "cmp a b\n-- a --\n":                          nil,
		good + "keys jwks --out a\ngrep x a\n-- a --\n":      nil,
		"session new\npoints confirm 5\nexists a\n-- a --\n": {success, "3: exists looks at nothing but what the scenario brings along"},
		good + "[unix] stop\nstdout accepted\n":              nil,
		"skip 'not now'\n" + good:                            {"no verb is run"},
		"[windows] stop\n" + good:                            nil,
		"exec true\nstdout x\n":                              {"no verb is run"},

		// Nothing happened.
		"points balance\nstdout 1200\n":                             {lint.Nothing},
		"session new\npoints balance\nstdout 1200\nlog\n":           {lint.Nothing},
		"tour\nstdout completed\n":                                  nil,
		"attack run\n":                                              nil,
		"explore --depth 2\n":                                       nil,
		"token explain a.b.c\nstdout malformed\n":                   nil,
		"payment confirm 5.00 --method visa\nstdout visa\n":         nil,
		"capture A token explain a.b.c\nstdout malformed\n":         nil,
		"watch 1s --count 2 relay a\nstdout x\n":                    nil,
		"fault coupons.redeem meanwhile 'relay a'\nstdout x\n":      nil,
		"fault coupons.redeem lost-reply\nstdout x\n":               {lint.Nothing},
		"source a.tsh\nstdout x\n-- a.tsh --\npoints balance\n":     {lint.Nothing},
		"source a.tsh\nstdout x\n-- a.tsh --\npoints confirm 5\n":   nil,
		"source a.tsh\n-- a.tsh --\nexpect malformed relay a.b.c\n": nil,
		"source elsewhere.tsh\n":                                    nil,

		// Nothing was asked for.
		"session new\npoints confirm 5\n":                                {success},
		"session new\npoints confirm 5\ncheckout\nlog\n":                 {success},
		"session new\nexpect declined payment confirm 1.00 --method x\n": nil,
		"session new\npoints confirm 5\nstdout .*\n":                     {success, "3: stdout '.*' matches whatever was said"},
		"session new\npoints confirm 5\nexists a\n":                      nil,
		"source a.tsh\n-- a.tsh --\npoints confirm 5\n":                  {success},

		// Patterns.
		good + "stdout ''\n":              {"5: stdout '' matches whatever was said"},
		good + "stdout .\n":               {"5: stdout '.' matches whatever was said"},
		good + "stdout '^'\n":             {"5: stdout '^' matches whatever was said"},
		good + "stdout '^$'\n":            {"5: stdout '^$' matches whatever was said"},
		good + "stdout 'a|'\n":            {"5: stdout 'a|' matches whatever was said"},
		good + "[unix] stderr '(?s).+'\n": {"5: stderr '(?s).+' matches whatever was said"},
		good + "grep '[^,]' x\n":          {"5: grep '[^,]' matches whatever was said"},
		good + "! stdout .\n":             nil,
		good + "stdout -count=2 .\n":      nil,
		good + "stdout '^\\S+$'\n":        nil, // not the one with a space
		good + "stdout [0-9]\n":           nil,
		good + "let A x\nstdout $A\n":     nil,
		good + "stdout $WANT\n-- cases.csv --\nWANT\naccepted\n''\n.\n": {"5: in row 3: WANT=. stdout '.' matches whatever was said"},

		// Refusals without a reason.
		good + "! relay a.b.c\n":                                            {"5: " + anybody},
		good + "! relay a.b.c\nstdout malformed\n":                          {"5: " + anybody},
		good + "! relay a.b.c\nstderr rejected\n":                           {"5: " + anybody},
		good + "! relay a.b.c\n! stderr malformed\n":                        {"5: " + anybody},
		good + "! relay a.b.c\npoints balance\nstderr malformed\n":          {"5: " + anybody},
		good + "! relay a.b.c\nstdout x\nstderr '^rejected: malformed: '\n": nil,
		good + "[unix] ! relay a.b.c\n":                                     {"5: " + anybody},
		good + "! relay a.b.c\nstop\nstderr malformed\n":                    {"5: " + anybody, "6: no line behind this stop is run"},
		good + "! exec false\n":                                             nil,

		// Sections.
		good + "-- world.yaml --\n-- cases.csv --\nA\nb\n":    nil,
		good + "-- cases.csv --\nA,B\nb,c\nd,e\n":             {"5: no line names $A or $B: each of 2 cases tries the same"},
		good + "-- cases.yaml --\n- {A: b}\n- {A: c}\n":       {"5: no line names $A: each of 2 cases tries the same"},
		good + "let X ${A}\n-- cases.csv --\nA,B\nb,c\nd,e\n": nil,
		good + "-- world.yml --\n":                            {"5: nobody reads the section world.yml: did you mean world.yaml?"},
		good + "-- World.yaml --\n":                           {"5: nobody reads the section World.yaml: did you mean world.yaml?"},
		good + "-- a/world.yaml --\n":                         {"5: nobody reads the section a/world.yaml: did you mean world.yaml?"},
		good + "-- cases.yml --\n":                            {"5: nobody reads the section cases.yml: did you mean cases.yaml?"},
		good + "-- a.jwt --\n-- b.jwt --\n":                   {"5: nobody reads the section a.jwt: no line names it", "6: nobody reads the section b.jwt: no line names it"},
		good + "relay @a.jwt\nrelay @$WORK/b.jwt\ncmp stdout c\n-- a.jwt --\n-- b.jwt --\n-- c --\n": nil,
		good + "let A a.jwt\nrelay @$A\nrelay @x/$A.jws\n-- a.jwt --\n-- x/b.jws --\n":               nil,
		good + "attack export x\n-- x/b.jws --\n":                                                    nil,
		good + "source a.tsh\n-- a.tsh --\nrelay @b.jwt\n-- b.jwt --\n":                              nil,
		good + "relay @$A.jwt\n-- b.jws --\n-- cases.yaml --\n- {A: b}\n":                            {"6: nobody reads the section b.jws: no line names it"},
	} {
		got := linted(t, "a.txtar", text)
		if slices.Sort(want); !slices.Equal(slices.Sorted(slices.Values(got)), want) {
			t.Errorf("%s\nsays %q\nwant %q", text, got, want)
		}
	}
	for _, file := range []string{"README.md", "a.txtar.bak", "Makefile", "a.tsh"} {
		if got := linted(t, file, good); len(got) != 1 || got[0] != "this is no scenario: the name of one ends in .txtar" {
			t.Errorf("%s: %q", file, got)
		}
	}
}

// What lint warns of passes, and fails strictly; what no line that ran has done is
// found when it runs.
func TestStrictly(t *testing.T) {
	t.Parallel()
	const story = "session new op_1\npoints confirm 5\nrelay points-1\nstdout accepted\n"
	for text, why := range map[string]string{
		story:                       "",
		story + "stdout .\n":        "line 5: stdout '.' matches whatever was said",
		story + "-- world.yml --\n": "line 5: nobody reads the section world.yml: did you mean world.yaml?",
		"points balance\n[windows] relay a\nstdout 1200\n":                                                     lint.Nothing + ": no line that does has run",
		"session new op_1\npoints confirm 5\n[plan9] stdout points-1\n[!unix] expect expired relay points-1\n": lint.OnlySuccess + ": no line that asks for more has run",
		"session new op_1\npoints confirm 5\n[unix] stop\nstdout points-1\n":                                   lint.OnlySuccess + ": no line that asks for more has run",
		"session new op_1\npoints confirm 5\n[exec:there-is-none] stop\n[unix] [!plan9] stdout points-1\n":     "",
		"source a.tsh\nstdout accepted\n-- a.tsh --\n" + story[:strings.Index(story, "stdout")]:                "",
	} {
		if o := ran(t, scenario.Config{}, text); o.Verdict != scenario.Passed || o.Warnings != nil {
			t.Errorf("%s%s: %s %q", text, o.Verdict, o.Why, o.Warnings)
		}
		o := ran(t, scenario.Config{Strict: true}, text)
		if failed := o.Verdict == scenario.Failed; failed != (why != "") || o.Why != why {
			t.Errorf("strictly, %s%s: %q, want %q", text, o.Verdict, o.Why, why)
		}
	}
}

// What we show to others is as it should be.
func TestOurOwnAreStrict(t *testing.T) {
	for _, file := range scripts(t) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		s, err := story.Read(file, text, story.Open(t.Context(), true))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := lint.Look(s, shelltest.Language()); got != nil || err != nil {
			t.Errorf("%v, %v", got, err)
		}
	}
}
