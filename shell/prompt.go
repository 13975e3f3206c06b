// The prompt: lines from a person.

package shell

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"

	"tokenshell/shell/internal/answer"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/page"
	"tokenshell/shell/internal/redact"
	"tokenshell/shell/lineedit"
	"tokenshell/tokens"
)

// interactive reports whether a person sits at both ends.
func interactive(stdin, stdout *os.File) bool { return lineedit.Present(stdin, stdout) }

// banner is what a new prompt says, once.
const banner = `tokenshell: a shell for the Confirmed Token Relay. Can this relay be fooled?
tour shows the way through a checkout, session new opens one of your own.
help lists the verbs, help VERB explains one, Tab completes, Ctrl-D leaves.
`

// prompt reads lines from a terminal until quit or Ctrl-D. Nothing that goes
// wrong in a line ends it.
func (s *Shell) prompt(stdin, stdout, stderr *os.File) error {
	s.teaching = &teaching{map[tokens.Reason]bool{}}
	s.readRC(rcPath(), stderr)
	if s.options.tips {
		err := s.output(stdout, stderr).Show(nil, func(w *page.Page) { fmt.Fprint(w, banner) })
		if err != nil {
			return err
		}
	}
	color := s.output(stdout, stderr).Color
	able := lineedit.Interactive(stdin, stdout)
	if able && lineedit.Width(stderr) > 0 {
		s.progress = stderr
	}
	completer, err := newCompleter(s)
	if err != nil {
		return err
	}
	history := lineedit.OpenHistory(lineedit.DefaultHistoryPath(), func(err error) {
		fmt.Fprintf(stderr, "hint: the history is kept in memory only: %s\n", redact.Printable(err.Error()))
	})
	config := lineedit.Config{
		Stdin: stdin, Stdout: stdout, Complete: completer.complete, Hint: completer.hint, History: history, Color: color,
	}
	reader := lineedit.Dumb(config)
	if able {
		reader = lineedit.Terminal(config)
	}
	defer reader.Close()
	s.history = history.Lines
	if asker, ok := reader.(lineedit.Asker); ok {
		s.ask = asker.Ask
	}
	out := func() *answer.Out { return s.output(stdout, stderr) }
	for !s.quit {
		line, err := reader.ReadLine(s.promptOn(&page.Page{Color: out().Color}))
		switch {
		case errors.Is(err, lineedit.ErrInterrupted):
			continue
		case errors.Is(err, io.EOF):
			fmt.Fprintln(stdout)
			return s.leave(out())
		case errors.Is(err, lineedit.ErrTooLong):
			answer.PrintError(stderr, exit.Usage("@FILE reads a long token", "%v", err))
			continue
		case err != nil:
			return err
		}
		s.interruptible(line, stdout, stderr)
	}
	return s.leave(out())
}

// interruptible runs one line; Ctrl-C stops the line and not the shell. Its
// error has been printed, and a person reads it.
func (s *Shell) interruptible(line string, stdout, stderr io.Writer) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	_ = s.Line(ctx, line, false, stdout, stderr)
}

// promptText names the session, and the time when it stands still.
func (s *Shell) promptText() string { return s.promptOn(&page.Page{}) }

// promptOn gives the prompt in the colours of a page: the session in that of its
// state.
func (s *Shell) promptOn(p *page.Page) string {
	name := p.Paint(page.TitleStyle, "tokenshell")
	if s.session != "" {
		name = s.session
		if snap, err := s.world.relay.Session(s.session); err == nil {
			name = p.Paint(page.StateStyles[string(snap.State)], name)
		}
	}
	parts := []string{name}
	if s.world.clock.Frozen() {
		parts = append(parts, p.Faint(s.world.clock.Now().Format("15:04:05")))
	}
	if s.recording != nil {
		parts = append(parts, p.Paint(page.BadStyle, "rec"))
	}
	return strings.Join(parts, " ") + "> "
}
