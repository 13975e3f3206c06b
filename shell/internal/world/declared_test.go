// Declared domains: worlds with them come back, and go on, as others do.

package world_test

import (
	"testing"

	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/shelltest"
	"tokenshell/shell/internal/world"
)

// declaredShop has each kind of hold, declared, and coupons.
const declaredShop = `
redeem_order: [coupons, stock, gifts, cards, quote]
customers: [{id: user_123}, {id: user_456}]
coupons: [{code: FIVE, amount: "5.00", per_customer: 2}]
domains:
  stock:
    capability: stock:reserve
    holds: quota
    things:
      - {id: SHIRT, units: 3, price: "20.00", supplier: ACME}
      - {id: MUG, units: 9, per_customer: 2, price: "8.00", supplier: OTHER}
    arguments:
      - {name: quantity, type: integer, default: 1}
    amount: quantity
    confirm: [{rule: quantity <= 5, reason: too_many, says: at most 5}]
    constraints: {sku: thing.id, price_sha256: digest(thing.price), where: "'country' in facts ? facts.country : 'nowhere'"}
    sealed: {supplier: thing.supplier}
    redeem: [{rule: "constraints.where != 'XX'", reason: cannot_ship, says: nothing goes there}]
    examples: {facts: {country: AT}, later: {country: XX}}
  gifts:
    capability: gifts:spend
    holds: balance
    accounts: {user_123: "50.00", user_456: "20.00"}
    arguments: [{name: amount, type: money}]
  cards:
    capability: cards:capture
    holds: authorisation
    things:
      - {id: visa, customer: user_123, limit: "100.00"}
      - {id: small, customer: user_456, limit: "10.00"}
    arguments: [{name: amount, type: money}]
    capture: "'payable' in facts ? money(facts.payable) : amount"
  quote:
    capability: quote:use
    holds: none
    things: [{id: car}, {id: house}]
    arguments:
      - {name: from, type: time, example: 2026-02-01T00:00:00Z}
      - {name: lasts, type: duration, default: 24h}
      - {name: with, type: thing, default: house}
    confirm: [{rule: from > now, reason: too_late, says: it begins in the past}]
    constraints: {from: from, until: from + lasts, with: with.id}
`

func declaredScene(t testing.TB, seed uint64) *interp.Shell {
	t.Helper()
	s := shelltest.In(t, declaredShop, seed)
	s.Dir.Path = t.TempDir()
	for _, o := range shelltest.OutsideTokens() {
		shelltest.WriteFile(t, s.Dir.Full(o.File+".jws"), o.Raw(t)+"\n")
	}
	if !world.SavesRelay(s.World) {
		t.Skip("the relay is no part of what is put aside")
	}
	return s
}

// Each field of a declared service comes back.
func TestADeclaredWorldComesBack(t *testing.T) {
	allComesBack(t, 8, map[string]bool{}, declaredScene)
}

// What is written of it tells all that bears on its future.
func TestADeclaredWorldGoesOnAlike(t *testing.T) { goesOnAlike(t, declaredScene(t, 1), 12, 5) }
