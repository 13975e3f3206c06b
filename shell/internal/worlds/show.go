// Show: a world as it was read, and what in it is odd.

package worlds

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"

	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/redact"
	"tokenshell/shell/internal/world"
	"tokenshell/shell/internal/yamlfile"
)

// shower is a part of a world file that shows itself.
type shower interface{ Show() yamlfile.Map }

// doubter is a part of a world file that knows what in it is odd.
type doubter interface{ Odd() []yamlfile.Note }

// Show gives the world as it was read, with what was left out filled in. Of the
// numbers of cards there are the last four digits.
func Show(p *world.Plan) yamlfile.Map {
	m := yamlfile.Map{{Key: "currency", Value: p.Currency()}}
	from := p.Written()
	for i := range from.NumField() {
		tag := from.Type().Field(i).Tag
		key := tag.Get("yaml")
		switch value := shown(p, from.Field(i)); {
		case key == "currency":
		case key == "redeem_order":
			var order []any
			for _, name := range p.RedeemOrder() {
				order = append(order, name)
			}
			m.Add(key, order)
		case value == "" && slices.Contains(p.RedeemOrder(), tag.Get("of")):
			m.Add(key, tag.Get("default"))
		default:
			m.Add(key, lastFour(value, p.Numbers))
		}
	}
	return m
}

// lastFour leaves of whole numbers that are those of cards the last four digits: they
// stay numbers, for the expressions that read them.
func lastFour(value any, numbers []string) any {
	switch v := value.(type) {
	case yamlfile.Map:
		for i := range v {
			v[i].Value = lastFour(v[i].Value, numbers)
		}
	case []any:
		for i := range v {
			v[i] = lastFour(v[i], numbers)
		}
	case int64:
		if text := strconv.FormatInt(v, 10); slices.Contains(numbers, text) || redact.Remnants(text) != text {
			return v % 10000
		}
	}
	return value
}

// shown gives a value of the file.
func shown(p *world.Plan, v reflect.Value) any {
	if v.CanAddr() {
		if s, ok := v.Addr().Interface().(shower); ok {
			return s.Show()
		}
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return yamlfile.Map{}
		}
		return shown(p, v.Elem())
	case reflect.Struct:
		var m yamlfile.Map
		for i := range v.NumField() {
			key := v.Type().Field(i).Tag.Get("yaml")
			if n := v.Field(i); key != "" && !(n.CanInt() && n.IsZero()) {
				m.Add(key, shown(p, n))
			}
		}
		return m
	case reflect.Slice:
		all := []any{}
		for i := range v.Len() {
			all = append(all, shown(p, v.Index(i)))
		}
		return all
	case reflect.Bool:
		return v.Bool()
	case reflect.String:
		text := v.String()
		if len(text) > 4 && slices.Contains(p.Numbers, text) {
			text = text[len(text)-4:]
		}
		return text
	}
	return v.Int() // nothing else stands in a world file
}

// Odd says what can be read and is hardly meant, in the order of the file.
func Odd(p *world.Plan) []yamlfile.Note {
	notes := yamlfile.Empty(p.Text())
	for _, section := range p.Sections {
		if d, ok := section.(doubter); ok {
			notes = append(notes, d.Odd()...)
		}
	}
	for i, fact := range p.Carried() {
		if says := listed(p, p.Carried()[:i], fact); says != "" {
			notes = append(notes, yamlfile.NoteAt(p.Text(), fmt.Sprintf("$.facts[%d]", i), says))
		}
	}
	slices.SortStableFunc(notes, func(a, b yamlfile.Note) int { return a.Line - b.Line })
	return notes
}

// listed says why a fact is hardly meant to be listed as one that is carried; empty
// when it may well be: that no domain reads it is what the list is for.
func listed(p *world.Plan, before []string, fact string) string {
	if slices.Contains(before, fact) {
		return fmt.Sprintf("the fact %s stands here twice", fact)
	}
	var read []string
	kinds, _ := p.Kinds()
	for _, k := range kinds {
		if slices.Contains(k.Reads, fact) {
			return fmt.Sprintf("%s reads the fact %s anyway: it need not be listed", k.Name, fact)
		}
		read = append(read, k.Reads...)
	}
	if near := exit.Nearest(fact, read); near != "" {
		return fmt.Sprintf("no domain reads the fact %s: did you mean %s, which need not be listed?", fact, near)
	}
	return ""
}
