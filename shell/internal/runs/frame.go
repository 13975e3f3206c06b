// The frame: what a person reads of one scenario, and of one that failed all that
// it takes to see why.

package runs

import (
	"fmt"
	"path/filepath"
	"strings"

	"tokenshell/shell/internal/page"
	"tokenshell/shell/internal/redact"
	"tokenshell/shell/internal/scenario"
)

// mostTraced is how many messages of an order are shown: the last ones.
const mostTraced = 40

func (t *teller) write(w *page.Page, o *scenario.Outcome) {
	Write(w, o, t.run.again(o.File))
}

// Write writes an outcome for people: a line, and below it what went wrong. again
// is the command that runs it again; empty leaves it out.
func Write(w *page.Page, o *scenario.Outcome, again string) {
	name, took := name(o), w.Faint("  "+elapsed(o.Milliseconds))
	switch o.Verdict {
	case scenario.Passed:
		fmt.Fprintf(w, "%s    %s%s\n", w.Paint(page.GoodStyle, "ok"), name, took)
	case scenario.Skipped:
		fmt.Fprintf(w, "%s  %s%s\n", w.Paint(page.WornStyle, "skip"), name, page.Prefixed("  ", o.Why))
	case scenario.NotRun:
		fmt.Fprintf(w, "%s  %s\n", w.Paint(page.WornStyle, "not run"), name)
	case scenario.Interrupted:
		fmt.Fprintf(w, "%s  %s%s\n", w.Paint(page.BadStyle, "interrupted"), name, page.Prefixed("  ", o.Why))
	default:
		fmt.Fprintf(w, "%s  %s%s\n", w.Paint(page.BadStyle, "FAIL"), name, took)
		writeFrame(w, o, again)
	}
	if said := weak(o); said != "" {
		fmt.Fprintf(w, "      %s\n", w.Paint(page.BadStyle, said))
	}
	for _, warning := range o.Warnings {
		fmt.Fprintf(w, "      %s\n", w.Paint(page.WornStyle, "warning: "+warning))
	}
	if o.Updated {
		fmt.Fprintf(w, "      %s\n", "written anew")
	}
	if o.Folder != "" {
		fmt.Fprintf(w, "      kept in %s\n", o.Folder)
	}
}

// writeFrame writes why a scenario failed.
func writeFrame(w *page.Page, o *scenario.Outcome, again string) {
	first, rest, _ := strings.Cut(o.Why, "\n")
	fmt.Fprintf(w, "      %s: %s\n", w.Paint(page.TitleStyle, place(o)), first)
	quote(w, rest)
	writeAround(w, o)
	if in := o.Within; in != nil && in.Line != o.Line {
		at := place(&scenario.Outcome{File: o.File, In: in.In, Line: in.Line, Column: in.Column})
		fmt.Fprintf(w, "      %s: in the section %s\n", w.Paint(page.TitleStyle, at), in.Section)
		quote(w, in.Text)
	}
	if o.Expected != "" {
		writeSide(w, "expected", page.GoodStyle, o.Expected)
		writeSide(w, "got", page.BadStyle, o.Got)
	}
	for _, v := range o.Variables {
		fmt.Fprintf(w, "      %s\n", "$"+v.Name+" is "+v.Value)
	}
	if o.Diff != "" {
		for line := range strings.Lines(o.Diff) {
			style := page.PlainStyle
			switch {
			case strings.HasPrefix(line, "-"):
				style = page.BadStyle
			case strings.HasPrefix(line, "+"):
				style = page.GoodStyle
			}
			fmt.Fprintf(w, "      %s %s\n", w.Faint("│"), w.Paint(style, strings.TrimSuffix(line, "\n")))
		}
	}
	if o.Output != "" {
		fmt.Fprintln(w, "      what was said last")
		quote(w, o.Output)
	}
	if len(o.Before) > 0 {
		fmt.Fprintln(w, "      what led there")
		for _, step := range o.Before {
			at := fmt.Sprintf("%4d", step.Line)
			if step.In != "" {
				at = fmt.Sprintf("%s:%d", redact.OneLine(filepath.Base(step.In)), step.Line)
			}
			fmt.Fprintf(w, "      %s %s\n", w.Faint(at), step.Text)
			for line := range strings.Lines(step.Said) {
				fmt.Fprintf(w, "           %s %s\n", w.Faint("│"), strings.TrimSuffix(line, "\n"))
			}
		}
	}
	if o.Trace != nil && o.Verdict == scenario.Failed {
		fmt.Fprintf(w, "      %s, as far as it got\n", o.Trace.Title)
		width := 0
		if w.Width > 0 {
			width = max(w.Width-8, 20)
		}
		drawn := &page.Page{Width: width, Color: w.Color}
		o.Trace.Last(mostTraced).Write(drawn)
		quote(w, drawn.String())
	}
	if again != "" {
		fmt.Fprintf(w, "      run it again: %s\n", again)
	}
}

// writeAround shows the line between its neighbours, and points at it.
func writeAround(w *page.Page, o *scenario.Outcome) {
	if o.Line == 0 {
		return
	}
	for _, step := range o.Around {
		number, text := fmt.Sprintf("%5d", step.Line), strings.ReplaceAll(step.Text, "\t", " ")
		if step.Line != o.Line {
			fmt.Fprintf(w, "      %s %s\n", w.Faint("  "+number+" │"), text)
			continue
		}
		fmt.Fprintf(w, "      %s %s\n", w.Paint(page.BadStyle, "> "+number+" │"), text)
		if o.Column > 0 && o.Column <= len(step.Text)+1 {
			before := page.Columns(step.Text[:o.Column-1])
			if w.Width > 0 && before+15 > w.Width {
				continue // the line is folded
			}
			fmt.Fprintf(w, "      %s %s%s\n", w.Faint("        │"), strings.Repeat(" ", before), w.Paint(page.BadStyle, "^"))
		}
	}
}

// writeSide writes what was expected, or what came.
func writeSide(w *page.Page, name string, style page.Style, text string) {
	for i, line := range strings.Split(text, "\n") {
		if i > 0 {
			name = ""
		}
		fmt.Fprintf(w, "      %s %s\n", w.Paint(style, fmt.Sprintf("%-9s", name)), line)
	}
}

// quote writes what somebody else said: no line of it can be taken for one of the
// report.
func quote(w *page.Page, text string) {
	if text == "" {
		return
	}
	for line := range strings.Lines(text) {
		fmt.Fprintf(w, "      %s %s\n", w.Faint("│"), strings.TrimSuffix(line, "\n"))
	}
}

// weak says what an outcome's world left out; empty when it was a sound one.
func weak(o *scenario.Outcome) string {
	if len(o.Without) == 0 {
		return ""
	}
	return "in a world without " + strings.Join(o.Without, ", ") + ": it shows nothing of a sound one"
}
