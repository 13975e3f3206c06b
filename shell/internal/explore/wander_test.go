// Walks: they find what lies beyond the bounds.

package explore

import (
	"testing"

	"tokenshell/shell/internal/bound"
	"tokenshell/tokens"
)

// A cancel that is not idempotent is seen when two tokens are redeemed, one is
// refused, and the answer to a cancel is lost: that is far beyond one token.
func TestWalksGoBeyondTheBounds(t *testing.T) {
	c := newCourse(t, 1)
	c.bounds, c.seed = []bound.Bound{{Name: "least", Sessions: 1, Tokens: 1, Choices: 1}}, 2
	var err error
	if c.weakness, err = tokens.UnsafeWithout(tokens.CancelOnce); err != nil {
		t.Fatal(err)
	}
	if err := c.run(t.Context()); err != nil || c.found != nil {
		t.Fatalf("%v, %v within the bound", err, c.found)
	}
	if err := c.wander(t.Context(), func() bool { return c.walked > 60_000 }); err != nil {
		t.Fatal(err)
	}
	if c.found == nil {
		t.Fatalf("nothing in %d verbs", c.walked)
	}
	text, err := c.scenario(t.Context(), c.found)
	if err != nil || len(c.found.Way) > 7 {
		t.Errorf("%v, %d steps", err, len(c.found.Way))
	}
	t.Logf("%d verbs: %s\n%s", c.walked, c.found.What, text)
}
