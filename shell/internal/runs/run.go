// The run: scenarios are chosen, run, told of, and nothing of them is left behind.

package runs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"time"

	"tokenshell/shell/internal/answer"
	"tokenshell/shell/internal/cover"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/files"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/page"
	"tokenshell/shell/internal/scenario"
	"tokenshell/shell/internal/world"
	"tokenshell/tokens"
)

// Run is one run of scenarios.
type Run struct {
	Flags    *Flags
	World    string   // the world file of those without one; empty is the embedded world
	Target   string   // the target file of their relay; empty is ours
	Without  []string // rules that their worlds leave out
	Seed     uint64
	Seeded   bool // somebody gave the seed
	Language *interp.Language
	Build    scenario.Build
	Tool     string // with its version
	Out      *answer.Out
	Stdin    io.Reader
	Progress io.Writer // a terminal for the status line; nil is none

	// Prompt opens a prompt; nil when nobody is there. When a signal ends the process
	// there, it calls the function first.
	Prompt func(s *interp.Shell, leaving func()) error
	Getenv func(string) string // of the process

	leaving func() // leaves nothing behind
}

// patience is how long a run that was interrupted may take to tell of it.
const patience = 600 * time.Millisecond

// Go runs scenarios until all are done, or ctx ends, and gives what the process
// ends with. What the scenarios started, and where they worked, is gone then.
func (r *Run) Go(ctx context.Context) error {
	p, err := r.Flags.look()
	if err != nil {
		return err
	}
	for _, rule := range r.Without {
		if _, err := world.Without(rule); err != nil {
			return err
		}
	}
	all, err := p.choose(ctx)
	if err != nil {
		return err
	}
	if err := p.lookAtUntil(ctx, all); err != nil {
		return err
	}
	if (p.ShellOnFail || len(p.until) > 0) && r.Prompt == nil {
		return exit.Usage("run it in a terminal", "nobody sits at a prompt here")
	}
	if p.List {
		all = rows(ctx, scenario.Config{NoExec: p.NoExec}, all)
		return r.Out.Show(map[string]any{"scenarios": all}, list(all))
	}
	c, err := r.config(ctx, p, all)
	if err != nil {
		return err
	}
	all = rows(ctx, c, all)
	folder, err := os.MkdirTemp("", "tokenshell-")
	if err != nil {
		return exit.Input(os.TempDir(), 0, "there is no room for work folders: "+files.CauseOf(err))
	}
	if folder, err = filepath.EvalSymlinks(folder); err != nil {
		return exit.Input(os.TempDir(), 0, files.CauseOf(err))
	}
	c.Folder = folder
	if !p.Keep {
		defer scenario.Remove(folder)
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	over := sync.OnceFunc(scenario.EndPrograms(ctx, folder))
	defer over()
	r.leaving = func() {
		over()
		if !p.Keep {
			scenario.Remove(folder)
		}
	}
	return r.tell(ctx, stop, p, all, c)
}

// config says how the scenarios run.
func (r *Run) config(ctx context.Context, p *plan, all []chosen) (scenario.Config, error) {
	c := scenario.Config{
		World: r.World, Seed: r.Seed, Without: r.Without, Check: p.Check, NoExec: p.NoExec, Strict: p.Strict, Env: p.Env, Jobs: p.Jobs, Timeout: p.Timeout, FailFast: p.FailFast,
		Update: p.Update, Keep: p.Keep, Lines: p.Verbose, Until: p.until, Texts: map[string][]byte{},
	}
	if p.ShellOnFail || len(p.until) > 0 {
		c.Jobs = 1
	}
	if p.Cover {
		c.Cover = cover.New()
	}
	for _, to := range p.reports {
		c.Traced = c.Traced || to.name == "html"
	}
	if slices.ContainsFunc(all, func(one chosen) bool { return one.File == "-" }) {
		text, err := ReadAll(ctx, r.Stdin)
		if err != nil {
			return c, err
		}
		c.Texts["-"] = text
	}
	return c, nil
}

// ReadAll reads standard input, as long as ctx lets it wait.
func ReadAll(ctx context.Context, from io.Reader) ([]byte, error) {
	type read struct {
		text []byte
		err  error
	}
	done := make(chan read, 1)
	go func() {
		text, err := io.ReadAll(io.LimitReader(from, world.WorldLimit+1))
		done <- read{text, err}
	}()
	select {
	case got := <-done:
		if got.err != nil {
			return nil, exit.Input("stdin", 0, files.CauseOf(got.err))
		}
		if len(got.text) > world.WorldLimit {
			return nil, exit.Input("stdin", 0, fmt.Sprintf("it has more than %d bytes", world.WorldLimit))
		}
		return got.text, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// tell runs the scenarios, and tells of them.
func (r *Run) tell(ctx context.Context, stop context.CancelCauseFunc, p *plan, all []chosen, c scenario.Config) error {
	t := &teller{
		run: r, out: r.Out, plan: p, cover: c.Cover, all: all, took: tokens.Stopwatch(), stop: stop, sum: Summary{Total: len(all)}, keep: r.Out.Format == "json",
		passed: map[string]bool{}, since: map[int]time.Duration{}, waiting: map[int][]scenario.Step{}, status: page.NewProgress(r.Progress),
	}
	r.Out.Ctx = ctx
	t.written = r.writings(t, p)
	items := make([]scenario.Item, len(all))
	for i, one := range all {
		items[i] = one.item
	}
	watching, unwatch := context.WithCancel(ctx)
	go t.watch(watching)
	done := make(chan error, 1)
	go func() {
		done <- scenario.Tell(ctx, r.Language, c, r.Build, items, scenario.Listener{Done: t.done, Begun: t.begun, Line: t.line, After: r.after(t, p)})
	}()
	var err error
	select {
	case err = <-done:
	case <-late(ctx): // it prints where nobody reads, for example
		err = ctx.Err()
	}
	unwatch()
	if err = t.finish(ctx, err); err != nil {
		return exit.InJSON(err) // what came of it was told
	}
	return nil
}

// late is closed some time after ctx has ended.
func late(ctx context.Context) <-chan struct{} {
	closed := make(chan struct{})
	context.AfterFunc(ctx, func() { time.AfterFunc(patience, func() { close(closed) }) })
	return closed
}

// after opens a prompt where somebody asked for it.
func (r *Run) after(t *teller, p *plan) func(int, scenario.Outcome, scenario.Left) bool {
	if !p.ShellOnFail && len(p.until) == 0 {
		return nil
	}
	return func(_ int, o scenario.Outcome, left scenario.Left) bool {
		if left.Shell == nil || p.ShellOnFail && o.Verdict != scenario.Failed {
			return true
		}
		t.printing.Lock()
		t.show(func(w *page.Page) {
			if o.Verdict == scenario.Failed {
				t.write(w, &o)
			}
			fmt.Fprintf(w, "this is its world, and %s its folder; Ctrl-D leaves\n", left.Folder)
		})
		t.status.To, t.shown = nil, true
		t.printing.Unlock()
		if err := r.Prompt(left.Shell, r.leaving); err != nil {
			t.stop(err)
		}
		return false
	}
}

// writings are the reports that somebody asked for, and annotations where GitHub's
// runner reads what is printed.
func (r *Run) writings(t *teller, p *plan) []*writing {
	began := now()
	to := p.reports
	if r.Getenv("GITHUB_ACTIONS") == "true" && !slices.ContainsFunc(to, func(to reportTo) bool { return to.name == "github" }) {
		github, _ := reportsOf([]string{"github"}) // there is one
		to = append(to, github...)
	}
	var all []*writing
	for _, one := range to {
		all = append(all, &writing{reportTo: one, run: r, began: began, sum: func() *Summary { return &t.sum }, say: func(line string) {
			t.status.End()
			where := r.Out.Stdout
			if r.Out.Format == "json" {
				where = r.Out.Stderr
			}
			fmt.Fprintln(where, line)
		}})
	}
	return all
}

// finish writes the reports, says how it went, and gives what the process ends
// with.
func (t *teller) finish(ctx context.Context, err error) error {
	writing, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	if err != nil {
		writing, end = context.WithTimeout(writing, patience/3)
		defer end()
	}
	t.mu.Lock()
	t.over = true
	t.sum.Milliseconds = t.took().Milliseconds()
	if t.cover != nil {
		t.sum.Cover = t.cover.Parts()
	}
	for at := t.sum.reported(); at < len(t.all) && err != nil; at = t.sum.reported() { // left behind
		o := scenario.Outcome{File: t.all[at].File, Row: t.all[at].Row, Verdict: scenario.NotRun}
		if slices.Contains(t.running, at) {
			o.Verdict, o.Why = scenario.Interrupted, "it did not end, and was left behind"
		}
		*t.sum.count(o.Verdict)++
		for _, w := range t.written {
			w.add(o)
		}
		if t.keep {
			t.sum.Rows = append(t.sum.Rows, o)
		}
	}
	var wrong error
	for _, w := range t.written {
		wrong = errors.Join(wrong, w.finish(writing))
	}
	failed := t.files
	t.mu.Unlock()
	if err == nil {
		remember(failed, t.passed)
	}
	if context.Cause(ctx) == errNobodyReads {
		return errNobodyReads
	}
	told := make(chan error, 1)
	go func() { told <- t.end() }()
	select {
	case told := <-told:
		wrong = errors.Join(wrong, told)
	case <-writing.Done(): // whoever prints waits for a reader
	}
	switch {
	case errors.Is(wrong, syscall.EPIPE):
		return errNobodyReads
	case err != nil:
		return errors.Join(err, wrong)
	}
	switch {
	case wrong != nil:
		return wrong
	case t.sum.Failed > 0:
		return exit.ToPeople(errors.New("a scenario failed"))
	case t.sum.Total == 0 && !t.plan.AllowSkipped:
		return fmt.Errorf("--shard %s has no scenario: nothing was tested; --allow-skipped lets that be", t.plan.Shard)
	case t.sum.Skipped == t.sum.Total && !t.plan.AllowSkipped:
		return fmt.Errorf("every scenario was skipped: nothing was tested; --allow-skipped lets that be")
	}
	return nil
}

// Heed gives a context that ends with a signal that asks the process to end, each
// time it comes: nothing is left behind by impatience. Those that are ignored from
// the start, as nohup asks for, are no reason. broken reports whether the reader of
// what the process prints has gone.
func Heed() (ctx context.Context, end func()) {
	asked := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		asked = append(asked, syscall.SIGHUP)
	}
	// A pipe without a reader is an error of the write then, and not the end.
	pipe := make(chan os.Signal, 1)
	signal.Notify(pipe, syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), asked...)
	return ctx, func() {
		stop()
		signal.Stop(pipe)
	}
}

// Unread is the exit code of a process whose output nobody reads any more: as if it
// had died of that, and as a pipe of a shell has it.
const Unread = 128 + 13

// NobodyReads reports whether a run ended because nobody reads what it prints.
func NobodyReads(err error) bool { return errors.Is(err, errNobodyReads) }
