//go:build unix

package lineedit

import (
	"os"
	"os/signal"
	"syscall"
	"time"
)

// deadly are the signals that end a process that does nothing about them.
var deadly = []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT}

// pausing stop a process that does nothing about them, and resuming let it go on.
var (
	pausing  = []os.Signal{syscall.SIGTSTP}
	resuming = []os.Signal{syscall.SIGCONT}
)

// dieOf ends the process as the signal would have, so that whoever waits for it sees what it died of.
func dieOf(s os.Signal) {
	signal.Reset(s)
	_ = syscall.Kill(syscall.Getpid(), s.(syscall.Signal)) // one may always signal oneself
	select {}
}

// suspend is what the key Ctrl-Z does where the terminal is in its own mode: all that were started with this process
// are asked to stop, for whoever waits for another of them waits for the terminal, too.
func suspend() { _ = syscall.Kill(0, syscall.SIGTSTP) }

// orphanWait is how long a process waits to be stopped. One that nobody could let go on is never stopped: the
// system sees to that.
const orphanWait = 500 * time.Millisecond

// stopSelf stops the process until it goes on, which is a signal, too. It takes SIGTTOU, which does what SIGTSTP
// does to a process that heeds neither: one that Go has heeded once is never left to the system again.
func stopSelf(signals <-chan os.Signal) {
	_ = syscall.Kill(syscall.Getpid(), syscall.SIGTTOU) // one may always signal oneself
	select {
	case <-signals:
	case <-time.After(orphanWait):
	}
}
