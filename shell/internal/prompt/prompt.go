// Package prompt is the shell of a person: lines from a terminal, what Tab
// offers, and what to try next after a refusal.
package prompt

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
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/page"
	"tokenshell/shell/internal/redact"
	"tokenshell/shell/lineedit"
)

// Interactive reports whether a person sits at both ends.
func Interactive(stdin, stdout *os.File) bool { return lineedit.Present(stdin, stdout) }

// banner is what a new prompt says, once.
const banner = `tokenshell: a shell for the Confirmed Token Relay. Can this relay be fooled?
tour shows the way through a checkout, session new opens one of your own.
help lists the verbs, help VERB explains one, Tab completes, Ctrl-D leaves.
`

// Run reads lines from a terminal until quit or Ctrl-D. Nothing that goes
// wrong in a line ends it. A signal that ends the process in the middle of one calls
// leaving first, unless that is nil.
func Run(s *interp.Shell, stdin, stdout, stderr *os.File, leaving func()) error {
	teachIn(s)
	readRC(s, rcPath(), stderr)
	if s.Options.Tips {
		err := s.Output(stdout, stderr).Show(nil, func(w *page.Page) { fmt.Fprint(w, banner) })
		if err != nil {
			return err
		}
	}
	color := s.Output(stdout, stderr).Color
	able := lineedit.Interactive(stdin, stdout)
	if able && lineedit.Width(stderr) > 0 {
		s.Screen.Progress = stderr
	}
	completer, err := newCompleter(s)
	if err != nil {
		return err
	}
	history := lineedit.OpenHistory(lineedit.DefaultHistoryPath(), func(err error) {
		hint := "hint: the history is kept in memory only: " + redact.Printable(strings.TrimPrefix(err.Error(), "history: "))
		if width := lineedit.Width(stderr); width > 0 {
			hint = strings.Join(page.Fold(hint, width), "\n")
		}
		fmt.Fprintln(stderr, hint)
	})
	history.Hide = s.Redact
	config := lineedit.Config{
		Stdin: stdin, Stdout: stdout, Complete: completer.complete, Hint: completer.hint, History: history, Color: color,
		HeedSignals: true, Leaving: leaving,
	}
	reader := lineedit.Dumb(config)
	if able {
		reader = lineedit.Terminal(config)
	}
	defer reader.Close()
	s.Lines = history.Lines
	if asker, ok := reader.(lineedit.Asker); ok {
		s.Ask = asker.Ask
	}
	out := func() *answer.Out { return s.Output(stdout, stderr) }
	for !s.HasQuit() {
		line, err := reader.ReadLine(s.Prompt(&page.Page{Color: out().Color}))
		switch {
		case errors.Is(err, lineedit.ErrInterrupted):
			continue
		case errors.Is(err, io.EOF):
			fmt.Fprintln(stdout)
			return s.Leave(out())
		case errors.Is(err, lineedit.ErrTooLong):
			answer.PrintError(stderr, exit.Usage("@FILE reads a long token", "%v", err))
			continue
		case err != nil:
			return err
		}
		interruptible(s, line, stdout, stderr)
	}
	return s.Leave(out())
}

// interruptible runs one line; Ctrl-C stops the line and not the shell. Its
// error has been printed, and a person reads it.
func interruptible(s *interp.Shell, line string, stdout, stderr io.Writer) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	_ = s.Line(ctx, line, false, stdout, stderr)
}
