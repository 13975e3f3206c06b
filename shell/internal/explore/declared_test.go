// Worlds that declare their domains, drawn at random, and explored.

package explore

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"tokenshell/issuers/declared"
	"tokenshell/shell/internal/anyworld"
	"tokenshell/shell/internal/bound"
	"tokenshell/shell/internal/domains"
	"tokenshell/shell/internal/reached"
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
	total := reached.New()
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
			shown, err := (&course{plan: plan, customer: customer}).in().Scenario(t.Context(), found)
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

// seasons is a world whose rules look at the time.
const seasons = `
currency: EUR
customers: [{id: ada}]
domains:
  passes:
    capability: passes:take
    holds: quota
    things: [{id: WINTER, until: "2026-03-01T00:00:00Z"}, {id: SUMMER, from: "2026-06-01T00:00:00Z"}]
    confirm:
      - {rule: "(!has(thing.from) || now >= timestamp(thing.from)) && (!has(thing.until) || now < timestamp(thing.until))", reason: out_of_season, says: not now}
      - {rule: "now < timestamp('2026-12-24T12:00:00Z')", reason: on_holiday, says: nobody is there}
    redeem:
      - {rule: "now < timestamp('2026-09-01T00:00:30Z')", reason: too_late, says: it was until then}
`

// early computes an expression for some seconds before it is asked.
type early struct {
	declared.Expression
	by time.Duration
}

// Value asks for that.
func (e early) Value(env *declared.Env) (any, error) {
	before := *env
	before.Now = env.Now.Add(-e.by)
	return e.Expression.Value(&before)
}

// The clock is moved to where the rules of a declared domain turn, and to the second
// before; and what goes on otherwise at another time is another state.
func TestRulesThatLookAtTheTime(t *testing.T) {
	t.Parallel()
	for what, tt := range map[string]struct {
		late func(d *declared.Declaration) *declared.Expression
		want string // of what is found
	}{
		"nothing":         {nil, ""},
		"a thing's times": {func(d *declared.Declaration) *declared.Expression { return &d.Confirm[0].Holds }, "with out_of_season"},
		"a rule's":        {func(d *declared.Declaration) *declared.Expression { return &d.Confirm[1].Holds }, "with on_holiday"},
		"at redemption":   {func(d *declared.Declaration) *declared.Expression { return &d.Redeem[0].Holds }, "with too_late"},
	} {
		t.Run(what, func(t *testing.T) {
			plan, err := world.Parse(domains.Kinds(domains.All()), "seasons.yaml", []byte(seasons))
			if err != nil {
				t.Fatal(err)
			}
			s := newSearch(plan, tokens.Weakness{}, bound.Bound{Sessions: 1, Tokens: 1, Things: 2, Clock: 2, Leave: []string{"keys", "direct", "revoke", "facts", "forged", "mixed", "ended"}}, "ada")
			s.prepare = func(on *stage.Stage) {
				if d := on.World.Parties[0].Declaration; tt.late != nil {
					d.Confirm, d.Redeem = slices.Clone(d.Confirm), slices.Clone(d.Redeem) // of the world alone
					x := tt.late(d)
					*x = early{*x, time.Second}
				}
			}
			found, err := s.run(t.Context(), 1)
			if err != nil {
				t.Fatal(err)
			}
			if found == nil && tt.want == "" {
				for _, wanted := range []string{"reason out_of_season", "reason on_holiday", "reason too_late"} {
					if !slices.ContainsFunc(names(s.reach), func(met string) bool { return strings.Contains(met, wanted) }) {
						t.Errorf("nothing came to %s", wanted)
					}
				}
			}
			if (found == nil) != (tt.want == "") || found != nil && !strings.Contains(found.What, tt.want) {
				t.Errorf("found %+v, not %q", found, tt.want)
			}
		})
	}
}
