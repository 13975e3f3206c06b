// Confinement: what a scenario may not touch.

package scenario_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"tokenshell/shell/internal/scenario"
	"tokenshell/shell/internal/shelltest"
	"tokenshell/shell/internal/world"
)

// outside is a place that no scenario may touch, with a file in it.
func outside(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	shelltest.WriteFile(t, filepath.Join(dir, "there.txt"), "points balance\n")
	return dir
}

// ran runs one scenario.
func ran(t *testing.T, c scenario.Config, text string) scenario.Outcome {
	t.Helper()
	file := filepath.Join(t.TempDir(), "it.txtar")
	shelltest.WriteFile(t, file, text)
	var all []scenario.Outcome
	c.Seed = world.DefaultSeed
	if err := scenario.Run(t.Context(), shelltest.Language(), c, []string{file}, func(o scenario.Outcome) { all = append(all, o) }); err != nil {
		t.Fatal(err)
	}
	return all[0]
}

// untouched wants a place as it was made.
func untouched(t *testing.T, what, dir string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	text, _ := os.ReadFile(filepath.Join(dir, "there.txt"))
	if err != nil || len(entries) != 1 || string(text) != "points balance\n" {
		t.Errorf("%s: touched: %v %v %q", what, entries, err, text)
	}
}

// Sections, and what verbs write, lie in the scenario's folder, whatever they are
// called and whatever links lead there. The refusal has the file and the line.
func TestNothingIsWrittenOutside(t *testing.T) {
	t.Parallel()
	dir := outside(t)
	up := strings.Repeat("../", 12) + strings.TrimPrefix(dir, "/") + "/"
	for text, line := range map[string]int{
		"points balance\n-- " + up + "x --\nhello\n":                                                 2,
		"points balance\n-- " + dir + "/x --\nhello\n":                                               2,
		"points balance\n-- a --\n-- ../x --\nhello\n":                                               3,
		"-- a/../../x --\nhello\n":                                                                   1,
		"-- $WORK" + dir + "/x --\nhello\n":                                                          1,
		"--   $X" + dir + "/x   --\r\nhello\r\n":                                                     1,
		"-- ${X}" + dir + "/x --\nhello\n":                                                           1,
		"keys jwks coupons --out " + up + "x\n":                                                      1,
		"keys jwks coupons --out " + dir + "/x\n":                                                    1,
		"keys jwks coupons --out " + dir + "/there.txt\n":                                            1,
		"keys jwks coupons --out /dev/stdout\n":                                                      1,
		"trace --format html --out " + dir + "/x\n":                                                  1,
		"points balance\nrecord --from-start " + dir + "/x.txtar\n":                                  2,
		"record start " + dir + "/x.txtar\n":                                                         1,
		"symlink out -> " + dir + "\nkeys jwks coupons --out out/x\n":                                2,
		"symlink out -> " + dir + "/x\nkeys jwks coupons --out out\n":                                2,
		"symlink out -> " + dir + "/there.txt\nkeys jwks coupons --out out\n":                        2,
		"symlink out -> " + dir + "\nsymlink in -> out\nkeys jwks coupons --out in/../out/x\n":       3,
		"mkdir a\nsymlink a/out -> " + dir + "\ncd a/out\nkeys jwks coupons --out x\n":               4,
		"cd " + dir + "\nkeys jwks coupons --out x\n":                                                2,
		"cd " + dir + "\nkeys jwks coupons --out $WORK/../../x\n":                                    2,
		"source a.tsh\n-- a.tsh --\nkeys jwks coupons --out " + dir + "/x\n":                         1,
		"source " + dir + "/sourced.tsh\n":                                                           1,
		"let F " + dir + "/x\nkeys jwks coupons --out $F\n":                                          2,
		"explore --bound tokens=1 --without redeemer-remembers --out " + dir + "/x.txtar\n":          1,
		"watch 1s --count 1 keys jwks coupons --out " + dir + "/x\n":                                 1,
		"capture X keys jwks coupons --out " + dir + "/x\n":                                          1,
		"session new op_1\n! expect expired keys jwks coupons --out " + dir + "/x\npoints balance\n": 2,
	} {
		o := ran(t, scenario.Config{}, text)
		if o.Verdict != scenario.Failed || o.Line != line {
			t.Errorf("%q: %s in line %d, want line %d: %s", text, o.Verdict, o.Line, line, o.Why)
		}
		if said := o.Why + o.Output; !strings.Contains(said, "outside the scenario's folder") && !strings.Contains(text, "sourced.tsh") {
			t.Errorf("%q: %s", text, said)
		}
		untouched(t, text, dir)
	}
	for _, text := range []string{
		"mkdir a\nsymlink b -> a\nkeys jwks coupons --out b/x\nexists a/x\nkeys jwks coupons --out $WORK/y\ncd a\nkeys jwks coupons --out ../z\nexists ../z\n",
		"source " + dir + "/there.txt\n", // it reads what its caller may read
		"points balance\n-- .hidden/..a --\nhello\n",
	} {
		if o := ran(t, scenario.Config{}, text); o.Verdict != scenario.Passed {
			t.Errorf("%q: line %d: %s", text, o.Line, o.Why)
		}
	}
}

// With --no-exec no program is run and nothing outside is read or written: each
// line that would is refused, with its place, and none before it was run.
func TestNoExec(t *testing.T) {
	t.Parallel()
	dir := outside(t)
	there := dir + "/there.txt"
	for _, line := range []string{
		"exec touch " + dir + "/x", "! exec false", "exec sleep 100 &", "exec sleep 100 &name&", "'exec' touch " + dir + "/x", "ex'ec' touch " + dir + "/x", "[unix] exec touch " + dir + "/x",
		"[!windows] ! exec touch " + dir + "/x", "\texec\ttouch " + dir + "/x", "exec\r", "$E touch " + dir + "/x", "[$E] points balance", "$N points balance", "${E} touch x", "? exec true", "! ! exec true",
		"[exec:sh] points balance", "[!exec:/bin/sh] points balance", "symlink a -> " + dir, "symlink a -> b",
		"cd ..", "cd /", "cd " + dir, "cd $E", "cd a/../..", "cd $WORK/..", "cd $WORK" + "X", "cd ${WORK}/a", "cd $WORK/$E", "cd $/", "cd ${/}etc",
		"cp " + there + " a", "cp a " + dir + "/x", "cp stdout ../x", "cp a b ..", "cp $E a", "cp '" + there + "' a", "cp a'/../../'x b", "cmp " + there + " a", "cmp stdout " + there, "cmpenv a " + there,
		"grep x " + there, "! grep x " + there, "grep -count=1 x " + there, "grep $E " + there, "exists " + there, "! exists -readonly " + there, "exists a " + there, "mkdir " + dir + "/x", "mkdir a ../x",
		"mv a ../x", "mv " + there + " a", "rm ..", "rm " + there, "rm a " + there, "chmod 777 " + there, "chmod 777 a " + there, "stdin " + there, "ttyin " + there, "ttyin -stdin " + there,
		"unix2dos " + there, "unquote " + there, "env PATH=/tmp", "env WORK=/", "env HOME=" + dir, "env TMPDIR=" + dir, "env A=b WORK=/", "env $E=b", "env A$E=b", "env devnull=x", "env exe=x", "env /=x", "env ''=x",
		"plugin x", "unknown",
	} {
		text := "env E=exec N=!\ncp stdout a\n" + line + "\n-- b --\n"
		o := ran(t, scenario.Config{NoExec: true}, text)
		if o.Verdict != scenario.Failed || o.Line != 3 || !strings.HasPrefix(o.Why, "with --no-exec ") {
			t.Errorf("%q: %s in line %d: %s", line, o.Verdict, o.Line, o.Why)
		}
		untouched(t, line, dir)
	}
	for _, line := range []string{ // verbs find out when they run
		"source " + there, "source ../../" + there, "token show @" + there, "token import " + there, "relay @" + there, "token explain x.y.z --jwks " + there, "trust add a.example --jwks " + there + " --capability a:b",
		"trust add a.example --jwks keys.json --capability a:b --profile " + there, "keys jwks coupons --out " + dir + "/x", "record --from-start " + dir + "/x.txtar", "record start " + dir + "/there.txt.txtar",
		"let F " + there + "\nsource $F", "source a.tsh", "token show @/nowhere/at/all", "token show @" + dir, "capture X source " + there,
	} {
		text := "session new op_1\n" + line + "\n-- a.tsh --\nsource " + there + "\n-- keys.json --\n" + shelltest.KeySetText(t, shelltest.OutsideKeys(t)["EdDSA"])
		o := ran(t, scenario.Config{NoExec: true}, text)
		if said := o.Why + o.Output; o.Verdict != scenario.Failed || o.Line < 2 || !strings.Contains(said, "outside the scenario's folder") {
			t.Errorf("%q: %s in line %d: %s", line, o.Verdict, o.Line, said)
		}
		untouched(t, line, dir)
	}
}

// What stays in the scenario's folder goes on as before.
func TestNoExecRunsWhatStaysInside(t *testing.T) {
	t.Parallel()
	const text = `# files of its own
env A=b
[unix] mkdir sub
cp a sub/b
cd sub
cmp b $WORK/a
cp b $WORK
grep -count=1 '^points' b
! grep '/etc/passwd' b
cd $WORK
source a
stdout '1200'
cp stdout out
grep '1200 available' out
exists a out sub/b
! exists c
chmod 600 a
mv out sub/out
rm sub
let DIR $WORK
keys jwks coupons --out keys.json
grep $A keys.json
stdin a
! stdout '../..'
stop
-- a --
points balance
`
	if o := ran(t, scenario.Config{NoExec: true}, text); o.Verdict != scenario.Passed {
		t.Errorf("line %d: %s\n%s", o.Line, o.Why, o.Output)
	}
	for _, file := range scripts(t) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if regexp.MustCompile(`(?m)^attack run|^explore|^tour`).Match(text) { // long, and tried elsewhere
			continue
		}
		if o := ran(t, scenario.Config{NoExec: true}, string(text)); o.Verdict != scenario.Passed {
			t.Errorf("%s:%d: %s", file, o.Line, o.Why)
		}
	}
}

// A link in a folder of scenarios would have the first lines of what it leads to
// in the report.
func TestNoExecRunsNoLink(t *testing.T) {
	dir := t.TempDir()
	shelltest.WriteFile(t, filepath.Join(dir, "secret"), "the first line of a secret file\n")
	link := filepath.Join(dir, "a.txtar")
	if err := os.Symlink("secret", link); err != nil {
		t.Fatal(err)
	}
	var o scenario.Outcome
	if err := scenario.Run(t.Context(), shelltest.Language(), scenario.Config{NoExec: true}, []string{link}, func(got scenario.Outcome) { o = got }); err != nil {
		t.Fatal(err)
	}
	if o.Verdict != scenario.Failed || !strings.Contains(o.Why, "only regular files are run") || strings.Contains(o.Text+o.Why+o.Output, "first line") {
		t.Errorf("%+v", o)
	}
}

// What a skipped scenario says is a part of the report, too.
func TestNothingLeaksFromASkip(t *testing.T) {
	o := ran(t, scenario.Config{}, "session new op_1\npoints confirm 5\ncapture T token raw points-1\nskip x$T\n")
	if o.Verdict != scenario.Skipped || o.Why != "x(token)" {
		t.Errorf("%+v", o)
	}
}

// Under go test a scenario that reaches outside is an error before any runs.
func TestParamsRefuseWhatReachesOutside(t *testing.T) {
	file := filepath.Join(t.TempDir(), "it.txtar")
	shelltest.WriteFile(t, file, "points balance\n-- ../x --\nhello\n")
	_, err := scenario.Params(t.Context(), shelltest.Language(), scenario.Config{}, []string{file})
	if err == nil || !strings.Contains(err.Error(), "it.txtar:2: section ../x lies outside the scenario's folder") {
		t.Error(err)
	}
}
