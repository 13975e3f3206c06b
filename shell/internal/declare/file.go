// Package declare reads the domains that a world file declares: strictly, with the
// place of what is wrong inside an expression too, and all of them or none.
package declare

import (
	"reflect"

	"tokenshell/shell/internal/schema"
)

// file is a domain as it is written. Its tags are the help and the schema.
type file struct {
	Capability  text     `yaml:"capability" like:"stock:reserve" help:"What its tokens are good for; no other domain has it."`
	Holds       text     `yaml:"holds" enum:"quota balance authorisation none" like:"quota" help:"What a confirmation sets aside: quota (uses of a thing), balance (of a customer's account), authorisation (within a thing's limit, captured later), none (it only says that something is so)."`
	Things      []row    `yaml:"things" like:"[{id: MUG, units: 10, per_customer: 2, price: \"8.00\"}]" help:"What there is to choose from: id, and any columns. A quota reads units (in all) and per_customer; without them there is no limit; an authorisation reads customer and limit. Amounts are in quotes, with all decimals."`
	Arguments   []arg    `yaml:"arguments" like:"[{name: quantity, type: integer, default: 1}]" help:"What a confirmation says beside the thing, each as --NAME."`
	Amount      formula  `yaml:"amount" like:"quantity" help:"How much is held. An argument named amount is that already, without this key. Without either a quota holds 1."`
	Accounts    accounts `yaml:"accounts" like:"{user_123: \"50.00\"}" help:"What each customer of a balance has: whole numbers, or money in quotes."`
	Capture     formula  `yaml:"capture" like:"\"'payable' in facts ? money(facts.payable) : amount\"" help:"How much of an authorisation is taken at redemption; all of it unless given. More than the amount is refused with constraint_violated: min(amount, …) takes no more."`
	Confirm     []rule   `yaml:"confirm" like:"[{rule: \"quantity <= 5\", reason: too_many, says: at most 5 of one thing}]" help:"Rules at confirmation, in order: the first that is false refuses."`
	Constraints members  `yaml:"constraints" like:"{sku: thing.id, price_sha256: digest(thing.price)}" help:"What the token says to its issuer, for anybody to see: references and digests. Digests of the thing and the amount unless given."`
	Sealed      members  `yaml:"sealed" like:"{supplier: thing.supplier}" help:"What only the issuer can open."`
	Redeem      []rule   `yaml:"redeem" like:"[{rule: \"!('country' in facts) || facts.country != 'XX'\", reason: cannot_ship, says: nothing goes there}]" help:"Rules at redemption, with the order's facts at that time. They may read constraints, too."`
	Worth       formula  `yaml:"worth" like:"\"min(thing.price, money(facts.total) - sum(others.map(o, o.worth)))\"" help:"Money that a redemption comes to, not less than nothing: for the receipt, and for the order's later redemptions, where it is o.worth."`
	Receipt     members  `yaml:"receipt" like:"{sku: thing.id, reserved: amount}" help:"What a redemption answers. It may read taken and worth, too. A name is no word of CEL, such as for, in or as."`
	Examples    examples `yaml:"examples" like:"{facts: {country: AT}, later: {country: XX}}" help:"For the catalogue of attacks and for explore: facts with which all that can be confirmed can be redeemed, and facts that an order may change to, with which some of it can't."`
}

// arg is an argument as it is written.
type arg struct {
	Name    text `yaml:"name" like:"quantity" help:"Its flag and its name in expressions: a-z, 0-9 and _, and no word of CEL."`
	Type    text `yaml:"type" enum:"string integer money time duration thing" like:"integer" help:"string, integer, money, time (RFC 3339), duration (1h30m) or thing (the id of one)."`
	Default cell `yaml:"default" like:"1" help:"Its value when the flag is left out; without a default the flag must be given."`
	Example cell `yaml:"example" like:"2" help:"The value that help, the catalogue of attacks and explore use."`
	Help    text `yaml:"help" like:"How many." help:"One line for people."`
}

// rule is a rule as it is written.
type rule struct {
	Rule   formula `yaml:"rule" like:"quantity <= 5" help:"An expression that is true or false."`
	Reason text    `yaml:"reason" like:"too_many" help:"The reason of a refusal, of a-z and _: none of the contract's, and none of tokenshell's own domains."`
	Says   text    `yaml:"says" like:"at most 5 of one thing" help:"The refusal in a sentence."`
}

// examples are facts as they are written.
type examples struct {
	Facts pairs `yaml:"facts" like:"{country: AT}" help:"What an order says."`
	Later pairs `yaml:"later" like:"{country: XX}" help:"What it may come to say."`
}

// Key is a key of a declaration, for help.
type Key struct {
	Name string `json:"key"`
	Like string `json:"like"`
	Help string `json:"help"`
}

// Keys gives every key of a domain, and those of what stands in its lists.
func Keys() []Key {
	var all []Key
	var of func(prefix string, t reflect.Type)
	of = func(prefix string, t reflect.Type) {
		for i := range t.NumField() {
			field := t.Field(i)
			name := prefix + field.Tag.Get("yaml")
			all = append(all, Key{name, field.Tag.Get("like"), field.Tag.Get("help")})
			inner := field.Type
			if inner.Kind() == reflect.Slice {
				inner = inner.Elem()
			}
			if inner == reflect.TypeFor[arg]() || inner == reflect.TypeFor[rule]() && field.Name == "Confirm" || inner == reflect.TypeFor[examples]() {
				of(name+".", inner)
			}
		}
	}
	of("", reflect.TypeFor[file]())
	return all
}

// JSONSchema says what may stand under domains.
func (Section) JSONSchema() any {
	return map[string]any{"type": "object", "additionalProperties": schema.Keys(reflect.TypeFor[file]())}
}

// JSONSchema says what may stand there.
func (arg) JSONSchema() any { return schema.Keys(reflect.TypeFor[arg]()) }

// JSONSchema says what may stand there.
func (rule) JSONSchema() any { return schema.Keys(reflect.TypeFor[rule]()) }

// JSONSchema says what may stand there.
func (examples) JSONSchema() any { return schema.Keys(reflect.TypeFor[examples]()) }

// JSONSchema says what may stand there.
func (text) JSONSchema() any { return map[string]any{"type": "string"} }

// JSONSchema says what may stand there.
func (formula) JSONSchema() any { return scalarSchema() }

// JSONSchema says what may stand there.
func (cell) JSONSchema() any { return scalarSchema() }

// JSONSchema says what may stand there.
func (row) JSONSchema() any {
	return map[string]any{"type": "object", "required": []string{"id"}, "additionalProperties": scalarSchema()}
}

// JSONSchema says what may stand there.
func (members) JSONSchema() any {
	return map[string]any{"type": "object", "additionalProperties": scalarSchema()}
}

// JSONSchema says what may stand there.
func (accounts) JSONSchema() any {
	return map[string]any{"type": "object", "additionalProperties": map[string]any{"type": []string{"string", "integer"}}}
}

// JSONSchema says what may stand there.
func (pairs) JSONSchema() any {
	return map[string]any{"type": "object", "additionalProperties": map[string]any{"type": "string"}}
}

func scalarSchema() any { return map[string]any{"type": []string{"string", "integer", "boolean"}} }
