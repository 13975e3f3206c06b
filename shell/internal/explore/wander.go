// Wandering: seeded walks beyond what is exhausted.

package explore

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"tokenshell/shell/internal/bound"
	"tokenshell/shell/internal/stage"
	"tokenshell/shell/internal/wire"
	"tokenshell/tokens"
)

const (
	walkSteps = 25 // verbs of a walk
	walksOfA  = 8  // walks from the same state
	oddsFault = 3  // one of so many verbs has a message that goes wrong
)

// beyond is the bound of walks that go on from the states of another: more than can
// be exhausted.
func beyond(b bound.Bound) bound.Bound {
	return bound.Bound{
		Name: "beyond " + b.Name, Sessions: min(3, b.Sessions+1), Tokens: min(6, b.Tokens+2), Choices: b.Choices, Faults: b.Faults + 3, Clock: b.Clock + 4, Leeway: b.Leeway,
	}
}

// wander walks on from the states of the bounds, by chance, until the time is over,
// ctx ends or something is found.
func (c *course) wander(ctx context.Context, enough func() bool) error {
	rng := rand.New(rand.NewPCG(c.seed, 0))
	walkers := map[string]*walker{}
	for !enough() && ctx.Err() == nil && c.found == nil {
		e := c.edges[rng.IntN(len(c.edges))]
		w := walkers[e.bound.Name]
		if w == nil {
			var err error
			if w, err = newSearch(c.plan, c.weakness, beyond(e.bound), c.customer).newWalker(ctx); err != nil {
				return err
			}
			walkers[e.bound.Name] = w
		}
		w.out = &batch{reach: newReach()}
		found, err := w.from(rng, e.way)
		if err != nil {
			return err
		}
		c.total.add(w.out.reach)
		c.walked += w.out.verbs
		if found != nil {
			c.found = w.shorten(found)
		}
		c.far.Tell(func(took time.Duration) string {
			return fmt.Sprintf("%s beyond the bounds, %d/s", tokens.Count(c.walked, "verb"), perSecond(c.walked, took))
		})
	}
	return nil
}

// from walks some times from where a way leads.
func (w *walker) from(rng *rand.Rand, way []stage.Step) (*finding, error) {
	s := w.stage
	s.Restore(w.held[0])
	for _, st := range way {
		if err := w.again(st); err != nil {
			return nil, err
		}
	}
	here := s.Save()
	for range walksOfA {
		s.Restore(here)
		if found := w.walk(rng, way); found != nil || w.ctx.Err() != nil {
			return found, nil
		}
	}
	return nil, nil
}

// walk makes verbs that chance chooses, and ends.
func (w *walker) walk(rng *rand.Rand, way []stage.Step) *finding {
	s := w.stage
	way = slices.Clone(way)
	for range walkSteps {
		if w.moves = s.Moves(w.moves); len(w.moves) == 0 {
			break
		}
		st := stage.Step{Move: w.moves[rng.IntN(len(w.moves))]}
		here := s.Save()
		w.before.stands(s)
		broken := s.Try(w.ctx, st.Move, nil)
		if left := s.Bound.Faults - s.Faults; broken == nil && left > 0 && len(s.Trace) > 0 && rng.IntN(oddsFault) == 0 {
			at := rng.IntN(len(s.Trace))
			if d := w.decide(rng, st.Move, s.Trace[at]); d.Fate != "" {
				st.Plan = make([]stage.Decision, at+1)
				st.Plan[at] = d
				s.Restore(here)
				broken = s.Try(w.ctx, st.Move, st.Plan)
			}
		}
		way = append(way, st)
		w.out.verbs++
		w.out.messages += len(s.Trace)
		w.out.reach.tried(s, st.Move, &w.before)
		if broken = loud(broken); broken == nil {
			broken = s.World.Audit()
		}
		if w.ctx.Err() != nil {
			return nil
		}
		if broken != nil {
			return &finding{broken.Error(), way, s.Bound}
		}
	}
	w.out.reach.state(s)
	last := s.Save()
	for _, first := range [][]stage.Move{nil, {{Verb: stage.Advances, Arg: stage.FarAway}}} {
		s.Restore(last)
		if w.end(0, first); w.out.found != nil {
			found := w.out.found
			w.out.found, found.Way = nil, append(way, found.Way...)
			return found
		}
	}
	return nil
}

// decide gives what becomes of a message, by chance.
func (w *walker) decide(rng *rand.Rand, m stage.Move, of stage.Message) stage.Decision {
	fates := w.stage.Fates(of)
	if len(fates) == 0 {
		return stage.Decision{}
	}
	switch fate := fates[rng.IntN(len(fates))]; {
	case fate == bound.Interrupt && (of.Inner || !stage.Alphabet[m.Verb].Stops):
		return stage.Decision{}
	case fate == wire.Meanwhile:
		some := slices.DeleteFunc(stage.Others(w.moves), func(other stage.Move) bool { return other.CostsClock()+other.CostsFault() > 0 })
		if len(some) == 0 {
			return stage.Decision{}
		}
		return stage.Decision{Fate: fate, Inner: some[rng.IntN(len(some))]}
	default:
		return stage.Decision{Fate: fate}
	}
}

// shorten leaves out steps and decisions for as long as something still breaks.
func (w *walker) shorten(found *finding) *finding {
	for again := true; again && w.ctx.Err() == nil; { // until nothing can be left out
		again = false
		for i := len(found.Way) - 1; i >= 0; i-- {
			if shorter := w.breaks(slices.Delete(slices.Clone(found.Way), i, i+1)); shorter != nil {
				found, again = shorter, true
				i = min(i, len(found.Way))
				continue
			}
			if len(found.Way[i].Plan) > 0 {
				plain := slices.Clone(found.Way)
				plain[i].Plan = nil
				if shorter := w.breaks(plain); shorter != nil {
					found, again = shorter, true
					i = min(i, len(found.Way))
				}
			}
		}
	}
	return found
}

// breaks goes a way, as far as it makes sense, and gives what breaks on it.
func (w *walker) breaks(way []stage.Step) *finding {
	s := w.stage
	s.Restore(w.held[0])
	for i, st := range way {
		far := st.Move.Verb == stage.Advances && st.Move.Arg == stage.FarAway
		if w.moves = s.Moves(w.moves); !far && !slices.Contains(w.moves, st.Move) {
			return nil
		}
		broken := s.Try(w.ctx, st.Move, st.Plan)
		if broken = loud(broken); broken == nil {
			broken = s.World.Audit()
		}
		if broken != nil {
			return &finding{broken.Error(), slices.Clone(way[:i+1]), s.Bound}
		}
	}
	return nil
}

// loud leaves out of what broke what nothing is seen of.
func loud(broken error) error {
	if errors.As(broken, new(*stage.Unheard)) {
		return nil
	}
	return broken
}

// until gives a func that says whether so much time has passed.
func until(d time.Duration) func() bool {
	passed := tokens.Stopwatch()
	return func() bool { return passed() >= d }
}
