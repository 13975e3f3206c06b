// Choices: what a customer might have a declared domain confirm, made from the
// declaration, for the catalogue of attacks and for exploring.

package domains

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"tokenshell/issuers"
	"tokenshell/issuers/currency"
	"tokenshell/issuers/declared"
	"tokenshell/issuers/holds"
	"tokenshell/shell/internal/spec"
	"tokenshell/shell/internal/syntax"
	"tokenshell/shell/internal/world"
	"tokenshell/tokens"
)

// choice is what is asked for, as a customer would type it.
func (d *declaredDomain) choice(ask declared.Ask) world.Choice {
	words, says := []string{d.d.Name, "confirm"}, []string{}
	if ask.Thing != "" {
		words, says = append(words, ask.Thing), append(says, ask.Thing)
	}
	kind := strings.Join(words, " ")
	for i := range d.d.Arguments {
		a := &d.d.Arguments[i]
		value, said := ask.Arguments[a.Name]
		if !said {
			continue
		}
		text := declared.Text(value)
		if span, is := value.(time.Duration); is {
			text = syntax.Span(span).String()
		}
		words, says = append(words, "--"+a.Name, syntax.Quote(text)), append(says, a.Name+" "+text)
	}
	return world.Choice{
		Service: d.d.Name, Held: spec.Hold{Thing: ask.Thing, Of: d.asked(ask)}, Says: cmp.Or(strings.Join(says, ", "), "what "+d.d.Name+" confirms"), Line: strings.Join(words, " "), Kind: kind,
		Ask: func(ctx context.Context, order issuers.Order) (tokens.Issued, error) {
			return d.Confirm(ctx, order, ask)
		},
	}
}

// ask gives what is asked for of a thing when nobody says more than has to be said.
func (d *declaredDomain) ask(thing string) declared.Ask {
	ask := declared.Ask{Thing: thing, Arguments: map[string]any{}}
	for i := range d.d.Arguments {
		switch a := &d.d.Arguments[i]; {
		case a.Example != nil:
			ask.Arguments[a.Name] = said(a.Example)
		case a.Default == nil:
			ask.Arguments[a.Name] = d.made(a.Type, thing)
		}
	}
	return ask
}

// said gives a value as somebody may say it: a thing by its id.
func said(value any) any {
	if thing, is := value.(*declared.Thing); is {
		return thing.ID
	}
	return value
}

// made makes up a value of a type.
func (d *declaredDomain) made(t declared.Type, thing string) any {
	switch t {
	case declared.Integer:
		return int64(1)
	case declared.Money:
		ten, _ := currency.New("10", d.currency) // both are good
		return ten.Round()
	case declared.Time:
		return d.since.Add(24 * time.Hour).UTC().Truncate(time.Second)
	case declared.Duration:
		return time.Hour
	case declared.ThingRef:
		if thing == "" && len(d.d.Things) > 0 {
			return d.d.Things[0].ID
		}
		return thing
	}
	return "something"
}

// option is something that a customer may ask for, and what it comes to.
type option struct {
	ask          declared.Ask
	amount, most int64
	refused      error // whatever there is
}

// consider tries what is asked for in a world where nothing is held yet.
func (d *declaredDomain) consider(customer string, ask declared.Ask) option {
	amount, most, err := d.Consider(issuers.Order{Customer: customer, Facts: d.d.Facts}, ask, d.since)
	return option{ask, amount, most, err}
}

// options are what a customer may ask for of each thing.
func (d *declaredDomain) options(customer string) (all []option) {
	if len(d.d.Things) == 0 {
		return []option{d.consider(customer, d.ask(""))}
	}
	for i := range d.d.Things {
		if t := &d.d.Things[i]; t.Customer == "" || t.Customer == customer {
			all = append(all, d.consider(customer, d.ask(t.ID)))
		}
	}
	return all
}

// near asks for so much of the same, or for as near to it as can be had: for less.
func (d *declaredDomain) near(customer string, o option, amount int64) option {
	for ; amount > 0; amount /= 2 {
		for i := range d.d.Arguments {
			if near := d.by(customer, o, &d.d.Arguments[i], amount); near.refused == nil && near.amount == amount {
				return near
			}
		}
	}
	return o
}

// by says an argument so that what is held comes to an amount. How far that follows
// from it is tried.
func (d *declaredDomain) by(customer string, o option, a *declared.Argument, amount int64) option {
	if a.Type != declared.Integer && a.Type != declared.Money {
		return o
	}
	say := func(n int64) option {
		var value any = n
		if a.Type == declared.Money {
			value, _ = currency.OfUnits(n, d.currency) // which is good
		}
		ask := declared.Ask{Thing: o.ask.Thing, Arguments: maps.Clone(o.ask.Arguments)}
		ask.Arguments[a.Name] = value
		return d.consider(customer, ask)
	}
	straight := say(amount)
	if straight.amount == amount {
		return straight
	}
	if one, two := say(1), say(2); two.amount > one.amount && one.amount > 0 { // as of a price and a number
		return say(1 + (amount-one.amount)/(two.amount-one.amount))
	}
	return straight
}

// Sample is the least of what can be had most often.
func (d *declaredDomain) Sample(customer string) world.Choice {
	all := d.options(customer)
	if len(all) == 0 {
		return d.choice(d.ask("none"))
	}
	for i, o := range all {
		if least := d.near(customer, o, o.few()); o.refused != nil || least.amount < o.amount {
			all[i] = least
		}
	}
	best := slices.MaxFunc(all, func(a, b option) int { return cmp.Compare(a.had(), b.had()) })
	return d.choice(best.ask)
}

// few is an amount of which there are several.
func (o option) few() int64 {
	if o.most == holds.Unlimited {
		return max(1, o.amount)
	}
	return max(1, min(o.amount, o.most/10))
}

// had says how often an option can be had.
func (o option) had() int64 {
	switch {
	case o.refused != nil:
		return -1
	case o.most == holds.Unlimited || o.amount == 0:
		return holds.Unlimited
	}
	return o.most / o.amount
}

// Choices are a little more than half of what there is of each thing, so that two
// do not fit, or as much of it as can be had; and the least of the first.
func (d *declaredDomain) Choices(customer string) []world.Choice {
	all := d.options(customer)
	slices.SortStableFunc(all, func(a, b option) int { return -cmp.Compare(min(a.had(), 1), min(b.had(), 1)) })
	var choices []world.Choice
	for i, o := range all[:min(len(all), mostChoices-1)] {
		many := o
		if o.refused == nil && o.most != holds.Unlimited {
			many = d.near(customer, o, o.most/2+1)
		}
		choices = append(choices, d.choice(many.ask))
		if i == 0 && many.amount > 1 {
			if least := d.near(customer, o, o.few()); least.refused == nil && least.amount < many.amount {
				choices = append(choices, d.choice(least.ask))
			}
		}
	}
	return choices
}

// Facts are those that the declaration gives for it.
func (d *declaredDomain) Facts(string) (first, later tokens.Facts) { return d.d.Facts, d.d.Later }
