// Rewriting: how a command has to be written for another world to understand
// it, without any secret.

package shell

import (
	"fmt"
	"regexp"
	"strings"
)

// keyID is a kid as services make it; its last part is another in each world.
var keyID = regexp.MustCompile(`^([a-z]+-k[0-9]+-)[0-9a-f]{8}$`)

// rewrite gives a command as the scenario has it, without what was expected of
// it. Names of files and orders are those of the scenario, a token is its
// handle, and a kid is looked up first. why says that it cannot be written.
func (m *scenarioMaker) rewrite(g *stage, e *spoken, kids map[string]string) (text, why string) {
	commands, err := splitLine(e.typed, false)
	if err != nil || len(commands) != 1 {
		return "", "it is no line of a scenario"
	}
	command := commands[0]
	texts := make([]string, len(command))
	for i, w := range command {
		texts[i] = w.plain()
	}
	command = command[len(texts)-len(unjudged(texts)):]
	missing := -1 // where the name of a session has to be put
	if at := newWithoutName(e); at > 0 {
		missing = at - (len(texts) - len(command))
	}
	var done []word
	for i, w := range command {
		if i == missing {
			done = append(done, literal(m.orders[e.session]))
		}
		w, why = m.rewriteWord(g, w, kids)
		if why != "" {
			return "", why
		}
		done = append(done, w)
	}
	if missing == len(command) {
		done = append(done, literal(m.orders[e.session]))
	}
	if len(done) == 3 && done[0].plain() == "let" && done[2].plain() != command[2].plain() && looksLikeToken(command[2].plain()) {
		done = []word{literal("capture"), done[1], literal("token"), literal("raw"), done[2]}
	}
	return commandText(done), ""
}

func literal(text string) word { return word{piece{text: text}} }

func (m *scenarioMaker) rewriteWord(g *stage, w word, kids map[string]string) (done word, why string) {
	for _, p := range w {
		if p.variable {
			return w, ""
		}
	}
	text := w.plain()
	prefix, name := "", text
	if cut, ok := strings.CutPrefix(text, "@"); ok {
		prefix, name = "@", cut
	} else if flag, value, ok := strings.Cut(text, "="); ok && strings.HasPrefix(flag, "--") {
		prefix, name = flag+"=", value
	}
	if section := m.names[name]; section != "" {
		return literal(prefix + section), ""
	}
	if order := m.orders[name]; order != "" {
		return literal(prefix + order), ""
	}
	if looksLikeToken(text) {
		for _, t := range m.shell.wallet.held {
			if t.raw == text {
				return literal(t.handle), ""
			}
		}
		return nil, "it holds a token that no handle stands for"
	}
	if found := keyID.FindStringSubmatch(name); found != nil {
		if kids[name] == "" {
			kids[name] = fmt.Sprintf("KID_%d", len(kids)+1)
			g.run(fmt.Sprintf(`capture %s keys list --jq '.keys[] | select(.kid | startswith("%s")).kid'`, kids[name], found[1]))
		}
		return word{piece{text: prefix}, piece{text: kids[name], variable: true}}, ""
	}
	return w, ""
}
