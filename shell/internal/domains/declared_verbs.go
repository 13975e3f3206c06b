// Verbs of declared domains: made from the declaration.

package domains

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"tokenshell/issuers"
	"tokenshell/issuers/declared"
	"tokenshell/shell/internal/answer"
	"tokenshell/shell/internal/client"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/page"
	"tokenshell/shell/internal/syntax"
	"tokenshell/shell/internal/world"
	"tokenshell/shell/lineedit"
	"tokenshell/tokens"
)

// declaredOf is a declared domain as a shell knows it.
func declaredOf(k *world.Kind) Domain {
	d := k.Declaration
	of := Domain{Kind: *k, Verbs: func() any { return declaredVerbs(d) }, Offers: map[string]interp.Offer{thingsOf(d): func(c *client.Client) []lineedit.Candidate {
		return offerThings(c, d)
	}}}
	for i := range d.Arguments {
		a := &d.Arguments[i]
		of.Offers[valuesOf(d, a)] = func(c *client.Client) []lineedit.Candidate { return offerValues(c, d, a) }
	}
	return of
}

// thingsOf and valuesOf name the kinds of places that a declared domain has values
// for.
func thingsOf(d *declared.Declaration) string { return d.Name + " things" }

func valuesOf(d *declared.Declaration, a *declared.Argument) string {
	return d.Name + " " + a.Name
}

// in finds a declared domain in a world.
func in(w *world.World, d *declared.Declaration) (*declaredDomain, error) {
	if p, err := w.Service(d.Name); err == nil {
		if found, is := p.Domain.(*declaredDomain); is {
			return found, nil
		}
	}
	return nil, exit.Usage("its world file says which services there are", "this world has no %s", d.Name)
}

// offerThings offers what the customer may choose.
func offerThings(c *client.Client, d *declared.Declaration) []lineedit.Candidate {
	domain, err := in(c.World, d)
	if err != nil {
		return nil
	}
	var all []lineedit.Candidate
	for _, l := range domain.List(c.Whose()) {
		all = append(all, lineedit.Candidate{Value: l.ID, Description: aboutThing(&l)})
	}
	return all
}

// offerValues offers what an argument may be: things, or what the file says.
func offerValues(c *client.Client, d *declared.Declaration, a *declared.Argument) []lineedit.Candidate {
	if a.Type == declared.ThingRef {
		return offerThings(c, d)
	}
	var all []lineedit.Candidate
	if a.Default != nil {
		all = append(all, lineedit.Candidate{Value: syntax.Quote(spoken(a.Default)), Description: "unless given"})
	}
	if a.Example != nil && a.Example != a.Default {
		all = append(all, lineedit.Candidate{Value: syntax.Quote(spoken(a.Example)), Description: "for example"})
	}
	return all
}

// spoken writes a value as somebody would type it.
func spoken(value any) string {
	if span, is := value.(time.Duration); is {
		return syntax.Span(span).String()
	}
	return declared.Text(value)
}

// tag writes a field tag of kong's: name, value, name, value.
func tag(pairs ...string) reflect.StructTag {
	var parts []string
	for i := 0; i < len(pairs); i += 2 {
		parts = append(parts, pairs[i]+":"+strconv.Quote(strings.ReplaceAll(pairs[i+1], "$", "$$")))
	}
	return reflect.StructTag(strings.Join(parts, " "))
}

// family makes a pointer to a struct with one field, a verb, which has verbs of its
// own below it.
func family(below any, pairs ...string) any {
	made := reflect.New(reflect.StructOf([]reflect.StructField{{Name: "Verb", Type: reflect.TypeOf(below).Elem(), Tag: tag(pairs...)}}))
	made.Elem().Field(0).Set(reflect.ValueOf(below).Elem())
	return made.Interface()
}

// declaredVerbs makes the verbs of a declared domain.
func declaredVerbs(d *declared.Declaration) any {
	both := reflect.New(reflect.StructOf([]reflect.StructField{
		{Name: "List", Type: reflect.TypeFor[declaredList](), Tag: tag("cmd", "", "looks", "", "help", listHelp(d), "example", d.Name+" list")},
		{Name: "Confirm", Type: reflect.TypeFor[declaredConfirm](), Tag: tag("cmd", "", "help", confirmHelp(d), "example", exampleOf(d))},
	}))
	both.Elem().Field(0).Set(reflect.ValueOf(declaredList{d: d}))
	both.Elem().Field(1).Set(reflect.ValueOf(declaredConfirm{d: d, Plugins: kong.Plugins{saidOf(d)}}))
	return family(both.Interface(), "cmd", "", "name", d.Name, "group", "client", "help", fmt.Sprintf("List what %s has, and confirm some.", d.Name))
}

func listHelp(d *declared.Declaration) string {
	if d.Holds == declared.Balance {
		return "Show the account of the session's customer."
	}
	return "List what the session's customer may choose."
}

func confirmHelp(d *declared.Declaration) string {
	switch d.Holds {
	case declared.Quota:
		return "Reserve some of a thing; a token confirms it."
	case declared.Balance:
		return "Hold an amount of the account; a token confirms it."
	case declared.Authorisation:
		return "Authorise an amount; a token confirms it."
	}
	return "Have it said that something is so; a token confirms it."
}

// exampleOf gives an example of a confirmation.
func exampleOf(d *declared.Declaration) string {
	words := []string{d.Name, "confirm"}
	if len(d.Things) > 0 {
		words = append(words, d.Things[0].ID)
	}
	for i := range d.Arguments {
		a := &d.Arguments[i]
		if a.Example == nil && a.Default != nil {
			continue
		}
		if a != standing(d) {
			words = append(words, "--"+a.Name)
		}
		words = append(words, syntax.Quote(exampleText(d, a)))
	}
	return strings.Join(words, " ")
}

func exampleText(d *declared.Declaration, a *declared.Argument) string {
	if a.Example != nil {
		return spoken(a.Example)
	}
	switch a.Type {
	case declared.Integer:
		return "1"
	case declared.Money:
		return "10.00"
	case declared.Time:
		return "2026-01-02T00:00:00Z"
	case declared.Duration:
		return "1h"
	case declared.ThingRef:
		if len(d.Things) > 0 {
			return d.Things[0].ID
		}
	}
	return "something"
}

// places stand for values of the types.
var places = map[declared.Type]string{
	declared.String: "TEXT", declared.Integer: "N", declared.Money: "AMOUNT", declared.Time: "TIME", declared.Duration: "D", declared.ThingRef: "THING",
}

// kinds say in words what the types are.
var kinds = map[declared.Type]string{
	declared.String: "a text", declared.Integer: "a whole number", declared.Money: "an amount of money", declared.Time: "a time such as 2026-01-02T00:00:00Z",
	declared.Duration: "a duration such as 1h30m", declared.ThingRef: "one of the things",
}

// standing gives the argument that may stand without its name, where other domains
// have a thing: the first that must be said of one that has no things; nil when
// there is none.
func standing(d *declared.Declaration) *declared.Argument {
	if len(d.Things) > 0 {
		return nil
	}
	at := slices.IndexFunc(d.Arguments, func(a declared.Argument) bool { return a.Default == nil })
	if at < 0 {
		return nil
	}
	return &d.Arguments[at]
}

// saidOf makes a pointer to a struct with what may be said in a confirmation: a field
// for the thing, and one for each argument, in their order; a nil one is not said.
func saidOf(d *declared.Declaration) any {
	text := reflect.TypeFor[*string]()
	var fields []reflect.StructField
	if len(d.Things) > 0 {
		fields = append(fields, reflect.StructField{Name: "Thing", Type: text, Tag: tag("arg", "", "name", "thing", "complete", thingsOf(d), "help", "Which: "+d.Name+" list shows them.")})
	}
	first := standing(d)
	if first != nil {
		fields = append(fields, reflect.StructField{Name: "Standing", Type: text, Tag: tag("arg", "", "optional", "", "needed", "", "name", first.Name, "placeholder", strings.ToUpper(first.Name),
			"complete", valuesOf(d, first), "help", argumentHelp(first)+" --"+first.Name+" says it, too.")})
	}
	for i := range d.Arguments {
		a := &d.Arguments[i]
		pairs := []string{"name", a.Name, "placeholder", places[a.Type], "complete", valuesOf(d, a), "help", argumentHelp(a)}
		switch {
		case a == first:
			pairs = append(pairs, "hidden", "")
		case a.Default == nil:
			pairs = append(pairs, "required", "")
		}
		fields = append(fields, reflect.StructField{Name: fmt.Sprintf("Argument%d", i), Type: text, Tag: tag(pairs...)})
	}
	return reflect.New(reflect.StructOf(fields)).Interface()
}

func argumentHelp(a *declared.Argument) string {
	help := a.Help
	if help == "" {
		help = strings.ToUpper(kinds[a.Type][:1]) + kinds[a.Type][1:]
	}
	if a.Default != nil {
		help = strings.TrimSuffix(help, ".") + ": " + cmp.Or(spoken(a.Default), "empty") + " unless given"
	}
	return strings.TrimSuffix(help, ".") + "."
}

type declaredList struct {
	d *declared.Declaration
}

// row is a JSON object whose members have an order.
type row []struct {
	name  string
	value any
}

func (r *row) add(name string, value any) {
	for _, m := range *r {
		if m.name == name { // a column of that name says nothing new
			return
		}
	}
	*r = append(*r, struct {
		name  string
		value any
	}{name, value})
}

// MarshalJSON writes the members in their order.
func (r row) MarshalJSON() ([]byte, error) {
	text := []byte("{")
	for i, m := range r {
		name, err := json.Marshal(m.name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(m.value)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			text = append(text, ',')
		}
		text = append(append(append(text, name...), ':'), value...)
	}
	return append(text, '}'), nil
}

// Run lists the things, or shows the account.
func (v *declaredList) Run(c *client.Client, out *answer.Out) error {
	domain, err := in(c.World, v.d)
	if err != nil {
		return err
	}
	var data row
	var balance *declared.Sum
	if v.d.Holds == declared.Balance {
		b, err := domain.Balance(c.Whose())
		if err != nil {
			return err
		}
		balance = &b
		data.add("customer", c.Whose())
		data.add("balance", declared.Plain(b.Standing))
		data.add("held", declared.Plain(b.Held))
		data.add("available", declared.Plain(b.Free))
	}
	var rows *page.Table
	var nothing string
	if v.d.Holds != declared.Balance || len(v.d.Things) > 0 {
		listed := domain.List(c.Whose())
		data.add("things", thingRows(v.d, listed))
		switch {
		case len(v.d.Things) == 0:
			nothing = v.d.Name + " has nothing to choose from"
		case len(listed) == 0:
			nothing = fmt.Sprintf("%s has nothing for %s", v.d.Name, c.Whose())
		default:
			rows = thingTable(v.d, listed)
		}
	}
	return out.Show(data, func(w *page.Page) {
		if balance != nil {
			fmt.Fprintf(w, "%s has %s: %s held, %s available\n", c.Whose(), declared.Text(balance.Standing), declared.Text(balance.Held), declared.Text(balance.Free))
		}
		if nothing != "" {
			fmt.Fprintln(w, nothing)
		}
		if rows != nil {
			rows.Write(w)
		}
	})
}

func thingRows(d *declared.Declaration, listed []declared.Listed) []row {
	all := make([]row, len(listed))
	for i, l := range listed {
		r := &all[i]
		r.add("id", l.ID)
		named := columns([]declared.Thing{*l.Thing})
		if l.Limited {
			r.add("left", declared.Plain(l.Left))
		} else if !slices.Contains(named, "left") {
			r.add("left", nil) // no limit, or nothing is counted
		}
		if d.Holds == declared.Authorisation {
			r.add("limit", declared.Plain(l.Of.Size))
			r.add("authorised", declared.Plain(l.Of.Held))
			r.add("captured", declared.Plain(l.Of.Taken))
			r.add("available", declared.Plain(l.Of.Free))
		}
		for _, name := range named {
			r.add(name, declared.Plain(l.Columns[name]))
		}
	}
	return all
}

func thingTable(d *declared.Declaration, listed []declared.Listed) *page.Table {
	names := columns(d.Things)
	head := []string{"THING"}
	counted := d.Holds == declared.Quota || d.Holds == declared.Authorisation
	if counted {
		head = append(head, "LEFT")
	}
	for _, name := range names {
		head = append(head, strings.ToUpper(strings.ReplaceAll(name, "_", " ")))
	}
	rows := page.NewTable(head...)
	for _, l := range listed {
		cells := []any{page.Rigid(l.ID)}
		switch {
		case l.Limited:
			cells = append(cells, page.Number(declared.Text(l.Left)))
		case counted:
			cells = append(cells, page.Number("unlimited"))
		}
		for _, name := range names {
			switch value, has := l.Columns[name]; value.(type) {
			case string, bool, time.Time, time.Duration:
				cells = append(cells, declared.Text(value))
			default:
				if !has {
					value = "-"
				}
				cells = append(cells, page.Number(declared.Text(value)))
			}
		}
		rows.Row(cells...)
	}
	return rows
}

type declaredConfirm struct {
	d *declared.Declaration
	kong.Plugins
	ConfirmFlags
}

// Run confirms what was said.
func (v *declaredConfirm) Run(ctx context.Context, c *client.Client, out *answer.Out) error {
	domain, err := in(c.World, v.d)
	if err != nil {
		return err
	}
	ask, err := v.ask()
	if err != nil {
		return err
	}
	choice := domain.choice(ask)
	asked := choice.Ask
	choice.Ask = func(ctx context.Context, order issuers.Order) (tokens.Issued, error) {
		issued, err := asked(ctx, order)
		return issued, domain.nearest(err, order.Customer, ask)
	}
	return Confirm(ctx, c, out, choice, v.ConfirmFlags)
}

// nearest says of a thing that there is none of which one was probably meant.
func (d *declaredDomain) nearest(err error, customer string, ask declared.Ask) error {
	var refusal *tokens.Refusal
	if !errors.Is(err, issuers.ThingUnknown) || !errors.As(err, &refusal) {
		return err
	}
	var ids []string
	for _, l := range d.List(customer) {
		ids = append(ids, l.ID)
	}
	asked := []string{ask.Thing}
	for _, a := range d.d.Arguments {
		if text, is := ask.Arguments[a.Name].(string); is && a.Type == declared.ThingRef {
			asked = append(asked, text)
		}
	}
	for _, text := range asked {
		if near := nearestOf(text, ids); near != "" && !slices.Contains(ids, text) {
			return tokens.Refuse(refusal.Reason, "%s: did you mean %s?", refusal.Detail, near)
		}
	}
	return err
}

// nearestOf gives the id that a text was probably meant to be, in whatever case.
func nearestOf(text string, ids []string) string {
	lower := make([]string, len(ids))
	for i, id := range ids {
		lower[i] = strings.ToLower(id)
	}
	if at := slices.Index(lower, exit.Nearest(strings.ToLower(text), lower)); at >= 0 {
		return ids[at]
	}
	return ""
}

// ask gives what the line asks for. What is a question of spelling is an error of
// usage; what is no amount, the domain refuses.
func (v *declaredConfirm) ask() (declared.Ask, error) {
	ask := declared.Ask{Arguments: map[string]any{}}
	fields := reflect.ValueOf(v.Plugins[0]).Elem()
	said := func(name string) (string, bool) {
		if f := fields.FieldByName(name); f.IsValid() && !f.IsNil() {
			return f.Elem().String(), true
		}
		return "", false
	}
	ask.Thing, _ = said("Thing")
	first := standing(v.d)
	for i := range v.d.Arguments {
		a := &v.d.Arguments[i]
		text, is := said(fmt.Sprintf("Argument%d", i))
		if a == first {
			alone, stands := said("Standing")
			if stands && is {
				return ask, exit.Usage("leave one of them out", "%s is said twice: %q and --%s %q", a.Name, alone, a.Name, text)
			}
			if !stands && !is {
				return ask, exit.Usage(v.d.Name+" confirm "+strings.ToUpper(a.Name), "%s confirm: %s is missing", v.d.Name, strings.ToUpper(a.Name))
			}
			if stands {
				text, is = alone, true
			}
		}
		if !is {
			continue
		}
		value, err := read(a, text)
		if err != nil {
			return ask, err
		}
		ask.Arguments[a.Name] = value
	}
	return ask, nil
}

// read reads times and durations as this shell writes them; the rest is for the
// domain to read.
func read(a *declared.Argument, text string) (any, error) {
	switch a.Type {
	case declared.Time:
		t, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return nil, exit.Usage("write one such as 2026-01-02T00:00:00Z", "--%s %q is not a time", a.Name, text)
		}
		return t, nil
	case declared.Duration:
		span, err := syntax.ParseSpan(text)
		if err != nil {
			return nil, exit.Usage("write one such as 1h30m", "--%s: %v", a.Name, err)
		}
		return span, nil
	}
	return text, nil
}
