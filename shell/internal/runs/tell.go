// Telling: what a person reads while scenarios run, and in the end.

package runs

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"tokenshell/shell/internal/answer"
	"tokenshell/shell/internal/cover"
	"tokenshell/shell/internal/page"
	"tokenshell/shell/internal/redact"
	"tokenshell/shell/internal/scenario"
	"tokenshell/tokens"
)

// Summary counts the outcomes of a run.
type Summary struct {
	Total        int                `json:"total"`
	Passed       int                `json:"passed"`
	Failed       int                `json:"failed"`
	Skipped      int                `json:"skipped"`
	Interrupted  int                `json:"interrupted"`
	NotRun       int                `json:"not_run"`
	Milliseconds int64              `json:"ms"`
	Rows         []scenario.Outcome `json:"rows"`

	Cover []cover.Part `json:"cover,omitempty"` // with --cover
}

// count gives the counter of a verdict.
func (s *Summary) count(v scenario.Verdict) *int {
	switch v {
	case scenario.Passed:
		return &s.Passed
	case scenario.Failed:
		return &s.Failed
	case scenario.Skipped:
		return &s.Skipped
	case scenario.Interrupted:
		return &s.Interrupted
	}
	return &s.NotRun
}

// sum says it in a line.
func (s *Summary) sum() string {
	line := fmt.Sprintf("%s: %d passed, %d failed, %d skipped", page.Count(s.Total, "scenario"), s.Passed, s.Failed, s.Skipped)
	if s.Interrupted > 0 {
		line += fmt.Sprintf(", %d interrupted", s.Interrupted)
	}
	if s.NotRun > 0 {
		line += fmt.Sprintf(", %d not run", s.NotRun)
	}
	return line
}

// teller tells a run. Its functions may be called by many at once.
type teller struct {
	run   *Run
	out   *answer.Out
	plan  *plan
	cover *cover.Seen // nil when nobody wants to know
	all   []chosen
	took  func() time.Duration
	stop  context.CancelCauseFunc // ends the run when nobody reads

	printing sync.Mutex // is held by whoever prints, and may have to wait for a reader
	shown    bool       // what comes next was told before its prompt opened

	mu      sync.Mutex // is held for a moment
	sum     Summary
	keep    bool               // every row is wanted
	files   []string           // that failed
	passed  map[string]bool    // of those that had failed before
	failed  []scenario.Outcome // in short, for the recap
	slow    []scenario.Outcome // in short, the slowest first
	silent  int                // of what never ran, not named
	running []int              // files that have begun, oldest first
	since   map[int]time.Duration
	waiting map[int][]scenario.Step // lines of files whose turn has not come
	status  *page.Progress
	written []*writing
	over    bool
}

// Bounds of what is told.
const (
	slowest    = 5
	mostNotRun = 20 // that are named
)

// errNobodyReads is what ends a run whose output nobody takes.
var errNobodyReads = errors.New("nobody reads what is printed")

// show prints; a run that nobody listens to ends.
func (t *teller) show(write func(w *page.Page)) {
	if t.out.Format != "text" {
		return
	}
	t.status.End()
	if err := t.out.Show(nil, write); err != nil {
		t.stop(errNobodyReads)
	}
}

// begun is told that a file begins.
func (t *teller) begun(at int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.running = append(t.running, at)
	t.since[at] = t.took()
}

// line is told of a line, or of what it said: it is shown when its file's turn has
// come.
func (t *teller) line(at int, s scenario.Step) {
	t.printing.Lock()
	defer t.printing.Unlock()
	t.mu.Lock()
	its := at == t.sum.reported()
	if !its {
		t.waiting[at] = append(t.waiting[at], s)
	}
	t.mu.Unlock()
	if its {
		t.showLine(at, s)
	}
}

func (s *Summary) reported() int {
	return s.Passed + s.Failed + s.Skipped + s.Interrupted + s.NotRun
}

func (t *teller) showLine(at int, s scenario.Step) {
	t.show(func(w *page.Page) {
		if s.Line > 0 {
			fmt.Fprintf(w, "%s %s\n", w.Faint(place(&scenario.Outcome{File: t.all[at].File, In: s.In, Line: s.Line})+":"), redact.OneLine(redact.Tokens(s.Text)))
			return
		}
		for line := range strings.Lines(s.Said) {
			fmt.Fprintf(w, "  %s %s\n", w.Faint("│"), redact.Printable(strings.TrimSuffix(line, "\n")))
		}
	})
}

// done is told of each file, in their order.
func (t *teller) done(o scenario.Outcome) {
	t.printing.Lock()
	defer t.printing.Unlock()
	at, lines, ok := t.take(o)
	if !ok {
		return
	}
	for _, s := range lines {
		t.showLine(at, s)
	}
	quiet := t.shown || t.plan.Quiet && o.Verdict != scenario.Failed && o.Verdict != scenario.Interrupted
	if !quiet && (o.Verdict != scenario.NotRun || t.silent <= mostNotRun) {
		t.show(func(w *page.Page) { t.write(w, &o) })
	}
	t.shown = false
	for _, w := range t.written {
		if !w.inFile {
			w.add(o)
		}
	}
	t.mu.Lock()
	next := t.waiting[at+1]
	delete(t.waiting, at+1)
	t.mu.Unlock()
	for _, s := range next {
		t.showLine(at+1, s)
	}
}

// take counts an outcome and keeps of it what is told later. It gives the file's
// number, and lines of it that wait to be shown; ok is false when all is over.
func (t *teller) take(o scenario.Outcome) (at int, lines []scenario.Step, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.over {
		return 0, nil, false
	}
	at = t.sum.reported()
	lines = t.waiting[at]
	delete(t.waiting, at)
	t.running = slices.DeleteFunc(t.running, func(other int) bool { return other == at })
	delete(t.since, at)
	*t.sum.count(o.Verdict)++
	switch o.Verdict {
	case scenario.Passed:
		if slices.Contains(t.plan.failed, o.File) && t.plan.until[o.File] == 0 { // to its end
			t.passed[o.File] = true
		}
	case scenario.Failed:
		if o.File != "-" && !slices.Contains(t.files, o.File) {
			t.files = append(t.files, o.File)
		}
		t.failed = append(t.failed, inShort(o))
	case scenario.NotRun:
		t.silent++
	}
	t.rank(o)
	for _, w := range t.written {
		if w.inFile {
			w.add(o)
		}
	}
	if t.keep {
		if o.Verdict != scenario.Failed {
			o.Trace = nil
		}
		t.sum.Rows = append(t.sum.Rows, o)
	}
	return at, lines, true
}

// inShort keeps of an outcome what the recap says.
func inShort(o scenario.Outcome) scenario.Outcome {
	why, _, _ := strings.Cut(o.Why, "\n")
	return scenario.Outcome{File: o.File, Row: o.Row, In: o.In, Line: o.Line, Column: o.Column, Why: why, Milliseconds: o.Milliseconds}
}

// rank keeps the slowest.
func (t *teller) rank(o scenario.Outcome) {
	if o.Verdict == scenario.NotRun || !t.plan.Slowest {
		return
	}
	at := len(t.slow)
	for at > 0 && t.slow[at-1].Milliseconds < o.Milliseconds {
		at--
	}
	t.slow = slices.Insert(t.slow, at, inShort(o))
	t.slow = t.slow[:min(len(t.slow), slowest)]
}

// watch shows on a terminal how far the run has come, until ctx ends.
func (t *teller) watch(ctx context.Context) {
	if t.run.Progress == nil {
		return
	}
	tick := time.NewTicker(page.ProgressPause)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if t.printing.TryLock() { // or somebody prints, and the status would be gone at once
				t.mu.Lock()
				over := t.over
				line := t.far(t.status.Began())
				t.mu.Unlock()
				if !over {
					t.status.Tell(func(time.Duration) string { return line })
				}
				t.printing.Unlock()
			}
		}
	}
}

// far says in a line of the window how far the run has come.
func (t *teller) far(took time.Duration) string {
	line := fmt.Sprintf("%d of %s", t.sum.reported(), page.Count(t.sum.Total, "scenario"))
	if t.sum.Failed > 0 {
		line += fmt.Sprintf(", %d failed", t.sum.Failed)
	}
	line += ", " + page.Elapsed(took.Truncate(100*time.Millisecond))
	if len(t.running) > 0 {
		oldest := t.running[0]
		line += ": " + redact.OneLine(filepath.Base(t.all[oldest].File))
		if for_ := took - t.since[oldest]; for_ >= time.Second {
			line += " for " + tokens.HowLong(for_.Truncate(time.Second))
		}
		if more := len(t.running) - 1; more > 0 {
			line += fmt.Sprintf(" and %d more", more)
		}
	}
	return line
}

// fileOf gives the file that an outcome's line stands in.
func fileOf(o *scenario.Outcome) string {
	switch {
	case o.In != "":
		return redact.OneLine(o.In)
	case o.File == "-":
		return "stdin"
	}
	return redact.OneLine(o.File)
}

// place gives where an outcome is about: a terminal and an editor can be led there.
func place(o *scenario.Outcome) string {
	at := fileOf(o)
	if o.Line > 0 {
		at += fmt.Sprintf(":%d", o.Line)
		if o.Column > 0 {
			at += fmt.Sprintf(":%d", o.Column)
		}
	}
	return at
}

// elsewhere names an outcome whose place does not: it is in a file that is included,
// or one row of many.
func elsewhere(o *scenario.Outcome) string {
	if o.In == "" && o.Row == "" {
		return ""
	}
	return name(o)
}

// end tells how it ended: what failed once more, the slowest, and the sum.
func (t *teller) end() error {
	t.printing.Lock()
	defer t.printing.Unlock()
	t.status.End()
	if t.out.Format == "json" {
		if t.sum.Rows == nil {
			t.sum.Rows = []scenario.Outcome{}
		}
		return t.out.Show(&t.sum, nil)
	}
	return t.out.Show(nil, func(w *page.Page) {
		if more := t.silent - mostNotRun; more > 0 && !t.plan.Quiet {
			fmt.Fprintf(w, "%s  and %d more\n", w.Paint(page.WornStyle, "not run"), more)
		}
		if len(t.failed) > 0 && t.sum.Total > 1 {
			fmt.Fprintf(w, "\n%s\n", w.Paint(page.BadStyle, "failed"))
			for _, o := range t.failed {
				fmt.Fprintf(w, "  %s: %s%s\n", place(&o), o.Why, page.Prefixed("  in ", elsewhere(&o)))
			}
		}
		if len(t.slow) > 0 {
			fmt.Fprintf(w, "\n%s\n", w.Paint(page.TitleStyle, "slowest"))
			rows := page.NewTable()
			for _, o := range t.slow {
				rows.Row("  "+name(&o), page.Number(elapsed(o.Milliseconds)))
			}
			rows.Write(w)
		}
		if len(t.failed) > 0 && t.sum.Total > 1 || len(t.slow) > 0 {
			fmt.Fprintln(w)
		}
		fmt.Fprintf(w, "%s%s\n", t.sum.sum(), w.Faint(", in "+elapsed(t.sum.Milliseconds)))
		cover.Write(w, t.sum.Cover)
	})
}

// elapsed writes how long something took: to the millisecond, below a second.
func elapsed(ms int64) string {
	if ms < 1000 {
		return fmt.Sprintf("%d ms", ms)
	}
	return page.Elapsed(time.Duration(ms) * time.Millisecond)
}
