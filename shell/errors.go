// Errors: what a verb may answer, how it is printed, and the exit code.

package shell

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"tokenshell/tokens"
)

// Exit codes of the process.
const (
	ExitDone        = 0
	ExitRefused     = 1 // refused, or failed
	ExitUsage       = 2 // wrong verb, flag, handle or value
	ExitInput       = 3 // a file that cannot be read or parsed
	ExitInterrupted = 130
)

// usageError is a line that asks for something that does not exist.
type usageError struct {
	what string
	hint string // what to do instead; may be empty
}

func (e *usageError) Error() string {
	if e.hint == "" {
		return e.what
	}
	return e.what + "; " + e.hint
}

func usage(hint, format string, args ...any) error {
	return &usageError{fmt.Sprintf(format, args...), hint}
}

// inputError is a file that cannot be read or parsed.
type inputError struct {
	path string
	line int // 0 when it is about the whole file
	what string
}

func (e *inputError) Error() string {
	if e.line > 0 {
		return fmt.Sprintf("%s:%d: %s", e.path, e.line, e.what)
	}
	return fmt.Sprintf("%s: %s", e.path, e.what)
}

// refusals are the refusals of one verb, in the order of what they are about.
type refusals struct {
	all    []rejection
	inJSON bool // the verb's own JSON holds them already
}

type rejection struct {
	Reason tokens.Reason `json:"reason"`
	Detail string        `json:"detail"`
}

func (e *refusals) Error() string {
	texts := make([]string, len(e.all))
	for i, r := range e.all {
		texts[i] = string(r.Reason) + ": " + r.Detail
	}
	return strings.Join(texts, "\n")
}

// rejections gives what was refused for a reason; nil when err is anything else.
func rejections(err error) []rejection {
	var (
		several *refusals
		refusal *tokens.Refusal
		failure *tokens.Failure
	)
	switch {
	case errors.As(err, &several):
		return several.all
	case errors.As(err, &refusal):
		return []rejection{{refusal.Reason, refusal.Detail}}
	case errors.As(err, &failure):
		return []rejection{{tokens.ServiceUnavailable, fmt.Sprintf("%s: %v", failure.Party, failure.Err)}}
	}
	return nil
}

// told is a failure that the verb's own JSON says already.
type told struct{ err error }

func (e *told) Error() string { return e.err.Error() }
func (e *told) Unwrap() error { return e.err }

// surprise is an expectation that did not come true.
type surprise struct {
	expected string
	came     string
}

func (e *surprise) Error() string { return fmt.Sprintf("expected %s; %s", e.expected, e.came) }

// exitCode gives the process's exit code for a verb's error.
func exitCode(err error) int {
	var (
		wrong *usageError
		line  *lineError
		input *inputError
	)
	switch {
	case err == nil:
		return ExitDone
	case errors.Is(err, context.Canceled):
		return ExitInterrupted
	case errors.As(err, &wrong), errors.As(err, &line):
		return ExitUsage
	case errors.As(err, &input):
		return ExitInput
	default:
		return ExitRefused
	}
}

// printError writes an error for people: a line for each refusal.
func printError(w io.Writer, err error) {
	var b strings.Builder
	writeError(&b, err)
	fmt.Fprint(w, redact(b.String()))
}

func writeError(w io.Writer, err error) {
	var (
		wrong *usageError
		line  *lineError
		told  *sourced
	)
	if errors.As(err, &told) {
		return // where it happened
	}
	if all := rejections(err); all != nil {
		for _, r := range all {
			fmt.Fprintf(w, "rejected: %s: %s\n", r.Reason, printable(r.Detail))
		}
		return
	}
	switch {
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(w, "interrupted")
	case errors.As(err, &wrong):
		fmt.Fprintf(w, "usage: %s\n", printable(wrong.what))
		if wrong.hint != "" {
			fmt.Fprintf(w, "hint: %s\n", printable(wrong.hint))
		}
	case errors.As(err, &line):
		fmt.Fprintf(w, "usage: %s\n", printable(line.Error()))
	default:
		fmt.Fprintf(w, "error: %s\n", printable(err.Error()))
	}
}
