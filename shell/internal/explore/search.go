// Package explore looks at everything that may happen in a world, within a bound,
// for what must not.
package explore

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"

	"tokenshell/orchestrator"
	"tokenshell/shell/internal/bound"
	"tokenshell/shell/internal/pieces"
	"tokenshell/shell/internal/stage"
	"tokenshell/shell/internal/world"
	"tokenshell/tokens"
)

// finding is what broke, and the way there.
type finding struct {
	What    string
	Way     []stage.Step
	Bound   bound.Bound
	Monitor string // whose it is; empty of a panic
}

func newFinding(broken error, way []stage.Step, b bound.Bound) *finding {
	f := &finding{What: broken.Error(), Way: way, Bound: b}
	if by := new(stage.Complaint); errors.As(broken, &by) {
		f.Monitor = by.Monitor
	}
	return f
}

// search looks at all that a bound allows.
type search struct {
	plan     *world.Plan
	weakness tokens.Weakness
	bound    bound.Bound
	customer string
	exact    bool                                                       // states are told apart that need not be: to see that nothing is lost
	prepare  func(*stage.Stage)                                         // changes the stages; may be nil
	over     func() (orchestrator.SavedStore, orchestrator.SavedLedger) // what relays are over; nil is memory

	mu     sync.RWMutex // of states, while walkers look
	states states
	looked int            // how many states were looked at: the first so many
	layers []int          // where each layer ends: its states are looked at before any that they lead to
	pieces []pieces.Piece // of the layer that comes next, as far as it is known who came there

	verbs, messages, endings int
	reach                    *stage.Reach
	unheard                  *finding
	step                     func(*search) error // after each piece; it may stop the search. May be nil
}

// report says what came of it.
func (s *search) report(exhausted bool) boundReport {
	return boundReport{
		Name: s.bound.Name, Bound: s.bound.String(), Without: append([]string{}, s.bound.Leave...), Exhausted: exhausted, Depth: s.depth(), States: s.states.count(), Waiting: s.states.count() - s.looked,
		Verbs: s.verbs, Messages: s.messages, Digest: s.states.fingerprint(),
	}
}

// newSearch makes one that has seen the beginning.
func newSearch(plan *world.Plan, weakness tokens.Weakness, b bound.Bound, customer string) *search {
	return &search{plan: plan, weakness: weakness, bound: b, customer: customer, reach: stage.NewReach()}
}

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
	before       stage.Standing // where everything stands before a move
	plans        [][]stage.Decision
	out          *batch
}

// batch is what came of some states.
type batch struct {
	by                       int // which walker
	children                 []node
	verbs, messages, endings int
	looked                   int
	reach                    *stage.Reach
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
				if fate == bound.Interrupt && (s.Trace[i].Inner || !stage.Alphabet[m.Verb].Stops) {
					continue
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
					if other.CostsClock() > s.Bound.Clock-here.Past.Clock-moved {
						continue
					}
					next(stage.Decision{Fate: fate, Inner: other})
				}
			}
		}
	}
}

// arrived says what is broken in a state that was reached.
func (s *search) arrived(at int32, broken error) *finding {
	last := s.at(at)
	return s.finding(last.parent, stage.Unpack(last.via), broken)
}

// finding says what broke, and how to get there.
func (s *search) finding(at int32, last stage.Step, broken error) *finding {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return newFinding(broken, append(s.states.way(at), last), s.bound)
}

// known reports whether a state was reached before. One that will be reached at the
// same time is not, yet.
func (s *search) known(digest [16]byte) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.states.known(digest)
}

// at gives a state.
func (s *search) at(n int32) node {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.states.at(n)
}

// run looks at everything; it ends early when ctx does, or with what broke. What it
// finds does not depend on the number of workers: what came of the states of a layer
// is taken over in their order.
func (s *search) run(ctx context.Context, workers int) (*finding, error) {
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // little is kept, and much is thrown away
	walkers := make([]*walker, max(1, workers))
	for i := range walkers {
		w, err := s.newWalker(ctx)
		if err != nil {
			return nil, err
		}
		walkers[i] = w
	}
	if s.states.count() == 0 {
		s.states.add(node{walkers[0].stage.Digest(), -1, ""})
		s.layers = []int{1}
	}
	for {
		if f, err := s.lookAtLayer(ctx, walkers); f != nil || err != nil || s.looked < s.layer() {
			return f, err
		}
		if s.layer() == s.states.count() {
			return nil, nil
		}
		s.layers = append(s.layers, s.states.count())
	}
}

// depth gives how many verbs it takes to the states that are looked at.
func (s *search) depth() int { return max(0, len(s.layers)-1) }

// layer gives where the layer ends that is looked at.
func (s *search) layer() int {
	if len(s.layers) == 0 {
		return 0
	}
	return s.layers[len(s.layers)-1]
}

// mostLayers is how far an estimate looks ahead.
const mostLayers = 60

// left estimates how many states are to be looked at: those that are known, and those
// that are to be expected as the layers grow and shrink.
func (s *search) left() int {
	begin := func(n int) int { // of a layer, from the last
		if n = len(s.layers) - 2 - n; n < 0 {
			return 0
		}
		return s.layers[n]
	}
	size, before := float64(s.layer()-begin(0)), float64(begin(0)-begin(1))
	looked := float64(s.looked - begin(0))
	known := s.states.count() - s.looked
	if looked == 0 || before == 0 {
		return known
	}
	next := float64(s.states.count()-s.layer()) * size / looked
	growth, was := next/size, size/before
	bends := min(growth/was, 0.95)
	total := size - looked
	for range mostLayers {
		if next < 1 {
			break
		}
		total += next
		growth *= bends
		next *= growth
	}
	return max(known, int(total))
}

// exhausted reports whether nothing is left to look at.
func (s *search) exhausted() bool { return s.looked > 0 && s.looked == s.states.count() }

// errEnough is that a search is to end, and what is known is good.
var errEnough = errors.New("enough")

// lookAtLayer has the walkers look at the states of a layer, piece by piece.
func (s *search) lookAtLayer(ctx context.Context, walkers []*walker) (*finding, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	h := pieces.New(s.pieces, s.looked, s.layer())
	s.pieces = nil
	done := make([]chan *batch, len(h.All))
	for i := range done {
		done[i] = make(chan *batch, 1)
	}
	var all sync.WaitGroup
	defer all.Wait()
	defer stop()
	for i, w := range walkers {
		w.ctx, w.which = ctx, i
		w.turn()
		all.Go(func() {
			for piece, ok := h.Next(i); ok; piece, ok = h.Next(i) {
				done[piece] <- w.lookAt(h.All[piece].From, h.All[piece].To)
			}
		})
	}
	for _, piece := range done {
		if f, err := s.take(<-piece); f != nil || err != nil {
			return f, err
		}
		if ctx.Err() != nil {
			return nil, nil
		}
		if s.step == nil {
			continue
		}
		if err := s.step(s); errors.Is(err, errEnough) {
			return nil, nil
		} else if err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// lookAt looks at some states, one after the other.
func (w *walker) lookAt(from, to int) *batch {
	w.out = &batch{by: w.which, reach: stage.NewReach()}
	for at := from; at < to && w.ctx.Err() == nil && w.out.found == nil && w.out.err == nil; at++ {
		w.look(int32(at))
		w.out.looked++
	}
	w.out.left = w.ctx.Err() != nil || w.out.err != nil
	return w.out
}

// take takes over what came of some states. Of those that were left in the middle
// nothing counts, but what was found.
func (s *search) take(b *batch) (*finding, error) {
	if b.left && b.found == nil {
		return nil, b.err
	}
	s.verbs += b.verbs
	s.messages += b.messages
	s.endings += b.endings
	s.looked += b.looked
	s.reach.Add(b.reach)
	if s.unheard == nil {
		s.unheard = b.unheard
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.states.count()
	for _, n := range b.children {
		s.states.add(n)
	}
	s.pieces = pieces.Cut(s.pieces, before, s.states.count(), b.by)
	return b.found, b.err
}
