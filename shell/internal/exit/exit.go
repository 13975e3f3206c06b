// Package exit knows the kinds of errors that a verb may answer, and the exit
// code of each: an error carries its own.
//
// A refusal comes from the party that refuses and is a [tokens.Refusal], or
// several of them as [Refusals]. What asks for something that does not exist is
// a [UsageError], a file that cannot be read an [InputError]. An error that was
// said already is [Said].
package exit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"tokenshell/shell/internal/redact"
	"tokenshell/tokens"
)

// Exit codes of the process.
const (
	Done        = 0
	Refused     = 1 // refused, or failed
	BadUsage    = 2 // wrong verb, flag, handle or value
	BadInput    = 3 // a file that cannot be read or parsed
	Interrupted = 130
)

// Code gives the process's exit code for a verb's error: the one that the error
// carries, if it has a method ExitCode.
func Code(err error) int {
	var coded interface{ ExitCode() int }
	switch {
	case err == nil:
		return Done
	case errors.Is(err, context.Canceled):
		return Interrupted
	case errors.As(err, &coded):
		return coded.ExitCode()
	default:
		return Refused
	}
}

// UsageError is a line that asks for something that does not exist.
type UsageError struct {
	What string
	Hint string // what to do instead; may be empty
}

func (e *UsageError) Error() string {
	if e.Hint == "" {
		return e.What
	}
	return e.What + "; " + e.Hint
}

// ExitCode is that of bad usage.
func (e *UsageError) ExitCode() int { return BadUsage }

// Usage makes a [UsageError].
func Usage(hint, format string, args ...any) error {
	return &UsageError{fmt.Sprintf(format, args...), hint}
}

// UnableError is a usage error of a verb that this relay cannot do: a scenario
// that needs it is skipped, and never passes.
type UnableError struct{ usage *UsageError }

func (e *UnableError) Error() string { return e.usage.Error() }

// Unwrap gives the [UsageError].
func (e *UnableError) Unwrap() error { return e.usage }

// Unable makes an [UnableError].
func Unable(hint, format string, args ...any) error {
	return &UnableError{&UsageError{fmt.Sprintf(format, args...), hint}}
}

// InputError is a file that cannot be read or parsed.
type InputError struct {
	Path string
	Line int // 0 when it is about the whole file
	What string
}

func (e *InputError) Error() string {
	if e.Line > 0 {
		return fmt.Sprintf("%s:%d: %s", e.Path, e.Line, e.What)
	}
	return fmt.Sprintf("%s: %s", e.Path, e.What)
}

// ExitCode is that of bad input.
func (e *InputError) ExitCode() int { return BadInput }

// Input makes an [InputError]; line 0 is the whole file.
func Input(path string, line int, what string) *InputError { return &InputError{path, line, what} }

// Rejection is one refusal, as it is shown.
type Rejection struct {
	Reason tokens.Reason `json:"reason"`
	Detail string        `json:"detail"`
}

// Refusals are the refusals of one verb, in the order in which they came: the
// first is the cause of the others, if they have one.
type Refusals []Rejection

func (e Refusals) Error() string {
	texts := make([]string, len(e))
	for i, r := range e {
		texts[i] = string(r.Reason) + ": " + r.Detail
	}
	return strings.Join(texts, "\n")
}

// Rejections gives what was refused for a reason; nil when err is anything else.
func Rejections(err error) []Rejection {
	var (
		several Refusals
		refusal *tokens.Refusal
		failure *tokens.Failure
	)
	switch {
	case errors.As(err, &several):
		return several
	case errors.As(err, &refusal):
		return []Rejection{{refusal.Reason, refusal.Detail}}
	case errors.As(err, &failure):
		return []Rejection{{tokens.ServiceUnavailable, fmt.Sprintf("%s: %v", failure.Party, failure.Err)}}
	}
	return nil
}

// Surprise is an expectation that did not come true.
type Surprise struct {
	Expected string
	Came     string
}

func (e *Surprise) Error() string { return fmt.Sprintf("expected %s; %s", e.Expected, e.Came) }

// Negate turns a verb's error round: only a refusal with a reason will do.
func Negate(words []string, err error) error {
	switch {
	case err == nil:
		return &Surprise{"a refusal", fmt.Sprintf("%q was done", words[0])}
	case Rejections(err) != nil:
		return nil
	default:
		return err
	}
}

// Said is an error that was said where it happened, and is not said again.
type Said struct {
	Err    error
	JSON   bool // in the verb's own JSON
	People bool // on standard error
}

func (e *Said) Error() string { return e.Err.Error() }
func (e *Said) Unwrap() error { return e.Err }

// InJSON marks an error that the verb's own JSON holds: people are still told.
func InJSON(err error) error { return &Said{Err: err, JSON: true} }

// ToPeople marks an error that was printed where it happened.
func ToPeople(err error) error { return &Said{Err: err, People: true} }

// Heard reports whether an error, or what it wraps, was said in JSON, and
// whether it was said to people.
func Heard(err error) (json, people bool) {
	for said := (*Said)(nil); errors.As(err, &said); err = said.Err {
		json, people = json || said.JSON, people || said.People
	}
	return json, people
}

// Stopped is where a sourced file stopped.
type Stopped struct {
	File string
	Line int
	Err  error
}

func (e *Stopped) Error() string { return fmt.Sprintf("%s:%d: stopped here", e.File, e.Line) }

// Unwrap gives the cause, but no refusal: that was the line's, not the file's.
func (e *Stopped) Unwrap() error {
	if Rejections(e.Err) != nil {
		return errors.New(e.Err.Error())
	}
	return e.Err
}

// Expected gives what stands in a script before a line that is refused like this.
func Expected(said error) string {
	if codes := Codes(said); codes != nil {
		return "expect " + strings.Join(codes, ",") + " "
	}
	return ""
}

// Codes gives the reasons of all refusals, in the order in which they came; nil
// when err is anything else.
func Codes(err error) (codes []string) {
	for _, r := range Rejections(err) {
		codes = append(codes, string(r.Reason))
	}
	return codes
}

// Expect judges a verb's error that was to be a refusal: by one reason, the first
// of all, which is the cause; by several, exactly these in any order. The error is
// a [Surprise] that names all that came, or what was wrong with the verb itself.
func Expect(reasons, words []string, err error) error {
	came := Codes(err)
	if err != nil && came == nil {
		return err
	}
	as := slices.Equal(slices.Sorted(slices.Values(reasons)), slices.Sorted(slices.Values(came)))
	if as || len(reasons) == 1 && len(came) > 0 && came[0] == reasons[0] {
		return nil
	}
	surprise := &Surprise{Expected: "a refusal with " + strings.Join(reasons, " and "), Came: fmt.Sprintf("%q was done", words[0])}
	if came != nil {
		surprise.Came = fmt.Sprintf("%q was refused with %s", words[0], strings.Join(came, ", then "))
	}
	return surprise
}

// Verdict says in short how a verb was answered.
func Verdict(err error) string {
	all := Rejections(err)
	if all == nil {
		if err == nil {
			return "done"
		}
		return "a failure: " + redact.OneLine(redact.Tokens(err.Error()))
	}
	return "refused with " + strings.Join(Codes(err), ", ")
}
