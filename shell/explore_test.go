// explore: it finds what is broken, and nothing where all is well.

package shell

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"tokenshell/tokens"
)

// without leaves a rule out.
func without(t *testing.T, rule string) tokens.Weakness {
	t.Helper()
	weakness, err := tokens.UnsafeWithout(rule)
	if err != nil {
		t.Fatal(err)
	}
	return weakness
}

// weakRun runs a scenario in a world without a rule, and gives what failed;
// empty when it passed.
func weakRun(t *testing.T, file, rule string) string {
	t.Helper()
	r, err := newScenarioRunner(t.Context(), ScenarioConfig{Seed: DefaultSeed})
	if err != nil {
		t.Fatal(err)
	}
	var running *scenario
	params := r.params([]string{file}, func(sc *scenario) { running = sc })
	sound := params.Setup
	params.Setup = func(env *testscript.Env) error {
		if err := sound(env); err != nil {
			return err
		}
		var err error
		running.shell.world, err = buildWeakWorld(t.Context(), running.shell.world.plan, &r.config.Seed, without(t, rule))
		return err
	}
	script := &scriptT{}
	script.run(func() { testscript.RunT(script, params) })
	if !script.failed {
		return ""
	}
	return script.log.String()
}

// showsIt wants a scenario to pass in a sound world and to fail without a rule.
func showsIt(t *testing.T, text, rule string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "found.txtar")
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if o := outcomes(t, []string{file})[file]; o.Verdict != Passed {
		t.Errorf("in a sound world it %s in line %d: %s\n%s", o.Verdict, o.Line, o.Why, text)
	}
	if weakRun(t, file, rule) == "" {
		t.Errorf("without %s it passes\n%s", rule, text)
	}
}
