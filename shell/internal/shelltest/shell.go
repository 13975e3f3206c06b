// Package shelltest drives a whole shell in tests, by lines. It is for tests
// only: external tests of any room may use it.
package shelltest

import (
	"bytes"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"tokenshell/shell/internal/domains"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/grammar"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/world"
)

// language and embedded are made once: they cost more than most of the worlds
// and lines that need them, and nobody changes them.
var (
	language = sync.OnceValue(func() *interp.Language { return grammar.Language(domains.All()) })
	embedded = sync.OnceValues(func() (*world.Plan, error) { return world.Read(language().Kinds, "") })
)

// Language is that of the domains that tokenshell comes with.
func Language() *interp.Language { return language() }

// Plan reads a world file; path "" is the embedded world.
func Plan(t testing.TB, path string) *world.Plan {
	t.Helper()
	read := embedded
	if path != "" {
		read = func() (*world.Plan, error) { return world.Read(language().Kinds, path) }
	}
	plan, err := read()
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// PlanOf reads a world file's text.
func PlanOf(t testing.TB, text string) *world.Plan {
	t.Helper()
	plan, err := world.Parse(language().Kinds, "world.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	plan.Source = []byte(text)
	return plan
}

// World makes a world of a plan, with a seed.
func World(t testing.TB, plan *world.Plan, seed uint64) *world.World {
	t.Helper()
	w, err := world.Build(t.Context(), plan, world.Seeded(seed))
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// New is a shell over the embedded world with a seed.
func New(t testing.TB, seed uint64) *interp.Shell {
	t.Helper()
	return Of(World(t, Plan(t, ""), seed))
}

// In is a shell over the world of a file's text, with a seed.
func In(t testing.TB, text string, seed uint64) *interp.Shell {
	t.Helper()
	return Of(World(t, PlanOf(t, text), seed))
}

// Of is a shell over a world.
func Of(w *world.World) *interp.Shell { return interp.New(w, Language()) }

// Do runs lines that must be done and gives what the last one printed on
// standard output.
func Do(t testing.TB, s *interp.Shell, lines ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	for _, line := range lines {
		stdout.Reset()
		if err := s.Line(t.Context(), line, false, &stdout, &stderr); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
	}
	return stdout.String()
}

// Refused runs a line that must not be done, and gives its exit code and all
// that it printed.
func Refused(t testing.TB, s *interp.Shell, line string) (code int, printed string) {
	t.Helper()
	var all bytes.Buffer
	err := s.Line(t.Context(), line, false, &all, &all)
	if err == nil {
		t.Errorf("%.200s: it was done: %s", line, all.String())
	}
	return exit.Code(err), all.String()
}

// Root gives the path of the repository, with names below it.
func Root(t testing.TB, below ...string) string {
	t.Helper()
	root, err := os.Getwd()
	for err == nil {
		if _, missing := os.Stat(filepath.Join(root, "go.mod")); missing == nil {
			return filepath.Join(append([]string{root}, below...)...)
		}
		if filepath.Dir(root) == root {
			break
		}
		root = filepath.Dir(root)
	}
	t.Fatalf("no go.mod above the test: %v", err)
	return ""
}

// Testdata gives a path below testdata.
func Testdata(t testing.TB, below ...string) string {
	t.Helper()
	return Root(t, append([]string{"testdata"}, below...)...)
}

// WriteFile writes a file that a test needs.
func WriteFile(t testing.TB, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// SmallWorld is a world in which little is left soon, redeemed in another order.
const SmallWorld = `redeem_order: [payments, points, coupons]
customers:
  - {id: ann, points: 10, cards: [{id: debit, number: "4242424242424242", limit: "100.00"}]}
  - {id: bob, points: 7}
coupons:
  - {code: TWICE, amount: "5.00", per_customer: 1, total: 2, combinable: true}
  - {code: ONCE, amount: "1.00", total: 1, combinable: true}
  - {code: ALONE, percent: 50, minimum: "50.00"}
`
