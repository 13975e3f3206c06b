// Worlds: whatever a world is made of, something in it is confirmed and redeemed,
// or explore says that nothing was.

package explore_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"tokenshell/issuers"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/shelltest"
	"tokenshell/shell/internal/world"
)

// oddWorlds are worlds that amounts of a usual one do not fit, and the services
// that can redeem something there.
func oddWorlds() map[string]struct {
	text     string
	redeemed []string
} {
	type odd = struct {
		text     string
		redeemed []string
	}
	with := func(currency, customer, coupons string) string {
		return fmt.Sprintf("currency: %s\ncustomers:\n  - {id: ann%s}\ncoupons: [%s]\n", currency, customer, coupons)
	}
	card := func(limit string) string {
		return `, cards: [{id: visa, number: "4242424242424242", limit: "` + limit + `"}]`
	}
	inactive := strings.Repeat("{code: OLD%d, percent: 5, valid: {until: 2020-01-01T00:00:00Z}}, ", 6)
	refusing := strings.Repeat(`{id: broke%d, number: "4000000000000002", limit: "500.00", declines: true}, `, 7)
	poor := ""
	for n := range 60 {
		poor += fmt.Sprintf("  - {id: poor%d}\n", n)
	}
	numbered := func(text string) string {
		return fmt.Sprintf(text, []any{1, 2, 3, 4, 5, 6, 7}[:strings.Count(text, "%d")]...)
	}
	return map[string]odd{
		"yen":                         {with("JPY", ", points: 3"+card("50000"), "{code: P15, percent: 15}"), []string{"coupons", "points", "payments"}},
		"few yen":                     {with("JPY", card("1"), ""), []string{"payments"}},
		"dinars":                      {with("KWD", ", points: 1"+card("0.002"), `{code: C, amount: "0.001"}`), []string{"coupons", "points", "payments"}},
		"a card under 80.00":          {with("EUR", card("20.00"), ""), []string{"payments"}},
		"a card of a cent":            {with("EUR", card("0.01"), ""), []string{"payments"}},
		"a card without a limit left": {with("EUR", card("0.00"), "{code: C, percent: 5}"), []string{"coupons"}},
		"a minimum over 120.00":       {with("EUR", "", `{code: C, percent: 5, minimum: "2500.00"}`), []string{"coupons"}},
		"a minimum in yen":            {with("JPY", "", `{code: C, amount: "500", minimum: "300000"}`), []string{"coupons"}},
		"one point":                   {with("EUR", ", points: 1", ""), []string{"points"}},
		"two points":                  {with("EUR", ", points: 2", ""), []string{"points"}},
		"inactive coupons first":      {with("EUR", "", numbered(inactive)+"{code: NOW, percent: 5}"), []string{"coupons"}},
		"cards that decline first":    {with("EUR", ", cards: ["+numbered(refusing)+`{id: visa, number: "4242424242424242", limit: "500.00"}]`, ""), []string{"payments"}},
		"poor customers first":        {"customers:\n" + "  - {id: none1}\n  - {id: none2}\n  - {id: rich, points: 9" + card("9.00") + "}\n", []string{"points", "payments"}},
		"many poor customers":         {"customers:\n  - {id: rich, points: 9}\n" + poor, []string{"points"}},
	}
}

func inOddWorld(t *testing.T, text string) *interp.Shell {
	return shelltest.In(t, text, world.DefaultSeed)
}

func TestExploreRedeemsWhateverTheWorldIsMadeOf(t *testing.T) {
	for name, odd := range oddWorlds() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			said, err := explored(t, inOddWorld(t, odd.text), "explore --bound tokens=1")
			if err != nil {
				t.Errorf("%v\n%s", err, said.Scenario)
			}
			if !slices.Equal(said.Redeemed, odd.redeemed) {
				t.Errorf("redeemed by %v, want %v; reasons %v", said.Redeemed, odd.redeemed, said.Reasons)
			}
			said, err = explored(t, inOddWorld(t, odd.text), "explore --bound tokens=1 --without redeemer-remembers")
			if err == nil || said.Found == "" {
				t.Errorf("without redeemer-remembers nothing was found in %d verbs", said.Verbs)
			}
		})
	}
}

// What was not put to the test did not hold.
func TestExploreFailsWhereNothingIsRedeemed(t *testing.T) {
	for name, test := range map[string]struct{ text, line, says string }{
		"a world with nothing": {"customers: [{id: ann}]", "explore --bound tokens=1", "no service confirmed anything"},
		"everything refuses":   {`{customers: [{id: ann, cards: [{id: broke, number: "4000000000000002", limit: "5.00", declines: true}]}], coupons: [{code: OLD, percent: 5, valid: {until: 2020-01-01T00:00:00Z}}]}`, "explore --bound tokens=1", "no service confirmed anything"},
		"with a rule left out": {"customers: [{id: ann}]", "explore --bound tokens=1 --without redeemer-remembers", "no service confirmed anything"},
	} {
		t.Run(name, func(t *testing.T) {
			s := inOddWorld(t, test.text)
			code, printed := shelltest.Refused(t, s, test.line)
			if code != exit.Refused || !strings.Contains(printed, test.says) || !strings.Contains(printed, "no invariant was put to the test") {
				t.Errorf("exit code %d: %s", code, printed)
			}
			if strings.Contains(printed, "every invariant held") {
				t.Errorf("it says that all is well: %s", printed)
			}
			said, err := explored(t, inOddWorld(t, test.text), test.line)
			if err == nil || said.Redeemed == nil || len(said.Redeemed) > 0 {
				t.Errorf("in JSON: %v, %+v", err, said)
			}
		})
	}
}

func TestExploreSaysWhoNeverRedeemed(t *testing.T) {
	got := shelltest.Do(t, inOddWorld(t, "customers: [{id: ann, points: 5}]"), "explore --bound tokens=1")
	if !strings.HasSuffix(got, "every invariant held within these bounds; nothing was redeemed by coupons, payments\n") {
		t.Error(got)
	}
}

// What can be redeemed with the facts of the examples is tried before what cannot:
// of the wallet the first choice is half of what there is, which is more than is due.
func TestExploreTakesWhatCanBeRedeemed(t *testing.T) {
	got := shelltest.Do(t, inOddWorld(t, `
customers: [{id: ann}]
domains:
  wallet:
    capability: wallet:debit
    holds: balance
    accounts: {ann: "12.50"}
    arguments: [{name: amount, type: money, example: "1.25"}]
    redeem: [{rule: "!('total' in facts) || amount <= money(facts.total)", reason: more_than_due, says: more than is due}]
    examples: {facts: {total: "1.25"}, later: {total: "0.01"}}
`), "explore --bound tokens=1")
	if !strings.HasSuffix(got, "every invariant held within these bounds\n") || !strings.Contains(got, "more_than_due") {
		t.Error(got)
	}
}

// A sample can be confirmed, and again: wherever anything can.
func TestSamplesFitTheirWorlds(t *testing.T) {
	for name, odd := range oddWorlds() {
		t.Run(name, func(t *testing.T) {
			s := inOddWorld(t, odd.text)
			for _, p := range s.World.InKindOrder() {
				for _, customer := range s.World.Plan.Customers {
					choice := p.Sample(customer)
					_, err := choice.Ask(t.Context(), issuers.Order{ID: "op_" + customer, Customer: customer})
					if all := exit.Rejections(err); all != nil && all[0].Reason == issuers.AmountInvalid {
						t.Errorf("%s: %v", choice.Line, err)
					}
					able := slices.Contains(odd.redeemed, p.Name) && (customer == "ann" || customer == "rich") && !strings.Contains(name, "minimum")
					if able && err != nil {
						t.Errorf("%s: %v", choice.Line, err)
					}
				}
			}
		})
	}
}
