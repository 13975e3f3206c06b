// Package conform drives somebody else's relay through the catalogue of
// attacks, and judges what it does.
//
// tokenshell keeps everything but the relay: client, domains with their books,
// keys, faults, clock. So the books, and the calls that arrive, are the truth;
// what the relay says is compared with them, and never believed alone.
package conform

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"tokenshell/shell/attacks"
	"tokenshell/shell/internal/adapter"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/foreign"
	"tokenshell/shell/internal/world"
	"tokenshell/tokens"
)

// Options say how rows are run on a target.
type Options struct {
	Rows       []attacks.Row
	Plan       *world.Plan // whose domains are played
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
	Notice    func(text string) // is told what is started, and what is declared in vain
}

// run is a run.
type run struct {
	Options
	file    *foreign.File
	about   foreign.About
	reasons reasons
	clock   bool // the relay's time is ours to move
	reached *foreign.Reached
}

// life is how long a token lives in the run.
func (r *run) life() time.Duration {
	switch {
	case r.clock:
		return r.issued()
	case r.Life == 0:
		return 3 * time.Second
	}
	return min(r.Life, r.issued())
}

// issued is how long a token lives where nobody is in a hurry: as ours do, and in
// a contract of short lives shorter than the longest, for rows try longer ones.
func (r *run) issued() time.Duration {
	return min(tokens.DefaultLifetime, time.Duration(r.file.Contract.MaxLifetime)-2*time.Second)
}

// lifeIn is how long a token lives in a row: short only where somebody waits for
// its end, for on a slow machine a short one could end by itself.
func (r *run) lifeIn(row attacks.Row) time.Duration {
	if row.Wait(attacks.Shop{Life: r.life()}) == 0 {
		return r.issued()
	}
	return r.life()
}

// sessionLife is how long a session of theirs lives; 0 when nobody knows.
func (r *run) sessionLife() time.Duration {
	if r.file.SessionLife == 0 && r.about.Ours {
		return 30 * time.Minute
	}
	return time.Duration(r.file.SessionLife)
}

// Run runs rows on a target. The error is one of the target, of exit code 3, or
// ctx's; with it comes what was done.
func Run(ctx context.Context, f *foreign.File, o Options) (*Report, error) {
	if o.Jobs < 1 {
		o.Jobs = 1
	}
	if o.Timeout > 0 {
		f.Within(o.Timeout)
	}
	if o.Nonce == "" {
		o.Nonce = randomNonce()
	}
	r := &run{Options: o, file: f}
	report := &Report{file: f.Path(), V: 1, Target: f.Name, Can: []string{}, Enforces: f.Enforces, Keys: f.KeySet(), Seed: o.Seed, Rows: []Row{}, failOn: o.FailOn, requireAll: o.RequireAll, tool: o.Tool, at: Today()}
	err := r.knowsServices(ctx)
	if err != nil {
		return report, err
	}
	if r.reached, err = foreign.Reach(ctx, f, r.starting()); err != nil {
		return report, err
	}
	defer r.reached.Stop()
	if err := r.meet(ctx, report); err != nil {
		return report, err
	}
	results, err := r.all(ctx, r.reached.Drivers)
	report.Rows = append(report.Rows, results...)
	report.left = r.left(results)
	report.hideSecrets(f.Secrets())
	if o.Known != nil {
		o.Known.apply(report)
	}
	report.Notes = append(report.Notes, r.reached.Notes()...)
	report.Summary = report.summary()
	return report, err
}

// knowsServices says which service of the contract there is not.
func (r *run) knowsServices(ctx context.Context) error {
	if len(r.file.Contract.Issuers) == 0 {
		return nil
	}
	w, err := world.Build(ctx, r.Plan, world.Seeded(r.Seed))
	if err != nil {
		return err
	}
	var names []string
	for _, p := range w.Parties {
		names = append(names, p.Name)
	}
	for _, service := range slices.Sorted(maps.Keys(r.file.Contract.Issuers)) {
		if !slices.Contains(names, service) {
			return r.file.Wrong(fmt.Sprintf("contract.issuers: there is no service %q: %s", service, exit.Meant(service, names, "this world has "+strings.Join(names, ", "))))
		}
	}
	return nil
}

// left counts the rows about a relay that a run did not come to.
func (r *run) left(results []Row) int {
	n := 0
	for _, row := range r.Rows {
		if row.AboutRelay() && !slices.ContainsFunc(results, func(came Row) bool { return came.ID == row.ID }) {
			n++
		}
	}
	return n
}

// randomNonce gives a text that nobody can guess, of letters and digits.
func randomNonce() string {
	return strings.TrimPrefix(tokens.NewMint(tokens.RandomSeed()).ID("r"), "r_")[:12]
}

// meet starts the relay and hears what it can.
func (r *run) meet(ctx context.Context, report *Report) error {
	var err error
	for range 3 {
		if err = r.reached.Begin(ctx); err == nil {
			break
		}
		if foreign.IsTrouble(err) == nil {
			return err
		}
	}
	if err != nil {
		return r.file.Wrong(err.Error())
	}
	r.about = r.reached.Drivers[0].About()
	r.clock = slices.Contains(r.about.Can, string(attacks.NeedClock))
	r.reasons = reasons{ours: r.about.Ours, theirs: map[string][]tokens.Reason{}}
	for theirs, ours := range r.file.Reasons {
		for _, reason := range ours {
			r.reasons.theirs[theirs] = append(r.reasons.theirs[theirs], tokens.Reason(reason))
		}
	}
	r.cannot()
	slices.Sort(r.about.Can)
	report.Can = append(report.Can, r.about.Can...)
	report.Relay = foreign.Harmless(strings.Join(strings.Fields(r.about.Name+" "+r.about.Version+" "+r.about.Language), " "))
	return nil
}

// cannot says what the file declares and the adapter does not: nothing comes of it.
func (r *run) cannot() {
	if r.file.Can == nil || r.Notice == nil {
		return
	}
	for _, ability := range *r.file.Can {
		if !slices.Contains(r.about.Can, ability) {
			r.Notice(fmt.Sprintf("can: %s has no effect: the adapter's answer to hello does not have it", ability))
		}
	}
}

// starting says how the target is reached.
func (r *run) starting() foreign.Starting {
	return foreign.Starting{
		Tool: r.Tool, Jobs: r.Jobs, Nonce: r.Nonce, NoStart: r.NoStart, AllowHost: r.AllowHost, Notice: r.Notice,
		Issuers: func(serve string) ([]adapter.Issuer, error) {
			m := world.Seeded(r.Seed)
			m.Live = true
			w, err := world.Build(context.Background(), r.Plan, m)
			if err != nil {
				return nil, err
			}
			return issuersOf(w, r.file.Contract.At(serve))
		},
	}
}

// firstRows is how many rows are looked at before a relay is given up that takes
// no good token.
const firstRows = 20

// all runs the rows, and gives them in their order.
func (r *run) all(ctx context.Context, drivers []foreign.Driver) ([]Row, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var (
		mu               sync.Mutex
		next, done       int
		judged, baseline int
		results          = make([]*Row, len(r.Rows))
		order            = r.order()
		workers          sync.WaitGroup
	)
	take := func() int {
		mu.Lock()
		defer mu.Unlock()
		if next >= len(order) || ctx.Err() != nil {
			return -1
		}
		next++
		return order[next-1]
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
		if result.Status != foreign.Skipped && judged < firstRows {
			judged++
			if result.control {
				baseline++
			}
			if failed := result.Status == foreign.BaselineFailed; baseline > judged/2 && (judged == firstRows || failed && judged == r.tried()) {
				cancel(r.file.Wrong(givenUp(result)))
			}
		}
		if r.FailFast && r.red(result) {
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

// givenUp says why a relay is given up, from what came of a control.
func givenUp(row Row) string {
	_, detail, _ := strings.Cut(row.Detail, " it: ")
	switch {
	case !strings.HasPrefix(detail, "relay: "):
		return "no good token comes through this relay: " + detail
	case row.Status == foreign.BaselineFailed:
		return "this relay refuses everything: " + detail
	}
	return "this relay gives no verdicts: " + detail
}

// red reports whether a row makes the run fail, whatever comes of the others.
func (r *run) red(row Row) bool {
	alone := &Report{Rows: []Row{row}, failOn: r.FailOn, requireAll: r.RequireAll}
	if r.Known != nil {
		r.Known.apply(alone)
	}
	return alone.Red(&alone.Rows[0])
}

// order gives the places of the rows in the order in which they are tried: where
// several run at once and time is the relay's, those that wait begin first, and
// those that have the keys for themselves come last, so that nobody waits for both.
func (r *run) order() []int {
	order := make([]int, len(r.Rows))
	for i := range order {
		order[i] = i
	}
	if r.Jobs == 1 || r.clock {
		return order
	}
	rank := func(at int) int {
		switch row := r.Rows[at]; {
		case alone(row):
			return 2
		case row.Wait(attacks.Shop{Life: r.life()}) > 0:
			return 0
		}
		return 1
	}
	slices.SortStableFunc(order, func(a, b int) int { return rank(a) - rank(b) })
	return order
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
