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
}

// Expand puts variables in their places. Their values are never split again.
func (v *Variables) Expand(command []syntax.Word) ([]string, error) {
	words := make([]string, len(command))
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
			b.WriteString(value)
		}
		words[i] = b.String()
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

// reserved are names that scripts and systems use for themselves.
var reserved = []string{"PATH", "HOME", "WORK", "TMPDIR"}

// Fits says what is wrong with a variable's name.
func (v *Variables) Fits(name string) error {
	if !syntax.IsVariable(name) || slices.Contains(reserved, name) {
		return exit.Usage("write A-Z, 0-9 and _, and not "+strings.Join(reserved, ", "), "%q is not a name for a variable", name)
	}
	return nil
}

// Set sets a variable; one that holds a token, or is said to be secret, is
// secret from then on.
func (v *Variables) Set(name, value string, secret bool) error {
	if err := v.Fits(name); err != nil {
		return err
	}
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
