// Rewriting: how a command has to be written for another world to understand
// it, without any secret.

package record

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/redact"
	"tokenshell/shell/internal/syntax"
)

// keyID is a kid as services make it; its last part is different in each world.
var keyID = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^([a-z]+-k[0-9]+-)[0-9a-f]{8}$`) })

// rewrite gives a command as the scenario has it, without what was expected of
// it. Names of files and orders are those of the scenario, a token is its
// handle, and a kid is looked up first. why says that it cannot be written.
func (m *scenarioMaker) rewrite(g *stage, e *interp.Spoken) (text, why string) {
	commands, err := syntax.Split(e.Typed, false)
	if err != nil || len(commands) != 1 {
		return "", "it is not a line of a scenario"
	}
	command := commands[0]
	texts := make([]string, len(command))
	for i, w := range command {
		texts[i] = w.Plain()
	}
	command = command[len(texts)-len(unjudged(texts)):]
	missing := -1 // where the name of a session has to be put
	if at := newWithoutName(e); at > 0 {
		missing = at - (len(texts) - len(command))
	}
	meant := unjudged(e.Words) // the words, with what variables stood for
	var done []syntax.Word
	for i, w := range command {
		if i == missing {
			done = append(done, literal(m.orders[e.Session]))
		}
		if i < len(meant) {
			w = m.namedFile(e, w, meant[i])
		}
		w, why = m.rewriteWord(g, e, w)
		if why != "" {
			return "", why
		}
		done = append(done, w)
	}
	if missing == len(command) {
		done = append(done, literal(m.orders[e.Session]))
	}
	if len(done) == 3 && done[0].Plain() == "let" && done[2].Plain() != command[2].Plain() && redact.HasToken(command[2].Plain()) {
		done = []syntax.Word{literal("capture"), done[1], literal("token"), literal("raw"), done[2]}
		if g.shells[0].Options.Output == "json" {
			done = append(done, literal("--jq"), literal(".raw"))
		}
	}
	return syntax.Join(done), ""
}

func literal(text string) syntax.Word { return syntax.Word{syntax.Piece{Text: text}} }

// namedFile gives a word with a variable as the file that it stood for: the
// variable may hold a place that only this machine has.
func (m *scenarioMaker) namedFile(e *interp.Spoken, w syntax.Word, meant string) syntax.Word {
	if prefix, name := nameIn(meant); m.names[e][name] != "" {
		return literal(prefix + name)
	}
	return w
}

func (m *scenarioMaker) rewriteWord(g *stage, e *interp.Spoken, w syntax.Word) (done syntax.Word, why string) {
	if slices.ContainsFunc(w, func(p syntax.Piece) bool { return p.Variable }) {
		return w, ""
	}
	text := w.Plain()
	prefix, name := nameIn(text)
	if file := m.names[e][name]; file != "" {
		return literal(prefix + file), ""
	}
	if order := m.orders[name]; order != "" {
		return literal(prefix + order), ""
	}
	if redact.HasToken(text) {
		for _, t := range m.shell.Wallet.Held {
			if t.Raw == text && g.shells[0].Wallet.ByHandle[t.Handle] != nil {
				return literal(t.Handle), ""
			}
		}
		return nil, "it holds a token that no handle stands for"
	}
	if m.shell.Redact(text) != text {
		return nil, "it holds a secret, or a part of one"
	}
	if found := keyID().FindStringSubmatch(name); found != nil {
		if g.kids[name] == "" {
			g.kids[name] = m.freshName("KID_%d", len(g.kids)+1)
			g.run(fmt.Sprintf(`capture %s keys list --jq '.keys[] | select(.kid | startswith("%s")).kid'`, g.kids[name], found[1]))
		}
		if done = (syntax.Word{{Text: g.kids[name], Variable: true}}); prefix != "" {
			done = append(literal(prefix), done...)
		}
		return done, ""
	}
	return w, ""
}

// nameIn gives the name of a file, an order or a key that a word may hold, and
// what stands before it.
func nameIn(word string) (prefix, name string) {
	if name, ok := strings.CutPrefix(word, "@"); ok {
		return "@", name
	}
	if flag, value, ok := strings.Cut(word, "="); ok && strings.HasPrefix(flag, "--") {
		return flag + "=", value
	}
	return "", word
}

// freshName gives the first name from the n-th on that nobody used.
func (m *scenarioMaker) freshName(format string, n int) string {
	for m.taken[fmt.Sprintf(format, n)] {
		n++
	}
	name := fmt.Sprintf(format, n)
	m.taken[name] = true
	return name
}

// nameOrders gives orders whose ids the relay chose names that a person would
// give them.
func (m *scenarioMaker) nameOrders() {
	for _, e := range m.spoken {
		for _, word := range e.Words {
			m.taken[word] = true
		}
	}
	for _, e := range m.spoken {
		if newWithoutName(e) > 0 && m.orders[e.Session] == "" {
			m.orders[e.Session] = m.freshName("order-%d", len(m.orders)+1)
		}
	}
}

// newWithoutName gives the place behind "session new" where its name is
// missing; 0 when it is no such command.
func newWithoutName(e *interp.Spoken) int {
	if e.Err != nil || e.Session == "" || slices.Contains(e.Words, e.Session) {
		return 0
	}
	for at := 2; at <= len(e.Words); at++ {
		if e.Words[at-2] == "session" && e.Words[at-1] == "new" {
			return at
		}
	}
	return 0
}
