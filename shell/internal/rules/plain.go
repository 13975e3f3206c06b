// Plain: paths and literals, which need no CEL.

package rules

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"tokenshell/issuers"
	"tokenshell/issuers/declared"
)

// The plain forms. What looks like none of them is read by CEL.
var (
	plainPath = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$`)
	})
	plainString  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(?:'([^'"\\\r\n]*)'|"([^'"\\\r\n]*)")$`) })
	plainInteger = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(0|-?[1-9][0-9]*)$`) })
	plainCall    = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(digest|money)\(([^()]*)\)$`) })
)

// reserved are CEL's words, which name nothing of ours.
var reserved = map[string]bool{
	"true": true, "false": true, "null": true, "in": true, "as": true, "break": true, "const": true, "continue": true, "else": true, "for": true,
	"function": true, "if": true, "import": true, "let": true, "loop": true, "package": true, "namespace": true, "return": true, "var": true, "void": true, "while": true,
}

// IsReserved reports whether CEL keeps a name for itself.
func IsReserved(name string) bool { return reserved[name] }

// plain reads an expression that is a path or a literal; nil when it is not.
func (s *Scope) plain(text string, at Moment) (*Expression, *Wrong) {
	from := leading(text)
	word := strings.TrimSpace(text)
	constant := func(value any, t declared.Type) (*Expression, *Wrong) {
		return &Expression{Text: text, Type: t, Plain: true, value: func(*declared.Env) (any, error) { return value, nil }}, nil
	}
	switch {
	case word == "true" || word == "false":
		return constant(word == "true", Bool)
	case plainString().MatchString(word):
		return constant(word[1:len(word)-1], declared.String)
	case plainInteger().MatchString(word):
		n, err := strconv.ParseInt(word, 10, 64)
		if err != nil {
			return nil, nil
		}
		return constant(n, declared.Integer)
	case plainPath().MatchString(word):
		return s.plainPath(text, word, from, at)
	}
	call := plainCall().FindStringSubmatchIndex(word)
	if call == nil {
		return nil, nil
	}
	name, inner := word[call[2]:call[3]], word[call[4]:call[5]]
	if strings.TrimSpace(inner) == "" {
		return nil, nil
	}
	of, w := s.plain(inner, at)
	if w != nil {
		w.Offset += from + call[4]
		return nil, w
	}
	switch {
	case of == nil:
		return nil, nil
	case name == "digest" && of.Type != declared.ThingRef:
		return &Expression{Text: text, Type: declared.String, Reads: of.Reads, Roots: of.Roots, Plain: true, value: func(env *declared.Env) (any, error) {
			value, err := of.value(env)
			if err != nil {
				return nil, err
			}
			return env.Digest(value), nil
		}}, nil
	case name == "money" && of.Type == declared.String && plainString().MatchString(strings.TrimSpace(inner)):
		written, _ := of.value(nil) // it is a literal
		amount, err := issuers.ParseMoney(written.(string), s.engine.currency)
		if err != nil {
			return nil, wrong(from+call[4]+leading(inner), "%v", err)
		}
		return constant(amount, declared.Money)
	}
	return nil, nil
}

// plainPath reads a path.
func (s *Scope) plainPath(text, word string, from int, at Moment) (*Expression, *Wrong) {
	var path []step
	offset := from
	for name := range strings.SplitSeq(word, ".") {
		if reserved[name] {
			return nil, nil // CEL says what is wrong
		}
		path = append(path, step{name, offset})
		offset += len(name) + 1
	}
	of, w := s.resolve(path, at, nil)
	if w != nil {
		return nil, w
	}
	if of == List {
		return nil, wrong(from, "others are several, and a value belongs here").hint("write size(others), or others.all(o, …)")
	}
	x := &Expression{Text: text, Type: of, Roots: []string{path[0].name}, Plain: true, value: func(env *declared.Env) (any, error) { return read(env, path) }}
	if path[0].name == "facts" {
		x.Reads = []string{path[1].name}
	}
	return x, nil
}

// errUnknown is said of what was checked and is not there: nobody sees it.
var errUnknown = errors.New("it is not known here")

// read reads a checked path.
func read(env *declared.Env, path []step) (any, error) {
	root, part := path[0].name, ""
	if len(path) > 1 {
		part = path[1].name
	}
	switch root {
	case "thing":
		return columnOf(env.Thing, part)
	case "customer":
		return env.Customer, nil
	case "facts":
		return fact(env, part)
	case "now":
		return env.Now, nil
	case "others":
		return env.Others, nil
	case "taken", "worth":
		if value := map[bool]any{true: env.Taken, false: env.Worth}[root == "taken"]; value != nil {
			return value, nil
		}
		return nil, errUnknown
	case "constraints":
		if value, ok := env.Constraints[part]; ok {
			return value, nil
		}
		return nil, fmt.Errorf("the token has no constraint %q", part)
	}
	value, ok := env.Arguments[root]
	if !ok {
		if root == "amount" && env.Amount != nil {
			return env.Amount, nil
		}
		return nil, errUnknown
	}
	if thing, ok := value.(*declared.Thing); ok {
		return columnOf(thing, part)
	}
	return value, nil
}

// otherOf reads what there is of another confirmation.
func otherOf(o *declared.Other, part string) (any, error) {
	if value, ok := o.Arguments[part]; ok {
		return value, nil
	}
	switch part {
	case "thing":
		return o.Thing, nil
	case "amount":
		return o.Amount, nil
	case "redeemed":
		return o.Redeemed, nil
	case "taken":
		return o.Taken, nil
	case "worth":
		return o.Worth, nil
	}
	return nil, errUnknown
}

// columnOf reads a column of a thing, or the thing.
func columnOf(thing *declared.Thing, part string) (any, error) {
	switch {
	case thing == nil:
		return nil, errUnknown
	case part == "":
		return thing, nil
	case part == "id":
		return thing.ID, nil
	}
	if value, ok := thing.Columns[part]; ok {
		return value, nil
	}
	return nil, fmt.Errorf("%s has no %s", thing.ID, part)
}

// fact reads a fact.
func fact(env *declared.Env, name string) (any, error) {
	if value, ok := env.Facts[name]; ok {
		return value, nil
	}
	return nil, fmt.Errorf("the order says nothing of %s", name)
}
