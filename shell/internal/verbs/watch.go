// watch: run a verb again and again.

package verbs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/page"
	"tokenshell/shell/internal/redact"
	"tokenshell/shell/internal/syntax"
	"tokenshell/shell/lineedit"
)

// Watch is the verb watch.
type Watch struct {
	Every syntax.Span `arg:"" name:"d" help:"How long to wait in between: 1s."`
	Verb  []string    `arg:"" passthrough:"" sep:"none" help:"A verb and its arguments."`
	Count *int        `placeholder:"N" help:"How many times; unless given, until Ctrl-C, which only somebody at a terminal can press."`
}

// Run runs the verb until somebody has seen enough. A refusal is something to
// see; anything else that goes wrong ends it. The error is that of the last run.
func (v *Watch) Run(c *interp.Call) error {
	every, count, words := time.Duration(v.Every), 0, slices.Clone(v.Verb) // 0 is until Ctrl-C
	if v.Count != nil {
		if count = *v.Count; count < 1 {
			return exit.Usage("write 1 or more", "--count %d is not a number of times", count)
		}
	}
	alone := c.Out.Window == nil || c.Out.Format != "text"
	switch {
	case c.VerbIs(words, "unwatched"):
		return exit.Usage("watch something that shows how things stand", "%s is not to be watched", words[0])
	case every <= 0:
		return exit.Usage("write one such as 1s", "a watch waits in between, and %s is not a time", v.Every)
	case count == 0 && alone:
		return exit.Usage("watch --count N", "nobody is there to end it")
	case count == 0 && c.World.Clock.Frozen():
		return exit.Usage("watch --count N, or clock run", "time stands still, so that a wait moves it and is over at once")
	}
	screen := &watchScreen{Call: c, still: alone || c.Out.Window.Dumb || c.World.Clock.Frozen()}
	for n := 1; ; n++ {
		err := screen.run(words, fmt.Sprintf("every %s: %s", v.Every, redact.Printable(c.Redact(strings.Join(words, " ")))), n == count)
		if n == count || c.HasQuit() || err != nil && exit.Rejections(err) == nil {
			return err
		}
		if err := c.World.Clock.Wait(c.Ctx, every); errors.Is(err, context.Canceled) && !alone {
			return nil // that is how a watch ends
		} else if err != nil {
			return err
		}
	}
}

// watchScreen shows each run in the place of the one before.
type watchScreen struct {
	*interp.Call
	still bool // or below it, when nobody could see it change
	rows  int  // that the run before took
}

// run runs the verb once. A refusal is shown here, unless it is the last one,
// which is the answer.
func (s *watchScreen) run(words []string, title string, last bool) error {
	out := *s.Out
	var text strings.Builder
	if !s.still {
		out.Stdout, out.Stderr = &text, &text
	}
	err := s.Execute(s.Ctx, words, &out)
	if !last && exit.Rejections(err) != nil {
		out.Report(err)
	}
	if s.still {
		return err
	}
	columns, rows := lineedit.Size(s.Out.Window.File)
	var b strings.Builder
	if s.rows > 0 && s.rows < rows {
		fmt.Fprintf(&b, "\x1b[%dA\r\x1b[J", s.rows)
	}
	p := &page.Page{Color: s.Out.Color}
	fmt.Fprintln(p, p.Faint(fmt.Sprintf("%s, %s, Ctrl-C ends it", s.World.Clock.Now().Format("15:04:05"), title)))
	p.WriteString(text.String())
	s.rows = page.TakenRows(p.String(), columns)
	b.WriteString(p.String())
	fmt.Fprint(s.Out.Stdout, b.String())
	return err
}
