// Rewriting: how a command has to be written for another world to understand
// it, without any secret, and the files that it needs there.

package shell

import (
	"bytes"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"

	"tokenshell/tokens"
)

// keyID is a kid as services make it; its last part is another in each world.
var keyID = regexp.MustCompile(`^([a-z]+-k[0-9]+-)[0-9a-f]{8}$`)

// rewrite gives a command as the scenario has it, without what was expected of
// it. Names of files and orders are those of the scenario, a token is its
// handle, and a kid is looked up first. why says that it cannot be written.
func (m *scenarioMaker) rewrite(g *stage, e *spoken) (text, why string) {
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
	meant := unjudged(e.words) // the words, with what variables stood for
	var done []word
	for i, w := range command {
		if i == missing {
			done = append(done, literal(m.orders[e.session]))
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
		done = append(done, literal(m.orders[e.session]))
	}
	if len(done) == 3 && done[0].plain() == "let" && done[2].plain() != command[2].plain() && looksLikeToken(command[2].plain()) {
		done = []word{literal("capture"), done[1], literal("token"), literal("raw"), done[2]}
		if g.shells[0].options.output == "json" {
			done = append(done, literal("--jq"), literal(".raw"))
		}
	}
	return commandText(done), ""
}

func literal(text string) word { return word{piece{text: text}} }

// namedFile gives a word with a variable as the file that it stood for: the
// variable may hold a place that only this machine has.
func (m *scenarioMaker) namedFile(e *spoken, w word, meant string) word {
	if prefix, name := nameIn(meant); m.names[e][name] != "" {
		return literal(prefix + name)
	}
	return w
}

func (m *scenarioMaker) rewriteWord(g *stage, e *spoken, w word) (done word, why string) {
	if slices.ContainsFunc(w, func(p piece) bool { return p.variable }) {
		return w, ""
	}
	text := w.plain()
	prefix, name := nameIn(text)
	if file := m.names[e][name]; file != "" {
		return literal(prefix + file), ""
	}
	if order := m.orders[name]; order != "" {
		return literal(prefix + order), ""
	}
	if looksLikeToken(text) {
		for _, t := range m.shell.wallet.held {
			if t.raw == text && g.shells[0].wallet.byHandle[t.handle] != nil {
				return literal(t.handle), ""
			}
		}
		return nil, "it holds a token that no handle stands for"
	}
	if m.shell.wallet.redact(text) != text {
		return nil, "it holds a part of a token"
	}
	if found := keyID.FindStringSubmatch(name); found != nil {
		if g.kids[name] == "" {
			g.kids[name] = m.freshName("KID_%d", len(g.kids)+1)
			g.run(fmt.Sprintf(`capture %s keys list --jq '.keys[] | select(.kid | startswith("%s")).kid'`, g.kids[name], found[1]))
		}
		if done = (word{{text: g.kids[name], variable: true}}); prefix != "" {
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
		for _, word := range e.words {
			m.taken[word] = true
		}
	}
	for _, e := range m.spoken {
		if newWithoutName(e) > 0 && m.orders[e.session] == "" {
			m.orders[e.session] = m.freshName("order-%d", len(m.orders)+1)
		}
	}
}

// newWithoutName gives the place behind "session new" where its name is
// missing; 0 when it is no such command.
func newWithoutName(e *spoken) int {
	if e.err != nil || e.session == "" || slices.Contains(e.words, e.session) {
		return 0
	}
	for at := 2; at <= len(e.words); at++ {
		if e.words[at-2] == "session" && e.words[at-1] == "new" {
			return at
		}
	}
	return 0
}

// collectFiles makes sections of the files that were used and were there before,
// and finds places for those that the session made.
func (m *scenarioMaker) collectFiles() {
	made := map[string]string{} // by their places: their names in the scenario
	for i, e := range m.spoken {
		if _, out := m.without[i]; out {
			continue
		}
		m.names[e] = map[string]string{}
		why := ""
		for _, sourced := range []bool{false, true} { // what is sourced lies beside what sources it
			for _, name := range slices.Sorted(maps.Keys(e.files)) {
				file := e.files[name]
				if file.sourced != sourced || why != "" {
					continue
				}
				if own := made[placeOf(e, name)]; own != "" {
					m.names[e][name] = own
				} else {
					why = m.section(e, name, file, made)
				}
			}
		}
		for _, name := range e.made {
			if why == "" {
				why = m.makes(e, name, made)
			}
		}
		if why != "" {
			m.without[i] = why
		}
	}
}

// placeOf gives where a file is that was named in a command.
func placeOf(e *spoken, name string) string {
	if !filepath.IsAbs(name) {
		name = filepath.Join(e.dir, name)
	}
	if full, err := filepath.Abs(name); err == nil {
		return full
	}
	return filepath.Clean(name)
}

// makes finds a name for a file that a command writes: a scenario must write
// nothing but in its own folder.
func (m *scenarioMaker) makes(e *spoken, name string, made map[string]string) (why string) {
	place := placeOf(e, name)
	if made[place] == "" {
		own := plainName(filepath.Base(name))
		taken := func(own string) bool {
			return slices.Contains(slices.Collect(maps.Values(made)), own) || slices.ContainsFunc(m.files, func(f txtar.File) bool { return f.Name == own })
		}
		for n := 2; taken(own); n++ {
			own = fmt.Sprintf("%d-%s", n, plainName(filepath.Base(name)))
		}
		made[place] = own
	}
	named := slices.ContainsFunc(e.words, func(w string) bool { _, in := nameIn(w); return in == name })
	if !named && made[place] != name {
		return "what it sources writes " + oneLine(name) + ", which is nowhere else"
	}
	m.names[e][name] = made[place]
	return ""
}

// plainName gives a file's name without what has to be quoted.
func plainName(name string) string {
	return regexp.MustCompile(`[^A-Za-z0-9._-]+`).ReplaceAllString(name, "-")
}

// section adds a file, and says why it cannot be one.
func (m *scenarioMaker) section(e *spoken, name string, file usedFile, made map[string]string) (why string) {
	if file.large {
		return oneLine(name) + " is too large for a scenario"
	}
	if what := m.shell.secretIn(file.text); what != "" {
		return oneLine(name) + " holds " + what
	}
	section, ok := m.sectionName(e, name, file.sourced)
	if !ok {
		return "what it sources names " + oneLine(name) + ", which is nowhere else"
	}
	text := file.text
	if len(text) > 0 && text[len(text)-1] != '\n' {
		text = append(slices.Clone(text), '\n')
	}
	if parsed := txtar.Parse(txtar.Format(&txtar.Archive{Files: []txtar.File{{Name: section, Data: text}}})); len(parsed.Files) != 1 || !bytes.Equal(parsed.Files[0].Data, text) {
		return oneLine(name) + " has lines that look like the sections of a scenario"
	}
	plain := filepath.Base(section)
	for n := 2; ; n++ {
		at := slices.IndexFunc(m.files, func(f txtar.File) bool { return f.Name == section })
		own := slices.Contains(slices.Collect(maps.Values(made)), section) // a file that the session makes
		if at < 0 && !own {
			m.files = append(m.files, txtar.File{Name: section, Data: text})
			break
		}
		if !own && bytes.Equal(m.files[at].Data, text) {
			break
		}
		if file.sourced {
			return oneLine(name) + " was another file before"
		}
		section = fmt.Sprintf("used/%d-%s", n, plain) // it has changed meanwhile
	}
	m.uses[e] = append(m.uses[e], section)
	m.names[e][name] = section
	return ""
}

// sectionName gives the section of a file. What is named in a sourced file
// cannot be renamed there, and has to lie beside it as it did.
func (m *scenarioMaker) sectionName(e *spoken, name string, sourced bool) (section string, ok bool) {
	if sourced && filepath.IsAbs(name) {
		return "", false
	}
	if sourced {
		for from, to := range m.names[e] {
			if file, used := e.files[from]; used && !file.sourced {
				beside, err := filepath.Rel(filepath.Dir(placeOf(e, from)), placeOf(e, name))
				section = filepath.ToSlash(filepath.Join(filepath.Dir(to), beside))
				return section, err == nil && filepath.IsLocal(section) && section != "world.yaml"
			}
		}
		return "", false
	}
	section = filepath.ToSlash(filepath.Clean(name))
	if !filepath.IsLocal(name) || strings.ContainsAny(name, " '\"\\#$;") || section == "world.yaml" {
		section = "used/" + plainName(filepath.Base(name))
	}
	return section, true
}

// privateKey finds members of a JWK that are secret (RFC 7518 6.2.2, 6.3.2,
// 6.4.1), and private keys as PEM.
var privateKey = regexp.MustCompile(`"(?:d|k|p|q|dp|dq|qi)"\s*:\s*"|PRIVATE KEY-----`)

// secretIn says what in a text must not be passed on; empty when nothing. A
// token is a secret until it says itself that it has expired: by the time of
// this world when it names an issuer that is known here, else by the machine's.
func (s *Shell) secretIn(text []byte) (what string) {
	if privateKey.Match(text) {
		return "a private key"
	}
	for _, raw := range compact.FindAllString(string(text), -1) {
		now := tokens.LiveClock().Now()
		if seen, err := s.world.peek(raw); err == nil && slices.Contains(s.world.relay.Trusted(), seen.Ref.Issuer) {
			now = s.world.clock.Now()
		}
		if expires := claimedExpiry(raw); expires.IsZero() || expires.After(now) {
			return "a token that may still be good"
		}
	}
	if s.wallet.redact(string(text)) != redact(string(text)) {
		return "a part of a token"
	}
	return ""
}
