// Package lineedit gives the shell its lines, one at a time, from a script or from a person.
//
// The laws:
//
//   - A [Reader] either gives a whole line or an error, never both.
//   - Prompts, hints, escapes and lists of candidates go to a terminal only: [Plain] writes nothing.
//   - Between two calls of ReadLine the terminal is in its own mode: Ctrl-C is a real SIGINT, the
//     output of a verb is not touched, and nothing is read ahead but what came with the line.
//   - Nor is it left in another: by Close, by a bug in a callback, and, where [Config] asks for it, by a
//     signal from outside, of which the process then dies.
//   - No token is kept: [History] stores "(token)" in its place, in memory and on disk.
//
// Ask [Interactive] first; then [Terminal], [Dumb] where somebody is [Present] all the same, or [Plain]. What a line means is not looked at here: NUL,
// invalid UTF-8 and words are the caller's business.
//
// The terminal stands on github.com/chzyer/readline v1.5.1, which is frozen. Whatever it gets wrong is
// mended around it: keys in decoder.go, edits in edit.go, drawing in paint.go.
package lineedit

import "errors"

// Reader gives lines, one at a time. ReadLine is for one goroutine; Close may come from another.
type Reader interface {
	// ReadLine shows prompt (a terminal only) and returns the next line without its newline.
	// The error is io.EOF at the end, [ErrInterrupted] when Ctrl-C abandoned the line,
	// [ErrTooLong], or what the input failed with.
	ReadLine(prompt string) (string, error)
	// Close gives the terminal its own mode back and ends a ReadLine that waits with io.EOF.
	Close() error
}

// Asker is a [Reader] that can also ask something in the middle of a verb: the answer is not a line, so it
// is not kept, and nothing completes it.
type Asker interface {
	Ask(prompt string) (string, error)
}

// ErrInterrupted says that Ctrl-C abandoned the line; the next ReadLine begins a new one.
var ErrInterrupted = errors.New("line abandoned")

// ErrTooLong says that a line is longer than 1 MiB, or 64 KiB at a terminal.
var ErrTooLong = errors.New("line is too long")
