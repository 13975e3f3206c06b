// Package explore looks at everything that may happen in a world, within a bound,
// for what must not.
package explore

import (
	"context"
	"errors"
	"runtime/debug"
	"sync"

	"tokenshell/orchestrator"
	"tokenshell/shell/internal/bound"
	"tokenshell/shell/internal/evidence"
	"tokenshell/shell/internal/pieces"
	"tokenshell/shell/internal/reached"
	"tokenshell/shell/internal/stage"
	"tokenshell/shell/internal/world"
	"tokenshell/tokens"
)

// finding is what broke, and the way there.
type finding = evidence.Finding

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
	reach                    *reached.Tally
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
	return &search{plan: plan, weakness: weakness, bound: b, customer: customer, reach: reached.New()}
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
	return evidence.Of(broken, append(s.states.way(at), last), s.bound)
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
