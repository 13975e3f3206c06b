// Strangers: a module that is not this one runs its scenarios.

package shell_test

import (
	"flag"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"tokenshell/shell/internal/answer"
	"tokenshell/shell/internal/runs"
	"tokenshell/shell/internal/shelltest"
)

var long = flag.Bool("long", false, "build a stranger's module, too, and look for parts of tokens in both formats")

// The module in examples, somewhere else: its scenarios pass, those that tokenshell
// new writes pass, and one that fails says why.
func TestAStrangersModule(t *testing.T) {
	if !*long {
		t.Skip("-long builds it")
	}
	dir := filepath.Join(t.TempDir(), "stranger")
	if err := os.CopyFS(dir, os.DirFS(shelltest.Root(t, "examples", "scenarios"))); err != nil {
		t.Fatal(err)
	}
	module, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	run(t, dir, "go", "mod", "edit", "-replace", "tokenshell="+module)
	if err := (&runs.New{Dir: filepath.Join(dir, "mine")}).Write(&answer.Out{Stdout: io.Discard, Stderr: io.Discard, Format: "text"}); err != nil {
		t.Fatal(err)
	}
	said := run(t, dir, "go", "test", "-v", "./...")
	for _, want := range []string{"--- PASS: TestCheckouts/checkouts/late-refusal", "--- PASS: TestCheckouts/checkout "} {
		if !strings.Contains(said, want) {
			t.Errorf("there is no %s in\n%s", want, said)
		}
	}
	shelltest.WriteFile(t, filepath.Join(dir, "checkouts", "wrong.txtar"), "session new op_1\nexpect replayed points confirm 5\n")
	shelltest.WriteFile(t, filepath.Join(dir, "checkouts", "left.txtar"), "skip 'not today'\n")
	cmd := exec.CommandContext(t.Context(), "go", "test", "-v", ".")
	cmd.Dir = dir
	text, err := cmd.CombinedOutput()
	for _, want := range []string{"--- FAIL: TestCheckouts/checkouts/wrong", "checkouts/wrong.txtar:2:17: expected a refusal with replayed; \"points\" was done", "--- SKIP: TestCheckouts/checkouts/left"} {
		if err == nil || !strings.Contains(string(text), want) {
			t.Errorf("%v: there is no %s in\n%s", err, want, text)
		}
	}
}
