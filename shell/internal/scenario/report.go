// Reports: how the outcomes of a run are told. A row for each way.

package scenario

import (
	"fmt"
	"strings"

	"tokenshell/shell/internal/answer"
	"tokenshell/shell/internal/cover"
	"tokenshell/shell/internal/page"
	"tokenshell/shell/internal/redact"
)

// Verdict is what became of a scenario.
type Verdict string

// The verdicts.
const (
	Passed  Verdict = "passed"
	Failed  Verdict = "failed"
	Skipped Verdict = "skipped"
)

// Outcome is one scenario's result. Line, Text, Expected and Output are set
// when it failed.
type Outcome struct {
	File    string  `json:"file"`
	Verdict Verdict `json:"verdict"`
	Line    int     `json:"line,omitempty"`   // from 1; 0 when it is about the whole file
	Text    string  `json:"text,omitempty"`   // of the line
	Why     string  `json:"why,omitempty"`    // what was expected and what came
	Output  string  `json:"output,omitempty"` // of the last verb, tokens replaced

	Warnings []string `json:"warnings,omitempty"` // what a scenario that passed does not show; strictly it fails
}

// Summary counts the outcomes of a run.
type Summary struct {
	Total   int       `json:"total"`
	Passed  int       `json:"passed"`
	Failed  int       `json:"failed"`
	Skipped int       `json:"skipped"`
	Rows    []Outcome `json:"rows"`

	Cover []cover.Part `json:"cover,omitempty"` // with --cover
}

func (s *Summary) add(o Outcome) {
	s.Rows = append(s.Rows, o)
	switch o.Verdict {
	case Passed:
		s.Passed++
	case Failed:
		s.Failed++
	case Skipped:
		s.Skipped++
	}
}

// report is one way to tell a run; either part may be nil.
type report struct {
	format string // of the output
	each   func(*answer.Out, *Outcome) error
	end    func(*answer.Out, *Summary) error
}

// reports is the closed list.
func reports() []report {
	return []report{
		{"text", func(out *answer.Out, o *Outcome) error { return out.Show(nil, o.print) }, showSummary},
		{"json", nil, showSummary},
	}
}

func showSummary(out *answer.Out, s *Summary) error {
	return out.Show(s, func(w *page.Page) {
		fmt.Fprintf(w, "%s: %d passed, %d failed, %d skipped\n", page.Count(s.Total, "scenario"), s.Passed, s.Failed, s.Skipped)
		cover.Write(w, s.Cover)
	})
}

// Reporter tells a run of so many files as an output wants it: each outcome to
// the first function, its end to the second.
func Reporter(out *answer.Out, total int, covered *cover.Seen) (each func(Outcome), end func() (Summary, error)) {
	summary := Summary{Total: total}
	all := reports()
	r := all[0]
	for _, row := range all {
		if row.format == out.Format {
			r = row
		}
	}
	each = func(o Outcome) {
		summary.add(o)
		if r.each != nil {
			_ = r.each(out, &o) // nobody may be listening any more
		}
	}
	return each, func() (Summary, error) {
		if covered != nil {
			summary.Cover = covered.Parts()
		}
		return summary, r.end(out, &summary)
	}
}

// print writes an outcome for people: one line, and what went wrong below it.
func (o *Outcome) print(w *page.Page) {
	switch o.Verdict {
	case Passed:
		fmt.Fprintf(w, "%s    %s\n", w.Paint(page.GoodStyle, "ok"), redact.OneLine(o.File))
		for _, warning := range o.Warnings {
			fmt.Fprintf(w, "      %s\n", w.Paint(page.WornStyle, "warning: "+warning))
		}
	case Skipped:
		fmt.Fprintf(w, "%s  %s%s\n", w.Paint(page.WornStyle, "skip"), redact.OneLine(o.File), page.Prefixed("  ", o.Why))
	default:
		fmt.Fprintf(w, "%s  %s\n", w.Paint(page.BadStyle, "FAIL"), redact.OneLine(o.File))
		place := redact.OneLine(o.File)
		if o.Line > 0 {
			place = fmt.Sprintf("%s:%d", place, o.Line)
		}
		fmt.Fprintf(w, "      %s: %s\n", place, o.Text)
		for _, line := range strings.Split(o.Why, "\n") {
			fmt.Fprintf(w, "        %s\n", line)
		}
		if o.Output != "" {
			fmt.Fprintln(w, "      the last verb said")
			for _, line := range strings.Split(o.Output, "\n") {
				fmt.Fprintf(w, "        %s\n", line)
			}
		}
	}
}
