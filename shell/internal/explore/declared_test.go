// Worlds that declare their domains, drawn at random, and explored.

package explore

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"tokenshell/issuers/declared"
	"tokenshell/shell/internal/anyworld"
	"tokenshell/shell/internal/bound"
	"tokenshell/shell/internal/domains"
	"tokenshell/shell/internal/stage"
	"tokenshell/shell/internal/world"
	"tokenshell/tokens"
)

// In whatever world somebody declares, everything that happens in a small bound is
// as the model foretells it, and every sum is right.
func TestDrawnWorldsAreExplored(t *testing.T) {
	t.Parallel()
	worlds := 16
	if *long {
		worlds = 400
	}
	small := bound.Bound{Sessions: 1, Tokens: 1}
	bounds := []bound.Bound{
		small, {Sessions: 1, Tokens: 2, Choices: 1}, {Sessions: 1, Tokens: 2, Choices: 2}, small, {Sessions: 1, Tokens: 1, Choices: 1, Clock: 1, Leave: []string{"keys"}},
		{Sessions: 1, Tokens: 2, Choices: 2}, {Sessions: 1, Tokens: 1, Choices: 1, Faults: 1, Leave: []string{"meanwhile", "slow", "dup"}}, small,
	}
	total := stage.NewReach()
	holds := map[declared.Kind]int{}
	for n := range worlds {
		text := anyworld.Draw(rand.New(rand.NewPCG(1, uint64(n)))).Text
		plan, err := world.Parse(domains.Kinds(domains.All()), "drawn.yaml", []byte(text))
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		customer, err := bound.Able(t.Context(), plan)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		b := bounds[n%len(bounds)]
		s := newSearch(plan, tokens.Weakness{}, b, customer)
		found, err := s.run(t.Context(), 1)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if found == nil {
			found = s.unheard
		}
		if found != nil {
			shown, err := (&course{plan: plan, customer: customer}).scenario(t.Context(), found)
			t.Fatalf("world %d, %s: %s, %v\n%s\n%s", n, b, found.What, err, shown, text)
		}
		total.Add(s.reach)
		for _, kind := range declared.Kinds() {
			holds[kind] += strings.Count(text, "holds: "+string(kind))
		}
	}
	met := names(total)
	for _, wanted := range []string{"completed", "compensated", "too_far", "too_often", "goes_alone", "quota_exhausted", "balance_insufficient", "declined", "committed", "cancelled", "expired"} {
		if !slices.ContainsFunc(met, func(what string) bool { return strings.Contains(what, wanted) }) {
			t.Errorf("nothing was ever %s", wanted)
		}
	}
	for _, kind := range declared.Kinds() {
		if holds[kind] == 0 {
			t.Errorf("no world holds %s", kind)
		}
	}
	t.Logf("%d worlds, holds %v", worlds, holds)
}
