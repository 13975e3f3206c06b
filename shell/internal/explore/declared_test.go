// Worlds that declare their domains, drawn at random, and explored.

package explore

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"tokenshell/issuers/declared"
	"tokenshell/shell/internal/bound"
	"tokenshell/shell/internal/domains"
	"tokenshell/shell/internal/stage"
	"tokenshell/shell/internal/world"
	"tokenshell/tokens"
)

// drawn draws a world file of one to three domains, of any kinds of holds.
func drawn(rng *rand.Rand) string {
	chance := func(percent int) bool { return rng.IntN(100) < percent }
	currency := []string{"EUR", "JPY", "KWD"}[rng.IntN(3)]
	money := func(most int) string {
		return fmt.Sprintf(`"%d%s"`, 1+rng.IntN(most), map[string]string{"EUR": ".50", "KWD": ".125"}[currency])
	}
	var w strings.Builder
	fmt.Fprintf(&w, "currency: %s\ncustomers: [{id: ann}, {id: bob}]\ndomains:\n", currency)
	for i := range 1 + rng.IntN(3) {
		kind := declared.Kinds()[rng.IntN(4)]
		fmt.Fprintf(&w, "  %s%d:\n    capability: %s%d:use\n    holds: %s\n", kind, i, kind, i, kind)
		amount := "    arguments: [{name: amount, type: money, example: " + money(9) + "}]\n    amount: amount\n"
		switch kind {
		case declared.Quota:
			w.WriteString("    things:\n")
			for n := range 1 + rng.IntN(2) {
				fmt.Fprintf(&w, "      - {id: T%d, price: %s", n, money(50))
				if chance(70) {
					fmt.Fprintf(&w, ", units: %d", 1+rng.IntN(3))
				}
				if chance(50) {
					fmt.Fprintf(&w, ", per_customer: %d", 1+rng.IntN(2))
				}
				w.WriteString("}\n")
			}
			w.WriteString("    arguments: [{name: quantity, type: integer, default: 1}]\n    amount: quantity\n    receipt: {of: thing.id, many: amount}\n")
			if chance(50) {
				w.WriteString("    confirm: [{rule: quantity <= 2, reason: too_many, says: two at most}]\n")
			}
		case declared.Balance:
			fmt.Fprintf(&w, "    accounts: {ann: %s, bob: %s}\n%s", money(30), money(30), amount)
		case declared.Authorisation:
			fmt.Fprintf(&w, "    things: [{id: ann-card, customer: ann, limit: %s}, {id: bob-card, customer: bob, limit: %s}]\n%s", money(30), money(30), amount)
		case declared.None:
			w.WriteString("    constraints: {who: digest(customer.id)}\n")
		}
		if chance(50) {
			w.WriteString("    sealed: {secret: customer.id}\n")
		}
		if chance(60) {
			fmt.Fprintf(&w, "    redeem: [{rule: \"facts.where != 'far'\", reason: too_far_%c, says: nothing goes there}]\n    examples: {facts: {where: near}, later: {where: far}}\n", 'a'+i)
		}
	}
	return w.String()
}

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
		small, small, {Sessions: 1, Tokens: 2, Choices: 2}, small, {Sessions: 1, Tokens: 1, Choices: 1, Clock: 1, Leave: []string{"keys"}}, small,
		{Sessions: 1, Tokens: 1, Choices: 1, Faults: 1, Leave: []string{"meanwhile", "slow", "dup"}}, small,
	}
	total := stage.NewReach()
	holds := map[declared.Kind]int{}
	for n := range worlds {
		text := drawn(rand.New(rand.NewPCG(1, uint64(n))))
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
	for _, wanted := range []string{"completed", "compensated", "too_far", "quota_exhausted", "balance_insufficient", "declined", "committed", "cancelled", "expired"} {
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
