// Things and arguments: what there is to choose from, and what is said beside it.

package declare

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"tokenshell/issuers"
	"tokenshell/issuers/declared"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/rules"
	"tokenshell/shell/internal/syntax"
)

// listed are what a list of things says of each, by the names of columns.
var listed = map[declared.Kind][]string{
	declared.Quota: {"left"}, declared.Authorisation: {"left", "authorised", "captured", "available"},
}

// things reads the rows, and finds the type of each column.
func (d *domain) things() {
	rows := d.file.Things
	if len(rows) == 0 {
		return
	}
	ids := map[string]ast.Node{}
	var columns []string // in the order in which they come up
	for _, row := range rows {
		thing := declared.Thing{Columns: map[string]any{}}
		for _, c := range row {
			switch {
			case c.name.string == "id":
				thing.ID = d.id(c.is, ids)
			case !partName.fits(c.name.string) || rules.IsReserved(c.name.string):
				d.fail(c.name.node, "%q is no name of a column: write a-z, 0-9 and _, and no word of CEL, at most 32, the first a letter", c.name.string)
			case slices.Contains(listed[d.d.Holds], c.name.string):
				d.fail(c.name.node, "column %q: %s list says %s of its own; give the column another name", c.name.string, d.at.string, c.name.string)
			case !slices.Contains(columns, c.name.string):
				columns = append(columns, c.name.string)
			}
		}
		if d.err == nil && thing.ID == "" {
			d.fail(d.rowAt(row), "a thing has an id: write one such as {id: MUG}")
		}
		if d.err != nil {
			return
		}
		d.d.Things = append(d.d.Things, thing)
	}
	d.scope.Columns = map[string]rules.Column{}
	for _, name := range columns {
		d.column(name)
	}
	if d.err == nil {
		d.held()
	}
}

// id reads the id of a thing.
func (d *domain) id(c cell, ids map[string]ast.Node) string {
	id, ok := c.value.(string)
	switch {
	case !ok:
		d.fail(c.node, "%v: write an id in quotes", c.value)
	case !idName.fits(id):
		d.fail(c.node, "id %q: write 1 to 64 of A-Z a-z 0-9 . _ -", id)
	case strings.HasPrefix(id, "-"):
		d.fail(c.node, "id %q looks like a flag: begin it with a letter or a digit", id)
	case ids[id] != nil:
		d.fail(c.node, "id %q stands here twice, first in line %d: a thing has an id of its own", id, ids[id].GetToken().Position.Line)
	}
	ids[id] = c.node
	return id
}

// cellOf finds a cell of a row; nil when it has none.
func cellOf(r row, name string) *cell {
	for i := range r {
		if r[i].name.string == name {
			return &r[i].is
		}
	}
	return nil
}

// column finds the type of a column from all its cells, and reads them.
func (d *domain) column(name string) {
	var of declared.Type
	var lacks string
	amounts, texts := 0, 0
	for i, row := range d.file.Things {
		c := cellOf(row, name)
		if c == nil {
			lacks = d.d.Things[i].ID
			continue
		}
		is := declared.String
		switch value := c.value.(type) {
		case int64:
			is = declared.Integer
		case bool:
			is = rules.Bool
		case string:
			if texts++; d.isMoney(value) {
				amounts++
			}
		}
		if of == "" {
			of = is
		}
		if is == declared.String && d.d.Holds == declared.Quota && (name == "units" || name == "per_customer") {
			d.fail(c.node, "%s %q: write a whole number in digits, without quotes", name, c.value)
			return
		}
		if is != of {
			d.fail(c.node, "%s is %s here, and %s in other things: write all of them one way", name, rules.Article(is), rules.Article(of))
			return
		}
	}
	switch {
	case of != declared.String || amounts == 0:
	case d.allAmounts(name):
		of = declared.Money
	default:
		d.mixed(name)
	}
	d.scope.Columns[name] = rules.Column{Type: of, Lacks: lacks}
	for i, row := range d.file.Things {
		if c := cellOf(row, name); c != nil && d.err == nil {
			d.d.Things[i].Columns[name] = d.cell(name, *c, of)
		}
	}
}

// isMoney reports whether a text is an amount with all decimals of the currency.
func (d *domain) isMoney(text string) bool {
	amount, err := issuers.ParseMoney(text, d.Currency)
	return err == nil && amount.Number() == text
}

// allAmounts reports whether all cells of a column look like amounts, whether or
// not they are well written.
func (d *domain) allAmounts(name string) bool {
	for _, row := range d.file.Things {
		if c := cellOf(row, name); c != nil && !moneyLike.fits(c.value.(string)) {
			return false
		}
	}
	return true
}

// mixed notes why a column is no money that has amounts in it.
func (d *domain) mixed(name string) {
	if d.texts == nil {
		d.texts = map[string]string{}
	}
	for i, row := range d.file.Things {
		if c := cellOf(row, name); c != nil && !moneyLike.fits(c.value.(string)) {
			d.texts[name] = fmt.Sprintf("%s is a text, for that of %s, %q, is no amount", name, d.d.Things[i].ID, c.value)
			return
		}
	}
}

// noAmount says in an error of types that a column is a text for one cell's sake.
func (d *domain) noAmount(f formula, err error) {
	var w *rules.Wrong
	if !errors.As(err, &w) || !strings.Contains(w.What, string(declared.String)) {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(d.texts)) {
		if regexp.MustCompile(`\.` + name + `\b`).MatchString(f.string) {
			w.Hint = d.texts[name]
		}
	}
}

// cell reads a cell of a column.
func (d *domain) cell(name string, c cell, of declared.Type) any {
	if of != declared.Money {
		return c.value
	}
	return d.money(name, c)
}

// money reads an amount with all decimals of the currency.
func (d *domain) money(what string, c cell) any {
	text, _ := c.value.(string)
	amount, err := issuers.ParseMoney(text, d.Currency)
	if err != nil {
		d.fail(c.node, "%s: %v", what, err)
	} else if amount.Number() != text {
		d.fail(c.node, "%s %q: write all decimals, %q", what, text, amount.Number())
	}
	return amount
}

// held reads the columns that the hold reads.
func (d *domain) held() {
	for i, row := range d.file.Things {
		thing := &d.d.Things[i]
		switch d.d.Holds {
		case declared.Quota:
			thing.Units, thing.PerCustomer = d.some("units", row), d.some("per_customer", row)
		case declared.Authorisation:
			d.instrument(thing, row)
		}
	}
}

// some reads a number of uses; nil is no limit.
func (d *domain) some(name string, r row) *int64 {
	c := cellOf(r, name)
	if c == nil {
		return nil
	}
	n, ok := c.value.(int64)
	if !ok || n < 0 {
		d.fail(c.node, "%s %v: write a whole number that is not negative, or leave it out when there is no limit", name, c.value)
	}
	return &n
}

// instrument reads whose a thing is, and its limit.
func (d *domain) instrument(thing *declared.Thing, r row) {
	customer, limit := cellOf(r, "customer"), cellOf(r, "limit")
	id := cellOf(r, "id").node
	switch {
	case customer == nil:
		d.fail(id, "%s has no customer, and what holds authorisation reads whose it is: add customer: %s", thing.ID, d.customer())
		return
	case limit == nil:
		d.fail(id, "%s has no limit, and what holds authorisation reads it: add limit: %q", thing.ID, issuers.Like("100.00", d.Currency))
		return
	}
	name, ok := customer.value.(string)
	if !ok {
		d.fail(customer.node, "%v: write a customer's id in quotes", customer.value)
	}
	d.known(text{name, customer.node})
	thing.Customer = name
	d.d.Money = d.scope.Columns["limit"].Type != declared.Integer
	if d.d.Money && d.scope.Columns["limit"].Type != declared.Money {
		d.money("limit", *limit)
		return
	}
	thing.Limit = d.counted("limit", *limit)
}

// flags are those that a confirm has anyway.
var flags = []string{"name", "ttl", "output", "o", "jq", "color", "world", "seed", "help", "h", "target", "without"}

// arguments reads what a confirmation says beside the thing.
func (d *domain) arguments() {
	seen := map[string]bool{}
	for i := range d.file.Arguments {
		a := &d.file.Arguments[i]
		name := a.Name.string
		switch {
		case a.Name.node == nil:
			d.fail(d.first(a.Type.node, a.Default.node, a.Help.node), "an argument has a name: write one such as {name: quantity, type: integer}")
		case !partName.fits(name) || rules.IsReserved(name):
			d.fail(a.Name.node, "%q is no name of an argument: write a-z, 0-9 and _, and no word of CEL, at most 32, the first a letter", name)
		case slices.Contains(rules.Taken(), name):
			d.fail(a.Name.node, "argument %q: expressions have that name already; %s is free", name, strings.ReplaceAll(d.at.string, "-", "_")+"_"+name)
		case slices.Contains(flags, name):
			d.fail(a.Name.node, "argument %q: every confirm has a flag --%s; %s is free", name, name, strings.ReplaceAll(d.at.string, "-", "_")+"_"+name)
		case name == "amount" && d.d.Holds == declared.None:
			d.fail(a.Name.node, "argument %q: what holds none has no amount; give it another name", name)
		case seen[name]:
			d.fail(a.Name.node, "argument %q stands here twice", name)
		case a.Type.node == nil:
			d.fail(a.Name.node, "argument %q has no type: write one of %s", name, types())
		case !slices.Contains(declared.Types(), declared.Type(a.Type.string)):
			d.fail(a.Type.node, "there is no type %q: %s", a.Type.string, exit.Meant(a.Type.string, strings.Split(types(), ", "), "write one of "+types()))
		case a.Type.string == string(declared.ThingRef) && len(d.d.Things) == 0:
			d.fail(a.Type.node, "argument %q is a thing, and %s has none: give it things, or the argument another type", name, d.at.string)
		case a.Help.node != nil && !oneSentence.fits(a.Help.string):
			d.fail(a.Help.node, "help is one line of at most 200 bytes, without control characters")
		}
		if d.err != nil {
			return
		}
		seen[name] = true
		read := declared.Argument{Name: name, Type: declared.Type(a.Type.string), Help: a.Help.string}
		read.Default, read.Example = d.value(read, "default", a.Default), d.value(read, "example", a.Example)
		d.d.Arguments = append(d.d.Arguments, read)
	}
	d.scope.Arguments = d.d.Arguments
}

// types are the names of the types.
func types() string {
	var all []string
	for _, t := range declared.Types() {
		all = append(all, string(t))
	}
	return strings.Join(all, ", ")
}

// value reads a default or an example of an argument; nil when it is not said.
func (d *domain) value(a declared.Argument, what string, c cell) any {
	if c.node == nil {
		return nil
	}
	said := fmt.Sprintf("the %s of %s", what, a.Name)
	written, isText := c.value.(string)
	switch a.Type {
	case declared.Integer:
		if n, ok := c.value.(int64); ok {
			return n
		}
		if isText {
			d.fail(c.node, "%s, %q, is no integer: write one such as 1, without quotes", said, written)
			return nil
		}
		d.fail(c.node, "%s, %v, is no integer: write one such as 1", said, c.value)
		return nil
	case declared.Money:
		if !isText {
			d.fail(c.node, "%s, %v, is no money: write it in quotes, such as %q", said, c.value, issuers.Like("5.00", d.Currency))
			return nil
		}
		return d.money(said, c)
	}
	if !isText {
		remedy := map[declared.Type]string{declared.Time: "one such as 2026-01-01T00:00:00Z", declared.Duration: "one such as 1h30m"}[a.Type]
		d.fail(c.node, "%s, %v, is no %s: write %s", said, c.value, a.Type, cmp.Or(remedy, "it in quotes"))
		return nil
	}
	switch a.Type {
	case declared.String:
		if len(written) > declared.MostText {
			d.fail(c.node, "%s has %d bytes: a text has %d at most", said, len(written), declared.MostText)
		}
	case declared.Time:
		t, err := time.Parse(time.RFC3339, written)
		if err != nil {
			d.fail(c.node, "%s, %q, is no time: write one such as 2026-01-01T00:00:00Z", said, written)
		}
		return t
	case declared.Duration:
		span, err := syntax.ParseSpan(written)
		if err != nil {
			d.fail(c.node, "%s, %q, is no duration: write one such as 1h30m", said, written)
		}
		return span
	case declared.ThingRef:
		var ids []string
		for i := range d.d.Things {
			if d.d.Things[i].ID == written {
				return &d.d.Things[i]
			}
			ids = append(ids, d.d.Things[i].ID)
		}
		d.fail(c.node, "%s, %q, is none of the things: %s", said, written, exit.Meant(written, ids, "write one of "+strings.Join(ids, ", ")))
		return nil
	}
	return written
}

// rowAt gives the place of a row.
func (d *domain) rowAt(r row) ast.Node {
	if len(r) == 0 {
		return d.at.node
	}
	return r[0].name.node
}
