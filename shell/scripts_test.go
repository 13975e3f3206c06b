// The scenarios: they pass, and tokenshell run and go test agree about every
// one of them, also about those that fail.

package shell

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"
	"github.com/rogpeppe/go-internal/txtar"
)

// scripts gives the stories of ../scripts.
func scripts(t *testing.T) []string {
	t.Helper()
	files, err := ScenarioFiles([]string{scriptsDir})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestScripts(t *testing.T) {
	params, err := Params(t.Context(), ScenarioConfig{Seed: DefaultSeed, Check: true}, scripts(t))
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, params)
}

// A story is short, and each of its phases has one sentence.
func TestScriptsAreLean(t *testing.T) {
	for _, file := range scripts(t) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if n := bytes.Count(text, []byte("\n")); n >= 60 {
			t.Errorf("%s has %d lines", file, n)
		}
		lines := strings.Split(string(txtar.Parse(text).Comment), "\n")
		if !strings.HasPrefix(lines[0], "# ") {
			t.Errorf("%s does not begin with a phase", file)
		}
		for i, line := range lines {
			if strings.HasPrefix(line, "# ") && (i+1 == len(lines) || strings.HasPrefix(lines[i+1], "#") || !strings.HasSuffix(line, ".")) {
				t.Errorf("%s:%d: a phase is one sentence and something that happens", file, i+1)
			}
		}
	}
}

// No built-in of testscript is a verb, for the built-in would win silently.
func TestNoVerbIsABuiltin(t *testing.T) {
	builtins := strings.Fields(`cd chmod cmp cmpenv cp env exec exists grep kill mkdir mv rm skip stderr stdin stdout stop
		symlink ttyin ttyout unix2dos unquote wait`)
	r, err := newScenarioRunner(t.Context(), ScenarioConfig{Seed: DefaultSeed})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.verbs) < 20 {
		t.Errorf("only %d verbs: %v", len(r.verbs), r.verbs)
	}
	for _, verb := range r.verbs {
		if slices.Contains(builtins, verb) {
			t.Errorf("%s is a built-in of testscript", verb)
		}
	}
}

// verdictCase is a small script and what must be said of it.
type verdictCase struct {
	name    string
	text    string
	verdict Verdict
	line    int    // of a failed one; 0 when it is about the whole file
	why     string // a regular expression on why
}

// verdictCases are broken, skipped and odd scripts.
func verdictCases() []verdictCase {
	return []verdictCase{
		{"empty", "", Passed, 0, ``},
		{"only a comment", "# nothing happens here", Passed, 0, ``},
		{"no newline at the end", "session new op_1\npoints balance", Passed, 0, ``},
		{"carriage returns", "# a phase\r\nsession new op_1\r\ncoupon confirm TEN\r\nstdout '^coupon-1: '\r\n", Passed, 0, ``},
		{"carriage returns in a section", "points balance\r\nstdout '^only has 7'\r\n-- world.yaml --\r\ncustomers:\r\n  - {id: only, points: 7}\r\n", Passed, 0, ``},
		{"tabs", "\tsession\tnew\top_1\n\tpoints balance\t--jq\t.held\nstdout ^0$\n", Passed, 0, ``},
		{"comment behind a verb", "session new op_1 # the customer comes in\n", Passed, 0, ``},
		{"a source", "source a.tsh\nstdout '1200 available'\nlet B $A\nstdout ^B=x$\n-- a.tsh --\nlet A x\npoints balance\n", Passed, 0, ``},

		{"a verdict that does not come", "session new op_1\npoints confirm 5\nexpect replayed relay points-1\n", Failed, 3, `^expected "relay" to be refused with replayed; it was done$`},
		{"another reason", "session new op_1\nexpect declined points confirm 5000\n", Failed, 2, `^expected "points" to be refused with declined; it was refused with points_insufficient$`},
		{"no such reason", "session new op_1\nexpect replaid points confirm 5\n", Failed, 2, `there is no reason "replaid"; did you mean replayed\?`},
		{"one of two expected", "session new op_1\npoints confirm 5\nexpect malformed relay points-1 a.b.c points-1\n", Failed, 3, `it was refused with replayed`},
		{"an unexpected refusal", "session new op_1\npoints confirm 5000\n", Failed, 2, `^expected it to be done; it was rejected: points_insufficient: `},
		{"stdout does not match", "points balance\nstdout '^nothing$'\n", Failed, 2, "^no match for `\\^nothing\\$` found in stdout$"},
		{"stdout of the verb before", "points balance\nlet A b\nstdout 1200\n", Failed, 3, `no match`},
		{"unwanted output", "points balance\n! stdout 1200\n", Failed, 2, `unexpected match`},
		{"unknown verb", "session new op_1\npionts balance\n", Failed, 2, `unknown command "pionts"`},
		{"unknown verb below", "points blance\n", Failed, 1, `points`},
		{"unknown flag", "session new op_1\npoints confirm 5 --nam x\n", Failed, 2, `--nam`},
		{"missing flag", "session new op_1\npayment confirm 5.00\n", Failed, 2, `--method`},
		{"the flag before is no flag now", "session new op_1\npayment confirm 5.00 --method visa\n! payment confirm 5.00\n", Failed, 3, `--method`},
		{"one way, then the other", "clock skew points --ahead 1s\nclock skew points --behind 1s\n", Passed, 0, ``},
		{"unset variable", "session new op_1\npoints confirm $N\n", Failed, 2, `\$N is not set`},
		{"variable set too late", "session new $A\nlet A b\n", Failed, 1, `\$A is not set`},
		{"unset variable behind a tab", "session\tnew $A\n", Failed, 1, `\$A is not set`},
		{"unset variable in an assertion", "points balance\nstdout $A\n", Failed, 2, `\$A is not set`},
		{"quoted variable from env", "env 'A=op_7' B=1\nsession new $A\nstdout op_7\n", Passed, 0, ``},
		{"variable from env", "env A=op_7\nsession new $A\nstdout op_7\n", Passed, 0, ``},
		{"reserved variable", "let PATH x\n", Failed, 1, `no name for a variable`},
		{"double quotes", "let A \"b c\"\n", Failed, 1, `column 7: .*use 'single quotes'`},
		{"double quotes behind a tab", "let\tA \"b\"\n", Failed, 1, `use 'single quotes'`},
		{"double quotes behind a quoted verb", "'let' A \"b\"\n", Failed, 1, `use 'single quotes'`},
		{"backslash", `let A b\ c`, Failed, 1, `backslash`},
		{"quote in a word", "let A 'it''s'\n", Failed, 1, `single quote`},
		{"open quote", "let A 'b\n", Failed, 1, `not closed`},
		{"hash in a word", "let A b#c\n", Failed, 1, `a # inside a word`},
		{"semicolon", "let A b; let B c\n", Failed, 1, `one verb a line`},
		{"dollar in a word", "let A ${B}\n", Failed, 1, `\$ outside quotes`},
		{"no such file", "token import nothing.jwt\n", Failed, 1, `^nothing.jwt: no such file`},
		{"no such handle", "session new op_1\n! relay coupon-9\n", Failed, 2, `there is no token "coupon-9"`},
		{"time goes back", "! clock set 2025-12-31T23:59:59Z\n", Failed, 1, `time never goes back`},
		{"quit in a script", "quit\npoints balance\n", Failed, 1, `stop ends a scenario`},
		{"a refusal in a source", "session new op_1\n! source a.tsh\n-- a.tsh --\npoints confirm 5000\n", Failed, 2, `a.tsh:1`},

		{"refused as it should be", "session new op_1\n! points confirm 5000\nstderr '^rejected: points_insufficient: '\n", Passed, 0, ``},
		{"not on something done", "session new op_1\n! points balance\n", Failed, 2, `^expected "points" to be refused; it was done$`},
		{"not on a wrong verb", "! points blance\n", Failed, 1, `points`},
		{"not on a wrong flag", "! points balance --wrong\n", Failed, 1, `--wrong`},
		{"not on nothing", "!\n", Failed, 1, `! on line by itself`},
		{"not on an expectation that failed", "session new op_1\n! expect declined points balance\n", Failed, 2, `expected "points" to be refused with declined; it was done`},
		{"not on an expectation", "session new op_1\n! expect points_insufficient points confirm 5000\n", Failed, 2, `it was done`},
		{"not that touches the verb", "session new op_1\n!points balance\n", Failed, 2, `unknown command "!points"`},

		{"skip", "skip 'not today'\nnonsense\n", Skipped, 0, `not today`},
		{"skip without a word", "skip\n", Skipped, 0, ``},
		{"skip too late", "nonsense\nskip\n", Failed, 1, `unknown command`},
		{"stop", "stop\nnonsense\n", Passed, 0, ``},
		{"stop after a failure", "points blance\nstop\n", Failed, 1, `points`},
		{"a condition that holds", "[unix] session new op_1\nsession show\nstdout op_1\n", Passed, 0, ``},
		{"a condition that does not", "[windows] nonsense\n[!unix] points blance\n", Passed, 0, ``},
		{"double quotes behind a condition", "[unix] let A \"b\"\n", Failed, 1, `single quotes`},
		{"a verb behind a condition and a not", "session new op_1\n[unix] ! points confirm 5000\n", Passed, 0, ``},
		{"a condition of go test", "[short] skip 'short'\n[!short] stop\n", Passed, 0, ``},
		{"more conditions of go test", "[net] stop\n[link] stop\n[symlink] stop\n[gc] stop\n[go1.20] stop\n[exec:sh] stop\n", Passed, 0, ``},
		{"an unknown condition", "[moon] stop\n", Failed, 1, `unknown condition "moon"`},

		{"a world of one's own", "points balance\nstdout '^only has 7'\n-- world.yaml --\ncustomers:\n  - {id: only, points: 7}\n", Passed, 0, ``},
		{"a bad world", "points balance\n-- world.yaml --\ncustomers:\n  - {id: only, pionts: 7}\n", Failed, 0, `world.yaml:2: column 16: unknown field "pionts"`},
		{"an empty world", "points balance\n-- world.yaml --\n", Failed, 0, `world.yaml: .*a world has at least one customer`},
		{"two worlds", "points balance\n-- world.yaml --\ncustomers: [{id: a}]\n-- world.yaml --\ncustomers: [{id: b}]\n", Failed, 0, `world.yaml would overwrite`},

		{"words that look like a failure", "let A 'FAIL: elsewhere.txtar:77: not this'\npoints blance\n", Failed, 2, `points`},
		{"a report of a token", "session new op_1\npoints confirm 5\ntoken raw points-1\nstdout nothing\n", Failed, 4, `no match`},
		{"a report of a secret", "session new op_1\npoints confirm 5\ncapture T token raw points-1\nlet U a$T\nstdout $T\n", Failed, 5, `no match`},
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

// outcomes runs files as tokenshell run does.
func outcomes(t *testing.T, files []string) map[string]Outcome {
	t.Helper()
	all := map[string]Outcome{}
	if err := RunScenarios(t.Context(), ScenarioConfig{Seed: DefaultSeed}, files, func(o Outcome) { all[o.File] = o }); err != nil {
		t.Fatal(err)
	}
	return all
}

// processOutcomes runs files with the command itself, in a process where no
// testing package has been made ready.
func processOutcomes(t *testing.T, files []string) map[string]Outcome {
	t.Helper()
	command := filepath.Join(t.TempDir(), "tokenshell")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", command, "../cmd/tokenshell").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	var said struct {
		Rows []Outcome `json:"rows"`
	}
	run := exec.CommandContext(t.Context(), command, append([]string{"run", "-o", "json"}, files...)...)
	out, err := run.Output() // fails with some scripts
	if failed := json.Unmarshal(out, &said); failed != nil {
		t.Fatalf("tokenshell run: %v: %v\n%s", err, failed, out)
	}
	all := map[string]Outcome{}
	for _, o := range said.Rows {
		all[o.File] = o
	}
	return all
}

// TestSameVerdict holds tokenshell run against testscript as go test drives it:
// in this process, and as the command that people run.
func TestSameVerdict(t *testing.T) {
	cases := verdictCases()
	files := slices.Concat(verdictFiles(t, cases), scripts(t))
	params, err := Params(t.Context(), ScenarioConfig{Seed: DefaultSeed}, files)
	if err != nil {
		t.Fatal(err)
	}
	theirs := &recorder{verdicts: map[string]Verdict{}}
	testscript.RunT(theirs, params)
	names := scriptNames(files)
	if len(theirs.verdicts) != len(files) {
		t.Fatalf("%d files, %d verdicts under go test", len(files), len(theirs.verdicts))
	}
	for how, ours := range map[string]map[string]Outcome{"RunScenarios": outcomes(t, files), "tokenshell run": processOutcomes(t, files)} {
		for name, verdict := range theirs.verdicts {
			if got := ours[names[name]]; got.Verdict != verdict {
				t.Errorf("%s: go test says %s, %s says %s: %s", name, verdict, how, got.Verdict, got.Why)
			}
		}
	}
}

// Each verdict of tokenshell run, with the line and the reason.
func TestVerdicts(t *testing.T) {
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

// recorder is testscript's T as go test implements it: each script on a
// goroutine of its own, which Skip and FailNow end.
type recorder struct {
	mu       sync.Mutex
	verdicts map[string]Verdict
	parent   *recorder // nil at the top
	name     string
}

func (r *recorder) set(v Verdict) {
	r.parent.mu.Lock()
	defer r.parent.mu.Unlock()
	r.parent.verdicts[r.name] = v
}

func (r *recorder) Run(name string, f func(testscript.T)) {
	script := &recorder{parent: r, name: name}
	script.set(Passed)
	done := make(chan struct{})
	go func() {
		defer close(done)
		f(script)
	}()
	<-done
}

func (r *recorder) Skip(...any) { r.set(Skipped); runtime.Goexit() }

func (r *recorder) Fatal(...any) { r.FailNow() }

func (r *recorder) FailNow() { r.set(Failed); runtime.Goexit() }

func (r *recorder) Log(...any) {}

func (r *recorder) Parallel() {}

func (r *recorder) Verbose() bool { return false }

// Two hundred at once do not disturb each other, and are reported in order.
func TestManyScenarios(t *testing.T) {
	stories := scripts(t)
	dir := t.TempDir()
	var files []string
	for i := range 200 {
		text, err := os.ReadFile(stories[i%len(stories)])
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, filepath.Join(dir, fmt.Sprintf("%03d.txtar", i)))
		if err := os.WriteFile(files[i], text, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	var reported []string
	err := RunScenarios(t.Context(), ScenarioConfig{Seed: DefaultSeed}, files, func(o Outcome) {
		reported = append(reported, o.File)
		if o.Verdict != Passed {
			t.Errorf("%s, a copy of %s: %s in line %d: %s", o.File, stories[(len(reported)-1)%len(stories)], o.Verdict, o.Line, o.Why)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(files, reported); diff != "" {
		t.Errorf("not reported in the order of the files:\n%s", diff)
	}
}

// What a scenario says does not depend on those that ran before it.
func TestScenariosLeaveNothingBehind(t *testing.T) {
	cases := []verdictCase{
		{name: "a", text: "session new op_1\npayment confirm 5.00 --method visa\n"},
		{name: "b", text: "session new op_1\n! payment confirm 5.00\n"},
	}
	files := verdictFiles(t, cases)
	alone := outcomes(t, files[1:])[files[1]]
	after := outcomes(t, slices.Repeat(files[:1], 20))
	for _, o := range after {
		if o.Verdict != Passed {
			t.Fatal(o)
		}
	}
	behind := outcomes(t, []string{files[0], files[0], files[0], files[0], files[1]})[files[1]]
	if diff := cmp.Diff(alone, behind); diff != "" {
		t.Errorf("alone and behind others (-alone +behind):\n%s", diff)
	}
}

// Whatever somebody does with a token in the wrong place, only token raw
// prints it.
func TestNoVerbPrintsAToken(t *testing.T) {
	lines := []string{
		"session set a=$T", "session new $T", "session new op_2 --customer $T", "session use $T",
		"coupon confirm $T", "points confirm $T", "payment confirm $T --method visa", "payment confirm 5 --method $T",
		"coupon confirm TEN --name $T", "coupon confirm TEN --ttl $T", "points balance $T", "points balance --$T",
		"points balance --jq $T", "revoke $T", "relay $T", "relay x$T $T.x", "redeem --direct $T --to points", "redeem --direct $T --to $T",
		"token show $T --as relay", "token show it --as $T", "token show x$T", "token show @$T", "token import $T",
		"keys list $T", "keys retire $T", "keys jwks --out /nowhere/$T", "clock set $T", "clock advance $T", "clock skew $T",
		"view $T", "log --party $T", "set $T", "set leeway $T", "source $T", "help $T", "$T",
		"let $T x", "let U $T", "let U a.$T", "let U $T.a", "let U $T,$T", "let U [$T]...", "let U '{\"a\":\"'$T'\"}'",
		"capture $T points balance", "capture U token raw it", "capture U token raw it -o json", "capture U let V .$T",
		"expect $T points balance", "expect malformed relay a.$T", "token list", "session show", "log", "view coupons", "view relay",
	}
	for _, format := range []string{"text", "json"} {
		for _, line := range lines {
			s := goldenShell(t, 1)
			said(t, s, "set output "+format, "session new op_1", "coupon confirm TEN --name it", "capture T token raw it --jq .raw")
			raw, _ := s.lookup("T")
			_, letter, _ := strings.Cut(raw, ".")
			var printed bytes.Buffer
			_ = s.Line(t.Context(), line, false, &printed, &printed) // what it answers is its own business
			if strings.Contains(printed.String(), letter) {
				t.Errorf("%s, as %s: the token is in what it prints: %.80s…", line, format, printed.String())
			}
		}
	}
}

// With -o json a verb prints one object on one line, also when it is refused
// and when it is not understood.
func TestOneObjectAVerb(t *testing.T) {
	for line, member := range map[string]string{
		"session new op_2": "order_processing_id", "session show": "tokens", "session list": "sessions", "session use op_1": "state",
		"session set a=b": "facts", "session close": "state", "coupon list": "coupons", "coupon confirm TEN": "jti",
		"points balance": "available", "points confirm 5": "capabilities", "points confirm 5000": "error", "payment methods": "methods",
		"payment confirm 5.00 --method visa": "kid", "revoke it": "status", "relay it": "results", "relay it it": "results",
		"redeem": "error", "redeem it": "error", "redeem --direct it": "results", "checkout": "state", "checkout it a.b.c": "results",
		"token list": "tokens", "token show it": "claims", "token raw it": "raw", "token import nowhere.jwt": "error",
		"keys list": "keys", "keys rotate points": "kid", "keys jwks": "keys", "keys retire nothing": "error", "clock show": "mode",
		"clock advance 1s": "now", "clock set 2025-01-01T00:00:00Z": "error", "clock skew relay --ahead 1s": "skews",
		"view client": "tokens", "view relay": "sessions", "view kms": "keys", "view points": "reservations", "log": "entries",
		"set": "options", "set leeway 1s": "leeway", "let A b": "value", "capture A points balance": "value", "help": "verbs",
		"help reasons": "reasons", "help relay": "verbs", "expect declined points confirm 5000": "error", "! points confirm 5000": "error",
		"nonsense": "error", "points balance --wrong": "error", "points confirm $UNSET": "error", "let A 'b": "error", "let A \"b\"": "error",
	} {
		s := goldenShell(t, 1)
		said(t, s, "set output json", "session new op_1", "coupon confirm TEN --name it")
		var stdout, stderr bytes.Buffer
		_ = s.Line(t.Context(), line, false, &stdout, &stderr) // its JSON is looked at, not its answer
		first, rest, _ := strings.Cut(stdout.String(), "\n")
		var object map[string]json.RawMessage
		if err := json.Unmarshal([]byte(first), &object); err != nil || object[member] == nil {
			t.Errorf("%s: no JSON object with a member %s: %q", line, member, first)
		}
		if rest != "" && !strings.HasPrefix(line, "expect declined") { // two things are said there
			t.Errorf("%s: more than one line: %q", line, stdout.String())
		}
	}
}
