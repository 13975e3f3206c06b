// Printable: text in which nothing can steer a terminal.

package redact

import (
	"bytes"
	"fmt"
	"strings"
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
