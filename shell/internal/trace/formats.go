// Formats: how a trace may be written. A row each; the verb's flag, its help and
// what Tab offers come from it.

package trace

import (
	"io"
	"strings"

	"tokenshell/shell/internal/page"
)

// format is one way to write a trace.
type format struct {
	name  string
	help  string
	saw   bool // it shows what each receiver saw
	write func(*Trace, *page.Page) error
}

// formats is the closed list; the first is the default.
func formats() []format {
	return []format{
		{"text", "text for a terminal", false, func(t *Trace, w *page.Page) error { t.writeText(w); return nil }},
		{"mermaid", "mermaid for a document", false, written(func(t *Trace, w io.Writer) error { t.writeMermaid(w); return nil })},
		{"html", "html for a page in which each message opens", true, written((*Trace).writeHTML)},
	}
}

// written is for a format whose lines stay as they are.
func written(write func(*Trace, io.Writer) error) func(*Trace, *page.Page) error {
	return func(t *Trace, w *page.Page) error {
		var made strings.Builder
		err := write(t, &made)
		w.Verbatim = true
		picture(w, made.String())
		return err
	}
}

// Vars give the verb's field tags the formats.
func Vars() map[string]string {
	var names, helps []string
	for _, f := range formats() {
		names, helps = append(names, f.name), append(helps, f.help)
	}
	return map[string]string{
		"trace_formats": strings.Join(names, ","), "trace_format": names[0], "trace_choice": strings.Join(names, "|"),
		"trace_help": "How: " + strings.Join(helps, ", ") + ".",
	}
}
