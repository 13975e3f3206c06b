// bench: the verb.

package bench

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"tokenshell/shell/internal/answer"
	"tokenshell/shell/internal/conform"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/files"
	"tokenshell/shell/internal/foreign"
	"tokenshell/shell/internal/page"
	"tokenshell/shell/internal/redact"
	"tokenshell/shell/internal/world"
	"tokenshell/tokens"
)

// Verb is the verb bench.
type Verb struct {
	For     time.Duration `default:"2s" placeholder:"D" help:"For how long new orders are begun: 2s unless given, a day at most."`
	Workers *int          `placeholder:"N" help:"How many orders are at work at the same time: as many as there are processors unless given, one with --target."`
	Target  string        `complete:"file" placeholder:"FILE" help:"Measure the relay that this target file describes, and count how much it answers wrongly."`
}

// mostWorkers is more than any machine has any use for.
const mostWorkers = 256

// Measured is what is said of a measurement, in JSON.
type Measured struct {
	Orders      int      `json:"orders"`
	Seconds     float64  `json:"seconds"`
	Workers     int      `json:"workers"`
	PerSecond   float64  `json:"orders_per_second"`
	Latency     Latency  `json:"latency_us"`
	Bare        float64  `json:"bare_check_us"`
	Ratio       float64  `json:"order_over_bare_check"` // of the medians
	Steps       []Step   `json:"steps"`
	Histogram   []Bar    `json:"histogram"`
	Domains     []string `json:"domains"`
	LeftOut     []string `json:"left_out"`
	Interrupted bool     `json:"interrupted"`
	Target      *Target  `json:"target,omitempty"`
}

// Latency is of an order, from its opening to its end, in microseconds.
type Latency struct {
	P50  float64 `json:"p50"`
	P90  float64 `json:"p90"`
	P95  float64 `json:"p95"`
	P99  float64 `json:"p99"`
	P999 float64 `json:"p99_9"`
	Max  float64 `json:"max"`
}

// Step is where time went: at a party, without what others did for it meanwhile.
type Step struct {
	Party string  `json:"party"`
	Step  string  `json:"step"`
	Times int     `json:"times"`
	Each  float64 `json:"each_us"`
	Share float64 `json:"share"`
}

// Bar is the orders that took up to so long, and longer than the bar before.
type Bar struct {
	UpTo   float64 `json:"up_to_us"`
	Orders int     `json:"orders"`
}

// Target is what became of somebody else's relay.
type Target struct {
	Name    string   `json:"name"`
	Answers int      `json:"answers"`
	Wrong   int      `json:"wrong"`
	What    []string `json:"what"`
}

// Run measures. The current world is not touched.
func (v *Verb) Run(ctx context.Context, w *world.World, dir *files.Dir, out *answer.Out) error {
	switch {
	case v.For <= 0 || v.For > 24*time.Hour:
		return exit.Usage("from a millisecond to 24h", "--for %s is no time to measure for", v.For)
	case v.Workers != nil && (*v.Workers < 1 || *v.Workers > mostWorkers):
		return exit.Usage(fmt.Sprintf("from 1 to %d", mostWorkers), "--workers %d is no number of workers", *v.Workers)
	}
	c := &course{build: world.Build, plan: w.Plan, workers: runtime.GOMAXPROCS(0), target: v.Target != ""}
	var target *Target
	if v.Target == "" {
		if _, err := w.Inspector(); err != nil {
			return err // ours would say nothing of this one
		}
	} else {
		f, end, err := v.reach(ctx, dir, out, c)
		if err != nil {
			return err
		}
		defer end()
		target = &Target{Name: f.Name}
	}
	if v.Workers != nil {
		c.workers = *v.Workers
	}
	if err := c.choose(ctx); err != nil {
		return err
	}
	far := out.LongWork()
	watch := tokens.Stopwatch()
	var some atomic.Bool
	c.enough = func() bool { return some.Load() && watch() >= v.For }
	c.tell = func(done int) {
		some.Store(true)
		far.Tell(func(took time.Duration) string {
			return fmt.Sprintf("%s in %s of %s", page.Count(done, "order"), page.Elapsed(took), page.Elapsed(v.For))
		})
	}
	err := c.run(ctx)
	took := watch()
	far.End()
	if err != nil && ctx.Err() == nil {
		return err
	}
	m := c.measured(took, ctx.Err() != nil)
	if target != nil {
		target.Answers, target.Wrong, target.What = c.asked, c.wrongs, append([]string{}, c.wrong...)
		m.Target = target
	}
	calm := *out
	calm.Ctx = context.WithoutCancel(ctx)
	if err := calm.Show(m, m.write); err != nil {
		return err
	}
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case c.wrongs > 0:
		return exit.InJSON(fmt.Errorf("%s got %d of %s wrong", target.Name, c.wrongs, page.Count(c.asked, "answer")))
	}
	return nil
}

// reach begins to reach a target.
func (v *Verb) reach(ctx context.Context, dir *files.Dir, out *answer.Out, c *course) (f *foreign.File, end func(), err error) {
	if err := dir.MayRead(v.Target); err != nil {
		return nil, nil, err
	}
	if err := dir.MayRun(); err != nil {
		return nil, nil, err
	}
	if f, err = foreign.Read(ctx, dir.Full(v.Target)); err != nil {
		return nil, nil, err
	}
	session, err := conform.Open(f, func(text string) { fmt.Fprintln(out.Stderr, text) })
	if err != nil {
		return nil, nil, err
	}
	c.build, c.workers = session.Build, 1
	return f, session.Close, nil
}

func microseconds(d time.Duration) float64 { return math.Round(float64(d)/100) / 10 }

// measured puts the figures together.
func (c *course) measured(took time.Duration, interrupted bool) *Measured {
	slices.Sort(c.took)
	slices.Sort(c.bare)
	at := func(part float64) float64 { return microseconds(percentile(c.took, part)) }
	m := &Measured{
		Orders: len(c.took), Seconds: math.Round(took.Seconds()*1000) / 1000, Workers: c.workers, Interrupted: interrupted,
		Latency: Latency{at(0.5), at(0.9), at(0.95), at(0.99), at(0.999), at(1)},
		Bare:    microseconds(percentile(c.bare, 0.5)), Steps: []Step{}, Histogram: []Bar{},
		Domains: append([]string{}, c.parties...), LeftOut: append([]string{}, c.leftOut...),
	}
	if c.busy > 0 { // worlds are made between orders
		m.PerSecond = math.Round(float64(len(c.took))/c.busy.Seconds()*float64(c.workers)*10) / 10
	}
	if m.Bare > 0 {
		m.Ratio = math.Round(m.Latency.P50/m.Bare*100) / 100
	}
	c.steps.mu.Lock()
	defer c.steps.mu.Unlock()
	var all time.Duration
	for _, s := range c.steps.all {
		all += max(0, s.own)
	}
	for what, s := range c.steps.all {
		if s.times > 0 {
			m.Steps = append(m.Steps, Step{what.party, what.name, s.times, microseconds(max(0, s.own) / time.Duration(s.times)), math.Round(float64(max(0, s.own))/float64(all)*1000) / 1000})
		}
	}
	slices.SortFunc(m.Steps, func(a, b Step) int {
		return cmp.Or(cmp.Compare(b.Share, a.Share), cmp.Compare(a.Party, b.Party), cmp.Compare(a.Step, b.Step))
	})
	m.Histogram = histogram(c.took)
	return m
}

// histogram puts sorted durations into bars, each as much longer than the one
// before, so that some dozen hold all but the slowest.
func histogram(all []time.Duration) []Bar {
	bars := []Bar{}
	if len(all) == 0 {
		return bars
	}
	low, high := float64(all[0]), float64(percentile(all, 0.999))
	const most = 12
	factor := max(1.05, math.Pow(1.001*high/low, 1.0/most))
	to := low * factor
	bars = append(bars, Bar{UpTo: microseconds(time.Duration(to))})
	for _, d := range all {
		for float64(d) > to && len(bars) <= most {
			to *= factor
			bars = append(bars, Bar{UpTo: microseconds(time.Duration(to))})
		}
		bars[len(bars)-1].Orders++
	}
	bars[len(bars)-1].UpTo = microseconds(all[len(all)-1]) // which holds all that is left
	return bars
}

// longest is how long the bars are where nobody has a window.
const longest = 40

func (m *Measured) write(p *page.Page) {
	if m.Interrupted {
		fmt.Fprintln(p, "interrupted; until then:")
	}
	fmt.Fprintf(p, "%s in %s by %s: %.1f a second\n",
		page.Count(m.Orders, "order"), page.Elapsed(time.Duration(m.Seconds*1e9)), page.Count(m.Workers, "worker"), m.PerSecond)
	if len(m.LeftOut) > 0 {
		fmt.Fprintf(p, "left out: %s\n", redact.Printable(strings.Join(m.LeftOut, "; ")))
	}
	if m.Target != nil {
		fmt.Fprintf(p, "%s got %d of %s wrong\n", m.Target.Name, m.Target.Wrong, page.Count(m.Target.Answers, "answer"))
		for _, what := range m.Target.What {
			fmt.Fprintf(p, "  %s\n", redact.Printable(what))
		}
	}
	if m.Orders == 0 {
		return
	}
	fmt.Fprintf(p, "an order takes %.1f times a bare signature check, which takes %s here\n\n", m.Ratio, short(m.Bare))
	points := page.NewTable("OF 100 ORDERS", "TAKE AT MOST")
	for _, row := range []struct {
		part string
		is   float64
	}{{"50", m.Latency.P50}, {"90", m.Latency.P90}, {"95", m.Latency.P95}, {"99", m.Latency.P99}, {"99.9", m.Latency.P999}, {"100", m.Latency.Max}} {
		points.Row(page.Rigid(row.part), page.Rigid(short(row.is)))
	}
	points.Write(p)
	fmt.Fprintln(p)
	m.writeBars(p)
	fmt.Fprintln(p)
	rows := page.NewTable("PARTY", "STEP", "TIMES", "EACH", "SHARE")
	for _, s := range m.Steps {
		rows.Row(page.Rigid(s.Party), page.Rigid(s.Step), s.Times, page.Rigid(short(s.Each)), page.Rigid(fmt.Sprintf("%.1f%%", s.Share*100)))
	}
	rows.Write(p)
}

// writeBars draws the histogram as wide as the window.
func (m *Measured) writeBars(p *page.Page) {
	width, tallest := 0, 0
	labels := make([]string, len(m.Histogram))
	for i, bar := range m.Histogram {
		labels[i] = "up to " + short(bar.UpTo)
		width, tallest = max(width, len([]rune(labels[i]))), max(tallest, bar.Orders)
	}
	room := longest
	if p.Width > 0 {
		room = max(4, min(120, p.Width-width-12))
	}
	for i, bar := range m.Histogram {
		long := (bar.Orders*room + tallest - 1) / tallest // what there is, is seen
		pad := strings.Repeat(" ", width-len([]rune(labels[i])))
		fmt.Fprintf(p, "%s%s  %s\n", labels[i], pad, strings.TrimLeft(fmt.Sprintf("%s %d", strings.Repeat("#", long), bar.Orders), " "))
	}
}

// short writes microseconds for people.
func short(us float64) string {
	switch {
	case us < 1000:
		return fmt.Sprintf("%.0f µs", us)
	case us < 1e6:
		return fmt.Sprintf("%.1f ms", us/1000)
	}
	return fmt.Sprintf("%.1f s", us/1e6)
}
