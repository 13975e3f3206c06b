// Domains that a world file declares: everything works on them, and nothing is
// written in Go.

package verbs_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tokenshell/issuers"
	"tokenshell/shell/attacks"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/shelltest"
	"tokenshell/shell/internal/target"
	"tokenshell/shell/internal/world"
	"tokenshell/tokens"
)

// giftsDeclared are the gift cards of package fourth, without Go.
const giftsDeclared = `
  gift:
    capability: gifts:capture
    holds: authorisation
    things:
      - {id: BIRTHDAY, customer: user_123, limit: "50.00"}
      - {id: THANKS, customer: user_123, limit: "20.00"}
    arguments:
      - {name: amount, type: money, example: "20.00", help: "How much, in the world's currency."}
    confirm:
      - {rule: amount >= money("1.00"), reason: gift_too_little, says: a gift card gives no less than 1.00}
    constraints: {card_sha256: digest(thing.id), amount_sha256: digest(amount)}
    receipt: {captured: amount}
`

func TestTheFourthDomainAsADeclaration(t *testing.T) {
	if n := strings.Count(strings.TrimSpace(giftsDeclared), "\n") + 1; n >= 30 {
		t.Errorf("it has %d lines", n)
	}
	s := shelltest.In(t, `
redeem_order: [coupons, points, payments, gift]
point_value: "0.01"
customers:
  - {id: user_123, points: 1200, cards: [{id: visa, number: "4242424242424242", limit: "500.00"}, {id: broke, number: "4000000000000002", limit: "500.00", declines: true}]}
  - {id: user_456, points: 300}
coupons: [{code: TEN, percent: 10, combinable: true}]
domains:`+giftsDeclared, 1)
	want(t, s, "session new order --fact subtotal=120.00 --fact payable=70.00", "is open")
	want(t, s, "gift list", "BIRTHDAY", "50.00")
	want(t, s, "gift confirm BIRTHDAY --amount 30.00", "gift-1: gifts:capture for order")
	refused(t, s, issuers.ThingUnknown, "gift confirm BIRTDAY --amount 1.00")
	refused(t, s, issuers.AmountInvalid, "gift confirm THANKS --amount 1.234")
	refused(t, s, issuers.Declined, "gift confirm BIRTHDAY --amount 20.01")
	refused(t, s, "gift_too_little", "gift confirm BIRTHDAY --amount 0.99")
	want(t, s, "coupon confirm TEN", "coupon-1")
	want(t, s, "payment confirm 80.00 --method visa", "payment-1")
	want(t, s, "checkout", "gift-1: redeemed by gift", `{"captured":"30.00"}`, "is completed")
	want(t, s, "view gift --jq .accounts.BIRTHDAY", `{"authorised":"0.00","available":"20.00","captured":"30.00","limit":"50.00"}`)
	want(t, s, "session new other --fact subtotal=120.00", "is open")
	want(t, s, "gift confirm THANKS --amount 20.00", "gift-2")
	want(t, s, "points confirm 5", "points-1")
	want(t, s, "fault gift.redeem refuse", "gift.redeem")
	refused(t, s, tokens.ServiceUnavailable, "checkout")
	want(t, s, "session show", "is compensated", "cancelled")
	want(t, s, "points balance", "1200 points: 0 held")
	shop, err := target.ShopOf(t.Context(), s.World.Plan)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"ALG-01", "KEY-24", "SEA-02", "FLW-12", "RED-01"} {
		at := slices.IndexFunc(attacks.All(), func(r attacks.Row) bool { return r.ID == id })
		result, err := shop.Try(t.Context(), attacks.All()[at], 1, tokens.Weakness{})
		if err != nil || result.Status != attacks.Refused {
			t.Errorf("%s: %s %s, %v", id, result.Status, result.Detail, err)
		}
	}
}

// Of what an order may have once only, the catalogue tries the rows that do with
// one, and says what the others need.
func TestOnceInAnOrder(t *testing.T) {
	plan := shelltest.PlanOf(t, `
customers: [{id: ada}, {id: ben}]
domains:
  parking:
    capability: parking:use
    holds: quota
    things: [{id: P1, units: 50}]
    confirm: [{rule: size(others) == 0, reason: one_ticket, says: one ticket for an order}]
    sealed: {who: customer.id}
`)
	s := shelltest.Of(shelltest.World(t, plan, 1))
	want(t, s, "session new a --customer ada", "is open")
	want(t, s, "parking confirm P1 --name one", "one: parking:use")
	refused(t, s, "one_ticket", "parking confirm P1")
	want(t, s, "session new b --customer ada", "is open")
	want(t, s, "parking confirm P1 --name other", "other: parking:use")
	want(t, s, "session use a", "a")
	want(t, s, "revoke one", "one")
	want(t, s, "parking confirm P1 --name again", "again: parking:use")
	shop, err := target.ShopOf(t.Context(), plan)
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]attacks.Status{"ALG-01": attacks.Refused, "SEA-01": attacks.Skipped, "RED-01": attacks.Refused} {
		at := slices.IndexFunc(attacks.All(), func(r attacks.Row) bool { return r.ID == id })
		result, err := shop.Try(t.Context(), attacks.All()[at], 1, tokens.Weakness{})
		if err != nil || result.Status != want || want == attacks.Skipped && !strings.Contains(result.Detail, "something of parking that can be confirmed 2 times in one order") {
			t.Errorf("%s: %s %s, %v", id, result.Status, result.Detail, err)
		}
	}
}

// The built-in services are there when the file says something of them, or when it
// declares nothing; redeem_order may name them, and names all.
// Of each thing it is said how many are left, also where there is no limit.
func TestWhatIsLeftOfAThing(t *testing.T) {
	for hold, want := range map[string]string{
		"holds: quota, things: [{id: A, units: 2}, {id: B}]": `[{"id":"A","left":2,"units":2},{"id":"B","left":null}]`,
		"holds: none, things: [{id: A}]":                     `[{"id":"A","left":null}]`,
		"holds: none, things: [{id: A, left: 7}]":            `[{"id":"A","left":7}]`,
	} {
		plan, err := world.Parse(shelltest.Language().Kinds, "w.yaml", []byte("customers: [{id: a}]\ndomains:\n  one: {capability: one:use, "+hold+"}\n"))
		if err != nil {
			t.Fatal(err)
		}
		if got := shelltest.Do(t, shelltest.Of(shelltest.World(t, plan, 1)), "one list --jq .things"); got != want+"\n" {
			t.Errorf("%s: %s", hold, got)
		}
	}
}

func TestWhichServicesThereAre(t *testing.T) {
	one := "domains:\n  one: {capability: one:use, holds: none}\n"
	for text, want := range map[string]string{
		"customers: [{id: a}]\n":                                                            "coupons points payments",
		"customers: [{id: a}]\n" + one:                                                      "one",
		"customers: [{id: a, points: 0}]\n" + one:                                           "points one",
		"point_value: \"0.01\"\ncustomers: [{id: a}]\n" + one:                               "points one",
		"customers: [{id: a, cards: [{id: v, number: \"4242\", limit: \"1.00\"}]}]\n" + one: "payments one",
		"coupons: [{code: TEN, percent: 10}]\ncustomers: [{id: a}]\n" + one:                 "coupons one",
		"redeem_order: [one, payments]\ncustomers: [{id: a}]\n" + one:                       "one payments",
		"redeem_order: [one, points]\ncustomers: [{id: a, points: 4}]\n" + one:              "one points",
		"redeem_order: [one]\ncustomers: [{id: a, points: 4}]\n" + one:                      `w.yaml:1: column 15: redeem_order forgets "points": it names each of points, one once`,
		"redeem_order: [one, one]\ncustomers: [{id: a}]\n" + one:                            `w.yaml:1: column 21: redeem_order names "one" twice: each domain stands there once`,
		"redeem_order: [one, two]\ncustomers: [{id: a}]\n" + one:                            `w.yaml:1: column 21: redeem_order names "two", and the world has no such domain: there is one`,
		"customers: [{id: a}]\n" + one + "  one: {capability: two:use, holds: none}\n":      `w.yaml:4: column 3: "one" stands here twice, first in the line above: leave one of the two out`,
	} {
		plan, err := world.Parse(shelltest.Language().Kinds, "w.yaml", []byte(text))
		got := fmt.Sprint(err)
		if err == nil {
			got = strings.Join(shelltest.World(t, plan, 1).ServiceNames(), " ")
		}
		if got != want {
			t.Errorf("%s\ngot  %s\nwant %s", text, got, want)
		}
	}
}

// A shell speaks of its world: with the verbs of what is declared, and none of what
// is not there.
func TestAShellSpeaksOfItsWorld(t *testing.T) {
	s := shelltest.In(t, `
customers: [{id: a}]
domains:
  seats:
    capability: seats:book
    holds: quota
    things: [{id: A1, units: 1, price: "40.00"}, {id: A2, units: 1}]
    arguments: [{name: row, type: integer, default: 1, help: "Which $row it is."}, {name: to, type: time}]
    confirm: [{rule: row < 9, reason: too_far, says: it cannot be seen from there}]
`, 1)
	refusedUsage := func(line, says string) {
		t.Helper()
		if code, printed := shelltest.Refused(t, s, line); code != exit.BadUsage || !strings.Contains(printed, says) {
			t.Errorf("%s: exit code %d, %s\nwant %s", line, code, printed, says)
		}
	}
	refusedUsage("coupon list", `there is no verb "coupon"`)
	refusedUsage("confirm points 5", `there is no verb "confirm points"`)
	refusedUsage("seat list", "did you mean seats?")
	refusedUsage("seats", "seats wants list or confirm behind it")
	refusedUsage("seats confrim A1", "did you mean confirm?")
	refusedUsage("seats confirm A1", "--to TIME is missing")
	refusedUsage("seats confirm A1 --to tomorrow", `--to "tomorrow" is not a time`)
	refusedUsage("seats confirm --to 2026-01-01T00:00:00Z", "THING is missing")
	refusedUsage("seats confirm A1 --colour red --to 2026-01-01T00:00:00Z", "unknown flag --colour")
	want(t, s, "help", "seats list", "seats confirm", "confirm seats")
	want(t, s, "help seats confirm", "seats confirm THING [--row N] --to TIME", "Which $row it is: 1 unless given.", "for example: seats confirm A1 --to 2026-01-02T00:00:00Z")
	want(t, s, "help seats", "a domain service that reserves some of a thing")
	want(t, s, "help too_far", "it cannot be seen from there", "who says it  seats", "the world file")
	want(t, s, "session new --customer a", "is open")
	want(t, s, "confirm seats A1 --to 2026-01-01T00:00:00Z --name mine", "mine: seats:book")
}

// A domain's reasons are those of its kind and its own, each once.
func TestReasonsOfADeclaredWorld(t *testing.T) {
	s := shelltest.In(t, "customers: [{id: a}]\ndomains:"+strings.ReplaceAll(giftsDeclared, "user_123", "a")+"  other: {capability: o:o, holds: none}\n", 1)
	var got []string
	for _, row := range s.Language.Reasons()[len(tokens.Reasons())-1:] {
		got = append(got, string(row.Reason)+": "+row.By)
	}
	if diff := cmp.Diff([]string{
		"argument_invalid: gift, other", "thing_unknown: gift, other", "amount_invalid: gift", "declined: gift", "gift_too_little: gift",
		"customer_unknown: every service", "service_unavailable: everyone",
	}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Flags that are missing are named together.
func TestSeveralFlagsAreMissing(t *testing.T) {
	s := shelltest.In(t, `
customers: [{id: a}]
domains:
  loan:
    capability: loan:draw
    holds: balance
    accounts: {a: "10.00"}
    arguments: [{name: amount, type: money}, {name: income, type: money}, {name: months, type: integer}]
`, 1)
	const want = "usage: loan confirm: --income AMOUNT and --months N are missing\n"
	if _, printed := shelltest.Refused(t, s, "loan confirm 5.00"); !strings.HasPrefix(printed, want) {
		t.Errorf("%q, want %q", printed, want)
	}
}
