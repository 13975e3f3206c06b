//go:build !unix

package lineedit

import "os"

// deadly are the signals that end a process that does nothing about them.
var deadly = []os.Signal{os.Interrupt}

// pausing stop a process that does nothing about them, and resuming let it go on: here none does.
var pausing, resuming []os.Signal

// dieOf ends the process as the signal would have.
func dieOf(os.Signal) { os.Exit(130) }

// suspend does nothing: no process is stopped here.
func suspend() {}

// stopSelf is never asked for.
func stopSelf(<-chan os.Signal) {}
