// The run: rows on a target, several at a time, and what came of them.

package conform

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"tokenshell/shell/attacks"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/world"
	"tokenshell/tokens"
)

// Options say how rows are run on a target.
type Options struct {
	Rows       []attacks.Row
	Plan       *world.Plan // the embedded world
	Seed       uint64
	Reasons    string        // any, mapped or exact
	Life       time.Duration // of a token where time is live; 0 is 3s
	NoWait     bool
	Timeout    time.Duration // of an answer; 0 is what the file says
	Jobs       int
	FailFast   bool
	FailOn     string // error or warning: the least that is red
	RequireAll bool
	Known      *KnownFile
	Tool       string // which tokenshell this is
	NoStart    bool
	AllowHost  []string
	Nonce      string // in the names of rows, so that a relay that remembers has not seen them; random unless given

	NewTarget func(w *world.World, life time.Duration) attacks.Target
	Tell      func(done int, id string)
	Notice    func(text string) // is told what is started
}

// run is a run.
type run struct {
	Options
	file    *File
	about   about
	reasons reasons
	clock   bool     // the relay's time is ours to move
	service *service // of an http target
}

// Row is what came of a row, as it is reported.
type Row struct {
	ID           string         `json:"id"`
	Group        attacks.Group  `json:"group"`
	Check        string         `json:"check"`
	Who          attacks.Who    `json:"who"`
	Severity     string         `json:"severity"`
	What         string         `json:"what"`
	Expected     tokens.Reason  `json:"expected"`
	Status       attacks.Status `json:"status"`
	Reason       tokens.Reason  `json:"reason"`
	Said         string         `json:"said"`
	JudgedBy     string         `json:"judged_by"`
	Detail       string         `json:"detail"`
	Milliseconds int64          `json:"ms"`
	Source       string         `json:"source"`

	Why   string   `json:"why,omitempty"` // it is known
	Until string   `json:"until,omitempty"`
	See   string   `json:"see,omitempty"`
	Steps []string `json:"steps,omitempty"`

	fatal error
}

func rowOf(r attacks.Row) Row {
	severity := "warning"
	if r.Who().Error() {
		severity = "error"
	}
	return Row{ID: r.ID, Group: r.Group, Check: r.Check(), Who: r.Who(), Severity: severity, What: r.What, Expected: r.Expect, Source: r.Source, Steps: r.Said()}
}

// Green reports whether a row is as it should be.
func (r *Row) Green() bool { return r.Status == attacks.Refused || r.Status == Known }

// Report is what came of a run.
type Report struct {
	V        int      `json:"v"`
	Target   string   `json:"target"`
	Relay    string   `json:"relay,omitempty"` // what it calls itself
	Can      []string `json:"can"`
	Enforces []string `json:"enforces"`
	Keys     string   `json:"keys"`
	Seed     uint64   `json:"seed"`
	Rows     []Row    `json:"rows"`
	Notes    []string `json:"notes,omitempty"`
	Summary  string   `json:"summary"`

	failOn     string
	requireAll bool
	tool       string
	file       string // the target file; empty when there is none
}

// Red reports whether a row makes the run fail.
func (p *Report) Red(r *Row) bool {
	switch r.Status {
	case attacks.Refused, Known:
		return false
	case Skipped:
		return r.Why != "" || p.requireAll && r.Detail != ownDomains
	case attacks.GotThrough, attacks.WrongReason, Leaked, Errored, Crashed, TimedOut:
		return r.Why != "" || r.Severity == "error" || p.failOn == "warning"
	}
	return true // fixed, baseline_failed
}

// life is how long a token lives in the run.
func (r *run) life() time.Duration {
	if r.clock {
		return tokens.DefaultLifetime
	}
	if r.Life == 0 {
		return 3 * time.Second
	}
	return r.Life
}

// sessionLife is how long a session of theirs lives; 0 when nobody knows.
func (r *run) sessionLife() time.Duration {
	if r.file.SessionLife == 0 && r.about.ours {
		return 30 * time.Minute
	}
	return time.Duration(r.file.SessionLife)
}

// Run runs rows on a target. The error is one of the target, of exit code 3, or
// ctx's; with it comes what was done.
func Run(ctx context.Context, f *File, o Options) (*Report, error) {
	if o.Jobs < 1 {
		o.Jobs = 1
	}
	if o.Timeout > 0 {
		f.Timeouts.Request, f.Timeouts.Redeem = span(o.Timeout), span(o.Timeout)
	}
	if o.Nonce == "" {
		o.Nonce = strings.TrimPrefix(tokens.NewMint(tokens.RandomSeed()).ID("r"), "r_")[:6]
	}
	r := &run{Options: o, file: f}
	path := ""
	if f.source != nil {
		path = f.path
	}
	report := &Report{file: path, V: 1, Target: f.Name, Can: []string{}, Enforces: f.Enforces, Keys: f.keySet(), Seed: o.Seed, Rows: []Row{}, failOn: o.FailOn, requireAll: o.RequireAll, tool: o.Tool}
	drivers, end, err := r.drivers(ctx)
	if err != nil {
		return report, err
	}
	defer end()
	if err := r.meet(ctx, drivers[0], report); err != nil {
		return report, err
	}
	results, err := r.all(ctx, drivers)
	report.Rows = append(report.Rows, results...)
	report.hideSecrets(f.secrets())
	if o.Known != nil {
		o.Known.apply(report)
	}
	report.Notes = append(report.Notes, r.notes()...)
	report.Summary = report.summary()
	return report, err
}

func (f *File) keySet() string {
	if f.Keys.Set == "" {
		return "own"
	}
	return f.Keys.Set
}

// meet starts the relay and hears what it can.
func (r *run) meet(ctx context.Context, d driver, report *Report) error {
	var err error
	for range maxCrashes {
		if err = begin(ctx, d); err == nil {
			break
		}
		if isTrouble(err) == nil {
			return err
		}
	}
	if err != nil {
		return exit.Input(r.file.path, 0, err.Error())
	}
	r.about = d.about()
	r.clock = contains(r.about.can, string(attacks.NeedClock))
	r.reasons = reasons{ours: r.about.ours, theirs: map[string][]tokens.Reason{}}
	for theirs, ours := range r.file.Reasons {
		for _, reason := range ours {
			r.reasons.theirs[theirs] = append(r.reasons.theirs[theirs], tokens.Reason(reason))
		}
	}
	slices.Sort(r.about.can)
	report.Can = append(report.Can, r.about.can...)
	report.Relay = harmless(strings.TrimSpace(strings.Join([]string{r.about.name, r.about.version, r.about.language}, " ")))
	return nil
}

// begin starts a relay, for those that are started before they are asked.
func begin(ctx context.Context, d driver) error {
	if starter, ok := d.(interface{ start(context.Context) error }); ok {
		return starter.start(ctx)
	}
	return nil
}

// drivers makes as many as there are jobs, and what ends them.
func (r *run) drivers(ctx context.Context) (all []driver, end func(), err error) {
	stop := func() {}
	switch {
	case r.file.Stdio != nil:
		r.notice(r.file.Stdio.Command)
		crashes := &crashCount{}
		for range r.Jobs {
			all = append(all, &stdio{file: r.file, tool: r.Tool, crashes: crashes})
		}
	case r.file.HTTP != nil:
		if r.service, err = openService(r); err != nil {
			return nil, nil, err
		}
		for range r.Jobs {
			all = append(all, &web{service: r.service})
		}
		if err = r.service.firstKeys(ctx); err == nil {
			err = r.service.launch(ctx)
		}
	default:
		r.notice(r.file.Each.Command)
		folder, bad := newKeyFolder(r.file, nil)
		if bad != nil {
			return nil, nil, bad
		}
		stop = folder.stop
		for range r.Jobs {
			all = append(all, &each{file: r.file, folder: folder})
			if contains(r.file.can(), string(attacks.NeedKeys)) {
				break // the keys are in one folder
			}
		}
	}
	end = func() {
		var stops sync.WaitGroup
		for _, d := range all {
			stops.Go(d.stop)
		}
		stops.Wait()
		stop()
		if r.service != nil {
			r.service.stop()
		}
	}
	if err != nil {
		end()
	}
	return all, end, err
}

func (r *run) notice(command []string) {
	if r.Notice != nil {
		r.Notice("starts " + tokens.Word(strings.Join(command, " ")))
	}
}

// notes are what a reader of the report has to know of how it came about.
func (r *run) notes() []string {
	if r.service == nil || r.service.domains == nil {
		return nil
	}
	return r.service.domains.notes(r.file)
}

// firstRows is how many rows are looked at before a relay is given up that takes
// no good token.
const firstRows = 20

// all runs the rows, and gives them in their order.
func (r *run) all(ctx context.Context, drivers []driver) ([]Row, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var (
		mu               sync.Mutex
		next, done       int
		judged, baseline int
		results          = make([]*Row, len(r.Rows))
		workers          sync.WaitGroup
	)
	take := func() int {
		mu.Lock()
		defer mu.Unlock()
		if next >= len(r.Rows) || ctx.Err() != nil {
			return -1
		}
		next++
		return next - 1
	}
	put := func(at int, result Row) {
		mu.Lock()
		defer mu.Unlock()
		results[at] = &result
		done++
		if r.Tell != nil {
			r.Tell(done, result.ID)
		}
		if result.fatal != nil {
			cancel(result.fatal)
		}
		if result.Status != Skipped && judged < firstRows {
			judged++
			if result.Status == BaselineFailed {
				baseline++
			}
			if (judged == firstRows || judged == r.tried()) && baseline > judged/2 {
				cancel(exit.Input(r.file.path, 0, "this relay refuses everything: "+strings.TrimPrefix(result.Detail, "the control before it: ")))
			}
		}
		if r.FailFast && !result.Green() && result.Status != Skipped {
			cancel(errStopped)
		}
	}
	for _, d := range drivers {
		workers.Go(func() {
			for at := take(); at >= 0; at = take() {
				result := r.try(ctx, d, r.Rows[at], at)
				if ctx.Err() != nil {
					return // what was interrupted has no verdict
				}
				put(at, result)
			}
		})
	}
	workers.Wait()
	var all []Row
	for _, result := range results {
		if result != nil {
			all = append(all, *result)
		}
	}
	if cause := context.Cause(ctx); cause != nil && cause != errStopped {
		return all, cause
	}
	return all, nil
}

// errStopped is a run that stops at its first failure.
var errStopped = fmt.Errorf("stopped at the first row that failed")

// tried counts the rows that are not skipped from the start.
func (r *run) tried() int {
	n := 0
	for _, row := range r.Rows {
		if r.skips(row) == "" {
			n++
		}
	}
	return n
}

// summary is the last line: how many rows were tried, and what came of them.
func (p *Report) summary() string {
	about, tried := 0, 0
	why, came := map[string]int{}, map[attacks.Status]int{}
	for _, row := range p.Rows {
		switch {
		case row.Status == Skipped && row.Detail == ownDomains:
			continue
		case row.Status == Skipped:
			word, _, _ := strings.Cut(row.Detail, ":")
			why[word]++
		default:
			tried++
			came[row.Status]++
		}
		about++
	}
	text := fmt.Sprintf("%d of %d tried", tried, about)
	if about > tried {
		var parts []string
		for word := range why {
			parts = append(parts, word)
		}
		slices.SortFunc(parts, func(a, b string) int {
			if why[a] != why[b] {
				return why[b] - why[a]
			}
			return strings.Compare(a, b)
		})
		for i, word := range parts {
			parts[i] = fmt.Sprintf("%d %s", why[word], word)
		}
		text += fmt.Sprintf(" (%d skipped: %s)", about-tried, strings.Join(parts, ", "))
	}
	text += fmt.Sprintf(": %d refused, %d known, %d got through", came[attacks.Refused], came[Known], came[attacks.GotThrough])
	for _, other := range []attacks.Status{attacks.WrongReason, Leaked, Errored, Crashed, TimedOut, Fixed, BaselineFailed} {
		if came[other] > 0 {
			text += fmt.Sprintf(", %d %s", came[other], strings.ReplaceAll(string(other), "_", " "))
		}
	}
	return text
}

// Err is what the run ends with: nil, a failure, or one of exit code 3.
func (p *Report) Err() error {
	red := []string{}
	for i := range p.Rows {
		switch row := &p.Rows[i]; {
		case row.Status == BaselineFailed:
			return exit.Input(p.Target, 0, fmt.Sprintf("a good token did not come through in %s: %s", row.ID, row.Detail))
		case p.Red(row):
			red = append(red, row.ID)
		}
	}
	if len(red) == 0 {
		return nil
	}
	return fmt.Errorf("it did not go as it has to in %s", some(red))
}

// some names the first of many.
func some(ids []string) string {
	const most = 12
	if len(ids) <= most {
		return strings.Join(ids, " ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(ids[:most], " "), len(ids)-most)
}

// JSON gives the report as JSON.
func (p *Report) JSON() ([]byte, error) { return json.Marshal(p) }
