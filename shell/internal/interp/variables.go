// Variables: what $NAME stands for.

package interp

import (
	"maps"
	"slices"
	"strings"

	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/syntax"
)

// variable is a value that $NAME stands for.
type variable struct {
	value  string
	secret bool // it holds a token, and is never shown
}

// Variables are what $NAME stands for.
type Variables struct {
	Outside func(name string) (string, bool) // variables from outside; may be nil
	OnSet   func(name, value string)         // told of every variable that is set; may be nil
	Hide    func(string) string              // replaces what is secret in a text
	Conceal func(value string)               // has a value be hidden from now on

	values map[string]variable
	held   int // bytes of them all
}

// Expand puts variables in their places. Their values are never split again.
func (v *Variables) Expand(command []syntax.Word) ([]string, error) {
	words, size := make([]string, len(command)), 0
	for i, w := range command {
		var b strings.Builder
		for _, p := range w {
			if !p.Variable {
				b.WriteString(p.Text)
				continue
			}
			value, ok := v.lookup(p.Text)
			if !ok {
				return nil, exit.Usage("let "+p.Text+" VALUE sets it", "$%s is not set", p.Text)
			}
			if size+b.Len()+len(value) > LongestLine {
				return nil, exit.Usage("@FILE reads a long token", "with $%s in its place the line has more than %d bytes", p.Text, LongestLine)
			}
			b.WriteString(value)
		}
		words[i] = b.String()
		size += b.Len()
	}
	return words, nil
}

func (v *Variables) lookup(name string) (string, bool) {
	if known, ok := v.values[name]; ok {
		return known.value, true
	}
	if v.Outside != nil {
		return v.Outside(name)
	}
	return "", false
}

// Fits says what is wrong with a variable's name.
func (v *Variables) Fits(name string) error {
	if !syntax.IsVariable(name) || slices.Contains(syntax.Reserved(), name) {
		return exit.Usage("write A-Z, 0-9 and _, and not "+strings.Join(syntax.Reserved(), ", "), "%q is not a name for a variable", name)
	}
	return nil
}

// Set sets a variable; one that holds a token, or is said to be secret, is
// secret from then on. It refuses a value that is too long for one variable, or
// for all of them together.
func (v *Variables) Set(name, value string, secret bool) error {
	if err := v.Fits(name); err != nil {
		return err
	}
	held := v.held - len(v.values[name].value) + len(value)
	switch {
	case len(value) > ValueLimit:
		return exit.Usage("--jq takes a part of what a verb prints", "$%s cannot hold this: a variable has at most %d bytes", name, ValueLimit)
	case held > valuesLimit:
		return exit.Usage("let NAME '' empties one", "$%s cannot hold this: all variables together have at most %d bytes", name, valuesLimit)
	}
	v.held = held
	secret = secret || v.Hide(value) != value
	v.values[name] = variable{value, secret}
	if secret {
		v.Conceal(value)
	}
	if v.OnSet != nil {
		v.OnSet(name, value)
	}
	return nil
}

// Shown gives a variable as it may be shown.
func (v *Variables) Shown(name string) string {
	if v.values[name].secret {
		return "(secret)"
	}
	return v.values[name].value
}

// Names gives the variables that are set, sorted.
func (v *Variables) Names() []string { return slices.Sorted(maps.Keys(v.values)) }
