// Runs: many scenarios at once, each for itself.

package scenario_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tokenshell/shell/internal/scenario"
	"tokenshell/shell/internal/shelltest"
	"tokenshell/shell/internal/world"
)

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
	err := scenario.Run(t.Context(), shelltest.Language(), scenario.Config{Seed: world.DefaultSeed}, files, func(o scenario.Outcome) {
		reported = append(reported, o.File)
		if o.Verdict != scenario.Passed {
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
		if o.Verdict != scenario.Passed {
			t.Fatal(o)
		}
	}
	behind := outcomes(t, []string{files[0], files[0], files[0], files[0], files[1]})[files[1]]
	if diff := cmp.Diff(alone, behind); diff != "" {
		t.Errorf("alone and behind others (-alone +behind):\n%s", diff)
	}
}
