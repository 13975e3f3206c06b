// Verdicts: tokenshell run and go test agree about every scenario, also about
// those that fail.

package scenario_test

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"tokenshell/shell/internal/scenario"
	"tokenshell/shell/internal/shelltest"
	"tokenshell/shell/internal/world"
)

// No built-in of testscript is a verb, for the built-in would win silently.
func TestNoVerbIsABuiltin(t *testing.T) {
	builtins := strings.Fields(`cd chmod cmp cmpenv cp env exec exists grep kill mkdir mv rm skip stderr stdin stdout stop
		symlink ttyin ttyout unix2dos unquote wait`)
	verbs, err := scenario.Verbs(t.Context(), shelltest.Language(), scenario.Config{Seed: world.DefaultSeed})
	if err != nil {
		t.Fatal(err)
	}
	if len(verbs) < 20 {
		t.Errorf("only %d verbs: %v", len(verbs), verbs)
	}
	for _, verb := range verbs {
		if slices.Contains(builtins, verb) {
			t.Errorf("%s is a built-in of testscript", verb)
		}
	}
}

// verdictCase is a small script and what must be said of it.
type verdictCase struct {
	name    string
	text    string
	verdict scenario.Verdict
	line    int    // of a failed one; 0 when it is about the whole file
	why     string // a regular expression on why
}

// noVerb is what is said of a scenario that did nothing.
const noVerb = `^no verb was run`

// verdictCases are broken, skipped and odd scripts.
func verdictCases() []verdictCase {
	return []verdictCase{
		{"empty", "", scenario.Failed, 0, noVerb},
		{"only a comment", "# nothing happens here", scenario.Failed, 0, noVerb},
		{"a story in a section", "-- story.txtar --\npoints balance\n", scenario.Failed, 0, noVerb},
		{"only assertions", "! stdout .\nexists world.yaml\n-- world.yaml --\ncustomers: [{id: a}]\n", scenario.Failed, 0, noVerb},
		{"all behind a condition", "[windows] points balance\n[!unix] checkout\n", scenario.Failed, 0, noVerb},
		{"no newline at the end", "session new op_1\npoints balance", scenario.Passed, 0, ``},
		{"carriage returns", "# a phase\r\nsession new op_1\r\ncoupon confirm TEN\r\nstdout '^coupon-1: '\r\n", scenario.Passed, 0, ``},
		{"carriage returns in a section", "points balance\r\nstdout '^only has 7'\r\n-- world.yaml --\r\ncustomers:\r\n  - {id: only, points: 7}\r\n", scenario.Passed, 0, ``},
		{"tabs", "\tsession\tnew\top_1\n\tpoints balance\t--jq\t.held\nstdout ^0$\n", scenario.Passed, 0, ``},
		{"comment behind a verb", "session new op_1 # the customer comes in\n", scenario.Passed, 0, ``},
		{"a source", "source a.tsh\nstdout '1200 available'\nlet B $A\nstdout ^B=x$\n-- a.tsh --\nlet A x\npoints balance\n", scenario.Passed, 0, ``},

		{"a verdict that does not come", "session new op_1\npoints confirm 5\nexpect replayed relay points-1\n", scenario.Failed, 3, `^expected a refusal with replayed; "relay" was done$`},
		{"a refusal, and a wrong handle meanwhile", "session new op_1\npoints confirm 5\nrelay points-1\nrevoke points-1\nfault points.redeem meanwhile 'revoke nothing'\n! redeem\n", scenario.Failed, 6, `^meanwhile, revoke nothing: there is no token "nothing"`},
		{"another reason", "session new op_1\nexpect declined points confirm 5000\n", scenario.Failed, 2, `^expected a refusal with declined; "points" was refused with points_insufficient$`},
		{"the cause of two", "session new op_1\npoints confirm 5\nexpect malformed relay points-1 a.b.c points-1\n", scenario.Passed, 0, ``},
		{"both of two, in any order", "session new op_1\npoints confirm 5\nexpect replayed,malformed relay points-1 a.b.c points-1\n", scenario.Passed, 0, ``},
		{"no such reason", "session new op_1\nexpect replaid points confirm 5\n", scenario.Failed, 2, `there is no reason "replaid"; did you mean replayed\?`},
		{"one of two expected", "session new op_1\npoints confirm 5\nexpect replayed relay points-1 a.b.c points-1\n", scenario.Failed, 3, `^expected a refusal with replayed; "relay" was refused with malformed, then replayed$`},
		{"more than expected", "session new op_1\npoints confirm 5\nexpect malformed,replayed relay points-1 a.b.c points-1 d.e.f\n", scenario.Failed, 3, `a refusal with malformed and replayed; "relay" was refused with malformed, then replayed, then malformed$`},
		{"no such reason among two", "expect replayed,malfromed relay a.b.c\n", scenario.Failed, 1, `there is no reason "malfromed"; did you mean malformed\?`},
		{"an unexpected refusal", "session new op_1\npoints confirm 5000\n", scenario.Failed, 2, `^expected it to be done; it was rejected: points_insufficient: `},
		{"stdout does not match", "points balance\nstdout '^nothing$'\n", scenario.Failed, 2, "^no match for `\\^nothing\\$` found in stdout$"},
		{"stdout of the verb before", "points balance\nlet A b\nstdout 1200\n", scenario.Failed, 3, `no match`},
		{"unwanted output", "points balance\n! stdout 1200\n", scenario.Failed, 2, `unexpected match`},
		{"unknown verb", "session new op_1\npionts balance\n", scenario.Failed, 2, `unknown command "pionts"`},
		{"unknown verb below", "points blance\n", scenario.Failed, 1, `points`},
		{"unknown flag", "session new op_1\npoints confirm 5 --nam x\n", scenario.Failed, 2, `--nam`},
		{"missing flag", "session new op_1\npayment confirm 5.00\n", scenario.Failed, 2, `--method`},
		{"the flag before is not a flag now", "session new op_1\npayment confirm 5.00 --method visa\n! payment confirm 5.00\n", scenario.Failed, 3, `--method`},
		{"one way, then the other", "clock skew points --ahead 1s\nclock skew points --behind 1s\n", scenario.Passed, 0, ``},
		{"unset variable", "session new op_1\npoints confirm $N\n", scenario.Failed, 2, `\$N is not set`},
		{"variable set too late", "session new $A\nlet A b\n", scenario.Failed, 1, `\$A is not set`},
		{"unset variable behind a tab", "session\tnew $A\n", scenario.Failed, 1, `\$A is not set`},
		{"unset variable in an assertion", "points balance\nstdout $A\n", scenario.Failed, 2, `\$A is not set`},
		{"quoted variable from env", "env 'A=op_7' B=1\nsession new $A\nstdout op_7\n", scenario.Passed, 0, ``},
		{"variable from env", "env A=op_7\nsession new $A\nstdout op_7\n", scenario.Passed, 0, ``},
		{"reserved variable", "let PATH x\n", scenario.Failed, 1, `not a name for a variable`},
		{"double quotes", "let A \"b c\"\n", scenario.Failed, 1, `^double quotes .*use 'single quotes'`},
		{"double quotes behind a tab", "let\tA \"b\"\n", scenario.Failed, 1, `use 'single quotes'`},
		{"double quotes behind a quoted verb", "'let' A \"b\"\n", scenario.Failed, 1, `use 'single quotes'`},
		{"backslash", `let A b\ c`, scenario.Failed, 1, `backslash`},
		{"quote in a word", "let A 'it''s'\n", scenario.Failed, 1, `single quote`},
		{"open quote", "let A 'b\n", scenario.Failed, 1, `not closed`},
		{"hash in a word", "let A b#c\n", scenario.Failed, 1, `a # inside a word`},
		{"semicolon", "let A b; let B c\n", scenario.Failed, 1, `one verb a line`},
		{"dollar in a word", "let A ${B}\n", scenario.Failed, 1, `\$ outside quotes`},
		{"no such file", "token import nothing.jwt\n", scenario.Failed, 1, `^nothing.jwt: no such file`},
		{"no such handle", "session new op_1\n! relay coupon-9\n", scenario.Failed, 2, `there is no token "coupon-9"`},
		{"time goes back", "! clock set 2025-12-31T23:59:59Z\n", scenario.Failed, 1, `time never goes back`},
		{"quit in a script", "quit\npoints balance\n", scenario.Failed, 1, `stop ends a scenario`},
		{"a refusal in a source", "session new op_1\n! source a.tsh\n-- a.tsh --\npoints confirm 5000\n", scenario.Failed, 2, `a.tsh:1`},

		{"refused as it should be", "session new op_1\n! points confirm 5000\nstderr '^rejected: points_insufficient: '\n", scenario.Passed, 0, ``},
		{"not on something done", "session new op_1\n! points balance\n", scenario.Failed, 2, `^expected a refusal; "points" was done$`},
		{"not on a wrong verb", "! points blance\n", scenario.Failed, 1, `points`},
		{"not on a wrong flag", "! points balance --wrong\n", scenario.Failed, 1, `--wrong`},
		{"not on nothing", "!\n", scenario.Failed, 1, `! on line by itself`},
		{"not on an expectation that failed", "session new op_1\n! expect declined points balance\n", scenario.Failed, 2, `expected a refusal with declined; "points" was done`},
		{"not on an expectation", "session new op_1\n! expect points_insufficient points confirm 5000\n", scenario.Failed, 2, `"expect" was done`},
		{"not that touches the verb", "session new op_1\n!points balance\n", scenario.Failed, 2, `unknown command "!points"`},

		{"skip", "skip 'not today'\nnonsense\n", scenario.Skipped, 0, `not today`},
		{"skip without a word", "skip\n", scenario.Skipped, 0, ``},
		{"skip too late", "nonsense\nskip\n", scenario.Failed, 1, `unknown command`},
		{"stop", "stop\nnonsense\n", scenario.Failed, 0, noVerb},
		{"stop after a failure", "points blance\nstop\n", scenario.Failed, 1, `points`},
		{"a condition that holds", "[unix] session new op_1\nsession show\nstdout op_1\n", scenario.Passed, 0, ``},
		{"a condition that does not", "[windows] nonsense\n[!unix] points blance\n", scenario.Failed, 0, noVerb},
		{"double quotes behind a condition", "[unix] let A \"b\"\n", scenario.Failed, 1, `single quotes`},
		{"a verb behind a condition and a not", "session new op_1\n[unix] ! points confirm 5000\n", scenario.Passed, 0, ``},
		{"a condition of go test", "points balance\n[short] skip 'short'\n[!short] stop\n", scenario.Passed, 0, ``},
		{"more conditions of go test", "points balance\n[net] stop\n[link] stop\n[symlink] stop\n[gc] stop\n[go1.20] stop\n[exec:sh] stop\n", scenario.Passed, 0, ``},
		{"an unknown condition", "[moon] stop\n", scenario.Failed, 1, `unknown condition "moon"`},

		{"a world of one's own", "points balance\nstdout '^only has 7'\n-- world.yaml --\ncustomers:\n  - {id: only, points: 7}\n", scenario.Passed, 0, ``},
		{"a bad world", "points balance\n-- world.yaml --\ncustomers:\n  - {id: only, pionts: 7}\n", scenario.Failed, 4, `^unknown field "pionts"`},
		{"an empty world", "points balance\n-- world.yaml --\n", scenario.Failed, 0, `world.yaml: .*a world has at least one customer`},
		{"two worlds", "points balance\n-- world.yaml --\ncustomers: [{id: a}]\n-- world.yaml --\ncustomers: [{id: b}]\n", scenario.Failed, 4, `^section world.yaml stands here twice, first in line 2: `},

		{"words that look like a failure", "let A 'FAIL: elsewhere.txtar:77: not this'\npoints blance\n", scenario.Failed, 2, `points`},
		{"a report of a token", "session new op_1\npoints confirm 5\ntoken raw points-1\nstdout nothing\n", scenario.Failed, 4, `no match`},
		{"a report of a secret", "session new op_1\npoints confirm 5\ncapture T token raw points-1\nlet U a$T\nstdout $T\n", scenario.Failed, 5, `no match`},
	}
}

// verdictFiles writes the cases to files of their own.
func verdictFiles(t *testing.T, cases []verdictCase) []string {
	t.Helper()
	dir := t.TempDir()
	files := make([]string, len(cases))
	for i, c := range cases {
		files[i] = filepath.Join(dir, strings.ReplaceAll(c.name, " ", "-")+".txtar")
		if err := os.WriteFile(files[i], []byte(c.text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// scriptsDir is the folder of the repository's scenarios.
const scriptsDir = "../../../scripts"

// scripts gives its files.
func scripts(t *testing.T) []string {
	t.Helper()
	files, err := scenario.Files([]string{scriptsDir})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// outcomes runs files as tokenshell run does.
func outcomes(t *testing.T, files []string) map[string]scenario.Outcome {
	t.Helper()
	all := map[string]scenario.Outcome{}
	if err := scenario.Run(t.Context(), shelltest.Language(), scenario.Config{Seed: world.DefaultSeed}, files, func(o scenario.Outcome) { all[o.File] = o }); err != nil {
		t.Fatal(err)
	}
	return all
}

// processOutcomes runs files with the command itself, in a process where no
// testing package has been made ready. go run keeps what it built.
func processOutcomes(t *testing.T, files []string) map[string]scenario.Outcome {
	t.Helper()
	var said struct {
		Rows []scenario.Outcome `json:"rows"`
	}
	run := exec.CommandContext(t.Context(), "go", append([]string{"run", shelltest.Root(t, "cmd", "tokenshell"), "run", "-o", "json"}, files...)...)
	var stderr strings.Builder
	run.Stderr = &stderr
	out, err := run.Output() // fails with some scripts
	if failed := json.Unmarshal(out, &said); failed != nil {
		t.Fatalf("tokenshell run: %v: %v\n%s%s", err, failed, out, stderr.String())
	}
	all := map[string]scenario.Outcome{}
	for _, o := range said.Rows {
		all[o.File] = o
	}
	return all
}

// TestSameVerdict holds tokenshell run against testscript as go test drives it:
// in this process, and as the command that people run.
func TestSameVerdict(t *testing.T) {
	t.Parallel()
	cases := verdictFiles(t, verdictCases())
	lone, err := loneScripts()
	if err != nil {
		t.Fatal(err)
	}
	files := slices.Concat(cases, lone)
	theirs, ours := map[string]scenario.Verdict{}, outcomes(t, cases)
	broken, err := play(cases)
	if err != nil {
		t.Fatal(err)
	}
	good, err := stories()
	if err != nil {
		t.Fatal(err)
	}
	many, err := manyStories()
	if err != nil {
		t.Fatal(err)
	}
	maps.Copy(theirs, broken.verdicts)
	maps.Copy(theirs, good.verdicts)
	for _, o := range many.outcomes {
		ours[o.File] = o
	}
	if len(theirs) != len(files) {
		t.Fatalf("%d files, %d verdicts under go test", len(files), len(theirs))
	}
	for how, ours := range map[string]map[string]scenario.Outcome{"RunScenarios": ours, "tokenshell run": processOutcomes(t, files)} {
		for _, file := range files {
			if got, verdict := ours[file], theirs[file]; got.Verdict != verdict || verdict == "" {
				t.Errorf("%s: go test says %s, %s says %s: %s", file, verdict, how, got.Verdict, got.Why)
			}
		}
	}
}

// Each verdict of tokenshell run, with the line and the reason.
func TestVerdicts(t *testing.T) {
	t.Parallel()
	cases := verdictCases()
	files := verdictFiles(t, cases)
	ours := outcomes(t, files)
	for i, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			o := ours[files[i]]
			if o.Verdict != c.verdict || o.Line != c.line {
				t.Errorf("got %s in line %d, want %s in line %d", o.Verdict, o.Line, c.verdict, c.line)
			}
			if c.why == "" && o.Why != "" || !regexp.MustCompile(c.why).MatchString(o.Why) {
				t.Errorf("why: %q, want %s", o.Why, c.why)
			}
			if lines := strings.Split(c.text, "\n"); o.Line > 0 && o.Line <= len(lines) && o.Text != strings.TrimSpace(lines[o.Line-1]) {
				t.Errorf("text of the line: %q", o.Text)
			}
			if strings.Contains(o.Why+o.Text+o.Output, "eyJ") {
				t.Errorf("the report holds a token: %+v", o)
			}
		})
	}
}
