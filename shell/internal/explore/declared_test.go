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
	"tokenshell/shell/internal/spec"
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

// forgetful is a world whose rules can be forgotten while it stands.
const forgetful = `
currency: EUR
customers: [{id: ada}]
domains:
  stock:
    capability: stock:reserve
    holds: quota
    things: [{id: MUG, units: 5, price: "8.00"}, {id: CUP, units: 0, price: "5.00"}, {id: BOWL, units: 4, per_customer: 0, price: "5.00"}]
    arguments: [{name: quantity, type: integer, default: 1}]
    amount: quantity
    confirm:
      - {rule: "size(others) == 0 || facts.country == 'AT'", reason: one_abroad, says: only one goes there}
    constraints: {sku: thing.id, price_sha256: digest(thing.price)}
    redeem:
      - {rule: "digest(thing.price) == constraints.price_sha256 && facts.country != 'XX'", reason: cannot_ship, says: nothing goes there}
    receipt: {sku: thing.id, reserved: amount, worth: thing.price * quantity}
    examples: {facts: {country: DE}, later: {country: XX}}
`

// What cannot be told of a sound world is believed, and what there is none of is none.
func TestASoundDeclaredDomainIsNotAccused(t *testing.T) {
	t.Parallel()
	const rule = "facts.country != 'XX'"
	for _, instead := range []string{rule, "digest(thing.id) < 'W'", "constraints.price_sha256.startsWith('A')"} {
		plan, err := world.Parse(domains.Kinds(domains.All()), "sound.yaml", []byte(strings.Replace(forgetful, rule, instead, 1)))
		if err != nil {
			t.Fatal(err)
		}
		s := newSearch(plan, tokens.Weakness{}, bound.Bound{Sessions: 1, Tokens: 1, Choices: 1, Things: 4, Clock: 1}, "ada")
		if found, err := s.run(t.Context(), 1); err != nil || found != nil || s.unheard != nil {
			t.Errorf("%s: %v, %v, %v", instead, err, found, s.unheard)
		}
	}
}

// What a declared domain allows, holds and answers is held against what its
// declaration says, and not believed.
func TestADeclaredDomainIsHeldAgainstItsDeclaration(t *testing.T) {
	t.Parallel()
	for what, tt := range map[string]struct {
		forgets func(d *declared.Declaration, m *spec.World)
		want    string // of what is found
	}{
		"nothing":                 {func(*declared.Declaration, *spec.World) {}, ""},
		"its rules at first":      {func(d *declared.Declaration, _ *spec.World) { d.Confirm = nil }, "refused with one_abroad"},
		"its rules at redemption": {func(d *declared.Declaration, _ *spec.World) { d.Redeem = nil }, "refused with cannot_ship"},
		"how much is held":        {func(d *declared.Declaration, _ *spec.World) { d.Amount = nil }, "stock has 1 held and 0 taken, the model says 3 and 0"},
		"how much there is":       {func(_ *declared.Declaration, m *spec.World) { m.Declared[0].Things[0].Units = 2 }, "refused with quota_exhausted"},
		"what the receipt says":   {func(d *declared.Declaration, _ *spec.World) { d.Receipt = d.Receipt[:1] }, "the receipt of t1 says sku=MUG, the model says reserved=3, sku=MUG, worth=24.00"},
	} {
		t.Run(what, func(t *testing.T) {
			plan, err := world.Parse(domains.Kinds(domains.All()), "forgetful.yaml", []byte(forgetful))
			if err != nil {
				t.Fatal(err)
			}
			s := newSearch(plan, tokens.Weakness{}, bound.Bound{Sessions: 1, Tokens: 2, Choices: 1}, "ada")
			s.prepare = func(on *stage.Stage) { tt.forgets(on.World.Parties[0].Declaration, on.Model) }
			found, err := s.run(t.Context(), 1)
			switch {
			case err != nil:
				t.Fatal(err)
			case found == nil && tt.want != "":
				t.Errorf("nothing is found in %d verbs", s.verbs)
			case found != nil && (tt.want == "" || !strings.Contains(found.What, tt.want)):
				t.Errorf("found: %s", found.What)
			}
		})
	}
}
