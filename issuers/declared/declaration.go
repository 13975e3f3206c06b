// Package declared is the domain service that somebody describes instead of
// writing it: what there is to choose from, what a confirmation holds, and the
// rules. See [tokenshell/issuers] for what it shares with the other services.
package declared

import (
	"time"

	"tokenshell/tokens"
)

// Declaration is a domain, checked: whoever makes one has seen to it that its
// names are good, that its expressions give what is asked of them, and that its
// things have what its hold reads.
type Declaration struct {
	Name       string // "stock": its service, its verb, the stem of its handles and of its iss
	Capability string // "stock:reserve"
	Holds      Kind
	Money      bool       // amounts are money of the world's currency, else whole numbers
	Things     []Thing    // in the order of the file; none when there is nothing to choose from
	Arguments  []Argument // of a confirmation
	Amount     Expression // gives an int64, or a currency.Amount when Money; nil is 1, and 0 for [None]

	Accounts map[string]int64 // of a [Balance], by customer, as they are counted; see [Count]
	Capture  Expression       // how much an [Authorisation] takes at redemption; nil is all of it
	Worth    Expression       // gives the currency.Amount that a redemption comes to; may be nil

	Confirm, Redeem []Rule   // the first that does not hold refuses
	Constraints     []Member // of the token
	Sealed          []Member // none: its tokens have no sealed section
	Receipt         []Member
	Reads           []string // the facts that its expressions name
	Others          bool     // they look at the order's other confirmations
	Clock           bool     // what is refused, held or taken may depend on the time

	// What an order that is made up may say, so that confirmations of the examples
	// can be redeemed, and what it may come to say later, so that some can't: for the
	// catalogue of attacks, and for exploring. Both may be nil.
	Facts, Later tokens.Facts
}

// Kind is what a confirmation holds.
type Kind string

// The kinds of holds.
const (
	Quota         Kind = "quota"         // uses of a thing, in all and for each customer
	Balance       Kind = "balance"       // an amount of a customer's account
	Authorisation Kind = "authorisation" // an amount within an instrument's limit, captured at most
	None          Kind = "none"          // nothing: the token says that something is so
)

// Kinds are all of them.
func Kinds() []Kind { return []Kind{Quota, Balance, Authorisation, None} }

// Thing is one of what there is to choose from. What its kind of hold does not
// read is nil, empty or 0.
type Thing struct {
	ID string
	// Columns are all its values but the id, by name: those that the hold reads
	// too, as an expression sees them (limit is a currency.Amount when Money).
	Columns map[string]any

	Units       *int64 // of a [Quota], in all; nil is no limit
	PerCustomer *int64 // of a [Quota]; nil is no limit
	Customer    string // whose an [Authorisation]'s instrument is; "" is anybody's
	Limit       int64  // of an [Authorisation], as it is counted; see [Count]
}

// Argument is something that a confirmation has to say, behind the thing's id.
type Argument struct {
	Name    string
	Type    Type
	Default any // of the Go type that the Type has; nil: it must be said
	Example any // likewise, for help, the catalogue and exploring; nil: one is made up
	Help    string
}

// Type is what may be said in an argument.
type Type string

// The types, and what an expression sees of each.
const (
	String   Type = "string"   // string
	Integer  Type = "integer"  // int64
	Money    Type = "money"    // currency.Amount, of the world's currency
	Time     Type = "time"     // time.Time, written as RFC 3339
	Duration Type = "duration" // time.Duration
	ThingRef Type = "thing"    // *Thing, written as its id
)

// Types are all of them.
func Types() []Type { return []Type{String, Integer, Money, Time, Duration, ThingRef} }

// Rule is a condition with the reason of a refusal.
type Rule struct {
	Holds  Expression // gives a bool
	Reason tokens.Reason
	Says   string // one sentence, of why
}

// Member is a named value of the constraints, the sealed section or the receipt.
type Member struct {
	Name  string
	Value Expression
}

// Expression computes a value from what is known at a moment. It is called with
// the books locked: it must be quick, end, change nothing and always give the same
// for the same. Its value is a string, an int64, a bool, a currency.Amount, a
// time.Time or a time.Duration. An error says what could not be computed, for
// people: a fact that nobody said, a sum that is too large.
type Expression interface {
	Value(*Env) (any, error)
}

// Env is what an expression sees. An expression may not change it, nor keep it.
type Env struct {
	Thing       *Thing // nil when the domain has no things
	Customer    string // the id
	Facts       tokens.Facts
	Arguments   map[string]any // all of them, of the Go types of their Types
	Amount      any            // int64 or currency.Amount; nil while it is computed, and for [None]
	Now         time.Time
	Constraints map[string]any // as they were computed; nil at confirmation
	Others      []Other        // those of the same order that stand; none unless the declaration wants them
	Taken       any            // of the amount, for the worth and the receipt; nil before
	Worth       any            // currency.Amount, for the receipt; nil before
	// Digest gives the salted digest of a value, as [Text] writes it. Each token has
	// its salt, which stands as long as the reservation does: at redemption the same
	// value has the same digest.
	Digest func(value any) string
}

// MostOthers is how many other confirmations of a domain an order has at most, when
// its expressions look at them: what an expression costs has an end.
const MostOthers = 50

// Other is another confirmation of the same domain for the same order, which was
// neither taken back nor has expired.
type Other struct {
	Thing     *Thing
	Arguments map[string]any
	Amount    any
	Redeemed  bool
	Taken     any // int64 or currency.Amount: nothing before it is redeemed
	Worth     any // currency.Amount: nothing before it is redeemed, or when the domain says none
}
