package main

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// long has the tests build and run mutants, which takes most of a minute.
var long = flag.Bool("long", false, "build and run mutants, too")

// hang is how long a test waits for what hangs.
const hang = 5 * time.Second

// tree makes a module named example in a folder of its own, and goes there.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	files["go.mod"] = "module example\n\ngo 1.26\n"
	for name, text := range files {
		write(t, filepath.Join(dir, name), text)
	}
	t.Chdir(dir)
	return dir
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// ifLong leaves a test out unless all of them are asked for.
func ifLong(t *testing.T) {
	t.Helper()
	if !*long {
		t.Skip("it builds many programs: -long runs it, and .ci/run does")
	}
}

// stage is a package with a test that notices some of what is done to it, and
// another package whose test notices more.
func stage(t *testing.T) string {
	t.Helper()
	ifLong(t)
	return tree(t, map[string]string{
		"small/small.go": `package small

import "strconv"

var Limit = 3

func Over(n int) bool {
	return n > Limit
}

func Count(n int) (all int) {
	for n > 0 {
		n--
		all++
	}
	return all
}

func Odd(n int) bool {
	const two uint8 = 2
	return uint8(n)%two == 1
}

func Text(n int) string {
	return map[string]string{"n": strconv.Itoa(n)}["n"]
}

func Nobody() {
	println("nobody")
}
`,
		"small/small_test.go": `package small

import "testing"

func TestSmall(t *testing.T) {
	if Over(0) || !Over(9) || Count(2) != 2 || !Odd(3) || Odd(4) || Text(7) != "7" {
		t.Error("wrong")
	}
}
`,
		"large/large.go": "package large\n",
		"large/large_test.go": `package large

import (
	"testing"

	"example/small"
)

func TestLimit(t *testing.T) {
	if small.Over(3) {
		t.Error("wrong")
	}
}
`,
	})
}

// mutate runs the command.
func mutate(t *testing.T, excused string, args ...string) (code int, out string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = run(context.Background(), append([]string{"-limit", hang.String()}, args...), excused, &stdout, &stderr)
	if code != 0 && stdout.Len() == 0 {
		return code, stderr.String()
	}
	return code, stdout.String()
}

const (
	survivors = `small/small.go:5: (-) literal: survived
	- var Limit = 3
	+ var Limit = 2
small/small.go:5: (-) literal: survived
	- var Limit = 3
	+ var Limit = 4
`
	boundary = `small/small.go:8: (Over) boundary: survived
	- return n > Limit
	+ return n >= Limit
`
	nobody = `small/small.go:29: (Nobody) statement: not covered
	- println("nobody")
`
)

func TestWhatSurvivesIsReported(t *testing.T) {
	dir := stage(t)
	before := contents(t, dir)
	code, out := mutate(t, "", "./small")
	want := survivors + boundary + nobody + "16 mutants: 11 killed, 1 hung, 0 equivalent, 3 survived, 1 not covered; 1 more don't compile\n"
	if diff := cmp.Diff(want, out); code != 1 || diff != "" {
		t.Errorf("exit code %d (-want +got):\n%s", code, diff)
	}
	if diff := cmp.Diff(before, contents(t, dir)); diff != "" {
		t.Errorf("the tree was written to:\n%s", diff)
	}
}

// What other packages' tests notice is killed too.
func TestOthersJudgeTheSurvivors(t *testing.T) {
	stage(t)
	_, out := mutate(t, "", "-then", "./large", "-only", "small.go:8", "./small")
	if !strings.Contains(out, "boundary: killed\n") || strings.Contains(out, "survived\n") {
		t.Error(out)
	}
}

// The list lets one live for each entry, and is itself looked at.
func TestTheListOfEquivalents(t *testing.T) {
	found, err := find("a.go", "package a\n\nfunc F() {\n\tx++\n\tx++\n\ty++\n}\n")
	if err != nil {
		t.Fatal(err)
	}
	const x = "a.go (F) statement: nobody cares\n\t- x++\n"
	const y = "a.go (F) statement: nobody cares\n\t- y++\n"
	for name, tt := range map[string]struct {
		list     string
		outcomes [3]string // of x++, x++ and y++
		want     string    // what is reported: the places, and lines of the list
	}{
		"nothing lives":                            {"", [3]string{killed, hung, unbuilt}, ""},
		"all that lives stands there":              {"# a comment\n" + x + "\n" + y, [3]string{killed, survived, uncovered}, ""},
		"one lives":                                {"", [3]string{killed, survived, killed}, "a.go:5"},
		"nobody runs it":                           {"", [3]string{uncovered, killed, killed}, "a.go:4"},
		"one entry for two":                        {x, [3]string{survived, survived, killed}, "a.go:5"},
		"two entries for two":                      {x + x, [3]string{survived, survived, killed}, ""},
		"two entries for one":                      {x + x, [3]string{survived, killed, killed}, "equivalent.txt:3"},
		"an entry for one that is killed":          {x + y, [3]string{killed, survived, killed}, "equivalent.txt:3"},
		"an entry of another function":             {strings.ReplaceAll(y, "(F)", "(G)"), [3]string{killed, killed, survived}, "a.go:6 equivalent.txt:1"},
		"an entry of another kind":                 {strings.ReplaceAll(y, "statement", "literal"), [3]string{killed, killed, survived}, "a.go:6 equivalent.txt:1"},
		"an entry of a file that nobody asked for": {strings.ReplaceAll(y, "a.go", "b.go"), [3]string{killed, killed, killed}, ""},
	} {
		excuses, err := parseExcuses(tt.list)
		if err != nil {
			t.Fatal(err)
		}
		var judged []judgement
		for i, m := range found {
			judged = append(judged, judgement{m, tt.outcomes[i]})
		}
		var out bytes.Buffer
		well := report(&out, judged, excuses, options{})
		got := strings.Join(regexp.MustCompile(`(?m)^\S+\.(?:go|txt):\d+`).FindAllString(out.String(), -1), " ")
		if got != tt.want || well != (tt.want == "") {
			t.Errorf("%s: %q, want %q\n%s", name, got, tt.want, out.String())
		}
	}
}

func TestAListThatCanNotBeRead(t *testing.T) {
	for name, text := range map[string]string{
		"no kind":       "a.go (F): why\n\t- x\n",
		"no function":   "a.go boundary: why\n\t- x\n",
		"no reason":     "a.go (F) boundary:\n\t- x\n",
		"no lines":      "a.go (F) boundary: why\n",
		"lines of none": "\t- x\n",
	} {
		if _, err := parseExcuses(text); err == nil || !strings.HasPrefix(err.Error(), "equivalent.txt:1: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := parseExcuses(equivalent); err != nil {
		t.Error(err)
	}
}

// A second run tries again what lived, and what changed.
func TestARunGoesOn(t *testing.T) {
	dir := stage(t)
	keep := filepath.Join(t.TempDir(), "keep")
	again := func() string {
		t.Helper()
		_, out := mutate(t, "", "-keep", keep, "-only", "small/small.go:8", "./small")
		return out
	}
	first := again()
	kept, err := os.ReadFile(keep)
	if err != nil || bytes.Count(kept, []byte("\n")) != 1 {
		t.Errorf("one is killed, and remembered are %q, %v", kept, err)
	}
	// Without its test it is remembered, as long as its file is the same.
	write(t, filepath.Join(dir, "small/small_test.go"), "package small\n\nimport \"testing\"\n\nfunc TestNothing(*testing.T) { Over(1) }\n")
	if second := again(); second != first {
		t.Errorf("at first\n%s\nand then\n%s", first, second)
	}
	if now, _ := os.ReadFile(keep); !bytes.Equal(kept, now) {
		t.Errorf("the second run judged what was killed:\n%s", now)
	}
	text, err := os.ReadFile(filepath.Join(dir, "small/small.go"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "small/small.go"), string(text)+"\n// changed\n")
	if third := again(); strings.Contains(third, "comparison: killed") {
		t.Errorf("the file changed, and what became of it is remembered:\n%s", third)
	}
}

// Slow tests are asked as well, last.
func TestSlowTestsAreAskedToo(t *testing.T) {
	stage(t)
	_, out := mutate(t, "", "-slow", "TestSmall", "-only", "small.go:8", "./small")
	if !strings.Contains(out, "comparison: killed\n") || !strings.Contains(out, "boundary: survived\n") {
		t.Error(out)
	}
}

func TestWhatCanNotBeRun(t *testing.T) {
	dir := stage(t)
	for want, args := range map[string][]string{
		"name the packages to break":    nil,
		"flag provided but not defined": {"-nonsense", "./small"},
		"there is nothing to break":     {"-only", "nowhere.go", "./small"},
		"no required module provides":   {"example.com/nowhere"},
		"nowhere":                       {"-keep", filepath.Join(dir, "nowhere", "keep"), "./small"},
	} {
		if code, out := mutate(t, "", args...); code == 0 || !strings.Contains(out, want) {
			t.Errorf("%q: exit code %d: %s", args, code, out)
		}
	}
	write(t, filepath.Join(dir, "small/more_test.go"), "package small\n\nimport \"testing\"\n\nfunc TestNo(t *testing.T) { t.Error(\"no\") }\n")
	if code, out := mutate(t, "", "./small"); code != 1 || !strings.Contains(out, "the tests of example/small fail without a mutant") {
		t.Errorf("exit code %d: %s", code, out)
	}
}

// contents gives the files below dir.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		all[path] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// A package without tests is judged by those of others, and by nobody without them.
func TestAPackageWithoutTests(t *testing.T) {
	dir := stage(t)
	if err := os.Remove(filepath.Join(dir, "small", "small_test.go")); err != nil {
		t.Fatal(err)
	}
	if code, out := mutate(t, "", "-only", "small.go:8", "./small"); code != 1 || !strings.Contains(out, "nobody's tests judge it") {
		t.Errorf("%d: %s", code, out)
	}
	if code, out := mutate(t, "", "-only", "small.go:8", "-then", "./large", "./small"); code != 0 || !strings.Contains(out, "2 mutants: 2 killed") {
		t.Errorf("%d: %s", code, out)
	}
}

// Tests of others may judge in the place of its own, some of them, a few of its
// mutants: the same ones for the same chance.
func TestOthersJudgeInItsPlace(t *testing.T) {
	dir := stage(t)
	write(t, filepath.Join(dir, "large/more_test.go"), "package large\n\nimport (\n\t\"flag\"\n\t\"testing\"\n)\n\nvar no = flag.Bool(\"no\", false, \"\")\n\nfunc TestNo(t *testing.T) {\n\tif *no {\n\t\tt.Error(\"no\")\n\t}\n}\n")
	own := []string{"-only", "small.go:8", "-by", "./large"}
	if code, out := mutate(t, "", append(own, "-tests", "TestLimit", "./small")...); code != 0 || !strings.Contains(out, "2 mutants: 2 killed") {
		t.Errorf("%d: %s", code, out)
	}
	if code, out := mutate(t, "", append(own, "-tests", "TestNo", "./small")...); code != 1 || !strings.Contains(out, "2 mutants: 0 killed") {
		t.Errorf("%d: %s", code, out)
	}
	if code, out := mutate(t, "", append(own, "-args", "-no", "./small")...); code != 1 || !strings.Contains(out, "fail without a mutant") {
		t.Errorf("%d: %s", code, out)
	}
	few := func(seed string) string {
		_, out := mutate(t, "", "-sample", "3", "-seed", seed, "-by", "./large", "./small")
		return out
	}
	first := few("1")
	if again, other := few("1"), few("2"); !strings.Contains(first, "3 mutants") || again != first || other == first {
		t.Errorf("%s\n%s\n%s", first, again, other)
	}
	if code, out := mutate(t, "", "-slow", "A", "-tests", "B", "./small"); code != 2 || !strings.Contains(out, "give one of them") {
		t.Errorf("%d: %s", code, out)
	}
}
