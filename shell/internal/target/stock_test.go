package target_test

import (
	"fmt"
	"strings"
	"testing"

	"tokenshell/shell/internal/shelltest"
)

// Whatever a world lacks, no attack fails for it: what can be tried is refused as it
// has to be, and nothing at all that is tried is no success.
func TestWhatAWorldLacks(t *testing.T) {
	const one = "domains:\n  ok: {capability: ok:say, holds: none, things: [{id: x}]}\n"
	for name, tt := range map[string]struct {
		world string
		least int    // rows of the group that are tried; 0 for none
		lacks string // that is said then
	}{
		"a coupon with a minimum":             {"coupons: [{code: TEN, percent: 10, minimum: \"20.00\"}]\ncustomers: [{id: mia}]\n" + one, 40, ""},
		"a coupon for each customer once":     {"coupons: [{code: TEN, percent: 10, per_customer: 1}]\ncustomers: [{id: mia}]\n" + one, 40, ""},
		"nobody has points":                   {"redeem_order: [points, ok]\ncustomers: [{id: mia}]\n" + one, 40, ""},
		"the first customer has no card":      {"coupons: [{code: TEN, percent: 10}]\ncustomers: [{id: mia, points: 3}, {id: ben, cards: [{id: v, number: \"4242424242424242\", limit: \"10.00\"}]}]\n" + one, 40, ""},
		"all built-in services by name alone": {"redeem_order: [coupons, points, payments, ok]\ncustomers: [{id: mia}, {id: tom}]\n" + one, 40, ""},
		"a fact without which nothing goes":   {"customers: [{id: mia}, {id: tom}]\ndomains:\n  ok:\n    capability: ok:say\n    holds: none\n    confirm: [{rule: \"'adult' in facts\", reason: too_young, says: it is for adults}]\n    redeem: [{rule: \"facts.adult == 'yes'\", reason: too_young, says: it is for adults}]\n    examples: {facts: {adult: \"yes\"}}\n", 40, ""},
		"one permit for a customer":           {"customers: [{id: mia}, {id: tom}]\ndomains:\n  permit: {capability: permit:grant, holds: quota, things: [{id: A, units: 3, per_customer: 1}]}\n", 0, "something of permit that can be confirmed 3 times"},
		"a rule that never holds":             {"customers: [{id: mia}]\ndomains:\n  ok:\n    capability: ok:say\n    holds: none\n    confirm: [{rule: customer.id == 'ann', reason: never, says: never}]\n", 0, "something of ok that can be confirmed"},
	} {
		t.Run(name, func(t *testing.T) {
			s := shelltest.Of(shelltest.World(t, shelltest.PlanOf(t, tt.world), 1))
			const line = "attack run --group flow --jq '.total, .refused, ([.rows[] | select(.status == \"skipped\")] | length), (.rows[] | select(.status != \"skipped\" and .status != \"refused\"))'"
			if tt.least == 0 {
				if code, said := shelltest.Refused(t, s, line); code != 1 || !strings.Contains(said, "no attack was tried, for want of "+tt.lacks) {
					t.Errorf("rc %d: %s", code, said)
				}
				return
			}
			said := shelltest.Do(t, s, line)
			var total, refused, skipped int
			if _, err := fmt.Sscan(said, &total, &refused, &skipped); err != nil || refused+skipped != total || refused < tt.least {
				t.Errorf("%d of %d are refused, %d not tried, %v:\n%s", refused, total, skipped, err, said)
			}
		})
	}
}

// A name without a small letter is the same in upper case: that is no attack.
func TestANameWithoutLetters(t *testing.T) {
	const one = "domains:\n  ok: {capability: ok:say, holds: none, things: [{id: x}]}\ncustomers: "
	for customers, want := range map[string]string{
		`[{id: "42"}, {id: mia}]`: "skipped, it needs a customer with a small letter in its name",
		`[{id: mia}, {id: "42"}]`: "refused, ",
	} {
		s := shelltest.Of(shelltest.World(t, shelltest.PlanOf(t, one+customers), 1))
		said := shelltest.Do(t, s, `attack run CLM-72 ALG-01 --jq '.rows[] | select(.id == "CLM-72") | .status + ", " + .detail'`)
		if !strings.Contains(said, want) {
			t.Errorf("%s: %s", customers, said)
		}
	}
}

// What is not as the world file has it is said, where attacks are tried and where one is
// shown; and nothing is where all is.
func TestWhatAttacksAreAbout(t *testing.T) {
	const one = "customers: [{id: mia}]\ndomains:\n  ok: {capability: ok:say, holds: none, things: [{id: x}]}\n"
	for text, want := range map[string]string{
		"customers: [{id: mia}]\n": "This is about the embedded world: the world file declares no domains.\n",
		"coupons: [{code: TEN, percent: 10, per_customer: 1}]\nredeem_order: [points, coupons, ok]\n" + one: "Left out, for too little of it can be confirmed: points, coupons.\n",
		one: "",
		"":  "",
	} {
		s := shelltest.New(t, 1)
		if text != "" {
			s = shelltest.Of(shelltest.World(t, shelltest.PlanOf(t, text), 1))
		}
		for _, line := range []string{"attack run ALG-01", "attack show ALG-01"} {
			said := shelltest.Do(t, s, line)
			if !strings.Contains(said, want) || want == "" && (strings.Contains(said, "Left out") || strings.Contains(said, "embedded world")) {
				t.Errorf("%s in %q:\n%s", line, text, said)
			}
		}
	}
}
