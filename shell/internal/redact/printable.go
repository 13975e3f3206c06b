// Printable: text in which nothing can steer a terminal.

package redact

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Printable gives text in which nothing can steer a terminal: control and
// format characters are written as escapes (CWE-117). What is not UTF-8 becomes a
// character that says so: a lone byte could be a control character to some.
func Printable(s string) string {
	plain := func(r rune) bool { return r == '\n' || r == '\t' || unicode.IsPrint(r) }
	if utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return !plain(r) }) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if plain(r) {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, `\u{%x}`, r)
		}
	}
	return b.String()
}

// OneLine gives printable text that stays on its line and in its column.
func OneLine(s string) string {
	s = Printable(s)
	if !strings.ContainsAny(s, "\n\t") {
		return s
	}
	return strings.NewReplacer("\n", `\u{a}`, "\t", `\u{9}`).Replace(s)
}

// IsID reports whether text may be an id in a token, and is not a token itself.
func IsID(text string) bool {
	ascii := !strings.ContainsFunc(text, func(r rune) bool { return r < 0x20 || r > 0x7e })
	return text != "" && len(text) <= 128 && ascii && !HasToken(text)
}

// JSON escapes what is not printable in a line of JSON, where it can only stand
// in strings.
func JSON(line []byte) []byte {
	unprintable := func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }
	if utf8.Valid(line) && !bytes.ContainsFunc(line, unprintable) {
		return line
	}
	var b bytes.Buffer
	for _, r := range string(line) {
		if !unprintable(r) {
			b.WriteRune(r)
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&b, `\u%04x`, unit)
		}
	}
	return b.Bytes()
}

// InJSON hides what is secret in lines of JSON, which stay JSON: a number that must
// not be shown becomes a string. Lines that are no JSON are hidden as they are.
func InJSON(text string, hide func(string) string) string {
	if hidden := hide(text); hidden == text { // the rule
		return text
	}
	var b strings.Builder
	for line := range strings.Lines(text) {
		if json.Valid([]byte(line)) {
			line = quoteHidden(line, hide)
		}
		b.WriteString(line)
	}
	return hide(b.String())
}

// quoteHidden writes the numbers of JSON that are hidden as strings.
func quoteHidden(line string, hide func(string) string) string {
	return jsonPart().ReplaceAllStringFunc(line, func(part string) string {
		if part[0] == '"' {
			return part
		}
		if hidden := hide(part); hidden != part {
			return `"` + hidden + `"`
		}
		return part
	})
}

// jsonPart finds the strings and the numbers of JSON.
var jsonPart = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`"(?:[^"\\]|\\.)*"|-?[0-9][0-9.eE+-]*`)
})
