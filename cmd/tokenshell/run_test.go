//go:build unix

// Runs of scenarios as a process: what is chosen, told, written and left behind.

package main

import (
	"bufio"
	"encoding/json"
	"encoding/xml"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
)

// stage is a folder of scenarios, and a place for what is remembered of runs.
func stage(t *testing.T, scenarios map[string]string) (dir string, run func(args ...string) answer) {
	t.Helper()
	dir = t.TempDir()
	for name, text := range scenarios {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, value := range map[string]string{"XDG_STATE_HOME": t.TempDir(), "GITHUB_ACTIONS": "", "TMPDIR": dir} {
		t.Setenv(name, value)
	}
	t.Chdir(dir)
	return dir, func(args ...string) answer {
		t.Helper()
		got := tokenshell(t, "", append([]string{"run"}, args...)...)
		if left, err := filepath.Glob(filepath.Join(dir, "tokenshell-*")); (err != nil || left != nil) && !slices.Contains(args, "--keep") {
			t.Errorf("run %q leaves %v, %v", args, left, err)
		}
		return got
	}
}

// verdicts gives the scenarios of a run in their order, each as ok:name.
func verdicts(said string) string {
	var all []string
	for _, m := range regexp.MustCompile(`(?m)^(ok|FAIL|skip|not run|interrupted)  +(\S+)`).FindAllStringSubmatch(said, -1) {
		all = append(all, m[1]+":"+strings.TrimSuffix(filepath.Base(m[2]), ".txtar"))
	}
	return strings.Join(all, " ")
}

const passing, failing = "session new op_1\npoints confirm 5\ncheckout\nstdout completed\n", "session new op_1\nlet N 7\n# A phase.\nexpect replayed points confirm $N\n"

// Every flag that chooses, alone, chooses what it says.
func TestRunChooses(t *testing.T) {
	_, run := stage(t, map[string]string{
		"s/a.txtar": "# tags: quick, smoke\n" + passing, "s/b.txtar": "# tags: slow\n" + passing, "s/c.txtar": failing, "s/d.txtar": "skip 'not today'\n" + passing, "s/e.txtar": passing,
	})
	for _, test := range []struct {
		args []string
		want string
		code int
	}{
		{[]string{"s"}, "ok:a ok:b FAIL:c skip:d ok:e", 1},
		{[]string{"-j", "1", "s"}, "ok:a ok:b FAIL:c skip:d ok:e", 1},
		{[]string{"-j", "8", "--run", "[ab].txtar", "s"}, "ok:a ok:b", 0},
		{[]string{"s/a.txtar", "-j", "1", "s/b.txtar", "--count=1", "--", "s/e.txtar"}, "ok:a ok:b ok:e", 0},
		{[]string{"s/a.txtar", "./s/a.txtar", "s", "s//a.txtar", "--skip", "[cd].txtar"}, "ok:a ok:b ok:e", 0},
		{[]string{"--skip", "[cd].txtar", "s"}, "ok:a ok:b ok:e", 0},
		{[]string{"--tag", "slow", "s"}, "ok:b", 0},
		{[]string{"--tag", "slow", "--tag", "smoke", "s"}, "ok:a ok:b", 0},
		{[]string{"--tag", "!slow", "--run", "/[ab]", "s"}, "ok:a", 0},
		{[]string{"--shard", "1/2", "s"}, "ok:a FAIL:c ok:e", 1},
		{[]string{"--shard", "2/2", "s"}, "ok:b skip:d", 0},
		{[]string{"--count", "2", "s/a.txtar"}, "ok:a ok:a", 0},
		{[]string{"-j", "1", "--fail-fast", "s"}, "ok:a ok:b FAIL:c not run:d not run:e", 1},
		{[]string{"-q", "s"}, "FAIL:c", 1},
		{[]string{"--rerun-failed"}, "FAIL:c", 1},
		{[]string{"s/d.txtar"}, "skip:d", 1},
		{[]string{"--allow-skipped", "s/d.txtar"}, "skip:d", 0},
	} {
		got := run(test.args...)
		if verdicts(got.stdout) != test.want || got.code != test.code {
			t.Errorf("run %q: %d, %s, want %d, %s\n%s%s", test.args, got.code, verdicts(got.stdout), test.code, test.want, got.stdout, got.stderr)
		}
	}
	if got := run("--list", "--tag", "smoke", "s"); got.stdout != "s/a.txtar  # tags: quick, smoke\n1 scenario\n" {
		t.Errorf("--list: %s", got.stdout)
	}
	first, second, other := run("--shuffle", "1", "-j", "1", "s"), run("--shuffle", "1", "s"), run("--shuffle", "2", "s")
	if verdicts(first.stdout) != verdicts(second.stdout) || verdicts(first.stdout) == verdicts(other.stdout) || len(verdicts(first.stdout)) != len("ok:a ok:b FAIL:c skip:d ok:e") {
		t.Errorf("--shuffle: %s, %s, %s", verdicts(first.stdout), verdicts(second.stdout), verdicts(other.stdout))
	}
	if got := run("--slowest", "s"); !regexp.MustCompile(`\nslowest\n(?:  s/\S+ +[0-9.]+ m?s\n)+\n5 scenarios: `).MatchString(got.stdout) {
		t.Errorf("--slowest: %s", got.stdout)
	}
}

// What means nothing is an error that says what was meant.
func TestRunRefusesFlags(t *testing.T) {
	_, run := stage(t, map[string]string{"a.txtar": passing})
	for _, test := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"--shuffle", "-1", "a.txtar"}, 2, "--shuffle wants a whole number from 0, and not \"-1\""},
		{[]string{"a.txtar", "--timeout", "1"}, 2, "--timeout: \"1\" is not a duration"},
		{[]string{"--color", "red", "a.txtar"}, 2, "--color is one of auto, always, never, and not \"red\"\nhint: tokenshell run --help explains it"},
		{[]string{"a.txtar", "-j"}, 2, "--jobs wants a value"},
		{[]string{"a.txtar", "-e"}, 2, "--env wants a value"},
		{[]string{"--without", "audience,nope", "a.txtar"}, 2, "there is no rule \"nope\" to leave out"},
		{[]string{"--report", "github=x", "a.txtar"}, 2, "github takes no file"},
		{[]string{"--report", "junit=x", "--report", "json=./x", "a.txtar"}, 2, "another one is written to ./x already"},
		{[]string{"--shard", "2/2", "a.txtar"}, 1, "--shard 2/2 has no scenario"},
		{[]string{"--count", "99999999999", "a.txtar"}, 2, "--count 99999999999 is too often for 1 scenario"},
		{[]string{"--run", "nothing", "a.txtar"}, 2, "--run nothing leaves none of 1 scenario"},
		{[]string{"--skip", ".", "a.txtar"}, 2, "--skip . leaves none"},
		{[]string{"--tag", "slow", "a.txtar"}, 2, "--tag slow leaves none"},
		{[]string{"--run", "[", "a.txtar"}, 2, "--run \"[\": missing closing ]"},
		{[]string{"--shard", "3/2", "a.txtar"}, 2, "is no part"},
		{[]string{"--count", "0", "a.txtar"}, 2, "--count wants a number from 1"},
		{[]string{"-e", "PATH=x", "a.txtar"}, 2, "sets no variable of a scenario"},
		{[]string{"-e", "lower=x", "a.txtar"}, 2, "sets no variable of a scenario"},
		{[]string{"--report", "junti=x", "a.txtar"}, 2, "did you mean junit?"},
		{[]string{"--report", "junit", "a.txtar"}, 2, "say which file to write it to"},
		{[]string{"--report", "junit=-", "a.txtar"}, 2, "a report goes to a file"},
		{[]string{"--report", "junit=a.txtar", "."}, 2, "it would be written over"},
		{[]string{"--report", "junit=.", "a.txtar"}, 3, ".: it is a folder"},
		{[]string{"--report", "junit=no/where/x", "a.txtar"}, 3, "there is no such folder"},
		{[]string{"--rerun-failed"}, 2, "nothing failed"},
		{[]string{"-v", "-q", "a.txtar"}, 2, "choose one"},
		{[]string{"--until", "a.txtar", "a.txtar"}, 2, "is no place in a file"},
		{[]string{"--until", "a.txtar:99"}, 2, "--until a.txtar:99: the file has 5 lines\nhint: name one of 1 to 5"},
		{[]string{"--until", ".:1"}, 2, "--until .:1: . is more than a file"},
		{[]string{"--list", "--report", "junit=x", "a.txtar"}, 2, "--list runs none, and --report asks for what comes of a run"},
		{[]string{"--list", "--cover", "a.txtar"}, 2, "--list runs none, and --cover asks"},
		{[]string{"--until", "a.txtar:2"}, 2, "nobody sits at a prompt here"},
		{[]string{"--shell-on-fail", "a.txtar"}, 2, "nobody sits at a prompt here"},
	} {
		if got := run(test.args...); got.code != test.code || !strings.Contains(got.stderr, test.says) || got.stdout != "" && test.code != 1 {
			t.Errorf("run %q: %+v, want %d, %s", test.args, got, test.code, test.says)
		}
	}
}

// --update writes what then passes: a section of a file that is included stays as it
// is, and is not said to be written.
func TestRunUpdatesItsOwnFile(t *testing.T) {
	const lines = "session new op_1\npoints balance\ncmp stdout theirs\n-- theirs --\nx\n"
	_, run := stage(t, map[string]string{"a.txtar": "include b.lines\nsession list\ncmp stdout mine\n-- mine --\ny\n", "b.lines": lines})
	got := run("--update", "a.txtar")
	wantContains(t, "stdout", got.stdout, "b.lines:4: --update writes no section of a file that is included")
	if text, err := os.ReadFile("b.lines"); err != nil || string(text) != lines || got.code != 1 || strings.Contains(got.stdout, "written anew") {
		t.Errorf("%+v, %v:\n%s", got, err, text)
	}
	if err := os.WriteFile("b.lines", []byte(strings.Replace(lines, "x\n", "user_123 has 1200 points: 0 held, 1200 available\n", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := run("--update", "a.txtar"); got.code != 0 || !strings.Contains(got.stdout, "written anew") || run("a.txtar").code != 0 {
		t.Errorf("%+v", got)
	}
}

// What --update leaves as it is, it leaves to the last line break.
func TestRunUpdatesNothingElse(t *testing.T) {
	const text = "# Said.  \r\nsession new op_1\r\npoints balance\r\ncmp stdout said\r\n-- kept --\r\na \r\n-- said --\r\nx\r\n-- last --\r\n%s"
	for _, last := range []string{"z", "z\n", "\r\n", ""} {
		_, run := stage(t, map[string]string{"a.txtar": strings.Replace(text, "%s", last, 1)})
		got := run("--update", "a.txtar")
		want := strings.Replace(strings.Replace(text, "x\r\n", "user_123 has 1200 points: 0 held, 1200 available\n", 1), "%s", last, 1)
		if text, err := os.ReadFile("a.txtar"); err != nil || string(text) != want || got.code != 0 || run("a.txtar").code != 0 {
			t.Errorf("%q: %+v, %v:\n%q", last, got, err, text)
		}
	}
}

// What fails is not written, and nothing is said to be.
func TestRunUpdatesNothingThatFails(t *testing.T) {
	const text = "session new op_1\npoints balance\ncmp stdout said\nexpect replayed points balance\n-- said --\nx\n"
	_, run := stage(t, map[string]string{"a.txtar": text})
	got := run("--update", "a.txtar")
	if now, err := os.ReadFile("a.txtar"); err != nil || string(now) != text || got.code != 1 || strings.Contains(got.stdout, "updated") {
		t.Errorf("%+v, %v:\n%s", got, err, now)
	}
}

// What would fail is not written: a section that is compared with two things.
func TestRunUpdatesNothingThatWouldFail(t *testing.T) {
	const text = "session new op_1\npoints balance\ncmp stdout said\nsession list\ncmp stdout said\n-- said --\nx\n"
	_, run := stage(t, map[string]string{"a.txtar": text})
	got := run("--update", "a.txtar")
	wantContains(t, "stdout", got.stdout, "a.txtar:3:1: with what --update would write it does not pass: stdout and said differ\n")
	if now, err := os.ReadFile("a.txtar"); err != nil || string(now) != text || got.code != 1 {
		t.Errorf("%+v, %v:\n%s", got, err, now)
	}
	if got := run("--update", "-v", "-j", "1", "--cover", "a.txtar"); strings.Count(got.stdout, "a.txtar:4: session list\n") != 1 {
		t.Errorf("-v: %s", got.stdout)
	}
}

// A section may end with its name.
func TestRunUpdatesTheLastName(t *testing.T) {
	const text = "session new op_1\npoints balance\ncmp stdout said\n-- said --"
	_, run := stage(t, map[string]string{"a.txtar": text})
	got := run("--update", "a.txtar")
	if now, err := os.ReadFile("a.txtar"); err != nil || string(now) != text+"\nuser_123 has 1200 points: 0 held, 1200 available\n" || got.code != 0 {
		t.Errorf("%+v, %v:\n%s", got, err, now)
	}
}

// What stopped a file that a scenario sources is said in a line.
func TestRunSaysWhatStoppedAFile(t *testing.T) {
	_, run := stage(t, map[string]string{"a.txtar": "session new op_1\nsource lines\n-- lines --\nsession list\ncoupon confirm NOPE\n"})
	got := run("a.txtar").stdout
	wantContains(t, "stdout", got, "a.txtar:2:1: lines:2: expected it to be done; it was rejected: coupon_unknown")
	wantContains(t, "stdout", got, "a.txtar:5: in the section lines\n")
}

// A scenario of the folder where it runs is of no class below tokenshell's.
func TestRunClassesOfJUnit(t *testing.T) {
	_, run := stage(t, map[string]string{"a.txtar": passing, "s/t/b.txtar": passing})
	run("--report", "junit=j.xml", ".")
	text, err := os.ReadFile("j.xml")
	if err != nil {
		t.Fatal(err)
	}
	wantContains(t, "j.xml", string(text), `name="a.txtar" classname="tokenshell" `)
	wantContains(t, "j.xml", string(text), `name="s/t/b.txtar" classname="tokenshell.s.t" `)
}

// Rows that fail at the same line are told apart.
func TestRunAnnotatesRows(t *testing.T) {
	_, run := stage(t, map[string]string{"a.txtar": "session new $A\nexpect replayed points confirm 5\n-- cases.csv --\nA,B\nop_1,x\nop_2,\"y,z\"\n"})
	got := run("--report", "github", "-q", "a.txtar").stdout
	wantContains(t, "stdout", got, "title=scenario failed%2C row 1%3A A=op_1 B=x::")
	wantContains(t, "stdout", got, "title=scenario failed%2C row 2%3A A=op_2 B=y%2Cz::")
}

// A byte order mark, as editors and spreadsheets write it, is no part of a text.
func TestRunReadsAMark(t *testing.T) {
	_, run := stage(t, map[string]string{"a.txtar": "\uFEFFsession new $A\nstdout open\n-- cases.csv --\n\uFEFFA,B\nop_1,2\n"})
	if got := run("a.txtar"); got.code != 0 {
		t.Errorf("%+v", got)
	}
}

// What an editor leaves in a folder while a file is open is no scenario.
func TestRunLeavesLocksAlone(t *testing.T) {
	_, run := stage(t, map[string]string{"s/a.txtar": passing, "s/._a.txtar": "\x00"})
	if err := os.Symlink("me@here.17:4", "s/.#a.txtar"); err != nil {
		t.Fatal(err)
	}
	if got := run("s"); got.code != 0 || verdicts(got.stdout) != "ok:a" {
		t.Errorf("%+v", got)
	}
}

// What failed is found again, whatever bytes its name has, and runs again in a world
// without what it was without.
func TestRunAgain(t *testing.T) {
	const name = "bad\xff.txtar"
	_, run := stage(t, map[string]string{"s/a.txtar": failing})
	if err := os.WriteFile("s/"+name, []byte(failing), 0o600); err != nil {
		t.Skipf("no such name here: %v", err)
	}
	got := run("--without", "audience,replay", "s")
	wantContains(t, "stdout", got.stdout, "run it again: tokenshell run --without audience,replay s/a.txtar\n")
	wantContains(t, "stdout", got.stdout, `run it again: tokenshell run --without audience,replay $'s/bad\xff.txtar'`)
	if got := run("--rerun-failed", "--list"); !strings.HasSuffix(got.stdout, "\n2 scenarios\n") {
		t.Errorf("--rerun-failed: %+v", got)
	}
}

// A failure is told with all that it takes to see why.
func TestRunFrame(t *testing.T) {
	dir, run := stage(t, map[string]string{
		"fails.txtar": failing, "differs.txtar": "points balance\ncmp stdout want.txt\n-- other.txt --\nx\n-- want.txt --\nuser_123 has 1200 points: 0 held, 1200 available\nmore\n",
		"world.txtar": "points balance\n-- world.yaml --\ncustomers:\n  - {id: only, pionts: 7}\n", "program.txtar": "exec sh -c 'echo to out; echo to err >&2; exit 3'\n",
		"sourced.txtar": "source it.tsh\n-- it.tsh --\nsession new op_1\npoints confirm 5000\n", "forged\nok  b.txtar": "points blance\n",
	})
	got := run("--seed", "3", "-e", "A=secret", ".")
	for _, want := range []string{
		"fails.txtar:4:17: expected a refusal with replayed; \"points\" was done\n",
		"            3 │ # A phase.\n      >     4 │ expect replayed points confirm $N\n              │                 ^\n",
		"      expected  a refusal with replayed\n      got       \"points\" was done\n", "      $N is 7\n",
		"         1 session new op_1\n           │ session op_1 of user_123 is open\n         2 let N 7\n",
		"      session op_1, as far as it got\n", "confirm 7 points\n", "run it again: tokenshell run --seed 3 -e A=\"$A\" fails.txtar\n",
		"differs.txtar:7:1: in the section want.txt\n      │ more\n", "      │ @@ -1,1 +1,2 @@\n", "      │ +more\n",
		"world.txtar:4:16: unknown field", "      │ to out\n      │ to err\n", "got       exit status 3\n", "sourced.txtar:4: in the section it.tsh\n      │ points confirm 5000\n",
		"FAIL  forged\\u{a}ok  b.txtar", "run it again: tokenshell run --seed 3 -e A=\"$A\" $'forged\\x0aok  b.txtar'\n",
		"\nfailed\n  differs.txtar:2:1: stdout and want.txt differ\n",
	} {
		wantContains(t, "the report", got.stdout, want)
	}
	if strings.Contains(got.stdout, "\nok") || strings.Contains(got.stdout, "secret") {
		t.Errorf("forged, or with a secret:\n%s", got.stdout)
	}
	// The section is written anew, and what else the file says stays.
	if got := run("--update", "differs.txtar"); got.code != 0 || !strings.Contains(got.stdout, "written anew") {
		t.Errorf("--update: %+v", got)
	}
	text, err := os.ReadFile(filepath.Join(dir, "differs.txtar"))
	if want := "points balance\ncmp stdout want.txt\n-- other.txt --\nx\n-- want.txt --\nuser_123 has 1200 points: 0 held, 1200 available\n"; err != nil || string(text) != want {
		t.Errorf("%v\n%s", err, text)
	}
}

// -v shows each line and what was said, in the order of the files.
func TestRunVerbose(t *testing.T) {
	_, run := stage(t, map[string]string{"a.txtar": passing, "b.txtar": "! points confirm 99\n# no line\n[!unix] points balance\n"})
	got := run("-v", ".")
	want := "a.txtar:1: session new op_1\n  │ session op_1 of user_123 is open\na.txtar:2: points confirm 5\n"
	if !strings.HasPrefix(got.stdout, want) || strings.Index(got.stdout, "b.txtar:1: ! points confirm 99\n") < strings.Index(got.stdout, "ok    a.txtar") {
		t.Errorf("%s", got.stdout)
	}
}

// A work folder that is kept is there, and one may look into it.
func TestRunKeeps(t *testing.T) {
	_, run := stage(t, map[string]string{"a.txtar": passing + "cp stdout said.txt\n"})
	m := regexp.MustCompile(`kept in (\S+)\n`).FindStringSubmatch(run("--keep", "a.txtar").stdout)
	if m == nil {
		t.Fatal("it is not said where")
	}
	if text, err := os.ReadFile(filepath.Join(m[1], "said.txt")); err != nil || !strings.Contains(string(text), "completed") {
		t.Errorf("%v, %s", err, text)
	}
}

// Reports are read by what reads them.
func TestRunReports(t *testing.T) {
	dir, run := stage(t, map[string]string{"s/a.txtar": passing, "s/b.txtar": failing, "s/c.txtar": "skip 'no, not\x1b today'\n" + passing})
	// What a scenario knows that nobody else may: in a verb's answer, in a variable, in the conversation.
	secret := filepath.Join(dir, "secret.txtar")
	if err := os.WriteFile(secret, []byte("session new op_1\npayment confirm 5.00 --method visa\ncapture T token raw payment-1\ntoken raw payment-1\ncheckout\nstdout $T\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{"text", "json"} {
		got := run("-o", format, "-v", "--report", "junit=j.xml", "--report", "json=r.json", "--report", "html=r.html", "--report", "github", "secret.txtar")
		all := got.stdout + got.stderr
		for _, name := range []string{"j.xml", "r.json", "r.html"} {
			text, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil || !strings.Contains(string(text), "payment-1") {
				t.Errorf("%s: %v", name, err)
			}
			all += string(text)
		}
		if at := regexp.MustCompile(`eyJ|4242424242424242`).FindStringIndex(all); at != nil || got.code != 1 {
			t.Errorf("a secret is told: %d, %v", got.code, at)
		}
	}
	got := run("--report", "junit=j.xml", "--report", "json=r.json", "--report", "html=r.html", "--report", "github", "s")
	if got.code != 1 {
		t.Errorf("%+v", got)
	}
	read := func(name string) string {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	var suites struct {
		Suite struct {
			Tests    int `xml:"tests,attr"`
			Failures int `xml:"failures,attr"`
			Skipped  int `xml:"skipped,attr"`
			Cases    []struct {
				Name    string `xml:"name,attr"`
				Class   string `xml:"classname,attr"`
				Failure string `xml:"failure"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal([]byte(read("j.xml")), &suites); err != nil {
		t.Fatal(err)
	}
	if s := suites.Suite; s.Tests != 3 || s.Failures != 1 || s.Skipped != 1 || len(s.Cases) != 3 || s.Cases[1].Name != "s/b.txtar" || !strings.Contains(s.Cases[1].Failure, "s/b.txtar:4:17: expected") {
		t.Errorf("%+v", suites.Suite)
	}
	if schema := os.Getenv("TOKENSHELL_JUNIT_XSD"); schema != "" { // such as junit-10.xsd of Jenkins' xunit plugin
		if said, err := exec.Command("xmllint", "--noout", "--schema", schema, filepath.Join(dir, "j.xml")).CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, said)
		}
	}
	var report struct {
		Total, Passed, Failed, Skipped int
		Rows                           []struct {
			File, Verdict, Why, Expected string
			Line, Column                 int
			Trace                        *struct{ Messages []any }
		}
	}
	if err := json.Unmarshal([]byte(read("r.json")), &report); err != nil {
		t.Fatal(err)
	}
	if r := report.Rows; report.Total != 3 || report.Failed != 1 || len(r) != 3 || r[1].Line != 4 || r[1].Column != 17 || r[1].Trace == nil || r[0].Trace != nil || r[2].Verdict != "skipped" {
		t.Errorf("%+v", report)
	}
	page := read("r.html")
	for _, want := range []string{`<a href="#s2">s/b.txtar</a>`, `<section class="page" id="s1">`, `id="s1m1"`, "tokenshell run s/b.txtar", "default-src 'none'"} {
		wantContains(t, "the page", page, want)
	}
	for _, not := range []string{"<script", "http://", "https://", "src="} {
		if strings.Contains(page, not) {
			t.Errorf("the page has %s", not)
		}
	}
	wantContains(t, "stdout", got.stdout, "\n::error file=s/b.txtar,line=4,col=17,title=scenario failed::expected a refusal with replayed; \"points\" was done%0A")
}

// An interrupted run writes its reports, tells what never ran, and leaves nobody
// behind, whatever its scenarios are doing.
func TestRunIsInterrupted(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		t.Run(sig.String(), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			pipe := filepath.Join(dir, "pipe")
			if err := syscall.Mkfifo(pipe, 0o600); err != nil {
				t.Fatal(err)
			}
			// The deaf one loses its parent when that is asked to end.
			program := file(t, "a.txtar", "exec sh -c '(trap \"\" TERM INT HUP; wc -c "+pipe+") & wait'\n")
			verb := file(t, "b.txtar", "points balance --jq 'def f: f; f'\n")
			never := file(t, "c.txtar", passing)
			cmd := command(t, "run", "-j", "2", "--report", "json="+dir+"/r.json", program, verb, never)
			cmd.Env = append(cmd.Env, "TMPDIR="+dir)
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			writer, err := os.OpenFile(pipe, os.O_WRONLY, 0) // succeeds when somebody reads
			if err != nil {
				t.Fatal(err)
			}
			defer writer.Close()
			if err := cmd.Process.Signal(sig); err != nil {
				t.Fatal(err)
			}
			if code := exitCode(t, cmd.Wait()); code != 130 {
				t.Errorf("exit code %d, want 130", code)
			}
			text, _ := os.ReadFile(filepath.Join(dir, "r.json")) // what is not there says nothing
			var report struct {
				Interrupted int
				NotRun      int `json:"not_run"`
			}
			if err := json.Unmarshal(text, &report); err != nil || report.NotRun != 1 || report.Interrupted != 2 {
				t.Errorf("%v, %s", err, text)
			}
			if left, err := filepath.Glob(filepath.Join(dir, "tokenshell-*")); err != nil || left != nil {
				t.Errorf("left behind: %v, %v", left, err)
			}
			if _, err = writer.WriteString("x"); err == nil {
				t.Error("somebody reads the pipe still")
			}
		})
	}
}

// A reader that goes away, and one that does not read, end a run, too.
func TestRunWithoutAReader(t *testing.T) {
	dir, _ := stage(t, map[string]string{"a.txtar": failing})
	for name, reads := range map[string]bool{"it goes away": true, "it does not read": false} {
		cmd := command(t, "run", "--count", "400", filepath.Join(dir, "a.txtar"))
		cmd.Env = append(cmd.Env, "TMPDIR="+dir, "XDG_STATE_HOME="+dir)
		stdout, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if _, err := stdout.Read(make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		want := 141
		if reads {
			stdout.Close()
		} else {
			time.Sleep(300 * time.Millisecond) // until the pipe is full
			if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
				t.Fatal(err)
			}
			want = 130
		}
		if code := exitCode(t, cmd.Wait()); code != want {
			t.Errorf("%s: exit code %d, want %d", name, code, want)
		}
		if left, err := filepath.Glob(filepath.Join(dir, "tokenshell-*")); err != nil || left != nil {
			t.Errorf("%s: left behind: %v, %v", name, left, err)
		}
	}
}

// A scenario that has had its time fails, with its programs.
func TestRunHasATime(t *testing.T) {
	_, run := stage(t, map[string]string{"a.txtar": "exec sleep 1000\n", "b.txtar": "points balance --jq 'def f: f; f'\n", "c.txtar": passing})
	got := run("--timeout", "300ms", ".")
	if verdicts(got.stdout) != "FAIL:a FAIL:b ok:c" || strings.Count(got.stdout, ":1:1: it did not end within 300ms\n") != 4 { // each in its frame, and in the recap
		t.Errorf("%s", got.stdout)
	}
}

// A world that left a check out is said to be weak in whatever is told of its run.
func TestAWeakWorldIsWeakInEveryReport(t *testing.T) {
	dir := t.TempDir()
	path := file(t, "weak.txtar", "# without: replay\nsession new op_1\npoints confirm 5\nrelay points-1\nrelay points-1\nstdout accepted\n")
	got := tokenshell(t, "", "run", "--report", "junit="+dir+"/j.xml", "--report", "json="+dir+"/r.json", "--report", "html="+dir+"/r.html", path)
	if got.code != 0 || !strings.Contains(got.stdout, "in a world without replay") {
		t.Errorf("%+v", got)
	}
	for name, says := range map[string]string{"j.xml": "without replay", "r.json": `"without"`, "r.html": "in a world without replay"} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || !strings.Contains(string(text), says) {
			t.Errorf("%s: %v, it does not say %q", name, err, says)
		}
	}
}

// Each diagram of a report explains its arrows; where nobody said anything, there are none.
func TestADiagramOfAReportExplainsItsArrows(t *testing.T) {
	dir, run := stage(t, map[string]string{"a.txtar": passing, "b.txtar": "clock show\n", "c.txtar": passing})
	run("--report", "html=r.html", ".")
	text, err := os.ReadFile(filepath.Join(dir, "r.html"))
	if got := strings.Count(string(text), "lost on its way</li>"); err != nil || got != 2 {
		t.Errorf("%v, %d legends, want 2", err, got)
	}
}

// A verb stands on the command line without -c, with the process's flags behind it,
// and - is standard input.
func TestAVerbAsACommand(t *testing.T) {
	raw := tokenshell(t, "", "--seed", "7", "-c", "session new op_1; points confirm 5; token raw points-1")
	token := raw.stdout[strings.LastIndex(strings.TrimSpace(raw.stdout), "\n")+1:]
	for _, test := range []struct {
		stdin string
		args  []string
		code  int
		says  string
	}{
		{"", []string{"points", "balance", "--jq", ".held"}, 0, "0\n"},
		{token, []string{"token", "explain", "-", "--seed", "7"}, 1, "session_unknown"},
		{token, []string{"--seed", "7", "token", "import", "-", "--name", "it"}, 0, "it: "},
		{"", []string{"points", "confirm", "--help"}, 0, "points confirm AMOUNT"},
		{"", []string{"attack", "-h"}, 0, "attack run"},
		{"", []string{"run", "-h"}, 0, "--shuffle SEED"},
		{"", []string{"version", "--help"}, 0, "tokenshell version"},
		{"", []string{"coupon", "comfirm", "TEN"}, 2, "did you mean confirm?"},
		{"", []string{"-c", "points balance", "points", "balance"}, 2, "leave one of them out"},
		{"", []string{"session", "new", "op_1", "--world", "nowhere.yaml"}, 3, "nowhere.yaml"},
	} {
		got := tokenshell(t, test.stdin, test.args...)
		if got.code != test.code || !strings.Contains(got.stdout+got.stderr, test.says) {
			t.Errorf("%q: %+v, want %d, %s", test.args, got, test.code, test.says)
		}
	}
}

// What may stand next is offered to the shell that a person types in.
func TestCompletionOfTheProcess(t *testing.T) {
	offered := func(words ...string) string {
		got := tokenshell(t, "", append([]string{"completion", "words", "--"}, words...)...)
		var all []string
		for line := range strings.Lines(got.stdout) {
			value, _, _ := strings.Cut(line, "\t")
			all = append(all, value)
		}
		return strings.Join(all, " ")
	}
	for want, words := range map[string][]string{
		"run": {"ru"}, "--rerun-failed --report": {"run", "--re"}, "balance confirm": {"points", ""}, "text json": {"run", "-o", ""}, "bash fish zsh": {"completion", ""},
		"--check": {"--seed", "7", "attack", "run", "--che"}, "reasons record redeem relay restart revoke": {"help", "re"}, "": {"run", ""},
		"junit= json= html= github": {"run", "--report", ""}, "json= junit= sarif= html=": {"attack", "run", "--report", ""}, "junit=": {"run", "--report", "ju"},
	} {

		if got := offered(words...); got != want {
			t.Errorf("%q: %s, want %s", words, got, want)
		}
	}
	for _, name := range []string{"bash", "zsh", "fish"} {
		path, err := exec.LookPath(name)
		script := tokenshell(t, "", "completion", name)
		if script.code != 0 || !strings.Contains(script.stdout, "tokenshell completion words -- ") {
			t.Errorf("%s: %+v", name, script)
		}
		if err != nil {
			continue
		}
		if said, err := exec.Command(path, "-n", file(t, "it", script.stdout)).CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %s", name, err, said)
		}
	}
	t.Run("zsh", func(t *testing.T) { completesInZsh(t, tokenshell(t, "", "completion", "zsh").stdout) })
	t.Run("fish", func(t *testing.T) { completesInFish(t, tokenshell(t, "", "completion", "fish").stdout) })
}

// besideUs finds a shell, and makes a folder in which we are called tokenshell.
func besideUs(t *testing.T, shell string) (path, dir string) {
	t.Helper()
	path, err := exec.LookPath(shell)
	if err != nil {
		t.Skipf("there is no %s here", shell)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	if err := os.Symlink(self, filepath.Join(dir, "tokenshell")); err != nil {
		t.Fatal(err)
	}
	return path, dir
}

// completesInFish has fish itself say what it would offer: our words where we have
// some, else files.
func completesInFish(t *testing.T, script string) {
	fish, dir := besideUs(t, "fish")
	cmd := exec.Command(fish, "--no-config", "-c", script+`
complete -C 'tokenshell points '
complete -C 'tokenshell run tokenshel'
complete -C 'tokenshell run --report junit=tokenshel'`)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), playing+"=1", "HOME="+dir, "PATH="+dir+":"+os.Getenv("PATH"))
	said, err := cmd.CombinedOutput()
	var words []string
	for line := range strings.Lines(string(said)) {
		words = append(words, strings.Fields(line)[0])
	}
	if got := strings.Join(words, " "); err != nil || got != "balance confirm tokenshell junit=tokenshell" {
		t.Errorf("%v: %s\n%s", err, got, said)
	}
}

// completesInZsh has a person press Tab in zsh: a word that goes on has no space behind
// it, and what goes on is a file.
func completesInZsh(t *testing.T, script string) {
	zsh, dir := besideUs(t, "zsh")
	zshrc := "autoload -Uz compinit\ncompinit -D -u\n" + script + "bindkey '^X' show-it\nzle -N show-it\nshow-it() { print -r -- \"<$BUFFER>\"; BUFFER= }\nprint ready\n"
	if err := os.WriteFile(filepath.Join(dir, ".zshrc"), []byte(zshrc), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(zsh, "-i")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), playing+"=1", "HOME="+dir, "ZDOTDIR="+dir, "TERM=dumb", "PATH="+dir+":"+os.Getenv("PATH"))
	tty, err := pty.Start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	defer tty.Close()
	time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() })
	said := bufio.NewReader(tty)
	until := func(mark string) string {
		var got strings.Builder
		for !strings.HasSuffix(got.String(), mark) {
			c, err := said.ReadByte()
			if err != nil {
				t.Fatalf("%v, instead of %q after %q", err, mark, got.String())
			}
			got.WriteByte(c)
		}
		return got.String()
	}
	until("ready\r\n")
	for typed, want := range map[string]string{
		"points ba":                   "points balance ",
		"run --report jun":            "run --report junit=",
		"run --report git":            "run --report github ",
		"run --report junit=tokenshe": "run --report junit=tokenshell ",
	} {
		if _, err := tty.WriteString("tokenshell " + typed + "\t\x18"); err != nil {
			t.Fatal(err)
		}
		until("<")
		if got := strings.TrimSuffix(until(">"), ">"); got != "tokenshell "+want && got != "tokenshell "+strings.TrimSuffix(want, " ")+"* " {
			t.Errorf("%q becomes %q, want %q", typed, got, want)
		}
	}
	_, _ = tty.WriteString("exit\r")
	_, _ = io.Copy(io.Discard, tty)
	_ = cmd.Wait()
}

// A first scenario passes, and so does what the job for CI runs; nothing is written
// twice.
func TestNew(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "mine")
	if got := tokenshell(t, "", "new", dir); got.code != 0 || strings.Count(got.stdout, dir) != 6 {
		t.Fatalf("%+v", got)
	}
	if got := tokenshell(t, "", "new", dir); got.code != 2 || !strings.Contains(got.stderr, "there is a file") {
		t.Errorf("again: %+v", got)
	}
	ci, err := os.ReadFile(filepath.Join(dir, "ci.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	commands := regexp.MustCompile(`(?m)^      - run: tokenshell (.*)$`).FindAllStringSubmatch(string(ci), -1)
	if len(commands) != 2 {
		t.Fatalf("%q", commands)
	}
	for _, m := range append(commands, []string{"", "run --strict ."}) {
		cmd := command(t, strings.Fields(m[1])...)
		cmd.Dir = dir
		cmd.Env = append(cmd.Env, "GITHUB_ACTIONS=true", "XDG_STATE_HOME="+t.TempDir())
		if said, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %s", m[1], err, said)
		}
	}
}
