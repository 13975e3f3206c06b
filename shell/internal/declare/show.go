// Show: declarations as they were read, with what was left out filled in.

package declare

import (
	"strconv"
	"strings"

	"tokenshell/issuers/declared"
	"tokenshell/shell/internal/yamlfile"
)

// Show gives the section as it was read, with defaults.
func (s *Section) Show() yamlfile.Map {
	var all yamlfile.Map
	for i := range s.domains {
		all.Add(s.domains[i].name.string, s.domains[i].is.show())
	}
	return all
}

// show gives a domain.
func (f *file) show() yamlfile.Map {
	var m yamlfile.Map
	m.Add("capability", f.Capability.string)
	m.Add("holds", f.Holds.string)
	m.Add("things", listOf(f.Things, row.show))
	m.Add("arguments", listOf(f.Arguments, arg.show))
	if f.Holds.string != string(declared.None) {
		m.Add("amount", f.amount())
	}
	m.Add("accounts", mapOf(f.Accounts, func(c cell) any { return c.value }))
	if f.Holds.string == string(declared.Authorisation) && f.Capture.node == nil {
		m.Add("capture", "amount")
	}
	if f.Capture.node != nil {
		m.Add("capture", f.Capture.show())
	}
	m.Add("confirm", listOf(f.Confirm, rule.show))
	m.Add("constraints", mapOf(f.Constraints, formula.show))
	m.Add("sealed", mapOf(f.Sealed, formula.show))
	m.Add("redeem", listOf(f.Redeem, rule.show))
	if f.Worth.node != nil {
		m.Add("worth", f.Worth.show())
	}
	m.Add("receipt", mapOf(f.Receipt, formula.show))
	var examples yamlfile.Map
	examples.Add("facts", mapOf(f.Examples.Facts, text.show))
	examples.Add("later", mapOf(f.Examples.Later, text.show))
	m.Add("examples", examples)
	return m
}

// amount gives the expression of the amount.
func (f *file) amount() any {
	for _, a := range f.Arguments {
		if a.Name.string == "amount" {
			return "amount"
		}
	}
	if f.Amount.node == nil {
		return int64(1)
	}
	return f.Amount.show()
}

func listOf[T any](list []T, show func(T) yamlfile.Map) []any {
	var all []any
	for _, item := range list {
		all = append(all, show(item))
	}
	return all
}

func mapOf[T any](list []named[T], show func(T) any) yamlfile.Map {
	var all yamlfile.Map
	for _, n := range list {
		all = append(all, yamlfile.Entry{Key: n.name.string, Value: show(n.is)})
	}
	return all
}

func (r row) show() yamlfile.Map { return mapOf(r, func(c cell) any { return c.value }) }

func (f formula) show() any {
	if n, err := strconv.ParseInt(f.string, 10, 64); err == nil && wholeNumber().MatchString(f.string) {
		return n
	}
	return strings.TrimRight(f.string, "\r\n")
}

func (t text) show() any { return t.string }

func (a arg) show() yamlfile.Map {
	var m yamlfile.Map
	m.Add("name", a.Name.string)
	m.Add("type", a.Type.string)
	for _, said := range []named[cell]{{text{"default", nil}, a.Default}, {text{"example", nil}, a.Example}} {
		if said.is.node != nil {
			m = append(m, yamlfile.Entry{Key: said.name.string, Value: said.is.value})
		}
	}
	m.Add("help", a.Help.string)
	return m
}

func (r rule) show() yamlfile.Map {
	var m yamlfile.Map
	m.Add("rule", r.Rule.show())
	m.Add("reason", r.Reason.string)
	m.Add("says", r.Says.string)
	return m
}
