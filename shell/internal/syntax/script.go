package syntax

import (
	"strings"
)

// ScriptVariables gives the $NAMEs of a line that testscript puts values for:
// those outside single quotes and before a comment.
func ScriptVariables(line string) []string {
	var names []string
	quoted := false
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '\'':
			quoted = !quoted
		case c == '#' && !quoted:
			return names
		case c == '$' && !quoted:
			end := i + 1
			for end < len(line) && isNameByte(line[end]) {
				end++
			}
			if name := line[i+1 : end]; IsVariable(name) {
				names = append(names, name)
			}
			i = end - 1
		}
	}
	return names
}

// ScriptVerb gives a line's command behind conditions and negation, and the words
// behind it, as testscript reads them.
func ScriptVerb(line string) (verb string, rest []string) {
	words := ScriptWords(line)
	for len(words) > 0 && (strings.HasPrefix(words[0], "[") && strings.HasSuffix(words[0], "]") || words[0] == "!" || words[0] == "?") {
		words = words[1:]
	}
	if len(words) == 0 {
		return "", nil
	}
	return words[0], words[1:]
}

// ScriptWords splits a line as testscript does: at spaces and tabs, with single
// quotes and comments, and nothing else. Variables stay as they are written.
func ScriptWords(line string) []string {
	var (
		words  []string
		b      strings.Builder
		open   bool
		quoted bool
	)
	for i := 0; i < len(line); i++ {
		c := line[i]
		switch {
		case c == '\'' && quoted && i+1 < len(line) && line[i+1] == '\'':
			b.WriteByte(c)
			i++
		case c == '\'':
			quoted, open = !quoted, true
		case quoted:
			b.WriteByte(c)
		case c == ' ' || c == '\t' || c == '\r' || c == '#':
			if open {
				words = append(words, b.String())
			}
			b.Reset()
			open = false
			if c == '#' {
				return words
			}
		default:
			b.WriteByte(c)
			open = true
		}
	}
	if open {
		words = append(words, b.String())
	}
	return words
}
