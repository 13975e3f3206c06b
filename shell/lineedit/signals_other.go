//go:build !unix

package lineedit

import "os"

// deadly are the signals that end a process that does nothing about them.
var deadly = []os.Signal{os.Interrupt}

// dieOf ends the process as the signal would have.
func dieOf(os.Signal) { os.Exit(130) }
