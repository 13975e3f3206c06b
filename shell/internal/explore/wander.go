// Wandering: seeded walks beyond what is exhausted.

package explore

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"tokenshell/shell/internal/bound"
	"tokenshell/shell/internal/evidence"
	"tokenshell/shell/internal/reached"
	"tokenshell/shell/internal/stage"
	"tokenshell/tokens"
)

const (
	walkSteps = 16 // verbs of a walk
	walksOfA  = 8  // walks from the same state
	oddsFault = 2  // one of so many verbs has a message that goes wrong
	oddsMore  = 2  // and one of so many of those another one later
	movesOfA  = 3  // moves of which one is chosen
	fatesOfA  = 6  // fates of messages of which one is chosen

	newestEdges = 100    // states from which a quarter of the walks begin
	mostEdges   = 20_000 // states from which walks begin
	mostWay     = 12     // steps to them
	mostEnded   = 1 << 20
)

// beyond is the bound of walks that go on from the states of another: more than can
// be exhausted, and what the other's moves mean they mean here.
func beyond(b bound.Bound) bound.Bound {
	b.Name, b.Sessions, b.Tokens, b.Faults, b.Clock, b.Leave = "beyond "+b.Name, min(3, b.Sessions+1), min(6, b.Tokens+2), b.Faults+3, b.Clock+4, nil
	if b.Choices == 1 { // the first of them is the first of all
		b.Choices = 0
	}
	return b
}

// wander walks on from the states of the bounds, by chance, until the time is over,
// ctx ends or something is found.
func (c *course) wander(ctx context.Context, enough func() bool) error {
	rng := rand.New(rand.NewPCG(c.seed, 0))
	walkers, tried := map[string]*walker{}, map[string]int{}
	for !enough() && ctx.Err() == nil && c.found == nil {
		e := c.edges[rng.IntN(len(c.edges))]
		if rng.IntN(4) == 0 { // where nobody has been for long
			e = c.edges[len(c.edges)-1-rng.IntN(min(newestEdges, len(c.edges)))]
		}
		w := walkers[e.bound.Name]
		if w == nil {
			var err error
			if w, err = newSearch(c.plan, c.weakness, beyond(e.bound), c.customer).newWalker(ctx); err != nil {
				return err
			}
			walkers[e.bound.Name], w.tried, w.ended = w, tried, map[[16]byte]bool{}
		}
		w.out = &batch{reach: reached.New()}
		found, err := w.from(rng, e.way)
		if err != nil {
			return err
		}
		c.total.Add(w.out.reach)
		c.walked += w.out.verbs
		if found != nil {
			c.found = w.shorten(found)
		}
		for _, way := range w.news {
			if len(c.edges) < mostEdges {
				c.edges = append(c.edges, edge{e.bound, way})
			}
		}
		w.news = w.news[:0]
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
		if w.moves = s.Moves(w.moves); len(w.moves) == 0 || w.over() {
			break
		}
		st := stage.Step{Move: w.pick(rng)}
		here := s.Save()
		w.before.Stands(s)
		broken := s.Try(w.ctx, st.Move, nil)
		for odds := oddsFault; loud(broken) == nil && s.Bound.Faults > here.Past.Faults+len(st.Plan) && rng.IntN(odds) == 0; odds = oddsMore {
			from := len(st.Plan)
			at, d := w.decide(rng, st.Move, from)
			if d.Fate == "" {
				break
			}
			st.Plan = append(append(slices.Clip(st.Plan), make([]stage.Decision, at-from)...), d)
			s.Restore(here)
			broken = s.Try(w.ctx, st.Move, st.Plan)
		}
		way = append(way, st)
		w.out.verbs++
		w.out.messages += len(s.Trace)
		w.out.reach.Tried(s, st.Move, &w.before)
		if broken = loud(broken); broken == nil {
			broken = w.audit()
		}
		if w.ctx.Err() != nil {
			return nil
		}
		if broken != nil {
			return evidence.Of(broken, way, s.Bound)
		}
		if at := w.sight(); w.tried[at] == 0 && len(way) <= mostWay && !w.over() {
			w.tried[at]++
			w.news = append(w.news, slices.Clone(way))
		}
	}
	w.out.reach.State(s)
	if digest := s.Digest(); w.ended[digest] {
		return nil
	} else if len(w.ended) < mostEnded {
		w.ended[digest] = true
	}
	w.ending(0, s.Save())
	found := w.out.found
	if found != nil {
		w.out.found, found.Way = nil, append(way, found.Way...)
	}
	return found
}

// sight is what a state looks like from afar: how its orders and their tokens stand.
func (w *walker) sight() string {
	s := w.stage
	var all []string
	for _, of := range s.Model.Sessions {
		var one []string
		for _, st := range of.Stands() {
			one = append(one, fmt.Sprint(st.Hold.Service, st.Status, st.Result, st.Owed, st.Hold.State))
		}
		slices.Sort(one)
		all = append(all, s.Model.Stood(of)+strings.Join(one, ","))
	}
	slices.Sort(all)
	return fmt.Sprint(all, len(s.Model.Late))
}

// over reports whether every order has ended, and no other can be opened.
func (w *walker) over() bool {
	for _, of := range w.stage.Model.Sessions {
		switch w.stage.Model.Stood(of) {
		case "open", "redeeming", "stuck":
			return false
		}
	}
	return w.stage.Opened == w.stage.Bound.Sessions
}

// pick chooses a move: of some, the one that was tried least where its order stands.
func (w *walker) pick(rng *rand.Rand) (best stage.Move) {
	where := func(m stage.Move) string {
		of := w.stage.Model.Session(stage.OrderName(int(m.Order)))
		if of == nil {
			return fmt.Sprint(m.Verb)
		}
		return fmt.Sprint(m.Verb, w.stage.Model.Stood(of), len(of.Stands()))
	}
	least := ""
	for range movesOfA {
		m := w.moves[rng.IntN(len(w.moves))]
		if at := where(m); least == "" || w.tried[at] < w.tried[least] {
			best, least = m, at
		}
	}
	w.tried[least]++
	return best
}

// decide chooses a message that comes later, and what becomes of it: of some, what
// was tried least.
func (w *walker) decide(rng *rand.Rand, m stage.Move, from int) (at int, d stage.Decision) {
	s := w.stage
	least := ""
	for range fatesOfA {
		if from == len(s.Trace) {
			break
		}
		n := from + rng.IntN(len(s.Trace)-from)
		fates := s.Fates(s.Trace[n])
		if len(fates) == 0 {
			continue
		}
		fate := fates[rng.IntN(len(fates))]
		of := s.Trace[n].Asked() + string(fate)
		if fate == bound.Interrupt && (s.Trace[n].Inner || !stage.Alphabet[m.Verb].Stops) || least != "" && w.tried[of] >= w.tried[least] {
			continue
		}
		next := stage.Decision{Fate: fate}
		if fate.HasLine() {
			some := slices.DeleteFunc(s.Others(w.moves), func(other stage.Move) bool { return other.CostsClock()+other.CostsFault() > 0 })
			if len(some) == 0 {
				continue
			}
			next.Inner = some[rng.IntN(len(some))]
		}
		at, d, least = n, next, of
	}
	if least != "" {
		w.tried[least]++
	}
	return at, d
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
