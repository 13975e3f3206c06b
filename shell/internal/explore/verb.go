// explore: look at everything that may happen, for what must not.

package explore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"tokenshell/shell/internal/answer"
	"tokenshell/shell/internal/bound"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/files"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/page"
	"tokenshell/shell/internal/redact"
	"tokenshell/shell/internal/stage"
	"tokenshell/shell/internal/syntax"
	"tokenshell/shell/internal/world"
	"tokenshell/tokens"
)

// Verb is the verb explore.
type Verb struct {
	Bound   string      `placeholder:"NAME=N,…" help:"How much may happen: sessions=1,tokens=2,faults=2,clock=1,leeway=30s. Unless given, five small bounds one after the other."`
	Fates   string      `placeholder:"FATE,…" help:"What may become of messages: lose, refuse, late, dup, crash, interrupt, meanwhile, slow. Unless given, whatever the bound allows."`
	Wander  syntax.Span `default:"0s" placeholder:"D" help:"Then walk beyond the bounds for so long, as --seed has it."`
	Workers int         `default:"2" placeholder:"N" help:"How many look at the same time: 2 unless given. What is found does not depend on it."`
	Without string      `complete:"check" placeholder:"CHECK" help:"Leave this rule out, to see that somebody notices; help checks lists them."`
	Out     string      `complete:"file" placeholder:"FILE" help:"Write what is found to this file, a scenario; there must not be one yet."`
}

// exploration is the JSON of explore.
type exploration struct {
	Exhausted       bool           `json:"exhausted"` // every bound was
	Bounds          []boundReport  `json:"bounds"`
	States          int            `json:"states"`
	Verbs           int            `json:"verbs"`
	Messages        int            `json:"messages"`
	Walked          int            `json:"walked"` // verbs beyond the bounds
	Reasons         map[string]int `json:"reasons"`
	StatesPerSecond int            `json:"states_per_second"`
	Redeemed        []string       `json:"redeemed"`  // the services that redeemed something
	Unreached       []string       `json:"unreached"` // what a default run has to meet and this one did not
	Found           string         `json:"found"`
	Scenario        string         `json:"scenario"`

	never []string // those that did not
	empty error    // what never happened
}

// boundReport is what came of one bound.
type boundReport struct {
	Name      string `json:"name"`
	Bound     string `json:"bound"`
	Exhausted bool   `json:"exhausted"`
	Depth     int    `json:"depth"` // verbs on the longest of the shortest ways
	States    int    `json:"states"`
	Waiting   int    `json:"waiting"` // states that nobody has looked at
	Verbs     int    `json:"verbs"`
	Messages  int    `json:"messages"`
	Digest    string `json:"digest"` // of all states together
}

// mostWorkers is more than any machine has any use for.
const mostWorkers = 256

// bounds gives what is to be looked at.
func (v *Verb) bounds() ([]bound.Bound, error) {
	all := bound.Portfolio()
	if v.Bound != "" {
		b, err := bound.Parse(v.Bound)
		if err != nil {
			return nil, err
		}
		all = []bound.Bound{b}
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
func (v *Verb) Run(ctx context.Context, w *world.World, seed interp.Seed, dir *files.Dir, out *answer.Out) error {
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
	if v.Out != "" {
		if err := dir.MayWrite(v.Out); err != nil { // said early
			return err
		}
		if err := dir.Fresh(v.Out); err != nil { // before all the work
			return err
		}
	}
	customer, err := bound.Able(context.WithoutCancel(ctx), w.Plan)
	if err != nil {
		return err
	}
	began := tokens.Stopwatch()
	far := out.LongWork()
	result, total := exploration{Exhausted: true, Bounds: []boundReport{}, Redeemed: []string{}}, newReach()
	var ( // what was found, at least what nobody has heard of yet
		unheard *finding
		in      *search
	)
	for _, b := range bounds {
		s := newSearch(w.Plan, weakness, b, customer)
		s.tell = func(s *search) {
			far.Tell(func(took time.Duration) string { return s.progress(result.States, took) })
		}
		found, err := s.run(ctx, v.Workers)
		if err != nil {
			far.End()
			return err
		}
		result.add(s, found == nil && ctx.Err() == nil)
		total.add(s.reach)
		if found != nil || unheard == nil && s.unheard != nil {
			unheard, in = cmp.Or(found, s.unheard), s
		}
		if found != nil || ctx.Err() != nil {
			break
		}
	}
	result.Exhausted = result.Exhausted && len(result.Bounds) == len(bounds)
	if unheard == nil && v.Wander > 0 && ctx.Err() == nil {
		s, found, err := wander(ctx, w.Plan, weakness, customer, seed.Or(world.DefaultSeed), until(time.Duration(v.Wander)))
		if err != nil {
			far.End()
			return err
		}
		total.add(s.reach)
		result.Walked, unheard, in = s.verbs, found, s
	}
	far.End()
	if unheard != nil {
		result.Found = unheard.What
		if result.Scenario, err = in.scenario(context.WithoutCancel(ctx), unheard); err != nil {
			return err
		}
	}
	took := began()
	result.StatesPerSecond, result.Reasons = perSecond(result.States, took), total.of("reason")
	result.credit(w, total)
	result.Unreached = []string{}
	if v.Bound == "" && v.Fates == "" {
		on, err := stage.New(w.Plan, tokens.Weakness{}, bound.Bound{})
		if err != nil {
			return err
		}
		result.Unreached = append(result.Unreached, total.missing(on)...)
	}
	var unwritten error
	if result.Found != "" && v.Out != "" {
		if unwritten = dir.Fresh(v.Out); unwritten == nil { // it may have come meanwhile
			unwritten = dir.Write(v.Out, []byte(result.Scenario))
		}
	}
	if err := showExploration(out, result, took); err != nil {
		return err
	}
	switch {
	case unwritten != nil:
		return unwritten
	case result.Found != "":
		return exit.InJSON(errors.New("an invariant is broken: " + result.Found))
	case ctx.Err() == nil && result.empty != nil:
		return exit.InJSON(result.empty)
	}
	return ctx.Err()
}

// add adds what came of a bound.
func (r *exploration) add(s *search, exhausted bool) {
	r.Bounds = append(r.Bounds, s.report(exhausted))
	r.Exhausted = r.Exhausted && exhausted
	r.States += len(s.nodes)
	r.Verbs += s.verbs
	r.Messages += s.messages
}

// credit says which services redeemed something, and what never happened.
func (r *exploration) credit(w *world.World, total *reach) {
	redeemed, confirmed := total.of("redeemed"), total.of("confirmed")
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

func showExploration(out *answer.Out, r exploration, took time.Duration) error {
	return out.Show(r, func(w *page.Page) {
		for _, b := range r.Bounds {
			end := "exhausted"
			if !b.Exhausted {
				end = fmt.Sprintf("not exhausted, %s left", page.Count(b.Waiting, "state"))
			}
			fmt.Fprintf(w, "%s %s: %s, %s, %s, %s\n", b.Name, b.Bound, end, page.Count(b.States, "state"), page.Count(b.Verbs, "verb"), page.Count(b.Messages, "message"))
		}
		fmt.Fprintf(w, "%s, %s in %s, %d states/s\n", page.Count(r.States, "state"), page.Count(r.Verbs, "verb"), page.Elapsed(took), r.StatesPerSecond)
		if r.Walked > 0 {
			fmt.Fprintf(w, "%s beyond these bounds, by chance\n", page.Count(r.Walked, "verb"))
		}
		fmt.Fprintf(w, "reasons seen: %s\n", strings.Join(slices.Sorted(maps.Keys(r.Reasons)), " "))
		if len(r.Unreached) > 0 {
			fmt.Fprintf(w, "never reached: %s\n", strings.Join(r.Unreached, ", "))
		}
		switch {
		case r.Found != "":
			w.Verbatim = true
			fmt.Fprintf(w, "found: %s\n%s", r.Found, r.Scenario)
			if redact.HasToken(r.Scenario) {
				fmt.Fprintln(w, "# it holds a token, which is not shown here: --out FILE writes it whole")
			}
		case r.empty != nil:
			fmt.Fprintln(w, "nothing was redeemed")
		case !r.Exhausted:
			fmt.Fprintln(w, "every invariant held as far as this went, which was not all")
		case len(r.never) > 0:
			fmt.Fprintf(w, "every invariant held within these bounds; nothing was redeemed by %s\n", strings.Join(r.never, ", "))
		default:
			fmt.Fprintln(w, "every invariant held within these bounds")
		}
	})
}

func perSecond(n int, took time.Duration) int {
	return int(float64(n) / max(took.Seconds(), 1e-6))
}
