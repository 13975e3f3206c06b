// The kind: a domain as a world knows it, and its part of a world file.

package world

import (
	"context"
	"slices"
	"time"

	"tokenshell/issuers"
	"tokenshell/issuers/declared"
	"tokenshell/orchestrator"
	"tokenshell/shell/internal/page"
	"tokenshell/shell/internal/spec"
	"tokenshell/tokens"
)

// Kind is a domain that a world may have: what it is called, what its tokens
// are good for, and what it reads in a world file.
type Kind struct {
	Name       string // "coupons": its service, and the stem of its iss
	Handle     string // "coupon": its verb, and the stem of its tokens' handles
	Capability string
	Seals      bool   // its tokens carry a sealed section
	Optional   bool   // only a world that says something of it has it
	Holds      string // what it sets aside, as a sentence goes on: "holds the points"
	Verbs      string // those that are about it, for help
	Reasons    []tokens.ReasonRow
	Lessons    map[tokens.Reason]string // what to try next after each of its reasons
	Reads      []string                 // facts of an order

	Declaration *declared.Declaration // of a domain that the world file declares; else nil

	// Section makes the domain's part of a world file, a pointer to a struct
	// whose fields with a yaml tag are keys of the file.
	Section func() Section
	// Customer is a struct whose fields with a yaml tag are keys of each
	// customer; nil when there are none.
	Customer any
	// Rounding gives a key of the file and a value for it, in a currency, with which its
	// amounts have to be rounded; nil when they never do.
	Rounding func(currency string) (key, value string)
}

// Issuer gives its iss.
func (k *Kind) Issuer() string { return issuers.IssuerName(k.Name) }

// Section is a domain's part of a world file. Its keys are filled when Read and
// ReadCustomer are called; they say what is wrong to r.
type Section interface {
	// Said reports whether the file says anything of the domain.
	Said() bool
	// ReadCustomer reads what a customer's keys say: a pointer to a copy of
	// [Kind.Customer], or nil. at is the YAML path of the customer.
	ReadCustomer(r *Reader, at, customer string, keys any)
	// Read reads the rest, after the customers.
	Read(r *Reader)
	// Open starts the service. It may be called many times.
	Open(context.Context, Setting) (Domain, error)
}

// Declarer is a section that is of no domain, and says which others there are.
type Declarer interface {
	Section
	// Declared gives the domains that the file declares, after Read, in its order.
	Declared() []Planned
}

// Planned is a domain of a plan.
type Planned struct {
	Kind    *Kind
	Section Section
}

// Setting is what a world gives a domain.
type Setting struct {
	issuers.Config
	Currency  string   // ISO 4217
	Customers []string // the first is the default
}

// Service is who redeems a token: a domain, or a stand-in for an outside
// issuer's.
type Service interface {
	orchestrator.Redeemer
	Explain(ctx context.Context, raw string, session tokens.Session, all bool) []tokens.Finding
}

// Domain is a domain service of a world, whatever it is about.
type Domain interface {
	Service
	Part
	Revoke(ctx context.Context, raw string) error
	Open(ctx context.Context, ref tokens.Ref, sealed []byte) ([]byte, error)
	Keys() *issuers.KeyRing
	Entries() []issuers.Entry      // oldest first
	Reservations() []issuers.Entry // in no order, and without what they hold
	Remembers(order string) (until time.Time, yes bool)
	Audit() error

	// Accounts gives what it counts, for people.
	Accounts() Accounts
	// Counts gives the same by name, for comparing.
	Counts() map[string]string
	// About says in a few words what it has of a customer; it may be empty.
	About(customer string) string
	// Sample is something small that a customer may have confirmed again and
	// again, if there is such a thing.
	Sample(customer string) Choice
	// Choices are what a customer might have confirmed, for exploring: what can be
	// confirmed first, and the same for as long as the world stands.
	Choices(customer string) []Choice
	// Facts are what an order may say so that the choices can be redeemed, and
	// what it may come to say, so that not all of them can. Both may be nil.
	Facts(customer string) (first, later tokens.Facts)
}

// Fitting is a domain that says whether what it redeemed of an order fits what the
// order says: it has the receipts of all that stands redeemed through the relay. All
// says that the order is completed, and that nothing else of it stands redeemed here.
type Fitting interface {
	Fits(facts tokens.Facts, receipts []tokens.Receipt, all bool) error
}

// Foretold is a domain whose rules a reference model knows by itself, from what the
// world file says.
type Foretold interface {
	// Foretell tells a model what there is, and gives the rules of it: nil when it is
	// more than a model can count, or tell.
	Foretell(m *spec.World) spec.Rules
	// Sums gives what its reservations hold together, and what they have taken, in the
	// units of [Choice.Held].
	Sums() (held, taken int64)
}

// Choice is something that a customer may have confirmed.
type Choice struct {
	Service string
	Held    spec.Hold // what is set aside for it, of a domain that is [Foretold]
	Says    string    // what is asked for: "TEN", "500 points", "80.00 on visa"
	Line    string    // the verb that asks for it, without flags: "coupon confirm TEN"
	Kind    string    // the verb without what is not a kind of its own: "points confirm"
	Last    bool      // there is one of it, for all customers together or for each
	Rounds  bool      // what it comes to has to be rounded
	Theirs  bool      // of an exploration: it is for the orders of another customer only
	Ask     func(context.Context, issuers.Order) (tokens.Issued, error)
}

// Accounts are what a domain counts: uses, balances, limits.
type Accounts struct {
	Data any         // for JSON
	Rows *page.Table // for a page
}

// Reasons gives the reasons of the contract and those of some domains, in the
// order of the checks. What several domains say stands there once.
func Reasons(kinds []*Kind) []tokens.ReasonRow {
	all := tokens.Reasons()
	last := all[len(all)-1] // service_unavailable, which is anybody's
	all = all[:len(all)-1]
	for _, rows := range append(domainReasons(kinds), issuers.Reasons()) {
		for _, row := range rows {
			at := slices.IndexFunc(all, func(r tokens.ReasonRow) bool { return r.Reason == row.Reason })
			if at < 0 {
				all = append(all, row)
			} else {
				all[at].By += ", " + row.By
			}
		}
	}
	return append(all, last)
}

func domainReasons(kinds []*Kind) [][]tokens.ReasonRow {
	var all [][]tokens.ReasonRow
	for _, k := range kinds {
		all = append(all, k.Reasons)
	}
	return all
}
