package explore

import (
	"testing"

	"tokenshell/orchestrator"
	"tokenshell/shell/internal/bound"
)

// FoundOver gives the scenario of what a bound finds when relays are over such stores
// and ledgers.
func FoundOver(t *testing.T, name string, over func() (orchestrator.SavedStore, orchestrator.SavedLedger)) string {
	t.Helper()
	c := newCourse(t, 1)
	all, _ := bound.Named(name)
	s := newSearch(c.plan, c.weakness, all[0], c.customer)
	s.over = over
	found, err := s.run(t.Context(), 1)
	if err != nil || found == nil {
		t.Fatalf("nothing is found in %d verbs, %v", s.verbs, err)
	}
	text, err := c.in().Scenario(t.Context(), found)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d verbs: %s\n%s", s.verbs, found.What, text)
	return text
}

// Remaining says how long so many states take at a rate.
func Remaining(states int, rate float64) string { return remaining(states, rate) }
