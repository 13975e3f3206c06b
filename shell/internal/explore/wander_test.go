// Walks: they find what lies beyond the bounds.

package explore

import (
	"errors"
	"testing"

	"tokenshell/shell/internal/bound"
	"tokenshell/shell/internal/stage"
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
	text, err := c.in().Scenario(t.Context(), c.found)
	if err != nil || len(c.found.Way) > 7 {
		t.Errorf("%v, %d steps", err, len(c.found.Way))
	}
	t.Logf("%d verbs: %s\n%s", c.walked, c.found.What, text)
}

// What a move means within a bound it means beyond it, where walks go on.
func TestMovesMeanTheSameBeyond(t *testing.T) {
	for _, b := range bound.Portfolio() {
		c := newCourse(t, 1)
		s := newSearch(c.plan, c.weakness, b, c.customer)
		s.step = func(s *search) error { // its first layers
			if s.states.count() > 60 {
				return errEnough
			}
			return nil
		}
		if found, err := s.run(t.Context(), 1); err != nil && !errors.Is(err, errEnough) || found != nil {
			t.Fatalf("%s: %v, %v", b.Name, err, found)
		}
		within, err := newSearch(c.plan, c.weakness, b, c.customer).newWalker(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		further, err := newSearch(c.plan, c.weakness, beyond(b), c.customer).newWalker(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for at := range int32(min(200, s.states.count())) {
			within.stage.Restore(within.held[0])
			further.stage.Restore(further.held[0])
			for _, st := range s.states.way(at) {
				line := stage.Alphabet[st.Move.Verb].Line
				if a, b := line(within.stage, st.Move), line(further.stage, st.Move); a != b {
					t.Fatalf("%s: %q, and %q beyond", within.search.bound.Name, a, b)
				}
				if err := errors.Join(within.again(st), further.again(st)); err != nil {
					t.Fatalf("%s: %v", b.Name, err)
				}
			}
		}
	}
}

// Walks from the bounds that have more than orders and tokens accuse nobody, however
// long they take.
func TestWalksInASoundWorld(t *testing.T) {
	for _, name := range []string{"UT", "Q", "JT"} {
		c := newCourse(t, 1)
		c.bounds, _ = bound.Named(name)
		c.seed = 5
		if err := c.run(t.Context()); err != nil || c.found != nil {
			t.Fatalf("%s: %v, %v within the bound", name, err, c.found)
		}
		if err := c.wander(t.Context(), func() bool { return c.walked > 8_000 }); err != nil || c.found != nil {
			t.Errorf("%s: %v, %v beyond", name, err, c.found)
		}
	}
}

// An outside issuer's token is compared after the client has forgotten it, too.
func TestAnOutsidersTokenIsForgotten(t *testing.T) {
	on, err := stage.New(embedded(t), tokens.Weakness{}, bound.Bound{Sessions: 2, Tokens: 2, Choices: 1, Clock: 1, Outsiders: 1})
	if err != nil {
		t.Fatal(err)
	}
	on.SettleOn("user_123")
	for _, m := range []stage.Move{
		{Verb: stage.Opens, Order: 1}, {Verb: stage.Trusts}, {Verb: stage.Imports, Order: 1, Token: 1}, stage.DaysPass,
		{Verb: stage.Opens, Order: 2}, {Verb: stage.Confirms, Order: 2, Token: 2},
	} {
		if err := on.Try(t.Context(), m, nil); err != nil {
			t.Fatal(err)
		}
	}
	if on.Held(stage.Move{Token: 1}) != nil {
		t.Error("the client remembers it")
	}
}
