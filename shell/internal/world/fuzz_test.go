// Fuzz targets: world files that people hand to the shell.

package world_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/redact"
	"tokenshell/shell/internal/shelltest"
	"tokenshell/shell/internal/world"
)

// soundInput wants an error about a file to be one, and fit to print.
func soundInput(t *testing.T, err error) {
	t.Helper()
	var input *exit.InputError
	switch {
	case err == nil:
	case !errors.As(err, &input) || exit.Code(err) != exit.BadInput:
		t.Fatalf("%T: %v", err, err)
	case input.Path != "file" || input.Line < 0 || input.What == "":
		t.Fatalf("%+v", input)
	}
}

// Any world file: no panic, an input error, or a world in which a shop can open.
func FuzzWorldFile(f *testing.F) {
	seeds(f, shelltest.Testdata(f, "worlds", "*.yaml"))
	seeds(f, "world.yaml") // the embedded one
	f.Add([]byte(shelltest.LeakWorld))
	for _, text := range []string{"customers: [{id: a}]", "&a [*a]", "a: &a {b: *a}", "<<: *x", "? a", "!!binary x", "customers: !!set {a}", "---\n...", "%YAML 1.2", "customers:\n- id: &a x\n- id: *a", "\ufeffa: b", "currency: EUR\ncustomers: [{id: a, points: 0x10}]"} {
		f.Add([]byte(text))
	}
	kinds := shelltest.Language().Kinds
	f.Fuzz(func(t *testing.T, source []byte) {
		if len(source) > 1<<14 {
			return
		}
		plan, err := world.Parse(kinds, "file", source)
		soundInput(t, err)
		if (plan == nil) != (err != nil) {
			t.Fatalf("%v and %v", plan, err)
		}
		if err != nil {
			return
		}
		if len(plan.Customers) == 0 || plan.Currency() == "" {
			t.Fatalf("%+v", plan)
		}
		w := shelltest.World(t, plan, 1)
		if _, declares := plan.Kinds(); declares {
			return // there are those that it says
		}
		if len(w.Parties) != 3 { // none of them is optional
			t.Fatalf("services %v", w.ServiceNames())
		}
		points, err := w.Service("points")
		if err != nil {
			t.Fatal(err)
		}
		balances := points.Accounts().Data.(map[string]map[string]int64)
		for _, customer := range plan.Customers {
			if balance, ok := balances[customer]; !redact.IsID(customer) || !ok || balance["balance"] < 0 {
				t.Fatalf("customer %q with %v", customer, balance)
			}
		}
	})
}

// seeds adds files.
func seeds(f *testing.F, pattern string) {
	f.Helper()
	paths, err := filepath.Glob(pattern)
	if err != nil || len(paths) == 0 {
		f.Fatalf("%s: %v", pattern, err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
}
