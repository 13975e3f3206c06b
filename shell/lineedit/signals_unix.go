//go:build unix

package lineedit

import (
	"os"
	"os/signal"
	"syscall"
)

// deadly are the signals that end a process that does nothing about them.
var deadly = []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT}

// dieOf ends the process as the signal would have, so that whoever waits for it sees what it died of.
func dieOf(s os.Signal) {
	signal.Reset(s)
	_ = syscall.Kill(syscall.Getpid(), s.(syscall.Signal)) // one may always signal oneself
	select {}
}
