// Quoting: how text from a token gets into a message.

package tokens

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// quoteLimit is how many bytes of a foreign text a message shows.
const quoteLimit = 64

// quote gives text escaped to ASCII, quoted and cut, so that nothing in a
// token can write to a terminal or a log (CWE-117).
func quote(text string) string {
	if len(text) > quoteLimit {
		return strconv.QuoteToASCII(text[:quoteLimit]) + "..."
	}
	return strconv.QuoteToASCII(text)
}

// Word gives a name from outside as it is where it reads as one word, else
// quoted, so that nothing in it is taken for what stands around it: in a log, a
// table, a sentence.
func Word(text string) string {
	plain := func(r rune) bool {
		return unicode.IsPrint(r) && r != ' ' && r != '=' && r != '"' && r != utf8.RuneError
	}
	if text != "" && !strings.ContainsFunc(text, func(r rune) bool { return !plain(r) }) {
		return text
	}
	return strconv.Quote(text)
}

// Words gives names from outside, with something between them.
func Words(texts []string, between string) string {
	words := make([]string, len(texts))
	for i, text := range texts {
		words[i] = Word(text)
	}
	return strings.Join(words, between)
}

// quoteAll quotes the first few of some texts, and counts the others.
func quoteAll(texts []string) string {
	const few = 3
	if len(texts) == 0 {
		return "nobody"
	}
	quoted := make([]string, 0, few)
	for _, text := range texts[:min(few, len(texts))] {
		quoted = append(quoted, quote(text))
	}
	if more := len(texts) - few; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(quoted, ", "), more)
	}
	return strings.Join(quoted, ", ")
}
