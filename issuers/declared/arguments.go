// Arguments: what a confirmation was asked for, read.

package declared

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"tokenshell/issuers"
	"tokenshell/tokens"
)

// Ask is what somebody wants to have confirmed.
type Ask struct {
	Thing string // its id; empty when the domain has nothing to choose from
	// Arguments are values of the Go types of their Types, or texts that are to be
	// read as such. What is not among them has its default.
	Arguments map[string]any
}

// MostText is how long a text argument may be, in bytes.
const MostText = 256

// thing finds the thing that is asked for, which the customer may have.
func (s *Service) thing(customer, id string) (*offered, error) {
	switch o := s.byID[id]; {
	case o != nil && o.usableBy(customer):
		return o, nil
	case len(s.things) == 0 && id == "":
		return nil, nil
	case len(s.things) == 0:
		return nil, tokens.Refuse(issuers.ThingUnknown, "%s has nothing to choose from, and %q was", s.Service, id)
	case s.declaration.Holds == Authorisation:
		return nil, tokens.Refuse(issuers.ThingUnknown, "%s has no %q in %s", customer, id, s.Service)
	default:
		return nil, tokens.Refuse(issuers.ThingUnknown, "there is no %q in %s", id, s.Service)
	}
}

// arguments reads what is said of each argument.
func (s *Service) arguments(customer string, said map[string]any) (map[string]any, error) {
	values := make(map[string]any, len(s.declaration.Arguments))
	taken := 0
	for i := range s.declaration.Arguments {
		a := &s.declaration.Arguments[i]
		given, is := said[a.Name]
		switch {
		case is:
			value, err := s.read(a, customer, given)
			if err != nil {
				return nil, err
			}
			values[a.Name] = value
			taken++
		case a.Default != nil:
			values[a.Name] = a.Default
		default:
			return nil, tokens.Refuse(issuers.ArgumentInvalid, "%s wants an argument %s", s.Service, a.Name)
		}
	}
	if taken < len(said) {
		for _, name := range slices.Sorted(maps.Keys(said)) {
			if _, known := values[name]; !known {
				return nil, tokens.Refuse(issuers.ArgumentInvalid, "%s has no argument %q", s.Service, name)
			}
		}
	}
	return values, nil
}

// read reads one argument.
func (s *Service) read(a *Argument, customer string, given any) (any, error) {
	text, isText := given.(string)
	wrong := func(reason tokens.Reason, wants string) error {
		return tokens.Refuse(reason, "%s %q: write %s", a.Name, Text(given), wants)
	}
	switch a.Type {
	case String:
		if !isText || len(text) > MostText || !utf8.ValidString(text) {
			return nil, tokens.Refuse(issuers.ArgumentInvalid, "%s is a text of at most %d bytes", a.Name, MostText)
		}
		return text, nil
	case Integer:
		if n, is := given.(int64); is {
			return n, nil
		}
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || strconv.FormatInt(n, 10) != text {
			return nil, wrong(issuers.AmountInvalid, "a whole number such as 2")
		}
		return n, nil
	case Money:
		if amount, is := given.(amount); is {
			return amount, nil
		}
		amount, err := issuers.ParseMoney(text, s.currency)
		if err != nil {
			return nil, tokens.Refuse(issuers.AmountInvalid, "%s: %v", a.Name, err)
		}
		return amount, nil
	case Time:
		if t, is := given.(time.Time); is {
			return t, nil
		}
		t, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return nil, wrong(issuers.ArgumentInvalid, "a time such as 2026-01-01T00:00:00Z")
		}
		return t, nil
	case Duration:
		if d, is := given.(time.Duration); is {
			return d, nil
		}
		d, err := time.ParseDuration(text)
		if err != nil {
			return nil, wrong(issuers.ArgumentInvalid, "a duration such as 1h30m")
		}
		return d, nil
	default: // a thing
		o := s.byID[text]
		if o == nil || !o.usableBy(customer) {
			return nil, tokens.Refuse(issuers.ThingUnknown, "%s: there is no %q in %s", a.Name, text, s.Service)
		}
		return o.Thing, nil
	}
}

// usableBy reports whether a customer may have the thing.
func (o *offered) usableBy(customer string) bool {
	return o.Customer == "" || o.Customer == customer
}

// unread says what an expression could not compute, in one line.
func unread(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }
