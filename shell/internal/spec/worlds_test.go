package spec_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"tokenshell/shell/internal/anyworld"
	"tokenshell/shell/internal/shelltest"
	"tokenshell/shell/internal/spec"
	"tokenshell/shell/internal/world"
)

// twin is a world twice: for the product and for the model.
type twin struct {
	name  string
	yaml  string // empty is the embedded world
	plan  *world.Plan
	club  bool // an outside issuer is trusted, and a stand-in takes its tokens
	model func() *spec.World
	drawn *anyworld.World // a world that declares its domains; nil when it has the shop's
	any   []twin          // of which each walk draws one; nil of one world
}

// many is how many worlds that declare their domains are drawn for a run.
const many = 24

// drawnTwins gives worlds that declare their domains.
func drawnTwins(t *testing.T, seed uint64) twin {
	t.Helper()
	of := twin{name: "drawn worlds"}
	for n := range uint64(many) {
		w := anyworld.Draw(rand.New(rand.NewPCG(seed, n)))
		of.any = append(of.any, twin{name: fmt.Sprintf("drawn world %d", n), yaml: w.Text, plan: shelltest.PlanOf(t, w.Text), model: w.Model, drawn: w})
	}
	return of
}

// twins gives the worlds that are walked in; the seed is of those that are drawn.
func twins(t *testing.T, seed uint64) []twin {
	t.Helper()
	return []twin{
		{name: "the embedded world", plan: shelltest.Plan(t, ""), model: func() *spec.World {
			return spec.New([]string{"coupons", "points", "payments"}, []spec.Customer{
				{ID: "user_123", Points: 1200, Cards: []spec.Card{{ID: "visa", Limit: 50000}, {ID: "broke", Limit: 50000, Declines: true}}},
				{ID: "user_456", Points: 300, Cards: []spec.Card{{ID: "master", Limit: 25000}, {ID: "small", Limit: 2000}}},
				{ID: "user_789", Points: 0, Cards: []spec.Card{{ID: "amex", Limit: 200000}}},
			}, []spec.Coupon{
				{Code: "SPRING25", Minimum: 10000, PerCustomer: 1, Total: 100},
				{Code: "TEN", Combinable: true},
				{Code: "FIVE", Combinable: true},
				{Code: "HALF", Minimum: 4000},
				{Code: "WELCOME", PerCustomer: 1, Combinable: true},
				{Code: "LASTONE", Total: 1},
				{Code: "BIG100", Minimum: 5000},
				{Code: "SUMMER24", Inactive: true},
				{Code: "EARLYBIRD", PerCustomer: 1, Total: 1},
				{Code: "NEXTYEAR", Inactive: true},
			})
		}},
		{name: "a small world", club: true, yaml: smallWorld, plan: shelltest.PlanOf(t, smallWorld), model: func() *spec.World {
			return spec.New([]string{"payments", "points", "coupons", spec.Club}, []spec.Customer{
				{ID: "ann", Points: 10, Cards: []spec.Card{{ID: "debit", Limit: 10000}}},
				{ID: "bob", Points: 7},
			}, []spec.Coupon{
				{Code: "TWICE", PerCustomer: 1, Total: 2, Combinable: true},
				{Code: "ONCE", Total: 1, Combinable: true},
				{Code: "ALONE", Minimum: 5000},
			})
		}},
		drawnTwins(t, seed),
	}
}

const smallWorld = `redeem_order: [payments, points, coupons]
customers:
  - {id: ann, points: 10, cards: [{id: debit, number: "4242424242424242", limit: "100.00"}]}
  - {id: bob, points: 7}
coupons:
  - {code: TWICE, amount: "5.00", per_customer: 1, total: 2, combinable: true}
  - {code: ONCE, amount: "1.00", total: 1, combinable: true}
  - {code: ALONE, percent: 50, minimum: "50.00"}
`
