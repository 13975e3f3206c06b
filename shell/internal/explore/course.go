// The course of an exploration: its bounds, one after the other, and then walks.

package explore

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"strings"
	"time"

	"tokenshell/shell/internal/bound"
	"tokenshell/shell/internal/evidence"
	"tokenshell/shell/internal/page"
	"tokenshell/shell/internal/reached"
	"tokenshell/shell/internal/stage"
	"tokenshell/shell/internal/syntax"
	"tokenshell/shell/internal/world"
	"tokenshell/tokens"
)

// Why a course stopped before its end.
const (
	outOfMemory   = "memory"
	isInterrupted = "interrupted"
)

// course is an exploration under way.
type course struct {
	plan     *world.Plan
	weakness tokens.Weakness
	customer string
	bounds   []bound.Bound
	workers  int
	seed     uint64
	memory   syntax.Size // 0 is as much as there is
	far      *page.Progress
	keep     func(*course) error // writes a checkpoint; may be nil
	every    time.Duration       // how often it does

	done    []boundReport  // of the bounds that were exhausted
	total   *reached.Tally // of them
	edges   []edge         // from where walks begin
	now     *search        // the bound that is looked at; nil before and after them
	unheard *finding       // of a bound that was exhausted
	found   *finding
	walked  int
	stopped string

	kept time.Duration // when a checkpoint was written last
}

// edge is a state of a bound that was exhausted: where it ends, others begin.
type edge struct {
	bound bound.Bound
	way   []stage.Step
}

// edgesOfEach is how many states of each bound walks begin at.
const edgesOfEach = 400

// keepEvery is how often a checkpoint is written.
const keepEvery = 5 * time.Second

// run looks at all bounds, as far as it may go.
func (c *course) run(ctx context.Context) error {
	if c.memory > 0 {
		defer debug.SetMemoryLimit(debug.SetMemoryLimit(int64(c.memory)))
	}
	for len(c.done) < len(c.bounds) && c.found == nil && c.stopped == "" {
		if c.now == nil {
			c.now = newSearch(c.plan, c.weakness, c.bounds[len(c.done)], c.customer)
		}
		began := c.now.looked
		took := tokens.Stopwatch()
		c.now.step = func(s *search) error { return c.step(s, began, took()) }
		found, err := c.now.run(ctx, c.workers)
		switch {
		case err != nil:
			return err
		case found != nil:
			c.found, err = c.polish(context.WithoutCancel(ctx), found)
		case c.now.exhausted():
			c.leave()
			err = c.write()
		default:
			if c.stopped == "" {
				c.stopped = isInterrupted
			}
			err = c.write()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// leave takes over what came of a bound that was exhausted.
func (c *course) leave() {
	s := c.now
	c.done = append(c.done, s.report(true))
	c.total.Add(s.reach)
	if c.unheard == nil {
		c.unheard = s.unheard
	}
	rng := rand.New(rand.NewPCG(c.seed, uint64(len(c.done))))
	for range min(edgesOfEach, s.states.count()) {
		c.edges = append(c.edges, edge{s.bound, s.states.way(int32(rng.IntN(s.states.count())))})
	}
	c.now = nil
}

// step follows each piece of a search: it says how far it is, keeps within the
// memory, and writes a checkpoint now and then.
func (c *course) step(s *search, began int, took time.Duration) error {
	c.far.Tell(func(time.Duration) string { return c.progress(s, began, took) })
	if c.memory > 0 && memoryInUse() > uint64(c.memory) {
		if debug.FreeOSMemory(); memoryInUse() > uint64(c.memory) {
			c.stopped = outOfMemory
			return errEnough
		}
	}
	if c.keep == nil || c.far.Began()-c.kept < c.every {
		return nil
	}
	return c.write()
}

func (c *course) write() error {
	if c.keep == nil {
		return nil
	}
	c.kept = c.far.Began()
	return c.keep(c)
}

// memoryInUse gives the bytes that this process has of the machine, but for its code.
func memoryInUse() uint64 {
	all := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(all)
	return all[0].Value.Uint64() - all[1].Value.Uint64()
}

// progress says how far it is.
func (c *course) progress(s *search, began int, took time.Duration) string {
	rate := float64(s.looked-began) / max(took.Seconds(), 1e-6)
	return fmt.Sprintf("%s %d/%d: layer %d, %d states, %d to look at, %.0f/s, %s left", s.bound.Name, len(c.done)+1, len(c.bounds), s.depth(), s.states.count(), s.states.count()-s.looked, rate, remaining(s.left(), rate))
}

// remaining says how long so many states take at a rate, if that can be foretold.
func remaining(states int, rate float64) string {
	if seconds := float64(states) / rate; seconds < 7*24*60*60 {
		return "about " + tokens.HowLong(time.Duration(seconds*float64(time.Second)).Round(time.Second))
	}
	return "an unknown time"
}

// finding gives what was found, at least what nobody has heard of yet.
func (c *course) finding() *finding {
	switch {
	case c.found != nil:
		return c.found
	case c.unheard == nil && c.now != nil:
		return c.now.unheard
	}
	return c.unheard
}

// in is where it was found.
func (c *course) in() evidence.In {
	return evidence.In{Plan: c.plan, Weakness: c.weakness, Customer: c.customer}
}

// reached gives all that was met.
func (c *course) reached() *reached.Tally {
	all := reached.New()
	all.Add(c.total)
	if c.now != nil {
		all.Add(c.now.reach)
	}
	return all
}

// exploration is the JSON of explore.
type exploration struct {
	Exhausted       bool                      `json:"exhausted"` // every bound was
	Stopped         string                    `json:"stopped"`   // memory or interrupted, when it was before its end
	Bounds          []boundReport             `json:"bounds"`
	States          int                       `json:"states"`
	Verbs           int                       `json:"verbs"`
	Messages        int                       `json:"messages"`
	Walked          int                       `json:"walked"` // verbs beyond the bounds
	Reasons         map[string]int            `json:"reasons"`
	StatesPerSecond int                       `json:"states_per_second"`
	Redeemed        []string                  `json:"redeemed"`  // the services that redeemed something
	Reached         map[string]map[string]int `json:"reached"`   // what was met, by kind
	Unreached       []string                  `json:"unreached"` // what a default run has to meet and this one did not
	Excused         map[string]string         `json:"excused"`   // what need not be met, and why
	Monitors        map[string]string         `json:"monitors"`  // what was looked at after each verb, by name
	Found           string                    `json:"found"`
	Monitor         string                    `json:"monitor"` // whose finding it is
	Scenario        string                    `json:"scenario"`
	Lacking         string                    `json:"without,omitempty"` // the rules that were left out

	never []string // those that did not
	empty error    // what never happened
}

// result says what came of a course in a world.
func (c *course) result(w *world.World, took time.Duration) exploration {
	r := exploration{Exhausted: len(c.done) == len(c.bounds), Stopped: c.stopped, Bounds: append([]boundReport{}, c.done...), Walked: c.walked, Redeemed: []string{}, Unreached: []string{}}
	if c.now != nil {
		r.Bounds = append(r.Bounds, c.now.report(false))
	}
	for _, b := range r.Bounds {
		r.States += b.States
		r.Verbs += b.Verbs
		r.Messages += b.Messages
	}
	all := c.reached()
	r.StatesPerSecond, r.Reasons = perSecond(r.States, took), all.Of("reason")
	r.Reached, r.Excused = map[string]map[string]int{}, map[string]string{}
	for what, n := range all.Counts {
		if r.Reached[what.Kind] == nil {
			r.Reached[what.Kind] = map[string]int{}
		}
		r.Reached[what.Kind][strings.TrimSuffix(what.Name+" "+what.By, " ")] = n
	}
	for _, e := range reached.Excuses {
		r.Excused[e.What.String()] = e.Why
	}
	r.Monitors = map[string]string{}
	for _, m := range stage.Monitors() {
		r.Monitors[m.Name] = m.What
	}
	r.credit(w, all)
	if f := c.finding(); f != nil {
		r.Found, r.Monitor = f.What, f.Monitor
	}
	return r
}

// credit says which services redeemed something, and what never happened.
func (r *exploration) credit(w *world.World, total *reached.Tally) {
	redeemed, confirmed := total.Of("redeemed"), total.Of("confirmed")
	for _, p := range w.InKindOrder() {
		if redeemed[p.Name] > 0 {
			r.Redeemed = append(r.Redeemed, p.Name)
		} else {
			r.never = append(r.never, p.Name)
		}
	}
	switch {
	case len(r.Redeemed) > 0:
	case len(confirmed) == 0:
		r.empty = errors.New("no service confirmed anything, so that nothing was redeemed and no invariant was put to the test")
	default:
		r.empty = fmt.Errorf("%s confirmed something and nothing was redeemed, so that no invariant was put to the test", strings.Join(slices.Sorted(maps.Keys(confirmed)), ", "))
	}
}

func perSecond(n int, took time.Duration) int {
	return int(float64(n) / max(took.Seconds(), 1e-6))
}
