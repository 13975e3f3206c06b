// history: the lines that were entered.

package verbs

import (
	"fmt"

	"tokenshell/shell/internal/answer"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/page"
	"tokenshell/shell/internal/redact"
)

// History is the verb history.
type History struct {
	Last *int `arg:"" optional:"" name:"n" help:"Only so many, the newest; all unless given."`
}

// Run lists lines, without the tokens that were in them. At the prompt they are
// what the arrow keys bring back, else what this shell has run.
func (v *History) Run(c *interp.Call, out *answer.Out) error {
	if v.Last != nil && *v.Last < 1 {
		return exit.Usage("write 1 or more", "%d is not a number of lines", *v.Last)
	}
	var lines []string
	if c.Lines != nil {
		lines = c.Lines()
	} else {
		for _, e := range c.Transcript.All() {
			lines = append(lines, c.Redact(e.Typed))
		}
	}
	type entry struct {
		N    int    `json:"n"`
		Line string `json:"line"`
	}
	data := struct {
		Lines []entry `json:"lines"`
	}{[]entry{}}
	for i, line := range lines {
		if v.Last == nil || i >= len(lines)-*v.Last {
			data.Lines = append(data.Lines, entry{i + 1, line})
		}
	}
	return out.Show(data, func(w *page.Page) {
		for _, e := range data.Lines {
			fmt.Fprintf(w, "%5d  %s\n", e.N, redact.OneLine(e.Line))
		}
	})
}
