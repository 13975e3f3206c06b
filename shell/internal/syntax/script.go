// Scripts: a line as testscript reads it, which has no exported reader of its
// own. It splits at spaces and tabs, knows single quotes ('' inside them is a
// quote), comments and $NAME, and nothing else.

package syntax

import "strings"

// ScriptLine is a line of a script, variables as they are written.
type ScriptLine struct {
	Words     []string
	Puts      []bool   // of each word: testscript puts a value into it
	Variables []string // the names that testscript puts values for
	Unclosed  error    // a quote that is not closed, with its column; nil when all are
}

// ReadScript reads a line as testscript does.
func ReadScript(line string) ScriptLine {
	var (
		read   ScriptLine
		word   strings.Builder
		open   bool // a word has begun
		quoted bool
		from   int  // where it was quoted last
		puts   bool // a $ stands outside its quotes
	)
	end := func() {
		if open {
			read.Words, read.Puts = append(read.Words, word.String()), append(read.Puts, puts)
		}
		word.Reset()
		open, puts = false, false
	}
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '\'' && quoted && i+1 < len(line) && line[i+1] == '\'':
			word.WriteByte(c)
			i++
		case c == '\'':
			quoted, open, from = !quoted, true, i
		case quoted:
			word.WriteByte(c)
		case c == '#':
			end()
			return read
		case c == ' ' || c == '\t' || c == '\r':
			end()
		default:
			if name := variableAt(line[i:]); name != "" {
				read.Variables = append(read.Variables, name)
			}
			word.WriteByte(c)
			open, puts = true, puts || c == '$'
		}
	}
	end()
	if quoted {
		read.Unclosed = failAt(line, from, unclosed)
	}
	return read
}

// variableAt gives the name of the variable that text begins with; empty when it
// begins with none.
func variableAt(text string) string {
	if text[0] != '$' {
		return ""
	}
	end := 1
	for end < len(text) && isNameByte(text[end]) {
		end++
	}
	if name := text[1:end]; IsVariable(name) {
		return name
	}
	return ""
}

// Verb gives the line's command behind conditions and negation, and the words
// behind it.
func (l ScriptLine) Verb() (verb string, rest []string) {
	words := l.Words
	for len(words) > 0 && (strings.HasPrefix(words[0], "[") && strings.HasSuffix(words[0], "]") || words[0] == "!" || words[0] == "?") {
		words = words[1:]
	}
	if len(words) == 0 {
		return "", nil
	}
	return words[0], words[1:]
}
