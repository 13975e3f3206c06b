// Walkers: each looks at states in a world of its own.

package explore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"tokenshell/orchestrator"
	"tokenshell/shell/internal/bound"
	"tokenshell/shell/internal/reached"
	"tokenshell/shell/internal/stage"
)

// walker is what works through a part of a layer, in a world of its own.
type walker struct {
	search *search
	which  int
	stage  *stage.Stage
	ctx    context.Context

	path []int32              // the nodes from the first to where it stood when it went there last
	held []stage.Kept         // the stage at each of them
	here map[[16]byte]arrival // in the layer that is looked at
	next map[[16]byte]arrival // in the next one

	moves, inner []stage.Move
	tried        map[string]int // on walks, how often
	news         [][]stage.Step // of a walk: the ways to what looks new
	ended        map[[16]byte]bool
	before       reached.Standing // where everything stands before a move
	plans        [][]stage.Decision
	out          *batch
}

// batch is what came of some states.
type batch struct {
	by                       int // which walker
	children                 []node
	verbs, messages, endings int
	looked                   int
	reach                    *reached.Tally
	found                    *finding
	unheard                  *finding // of which nothing is seen; told when nothing else is found
	err                      error
	left                     bool // in the middle
}

func (s *search) newWalker(ctx context.Context) (*walker, error) {
	var (
		store  orchestrator.SavedStore
		ledger orchestrator.SavedLedger
	)
	if s.over != nil {
		store, ledger = s.over()
	}
	on, err := stage.Over(s.plan, s.weakness, s.bound, store, ledger)
	if err != nil {
		return nil, err
	}
	on.SettleOn(s.customer)
	on.Exact = s.exact
	if s.prepare != nil {
		s.prepare(on)
	}
	return &walker{search: s, stage: on, ctx: ctx, path: []int32{0}, held: []stage.Kept{on.Save()}}, nil
}

// arrival is how a state was come to first, and the stage there: who comes there
// another way has other names for the same.
type arrival struct {
	parent int32
	via    string
	kept   *stage.Kept // nil when there were too many
}

// mostArrivals bounds how many stages are kept of a layer: some ten kilobytes each.
const mostArrivals = 4096

// arrive notes a state that is new, and keeps the stage for when it is looked at.
func (w *walker) arrive(n node) {
	came := arrival{n.parent, n.via, nil}
	if len(w.next) < mostArrivals {
		kept := w.stage.Save()
		came.kept = &kept
	}
	w.next[n.digest] = came
	w.out.children = append(w.out.children, n)
}

// turn goes on to the next layer.
func (w *walker) turn() { w.here, w.next = w.next, map[[16]byte]arrival{} }

// stand takes the stage to a node, and gives it as it is there.
func (w *walker) stand(at int32) (stage.Kept, error) {
	n := w.search.at(at)
	if came := w.here[n.digest]; came.kept != nil && came.parent == n.parent && came.via == n.via {
		delete(w.here, n.digest)
		w.stage.Restore(*came.kept)
		return *came.kept, nil
	}
	err := w.walkTo(at)
	return w.held[len(w.held)-1], err
}

// walkTo goes to a node: back to where its way parts from the one that was gone
// before, and on from there.
func (w *walker) walkTo(at int32) error {
	var way []int32
	for n := at; n >= 0; n = w.search.at(n).parent {
		way = append(way, n)
	}
	slices.Reverse(way)
	common := 0
	for common < len(way) && common < len(w.path) && way[common] == w.path[common] {
		common++
	}
	w.path, w.held = w.path[:common], w.held[:common]
	w.stage.Restore(w.held[common-1])
	for _, n := range way[common:] {
		if err := w.again(stage.Unpack(w.search.at(n).via)); err != nil {
			return err
		}
		w.path, w.held = append(w.path, n), append(w.held, w.stage.Save())
	}
	return nil
}

// again goes a step that was gone before, without a look at what is seen there.
func (w *walker) again(st stage.Step) (err error) {
	w.stage.Blind = true
	defer func() {
		w.stage.Blind = false
		if r := recover(); r != nil { // it was read in a checkpoint
			err = fmt.Errorf("a panic: %v", r)
		}
		if err != nil {
			err = fmt.Errorf("what led to a state does not lead there again: %w", err)
		}
	}()
	return w.stage.Try(w.ctx, st.Move, st.Plan)
}

// look tries everything in a state, and gives the states that it led to.
func (w *walker) look(at int32) {
	here, err := w.stand(at)
	if err != nil {
		w.out.err = err
		return
	}
	if err := w.audit(); err != nil {
		w.out.found = w.search.arrived(at, err)
		return
	}
	w.out.reach.State(w.stage)
	if w.ending(at, here); w.out.found != nil {
		return
	}
	w.stage.Restore(here)
	w.before.Stands(w.stage)
	w.moves = w.stage.Moves(w.moves)
	w.inner = w.stage.Others(w.moves)
	left := w.search.bound.Faults - here.Past.Faults
	for _, m := range w.moves {
		if w.each(at, here, m, left-m.CostsFault()); w.out.found != nil || w.ctx.Err() != nil {
			return
		}
	}
}

// audit looks at the invariants of the whole world.
func (w *walker) audit() error {
	if !w.stage.Watches(stage.Audited) {
		return nil
	}
	if err := w.stage.World.Audit(); err != nil {
		return &stage.Complaint{Monitor: stage.Audited, Err: err}
	}
	return nil
}

// each tries a move with everything that may become of its messages.
func (w *walker) each(at int32, here stage.Kept, m stage.Move, left int) {
	s := w.stage
	w.plans = append(w.plans[:0], nil)
	for len(w.plans) > 0 {
		plan := w.plans[len(w.plans)-1]
		w.plans = w.plans[:len(w.plans)-1]
		s.Restore(here)
		broken := s.Try(w.ctx, m, plan)
		w.out.verbs++
		w.out.messages += len(s.Trace)
		w.out.reach.Tried(s, m, &w.before)
		if quiet := new(stage.Unheard); errors.As(broken, &quiet) {
			if w.out.unheard == nil {
				w.out.unheard = w.search.finding(at, stage.Step{Move: m, Plan: slices.Clone(plan)}, broken)
			}
		} else if broken != nil {
			if asked := new(stage.Parting); errors.As(broken, &asked) && asked.Ask != "" { // where the invariants fail, too, nobody need ask
				broken = cmp.Or(w.audit(), broken)
			}
			w.out.found = w.search.finding(at, stage.Step{Move: m, Plan: plan}, broken)
			return
		}
		if w.ctx.Err() != nil {
			return
		}
		digest := s.Digest()
		if came, ok := w.next[digest]; (!ok || at < came.parent) && !w.search.known(digest) { // pieces are not taken in their order
			w.arrive(node{digest, at, stage.Pack(stage.Step{Move: m, Plan: plan})})
		}
		used, moved := 0, m.CostsClock()
		for _, d := range plan {
			faults, clock := d.Costs()
			used, moved = used+faults, moved+clock
		}
		if used >= left {
			continue
		}
		for i := len(s.Trace) - 1; i >= len(plan); i-- {
			for _, fate := range s.Fates(s.Trace[i]) {
				between := i == 0 && (used+1 < left || s.Bound.Leaves("between")) && !s.Exact && s.Between(fate)
				if fate == bound.Interrupt && (s.Trace[i].Inner || !stage.Alphabet[m.Verb].Stops) || between && !fate.HasLine() {
					continue // what happens between verbs is looked at there
				}
				next := func(d stage.Decision) {
					longer := make([]stage.Decision, i+1)
					copy(longer, plan)
					longer[i] = d
					w.plans = append(w.plans, longer)
				}
				if !fate.HasLine() {
					next(stage.Decision{Fate: fate})
					continue
				}
				for _, other := range w.inner {
					if other.CostsClock() > s.Bound.Clock-here.Past.Clock-moved || between && slices.Contains(w.moves, other) {
						continue
					}
					next(stage.Decision{Fate: fate, Inner: other})
				}
			}
		}
	}
}

// lookAt looks at some states, one after the other.
func (w *walker) lookAt(from, to int) *batch {
	w.out = &batch{by: w.which, reach: reached.New()}
	for at := from; at < to && w.ctx.Err() == nil && w.out.found == nil && w.out.err == nil; at++ {
		w.look(int32(at))
		w.out.looked++
	}
	w.out.left = w.ctx.Err() != nil || w.out.err != nil
	return w.out
}
