// Output: how a verb shows what it has to say, as text or as JSON.

package shell

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf16"

	"github.com/itchyny/gojq"
)

// output is where and how one verb prints.
type output struct {
	stdout io.Writer
	stderr io.Writer
	format string  // "text" or "json"
	filter *filter // on the JSON; nil for none
	window *window // that stdout is; nil when it is none
	color  bool
	raw    bool // tokens are shown as they are: token raw, and nobody else

	progress io.Writer           // a terminal to show progress on; nil is none
	hide     func(string) string // replaces what is secret; nil hides what looks like a token
	heard    *page               // takes down what is said, as in a pipe; nil when nobody wants it
}

// redact replaces what is secret in a text.
func (o *output) redact(text string) string {
	if o.hide == nil {
		return redact(text)
	}
	return o.hide(text)
}

// choose says whether there are colours: always, never, or when a person looks
// who may want them.
func (o *output) choose(color string) {
	o.color = color == "always" || color == "auto" && o.window != nil && o.window.colors
}

// faint gives text of less interest, where there are colours.
func (o *output) faint(what string) string { return (&page{color: o.color}).faint(what) }

// show prints a verb's answer: data as one line of JSON, or what write writes.
// No token leaves here but by token raw.
func (o *output) show(data any, write func(p *page)) error {
	var b bytes.Buffer
	switch {
	case o.format != "json":
		p := &page{width: o.window.width(), color: o.color}
		write(p)
		b.WriteString(p.inWindow())
	case o.filter == nil:
		line, err := marshalLine(data)
		if err != nil {
			return err
		}
		b.Write(line)
	default:
		if err := o.filter.run(data, &b); err != nil {
			return err
		}
	}
	text := b.String()
	if !o.raw {
		text = o.redact(text)
	}
	switch {
	case o.heard == nil, o.raw, o.heard.Len() > heardLimit:
	case o.format == "json", o.window == nil && !o.color:
		o.heard.WriteString(text)
	default:
		write(o.heard)
	}
	_, err := io.WriteString(o.stdout, text)
	return err
}

// marshalLine gives JSON with its newline: < > & readable, and what could steer
// a terminal escaped.
func marshalLine(data any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(data); err != nil {
		return nil, err
	}
	return escapeJSON(b.Bytes()), nil
}

// escapeJSON escapes what is not printable in a line of JSON, where it can only
// stand in strings.
func escapeJSON(line []byte) []byte {
	unprintable := func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }
	if !bytes.ContainsFunc(line, unprintable) {
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

// filter is a jq expression, compiled.
type filter struct {
	source string
	code   *gojq.Code
}

// newFilter compiles a jq expression; "" is no filter.
func newFilter(source string) (*filter, error) {
	if source == "" {
		return nil, nil
	}
	if looksLikeToken(source) { // jq's errors would quote parts of it
		return nil, usage("see the jq manual for its language", "--jq: a token is no filter")
	}
	query, err := gojq.Parse(source)
	if err == nil {
		var code *gojq.Code
		if code, err = gojq.Compile(query); err == nil {
			return &filter{source, code}, nil
		}
	}
	return nil, usage("see the jq manual for its language", "--jq %q: %v", source, err)
}

// run writes what the filter makes of data; strings come out bare.
func (f *filter) run(data any, w io.Writer) error {
	line, err := marshalLine(data)
	if err != nil {
		return err
	}
	var input any
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.UseNumber()
	if err := dec.Decode(&input); err != nil {
		return err
	}
	results := f.code.Run(input)
	for {
		result, ok := results.Next()
		if !ok {
			return nil
		}
		switch v := result.(type) {
		case error:
			return usage("", "--jq %q: %v", f.source, v)
		case string:
			fmt.Fprintln(w, printable(v))
		default:
			text, err := gojq.Marshal(v)
			if err != nil {
				return err
			}
			fmt.Fprintf(w, "%s\n", escapeJSON(text))
		}
	}
}

// compact finds compact serialisations in a text: their header is a JSON object,
// so they begin with a "{" in base64, or with the space before it.
var compact = regexp.MustCompile(`[CDI][A-Za-z0-9_-]{24,}\.[A-Za-z0-9_-]{24,}\.[A-Za-z0-9_.-]*|e[w-z0-3][A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_.-]*`)

// redact replaces tokens in a text.
func redact(text string) string { return compact.ReplaceAllString(text, "(token)") }

// printable gives text in which nothing can steer a terminal: control and
// format characters are written as escapes (CWE-117).
func printable(s string) string {
	plain := func(r rune) bool { return r == '\n' || r == '\t' || unicode.IsPrint(r) }
	if !strings.ContainsFunc(s, func(r rune) bool { return !plain(r) }) {
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

// oneLine gives printable text that stays on its line and in its column.
func oneLine(s string) string {
	s = printable(s)
	if !strings.ContainsAny(s, "\n\t") {
		return s
	}
	return strings.NewReplacer("\n", `\u{a}`, "\t", `\u{9}`).Replace(s)
}
