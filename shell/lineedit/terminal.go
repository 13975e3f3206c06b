package lineedit

// Lines of a person.

import (
	"errors"
	"io"
	"os"
	"sync"

	"github.com/chzyer/readline"
)

// Config is a terminal and what helps at it. Stdin and Stdout are needed; the rest may stay zero.
//
// Complete and Hint get the line and the cursor, a byte offset. They are called on another goroutine,
// but only while ReadLine waits, and never two at once: what only the caller of ReadLine changes needs
// no lock. They must not call ReadLine or write to the terminal.
type Config struct {
	Stdin, Stdout *os.File
	Complete      func(line string, pos int) Completion
	Hint          func(line string, pos int) string // shown dim behind the line's end; needs Color
	History       *History                          // gets each line that is given
	Color         bool
	HeedSignals   bool   // one from outside ends or stops the process in the middle of a line, when the terminal is in its own mode again; Ctrl-Z stops it
	Leaving       func() // is called before a signal ends the process; may be nil
}

type terminal struct {
	config Config
	keys   *keys
	rl     *readline.Instance // from the first line on

	rawMu  sync.Mutex
	cooked *readline.State // the terminal's own mode, while it isn't in it
	unheed func()          // ends what heeds signals, while it isn't in it

	// Of the line that is being read. readline hands these from ReadLine's goroutine to its own and
	// back, with channels.
	asked      string // the prompt
	prompt     string // what of it fits
	width      int
	resized    func() // makes readline ask for the width
	remembered int    // lines of history
	line       []rune // as last drawn
	pos        int
	key        rune  // as last pressed
	next       *edit // to hand over
	tooLong    bool
	asking     bool
}

// Terminal edits lines at c.Stdin and c.Stdout, which must be terminals ([Interactive]). Only one may
// be open on a terminal at a time.
func Terminal(c Config) Reader {
	t := &terminal{config: c, keys: newKeys(c.Stdin, escapeWait)}
	if c.HeedSignals {
		t.keys.decoder.suspend = suspend
	}
	return t
}

func (t *terminal) ReadLine(prompt string) (string, error) {
	if t.keys.ended() != nil {
		return "", io.EOF // a further read of readline would never return
	}
	t.open()
	t.asked, t.tooLong, t.next = prompt, false, nil
	t.width = 0 // the prompt is new, so fit it
	t.fit()
	t.remind()
	line, err := t.rl.Readline()
	switch {
	case t.keys.ended() != nil:
		return "", io.EOF // hung up in the middle of a line: that line was never entered
	case errors.Is(err, readline.ErrInterrupt):
		return "", ErrInterrupted
	case err != nil:
		return "", err
	case t.tooLong:
		return "", ErrTooLong
	}
	if !t.asking {
		t.config.History.Add(line)
	}
	return line, nil
}

// Ask reads an answer; the errors are ReadLine's.
func (t *terminal) Ask(prompt string) (string, error) {
	t.asking = true
	defer func() { t.asking = false }()
	return t.ReadLine(prompt)
}

// Close leaves readline's own Close alone, which races with its start. The end of the keys ends a
// ReadLine that waits.
func (t *terminal) Close() error {
	_ = t.keys.Close()
	return t.exitRaw()
}

// open starts readline, with the first line: nothing is read before.
func (t *terminal) open() {
	if t.rl != nil {
		return
	}
	if t.config.HeedSignals {
		t.heedPauses()
	}
	t.rl, _ = readline.NewEx(&readline.Config{ // its error is always nil
		Stdin:                  t.keys,
		Stdout:                 t.config.Stdout,
		Stderr:                 t.config.Stdout,
		AutoComplete:           t,
		Listener:               t,
		Painter:                t,
		FuncFilterInputRune:    t.filter,
		DisableAutoSaveHistory: true,
		HistoryLimit:           2 * maxHistory, // ours is the limit
		ForceUseInteractive:    true,
		FuncGetWidth:           func() int { return max(t.width, 1) },
		FuncOnWidthChanged:     func(f func()) { t.resized = f }, // its own watcher races
		FuncMakeRaw:            t.makeRaw,
		FuncExitRaw:            t.exitRaw,
	})
}

// fit follows the window. It is asked before each key and each prompt, not by a signal: only here
// nobody else reads what readline keeps of the width.
func (t *terminal) fit() {
	width := Width(t.config.Stdout)
	if width == 0 {
		width = fallbackWidth
	}
	if width == t.width {
		return
	}
	t.width = width
	t.prompt = fitPrompt(cleanPrompt(t.asked), width)
	t.rl.SetPrompt(t.prompt)
	t.resized()
}

// remind gives readline the history anew. Its own keeps edits of lines that were not entered, unredacted,
// and saves those instead of what it is told to.
func (t *terminal) remind() {
	lines := t.config.History.Lines()
	t.remembered = len(lines)
	t.rl.ResetHistory()
	for _, line := range lines {
		_ = t.rl.SaveHistory(line) // no file, no error
	}
}

const (
	pasteMarksOn  = "\x1b[?2004h"
	pasteMarksOff = "\x1b[?2004l"
)

func (t *terminal) makeRaw() error {
	t.rawMu.Lock()
	defer t.rawMu.Unlock()
	if t.cooked != nil || t.keys.ended() != nil {
		return nil
	}
	unheed := t.heedSignals()
	err := os.ErrInvalid
	withFD(t.config.Stdin, func(fd int) { t.cooked, err = readline.MakeRaw(fd) })
	if err != nil {
		t.cooked = nil
		unheed()
		return err
	}
	t.unheed = unheed
	_, err = io.WriteString(t.config.Stdout, pasteMarksOn)
	return err
}

func (t *terminal) exitRaw() error {
	t.rawMu.Lock()
	defer t.rawMu.Unlock()
	if t.cooked == nil {
		return nil
	}
	err := os.ErrInvalid
	withFD(t.config.Stdin, func(fd int) { err = readline.Restore(fd, t.cooked) })
	t.cooked = nil
	_, _ = io.WriteString(t.config.Stdout, pasteMarksOff) // a terminal that is gone has no marks
	t.unheed()
	return err
}

// restoreOnPanic keeps a bug in a callback from leaving the terminal raw.
func (t *terminal) restoreOnPanic() {
	if bug := recover(); bug != nil {
		_ = t.exitRaw()
		panic(bug)
	}
}
