// What the process prints: in a pipe, in JSON, about itself.

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const confirmTen = "session new op_1; coupon confirm TEN; token raw coupon-1"

func TestTheSameSeedPrintsTheSameBytes(t *testing.T) {
	first := process(t, "", "--seed", "7", "-c", confirmTen)
	if again := process(t, "", "--seed", "7", "-c", confirmTen); first != again {
		t.Errorf("the first time\n%+v\nand then\n%+v", first, again)
	}
	lines := strings.Split(strings.TrimSuffix(first.stdout, "\n"), "\n")
	if len(lines) != 3 || first.code != 0 || first.stderr != "" {
		t.Fatalf("%+v", first)
	}
	if !regexp.MustCompile(`^[\w-]+\.[\w-]+\.[\w-]{86}$`).MatchString(lines[2]) {
		t.Errorf("no compact JWS with a signature of 64 bytes: %s", lines[2])
	}
	if other := process(t, "", "--seed", "8", "-c", confirmTen); other.stdout == first.stdout {
		t.Error("seed 8 prints what seed 7 prints")
	}
}

func TestWithoutASeedIdsAreRandom(t *testing.T) {
	const line = "session new --jq .order_processing_id"
	first, again := process(t, "", "-c", line), process(t, "", "-c", line)
	if first.stdout == again.stdout || !strings.HasPrefix(first.stdout, "op_") {
		t.Errorf("%q and %q", first.stdout, again.stdout)
	}
}

func TestAPipeHasNoPromptAndNoEscapes(t *testing.T) {
	const script = "session new op_1\n! coupon confirm NOPE\ncoupon list\nhelp\n"
	for _, color := range []string{"auto", "never"} {
		got := tokenshell(t, script, "--color", color)
		if got.code != 0 {
			t.Fatalf("%+v", got)
		}
		if strings.Contains(got.stdout+got.stderr, "\x1b") {
			t.Errorf("--color %s: an escape in %q%q", color, got.stdout, got.stderr)
		}
		if strings.Contains(got.stdout+got.stderr, "> ") {
			t.Errorf("--color %s: a prompt in %q%q", color, got.stdout, got.stderr)
		}
		if !strings.HasPrefix(got.stdout, "session op_1 of user_123 is open\n") {
			t.Errorf("--color %s: stdout begins %.40q", color, got.stdout)
		}
	}
}

func TestOutputForAllVerbs(t *testing.T) {
	const lines = "session new op_1; points balance"
	tests := []struct {
		name string
		args []string
		want string
	}{
		{"json", []string{"-o", "json", "-c", lines}, `{"order_processing_id":"op_1","state":"open","customer":"user_123","facts":{},"tokens":[]}` + "\n" +
			`{"customer":"user_123","balance":1200,"held":0,"available":1200}` + "\n"},
		{"jq", []string{"--jq", ".customer", "-c", lines}, "user_123\nuser_123\n"},
		{"behind the lines", []string{"-c", lines, "--jq", ".customer"}, "user_123\nuser_123\n"},
		{"a verb's own wins", []string{"--jq", ".customer", "-c", "points balance; points balance --jq .balance"}, "user_123\n1200\n"},
		{"set changes it from the next verb on", []string{"-o", "json", "-c", "set output text; points balance"}, `{"output":"text"}` + "\nuser_123 has 1200 points: 0 held, 1200 available\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := tokenshell(t, "", test.args...); got.stdout != test.want || got.code != 0 {
				t.Errorf("%d\n%s\nwant\n%s", got.code, got.stdout, test.want)
			}
		})
	}
}

func TestARefusalInJSON(t *testing.T) {
	got := tokenshell(t, "session new op_1 --jq empty\ncoupon confirm NOPE\n", "-o", "json")
	want := `{"error":{"reason":"coupon_unknown","detail":"there is no coupon \"NOPE\""}}` + "\n"
	if got.stdout != want || got.code != 1 {
		t.Errorf("%d\n%s\nwant\n%s", got.code, got.stdout, want)
	}
	wantContains(t, "stderr", got.stderr, "rejected: coupon_unknown: there is no coupon \"NOPE\"\n")
}

// What goes wrong without a verb is one object, too.
func TestAProcessThatFailsInJSON(t *testing.T) {
	red := file(t, "red.txtar", "! points balance\n")
	for want, args := range map[string][]string{
		`{"error":{"reason":"","detail":"there is no verb, party or reason \"nothing\"; help lists the verbs, help reasons the reasons"}}`: {"help", "nothing"},
		`{"error":{"reason":"","detail":"nowhere: there is no such file or folder"}}`:                                                      {"run", "nowhere"},
		`{"error":{"reason":"","detail":"nowhere.txtar: there is no such file or folder"}}`:                                                {"lint", "nowhere.txtar"},
		`{"error":{"reason":"","detail":"nowhere.yaml: no such file or directory"}}`:                                                       {"--world", "nowhere.yaml", "points", "balance"},
		`{"total":1,"passed":0,"failed":1,`: {"run", red},
		`{"error":{"reason":"","detail":"there is no command and no verb \"nosuch\"; tokenshell help lists what there is"}}`:              {"nosuch"},
		`{"error":{"reason":"","detail":"unknown flag --nosuch; tokenshell help lists what there is"}}`:                                   {"--nosuch"},
		`{"error":{"reason":"","detail":"unknown flag --nosuch; tokenshell run --help explains it"}}`:                                     {"run", "--nosuch"},
		`{"error":{"reason":"","detail":"each scenario has a world of its own, and keeps nothing; leave --state out"}}`:                   {"run", "--state", "kept", red},
		`{"error":{"reason":"","detail":"there are lines behind -c, and a verb; leave one of them out"}}`:                                 {"-c", "clock show", "clock", "show"},
		`{"error":{"reason":"","detail":"SHELL is one of bash, zsh, fish, and not \"fisch\"; tokenshell completion --help explains it"}}`: {"completion", "fisch"},
		`{"error":{"reason":"","detail":"target init: KIND is one of stdio, http, each, and not \"foo\"; `:                                {"target", "init", "foo", "relay"},
	} {
		got := tokenshell(t, "", append([]string{"-o", "json"}, args...)...)
		if !strings.HasPrefix(got.stdout, want) || strings.Count(got.stdout, "\n") != 1 || got.code == 0 {
			t.Errorf("%q: %d\n%s\nwant\n%s", args, got.code, got.stdout, want)
		}
		if args[0] != "run" || args[1] != red {
			wantContains(t, "stderr", got.stderr, ": ")
		}
	}
	for _, asked := range []string{"-ojson", "-o=json", "--output=json"} { // and however it is asked for
		if got := tokenshell(t, "", asked, "nosuch"); !strings.HasPrefix(got.stdout, `{"error":`) || got.code != 2 {
			t.Errorf("%s: %+v", asked, got)
		}
	}
	if got := tokenshell(t, "", "-o", "text", "nosuch"); got.stdout != "" || got.code != 2 {
		t.Errorf("%+v", got)
	}
}

func TestRunInJSON(t *testing.T) {
	path := file(t, "passes.txtar", "points balance\nstdout 1200\n")
	for _, args := range [][]string{{"run", "-o", "json", path}, {"-o", "json", "run", path}, {"run", path, "-o", "json"}} {
		got := tokenshell(t, "", args...)
		var summary struct {
			Total, Passed, Failed, Skipped int
		}
		if err := json.Unmarshal([]byte(got.stdout), &summary); err != nil || strings.Count(got.stdout, "\n") != 1 {
			t.Fatalf("%q: %v, %s", args, err, got.stdout)
		}
		if summary.Total != 1 || summary.Passed != 1 || summary.Failed+summary.Skipped != 0 {
			t.Errorf("%q: %+v", args, summary)
		}
	}
}

func TestAWorldFile(t *testing.T) {
	const world = "customers:\n  - {id: ada, points: 42}\n"
	path := file(t, "world.yaml", world)
	if got := tokenshell(t, "", "--world", path, "-c", "points balance"); got.stdout != "ada has 42 points: 0 held, 42 available\n" {
		t.Errorf("%+v", got)
	}
	scenario := file(t, "passes.txtar", "points balance\nstdout 'ada has 42'\n")
	if got := tokenshell(t, "", "run", "--world", path, scenario); got.code != 0 {
		t.Errorf("%+v", got)
	}
}

func TestHelpAndVersion(t *testing.T) {
	tests := []struct {
		args  []string
		parts []string
	}{
		{[]string{"help"}, []string{"tokenshell run", "--seed", "coupon confirm", "the relay", "help reasons"}},
		{[]string{"--help"}, []string{"tokenshell run", "--seed"}},
		{[]string{"-h"}, []string{"tokenshell run", "--seed"}},
		{[]string{"run", "--help"}, []string{"tokenshell run", "--seed"}},
		{[]string{"help", "coupon", "confirm"}, []string{"coupon confirm CODE", "--ttl D", "for example: coupon confirm TEN"}},
		{[]string{"help", "reasons"}, []string{"session_mismatch", "SAID BY"}},
		{[]string{"version"}, []string{"tokenshell "}},
		{[]string{"--version"}, []string{"tokenshell "}},
	}
	for _, test := range tests {
		t.Run(strings.Join(test.args, " "), func(t *testing.T) {
			t.Parallel()
			got := tokenshell(t, "", test.args...)
			if got.code != 0 || got.stderr != "" {
				t.Errorf("%d, %s", got.code, got.stderr)
			}
			for _, part := range test.parts {
				wantContains(t, "stdout", got.stdout, part)
			}
		})
	}
}

// What cannot be printed was not said, so it was not done either.
func TestOutputThatCannotBeWritten(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("there is no /dev/full here")
	}
	defer full.Close()
	for _, args := range [][]string{{"-c", "points balance"}, {"-o", "json", "-c", "points balance"}, {"help"}, {"version"}} {
		cmd := command(t, args...)
		cmd.Stdout = full
		if code := exitCode(t, cmd.Run()); code != 1 {
			t.Errorf("%q: exit code %d, want 1", args, code)
		}
	}
}

func TestHelpOfTheProcessIsInTheWorldsCurrency(t *testing.T) {
	yen := file(t, "yen.yaml", "currency: JPY\ncustomers: [{id: hanako}]\n")
	got := tokenshell(t, "", "--world", yen, "help", "payment", "confirm")
	wantContains(t, "help", got.stdout, "for example: payment confirm 80 --method visa\n")
	if got := tokenshell(t, "", "--world", "no-such-file.yaml", "help"); got.code != 3 || got.stdout != "" {
		t.Errorf("with a world that cannot be read: %+v", got)
	}
}

// What is written to /dev/stdout stands where it was said, in a file as in a pipe.
func TestWrittenToStandardOutput(t *testing.T) {
	for _, name := range []string{"/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"} {
		if _, err := os.Stat(name); err != nil {
			continue
		}
		args := []string{"--seed", "7", "-c", "points balance; keys jwks coupons --out " + name + "; points balance"}
		piped := process(t, "", args...)
		f, err := os.Create(filepath.Join(t.TempDir(), "out"))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if _, err := f.WriteString("what stood there\n"); err != nil {
			t.Fatal(err)
		}
		cmd := command(t, args...)
		cmd.Stdout = f
		if code := exitCode(t, cmd.Run()); code != 0 || piped.code != 0 {
			t.Errorf("%s: exit codes %d and %d", name, code, piped.code)
		}
		text, err := os.ReadFile(f.Name())
		if want := "what stood there\n" + piped.stdout; err != nil || string(text) != want || strings.Count(want, "\n") != 5 {
			t.Errorf("%s: %v\n%s\nwant\n%s", name, err, text, want)
		}
	}
}
