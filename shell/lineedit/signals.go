package lineedit

// Signals from outside, while the terminal isn't in its own mode.

import (
	"os"
	"os/signal"
)

// heedSignals has a signal that would end the process do so once the terminal is in its own mode, where
// that is asked for. What it returns ends that, when the terminal is in its own mode.
func (t *terminal) heedSignals() (unheed func()) {
	if !t.config.DieOfSignals {
		return func() {}
	}
	signals, stop := make(chan os.Signal, 1), make(chan struct{})
	for _, s := range deadly {
		if !signal.Ignored(s) { // as nohup asks for
			signal.Notify(signals, s)
		}
	}
	go func() {
		select {
		case s := <-signals:
			_ = t.exitRaw() // the process ends either way
			dieOf(s)
		case <-stop:
		}
	}()
	return func() {
		signal.Stop(signals)
		select {
		case s := <-signals: // it came meanwhile
			dieOf(s)
		default:
			close(stop)
		}
	}
}
