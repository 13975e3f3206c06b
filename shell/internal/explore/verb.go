// explore: look for an invariant that does not hold.

package explore

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"tokenshell/shell/internal/answer"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/files"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/page"
	"tokenshell/shell/internal/redact"
	"tokenshell/shell/internal/world"
	"tokenshell/tokens"
)

// Verb is the verb explore.
type Verb struct {
	Depth   int    `default:"12" placeholder:"N" help:"How many moves a walk has: 12 unless given."`
	Moves   int    `default:"40000" placeholder:"N" help:"How many moves in all: 40000 unless given."`
	Without string `complete:"check" placeholder:"CHECK" help:"Leave this rule out, to see that somebody notices; help checks lists them."`
	Out     string `complete:"file" placeholder:"FILE" help:"Write what is found to this file, a scenario; there must not be one yet."`
}

// exploration is the JSON of explore.
type exploration struct {
	States          int            `json:"states"`
	Verbs           int            `json:"verbs"`
	Walks           int            `json:"walks"`
	Reasons         map[string]int `json:"reasons"`
	StatesPerSecond int            `json:"states_per_second"`
	Redeemed        []string       `json:"redeemed"` // the services that redeemed something
	Found           string         `json:"found"`
	Scenario        string         `json:"scenario"`

	never []string // those that did not
	empty error    // what never happened
}

// Run explores worlds like the current one. The current one is not touched.
func (v *Verb) Run(ctx context.Context, w *world.World, seed interp.Seed, dir *files.Dir, out *answer.Out) error {
	if v.Depth < 1 || v.Moves < 1 {
		return exit.Usage("write 1 or more", "--depth and --moves are numbers of moves")
	}
	if _, err := w.Inspector(); err != nil {
		return err
	}
	if err := dir.MayWrite(v.Out); v.Out != "" && err != nil { // said early
		return err
	}
	weakness, err := world.Without(v.Without)
	if err != nil {
		return err
	}
	if v.Out != "" {
		if err := dir.Fresh(v.Out); err != nil { // before all the work
			return err
		}
	}
	e := &explorer{plan: w.Plan, weakness: weakness, seed: seed.Or(world.DefaultSeed), depth: v.Depth, budget: v.Moves}
	began := tokens.Stopwatch()
	far := out.LongWork()
	e.tell = func(e *explorer) {
		far.Tell(func(took time.Duration) string {
			return fmt.Sprintf("%s, %s, %s, %d states/s", page.Count(len(e.tried), "state"), page.Count(e.verbs, "verb"), page.Count(len(e.reasons), "reason"), perSecond(len(e.tried), took))
		})
	}
	found, err := e.explore(ctx)
	far.End()
	if err != nil {
		return err
	}
	took := began()
	result := exploration{
		States: len(e.tried), Verbs: e.verbs, Walks: e.walks, Reasons: e.reasons, StatesPerSecond: perSecond(len(e.tried), took),
		Redeemed: []string{}, empty: e.empty(),
	}
	for _, p := range w.InKindOrder() {
		if e.redeemed[p.Name] {
			result.Redeemed = append(result.Redeemed, p.Name)
		} else {
			result.never = append(result.never, p.Name)
		}
	}
	var unwritten error
	if found != nil {
		result.Found = found.what
		if result.Scenario, err = e.scenario(context.WithoutCancel(ctx), found); err != nil {
			return err
		}
		if v.Out != "" {
			if unwritten = dir.Fresh(v.Out); unwritten == nil { // it may have come meanwhile
				unwritten = dir.Write(v.Out, []byte(result.Scenario))
			}
		}
	}
	if err := showExploration(out, result, took); err != nil {
		return err
	}
	if unwritten != nil {
		return unwritten
	}
	if found != nil {
		return exit.InJSON(errors.New("an invariant is broken: " + found.what))
	}
	if ctx.Err() == nil && result.empty != nil {
		return exit.InJSON(result.empty)
	}
	return ctx.Err()
}

func showExploration(out *answer.Out, r exploration, took time.Duration) error {
	return out.Show(r, func(w *page.Page) {
		fmt.Fprintf(w, "%s, %s in %s, %s, %d states/s\n", page.Count(r.States, "state"), page.Count(r.Verbs, "verb"), page.Count(r.Walks, "walk"), page.Elapsed(took), r.StatesPerSecond)
		fmt.Fprintf(w, "reasons seen: %s\n", strings.Join(slices.Sorted(maps.Keys(r.Reasons)), " "))
		switch {
		case r.Found != "":
		case r.empty != nil:
			fmt.Fprintln(w, "nothing was redeemed")
			return
		case len(r.never) > 0:
			fmt.Fprintf(w, "every invariant held; nothing was redeemed by %s\n", strings.Join(r.never, ", "))
			return
		default:
			fmt.Fprintln(w, "every invariant held")
			return
		}
		w.Verbatim = true
		fmt.Fprintf(w, "found: %s\n%s", r.Found, r.Scenario)
		if redact.HasToken(r.Scenario) {
			fmt.Fprintln(w, "# it holds a token, which is not shown here: --out FILE writes it whole")
		}
	})
}

func perSecond(n int, took time.Duration) int {
	return int(float64(n) / max(took.Seconds(), 1e-6))
}
