// Stopping: what is left of exploring when somebody interrupts it.

package explore

import (
	"context"
	"testing"

	"tokenshell/shell/internal/domains"
	"tokenshell/shell/internal/world"
)

// An interrupt ends exploring between two moves.
func TestExploreStops(t *testing.T) {
	t.Parallel()
	plan, err := world.Read(domains.Kinds(domains.All()), "")
	if err != nil {
		t.Fatal(err)
	}
	for _, after := range []int{0, 1, 700, 3200} { // the last is among the pairs of faults
		ctx, cancel := context.WithCancel(t.Context())
		stopped := 0
		e := &explorer{plan: plan, seed: 1, depth: 12, budget: 1_000_000}
		e.tell = func(e *explorer) {
			if e.verbs >= after {
				stopped = e.verbs
				cancel()
			}
		}
		if after == 0 {
			cancel()
		}
		found, err := e.explore(ctx)
		if found != nil || err != nil || ctx.Err() == nil {
			t.Errorf("after %d verbs: %v, %v", after, found, err)
		}
		if e.verbs != stopped {
			t.Errorf("interrupted after %d verbs, it went on to %d", stopped, e.verbs)
		}
		cancel()
	}
}
