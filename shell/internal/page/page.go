// Package page is what a verb writes its text on: it knows the window and
// whether there are colours; in a pipe there is neither.
package page

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"

	"tokenshell/shell/internal/redact"
	"tokenshell/shell/lineedit"
	"tokenshell/tokens"
)

// Page is the text of one answer.
type Page struct {
	strings.Builder
	Width int  // of the window, in columns; 0 is not a window: nothing is cut or folded
	Color bool // escape sequences of colours are understood

	Verbatim bool // lines are for copying: they stay as long as they are

	Hide func(string) string // replaces what is secret, before anything is cut or folded; nil is nothing
}

// Style is how a piece of text stands out.
type Style int

const (
	PlainStyle Style = iota
	GoodStyle
	BadStyle
	WornStyle // over, taken back, withdrawn
	busyStyle // not at its end
	faintStyle
	TitleStyle
)

var styleColors = map[Style]text.Colors{
	GoodStyle:  {text.FgGreen},
	BadStyle:   {text.FgRed},
	WornStyle:  {text.FgYellow},
	busyStyle:  {text.FgCyan},
	faintStyle: {text.Faint},
	TitleStyle: {text.Bold},
}

// stateStyles give each state of a session, a token, a key or a check its style.
var stateStyles = map[string]Style{
	"open": busyStyle, "redeeming": busyStyle, "issued": busyStyle, "published": busyStyle, "reserved": busyStyle, "closed": WornStyle,
	"accepted": GoodStyle, "redeemed": GoodStyle, "repeated": GoodStyle, "completed": GoodStyle, "committed": GoodStyle, "active": GoodStyle,
	"passed":    GoodStyle,
	"cancelled": WornStyle, "released": WornStyle, "compensated": WornStyle, "retired": WornStyle, "disabled": WornStyle, "skipped": faintStyle,
	"rejected": BadStyle, "refused": BadStyle, "revoked": BadStyle, "expired": BadStyle, "stuck": BadStyle, "failed": BadStyle,
	"got_through": BadStyle, "live": busyStyle, "frozen": busyStyle,
}

// State gives a state in its colour. Only its first word counts, so that
// "revoked (by its issuer)" is revoked.
func (p *Page) State(state any) string {
	what := redact.Printable(fmt.Sprint(state))
	first, _, _ := strings.Cut(what, " ")
	return p.Paint(stateStyles[first], what)
}

// InStateOf gives a text in the colour of a state.
func (p *Page) InStateOf(state any, what string) string {
	return p.Paint(stateStyles[fmt.Sprint(state)], what)
}

// Faint gives text of less interest.
func (p *Page) Faint(what string) string { return p.Paint(faintStyle, what) }

// Paint gives a text in a style, where there are colours.
func (p *Page) Paint(s Style, what string) string {
	if colors := styleColors[s]; p.Color && colors != nil && what != "" {
		return colors.EscapeSeq() + what + text.EscapeReset
	}
	return what
}

// Window is the terminal that a process prints on.
type Window struct {
	File   *os.File
	Colors bool // somebody may want them: neither NO_COLOR nor a dumb terminal says otherwise
	Dumb   bool // it understands no sequence at all
}

// NewWindow gives the window of a file; nil when it is not a terminal.
func NewWindow(file *os.File) *Window {
	if lineedit.Width(file) == 0 {
		return nil
	}
	dumb := os.Getenv("TERM") == "dumb"
	return &Window{file, os.Getenv("NO_COLOR") == "" && !dumb, dumb}
}

// Width gives the window's columns; 0 when there is none.
func (w *Window) Width() int {
	if w == nil {
		return 0
	}
	return lineedit.Width(w.File)
}

// ProgressPause is how often progress is shown.
const ProgressPause = 200 * time.Millisecond

// Progress tells somebody at a terminal how far long work has come. Nobody is
// told anything of work that is done soon.
type Progress struct {
	To    io.Writer // nil is nobody
	Began func() time.Duration
	last  time.Duration
}

// NewProgress begins: to may be nil.
func NewProgress(to io.Writer) *Progress { return &Progress{To: to, Began: tokens.Stopwatch()} }

// Tell shows how far it is, unless it did a moment ago.
func (p *Progress) Tell(what func(took time.Duration) string) {
	now := p.Began()
	if p.To == nil || now-p.last <= ProgressPause {
		return
	}
	p.last = now
	fmt.Fprintf(p.To, "\r%s \x1b[K", text.Snip(what(now), max(p.width()-4, 10), "…"))
}

// width gives the columns of the terminal: what goes on in another line would stay,
// and so would a line behind which it shows a ^C.
func (p *Progress) width() int {
	if file, ok := p.To.(*os.File); ok {
		return cmp.Or(lineedit.Width(file), 80)
	}
	return 80
}

// End takes away what was shown.
func (p *Progress) End() {
	if p.last > 0 {
		fmt.Fprint(p.To, "\r\x1b[K")
		p.last = 0
	}
}

// InWindow gives the page with lines that are wider than the window folded
// between words. What is set in stays so.
func (p *Page) InWindow() string {
	if p.Width == 0 || p.Verbatim {
		return p.String()
	}
	var b strings.Builder
	for line := range strings.Lines(p.hidden(p.String())) {
		if text.StringWidthWithoutEscSequences(strings.TrimSuffix(line, "\n")) <= p.Width {
			b.WriteString(line)
			continue
		}
		line = strings.TrimSuffix(line, "\n")
		bare := strings.TrimLeft(line, " ")
		in := line[:min(len(line)-len(bare), p.Width/4)]
		for _, part := range Fold(bare, p.Width-len(in)) {
			b.WriteString(in + part + "\n")
		}
	}
	return b.String()
}

// hidden gives a text without what is secret.
func (p *Page) hidden(what string) string {
	if p.Hide == nil {
		return what
	}
	return p.Hide(what)
}

// TakenRows counts the rows that text takes in a window of so many columns.
func TakenRows(what string, columns int) int {
	rows := 0
	columns = max(columns, 1)
	for line := range strings.Lines(what) {
		rows += max(1, (text.StringWidthWithoutEscSequences(strings.TrimSuffix(line, "\n"))+columns-1)/columns)
	}
	return rows
}
