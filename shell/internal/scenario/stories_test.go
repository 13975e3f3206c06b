// Rows and includes: each row is a result of its own, and what goes wrong in a file
// that is included is told with its place there.

package scenario_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"

	"tokenshell/shell/internal/scenario"
	"tokenshell/shell/internal/shelltest"
	"tokenshell/shell/internal/world"
)

// storyFiles writes files into a folder.
func storyFiles(t *testing.T, texts map[string]string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, text := range texts {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		shelltest.WriteFile(t, path, text)
	}
	return dir
}

// each runs one file and gives all its outcomes.
func each(t *testing.T, c scenario.Config, file string) (all []scenario.Outcome) {
	t.Helper()
	c.Seed = world.DefaultSeed
	if err := scenario.Run(t.Context(), shelltest.Language(), c, []string{file}, func(o scenario.Outcome) { all = append(all, o) }); err != nil {
		t.Fatal(err)
	}
	return all
}

const rowStory = "session new $ORDER\nexpect $WANT coupon confirm $CODE\nstderr $SAYS\n"

// Each row is a result of its own, in a world of its own.
func TestRows(t *testing.T) {
	t.Parallel()
	dir := storyFiles(t, map[string]string{
		"csv.txtar":   rowStory + "-- cases.csv --\nORDER,CODE,WANT,SAYS\nop_1,NOPE,coupon_unknown,NOPE\nop_1,SPRING25,coupon_unknown,25\nop_1,SPRING25,minimum_not_met,\"100\\.00\"\n",
		"yaml.txtar":  rowStory + "-- cases.yaml --\n- {ORDER: op_1, CODE: NOPE, WANT: coupon_unknown, SAYS: NOPE}\n- ORDER: op_1\n  SAYS: 100.00\n  CODE: SPRING25\n  WANT: minimum_not_met\n",
		"bad.txtar":   "points balance\n-- cases.csv --\nA,b\n1,2\n",
		"unset.txtar": "session new $ORDER\n-- cases.csv --\nORDR\nop_1\n",
	})
	got := each(t, scenario.Config{}, filepath.Join(dir, "csv.txtar"))
	if len(got) != 3 || got[0].Verdict != scenario.Passed || got[1].Verdict != scenario.Failed || got[2].Verdict != scenario.Passed {
		t.Fatalf("%+v", got)
	}
	if o := got[1]; o.Row != "row 2: ORDER=op_1 CODE=SPRING25 WANT=coupon_unknown SAYS=25" || o.Line != 2 || !strings.HasSuffix(o.Why, " was refused with minimum_not_met") ||
		o.Name() != filepath.Join(dir, "csv.txtar")+"["+o.Row+"]" || !slices.Contains(o.Variables, scenario.Variable{Name: "CODE", Value: "SPRING25"}) {
		t.Errorf("%+v", o)
	}
	for i, o := range each(t, scenario.Config{Strict: true, NoExec: true}, filepath.Join(dir, "yaml.txtar")) {
		if want := []string{"row 1: ORDER=op_1 CODE=NOPE WANT=coupon_unknown SAYS=NOPE", "row 2: ORDER=op_1 SAYS=100.00 CODE=SPRING25 WANT=minimum_not_met"}[i]; o.Verdict != scenario.Passed || o.Row != want {
			t.Errorf("%+v, want %s", o, want)
		}
	}
	if got := each(t, scenario.Config{}, filepath.Join(dir, "bad.txtar")); len(got) != 1 || got[0].Verdict != scenario.Failed || got[0].Line != 3 || !strings.HasPrefix(got[0].Why, `"b" is not a name for a variable`) {
		t.Errorf("%+v", got)
	}
	if got := each(t, scenario.Config{}, filepath.Join(dir, "unset.txtar")); len(got) != 1 || got[0].Line != 1 || !strings.HasPrefix(got[0].Why, `$ORDER is not set`) {
		t.Errorf("%+v", got)
	}
}

func TestIncludes(t *testing.T) {
	t.Parallel()
	const open = "# An order is opened.\nsession new op_1\npoints confirm $N\n"
	for name, test := range map[string]struct {
		files   map[string]string // a.txtar is run
		config  scenario.Config
		verdict scenario.Verdict
		in      string
		line    int
		why     string // begins with it
	}{
		"what goes well":           {files: map[string]string{"a.txtar": "let N 5\ninclude open.lines\nrelay points-1\nstdout accepted\n", "open.lines": open}, config: scenario.Config{Strict: true}, verdict: scenario.Passed},
		"a world that is shared":   {files: map[string]string{"a.txtar": "include b/open.lines\npoints balance\nstdout '^only has 7'\n", "b/open.lines": "-- world.yaml --\ncustomers: [{id: only, points: 7}]\n"}, verdict: scenario.Passed},
		"a verb in it":             {files: map[string]string{"a.txtar": "let N 5000\n\ninclude open.lines\n", "open.lines": open}, verdict: scenario.Failed, in: "open.lines", line: 3, why: "expected it to be done; it was rejected: points_insufficient"},
		"a line behind it":         {files: map[string]string{"a.txtar": "let N 5\ninclude open.lines\n\nrelay points-2\n", "open.lines": open}, verdict: scenario.Failed, line: 4, why: `there is no token "points-2"`},
		"an assertion in it":       {files: map[string]string{"a.txtar": "points balance\ninclude b/c.lines\n", "b/c.lines": "# it asks\n\nstdout nothing\n"}, verdict: scenario.Failed, in: "b/c.lines", line: 3, why: "no match for"},
		"a variable in it":         {files: map[string]string{"a.txtar": "include open.lines\n", "open.lines": open}, verdict: scenario.Failed, in: "open.lines", line: 3, why: "$N is not set"},
		"a spelling in it":         {files: map[string]string{"a.txtar": "include b.lines\n", "b.lines": "\nlet A \"b\"\n"}, verdict: scenario.Failed, in: "b.lines", line: 2, why: "double quotes"},
		"a section in it":          {files: map[string]string{"a.txtar": "include b.lines\npoints balance\n", "b.lines": "# its world\n-- world.yaml --\ncustomers:\n  - {id: a, pionts: 5}\n"}, verdict: scenario.Failed, in: "b.lines", line: 4, why: "unknown field"},
		"a section out of place":   {files: map[string]string{"a.txtar": "include b.lines\npoints balance\n", "b.lines": "#\n-- ../x --\n"}, verdict: scenario.Failed, in: "b.lines", line: 2, why: "section ../x lies outside"},
		"itself":                   {files: map[string]string{"a.txtar": "\ninclude a.txtar\n"}, verdict: scenario.Failed, line: 2, why: "a.txtar includes itself"},
		"a circle":                 {files: map[string]string{"a.txtar": "include b.lines\n", "b.lines": "include c.lines\n", "c.lines": "#\ninclude b.lines\n"}, verdict: scenario.Failed, in: "c.lines", line: 2, why: "b.lines includes itself"},
		"nothing":                  {files: map[string]string{"a.txtar": "points balance\ninclude b.lines\n"}, verdict: scenario.Failed, line: 2, why: "include b.lines: no such file or directory"},
		"out of the folder":        {files: map[string]string{"a.txtar": "include ../../../../../../../../../../../../etc/hostname\n"}, config: scenario.Config{NoExec: true}, verdict: scenario.Failed, line: 1, why: "include ../../../../../../../../../../../../etc/hostname: with --no-exec"},
		"a program in it":          {files: map[string]string{"a.txtar": "include b.lines\n", "b.lines": "#\nexec true\n"}, config: scenario.Config{NoExec: true}, verdict: scenario.Failed, in: "b.lines", line: 2, why: "with --no-exec no program is run"},
		"what tests nothing in it": {files: map[string]string{"a.txtar": "let N 5\ninclude open.lines\nrelay points-1\n", "open.lines": open + "stdout .\n"}, config: scenario.Config{Strict: true}, verdict: scenario.Failed, why: "it asks for nothing but success"},
		"no verb in it":            {files: map[string]string{"a.txtar": "include b.lines\n", "b.lines": "# later\n"}, verdict: scenario.Failed, why: "no verb was run"},
	} {
		dir := storyFiles(t, test.files)
		o := each(t, test.config, filepath.Join(dir, "a.txtar"))[0]
		in := strings.TrimPrefix(strings.TrimPrefix(o.In, dir), "/")
		if o.Verdict != test.verdict || in != test.in || o.Line != test.line || !strings.HasPrefix(o.Why, test.why) || o.Verdict == scenario.Passed && o.Why != "" {
			t.Errorf("%s: %s in %q, line %d: %s", name, o.Verdict, in, o.Line, o.Why)
		}
		if test.line > 0 && test.in != "" && o.Text != "" && !strings.Contains(test.files[test.in], o.Text) {
			t.Errorf("%s: its line is %q", name, o.Text)
		}
	}
}

// go test runs rows and includes as tokenshell run does, and leaves nothing behind.
func TestStoriesUnderGoTest(t *testing.T) {
	dir := storyFiles(t, map[string]string{
		"rows.txtar":  rowStory + "-- cases.csv --\nORDER,CODE,WANT,SAYS\nop_1,NOPE,coupon_unknown,NOPE\nop_1,NOPE,coupon_exhausted,NOPE\n",
		"inner.txtar": "include open.lines\nrelay points-1\nstdout accepted\n",
		"plain.txtar": "points balance\nstdout 1200\n",
		"open.lines":  "session new op_1\npoints confirm 5\n",
	})
	t.Setenv("TMPDIR", t.TempDir())
	var files []string
	for _, name := range []string{"rows", "inner", "plain"} {
		files = append(files, filepath.Join(dir, name+".txtar"))
	}
	params, err := scenario.Params(t.Context(), shelltest.Language(), scenario.Config{Seed: world.DefaultSeed}, files)
	if err != nil {
		t.Fatal(err)
	}
	all := &recorder{}
	testscript.RunT(all, params)
	got := map[string]scenario.Verdict{}
	for _, script := range all.scripts {
		got[script.name] = script.verdict
	}
	want := map[string]scenario.Verdict{"rows-row-1": scenario.Passed, "rows-row-2": scenario.Failed, "inner": scenario.Passed, "plain": scenario.Passed}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if left, _ := filepath.Glob(filepath.Join(os.Getenv("TMPDIR"), "tokenshell*")); left != nil {
		t.Errorf("it leaves %q", left)
	}
}
