package redact_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"tokenshell/shell/internal/redact"
)

func TestPrintable(t *testing.T) {
	for text, want := range map[string]string{
		"":                      "",
		"plain\ttext\nand more": "plain\ttext\nand more",
		"注文は一度":                 "注文は一度",
		"\x1b[31mred\x1b[0m":    `\u{1b}[31mred\u{1b}[0m`,
		"a\rb\x07c\x00d\x7f":    `a\u{d}b\u{7}c\u{0}d\u{7f}`,
		"\u009b31m":             `\u{9b}31m`,  // CSI in one character
		"a\u202eb":              `a\u{202e}b`, // from right to left
		"a\u200bb\ufeff":        `a\u{200b}b\u{feff}`,
		"a\u2028b":              `a\u{2028}b`,
		"\U000e0041":            `\u{e0041}`, // a tag that nobody sees
		"a\u00a0b":              `a\u{a0}b`,
		"\x9b31m":               "\ufffd31m", // no character at all
	} {
		if got := redact.Printable(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
		if got := redact.OneLine(text); got != strings.NewReplacer("\n", `\u{a}`, "\t", `\u{9}`).Replace(want) {
			t.Errorf("%q on one line became %q", text, got)
		}
	}
}

func TestIsID(t *testing.T) {
	for _, id := range []string{"a", "op_1", "gift_1", "cpt_ptejey6ijwnn4zrpecpg34dmpe", "with space", "{}", strings.Repeat("x", 128)} {
		if !redact.IsID(id) {
			t.Errorf("%q is none", id)
		}
	}
	for _, text := range []string{"", strings.Repeat("x", 129), "é", "a\x1bb", "a\nb", "a\x7fb", "a\xff", "x" + jws, jws} {
		if redact.IsID(text) {
			t.Errorf("%q is one", text)
		}
	}
}

func TestJSON(t *testing.T) {
	for line, want := range map[string]string{
		`{"a":"b"}` + "\n":       `{"a":"b"}` + "\n",
		`{"a":"注文"}`:             `{"a":"注文"}`,
		"{\"a\":\"\u202eb\"}":    `{"a":"\u202eb"}`,
		"{\"a\":\"\u007f\"}":     `{"a":"\u007f"}`,
		"{\"a\":\"\U000e0041\"}": `{"a":"\udb40\udc41"}`,
		"{\"a\":\"\x9b31m\"}":    "{\"a\":\"\ufffd31m\"}",
	} {
		if got := string(redact.JSON([]byte(line))); got != want {
			t.Errorf("%q became %q, want %q", line, got, want)
		}
	}
}

// Whatever a text is: nothing in it steers a terminal any more, what was fit to
// print stays, and JSON means what it meant.
func FuzzPrintable(f *testing.F) {
	for _, text := range []string{"", "plain\ttext\n", "\x1b[31mred", "\u009b1m", "\x9b1m", "a\u202eb", "注文\xff", `\u{1b}`, "\U000e0041", "\r\n", "\x00\x7f\u0085\u2028"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		steers := func(r rune) bool { return r != '\n' && r != '\t' && !unicode.IsPrint(r) }
		shown, line := redact.Printable(text), redact.OneLine(text)
		if !utf8.ValidString(shown) || strings.ContainsFunc(shown, steers) {
			t.Fatalf("%q became %q", text, shown)
		}
		if strings.ContainsAny(line, "\n\t") || redact.Printable(line) != line || redact.OneLine(shown) != line {
			t.Fatalf("%q on one line became %q", text, line)
		}
		if utf8.ValidString(text) && !strings.ContainsFunc(text, steers) && shown != text {
			t.Fatalf("%q was fit to print, and became %q", text, shown)
		}
		if again := redact.Printable(shown); again != shown {
			t.Fatalf("%q became %q", shown, again)
		}
		object, err := json.Marshal(map[string]string{"a": text})
		if err != nil {
			t.Fatal(err)
		}
		var before, after map[string]string
		safe := redact.JSON(object)
		if strings.ContainsFunc(string(safe), func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Fatalf("%q became %q", object, safe)
		}
		if json.Unmarshal(object, &before) != nil || json.Unmarshal(safe, &after) != nil || before["a"] != after["a"] {
			t.Fatalf("%q became %q, which means %q", object, safe, after["a"])
		}
	})
}
