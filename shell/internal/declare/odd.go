// Odd: what can be read, and is hardly meant.

package declare

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/goccy/go-yaml/ast"

	"tokenshell/issuers"
	"tokenshell/issuers/currency"
	"tokenshell/issuers/declared"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/rules"
	"tokenshell/shell/internal/yamlfile"
	"tokenshell/tokens"
)

// Odd says what is odd about declarations that [Section.Read] has read.
func (s *Section) Odd(w World, all []*declared.Declaration) []yamlfile.Note {
	var notes []yamlfile.Note
	for i, d := range all {
		o := &odd{World: w, file: &s.domains[i].is, at: s.domains[i].name, d: d, customers: fewCustomers(w.Customers, d)}
		o.name()
		o.columns()
		o.amounts()
		o.accounts()
		o.arguments()
		o.facts()
		o.reasons()
		o.confirmable()
		o.examples()
		notes = append(notes, o.notes...)
	}
	return notes
}

// noteAt makes a note about a node.
func noteAt(node ast.Node, format string, args ...any) yamlfile.Note {
	at := node.GetToken().Position
	return yamlfile.Note{Line: at.Line, Column: at.Column, Says: fmt.Sprintf(format, args...)}
}

// odd looks at one domain.
type odd struct {
	World
	file      *file
	at        text
	d         *declared.Declaration
	customers []string // that are tried
	notes     []yamlfile.Note
}

func (o *odd) note(node ast.Node, format string, args ...any) {
	o.notes = append(o.notes, noteAt(node, format, args...))
}

// expressions gives every expression of the domain.
func (o *odd) expressions() []declared.Expression {
	all := []declared.Expression{o.d.Amount, o.d.Capture, o.d.Worth}
	for _, r := range slices.Concat(o.d.Confirm, o.d.Redeem) {
		all = append(all, r.Holds)
	}
	for _, m := range slices.Concat(o.d.Constraints, o.d.Sealed, o.d.Receipt) {
		all = append(all, m.Value)
	}
	return all
}

// columns says of a thing which of them is hardly meant: as good as one that the
// hold reads, which the thing has not.
func (o *odd) columns() {
	names := map[declared.Kind][]string{declared.Quota: {"units", "per_customer"}, declared.Authorisation: {"customer", "limit"}}[o.d.Holds]
	of := map[string]declared.Kind{"units": declared.Quota, "per_customer": declared.Quota, "customer": declared.Authorisation, "limit": declared.Authorisation}
	noted := map[string]bool{}
	for _, r := range o.file.Things {
		for _, c := range r {
			name := c.name.string
			if kind := of[name]; kind != "" && kind != o.d.Holds && !noted[name] && !o.reads(name) {
				o.note(c.name.node, "what holds %s does not read %s, nor does an expression: it limits nothing; what holds %s reads it", o.d.Holds, name, kind)
				noted[name] = true
				continue
			}
			if near := exit.Nearest(c.name.string, names); near != "" && cellOf(r, near) == nil && !o.reads(c.name.string) {
				o.note(c.name.node, "no hold reads %s: did you mean %s?", c.name.string, near)
			}
		}
	}
}

// amounts says of a column that all its texts look like amounts, and are none of this
// currency: it is a text then, and no money.
func (o *odd) amounts() {
	seen := map[string]bool{}
	for _, r := range o.file.Things {
		for _, c := range r {
			name := c.name.string
			if seen[name] {
				continue
			}
			seen[name] = true
			if text, is := o.all(name); is {
				_, err := issuers.ParseMoney(text, o.Currency)
				o.note(c.is.node, "%s is a text and no money: %v", name, err)
			}
		}
	}
}

// all gives the first cell of a column if it is a text, and each cell is digits with
// a decimal point.
func (o *odd) all(name string) (first string, is bool) {
	for i, r := range o.file.Things {
		c := cellOf(r, name)
		if c == nil {
			continue
		}
		text, _ := o.d.Things[i].Columns[name].(string)
		if !moneyLike.fits(text) || !strings.Contains(text, ".") {
			return "", false
		}
		if first == "" {
			first = text
		}
	}
	return first, first != ""
}

// name says that a domain is called nearly as one of the domains beside.
func (o *odd) name() {
	if near := exit.Nearest(o.at.string, o.Names); near != "" && near != o.at.string {
		o.note(o.at.node, "%s is nearly %s, which is another domain", o.at.string, near)
	}
}

// accounts says who has none: customers whom the domain does not know.
func (o *odd) accounts() {
	if o.d.Holds != declared.Balance {
		return
	}
	var without []string
	for _, customer := range o.Customers {
		if _, has := o.d.Accounts[customer]; !has {
			without = append(without, customer)
		}
	}
	if len(without) == 0 {
		return
	}
	who := without[0]
	if more := len(without) - 1; more > 0 {
		who += fmt.Sprintf(" and %d more", more)
	}
	o.note(nodeOf(o.file.Accounts), "%s has no account of %s, which confirms nothing without one", who, o.at.string)
}

// reads reports whether an expression may read a column.
func (o *odd) reads(column string) bool {
	return slices.ContainsFunc(o.expressions(), func(e declared.Expression) bool {
		x, ok := e.(*rules.Expression)
		return ok && strings.Contains(x.Text, "."+column)
	})
}

// arguments says which of them nothing reads.
func (o *odd) arguments() {
	read := map[string]bool{}
	for _, e := range o.expressions() {
		if x, ok := e.(*rules.Expression); ok {
			for _, root := range x.Roots {
				read[root] = true
			}
		}
	}
	for _, a := range o.file.Arguments {
		if !read[a.Name.string] {
			o.note(a.Name.node, "no expression of %s reads the argument %s: it has no effect", o.at.string, a.Name.string)
		}
	}
}

// formulas gives every expression of the domain as it is written.
func (o *odd) formulas() []formula {
	all := []formula{o.file.Amount, o.file.Capture, o.file.Worth}
	for _, r := range slices.Concat(o.file.Confirm, o.file.Redeem) {
		all = append(all, r.Rule)
	}
	for _, m := range slices.Concat(o.file.Constraints, o.file.Sealed, o.file.Receipt) {
		all = append(all, m.is)
	}
	return all
}

// How expressions ask whether there is a fact, and how they read one.
var (
	testedFact = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`["']([a-z][a-z0-9_]*)["']\s+in\s+facts\b|\bhas\(\s*facts\.([a-z][a-z0-9_]*)`)
	})
	readFact = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\bfacts\.([a-z][a-z0-9_]*)`) })
)

// facts says which are hardly meant: read, tested nowhere, in no example, and nearly
// called as one that is, or that the domains beside read.
func (o *odd) facts() {
	known := slices.Clone(o.Facts)
	for _, p := range slices.Concat(o.file.Examples.Facts, o.file.Examples.Later) {
		known = append(known, p.name.string)
	}
	for _, f := range o.formulas() {
		for _, m := range testedFact().FindAllStringSubmatch(f.string, -1) {
			known = append(known, m[1]+m[2])
		}
	}
	for _, f := range o.formulas() {
		for _, m := range readFact().FindAllStringSubmatchIndex(f.string, -1) {
			name := f.string[m[2]:m[3]]
			if near := exit.Nearest(name, known); near != "" && !slices.Contains(known, name) && slices.Contains(o.d.Reads, name) {
				line, column := place(o.Source, f.node, f.string, m[0])
				o.notes = append(o.notes, yamlfile.Note{Line: line, Column: column, Says: fmt.Sprintf("the fact %s is tested nowhere and in no example: did you mean %s?", name, near)})
			}
		}
	}
}

// reasons says which rules never refuse: those that repeat another, and those that
// read what stands in the file only, and always hold.
func (o *odd) reasons() {
	for at, list := range [][]rule{o.file.Confirm, o.file.Redeem} {
		read := [][]declared.Rule{o.d.Confirm, o.d.Redeem}[at]
		for i, r := range list {
			if slices.ContainsFunc(list[:i], func(before rule) bool {
				return strings.TrimSpace(before.Rule.string) == strings.TrimSpace(r.Rule.string)
			}) {
				o.note(r.Rule.node, "reason %s cannot occur: a rule before says the same", r.Reason.string)
				continue
			}
			x, ok := read[i].Holds.(*rules.Expression)
			if ok && o.always(x) {
				o.note(r.Rule.node, "reason %s cannot occur: the rule holds for everything that %s has", r.Reason.string, o.at.string)
			}
		}
	}
}

// always reports whether a rule reads things and customers only, and holds for all.
func (o *odd) always(x *rules.Expression) bool {
	for _, root := range x.Roots {
		if root != "thing" && root != "customer" {
			return false
		}
	}
	for _, customer := range o.customers {
		for _, thing := range o.choices() {
			holds, err := x.Value(o.env(customer, thing, nil))
			if err != nil || holds != true {
				return false
			}
		}
	}
	return true
}

// fewCustomers are the customers that are tried, if there are many: whose instruments
// there are, and the first few.
func fewCustomers(all []string, d *declared.Declaration) []string {
	named := map[string]bool{}
	for _, thing := range d.Things {
		named[thing.Customer] = true
	}
	var some []string
	for i, customer := range all {
		if i < 20 || named[customer] {
			some = append(some, customer)
		}
	}
	return some
}

// choices are the things; nil stands for a domain that has none.
func (o *odd) choices() []*declared.Thing {
	if len(o.d.Things) == 0 {
		return []*declared.Thing{nil}
	}
	all := make([]*declared.Thing, len(o.d.Things))
	for i := range o.d.Things {
		all[i] = &o.d.Things[i]
	}
	return all
}

// year is the time at which confirmations are tried: that of scenarios.
var year = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// env is a confirmation that says what it may leave out, and examples of the rest.
func (o *odd) env(customer string, thing *declared.Thing, facts tokens.Facts) *declared.Env {
	env := &declared.Env{
		Thing: thing, Customer: customer, Facts: facts, Arguments: map[string]any{}, Now: year,
		Digest: func(value any) string { return declared.Text(value) },
	}
	for i := range o.d.Arguments {
		a := &o.d.Arguments[i]
		switch {
		case a.Default != nil:
			env.Arguments[a.Name] = a.Default
		case a.Example != nil:
			env.Arguments[a.Name] = a.Example
		default:
			env.Arguments[a.Name] = o.madeUp(a.Type, thing)
		}
	}
	return env
}

// madeUp is a value of a type that nobody gave an example of.
func (o *odd) madeUp(t declared.Type, thing *declared.Thing) any {
	switch t {
	case declared.Integer:
		return int64(1)
	case declared.Money:
		amount, _ := currency.New(issuers.Like("1.00", o.Currency), o.Currency) // both are good
		return amount
	case declared.Time:
		return year.Add(24 * time.Hour)
	case declared.Duration:
		return time.Hour
	case declared.ThingRef:
		return thing
	}
	return "something"
}

// confirmable says which things can't be confirmed, by anybody.
func (o *odd) confirmable() {
	var refused []yamlfile.Note
	for i, thing := range o.choices() {
		node, what := o.at.node, o.at.string
		if thing != nil {
			node, what = o.file.Things[i][0].name.node, thing.ID
		}
		if why := o.refusal(thing); why != "" {
			refused = append(refused, noteAt(node, "nobody can confirm %s: %s", what, why))
		}
	}
	if len(refused) == len(o.choices()) && o.choices()[0] != nil {
		o.note(o.at.node, "nothing of %s can be confirmed", o.at.string)
	}
	o.notes = append(o.notes, refused...)
}

// refusal says why no customer can have a thing confirmed, without any facts and
// with those of the examples; empty when one can.
func (o *odd) refusal(thing *declared.Thing) (why string) {
	for _, customer := range o.customers {
		if thing != nil && thing.Customer != "" && thing.Customer != customer {
			continue
		}
		for _, facts := range []tokens.Facts{nil, o.d.Facts} {
			said := o.tried(o.env(customer, thing, facts))
			if said == "" {
				return ""
			}
			if why == "" {
				why = said
			}
		}
	}
	return why
}

// tried says why a confirmation is refused; empty when it is not. What there is too
// little of comes before the rules: it holds whatever facts there are.
func (o *odd) tried(env *declared.Env) string {
	amount := int64(1)
	if o.d.Amount != nil {
		value, err := o.d.Amount.Value(env)
		if err != nil {
			return "its amount cannot be computed, " + err.Error()
		}
		env.Amount = value
		if amount, err = declared.Count(value); err != nil {
			return err.Error()
		}
	} else if o.d.Holds != declared.None {
		env.Amount = amount
	}
	most, of := o.most(env)
	switch {
	case o.d.Holds != declared.None && amount <= 0:
		return fmt.Sprintf("its amount is %s, which is not positive", declared.Text(env.Amount))
	case most != nil && *most < amount:
		return fmt.Sprintf("%s are asked for, and %s", declared.Text(env.Amount), of)
	}
	for _, r := range o.d.Confirm {
		holds, err := r.Holds.Value(env)
		if err != nil {
			return fmt.Sprintf("%s, without any facts (%v)%s", r.Reason, err, o.remedy(r.Holds))
		}
		if holds != true {
			return fmt.Sprintf("%s, without any facts (%s)%s", r.Reason, r.Says, o.remedy(r.Holds))
		}
	}
	said := *env
	said.Digest = func(any) string { return strings.Repeat("x", 43) } // as long as each is
	if size, err := o.d.Letter(&said); err == nil && size > declared.MostLetter {
		return fmt.Sprintf("its constraints and what is sealed come to %d bytes, a token has place for %d", size, declared.MostLetter)
	}
	return ""
}

// remedy says with what a rule may hold that did not: it was tried with values that
// are made up, or without a fact.
func (o *odd) remedy(rule declared.Expression) string {
	x, ok := rule.(*rules.Expression)
	if !ok {
		return ""
	}
	for _, a := range o.d.Arguments {
		if a.Default == nil && a.Example == nil && slices.Contains(x.Roots, a.Name) {
			return fmt.Sprintf("; give the argument %s an example with which it can", a.Name)
		}
	}
	if slices.Contains(x.Roots, "facts") && len(o.d.Facts) == 0 {
		return "; say examples: {facts: {…}} with which it can"
	}
	return ""
}

// examples says which things cannot be redeemed with the facts of the examples, and
// whether all can with what comes later.
func (o *odd) examples() {
	refused := 0
	for _, thing := range o.choices() {
		customer := o.Customers[0]
		if thing != nil && thing.Customer != "" {
			customer = thing.Customer
		}
		env := o.env(customer, thing, o.d.Facts)
		if o.tried(env) != "" {
			continue // it is not confirmed
		}
		what := o.at.string
		if thing != nil {
			what = thing.ID
		}
		if why := o.redeemed(env, o.d.Facts); why != "" {
			o.note(o.examplesNode(), "with the facts of the examples %s cannot be redeemed: %s", what, why)
		}
		if o.redeemed(env, o.d.Later) != "" {
			refused++
		}
	}
	if len(o.d.Later) > 0 && refused == 0 {
		o.note(o.file.Examples.Later[0].name.node, "later facts are to have something refused, and with these everything of %s can be redeemed: say there what a rule of redeem refuses, as it is with the examples of the arguments", o.at.string)
	}
}

// examplesNode is where examples stand, or else the domain's name.
func (o *odd) examplesNode() ast.Node {
	if len(o.file.Examples.Facts) > 0 {
		return o.file.Examples.Facts[0].name.node
	}
	return o.at.node
}

// redeemed says why what was confirmed is not redeemed with some facts; empty when it
// is.
func (o *odd) redeemed(env *declared.Env, facts tokens.Facts) string {
	env.Constraints = map[string]any{}
	for _, m := range o.d.Constraints {
		value, err := m.Value.Value(env)
		if err != nil {
			return fmt.Sprintf("constraint %s: %v", m.Name, err)
		}
		env.Constraints[m.Name] = value
	}
	then := *env
	then.Facts = facts
	for _, r := range o.d.Redeem {
		if holds, err := r.Holds.Value(&then); err != nil || holds != true {
			return string(r.Reason)
		}
	}
	then.Taken = then.Amount
	if o.d.Capture != nil {
		value, err := o.d.Capture.Value(&then)
		if err != nil {
			return "what is captured, " + err.Error()
		}
		captured, err := declared.Count(value)
		if amount, countErr := declared.Count(env.Amount); err != nil || countErr != nil || captured > amount {
			return fmt.Sprintf("%s is more than the amount", declared.Text(value))
		}
		then.Taken = value
	}
	if o.d.Worth == nil {
		return ""
	}
	value, err := o.d.Worth.Value(&then)
	if err != nil {
		return "what it is worth, " + err.Error()
	}
	if worth, err := declared.Count(value); err != nil || worth < 0 {
		return fmt.Sprintf("it is worth %s", declared.Text(value))
	}
	return ""
}

// most gives how much there is for a customer; nil is no limit.
func (o *odd) most(env *declared.Env) (most *int64, of string) {
	less := func(n *int64, said string) {
		if n != nil && (most == nil || *n < *most) {
			most, of = n, said
		}
	}
	switch o.d.Holds {
	case declared.Quota:
		less(env.Thing.Units, "there are fewer units")
		less(env.Thing.PerCustomer, "a customer may have fewer")
	case declared.Balance:
		account := o.d.Accounts[env.Customer]
		less(&account, "no account has that much")
	case declared.Authorisation:
		less(&env.Thing.Limit, "its limit is below that")
	}
	return most, of
}
