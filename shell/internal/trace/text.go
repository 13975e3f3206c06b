// A trace as text: a lane for each party and an arrow for each message, or a
// line for each message where lanes do not fit.

package trace

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"

	"tokenshell/shell/internal/page"
)

// Sizes of the lanes, in columns.
const (
	clockWidth = 8  // 15:04:05
	leastLane  = 7  // a lane with the gap behind it
	bestLane   = 10 // unless a party's name is longer
	leastText  = 20 // beside the lanes
)

// writeText writes a trace for a terminal or a pipe.
func (t *Trace) writeText(w *page.Page) {
	if len(t.Messages) == 0 {
		fmt.Fprintln(w, "nobody has said anything yet")
		return
	}
	drawn := &page.Page{Width: w.Width, Color: w.Color}
	if lane := t.lane(w.Width); lane > 0 {
		t.writeLanes(drawn, lane)
	} else {
		t.writeLines(drawn)
	}
	picture(w, drawn.String())
	fmt.Fprintln(w, w.Faint(t.summary()))
}

// Write writes a trace as text, for a terminal or a pipe.
func (t *Trace) Write(w *page.Page) { t.writeText(w) }

// Last gives the trace with its last messages only.
func (t *Trace) Last(most int) *Trace {
	short := *t
	short.Messages = t.Messages[max(0, len(t.Messages)-most):]
	return &short
}

// picture writes the lines of a drawing: how it is drawn is nobody's business but
// the reader's.
func picture(w *page.Page, drawn string) {
	for line := range strings.Lines(drawn) {
		fmt.Fprintln(w, w.In(page.Picture, strings.TrimSuffix(line, "\n")))
	}
}

// lane gives the width of a lane in a window; 0 when lanes do not fit.
func (t *Trace) lane(window int) int {
	best := bestLane
	for _, name := range t.Parties {
		best = max(best, text.StringWidthWithoutEscSequences(name)+2)
	}
	if window == 0 {
		return best
	}
	for lane := best; lane >= leastLane; lane-- {
		if t.besides(lane)+leastText <= window {
			return lane
		}
	}
	return 0
}

// besides gives the column in which the text begins.
func (t *Trace) besides(lane int) int { return clockWidth + 2 + lane*(len(t.Parties)-1) + 1 + 2 }

// writeLanes draws the lanes. The text stands beside the arrows.
func (t *Trace) writeLanes(w *page.Page, lane int) {
	head := strings.Repeat(" ", clockWidth+2)
	for _, name := range t.Parties {
		head += text.Pad(text.Snip(name, lane-1, "…"), lane, ' ')
	}
	fmt.Fprintln(w, w.Paint(page.TitleStyle, strings.TrimRight(head, " ")))
	shown := time.Time{}
	for i := range t.Messages {
		m := &t.Messages[i]
		clock := strings.Repeat(" ", clockWidth)
		if now := m.second(); !now.Equal(shown) {
			clock, shown = now.Format("15:04:05"), now
		}
		fmt.Fprint(w, w.Faint(clock), "  ", t.arrow(w, m, lane), "  ")
		lines := []string{m.words()}
		if w.Width > 0 {
			lines = page.Fold(m.words(), w.Width-t.besides(lane))
		}
		for n, line := range lines {
			if n > 0 {
				fmt.Fprint(w, strings.Repeat(" ", clockWidth+2), w.Faint(t.lifelines(lane)), "  ")
			}
			fmt.Fprintln(w, w.Paint(m.style(), line))
		}
	}
}

// lifelines is a row in which nothing happens.
func (t *Trace) lifelines(lane int) string {
	return strings.Repeat("│"+strings.Repeat(" ", lane-1), len(t.Parties)-1) + "│"
}

// arrow draws a message across the lanes: a question as a line, an answer as
// dots, and a cross where it was lost.
func (t *Trace) arrow(w *page.Page, m *traced, lane int) string {
	from, to := slices.Index(t.Parties, m.From), slices.Index(t.Parties, m.To)
	left, right := min(from, to)*lane, max(from, to)*lane
	row := []rune(t.lifelines(lane))
	if m.Kind == "event" {
		return w.Faint(string(row[:left])) + w.Paint(m.style(), "◆") + w.Faint(string(row[left+1:]))
	}
	shaft := '─'
	if m.Kind == "answer" {
		shaft = '╌'
	}
	for i := left + 1; i < right; i++ {
		row[i] = shaft
	}
	row[from*lane] = map[bool]rune{true: '├', false: '┤'}[from < to]
	switch {
	case m.Lost:
		cross := to*lane - lane/2 // beside its receiver, and on nobody's lane
		if from > to {
			cross = to*lane + lane/2
		}
		row[cross] = '✗'
		for i := left + 1; i < right; i++ { // behind the cross there is nothing
			if (from < to) == (i > cross) && i != cross && row[i] == shaft {
				row[i] = ' '
			}
		}
		for i := range t.Parties {
			if at := i * lane; at > left && at < right && row[at] == ' ' {
				row[at] = '│'
			}
		}
	case from < to:
		row[right-1] = '▶'
	default:
		row[left+1] = '◀'
	}
	before, drawn, behind := string(row[:left]), string(row[left:right+1]), string(row[right+1:])
	return w.Faint(before) + w.Paint(m.style(), drawn) + w.Faint(behind)
}

// writeLines writes a line for each message.
func (t *Trace) writeLines(w *page.Page) {
	shown := time.Time{}
	for i := range t.Messages {
		m := &t.Messages[i]
		if now := m.second(); !now.Equal(shown) {
			shown = now
			fmt.Fprintln(w, w.Faint(now.Format("15:04:05")))
		}
		sign := map[bool]string{true: "→", false: "⇢"}[m.Kind == "question"]
		if m.Lost {
			sign = "✗"
		}
		line := fmt.Sprintf("%s %s %s: %s", m.From, sign, m.To, m.words())
		if m.Kind == "event" {
			line = fmt.Sprintf("%s ◆ %s", m.From, m.words())
		}
		for n, part := range page.Fold(line, max(10, w.Width-2)) {
			indent := "  "
			if n == 0 {
				indent = ""
			}
			fmt.Fprintln(w, indent+w.Paint(m.style(), part))
		}
	}
}

// second gives the time as far as it is shown: once for all that was said in it.
func (t *traced) second() time.Time { return t.at.Truncate(time.Second) }

// words say what a message is about, and what became of it.
func (t *traced) words() string {
	what := t.Text
	if t.failed() && t.Detail != "" && !strings.Contains(what, t.Detail) {
		what += ": " + t.Detail
	}
	if t.Again > 0 {
		what += fmt.Sprintf(", try %d", t.Again)
	}
	if t.Late != "" {
		what += ", " + t.Late + " late"
	}
	if t.Lost {
		what += ", lost"
	}
	if t.Undone {
		what += ", undone"
	}
	return what
}

// style makes refusals, losses and what is taken back stand out.
func (t *traced) style() page.Style {
	switch {
	case t.failed(), t.Lost:
		return page.BadStyle
	case t.Step == "cancel", t.Again > 0, t.Late != "", t.Undone, t.Kind == "event":
		return page.WornStyle
	case t.Kind == "answer":
		return page.GoodStyle
	}
	return page.PlainStyle
}

// summary counts the messages, and what in them is worth looking for.
func (t *Trace) summary() string {
	var refused, lost, again, back int
	for i := range t.Messages {
		m := &t.Messages[i]
		if m.failed() && m.Detail != "" {
			refused++
		}
		if m.Lost {
			lost++
		}
		if m.Again > 0 {
			again++
		}
		if m.Kind == "answer" && m.Step == "cancel" && m.Outcome == "ok" && !m.Lost {
			back++
		}
	}
	what := page.Count(len(t.Messages), "message")
	for _, count := range []struct {
		n    int
		what string
	}{{refused, "refused"}, {lost, "lost"}, {again, "asked again"}, {back, "taken back"}} {
		if count.n > 0 {
			what += fmt.Sprintf(", %d %s", count.n, count.what)
		}
	}
	return what
}
