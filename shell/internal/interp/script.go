// Scripts: lines from a reader, a file or -c.

package interp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"tokenshell/shell/internal/answer"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/redact"
	"tokenshell/shell/internal/syntax"
	"tokenshell/shell/lineedit"
)

// WithInterrupt gives a context that ends at the first Ctrl-C, or when the terminal
// is closed. The second one ends the process, as if nobody had asked for the first. What
// comes together is one: timeout(1), for example, asks a process and then its group.
func WithInterrupt() (context.Context, context.CancelFunc) {
	asked := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // as nohup asks for
		asked = append(asked, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(context.Background(), asked...)
	context.AfterFunc(ctx, func() { time.AfterFunc(together, stop) })
	return ctx, func() {
		if ctx.Err() == nil { // else what comes with the first one may be on its way
			stop()
		}
	}
}

// together is within how long two interrupts are one.
const together = 250 * time.Millisecond

// Grace is how long what was interrupted may take to end; then it is left behind,
// for the process ends.
const Grace = 2 * time.Second

// mark is the byte order mark that some editors begin a file with: it is no part of the
// first line.
const mark = "\uFEFF"

// Script runs lines until one surprises, and says which. When the last of them
// found that a token would be refused, that is an error, too.
func (s *Shell) Script(name string, from io.Reader, semicolons bool, stdout, stderr io.Writer) error {
	ctx, stop := WithInterrupt()
	defer stop()
	lines := lineedit.Plain(from)
	for number := 1; !s.quit; number++ {
		line, err := nextLine(ctx, lines, name, number)
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		if number == 1 {
			line = strings.TrimPrefix(line, mark)
		}
		left, err := s.lineOrGrace(ctx, line, semicolons, stdout, stderr)
		if left {
			return err
		}
		if err != nil {
			s.place(stderr, name, number, line, err)
			_ = s.Leave(s.Output(stdout, stderr)) // it says itself what is wrong, and the line is what the script ends with
			return exit.ToPeople(err)
		}
	}
	return s.ended(s.Leave(s.Output(stdout, stderr)))
}

// ended gives what a process ends with when nothing went wrong: the last command
// may have found that a token would be refused.
func (s *Shell) ended(err error) error {
	if err == nil && s.rejected {
		return exit.ToPeople(errors.New("the token would be refused")) // as the verb has said
	}
	return err
}

// Command runs one command that the process was given as words, and no line.
func (s *Shell) Command(words []string, stdout, stderr io.Writer) error {
	ctx, stop := WithInterrupt()
	defer stop()
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = syntax.Quote(word)
	}
	left, err := orGrace(ctx, func() error { return s.Run(ctx, strings.Join(quoted, " "), words, stdout, stderr) })
	if left {
		return err
	}
	if wrong := s.Leave(s.Output(stdout, stderr)); err == nil {
		return s.ended(wrong)
	}
	return exit.ToPeople(err)
}

// lineOrGrace runs a line. It was left behind when it was interrupted and is still
// at it, for example because nobody reads what it prints.
func (s *Shell) lineOrGrace(ctx context.Context, line string, semicolons bool, stdout, stderr io.Writer) (left bool, err error) {
	return orGrace(ctx, func() error { return s.Line(ctx, line, semicolons, stdout, stderr) })
}

func orGrace(ctx context.Context, do func() error) (left bool, err error) {
	done := make(chan error, 1)
	go func() { done <- do() }()
	select {
	case err := <-done:
		return false, err
	case <-ctx.Done():
	}
	select {
	case err := <-done:
		return false, err
	case <-time.After(Grace):
		return true, ctx.Err()
	}
}

// nextLine gives the next line, or ctx's error when that ends first; a read that
// waits then is left behind, for the process ends.
func nextLine(ctx context.Context, lines lineedit.Reader, name string, number int) (string, error) {
	type read struct {
		line string
		err  error
	}
	reads := make(chan read, 1)
	go func() {
		line, err := lines.ReadLine("")
		reads <- read{line, err}
	}()
	select {
	case r := <-reads:
		switch {
		case errors.Is(r.err, lineedit.ErrTooLong):
			return "", exit.Input(name, number, fmt.Sprintf("the line is longer than %d bytes", lineedit.LongestLine))
		case r.err != nil && r.err != io.EOF:
			return "", exit.Input(name, 0, errors.Unwrap(r.err).Error())
		}
		return r.line, r.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// place says which line, and of several commands which, a script stopped at.
func (s *Shell) place(w io.Writer, name string, number int, line string, err error) {
	var unread *syntax.Error
	where := s.last
	if errors.As(err, &unread) {
		where = strings.TrimSpace(line)
	}
	shown := redact.Printable(s.Redact(where))
	if len(shown) > shownLimit {
		shown = strings.ToValidUTF8(shown[:shownLimit], "") + "…"
	}
	fmt.Fprintf(w, "%s:%d: %s\n", name, number, shown)
}

// shownLimit is how much of a line is shown where it stopped a script, in bytes.
const shownLimit = 1000

// sourceLimit bounds a sourced file in bytes, sourceDepth how deep they nest.
const (
	sourceLimit = 1 << 20
	sourceDepth = 16
)

// Source runs the lines of a file until one surprises. Names in it are relative
// to it.
func (s *Shell) Source(ctx context.Context, file string, out *answer.Out) error {
	path := s.Dir.Full(file)
	if slices.Contains(s.sources, path) || len(s.sources) >= sourceDepth {
		return exit.Input(file, 0, "it is being sourced already")
	}
	text, err := s.Dir.Read(file, sourceLimit)
	if err != nil {
		return err
	}
	dir, last := s.Dir.Path, s.last
	s.Dir.Path, s.sources = filepath.Dir(path), append(s.sources, path)
	defer func() { s.Dir.Path, s.sources, s.last = dir, s.sources[:len(s.sources)-1], last }()
	for i, line := range strings.Split(strings.TrimPrefix(string(text), mark), "\n") {
		err := s.Line(ctx, strings.TrimSuffix(line, "\r"), false, out.Stdout, out.Stderr)
		if err != nil {
			s.place(out.Stderr, file, i+1, line, err)
			return exit.ToPeople(&exit.Stopped{File: file, Line: i + 1, Err: err})
		}
		if s.quit {
			break
		}
	}
	return nil
}
