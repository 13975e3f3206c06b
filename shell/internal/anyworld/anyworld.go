// Package anyworld draws worlds that declare their domains, for tests: as a world file,
// and as the reference model has it.
package anyworld

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"tokenshell/shell/internal/spec"
)

// World is a world that was drawn.
type World struct {
	Text  string // the world file
	Facts []string
	First []string // with which what is confirmed can be redeemed

	decimals  int
	customers []spec.Customer
	domains   []*spec.Declared
}

// Model gives the world as the model has it, in which nothing has happened yet.
func (w *World) Model() *spec.World {
	return spec.Declares(w.customers, w.decimals, w.domains...)
}

// Domain finds a domain.
func (w *World) Domain(name string) *spec.Declared {
	for _, d := range w.domains {
		if d.Name == name {
			return d
		}
	}
	return nil
}

// Domains gives the names of all of them, in the order of redemption.
func (w *World) Domains() (names []string) {
	for _, d := range w.domains {
		names = append(names, d.Name)
	}
	return names
}

// draw draws parts of a world.
type draw struct {
	*rand.Rand
	*World
	currency string
}

func (d *draw) chance(percent int) bool { return d.IntN(100) < percent }

// money draws an amount of money, in the smallest units.
func (d *draw) money(most int) int {
	unit, part := 1, 0
	switch d.currency {
	case "EUR":
		unit, part = 100, 50
	case "KWD":
		unit, part = 1000, 125
	}
	return (1+d.IntN(most))*unit + part
}

// Draw draws a world of one to three domains, of any kinds of holds.
func Draw(rng *rand.Rand) *World {
	d := &draw{rng, &World{customers: []spec.Customer{{ID: "ann"}, {ID: "bob"}}}, []string{"EUR", "JPY", "KWD"}[rng.IntN(3)]}
	d.decimals = map[string]int{"EUR": 2, "JPY": 0, "KWD": 3}[d.currency]
	for i := range 1 + d.IntN(3) {
		d.domains = append(d.domains, d.domain([]string{"quota", "balance", "authorisation", "none"}[d.IntN(4)], i))
	}
	model := d.Model()
	for range 2 {
		d.Facts = append(d.Facts, "where=near", "where=far", "payable="+model.Written(d.money(9), true))
	}
	d.First = []string{"where=near", d.Facts[2]}
	d.Facts = append(d.Facts, "payable=much", "payable="+model.Written(0, true))
	var b strings.Builder
	fmt.Fprintf(&b, "currency: %s\nfacts: [where, payable]\ncustomers: [{id: ann}, {id: bob}]\ndomains:\n", d.currency)
	for _, of := range d.domains {
		write(&b, model, of)
	}
	d.Text = b.String()
	return d.World
}

// domain draws a domain.
func (d *draw) domain(holds string, n int) *spec.Declared {
	of := &spec.Declared{Name: fmt.Sprintf("%s%d", holds, n), Holds: holds, Sealed: d.chance(50), Near: d.chance(60)}
	switch holds {
	case "quota":
		for i := range 1 + d.IntN(2) {
			t := spec.Thing{ID: fmt.Sprintf("T%d", i)}
			if d.chance(70) {
				t.Units = 1 + d.IntN(3)
			}
			if d.chance(50) {
				t.PerCustomer = 1 + d.IntN(2)
			}
			of.Things = append(of.Things, t)
		}
		if d.chance(50) {
			of.AtMost = 2
		}
		if d.chance(60) {
			of.Budget = 2 // what explore asks for at once fits
		}
	case "balance":
		of.Accounts = map[string]int{"ann": d.money(30), "bob": d.money(30)}
		if d.chance(60) {
			of.Budget = of.Accounts["ann"] * 2 / 3
		}
	case "authorisation":
		for _, c := range d.customers {
			of.Things = append(of.Things, spec.Thing{ID: c.ID + "-card", Customer: c.ID, Limit: d.money(30)})
		}
		of.Payable = d.chance(80)
	}
	if d.chance(30) {
		of.InOrder = 1 + d.IntN(2)
	}
	if of.Apart = len(of.Things) > 0 && d.chance(30); of.Apart {
		of.Things[d.IntN(len(of.Things))].Alone = true
	}
	return of
}

// write writes a domain as a world file has it.
func write(b *strings.Builder, m *spec.World, of *spec.Declared) {
	line := func(format string, args ...any) { fmt.Fprintf(b, "    "+format+"\n", args...) }
	fmt.Fprintf(b, "  %s:\n", of.Name)
	line("capability: %s:use", of.Name)
	line("holds: %s", of.Holds)
	if len(of.Things) > 0 {
		line("things:")
	}
	for _, t := range of.Things {
		text := "{id: " + t.ID
		if t.Units > 0 {
			text += fmt.Sprintf(", units: %d", t.Units)
		}
		if t.PerCustomer > 0 {
			text += fmt.Sprintf(", per_customer: %d", t.PerCustomer)
		}
		if t.Customer != "" {
			text += fmt.Sprintf(", customer: %s, limit: %q", t.Customer, m.Written(t.Limit, true))
		}
		line("  - %s, alone: %t}", text, t.Alone)
	}
	budget := m.Written(of.Budget, false)
	switch of.Holds {
	case "quota":
		line("arguments: [{name: quantity, type: integer, default: 1}]")
		line("amount: quantity")
		line("receipt: {of: thing.id, many: amount}")
	case "balance", "authorisation":
		line("arguments: [{name: amount, type: money, example: %q}]", m.Written(unit(m), true))
		budget = "money('" + m.Written(of.Budget, true) + "')"
	case "none":
		line("constraints: {who: digest(customer.id)}")
	}
	if of.Holds == "balance" {
		line("accounts: {ann: %q, bob: %q}", m.Written(of.Accounts["ann"], true), m.Written(of.Accounts["bob"], true))
	}
	if of.Payable {
		line("capture: \"'payable' in facts ? max(money('%s'), money(facts.payable) - sum(others.map(o, o.taken))) : amount\"", m.Written(0, true))
	}
	if of.Sealed {
		line("sealed: {secret: customer.id}")
	}
	rules(line, "confirm", [][3]string{
		{when(of.AtMost > 0, fmt.Sprintf("quantity <= %d", of.AtMost)), "too_many", "not so many at once"},
		{when(of.InOrder > 0, fmt.Sprintf("size(others) < %d", of.InOrder)), "too_often", "not so many in an order"},
		{when(of.Apart, "size(others) == 0 || !thing.alone && !others.exists(o, o.thing.alone)"), "goes_alone", "it goes with no other"},
	})
	rules(line, "redeem", [][3]string{
		{when(of.Near, "facts.where != 'far'"), "too_far", "nothing goes there"},
		{when(of.Budget > 0, "sum(others.map(o, o.taken)) + amount <= "+budget), "over_budget", "an order takes no more"},
	})
	if of.Near {
		line("examples: {facts: {where: near}, later: {where: far}}")
	}
}

// unit is one of the currency, as the model has it.
func unit(m *spec.World) int {
	n := 1
	for range m.Decimals {
		n *= 10
	}
	return n
}

func when(is bool, rule string) string {
	if !is {
		return ""
	}
	return rule
}

// rules writes those that there are.
func rules(line func(string, ...any), key string, all [][3]string) {
	for _, r := range all {
		if r[0] == "" {
			continue
		}
		if key != "" {
			line("%s:", key)
			key = ""
		}
		line("  - {rule: %q, reason: %s, says: %s}", r[0], r[1], r[2])
	}
}
