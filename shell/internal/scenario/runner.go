// The runner: tokenshell run, which runs scenarios outside go test.

package scenario

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/files"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/redact"
	"tokenshell/shell/internal/syntax"
	"tokenshell/shell/internal/trace"
	"tokenshell/shell/internal/world"
	"tokenshell/tokens"
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
	return Tell(ctx, l, c, build, Items(ctx, c, files), Listener{Done: report})
}

// Listener is told of a run as it goes on; each of its functions may be nil. At
// numbers the files from 0.
type Listener struct {
	Done  func(Outcome)                         // of each file, in their order
	Begun func(at int)                          // a file begins; called by many at once
	Line  func(at int, s Step)                  // with [Config.Lines]: a line begins, or what it said; called by many at once
	After func(at int, o Outcome, sc Left) bool // a file has ended, and its world and folder are still there; false ends the run
}

// Left is what a scenario leaves behind: its shell, and its work folder.
type Left struct {
	Shell  *interp.Shell // nil when its world was not made
	Folder string
}

// leaving is how long what was interrupted, or has had its time, may take to end;
// then it is left behind.
const leaving = 400 * time.Millisecond

// errTime is what ends a scenario that takes longer than it may.
var errTime = errors.New("the scenario has had its time")

// Tell runs items as RunIn does, and tells more of it.
func Tell(ctx context.Context, l *interp.Language, c Config, build Build, items []Item, told Listener) error {
	r, err := newRunner(ctx, l, c)
	if err != nil {
		return err
	}
	r.build, r.told = build, told
	prepareTesting()
	root, err := os.MkdirTemp(c.Folder, "tokenshell-run-")
	if err != nil {
		return exit.Input(os.TempDir(), 0, "there is no room for work folders: "+files.CauseOf(err))
	}
	if !c.Keep {
		defer Remove(root)
	}
	return r.all(root, items)
}

// result is what became of one of the files.
type result struct {
	at int
	Outcome
}

// all runs the files and reports them in their order.
func (r *runner) all(root string, items []Item) error {
	jobs := r.config.Jobs
	if jobs <= 0 {
		jobs = runtime.GOMAXPROCS(0)
	}
	results, next := make(chan result, jobs), make(chan int)
	stop := make(chan struct{}) // nothing more begins
	end := sync.OnceFunc(func() { close(stop) })
	defer end()
	var workers sync.WaitGroup
	for n := range min(jobs, len(items)) {
		workers.Go(func() {
			folder := filepath.Join(root, strconv.Itoa(n))
			for at := range next {
				o, more := r.one(at, items[at], folder)
				if !more {
					end()
				}
				results <- result{at, o}
			}
		})
	}
	go func() {
		defer close(next)
		for at := range items {
			select { // what is to stop comes first
			case <-stop:
				return
			case <-r.ctx.Done():
				return
			default:
			}
			select {
			case next <- at:
			case <-stop:
				return
			case <-r.ctx.Done():
				return
			}
		}
	}()
	go func() {
		workers.Wait()
		close(results)
	}()
	return r.collect(items, results)
}

// collect reports what the workers send, in the order of the files. What has not
// ended soon after the run's context is left behind.
func (r *runner) collect(items []Item, results <-chan result) error {
	waiting, reported := map[int]Outcome{}, 0
	report := func(o Outcome) {
		reported++
		if r.told.Done != nil {
			r.told.Done(o)
		}
	}
	overdue := make(chan struct{})
	defer context.AfterFunc(r.ctx, func() { time.AfterFunc(leaving, func() { close(overdue) }) })()
	for open := true; open; {
		select {
		case got, more := <-results:
			if open = more; more {
				waiting[got.at] = got.Outcome
			}
		case <-overdue:
			open = false
		}
		for o, ok := waiting[reported]; ok; o, ok = waiting[reported] {
			delete(waiting, reported)
			report(o)
		}
	}
	for at := reported; at < len(items); at++ {
		if o, ok := waiting[at]; ok {
			report(o)
		} else if r.hasBegun(at) {
			report(Outcome{File: items[at].File, Row: items[at].Case(), Verdict: Interrupted, Why: "it did not end, and was left behind"})
		} else {
			report(Outcome{File: items[at].File, Row: items[at].Case(), Verdict: NotRun})
		}
	}
	return r.ctx.Err()
}

// Remove takes a folder away, also when something in it may not be written to, or
// somebody who was left behind still writes there.
func Remove(folder string) {
	for range 3 {
		if os.RemoveAll(folder) == nil {
			return
		}
		_ = filepath.WalkDir(folder, func(path string, d os.DirEntry, err error) error {
			if err == nil && d.IsDir() {
				_ = os.Chmod(path, 0o700) // or it cannot be emptied
			}
			return nil
		})
	}
}

// prepareTesting makes testscript's condition [short] answer outside go test: it
// asks package testing, which wants its flags to have been parsed.
var prepareTesting = sync.OnceFunc(func() {
	if !testing.Testing() {
		testing.Init()
		_ = flag.CommandLine.Parse(nil) // nothing to parse, nothing to go wrong
	}
})

// begin takes down that a file begins.
func (r *runner) begin(at int) {
	r.mu.Lock()
	if r.begun == nil {
		r.begun = map[int]bool{}
	}
	r.begun[at] = true
	r.mu.Unlock()
	if r.told.Begun != nil {
		r.told.Begun(at)
	}
}

func (r *runner) hasBegun(at int) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.begun[at]
}

// ended takes down that a file needs nobody's attention any more.
func (r *runner) ended(at int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.begun, at)
}

// one runs one item in a folder of its worker's own; more is false when the run
// is to end with it.
func (r *runner) one(at int, item Item, folder string) (o Outcome, more bool) {
	r.begin(at)
	defer r.ended(at)
	took := tokens.Stopwatch()
	o, left := r.run(at, item, folder)
	o.Row = item.Case()
	o.Milliseconds = took().Milliseconds()
	more = true
	if r.told.After != nil {
		more = r.told.After(at, o, left)
	}
	if r.config.FailFast && o.Verdict == Failed {
		more = false
	}
	if left.Folder != "" && !r.config.Keep {
		Remove(left.Folder)
	}
	return o, more
}

// run runs one item.
func (r *runner) run(at int, item Item, folder string) (Outcome, Left) {
	file := item.File
	outcome := Outcome{File: file, Verdict: Passed}
	story, err := item.read, error(nil)
	if story == nil {
		story, err = r.story(file)
	}
	if err == nil {
		err = r.examine(story)
	}
	if err != nil {
		text, _ := r.read(file) // what it says is told without it
		outcome.wrong(err, story, text)
		outcome.clean(nil)
		return outcome, Left{}
	}
	played, err := r.prepare(story, folder)
	if err != nil {
		outcome.Verdict, outcome.Why = Failed, err.Error()
		outcome.clean(nil)
		return outcome, Left{}
	}
	ctx, end := r.ctx, func() {}
	if r.config.Timeout > 0 {
		ctx, end = context.WithTimeoutCause(r.ctx, r.config.Timeout, errTime)
	}
	defer end()
	var running *script
	params := r.params([]string{played}, r.verbsOf(story), func(sc *script) {
		sc.file, sc.row, sc.story, sc.ctx = file, item.Row, story, ctx
		if r.config.Lines && r.told.Line != nil {
			sc.said = func(text string) { r.told.Line(at, Step{Said: strings.TrimRight(sc.shell.Redact(text), "\n")}) }
		}
		running = sc
	})
	params.WorkdirRoot, params.UpdateScripts, params.Deadline = folder, r.config.Update, deadline(r.config.Timeout)
	t := &scriptT{}
	params.Condition = r.conditions(at, story)
	done := t.begin(func() { testscript.RunT(t, params) })
	if !r.await(ctx, done) {
		endIn(folder)
		outcome.Verdict = Interrupted
		if outcome.Why = "it did not end, and was left behind"; r.ctx.Err() == nil {
			outcome.Verdict, outcome.Why = Failed, fmt.Sprintf("it did not end within %s, and was left behind", r.config.Timeout)
		}
		return outcome, Left{Folder: folder} // what goes on in it is nobody's business
	}
	left := Left{Folder: filepath.Join(folder, "script-"+scriptName(played))}
	if running != nil {
		left.Shell, left.Folder = running.shell, running.folder
		if running.shell != nil && running.shell.World != nil {
			outcome.Without = running.shell.World.EverLeftOut()
		}
	}
	var unable *exit.UnableError
	switch {
	case t.failed && r.wasInterrupted(t.log.String()):
		outcome.Verdict, outcome.Why = Interrupted, "it was interrupted"
	case t.failed && running != nil && errors.As(running.failed, &unable):
		outcome.Verdict, outcome.Why = Skipped, unable.Error()
	case t.failed && running != nil && running.idle && r.config.Until[file] > 0: // it stops where somebody wants to begin
	case t.failed && running != nil && running.idle:
		outcome.Verdict, outcome.Why = Failed, noVerb
	case t.failed && running != nil && running.wrong != nil:
		outcome.wrong(running.wrong, story, story.Text())
	case t.failed:
		outcome.Verdict = Failed
		outcome.explain(r.logOf(t, running, played), running, story.Text())
		outcome.placed(story)
		r.beside(&outcome)
		if context.Cause(ctx) == errTime {
			outcome.Why, outcome.Expected, outcome.Got = fmt.Sprintf("it did not end within %s", r.config.Timeout), "", ""
		}
	case t.skipped:
		outcome.Verdict = Skipped
		outcome.Why = t.why
	default:
		if r.config.Strict {
			if err := r.strictly(&outcome, story, running, r.logOf(t, running, played)); err != nil {
				outcome.Warnings = append(outcome.Warnings, err.Error())
			}
		}
		outcome.warn(running, r.config.Strict)
		if err := r.update(&outcome, story, played); err != nil {
			outcome.wrong(err, story, story.Text())
		}
	}
	outcome.traced(ctx, running, r.config.Traced)
	outcome.clean(running)
	if r.config.Keep {
		outcome.Folder = left.Folder
	}
	return outcome, left
}

// beside says of a verb that there is not in which world it is, if its file lies beside
// the scenario.
func (r *runner) beside(o *Outcome) {
	const unknown = "unknown command "
	name, is := strings.CutPrefix(o.Why, unknown)
	quoted, err := strconv.QuotedPrefix(name) // behind it testscript may guess
	if !is || err != nil {
		return
	}
	verb, _ := strconv.Unquote(quoted) // it is quoted
	if path := r.language.Beside(filepath.Dir(o.File), verb); path != "" {
		o.Why = unknown + quoted + ", a verb in the world of " + path + ": run --world " + syntax.Quote(path)
	}
}

// logOf gives what testscript logged of a script, without what is secret: before
// anything of it is cut, for a part of a token is one, too.
func (r *runner) logOf(t *scriptT, sc *script, played string) logged {
	hide := redact.Tokens
	if sc != nil && sc.shell != nil {
		hide = sc.shell.Redact
	}
	// What failed is not written anew, whatever became of the copy.
	said := strings.ReplaceAll(t.log.String(), played+" updated\n", "")
	return logged{hide(said), played, func(n int, line string) string { return hide(r.shown(n, line)) }}
}

// await waits until a script has ended; false says that it is left behind.
func (r *runner) await(ctx context.Context, done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	case <-ctx.Done():
	}
	grace := leaving
	if r.ctx.Err() == nil {
		grace += 2 * testscriptGrace(r.config.Timeout) // testscript ends its programs by itself
	}
	select {
	case <-done:
		return true
	case <-time.After(grace):
		return false
	}
}

// testscriptGrace is what testscript calls the grace period of a deadline: it
// ends a program two of them before it.
func testscriptGrace(timeout time.Duration) time.Duration {
	return max(100*time.Millisecond, timeout/18)
}

// deadline gives testscript's deadline for scripts whose programs have a time.
func deadline(timeout time.Duration) time.Time {
	if timeout <= 0 {
		return time.Time{}
	}
	return tokens.LiveClock().Now().Add(timeout + 2*testscriptGrace(timeout))
}

// A program that failed, in testscript's log, and how long the signal that ended it
// may take to be heard here.
const (
	failedFor = "unexpected command failure"
	endedBy   = "\n[signal: "
	endedSoon = time.Second
)

// wasInterrupted reports whether a script failed because the run was interrupted.
// The signal that ended a program of the script may have been sent to all of us,
// and not have been heard here yet.
func (r *runner) wasInterrupted(log string) bool {
	if strings.Contains(log, failedFor) {
		patience := endedSoon / 20
		if strings.Contains(log, endedBy) || strings.Contains(log, "\n[exit status 130]") {
			patience = endedSoon
		}
		select {
		case <-r.ctx.Done():
		case <-time.After(patience):
		}
	}
	return r.ctx.Err() != nil
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

// traced keeps the conversation: of the order that failed, or all of it.
func (o *Outcome) traced(ctx context.Context, sc *script, all bool) {
	if sc == nil || sc.shell == nil || sc.shell.World == nil || o.Verdict != Failed && !all {
		return
	}
	order := sc.shell.Order
	if all {
		order = ""
	}
	t := trace.New(context.WithoutCancel(ctx), sc.shell.Client, order, all)
	if len(t.Messages) > 0 {
		o.Trace = &t
	}
}

// scriptT is testscript's T outside go test, for one script.
type scriptT struct {
	log     strings.Builder
	failed  bool
	skipped bool
	why     string
}

// begin calls f where it may be stopped at any point.
func (t *scriptT) begin(f func()) <-chan struct{} {
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
	return done
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

// Verbose has the log tell all that happened: where a script fails, what led
// there is told.
func (t *scriptT) Verbose() bool { return true }

// Run runs the one script.
func (t *scriptT) Run(_ string, f func(testscript.T)) { <-t.begin(func() { f(t) }) }
