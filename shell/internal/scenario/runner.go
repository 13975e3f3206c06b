// The runner: tokenshell run, which runs scenarios outside go test.

package scenario

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/redact"
	"tokenshell/shell/internal/world"
)

// Run runs the files, in parallel, and tells report of each in the
// order of the files. The error is about the world file, or ctx's: what has not
// ended soon after ctx is left behind.
func Run(ctx context.Context, l *interp.Language, c Config, files []string, report func(Outcome)) error {
	return RunIn(ctx, l, c, world.Build, files, report)
}

// Build makes a scenario's world; [world.Build] is one.
type Build func(context.Context, *world.Plan, world.Making) (*world.World, error)

// RunIn runs the files as Run does, in worlds of somebody else's making.
func RunIn(ctx context.Context, l *interp.Language, c Config, build Build, files []string, report func(Outcome)) error {
	r, err := newRunner(ctx, l, c)
	if err != nil {
		return err
	}
	r.build = build
	prepareTesting()
	results := make([]chan Outcome, len(files))
	for i := range results {
		results[i] = make(chan Outcome, 1)
	}
	next := make(chan int)
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(files)) {
		workers.Go(func() {
			for i := range next {
				results[i] <- r.run(files[i])
			}
		})
	}
	go func() {
		defer close(next)
		for i := range files {
			next <- i
		}
	}()
	overdue := make(chan struct{})
	defer context.AfterFunc(ctx, func() { time.AfterFunc(interp.Grace, func() { close(overdue) }) })()
	for i := range files {
		select {
		case outcome := <-results[i]:
			report(outcome)
		case <-overdue: // one that waits for somebody else is left behind
			return ctx.Err()
		}
	}
	workers.Wait()
	return ctx.Err()
}

// prepareTesting makes testscript's condition [short] answer outside go test: it
// asks package testing, which wants its flags to have been parsed.
var prepareTesting = sync.OnceFunc(func() {
	if !testing.Testing() {
		testing.Init()
		_ = flag.CommandLine.Parse(nil) // nothing to parse, nothing to go wrong
	}
})

// run runs one file.
func (r *runner) run(file string) Outcome {
	if r.ctx.Err() != nil {
		return Outcome{File: file, Verdict: Failed, Why: "interrupted"}
	}
	if err := r.examine(file); err != nil {
		outcome := Outcome{File: file, Verdict: Failed}
		outcome.explain(err.Error(), nil)
		outcome.clean(nil)
		return outcome
	}
	var running *script
	params := r.params([]string{file}, func(sc *script) { running = sc })
	t := &scriptT{}
	t.run(func() { testscript.RunT(t, params) })
	outcome := Outcome{File: file, Verdict: Passed}
	var unable *exit.UnableError
	switch {
	case t.failed && running != nil && errors.As(running.failed, &unable):
		outcome.Verdict, outcome.Why = Skipped, unable.Error()
	case t.failed && running != nil && running.idle:
		outcome.Verdict, outcome.Why = Failed, noVerb
	case t.failed:
		outcome.Verdict = Failed
		outcome.explain(t.log.String(), running)
	case t.skipped:
		outcome.Verdict = Skipped
		outcome.Why = t.why
	default:
		if r.config.Strict {
			if err := r.strictly(&outcome, running); err != nil {
				outcome.Warnings = append(outcome.Warnings, err.Error())
			}
		}
		outcome.warn(running, r.config.Strict)
	}
	outcome.clean(running)
	return outcome
}

// explain finds in testscript's log where and why a script failed: what it says
// last, for what verbs print may look like anything.
func (o *Outcome) explain(log string, sc *script) {
	o.Why = strings.TrimSpace(log)
	mark := "FAIL: " + o.File + ":"
	if at := strings.LastIndex("\n"+log, "\n"+mark); at >= 0 {
		number, why, _ := strings.Cut(log[at+len(mark):], ": ")
		o.Line, _ = strconv.Atoi(number)
		o.Why = strings.TrimSpace(why)
	}
	// What the shell found before the first line says the place itself.
	if rest, ok := strings.CutPrefix(o.Why, o.File+":"); ok && o.Line == 0 {
		if number, why, ok := strings.Cut(rest, ": "); ok {
			if n, err := strconv.Atoi(number); err == nil {
				o.Line, o.Why = n, why
			}
		}
	}
	if text, err := os.ReadFile(o.File); err == nil && o.Line > 0 {
		if lines := strings.Split(string(text), "\n"); o.Line <= len(lines) {
			o.Text = strings.TrimSpace(lines[o.Line-1])
		}
	}
	if sc != nil && o.Line > 0 {
		o.Output = strings.TrimRight(sc.stdout+sc.stderr, "\n")
	}
}

// warn says what a scenario that passed does not show; when it is strict, it fails
// of that.
func (o *Outcome) warn(sc *script, strict bool) {
	if sc == nil || sc.shell == nil || sc.shell.World == nil {
		return
	}
	for _, fault := range sc.shell.World.Faults.List() {
		if fault.Met == 0 {
			o.Warnings = append(o.Warnings, fmt.Sprintf("the fault %s never went off: nobody asked for that", fault))
		}
	}
	if strict && o.Warnings != nil {
		o.Verdict, o.Why, o.Warnings = Failed, strings.Join(o.Warnings, "\n"), nil
	}
}

// clean takes out what no report may show.
func (o *Outcome) clean(sc *script) {
	hide := redact.Tokens
	if sc != nil && sc.shell != nil {
		hide = sc.shell.Redact
	}
	if o.Verdict == Skipped {
		o.Why = redact.OneLine(o.Why)
	}
	for i, warning := range o.Warnings {
		o.Warnings[i] = redact.OneLine(hide(warning))
	}
	o.Text, o.Why, o.Output = redact.Printable(hide(o.Text)), redact.Printable(hide(o.Why)), redact.Printable(hide(o.Output))
}

// scriptT is testscript's T outside go test, for one script.
type scriptT struct {
	log     strings.Builder
	failed  bool
	skipped bool
	why     string
}

// run calls f where it may be stopped at any point.
func (t *scriptT) run(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			if r := recover(); r != nil {
				t.failed = true
				fmt.Fprintf(&t.log, "this is a bug in tokenshell: %v", r)
			}
		}()
		f()
	}()
	<-done
}

// Skip ends the script as skipped.
func (t *scriptT) Skip(args ...any) {
	t.skipped, t.why = true, strings.TrimSpace(fmt.Sprint(args...))
	runtime.Goexit()
}

// Fatal ends the script as failed.
func (t *scriptT) Fatal(args ...any) {
	t.Log(args...)
	t.FailNow()
}

// FailNow ends the script as failed.
func (t *scriptT) FailNow() {
	t.failed = true
	runtime.Goexit()
}

// Log keeps what testscript says.
func (t *scriptT) Log(args ...any) { fmt.Fprintln(&t.log, args...) }

// Failed reports whether the script has failed.
func (t *scriptT) Failed() bool { return t.failed }

// Skipped reports whether it was skipped.
func (t *scriptT) Skipped() bool { return t.skipped }

// Parallel is the runner's own business.
func (t *scriptT) Parallel() {}

// Verbose keeps the log short.
func (t *scriptT) Verbose() bool { return false }

// Run runs the one script.
func (t *scriptT) Run(_ string, f func(testscript.T)) { t.run(func() { f(t) }) }
