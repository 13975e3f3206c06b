// The scenarios: they pass under go test as anybody's own tests run them, and
// they are lean.

package shell_test

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/rogpeppe/go-internal/txtar"

	"tokenshell/shell"
	"tokenshell/shell/internal/shelltest"
)

// scripts gives the stories of the repository.
func scripts(t *testing.T) []string {
	t.Helper()
	files, err := shell.ScenarioFiles([]string{shelltest.Root(t, "scripts")})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestScripts(t *testing.T) {
	params, err := shell.Params(t.Context(), shell.ScenarioConfig{Seed: shell.DefaultSeed, Check: true}, scripts(t))
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
		lines = slices.DeleteFunc(lines, func(line string) bool { // these are for tokenshell
			return strings.HasPrefix(line, "# without:") || strings.HasPrefix(line, "# tags:")
		})
		for i, line := range lines {
			if strings.HasPrefix(line, "# ") && (i+1 == len(lines) || strings.HasPrefix(lines[i+1], "#") || !strings.HasSuffix(line, ".")) {
				t.Errorf("%s:%d: a phase is one sentence and something that happens", file, i+1)
			}
		}
	}
}
