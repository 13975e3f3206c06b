// Foretold: what a declared domain answers, as a reference model has it: what its
// declaration says, computed over what the model knows.

package domains

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"tokenshell/issuers"
	"tokenshell/issuers/declared"
	"tokenshell/shell/internal/rules"
	"tokenshell/shell/internal/spec"
	"tokenshell/tokens"
)

// foretold are the rules of a declared domain. How much there is left, its model
// adds up.
type foretold struct {
	*spec.Declared
	d        *declared.Declaration
	currency string
}

// asked is what its rules know of a hold.
type asked struct {
	arguments   map[string]any
	amount      any // as expressions see it
	constraints map[string]any
	worth       any // once redeemed, if the declaration says what
}

// asked gives what is known of something before it is held.
func (d *declaredDomain) asked(ask declared.Ask) *asked {
	arguments := map[string]any{}
	for i := range d.d.Arguments {
		a := &d.d.Arguments[i]
		value, said := ask.Arguments[a.Name]
		if !said {
			value = a.Default
		}
		if id, is := value.(string); is && a.Type == declared.ThingRef {
			value = thingOf(d.d, id)
		}
		arguments[a.Name] = value
	}
	return &asked{arguments: arguments}
}

// thingOf finds a thing; nil when there is none.
func thingOf(d *declared.Declaration, id string) *declared.Thing {
	at := slices.IndexFunc(d.Things, func(t declared.Thing) bool { return t.ID == id })
	if at < 0 {
		return nil
	}
	return &d.Things[at]
}

// Foretell tells what there is of each thing, or of each account. It gives no rules
// when they may depend on more than a model knows.
func (d *declaredDomain) Foretell(m *spec.World) spec.Rules {
	m.Turns = append(m.Turns, turns(d.d)...)
	if slices.ContainsFunc(expressions(d.d), orders) {
		return nil
	}
	countIn(m, d.currency)
	of := &spec.Declared{Name: d.d.Name, Holds: string(d.d.Holds), Money: d.d.Money, Sealed: len(d.d.Sealed) > 0, Accounts: map[string]int{}}
	for customer, n := range d.d.Accounts {
		of.Accounts[customer] = int(n)
	}
	for _, t := range d.d.Things {
		thing := spec.Thing{ID: t.ID, Customer: t.Customer, Limit: int(t.Limit)}
		for limit, is := range map[*int]*int64{&thing.Units: t.Units, &thing.PerCustomer: t.PerCustomer} {
			if is != nil {
				*limit, thing.None = int(*is), thing.None || *is == 0
			}
		}
		of.Things = append(of.Things, thing)
	}
	m.Declared = append(m.Declared, of)
	own := *d.d // whatever becomes of the service's
	return &foretold{of, &own, d.currency}
}

// moment is a moment that an expression says.
var moment = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`timestamp\(\s*['"]([^'"]+)['"]\s*\)`) })

// turns gives the seconds at which rules that look at the time may turn: those of the
// moments that the declaration's things and expressions say.
func turns(d *declared.Declaration) []int {
	if !d.Clock {
		return nil
	}
	var said []string
	for _, t := range d.Things {
		for _, value := range t.Columns {
			if text, is := value.(string); is {
				said = append(said, text)
			}
		}
	}
	for _, x := range expressions(d) {
		if of, known := x.(*rules.Expression); known {
			for _, found := range moment().FindAllStringSubmatch(of.Text, -1) {
				said = append(said, found[1])
			}
		}
	}
	var all []int
	for _, text := range said {
		if t, err := time.Parse(time.RFC3339, text); err == nil {
			all = append(all, int(t.Unix()))
		}
	}
	return all
}

// expressions are all that a declaration has.
func expressions(d *declared.Declaration) []declared.Expression {
	all := []declared.Expression{d.Amount, d.Capture, d.Worth}
	for _, r := range slices.Concat(d.Confirm, d.Redeem) {
		all = append(all, r.Holds)
	}
	for _, member := range slices.Concat(d.Constraints, d.Sealed, d.Receipt) {
		all = append(all, member.Value)
	}
	return slices.DeleteFunc(all, func(x declared.Expression) bool { return x == nil })
}

// orders reports whether what an expression gives may depend on more of a digest
// than what it is of: the model has digests of its own, with another salt.
func orders(x declared.Expression) bool {
	return ofDigests(x) && names(x, "<", ">", "startsWith", "endsWith", "contains", "matches", "bytes")
}

// ofDigests reports whether an expression may come to a digest.
func ofDigests(x declared.Expression) bool { return names(x, "digest", "constraints") }

// names reports whether any of some words stands in an expression, or may.
func names(x declared.Expression, words ...string) bool {
	of, known := x.(*rules.Expression)
	return !known || slices.ContainsFunc(words, func(word string) bool { return strings.Contains(of.Text, word) })
}

// Confirm says why something is not held; see [spec.Rules].
func (f *foretold) Confirm(m *spec.World, s *spec.Session, h *spec.Hold) string {
	if _, has := f.Accounts[s.Customer]; f.d.Holds == declared.Balance && !has {
		return string(issuers.CustomerUnknown)
	}
	if !f.Offers(h.Thing, s.Customer) {
		return string(issuers.ThingUnknown)
	}
	of := *h.Of.(*asked)
	env := f.env(m, h, &of, s.ID, s.Customer, s.Facts())
	if len(env.Others) > declared.MostOthers {
		return string(issuers.ArgumentInvalid)
	}
	var ok bool
	if of.amount, h.Amount, ok = f.amount(env); !ok {
		return string(issuers.AmountInvalid)
	}
	env.Amount = of.amount
	for i := range f.d.Confirm {
		if value, err := f.d.Confirm[i].Holds.Value(env); err != nil || value != true {
			return string(f.d.Confirm[i].Reason)
		}
	}
	if why := f.Fits(m, s.Customer, h); why != "" {
		return why
	}
	if size, err := f.d.Letter(env); err != nil || size > declared.MostLetter {
		return string(issuers.ArgumentInvalid)
	}
	of.constraints, _ = values(f.d.Constraints, env) // the letter has them
	h.Of = &of
	return ""
}

// amount computes how much is to be held: as expressions see it, and as it is
// counted. It is not ok when it can't be held.
func (f *foretold) amount(env *declared.Env) (value any, n int, ok bool) {
	value = int64(1)
	switch {
	case f.d.Holds == declared.None:
		return nil, 0, true
	case f.d.Amount != nil:
		var err error
		if value, err = f.d.Amount.Value(env); err != nil {
			return nil, 0, false
		}
	}
	units, err := declared.Count(value)
	return f.shown(int(units)), int(units), err == nil && units > 0
}

// Commit says why a hold does not hold for the facts, and else takes it; see
// [spec.Rules].
func (f *foretold) Commit(m *spec.World, h *spec.Hold, facts map[string]string) string {
	of := *h.Of.(*asked)
	env := f.env(m, h, &of, h.Order, h.Customer, facts)
	for i := range f.d.Redeem {
		switch value, err := f.d.Redeem[i].Holds.Value(env); {
		case err != nil:
			return string(tokens.ConstraintViolated)
		case value != true:
			return string(f.d.Redeem[i].Reason)
		}
	}
	taken := h.Amount
	if f.d.Capture != nil {
		n, ok := computed(f.d.Capture, env)
		if taken = int(n); !ok || taken > h.Amount {
			return string(tokens.ConstraintViolated)
		}
	}
	env.Taken = f.shown(taken)
	if f.d.Worth != nil {
		if _, ok := computed(f.d.Worth, env); !ok {
			return string(tokens.ConstraintViolated)
		}
		of.worth, _ = f.d.Worth.Value(env) // it has just been computed
		env.Worth = of.worth
	}
	says, err := values(f.d.Receipt, env)
	if err != nil {
		return string(tokens.ConstraintViolated)
	}
	h.Take(taken)
	h.Of, h.Receipt = &of, f.receipt(says, env)
	return ""
}

// receipt writes what the receipt says; nothing when it says digests.
func (f *foretold) receipt(says map[string]any, env *declared.Env) string {
	if slices.ContainsFunc(f.d.Receipt, func(member declared.Member) bool { return ofDigests(member.Value) }) {
		return ""
	}
	if len(says) == 0 {
		if env.Thing != nil {
			says["thing"] = env.Thing.ID
		}
		if env.Amount != nil {
			says["amount"] = env.Amount
		}
		if env.Worth != nil {
			says["worth"] = env.Worth
		}
	}
	if _, said := says["captured"]; !said && f.d.Holds == declared.Authorisation {
		says["captured"] = env.Taken
	}
	var all []string
	for name, value := range says {
		all = append(all, name+"="+declared.Text(value))
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

// computed gives an amount; it is not ok when it is less than nothing, or none.
func computed(x declared.Expression, env *declared.Env) (n int64, ok bool) {
	value, err := x.Value(env)
	if err != nil {
		return 0, false
	}
	n, err = declared.Count(value)
	return n, err == nil && n >= 0
}

// values computes all of some members.
func values(all []declared.Member, env *declared.Env) (map[string]any, error) {
	of := make(map[string]any, len(all))
	for _, member := range all {
		value, err := member.Value.Value(env)
		if err != nil {
			return nil, err
		}
		of[member.Name] = value
	}
	return of, nil
}

// env is what expressions see of a hold.
func (f *foretold) env(m *spec.World, h *spec.Hold, of *asked, order, customer string, facts tokens.Facts) *declared.Env {
	env := &declared.Env{
		Thing: thingOf(f.d, h.Thing), Customer: customer, Facts: facts, Arguments: of.arguments, Amount: of.amount, Constraints: of.constraints,
		Now: time.Unix(int64(m.At(f.Name)), 0).UTC(), Digest: func(value any) string { return issuers.Salt{}.Digest(declared.Text(value)) },
	}
	if !f.d.Others {
		return env
	}
	for _, o := range m.OthersOf(f.Name, order, customer, h) {
		is := o.Of.(*asked)
		other := declared.Other{Thing: thingOf(f.d, o.Thing), Arguments: is.arguments, Amount: is.amount, Redeemed: o.State == "committed", Taken: f.shown(o.Taken()), Worth: issuers.OfUnits(0, f.currency)}
		if other.Redeemed && is.worth != nil {
			other.Worth = is.worth
		}
		env.Others = append(env.Others, other)
	}
	return env
}

// shown gives an amount that is counted as expressions see it.
func (f *foretold) shown(n int) any {
	if !f.d.Money {
		return int64(n)
	}
	return issuers.OfUnits(int64(n), f.currency)
}
