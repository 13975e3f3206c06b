// Exit codes, and what is said with them.

package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

func TestExitCodes(t *testing.T) {
	passes := file(t, "passes.txtar", "points balance\nstdout 1200\n")
	fails := file(t, "fails.txtar", "points balance\nstdout 1300\n")
	wrongVerb := file(t, "wrong.txtar", "# A wrong verb is not a refusal.\n! cupon confirm TEN\n")
	unknownKey := file(t, "world.yaml", "currency: EUR\ncolour: red\n")
	notYAML := file(t, "world.yaml", "currency: [EUR\n")
	sourced := file(t, "lines.tsh", "points balance\ncoupon comfirm TEN\n")
	empty := file(t, "empty.jwt", "")
	skips := file(t, "skips.txtar", "skip 'not today'\n")
	nothing := file(t, "nothing.txtar", "# A story that was never written.\n")
	readme := file(t, "README.md", "points balance\nstdout 1200\n")
	story := file(t, "story.txtar", "session new\nexpect coupon_unknown coupon confirm NOPE\n")
	vague := file(t, "vague.txtar", "session new\ncoupon confirm TEN\nstdout .\n")
	folder := t.TempDir()

	const stuck = "session new --fact payable=90.00; points confirm 500; payment confirm 80.00 --method visa; fault points.cancel timeout --count 3; "

	tests := []struct {
		name   string
		args   []string
		code   int
		stderr string // part of it; empty means that nothing is said
	}{
		{"done", []string{"-c", "points balance"}, 0, ""},
		{"nothing to do", []string{"-c", ""}, 0, ""},
		{"an expected refusal", []string{"-c", "session new; expect coupon_unknown coupon confirm NOPE"}, 0, "rejected: coupon_unknown: "},
		{"two expected refusals", []string{"--seed", "1", "-c", stuck + "expect service_unavailable,constraint_violated checkout"}, 0, "rejected: constraint_violated: "},
		{"the cause of two refusals", []string{"--seed", "1", "-c", stuck + "expect constraint_violated checkout"}, 0, "rejected: constraint_violated: "},
		{"not the cause of two refusals", []string{"--seed", "1", "-c", stuck + "expect service_unavailable checkout"}, 1, "\"checkout\" was refused with constraint_violated, then service_unavailable"},
		{"more than the two refusals", []string{"--seed", "1", "-c", stuck + "expect service_unavailable,constraint_violated,expired checkout"}, 1, "refusal with service_unavailable and constraint_violated and expired; \"checkout\" was refused with constraint_violated, then service_unavailable"},
		{"a fact that is carried", []string{"-c", "session new --fact-any country=DE"}, 0, ""},
		{"a fact that nobody reads", []string{"-c", "session new --fact payble=95.00"}, 2, "did you mean payable?"},
		{"several -c", []string{"-c", "session new", "-c", "coupon confirm TEN; relay coupon-1", "-c", "expect replayed relay coupon-1"}, 0, "rejected: replayed: "},
		{"a negated refusal", []string{"-c", "session new; ! coupon confirm NOPE"}, 0, "rejected: coupon_unknown: "},
		{"quit", []string{"-c", "quit; coupon comfirm TEN"}, 0, ""},
		{"a scenario that passes", []string{"run", passes}, 0, ""},

		{"refused", []string{"-c", "session new; coupon confirm NOPE"}, 1, "rejected: coupon_unknown: "},
		{"refused for another reason", []string{"-c", "session new; expect expired coupon confirm NOPE"}, 1, "refused with coupon_unknown"},
		{"not refused", []string{"-c", "! points balance"}, 1, "\"points\" was done"},
		{"a scenario that fails", []string{"run", fails}, 1, ""},
		{"a wrong verb in a scenario", []string{"run", wrongVerb}, 1, ""},
		{"a scenario without a verb", []string{"run", nothing}, 1, ""},
		{"a scenario without a verb between others", []string{"run", passes, nothing, story}, 1, ""},
		{"nothing but skipped", []string{"run", skips}, 1, "every scenario was skipped: nothing was tested; --allow-skipped lets that be"},
		{"nothing but skipped, as it may be", []string{"run", "--allow-skipped", skips}, 0, ""},
		{"one skipped", []string{"run", skips, passes}, 0, ""},
		{"strictly", []string{"run", "--strict", story}, 0, ""},
		{"strictly, what tests nothing", []string{"run", "--strict", vague}, 1, ""},
		{"strictly, a file that is no scenario", []string{"run", "--strict", readme}, 1, ""},
		{"lint", []string{"lint", story}, 0, ""},
		{"lint, what tests nothing", []string{"lint", vague}, 1, ""},
		{"lint, a file that is no scenario", []string{"lint", readme}, 1, ""},

		{"no such verb", []string{"-c", "cupon confirm TEN"}, 2, "did you mean coupon?"},
		{"a word too many", []string{"-c", "trace nowhere"}, 2, "hint: trace [--session ID]"},
		{"a pipe", []string{"-c", "log | less"}, 2, "unexpected argument |\nhint: a line is one verb: your system's shell has pipes and files, as in tokenshell -c 'log' | less"},
		{"into a file", []string{"-c", "trace > it"}, 2, "as in tokenshell -c 'trace' | less"},
		{"two flags that are missing", []string{"-c", "trust add https://a.example"}, 2, "trust add: --capability CAP and --jwks FILE are missing\n"},
		{"-c without a line", []string{"-c"}, 2, "--command wants a value"},
		{"no such verb in another -c", []string{"-c", "points balance; points balance", "-c", "cupon confirm TEN"}, 2, "-c:2: cupon confirm TEN"},
		{"no such verb below a verb", []string{"-c", "coupon comfirm TEN"}, 2, "did you mean confirm?"},
		{"no such verb below a verb, with its flags", []string{"-c", "coupon confrim X --name y"}, 2, "did you mean confirm?"},
		{"no such flag of a verb", []string{"-c", "points balance --jqq ."}, 2, `did you mean "--jq"?`},
		{"no such flag", []string{"--sead", "7"}, 2, `did you mean "--seed"?`},
		{"no such flag of run", []string{"run", passes, "--sead", "7"}, 2, `did you mean one of "--seed"`},
		{"no such command", []string{"rum", passes}, 2, "there is no command and no verb \"rum\"\nhint: did you mean run?"},
		{"no such verb of the process", []string{"--seed", "7", "Cuopon", "list"}, 2, "hint: did you mean coupon?"},
		{"no such value", []string{"-o", "yaml", "-c", "points balance"}, 2, "text"},
		{"no number", []string{"--seed", "seven", "-c", "points balance"}, 2, "--seed"},
		{"no such handle", []string{"-c", "session new; relay coupon-1"}, 2, `there is no token "coupon-1"`},
		{"no session", []string{"-c", "coupon confirm TEN"}, 2, "session new"},
		{"no such option", []string{"-c", "set colour red"}, 2, `there is no option "colour"`},
		{"no such variable", []string{"-c", "coupon confirm $CODE"}, 2, "$CODE is not set"},
		{"no such reason", []string{"-c", "expect coupon_unknwon coupon confirm NOPE"}, 2, "did you mean coupon_unknown?"},
		{"a negated wrong verb", []string{"-c", "! cupon confirm TEN"}, 2, "did you mean coupon?"},
		{"an open quote", []string{"-c", "coupon confirm 'TEN"}, 2, "column 16"},
		{"no jq", []string{"--jq", ".[", "-c", "points balance"}, 2, "--jq"},
		{"nothing to run", []string{"run"}, 2, "path"},
		{"no such verb to explain", []string{"help", "cupon"}, 2, "did you mean coupon?"},

		{"no such scenario", []string{"run", "nowhere.txtar"}, 3, "nowhere.txtar: "},
		{"no such scenario to look at", []string{"lint", "nowhere.txtar"}, 3, "nowhere.txtar: "},
		{"a pattern that matches nothing", []string{"run", folder + "/*.txtar"}, 3, folder + "/*.txtar: no file has a name like this"},
		{"a folder without scenarios to look at", []string{"lint", folder}, 3, folder + ": "},
		{"a folder without scenarios", []string{"run", folder}, 3, folder + ": "},
		{"no such world", []string{"--world", "nowhere.yaml", "-c", "points balance"}, 3, "nowhere.yaml: "},
		{"a world with an unknown key", []string{"--world", unknownKey, "-c", "points balance"}, 3, unknownKey + ":2: column 1: "},
		{"a world that is not YAML", []string{"--world", notYAML, "run", passes}, 3, notYAML + ":1: column "},
		{"no such file of lines", []string{"-c", "source nowhere.tsh"}, 3, "nowhere.tsh: "},
		{"no such token file", []string{"-c", "token import nowhere.jwt"}, 3, "nowhere.jwt: "},
		{"an empty token file", []string{"-c", "session new; relay @" + empty}, 3, empty + ": "},

		// The surprise in a sourced file has the code of what surprised.
		{"a wrong verb in a sourced file", []string{"-c", "source " + sourced}, 2, sourced + ":2"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := tokenshell(t, "", test.args...)
			if got.code != test.code {
				t.Errorf("exit code %d, want %d\n%s%s", got.code, test.code, got.stdout, got.stderr)
			}
			if test.stderr == "" && got.stderr != "" {
				t.Errorf("it says on stderr\n%s", got.stderr)
			}
			wantContains(t, "stderr", got.stderr, test.stderr)
		})
	}
}

// A process ends with the code of its command, and says the same.
func TestProcessesEndWithTheirCode(t *testing.T) {
	for code, args := range [][]string{{"-c", "points balance"}, {"-c", "session new; coupon confirm NOPE"}, {"--sead", "7"}, {"run", "nowhere.txtar"}} {
		args = append([]string{"--seed", "7"}, args...)
		got, want := process(t, "", args...), tokenshell(t, "", args...)
		if got != want || got.code != code {
			t.Errorf("%q: %+v; want %d, %+v", args, got, code, want)
		}
	}
}

func TestErrorsAreOnStderrOnly(t *testing.T) {
	got := tokenshell(t, "", "-c", "session new op_1; coupon confirm NOPE")
	if want := "session op_1 of user_123 is open\n"; got.stdout != want {
		t.Errorf("stdout\n%s\nwant\n%s", got.stdout, want)
	}
	want := "rejected: coupon_unknown: there is no coupon \"NOPE\"\n-c:1: coupon confirm NOPE\n"
	if got.stderr != want {
		t.Errorf("stderr\n%s\nwant\n%s", got.stderr, want)
	}
}

func TestAScriptBeginsWithAMark(t *testing.T) {
	const marked = "\uFEFFpoints balance --jq .available\r\n"
	path := file(t, "it.tsh", marked)
	for _, got := range []answer{tokenshell(t, marked), tokenshell(t, "", "source", path)} {
		if got.code != 0 || got.stdout != "1200\n" {
			t.Errorf("%+v", got)
		}
	}
}

func TestAScriptStopsAtItsFirstSurprise(t *testing.T) {
	script := "# a comment\n\nsession new op_1\n! coupon confirm NOPE\npoints confirm 1201\npoints balance\n"
	got := tokenshell(t, script)
	if got.code != 1 {
		t.Errorf("exit code %d, want 1", got.code)
	}
	if want := "session op_1 of user_123 is open\n"; got.stdout != want {
		t.Errorf("stdout\n%s\nwant\n%s", got.stdout, want)
	}
	wantContains(t, "stderr", got.stderr, "rejected: points_insufficient: ")
	wantContains(t, "stderr", got.stderr, "\nstdin:5: points confirm 1201\n")
}

func TestALastLineWithoutNewlineAndCRLF(t *testing.T) {
	if got := tokenshell(t, "session new op_1\r\npoints balance --jq .available"); got.code != 0 || got.stdout != "session op_1 of user_123 is open\n1200\n" {
		t.Errorf("%+v", got)
	}
}

func TestAScenarioSaysWhereItFailed(t *testing.T) {
	path := file(t, "fails.txtar", "# The balance is what it is.\npoints balance\nstdout '^user_123 has 1300'\n")
	got := tokenshell(t, "", "run", path)
	for _, part := range []string{"FAIL  " + path, path + ":3:9: no match for `^user_123 has 1300` found in stdout\n", ">     3 │ stdout '^user_123 has 1300'\n", "user_123 has 1200 points", "1 scenario: 0 passed, 1 failed"} {
		wantContains(t, "stdout", got.stdout, part)
	}
}

// testscript knows no double quotes: they belong to the pattern.
func TestAPatternInDoubleQuotes(t *testing.T) {
	got := tokenshell(t, "", "run", file(t, "fails.txtar", "points balance\nstdout \"available\"\n"))
	wantContains(t, "stdout", got.stdout, "got       no line matches: the double quotes are looked for, too; 'single quotes' only hold a pattern together\n")
}

// The report of a scenario may be kept: a token in a failing line is replaced,
// and nothing in the line can steer a terminal.
func TestAScenariosReportIsSafeToKeep(t *testing.T) {
	raw := strings.TrimSpace(tokenshell(t, "", "--seed", "7", "--jq", ".raw // empty", "-c", "session new op_1; coupon confirm TEN; token raw coupon-1").stdout)
	path := file(t, "fails.txtar", "session new op_1\nrelay "+raw+" nobody\n")
	for _, args := range [][]string{{"run", path}, {"run", "-o", "json", path}} {
		got := tokenshell(t, "", args...)
		wantContains(t, "stdout", got.stdout, "nobody")
		if strings.Contains(got.stdout+got.stderr, raw) {
			t.Errorf("%q prints the token", args)
		}
	}
	steering := file(t, "steering.txtar", "stdout \x1b[31mred\n")
	if got := tokenshell(t, "", "run", steering); strings.Contains(got.stdout+got.stderr, "\x1b") {
		t.Errorf("the report has an escape: %q", got.stdout)
	}
}

// What no scenario exercised is told in text and in JSON, and lint reads standard
// input.
func TestCoverAndLint(t *testing.T) {
	story := file(t, "story.txtar", "session new\nexpect coupon_unknown coupon confirm NOPE\n")
	got := tokenshell(t, "", "run", "--cover", story)
	for _, part := range []string{"\nreasons: 1 of ", "\ncapabilities: 0 of 3 exercised; not coupons:redeem, payments:capture, points:redeem\n", "\nfaults: 0 of ", "\nverbs: 3 of ", "\nsteps: 2 of "} {
		wantContains(t, "stdout", got.stdout, part)
	}
	var said struct {
		Cover []struct {
			What             string
			Total, Exercised int
			Missing          []string
		}
	}
	if err := json.Unmarshal([]byte(tokenshell(t, "", "run", "--cover", "-o", "json", story).stdout), &said); err != nil || len(said.Cover) != 5 {
		t.Fatalf("%+v, %v", said, err)
	}
	for _, part := range said.Cover {
		if part.Total != part.Exercised+len(part.Missing) || part.What == "reasons" && slices.Contains(part.Missing, "coupon_unknown") {
			t.Errorf("%+v", part)
		}
	}
	// One that cannot be read keeps nobody from hearing of the others.
	marks, wide, vague := file(t, "marks.txtar", "points balance\n--world.yaml--\n"), file(t, "wide.txtar", "\xff\xfep\x00"), file(t, "vague.txtar", "points balance\n")
	for _, format := range []string{"text", "json"} {
		got := tokenshell(t, "", "lint", "-o", format, marks, wide, vague)
		if got.code != 3 || !strings.Contains(got.stderr, "marks.txtar:2: a section begins with") || !strings.Contains(got.stderr, "wide.txtar: it is UTF-16") {
			t.Errorf("%+v", got)
		}
		wantContains(t, "stdout", got.stdout, "nothing is confirmed")
		if format == "json" && strings.Count(got.stdout, "\n") != 1 {
			t.Errorf("more than one object: %s", got.stdout)
		}
	}
	if got := tokenshell(t, "points balance\n", "lint", "-", "-o", "json"); got.code != 1 || !strings.Contains(got.stdout, `{"files":1,"warnings":[{"file":"-","what":"nothing is confirmed`) {
		t.Errorf("%+v", got)
	}
}
