// Teaching: what to try next after a refusal. A person at the prompt is told,
// a script is not.

package prompt

import (
	"strings"

	"tokenshell/shell/internal/client"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/verbs"
	"tokenshell/tokens"
)

// teaching remembers what a person was told.
type teaching struct{ seen map[tokens.Reason]bool }

// teachIn has a shell say what to try next.
func teachIn(s *interp.Shell) {
	t := &teaching{map[tokens.Reason]bool{}}
	s.Hints = func(words []string) func(exit.Rejection) string { return t.hints(s, words) }
}

// hints gives what says what to try next, once for each reason that a command is
// refused for. It is empty when there is nothing to say.
func (t *teaching) hints(s *interp.Shell, words []string) func(exit.Rejection) string {
	if !s.Options.Tips || s.VerbIs(words, "hostile") { // it refuses on purpose
		return nil
	}
	said := map[tokens.Reason]bool{}
	return func(r exit.Rejection) string {
		l := verbs.LessonOf(s.Language.Domains, r.Reason)
		if said[r.Reason] || l.Next == "" {
			return ""
		}
		said[r.Reason] = true
		text := strings.ReplaceAll(verbs.Remedy(s.Client, s.Language.Domains, r.Reason, words), "TOKEN", tokenIn(s.Client, words))
		if l.First != "" && !t.seen[r.Reason] {
			text += "; " + l.First
		}
		t.seen[r.Reason] = true
		return text
	}
}

// tokenIn gives the first handle in a command.
func tokenIn(s *client.Client, words []string) string {
	for _, word := range words {
		if s.Wallet.ByHandle[word] != nil {
			return word
		}
	}
	return "TOKEN"
}
