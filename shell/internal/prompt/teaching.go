// Teaching: what to try next after a refusal. A person at the prompt is told,
// a script is not.

package prompt

import (
	"fmt"
	"strings"

	"tokenshell/shell/internal/answer"
	"tokenshell/shell/internal/client"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/page"
	"tokenshell/shell/internal/verbs"
	"tokenshell/tokens"
)

// teaching remembers what a person was told.
type teaching struct{ seen map[tokens.Reason]bool }

// teachIn has a shell say what to try next.
func teachIn(s *interp.Shell) {
	t := &teaching{map[tokens.Reason]bool{}}
	s.AfterRefusal = func(out *answer.Out, words []string, err error) { t.teach(s, out, words, err) }
}

// teach says what to try next, once for each reason of a refusal. It is for a
// person, so it is folded at the window's edge, which the refusal itself is not.
func (t *teaching) teach(s *interp.Shell, out *answer.Out, words []string, err error) {
	if !s.Options.Tips || s.VerbIs(words, "hostile") { // it refuses on purpose
		return
	}
	said := map[tokens.Reason]bool{}
	for _, r := range exit.Rejections(err) {
		l := verbs.LessonOf(s.Language.Kinds, r.Reason)
		if said[r.Reason] || l.Next == "" {
			continue
		}
		said[r.Reason] = true
		text := strings.ReplaceAll(verbs.Remedy(s.Client, s.Language.Kinds, r.Reason, words), "TOKEN", tokenIn(s.Client, words))
		if l.First != "" && !t.seen[r.Reason] {
			text += "; " + l.First
		}
		t.seen[r.Reason] = true
		for _, line := range page.FoldTo("hint: "+text, out.Window.Width()) {
			fmt.Fprintln(out.Stderr, out.Faint(line))
		}
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
