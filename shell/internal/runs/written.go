// Reports: a run written down for other programs, and for people, as it goes on.

package runs

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/files"
	"tokenshell/shell/internal/page"
	"tokenshell/shell/internal/redact"
	"tokenshell/shell/internal/report"
	"tokenshell/shell/internal/scenario"
	"tokenshell/shell/internal/trace"
	"tokenshell/tokens"
)

// kind is a way to write a run down.
type kind struct {
	name   string
	inFile bool
	add    func(*writing, scenario.Outcome)
	write  func(*writing) ([]byte, error)
}

// kinds is the closed list.
func kinds() []kind {
	return []kind{
		{"junit", true, (*writing).row, (*writing).junit},
		{"json", true, (*writing).row, (*writing).json},
		{"html", true, (*writing).story, (*writing).html},
		{"github", false, (*writing).annotation, nil},
	}
}

// reportTo is a report that somebody asked for.
type reportTo struct {
	kind
	file string
}

// reportsOf reads what --report says.
func reportsOf(flags []string) ([]reportTo, error) {
	var all []reportTo
	for _, flag := range flags {
		name, file, to := strings.Cut(flag, "=")
		var names []string
		found := false
		for _, k := range kinds() {
			names = append(names, k.name)
			if k.name != name {
				continue
			}
			const hint = "junit=FILE, json=FILE, html=FILE, or github without one"
			switch found = true; {
			case k.inFile && file == "":
				return nil, exit.Usage(hint, "--report %s: say which file to write it to", flag)
			case k.inFile && file == "-":
				return nil, exit.Usage(hint+"; -o json prints the run", "--report %s: a report goes to a file", flag)
			case strings.HasSuffix(file, ".txtar"):
				return nil, exit.Usage(hint, "--report %s: the name of a scenario ends like this; it would be written over", flag)
			case !k.inFile && to:
				return nil, exit.Usage(hint, "--report %s: %s takes no file, it is printed", flag, name)
			case k.inFile && slices.ContainsFunc(all, func(other reportTo) bool {
				return other.file != "" && filepath.Clean(other.file) == filepath.Clean(file)
			}):
				return nil, exit.Usage("give each report a file of its own", "--report %s: another one is written to %s already", flag, file)
			}
			all = append(all, reportTo{k, file})
		}
		if !found {
			return nil, exit.Usage(exit.Meant(name, names, "one of "+strings.Join(names, ", ")), "there is no report %q", name)
		}
		if info, err := os.Stat(filepath.Dir(file)); to && (err != nil || !info.IsDir()) {
			return nil, exit.Input(file, 0, "there is no such folder")
		}
		if info, err := os.Stat(file); to && err == nil && info.IsDir() {
			return nil, exit.Input(file, 0, "it is a folder")
		}
	}
	return all, nil
}

// writing is a report on its way.
type writing struct {
	reportTo
	run   *Run
	sum   func() *Summary
	began time.Time
	rows  []scenario.Outcome
	index []report.Story
	pages bytes.Buffer
	drawn int // bytes of diagrams of what passed
	err   error
	say   func(line string) // of an annotation
}

func (w *writing) add(o scenario.Outcome) { w.kind.add(w, o) }

// finish writes the report's file, whole or not at all.
func (w *writing) finish(ctx context.Context) error {
	if !w.inFile {
		return nil
	}
	text, err := w.write(w)
	if err == nil {
		err = w.err
	}
	if err == nil {
		err = files.Replace(ctx, w.file, text, 0o644)
	}
	if err != nil {
		return exit.Input(w.file, 0, "the report cannot be written: "+files.CauseOf(err))
	}
	return nil
}

// row keeps an outcome as it is.
func (w *writing) row(o scenario.Outcome) {
	if o.Verdict != scenario.Failed || w.name == "junit" {
		o.Trace = nil
	}
	w.rows = append(w.rows, o)
}

func (w *writing) json() ([]byte, error) {
	sum := *w.sum()
	if sum.Rows = w.rows; sum.Rows == nil {
		sum.Rows = []scenario.Outcome{}
	}
	text, err := json.MarshalIndent(&sum, "", "  ")
	return append(text, '\n'), err
}

func (w *writing) junit() ([]byte, error) {
	r := report.Run{Tool: w.run.Tool, Name: "tokenshell", Summary: w.sum().sum(), At: w.began, Facts: w.run.facts()}
	for i := range w.rows {
		o := &w.rows[i]
		c := report.Case{
			ID: name(o) + page.Prefixed(" without ", strings.Join(o.Without, ", ")), Class: strings.ReplaceAll(strings.Trim(filepath.ToSlash(filepath.Dir(o.File)), "./"), "/", "."),
			Status: string(o.Verdict), Message: o.Why, Milliseconds: o.Milliseconds,
		}
		switch o.Verdict {
		case scenario.Passed:
			c.Verdict = report.Passed
		case scenario.Failed:
			c.Verdict, c.Message = report.Failed, place(o)+": "+o.Why
			var p page.Page
			writeFrame(&p, o, w.run.again(o.File))
			c.Detail = "\n\n" + p.String()
		case scenario.Interrupted:
			c.Verdict = report.Errored
		case scenario.Skipped:
			c.Verdict = report.Left
		case scenario.NotRun:
			c.Verdict, c.Message = report.Left, "not run"
		}

		r.Cases = append(r.Cases, c)
	}
	return report.JUnit(r)
}

// name names an outcome: its file, and the row of its cases.
func name(o *scenario.Outcome) string {
	file := *o
	if file.File == "-" {
		file.File = "stdin"
	}
	return redact.OneLine(file.Name())
}

// facts say how the scenarios were run.
func (r *Run) facts() []report.Fact {
	facts := []report.Fact{{Name: "seed", Value: fmt.Sprint(r.Seed)}}
	for _, f := range []report.Fact{{Name: "world", Value: r.World}, {Name: "target", Value: r.Target}, {Name: "shard", Value: r.Flags.Shard}} {
		if f.Value != "" {
			facts = append(facts, f)
		}
	}
	if r.Flags.Shuffle != nil {
		facts = append(facts, report.Fact{Name: "shuffled with", Value: fmt.Sprint(*r.Flags.Shuffle)})
	}
	return facts
}

// mostDrawn is how many bytes the diagrams of scenarios that passed take at most: a
// browser opens the page of thousands, too. Of what failed each is drawn.
const mostDrawn = 8 << 20

// notDrawn is told instead of a diagram.
const notDrawn = "The diagram is left out, for there are very many. A report of this scenario alone has it."

// story writes an outcome's page.
func (w *writing) story(o scenario.Outcome) {
	s := report.Story{
		ID: fmt.Sprintf("s%d", len(w.index)+1), Name: name(&o), Verdict: string(o.Verdict), Took: elapsed(o.Milliseconds),
		Why: o.Why, Weak: weak(&o),
	}
	first, _, _ := strings.Cut(o.Why, "\n")
	w.index = append(w.index, report.Story{ID: s.ID, Name: s.Name, Verdict: s.Verdict, Took: s.Took, Why: first, Weak: s.Weak})
	if o.Verdict == scenario.Failed {
		s.Place, s.Parts, s.Again = place(&o), parts(&o), w.run.again(o.File)
	}
	for _, warning := range o.Warnings {
		s.Parts = append(s.Parts, part("Warning", warning))
	}
	var err error
	switch passed := o.Verdict != scenario.Failed; {
	case o.Trace == nil:
	case passed && w.drawn >= mostDrawn:
		s.Parts, s.Again = append(s.Parts, part("What the parties said to each other", notDrawn)), w.run.again(o.File)
	default:
		if s.Figure, err = o.Trace.Figure(s.ID); passed {
			w.drawn += len(s.Figure)
		}
	}
	if err == nil {
		var text []byte
		text, err = s.Page()
		w.pages.Write(text)
	}
	if w.err == nil {
		w.err = err
	}
}

// parts tell what is to be told of a failure.
func parts(o *scenario.Outcome) []report.StoryPart {
	var all []report.StoryPart
	around := report.StoryPart{Title: "Where"}
	for _, step := range o.Around {
		class := ""
		if step.Line == o.Line {
			class = "here"
		}
		around.Lines = append(around.Lines, report.StoryLine{Text: fmt.Sprintf("%5d  %s", step.Line, step.Text), Class: class})
	}
	if len(around.Lines) > 0 {
		all = append(all, around)
	}
	if o.Within != nil {
		all = append(all, part("In the section "+o.Within.Section, fmt.Sprintf("%5d  %s", o.Within.Line, o.Within.Text)))
	}
	for _, row := range []struct{ title, text string }{{"Expected", o.Expected}, {"Got", o.Got}} {
		if row.text != "" {
			all = append(all, part(row.title, row.text))
		}
	}
	variables := report.StoryPart{Title: "Variables of the line"}
	for _, v := range o.Variables {
		variables.Lines = append(variables.Lines, report.StoryLine{Text: v.Name + " = " + v.Value})
	}
	if len(variables.Lines) > 0 {
		all = append(all, variables)
	}
	if o.Diff != "" {
		diff := part("Difference", o.Diff)
		for i, line := range diff.Lines {
			diff.Lines[i].Class = map[string]string{"-": "gone", "+": "come", "@": "faint"}[line.Text[:min(1, len(line.Text))]]
		}
		all = append(all, diff)
	}
	if o.Output != "" {
		all = append(all, part("What was said last", o.Output))
	}
	before := report.StoryPart{Title: "What led there"}
	for _, step := range o.Before {
		before.Lines = append(before.Lines, report.StoryLine{Text: fmt.Sprintf("%5d  %s", step.Line, step.Text)})
		for _, line := range part("", step.Said).Lines {
			before.Lines = append(before.Lines, report.StoryLine{Text: "       │ " + line.Text, Class: "faint"})
		}
	}
	if len(before.Lines) > 0 {
		all = append(all, before)
	}
	return all
}

func part(title, text string) report.StoryPart {
	p := report.StoryPart{Title: title}
	for line := range strings.Lines(text) {
		p.Lines = append(p.Lines, report.StoryLine{Text: strings.TrimSuffix(line, "\n")})
	}
	return p
}

func (w *writing) html() ([]byte, error) {
	style, err := trace.FigureStyle()
	if err != nil {
		return nil, err
	}
	sum := w.sum()
	index := report.Index{
		Title: "Scenarios", Summary: sum.sum() + ", in " + elapsed(sum.Milliseconds), Tool: w.run.Tool,
		Facts: append([]report.Fact{{Name: "begun", Value: w.began.UTC().Format(time.DateTime) + " UTC"}}, w.run.facts()...), Stories: w.index, Style: style,
	}
	return report.Stories(index, w.pages.Bytes())
}

// annotation tells GitHub's workflows of a failure, where it is in the file.
func (w *writing) annotation(o scenario.Outcome) {
	level, what, title := "", "", ""
	switch {
	case o.Verdict == scenario.Failed:
		level, what, title = "error", o.Why, "scenario failed"
	case o.Verdict == scenario.Interrupted:
		level, what, title = "error", o.Why, "scenario interrupted"
	case len(o.Warnings) > 0:
		level, what, title = "warning", strings.Join(o.Warnings, "\n"), "scenario passed, and shows less than it says"
	default:
		return
	}
	if o.Expected != "" {
		what += "\nexpected " + o.Expected + "\ngot " + o.Got
	}
	if o.Diff != "" {
		what += "\n" + o.Diff
	}
	at := "file=" + annotated(fileOf(&o), true)
	if o.Line > 0 {
		at += fmt.Sprintf(",line=%d", o.Line)
	}
	if o.Column > 0 {
		at += fmt.Sprintf(",col=%d", o.Column)
	}
	w.say(fmt.Sprintf("::%s %s,title=%s::%s", level, at, annotated(title+page.Prefixed(", ", o.Row), true), annotated(redact.Tokens(what), false)))
}

// annotated writes a text as workflow commands have it.
func annotated(text string, property bool) string {
	pairs := []string{"%", "%25", "\r", "%0D", "\n", "%0A"}
	if property {
		pairs = append(pairs, ":", "%3A", ",", "%2C")
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// now is the machine's time.
func now() time.Time { return tokens.LiveClock().Now() }
