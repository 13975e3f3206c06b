// explore: look at everything that may happen, for what must not.

package explore

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"tokenshell/shell/internal/answer"
	"tokenshell/shell/internal/bound"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/files"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/page"
	"tokenshell/shell/internal/reached"
	"tokenshell/shell/internal/redact"
	"tokenshell/shell/internal/report"
	"tokenshell/shell/internal/stage"
	"tokenshell/shell/internal/syntax"
	"tokenshell/shell/internal/world"
	"tokenshell/tokens"
)

// Verb is the verb explore.
type Verb struct {
	Bound      string      `complete:"bound" placeholder:"NAME=N,…" help:"How much may happen: sessions=1,tokens=2,choices=2,faults=2,clock=1,leeway=30s and more; or bounds by name, such as A,C; help bounds has both. Unless given, the small ones, one after the other."`
	Fates      string      `complete:"fates" placeholder:"FATE,…" help:"What may become of messages: lose, refuse, late, dup, crash, interrupt, meanwhile, meanwhile-after, slow. Unless given, whatever the bound allows."`
	Wander     syntax.Span `default:"0s" placeholder:"D" help:"Then walk on at random from the states of the bounds for this long; --seed says which way."`
	Workers    int         `default:"2" placeholder:"N" help:"How many look at the same time: 2 unless given. What is found does not depend on it."`
	Memory     syntax.Size `placeholder:"SIZE" help:"Stop when more memory than this is needed (500MB, 2GB), and say how far it came."`
	Checkpoint string      `complete:"file" placeholder:"FILE" help:"Write to this file how far it has come, every few seconds and when it stops, and go on from there if there is one."`
	Without    string      `complete:"check" placeholder:"CHECK" help:"Leave this rule out, to see that somebody notices; help checks lists them."`
	Out        string      `complete:"file" placeholder:"FILE" help:"Write what is found to this file, a scenario; there must not be one yet."`
	HTML       string      `name:"html" complete:"file" placeholder:"FILE" help:"Write what was covered to this file, a page; there must not be one yet."`
}

// boundReport is what came of one bound.
type boundReport struct {
	Name      string   `json:"name"`
	Bound     string   `json:"bound"`
	Without   []string `json:"leaves_out"` // fates and families of moves
	Exhausted bool     `json:"exhausted"`
	Depth     int      `json:"depth"` // verbs on the longest of the shortest ways
	States    int      `json:"states"`
	Waiting   int      `json:"waiting"` // states that nobody has looked at
	Verbs     int      `json:"verbs"`
	Messages  int      `json:"messages"`
	Digest    string   `json:"digest"` // of all states together
}

// mostWorkers is more than any machine has any use for.
const mostWorkers = 256

// bounds gives what is to be looked at.
func (v *Verb) bounds() ([]bound.Bound, error) {
	all := bound.Portfolio()
	if v.Bound != "" {
		named, ok := bound.Named(v.Bound)
		if all = named; !ok {
			b, err := bound.Parse(v.Bound)
			if err != nil {
				return nil, err
			}
			all = []bound.Bound{b}
		}
	}
	if v.Fates == "" {
		return all, nil
	}
	for i := range all {
		b, err := all[i].Only(v.Fates)
		if err != nil {
			return nil, err
		}
		all[i] = b
	}
	return all, nil
}

// Run explores worlds like the current one. The current one is not touched.
func (v *Verb) Run(ctx context.Context, call *interp.Call, w *world.World, seed interp.Seed, dir *files.Dir, out *answer.Out) error {
	bounds, err := v.bounds()
	if err != nil {
		return err
	}
	if v.Workers < 1 || v.Workers > mostWorkers {
		return exit.Usage(fmt.Sprintf("from 1 to %d", mostWorkers), "--workers %d is no number of workers", v.Workers)
	}
	if _, err := w.Inspector(); err != nil {
		return err
	}
	weakness, err := world.Without(v.Without)
	if err != nil {
		return err
	}
	for _, name := range []string{v.Out, v.HTML} {
		if name == "" {
			continue
		}
		if err := dir.MayWrite(name); err != nil { // said early
			return err
		}
		if err := dir.Fresh(name); err != nil { // before all the work
			return err
		}
	}
	if v.Out != "" && v.Out == v.HTML {
		return exit.Usage("name two files", "--out and --html are the same file")
	}
	customer, err := bound.Able(context.WithoutCancel(ctx), w.Plan)
	if err != nil {
		return err
	}
	began := tokens.Stopwatch()
	c := &course{
		plan: w.Plan, weakness: weakness, customer: customer, bounds: bounds, workers: v.Workers, seed: seed.Or(world.DefaultSeed), memory: v.Memory,
		far: out.LongWork(), total: reached.New(),
	}
	if v.Checkpoint != "" {
		k := &keeping{name: v.Checkpoint, of: newIdentity(w.Plan, v.Without, bounds)}
		if err := k.begin(ctx, dir, c); err != nil {
			return err
		}
		c.keep, c.every = k.write, keepEvery
	}
	err = c.run(ctx)
	if err == nil && c.finding() == nil && c.stopped == "" && v.Wander > 0 {
		err = c.wander(ctx, until(time.Duration(v.Wander)))
	}
	if c.far.End(); err != nil {
		return err
	}
	took := began()
	result := c.result(w, took)
	result.Lacking = v.Without
	found := c.finding()
	if found != nil {
		if result.Scenario, err = c.in().Proven(context.WithoutCancel(ctx), call.Language, found); err != nil {
			return err
		}
	}
	if v.Bound == "" && v.Fates == "" {
		on, err := stage.New(w.Plan, tokens.Weakness{}, bound.Bound{})
		if err != nil {
			return err
		}
		result.Unreached = c.reached().Missing(on)
	}
	var unwritten error
	if found != nil && v.Out != "" {
		unwritten = writeFresh(calm(ctx, dir), v.Out, []byte(result.Scenario))
	}
	if v.HTML != "" && unwritten == nil {
		text, err := c.page(context.WithoutCancel(ctx), result, v.facts(c, took), v.Bound == "" && v.Fates == "")
		if err != nil {
			return err
		}
		unwritten = writeFresh(calm(ctx, dir), v.HTML, text)
	}
	if err := showExploration(out, result, took); err != nil {
		return err
	}
	switch {
	case unwritten != nil:
		return unwritten
	case found != nil:
		return exit.InJSON(errors.New("an invariant is broken: " + result.Found))
	case c.stopped == outOfMemory:
		return exit.InJSON(fmt.Errorf("not everything was looked at: it needs more memory than %s", v.Memory))
	case ctx.Err() == nil && result.empty != nil:
		return exit.InJSON(result.empty)
	}
	return ctx.Err()
}

// facts gives what is said of the whole run on the page.
func (v *Verb) facts(c *course, took time.Duration) []report.Fact {
	file := "the embedded world"
	if c.plan.Source != nil {
		file = "a file of " + tokens.Count(len(c.plan.Source), "byte")
	}
	facts := []report.Fact{
		{Name: "world", Value: file}, {Name: "customer", Value: c.customer}, {Name: "without", Value: v.Without}, {Name: "fates", Value: v.Fates},
		{Name: "took", Value: tokens.HowLong(took.Round(100 * time.Millisecond))}, {Name: "workers", Value: strconv.Itoa(v.Workers)},
	}
	if c.walked > 0 {
		facts = append(facts, report.Fact{Name: "beyond the bounds", Value: tokens.Count(c.walked, "verb") + ", by chance"})
	}
	return facts
}

// calm gives a folder in which what is known is written although nobody waits any
// more.
func calm(ctx context.Context, dir *files.Dir) *files.Dir {
	to := *dir
	to.Ctx = context.WithoutCancel(ctx)
	return &to
}

// writeFresh writes a file of which there was none when it began.
func writeFresh(dir *files.Dir, name string, text []byte) error {
	if err := dir.Fresh(name); err != nil { // it may have come meanwhile
		return err
	}
	return dir.Write(name, text)
}

func showExploration(out *answer.Out, r exploration, took time.Duration) error {
	return out.Show(r, func(w *page.Page) {
		for _, b := range r.Bounds {
			fmt.Fprintf(w, "%s %s: %s, %s, %s, %s\n", b.Name, b.Bound, b.end(), page.Count(b.States, "state"), page.Count(b.Verbs, "verb"), page.Count(b.Messages, "message"))
		}
		fmt.Fprintf(w, "%s, %s in %s, %d states/s\n", page.Count(r.States, "state"), page.Count(r.Verbs, "verb"), page.Elapsed(took), r.StatesPerSecond)
		if r.Walked > 0 {
			fmt.Fprintf(w, "%s beyond these bounds, by chance\n", page.Count(r.Walked, "verb"))
		}
		fmt.Fprintf(w, "reasons seen: %s\n", strings.Join(slices.Sorted(maps.Keys(r.Reasons)), " "))
		switch {
		case len(r.Unreached) == 0:
		case r.Exhausted:
			fmt.Fprintf(w, "never reached: %s\n", strings.Join(r.Unreached, ", "))
		default:
			fmt.Fprintf(w, "not reached as far as this went: %s\n", page.Count(len(r.Unreached), "thing"))
		}
		if r.Found == "" {
			fmt.Fprintln(w, r.summary())
			if r.judges() {
				fmt.Fprintf(w, "hardly a token is made here that only %s refuses: attack run --without %s has them\n", r.Lacking, r.Lacking)
			}
			return
		}
		w.Verbatim = true
		fmt.Fprintf(w, "found: %s\n%s", r.Found, r.Scenario)
		if redact.HasToken(r.Scenario) {
			fmt.Fprintln(w, "# it holds a token, which is not shown here: --out FILE writes it whole")
		}
	})
}

// judges reports whether the rule that was left out is a check of tokens, and no promise
// of the parties.
func (r *exploration) judges() bool {
	return r.Lacking != "" && !slices.ContainsFunc(tokens.Weaknesses(), func(row tokens.WeaknessRow) bool { return row.Rule == r.Lacking })
}

// summary says in a sentence what came of it.
func (r *exploration) summary() string {
	held := "every invariant held"
	if r.Lacking != "" {
		held = "without " + r.Lacking + " " + held
	}
	switch {
	case r.Found != "":
		return "an invariant is broken"
	case r.empty != nil && r.Exhausted:
		return "nothing was redeemed"
	case r.empty != nil:
		return "nothing was redeemed as far as this went, which was not all"
	case r.Stopped == outOfMemory:
		return held + " as far as the memory went, which was not all"
	case !r.Exhausted:
		return held + " as far as this went, which was not all"
	case len(r.never) > 0:
		return held + " within these bounds; nothing was redeemed by " + strings.Join(r.never, ", ")
	}
	return held + " within these bounds"
}
