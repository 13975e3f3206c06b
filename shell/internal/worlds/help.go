// help world: every key of a world file, and how expressions are written.

package worlds

import (
	"fmt"
	"reflect"
	"strings"

	"tokenshell/issuers/declared"
	"tokenshell/shell/internal/declare"
	"tokenshell/shell/internal/rules"
	"tokenshell/shell/internal/world"
)

// Keys gives every key of a world file that may say something of these kinds of
// domains, from the struct that reads it.
func Keys(kinds []*world.Kind) []declare.Key {
	var all []declare.Key
	var of func(at string, t reflect.Type)
	of = func(at string, t reflect.Type) {
		for i := range t.NumField() {
			tag := t.Field(i).Tag
			name := tag.Get("yaml")
			if name == "" {
				continue
			}
			all = append(all, declare.Key{Name: at + name, Like: tag.Get("like"), Help: tag.Get("help")})
			below := t.Field(i).Type
			if below == reflect.TypeFor[declare.Section]() {
				for _, key := range declare.Keys() {
					key.Name = "domains.NAME." + key.Name
					all = append(all, key)
				}
				continue
			}
			for below.Kind() == reflect.Pointer || below.Kind() == reflect.Slice {
				below = below.Elem()
			}
			if below.Kind() == reflect.Struct {
				of(at+name+".", below)
			}
		}
	}
	of("", world.Shape(kinds))
	return all
}

// Example is a world that help shows: the customers and a domain.
const Example = `customers: [{id: ada}, {id: ben}]
domains:
  stock:
    capability: stock:reserve
    holds: quota
    things:
      - {id: TSHIRT, units: 3, price: "20.00"}
      - {id: MUG, units: 10, per_customer: 2, price: "8.00"}
    arguments: [{name: quantity, type: integer, default: 1}]
    amount: quantity
    confirm:
      - rule: quantity <= 5
        reason: too_many
        says: at most 5 of one thing
    constraints: {sku: thing.id, price_sha256: digest(thing.price)}
    redeem:
      - rule: "!('country' in facts) || facts.country != 'XX'"
        reason: cannot_ship
        says: nothing goes there
    receipt: {sku: thing.id, reserved: amount}
`

// Row is a line of a table of help.
type Row struct{ Name, What string }

// Expressions says what an expression may read and call, each with an example that
// is an expression of [Example], or one with an argument of that type.
func Expressions() []Row {
	return []Row{
		{"thing.id", "the thing, and its columns: thing.price. Of a column that some things lack, has(thing.limit) asks first"},
		{"customer.id", "who the order is for"},
		{"facts.country", "a fact of the order, a text. 'country' in facts asks whether the order has it; int(facts.age) and money(facts.total) make a number or an amount of one"},
		{"quantity", "an argument, of its type; of an argument that is a thing, its columns"},
		{"amount", "how much is held, once that is known: not within amount"},
		{"now", "the time by the service's clock: now < timestamp('2027-01-01T00:00:00Z'), now + duration('1h'); of a column duration(string(thing.hours) + 'h')"},
		{"size(others)", "the order's other confirmations of this domain that stand, in no order; at redemption those that are redeemed, too"},
		{"others.all(o, o.thing.id != thing.id)", "of each of them o.thing, its arguments (o.quantity), o.amount, o.redeemed, and what its redemption took and came to: o.taken, o.worth; also exists, filter"},
		{"sum(others.map(o, o.amount))", "the sum of whole numbers, or of money; nothing of none"},
		{"constraints.sku", "what the token says, at redemption: in redeem, capture, worth and receipt"},
		{"taken", "how much was taken of the amount, in worth and receipt"},
		{"worth", "what the redemption comes to, in the receipt of a domain that says worth"},
		{"digest(thing.price)", "a salted digest; the same value has the same digest as long as the token lives"},
		{"money('1.00')", "an amount: + - < <= > >= == with money, * with a whole number, / with one, rounded half up: money(facts.total) * 15 / 100"},
		{"min(amount, 2)", "the smaller of two whole numbers or two amounts; max the larger"},
		{"string(amount)", "a value as a text; also matches, startsWith, endsWith, contains, size, in ['a', 'b'], a ? b : c"},
	}
}

// Help is shown behind the verbs of world. Lines with a tab are rows of a table.
func (v *Verb) Help() string {
	var b strings.Builder
	b.WriteString("A world file is YAML, read strictly: tokenshell --world FILE, or a section world.yaml of a scenario. help schema world is its JSON schema, for editors.\n\n")
	for _, key := range Keys(v.Kinds) {
		fmt.Fprintf(&b, "  %s\t%s Such as %s\n", key.Name, key.Help, key.Like)
	}
	b.WriteString("\nWhat each value of holds reads, and last the reason that it refuses with, beside those of your rules:\n\n")
	for _, row := range []Row{
		{"quota", "units and per_customer of a thing; amount is a whole number, 1 unless given; quota_exhausted"},
		{"balance", "accounts, of whole numbers or of money, and amount of the same; balance_insufficient"},
		{"authorisation", "customer and limit of a thing, amount of the limit's type, capture; declined"},
		{"none", "nothing"},
	} {
		fmt.Fprintf(&b, "  %s\t%s\n", row.Name, row.What)
	}
	fmt.Fprintf(&b, `
All refuse with thing_unknown, argument_invalid, amount_invalid and customer_unknown, too.

A column is a text, a whole number, true or false, or money when all its texts are amounts with all decimals.

An expression stands in quotes when it begins with a quote or !, or has a colon or # in it; within {…}, also when it has a comma or a bracket in it.

Expressions are CEL (cel.dev), checked when the file is read; each has at most %d bytes and costs at most %d steps; where one looks at others, an order has at most %d confirmations of the domain at once. They may read and call:

`, rules.Longest, rules.Dearest, declared.MostOthers+1)
	for _, row := range Expressions() {
		fmt.Fprintf(&b, "  %s\t%s\n", row.Name, row.What)
	}
	b.WriteString("\nA whole world, with the verbs stock list, stock confirm THING [--quantity N] and help stock confirm:\n\n")
	for line := range strings.Lines(Example) {
		b.WriteString("  " + line)
	}
	b.WriteString("\nworld init --domain HOLDS writes a small one with a story; world check says what is wrong or odd. examples/worlds in the repository has a shop, a concert and an insurance.\n")
	return b.String()
}
