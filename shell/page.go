// The page: what a verb writes its text on. It knows the window and whether
// there are colours; in a pipe there is neither.

package shell

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"

	"tokenshell/shell/lineedit"
	"tokenshell/tokens"
)

// page is the text of one answer.
type page struct {
	strings.Builder
	width int  // of the window, in columns; 0 is no window: nothing is cut or folded
	color bool // escape sequences of colours are understood

	verbatim bool // lines are for copying: they stay as long as they are
}

// style is how a piece of text stands out.
type style int

const (
	plainStyle style = iota
	goodStyle
	badStyle
	wornStyle // over, taken back, withdrawn
	busyStyle // not at its end
	faintStyle
	titleStyle
)

var styleColors = map[style]text.Colors{
	goodStyle:  {text.FgGreen},
	badStyle:   {text.FgRed},
	wornStyle:  {text.FgYellow},
	busyStyle:  {text.FgCyan},
	faintStyle: {text.Faint},
	titleStyle: {text.Bold},
}

// stateStyles give each state of a session, a token, a key or a check its style.
var stateStyles = map[string]style{
	"open": busyStyle, "redeeming": busyStyle, "issued": busyStyle, "published": busyStyle, "reserved": busyStyle, "closed": wornStyle,
	"accepted": goodStyle, "redeemed": goodStyle, "repeated": goodStyle, "completed": goodStyle, "committed": goodStyle, "active": goodStyle,
	"passed": goodStyle, "done": goodStyle,
	"cancelled": wornStyle, "released": wornStyle, "compensated": wornStyle, "retired": wornStyle, "disabled": wornStyle, "skipped": faintStyle,
	"rejected": badStyle, "refused": badStyle, "revoked": badStyle, "expired": badStyle, "stuck": badStyle, "failed": badStyle,
	"got_through": badStyle, "live": busyStyle, "frozen": busyStyle,
}

// state gives a state in its colour. Only its first word counts, so that
// "revoked (by its issuer)" is revoked.
func (p *page) state(state any) string {
	what := printable(fmt.Sprint(state))
	first, _, _ := strings.Cut(what, " ")
	return p.paint(stateStyles[first], what)
}

func (p *page) faint(what string) string { return p.paint(faintStyle, what) }

func (p *page) paint(s style, what string) string {
	if colors := styleColors[s]; p.color && colors != nil && what != "" {
		return colors.EscapeSeq() + what + text.EscapeReset
	}
	return what
}

// window is the terminal that a process prints on.
type window struct {
	file   *os.File
	colors bool // somebody may want them: neither NO_COLOR nor a dumb terminal says otherwise
	dumb   bool // it understands no sequence at all
}

// newWindow gives the window of a file; nil when it is no terminal.
func newWindow(file *os.File) *window {
	if lineedit.Width(file) == 0 {
		return nil
	}
	dumb := os.Getenv("TERM") == "dumb"
	return &window{file, os.Getenv("NO_COLOR") == "" && !dumb, dumb}
}

func (w *window) width() int {
	if w == nil {
		return 0
	}
	return lineedit.Width(w.file)
}

// progressPause is how often progress is shown.
const progressPause = 200 * time.Millisecond

// progress tells somebody at a terminal how far long work has come. Nobody is
// told anything of work that is done soon.
type progress struct {
	out   *output
	began func() time.Duration
	last  time.Duration
}

func (o *output) longWork() *progress { return &progress{out: o, began: tokens.Stopwatch()} }

// tell shows how far it is, unless it did a moment ago.
func (p *progress) tell(what func(took time.Duration) string) {
	now := p.began()
	if p.out.progress == nil || now-p.last <= progressPause {
		return
	}
	p.last = now
	fmt.Fprintf(p.out.progress, "\r%s \x1b[K", what(now))
}

// end takes away what was shown.
func (p *progress) end() {
	if p.last > 0 {
		fmt.Fprint(p.out.progress, "\r\x1b[K")
	}
}

// inWindow gives the page with lines that are wider than the window folded
// between words. What is set in stays so.
func (p *page) inWindow() string {
	if p.width == 0 || p.verbatim {
		return p.String()
	}
	var b strings.Builder
	for line := range strings.Lines(p.String()) {
		if text.StringWidthWithoutEscSequences(strings.TrimSuffix(line, "\n")) <= p.width {
			b.WriteString(line)
			continue
		}
		line = strings.TrimSuffix(line, "\n")
		bare := strings.TrimLeft(line, " ")
		in := line[:min(len(line)-len(bare), p.width/4)]
		for _, part := range fold(bare, p.width-len(in)) {
			b.WriteString(in + part + "\n")
		}
	}
	return b.String()
}

// takenRows counts the rows that text takes in a window of so many columns.
func takenRows(what string, columns int) int {
	rows := 0
	columns = max(columns, 1)
	for line := range strings.Lines(what) {
		rows += max(1, (text.StringWidthWithoutEscSequences(strings.TrimSuffix(line, "\n"))+columns-1)/columns)
	}
	return rows
}
