package scenario_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"tokenshell/shell/internal/scenario"
	"tokenshell/shell/internal/shelltest"
)

// Variables of a scenario that grow with each line are refused before it runs,
// however they are set and written.
func TestVariablesOfAScenarioHaveBounds(t *testing.T) {
	for name, c := range map[string]struct{ script, why string }{
		"env":               {"env A=aaaaaaaaaaaaaaaa\n" + strings.Repeat("env A=$A$A$A$A$A$A$A$A$A\n", 12), "$A"},
		"env in braces":     {"env A=aaaaaaaaaaaaaaaa\n" + strings.Repeat("env A=${A}${A}${A}${A}${A}${A}${A}${A}${A}\n", 12), "$A"},
		"env in lower case": {"env a=aaaaaaaaaaaaaaaa\n" + strings.Repeat("env a=$a$a$a$a$a$a$a$a$a\n", 12), "$a"},
		"env of two":        {"env A=aaaaaaaaaaaaaaaa\n" + strings.Repeat("env B=$A$A$A$A$A$A$A$A$A\nenv A=$B$B$B$B$B$B$B$B\n", 6), "$"},
		"a line":            {"capture A help\nstdout " + strings.Repeat("$A", 300) + "\n", "$A"},
		"let":               {"let A aaaaaaaaaaaaaaaa\n" + strings.Repeat("let A $A$A$A$A$A$A$A$A$A\n", 12), "$A cannot hold this"},
		"let of env":        {"env A=aaaaaaaaaaaaaaaa\n" + strings.Repeat("env A=$A$A$A$A$A$A$A$A$A\n", 5) + "let B $A\n", "$B cannot hold this"},
		"words":             {"env A=aaaaaaaaaaaaaaaa\n" + strings.Repeat("env A=$A$A$A$A$A$A$A$A$A\n", 5) + "relay $A $A\n", "a command has at most 1048576 bytes"},
		"many small ones":   {"capture A points balance\nenv B=$A/$A C=$A D=$HOME/$A\n" + strings.Repeat("env E=$A-$B F=$B\n", 20) + "points balance\n", ""},
	} {
		file := filepath.Join(t.TempDir(), "s.txtar")
		shelltest.WriteFile(t, file, c.script)
		err := scenario.Run(t.Context(), shelltest.Language(), scenario.Config{}, []string{file}, func(o scenario.Outcome) {
			if (o.Verdict == scenario.Passed) != (c.why == "") || !strings.Contains(o.Why, c.why) {
				t.Errorf("%s: %s: %s", name, o.Verdict, fmt.Sprintf("%.300s", o.Why))
			}
		})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
