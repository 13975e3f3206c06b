// Weak worlds in tests: worlds whose parties leave a rule out.

package shelltest

import (
	"context"
	"path/filepath"
	"testing"

	"tokenshell/shell/internal/scenario"
	"tokenshell/shell/internal/world"
	"tokenshell/tokens"
)

// Without leaves a rule out.
func Without(t testing.TB, rule string) tokens.Weakness {
	t.Helper()
	weakness, err := world.Without(rule)
	if err != nil {
		t.Fatal(err)
	}
	return weakness
}

// ShowsIt wants a scenario to pass in a sound world and to fail without a rule.
func ShowsIt(t testing.TB, text, rule string) {
	t.Helper()
	weakness := Without(t, rule)
	ShowsIn(t, text, func(ctx context.Context, plan *world.Plan, m world.Making) (*world.World, error) {
		return world.BuildWeak(ctx, plan, m, weakness)
	})
}

// ShowsIn wants a scenario to pass in a sound world and to fail in a weak one.
func ShowsIn(t testing.TB, text string, weak scenario.Build) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "found.txtar")
	WriteFile(t, file, text)
	run := func(build scenario.Build) (o scenario.Outcome) {
		if err := scenario.RunIn(t.Context(), Language(), scenario.Config{Seed: world.DefaultSeed}, build, []string{file}, func(got scenario.Outcome) { o = got }); err != nil {
			t.Fatal(err)
		}
		return o
	}
	if o := run(world.Build); o.Verdict != scenario.Passed {
		t.Errorf("in a sound world it %s in line %d: %s\n%s", o.Verdict, o.Line, o.Why, text)
	}
	if o := run(weak); o.Verdict != scenario.Failed {
		t.Errorf("in the weak one it %s\n%s", o.Verdict, text)
	}
}
