package world_test

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"tokenshell/shell/internal/shelltest"
	"tokenshell/shell/internal/world"
)

func BenchmarkReadWorld(b *testing.B) {
	kinds := shelltest.Language().Kinds
	for b.Loop() {
		if _, err := world.Read(kinds, ""); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBuildWorld(b *testing.B) {
	plan := shelltest.Plan(b, "")
	for b.Loop() {
		shelltest.World(b, plan, 1)
	}
}

// Two services that hold the same, the one built in and the other declared: a quota
// with a rule, and an authorisation that is sealed and captured.
const (
	builtInPair = `
customers: [{id: user_123, cards: [{id: visa, number: "4242424242424242", limit: "900000000.00"}]}]
coupons: [{code: TEN, amount: "5.00", minimum: "10.00", combinable: true, total: 900000000}]
`
	declaredPair = `
facts: [subtotal, payable]
customers: [{id: user_123}]
domains:
  voucher:
    capability: voucher:use
    holds: quota
    things: [{id: TEN, units: 900000000, minimum: "10.00", amount: "5.00"}]
    confirm: [{rule: "money(facts.subtotal) >= thing.minimum", reason: minimum_missed, says: too little}]
    constraints: {coupon_ref: digest(thing.id), amount_sha256: digest(thing.amount)}
    redeem: [{rule: "money(facts.subtotal) >= thing.minimum", reason: minimum_missed, says: too little}]
    receipt: {code: thing.id, discount: thing.amount}
  deposit:
    capability: deposit:take
    holds: authorisation
    things: [{id: visa, customer: user_123, limit: "900000000.00", last4: "4242"}]
    arguments: [{name: amount, type: money}]
    capture: "'payable' in facts ? money(facts.payable) : amount"
    constraints: {method_ref: digest(thing.id), amount_sha256: digest(amount)}
    sealed: {last4: thing.last4}
    receipt: {authorised: amount}
`
)

// A declared domain beside the built-in one, in one run: a world is read, a line is
// parsed, and orders are opened, confirmed, redeemed and closed.
func BenchmarkDeclared(b *testing.B) {
	pairs := map[string]struct{ world, quota, amount string }{
		"built-in": {builtInPair, "coupon confirm TEN --name t", "payment confirm 1.00 --method visa --name t"},
		"declared": {declaredPair, "voucher confirm TEN --name t", "deposit confirm visa --amount 1.00 --name t"},
	}
	for _, name := range []string{"built-in", "declared"} {
		b.Run("read/"+name, func(b *testing.B) {
			for b.Loop() {
				shelltest.PlanOf(b, pairs[name].world)
			}
		})
		b.Run("parse/"+name, func(b *testing.B) {
			s, words := shelltest.In(b, pairs[name].world, 1), strings.Fields(pairs[name].amount)
			for b.Loop() {
				if err := s.Parses(words); err != nil {
					b.Fatal(err)
				}
			}
		})
		for what, line := range map[string]string{"quota": pairs[name].quota, "authorisation": pairs[name].amount} {
			b.Run(what+"/"+name, func(b *testing.B) {
				s := shelltest.In(b, pairs[name].world, 1)
				for n := 0; b.Loop(); n++ {
					t := fmt.Sprintf("t%d", n)
					for _, l := range []string{fmt.Sprintf("session new op_%d --fact subtotal=120.00 --fact payable=0.50", n), line + fmt.Sprint(n), "redeem --direct " + t, "session close"} {
						if err := s.Line(b.Context(), l, false, io.Discard, io.Discard); err != nil {
							b.Fatal(l, err)
						}
					}
				}
			})
		}
	}
}
