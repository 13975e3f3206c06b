// Package scenariotest runs scenarios among a module's Go tests, as tokenshell run
// does: each is a subtest, in a world of its own with time frozen.
package scenariotest

import (
	"path/filepath"
	"strings"
	"testing"

	"tokenshell/shell"
)

// Run runs scenarios as subtests of t: files as they are, and folders with all
// .txtar files below them. They run in parallel. One that fails says why in its
// subtest's log. A test of a module runs all that lie in its folder checkouts:
//
//	func TestCheckouts(t *testing.T) { scenariotest.Run(t, "checkouts") }
func Run(t *testing.T, paths ...string) {
	t.Helper()
	RunIn(t, shell.ScenarioConfig{Seed: shell.DefaultSeed}, paths...)
}

// RunIn runs scenarios as [Run] does, in worlds of one's choice.
func RunIn(t *testing.T, c shell.ScenarioConfig, paths ...string) {
	t.Helper()
	files, err := shell.ScenarioFiles(paths)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.ToSlash(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			var all []shell.Outcome
			if err := shell.RunScenarios(t.Context(), c, []string{file}, func(o shell.Outcome) { all = append(all, o) }); err != nil {
				t.Fatal(err)
			}
			left := 0
			for _, o := range all {
				switch o.Verdict {
				case shell.Passed:
				case shell.Skipped:
					left++
					t.Log(o.Why)
				default:
					t.Errorf("\n%s", shell.Explain(o))
				}
			}
			if left > 0 && left == len(all) {
				t.Skip("it was skipped")
			}
		})
	}
}
