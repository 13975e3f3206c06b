// Lines: what a scenario does, and what it asks for.

package lint

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/story"
	"tokenshell/shell/internal/syntax"
)

// acting are the verbs that do what a checkout is made of, or try to break it; of
// domains it is confirm.
var acting = []string{"confirm", "relay", "redeem", "checkout", "token explain", "attack run", "explore", "tour"}

// judging are those whose own success says that something holds.
var judging = []string{"attack run", "explore"}

// assertions are testscript's commands that ask for something, and where their
// pattern stands, if they have one.
var assertions = map[string]bool{"stdout": true, "stderr": true, "grep": true, "cmp": false, "cmpenv": false, "exists": false}

// lines looks at what is written line by line.
func (k *look) lines() {
	var denied *denial // the last verb behind ! that has not been given its reason
	for i, line := range k.story.Lines {
		read := syntax.ReadScript(line.Text)
		verb, rest := read.Verb()
		if verb == "" {
			continue
		}
		negated := slices.Contains(read.Words[:len(read.Words)-len(rest)-1], "!")
		conditional := strings.HasPrefix(read.Words[0], "[")
		pattern, asserts := assertions[verb]
		switch {
		case (verb == "stop" || verb == "skip") && !conditional:
			if verb == "stop" && k.goesOn(i+1) {
				k.warn(line, "no line behind this stop is run")
			}
			k.end(denied)
			return
		case asserts:
			if pattern && !negated && k.vacuous(line, verb, read, rest) {
				continue
			}
			if !negated && k.given(i, verb, rest) {
				k.warn(line, "%s looks at nothing but what the scenario brings along", verb)
				continue
			}
			k.asserts = true
			if denied != nil && verb == "stderr" && !negated && k.codes.MatchString(strings.Join(rest, " ")) {
				denied = nil
			}
		case k.parser.Child(k.parser.Root(), verb) != nil:
			denied.tell(k)
			denied = nil
			k.verb(append([]string{verb}, rest...), 0)
			if negated {
				k.asserts = true
				denied = &denial{line, verb}
			}
		}
	}
	k.end(denied)
}

// given reports whether an assertion is about sections alone that no other line names:
// nothing that is run bears on them.
func (k *look) given(at int, verb string, rest []string) bool {
	rest = slices.DeleteFunc(slices.Clone(rest), func(w string) bool { return strings.HasPrefix(w, "-") })
	switch verb {
	case "stdout", "stderr":
		return false
	case "grep":
		rest = rest[min(1, len(rest)):]
	}
	fixed := func(name string) bool {
		return k.story.Section(filepath.ToSlash(filepath.Clean(name))) != nil && !slices.ContainsFunc(slices.Concat(k.story.Lines[:at], k.story.Lines[at+1:]), func(other story.Line) bool {
			return slices.ContainsFunc(syntax.ReadScript(other.Text).Words, func(word string) bool {
				base := filepath.Base(strings.TrimPrefix(word, "@"))
				return base == filepath.Base(name) || strings.Contains(base, "$") // what it holds stands somewhere else
			})
		})
	}
	return len(rest) > 0 && !slices.ContainsFunc(rest, func(name string) bool { return !fixed(name) })
}

// goesOn reports whether a command stands in a line, or behind it; lines count from 0.
func (k *look) goesOn(from int) bool {
	return slices.ContainsFunc(k.story.Lines[from:], func(line story.Line) bool {
		return len(syntax.ReadScript(line.Text).Words) > 0
	})
}

// denial is a verb behind !, until somebody asks for the reason.
type denial struct {
	line story.Line
	verb string
}

// tell warns that nobody did.
func (d *denial) tell(k *look) {
	if d != nil {
		k.warn(d.line, "any refusal of %q will do: write expect REASON in place of !, or stderr with the reason behind it", d.verb)
	}
}

// end says what there is to say of the whole.
func (k *look) end(denied *denial) {
	denied.tell(k)
	at := story.Line{File: k.story.File}
	switch {
	case k.verbs == 0:
		k.warn(at, "no verb is run")
	case !k.acts:
		k.warn(at, Nothing)
	}
	if k.verbs > 0 && !k.asserts {
		k.warn(at, "%s: expect, stdout, stderr or cmp say what has to come out", OnlySuccess)
	}
}

// OnlySuccess is said of a scenario that would pass whatever its verbs answered.
const OnlySuccess = "it asks for nothing but success"

// Asks reports whether a story asks for more than success.
func Asks(s *story.Story, l *interp.Language) (bool, error) {
	l = l.InFile(s.World())
	p, err := l.Parser()
	if err != nil {
		return false, err
	}
	defer l.Done(p)
	k := &look{story: s, parser: p, codes: codesOf(l)}
	k.lines()
	return k.asserts, nil
}

// Nothing is said of a scenario that does nothing of what a checkout is made of.
const Nothing = "nothing is confirmed, relayed, redeemed, explained or attacked"

// Acts reports whether a command does something of it. A file that is sourced may.
func Acts(l *interp.Language, words []string) bool {
	p, err := l.Parser()
	if err != nil {
		return false
	}
	defer l.Done(p)
	if len(words) > 0 && words[0] == "!" {
		words = words[1:]
	}
	k := &look{story: &story.Story{}, parser: p}
	k.verb(words, 0)
	return k.acts
}

// deepestVerb is how deep verbs that run verbs are looked into.
const deepestVerb = 20

// verb takes down what a command does.
func (k *look) verb(words []string, depth int) {
	if depth++; depth > deepestVerb || len(words) == 0 {
		return
	}
	k.verbs++
	node, used := k.parser.Find(words)
	path, rest := interp.VerbPath(node), words[used:]
	k.acts = k.acts || slices.ContainsFunc(acting, func(does string) bool {
		return path == does || strings.HasPrefix(path, does+" ") || does == "confirm" && strings.HasSuffix(path, " confirm")
	})
	k.asserts = k.asserts || slices.Contains(judging, path)
	switch {
	case path == "expect":
		k.asserts = true
		k.inner(rest, 1, depth)
	case path == "capture":
		k.inner(rest, 1, depth)
	case path == "watch":
		k.inner(slices.DeleteFunc(slices.Clone(rest), func(w string) bool { return strings.HasPrefix(w, "-") }), 1, depth)
	case path == "source" && len(rest) > 0:
		k.source(rest[0], depth)
	case path == "fault" || strings.HasPrefix(path, "fault "):
		if at := slices.Index(rest, "meanwhile"); at >= 0 && at+1 < len(rest) {
			k.text(rest[at+1], depth)
		}
	}
}

// inner looks at the verb that another runs, behind so many words of its own.
func (k *look) inner(rest []string, own, depth int) {
	for own < len(rest) && k.parser.Child(k.parser.Root(), rest[own]) == nil {
		own++ // a flag's value, or a word that is no verb
	}
	if own < len(rest) {
		k.verb(rest[own:], depth)
	}
}

// source looks at the lines of a section that is sourced. What is no section may
// do and ask for anything.
func (k *look) source(name string, depth int) {
	section := k.story.Section(name)
	if section == nil {
		k.acts, k.asserts = true, true
		return
	}
	for line := range strings.Lines(string(section.Data)) {
		k.text(strings.TrimSpace(line), depth)
	}
}

// text looks at a line of the shell.
func (k *look) text(line string, depth int) {
	read := syntax.ReadScript(line)
	words := read.Words
	if len(words) > 0 && words[0] == "!" {
		k.asserts = true
		words = words[1:]
	}
	k.verb(words, depth)
}

// Answers that have nothing in common: a pattern that all of them match asks for
// nothing.
var unlike = []string{"a\n", "0\n", "-\n", "[]\n", "Ω é\n", "{\"x\":null}\n"}

// vacuous warns of a pattern that could match anything.
func (k *look) vacuous(line story.Line, verb string, read syntax.ScriptLine, rest []string) bool {
	if len(rest) == 0 || strings.HasPrefix(rest[0], "-count=") {
		return false
	}
	if !read.Puts[len(read.Words)-len(rest)] {
		if !matchesAll(rest[0]) {
			return false
		}
		k.warn(line, "%s '%s' matches whatever was said", verb, rest[0])
		return true
	}
	for _, row := range k.story.Rows {
		text := rest[0]
		for i, name := range row.Names {
			text = strings.ReplaceAll(text, "$"+name, row.Values[i])
		}
		if !strings.Contains(text, "$") && matchesAll(text) {
			k.warn(line, "in %s %s '%s' matches whatever was said", row, verb, text)
		}
	}
	return false
}

// matchesAll reports whether a pattern matches answers that have nothing in common.
func matchesAll(text string) bool {
	pattern, err := regexp.Compile("(?m)" + text)
	return err == nil && !slices.ContainsFunc(unlike, func(answer string) bool { return !pattern.MatchString(answer) })
}
