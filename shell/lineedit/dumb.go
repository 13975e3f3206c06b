package lineedit

// Lines of a person at a terminal that understands nothing (TERM=dumb): a prompt, and the line as the
// terminal itself edits it.

import (
	"errors"
	"io"
	"os"
	"os/signal"
	"sync"
)

type dumb struct {
	config Config
	lines  chan dumbLine
	start  sync.Once
}

type dumbLine struct {
	text string
	err  error
}

// Dumb prompts at c.Stdout and reads lines from c.Stdin. It writes nothing but the prompt, and uses no more
// of c than the history. It reads one line ahead.
func Dumb(c Config) Reader { return &dumb{config: c, lines: make(chan dumbLine)} }

func (d *dumb) ReadLine(prompt string) (string, error) {
	line, err := d.Ask(prompt)
	if err == nil {
		d.config.History.Add(line)
	}
	return line, err
}

// Ask reads an answer. Ctrl-C abandons it; the terminal has thrown away what was typed.
func (d *dumb) Ask(prompt string) (string, error) {
	d.start.Do(func() { go d.read() })
	interrupts := make(chan os.Signal, 1)
	signal.Notify(interrupts, os.Interrupt)
	defer signal.Stop(interrupts)
	if _, err := io.WriteString(d.config.Stdout, cleanPrompt(prompt)); err != nil {
		return "", err
	}
	select {
	case line, open := <-d.lines:
		if !open {
			return "", io.EOF
		}
		return line.text, line.err
	case <-interrupts:
		_, err := io.WriteString(d.config.Stdout, "\n")
		return "", errors.Join(err, ErrInterrupted)
	}
}

// read hands over lines until there are none.
func (d *dumb) read() {
	defer close(d.lines)
	in := Plain(d.config.Stdin)
	for {
		text, err := in.ReadLine("")
		if err == io.EOF {
			return
		}
		d.lines <- dumbLine{text, err}
		if err != nil {
			return
		}
	}
}

// Close leaves a line that is being read to the end of the process.
func (d *dumb) Close() error { return nil }
