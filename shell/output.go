// Output: how a verb shows what it has to say, as text or as JSON.

package shell

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/itchyny/gojq"
	"github.com/jedib0t/go-pretty/v6/text"
)

// output is where and how one verb prints.
type output struct {
	stdout io.Writer
	stderr io.Writer
	format string // "text" or "json"
	jq     string // a filter on the JSON; empty for none
	color  bool

	progress io.Writer // a terminal to show progress on; nil is none
}

// show prints a verb's answer: data as one line of JSON, or what write writes.
func (o *output) show(data any, write func(w io.Writer)) error {
	if o.format != "json" && o.jq == "" {
		write(o.stdout)
		return nil
	}
	line, err := marshalLine(data)
	if err != nil {
		return err
	}
	if o.jq == "" {
		_, err = o.stdout.Write(line)
		return err
	}
	return o.filter(line)
}

// marshalLine gives JSON with its newline, < > & left readable.
func marshalLine(data any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(data)
	return b.Bytes(), err
}

// filter runs the jq filter over a line of JSON; strings come out bare.
func (o *output) filter(line []byte) error {
	query, err := gojq.Parse(o.jq)
	if err != nil {
		return usage("see the jq manual for its language", "--jq %q: %v", o.jq, err)
	}
	var data any
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.UseNumber()
	if err := dec.Decode(&data); err != nil {
		return err
	}
	results := query.Run(data)
	for {
		result, ok := results.Next()
		if !ok {
			return nil
		}
		switch v := result.(type) {
		case error:
			return usage("", "--jq %q: %v", o.jq, v)
		case string:
			fmt.Fprintln(o.stdout, printable(v))
		default:
			text, err := gojq.Marshal(v)
			if err != nil {
				return err
			}
			fmt.Fprintf(o.stdout, "%s\n", text)
		}
	}
}

// printable gives text in which nothing can steer a terminal: control and
// format characters are written as escapes (CWE-117).
func printable(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if r == '\n' || unicode.IsPrint(r) {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, `\u{%x}`, r)
		}
	}
	return b.String()
}

// table writes rows in columns two spaces apart, as wide as what they show.
// Its first row is the heading.
type table [][]string

func (t *table) row(cells ...any) {
	row := make([]string, len(cells))
	for i, cell := range cells {
		row[i] = printable(fmt.Sprint(cell))
	}
	*t = append(*t, row)
}

func (t table) write(w io.Writer) {
	var widths []int
	for _, row := range t {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], text.StringWidthWithoutEscSequences(cell))
		}
	}
	for _, row := range t {
		var b strings.Builder
		for i, cell := range row {
			b.WriteString(cell)
			if i < len(row)-1 {
				b.WriteString(strings.Repeat(" ", widths[i]-text.StringWidthWithoutEscSequences(cell)+2))
			}
		}
		fmt.Fprintln(w, strings.TrimRight(b.String(), " "))
	}
}
