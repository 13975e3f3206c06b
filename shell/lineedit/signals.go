package lineedit

// Signals from outside, while the terminal isn't in its own mode.

import (
	"io"
	"os"
	"os/signal"
	"slices"

	"github.com/chzyer/readline"
)

// heedPauses has a signal that would stop the process do so once the terminal is in its own mode; one that lets
// it go on draws the line anew. It does so between two lines, too, until the keys end: there the system stopped
// the process if Go had never heeded that signal, and now it never would.
func (t *terminal) heedPauses() {
	signals := make(chan os.Signal, 4)
	for _, s := range slices.Concat(pausing, resuming) {
		if !signal.Ignored(s) {
			signal.Notify(signals, s)
		}
	}
	go func() {
		defer signal.Stop(signals)
		for {
			select {
			case s := <-signals:
				if slices.Contains(pausing, s) {
					t.pause(signals)
				} else {
					t.resume()
				}
			case <-t.keys.closed:
				return
			}
		}
	}()
}

// heedSignals has a signal that would end the process do so once the terminal is in its own mode, where that is
// asked for. What it returns ends that, when the terminal is in its own mode.
func (t *terminal) heedSignals() (unheed func()) {
	if !t.config.HeedSignals {
		return func() {}
	}
	signals, stop := make(chan os.Signal, 4), make(chan struct{})
	for _, s := range deadly {
		if !signal.Ignored(s) { // as nohup asks for
			signal.Notify(signals, s)
		}
	}
	go func() {
		for {
			select {
			case s := <-signals:
				_ = t.exitRaw() // the process ends either way
				t.dieOf(s)
			case <-stop:
				return
			}
		}
	}()
	return func() {
		signal.Stop(signals)
		close(stop)
		select {
		case s := <-signals: // it came meanwhile
			t.dieOf(s)
		default:
		}
	}
}

// dieOf ends the process as the signal would have.
func (t *terminal) dieOf(s os.Signal) {
	if t.config.Leaving != nil {
		t.config.Leaving()
	}
	dieOf(s)
}

// pause stops the process with the terminal in its own mode, and goes on with the line when the process does.
func (t *terminal) pause(signals <-chan os.Signal) {
	t.rawMu.Lock()
	defer t.rawMu.Unlock()
	if t.cooked == nil { // the line has ended meanwhile
		stopSelf(signals)
		return
	}
	withFD(t.config.Stdin, func(fd int) { _ = readline.Restore(fd, t.cooked) })
	_, _ = io.WriteString(t.config.Stdout, pasteMarksOff+"\r\n") // below the line: the shell will write
	stopSelf(signals)
	t.rawAgain()
}

// resume goes on with the line after the process was stopped in whatever way: somebody else may have changed
// the terminal.
func (t *terminal) resume() {
	t.rawMu.Lock()
	defer t.rawMu.Unlock()
	if t.cooked != nil {
		t.rawAgain()
	}
}

func (t *terminal) rawAgain() {
	withFD(t.config.Stdin, func(fd int) { _, _ = readline.MakeRaw(fd) }) // a terminal that is gone ends the line
	_, _ = io.WriteString(t.config.Stdout, pasteMarksOn)
	t.keys.redraw()
}
