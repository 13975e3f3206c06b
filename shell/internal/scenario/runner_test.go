// Runs: many scenarios at once, each for itself.

package scenario_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tokenshell/shell/internal/cover"
	"tokenshell/shell/internal/scenario"
	"tokenshell/shell/internal/shelltest"
	"tokenshell/shell/internal/world"
)

// many is a run of two hundred scenarios: each of the repository's, and copies
// of them.
type many struct {
	files, copyOf []string
	outcomes      []scenario.Outcome // as they were reported
	seen          *cover.Seen        // what they exercised
}

// manyStories runs them once for all tests.
var manyStories = sync.OnceValues(func() (*many, error) {
	stories, err := loneScripts()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "tokenshell-many-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	m := &many{slices.Clone(stories), slices.Clone(stories), nil, nil}
	// The catalogue of attacks is most of the work, and goes on in worlds of its
	// own: once is enough.
	stories = slices.DeleteFunc(stories, func(file string) bool { return filepath.Base(file) == "attack-run.txtar" })
	for i := len(m.files); i < 200; i++ {
		story := stories[i%len(stories)]
		m.files, m.copyOf = append(m.files, filepath.Join(dir, fmt.Sprintf("%03d.txtar", i))), append(m.copyOf, story)
		text, err := os.ReadFile(story)
		if err != nil {
			return nil, err
		}
		if err := os.WriteFile(m.files[i], text, 0o666); err != nil {
			return nil, err
		}
	}
	m.seen = cover.New()
	err = scenario.Run(context.Background(), shelltest.Language(), scenario.Config{Seed: world.DefaultSeed, Cover: m.seen}, m.files, func(o scenario.Outcome) { m.outcomes = append(m.outcomes, o) })
	return m, err
})

// Two hundred at once do not disturb each other, and are reported in order.
func TestManyScenarios(t *testing.T) {
	t.Parallel()
	m, err := manyStories()
	if err != nil {
		t.Fatal(err)
	}
	var reported []string
	for i, o := range m.outcomes {
		reported = append(reported, o.File)
		if o.Verdict != scenario.Passed {
			t.Errorf("%s, a copy of %s: %s in line %d: %s", o.File, m.copyOf[i], o.Verdict, o.Line, o.Why)
		}
	}
	if diff := cmp.Diff(m.files, reported); diff != "" {
		t.Errorf("not reported in the order of the files:\n%s", diff)
	}
}

// What a scenario says does not depend on those that ran before it.
func TestScenariosLeaveNothingBehind(t *testing.T) {
	t.Parallel()
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
	for _, o := range []*scenario.Outcome{&alone, &behind} {
		o.Milliseconds, o.Trace = 0, nil
	}
	if diff := cmp.Diff(alone, behind); diff != "" {
		t.Errorf("alone and behind others (-alone +behind):\n%s", diff)
	}
}
