// Outcomes: what became of a scenario.

package scenario

import (
	"tokenshell/shell/internal/redact"
	"tokenshell/shell/internal/trace"
)

// Verdict is what became of a scenario.
type Verdict string

// The verdicts.
const (
	Passed      Verdict = "passed"
	Failed      Verdict = "failed"
	Skipped     Verdict = "skipped"
	Interrupted Verdict = "interrupted" // it had begun, and was not let to its end
	NotRun      Verdict = "not run"     // it never began
)

// Outcome is one scenario's result. What stands below Text is set when it failed.
type Outcome struct {
	File         string  `json:"file"`
	Row          string  `json:"row,omitempty"` // of its cases: its number, and what it says
	Verdict      Verdict `json:"verdict"`
	Milliseconds int64   `json:"ms"`
	In           string  `json:"in,omitempty"`     // the file that the line stands in, when it was included
	Line         int     `json:"line,omitempty"`   // from 1; 0 when it is about the whole file
	Column       int     `json:"column,omitempty"` // from 1, in bytes; 0 when nobody knows
	Text         string  `json:"text,omitempty"`   // of the line
	Why          string  `json:"why,omitempty"`    // what was expected and what came
	Expected     string  `json:"expected,omitempty"`
	Got          string  `json:"got,omitempty"`
	Diff         string  `json:"diff,omitempty"`   // of what cmp compared, as diff -u has it
	Output       string  `json:"output,omitempty"` // of the last verb or program, tokens replaced

	Around    []Step       `json:"around,omitempty"`    // the line between those that stand beside it
	Variables []Variable   `json:"variables,omitempty"` // of the line
	Before    []Step       `json:"before,omitempty"`    // the last lines that ran before it
	Within    *Place       `json:"within,omitempty"`    // where in a section it went wrong
	Trace     *trace.Trace `json:"trace,omitempty"`     // of the order that failed; with [Config.Traced] of all there was

	Without  []string `json:"without,omitempty"`  // rules that its world left out: it shows nothing of a sound one
	Warnings []string `json:"warnings,omitempty"` // what a scenario that passed does not show; strictly it fails
	Folder   string   `json:"folder,omitempty"`   // where its work folder was kept
	Updated  bool     `json:"updated,omitempty"`  // its sections were written anew
}

// Step is a line of a scenario, and what was said when it ran.
type Step struct {
	In   string `json:"in,omitempty"` // the file that it stands in, when it was included
	Line int    `json:"line"`
	Text string `json:"text"`
	Said string `json:"said,omitempty"`
}

// Variable is what a variable of a line held.
type Variable struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Place is a place in a section, by its line in the scenario's file.
type Place struct {
	Section string `json:"section"`
	In      string `json:"in,omitempty"` // the file that it stands in, when it was included
	Line    int    `json:"line"`
	Column  int    `json:"column,omitempty"`
	Text    string `json:"text,omitempty"`
}

// clean takes out what no report may show.
func (o *Outcome) clean(sc *script) {
	hide := redact.Tokens
	if sc != nil && sc.shell != nil {
		hide = sc.shell.Redact
	}
	shown := func(texts ...*string) {
		for _, text := range texts {
			*text = redact.Short(redact.Printable(hide(*text)), redact.MostShown)
		}
	}
	if o.Verdict == Skipped {
		o.Why = redact.OneLine(o.Why)
	}
	for i, warning := range o.Warnings {
		o.Warnings[i] = redact.OneLine(hide(warning))
	}
	shown(&o.Text, &o.Why, &o.Output, &o.Expected, &o.Got, &o.Diff)
	for _, steps := range [][]Step{o.Around, o.Before} {
		for i := range steps {
			shown(&steps[i].Text, &steps[i].Said)
		}
	}
	for i := range o.Variables {
		o.Variables[i].Value = redact.Short(redact.OneLine(hide(o.Variables[i].Value)), redact.MostShown)
	}
	if o.Within != nil {
		shown(&o.Within.Text)
		o.Within.Section = redact.OneLine(hide(o.Within.Section))
	}
}
