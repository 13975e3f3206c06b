// Variables: what $NAME stands for.

package shell

import (
	"slices"
	"strings"

	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/redact"
	"tokenshell/shell/internal/syntax"
)

// variable is a value that $NAME stands for.
type variable struct {
	value  string
	secret bool // it holds a token, and is never shown
}

// expand puts variables in their places. Their values are never split again.
func (s *Shell) expand(command []syntax.Word) ([]string, error) {
	words := make([]string, len(command))
	for i, w := range command {
		var b strings.Builder
		for _, p := range w {
			if !p.Variable {
				b.WriteString(p.Text)
				continue
			}
			value, ok := s.lookup(p.Text)
			if !ok {
				return nil, exit.Usage("let "+p.Text+" VALUE sets it", "$%s is not set", p.Text)
			}
			b.WriteString(value)
		}
		words[i] = b.String()
	}
	return words, nil
}

func (s *Shell) lookup(name string) (string, bool) {
	if v, ok := s.vars[name]; ok {
		return v.value, true
	}
	if s.environ != nil {
		return s.environ(name)
	}
	return "", false
}

// reserved are names that scripts and systems use for themselves.
var reserved = []string{"PATH", "HOME", "WORK", "TMPDIR"}

// let sets a variable; one that holds a token is secret from then on.
func (s *Shell) let(name, value string) error {
	if !syntax.IsVariable(name) || slices.Contains(reserved, name) {
		return exit.Usage("write A-Z, 0-9 and _, and not "+strings.Join(reserved, ", "), "%q is no name for a variable", name)
	}
	s.vars[name] = variable{value, redact.HasToken(value) || s.wallet.redact(value) != value || s.holdsSecret(value)}
	if s.onLet != nil {
		s.onLet(name, value)
	}
	return nil
}

// holdsSecret reports whether a value has that of a secret variable in it; a few
// characters are nothing.
func (s *Shell) holdsSecret(value string) bool {
	for _, v := range s.vars {
		if v.secret && len(v.value) >= 8 && strings.Contains(value, v.value) {
			return true
		}
	}
	return false
}
