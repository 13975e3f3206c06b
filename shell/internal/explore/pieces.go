// Pieces: a layer cut up for the walkers, each of which had better look at what it
// came to itself.

package explore

import "sync"

// pieceSize is how many states a walker is given at once, at most.
const pieceSize = 16

// ahead is how many pieces are given out before the first one is done: what comes of
// them waits until it is its turn.
const ahead = 64

// piece is some states of a layer, one after the other. Whoever came to them has the
// stage there at hand; others have to go there again.
type piece struct{ from, to, by int }

// cut adds a layer's next states to its pieces.
func cut(all []piece, from, to, by int) []piece {
	if n := len(all) - 1; n >= 0 && all[n].by == by && all[n].to == from {
		more := min(to-from, pieceSize-(from-all[n].from))
		all[n].to, from = from+more, from+more
	}
	for ; from < to; from += pieceSize {
		all = append(all, piece{from, min(to, from+pieceSize), by})
	}
	return all
}

// hands gives out the pieces of a layer.
type hands struct {
	mu    sync.Mutex
	all   []piece
	given []bool
	first int // that was not given
}

// newHands gives out the states of a layer; of the first of them, when it goes on from
// a checkpoint, nobody knows who came there.
func newHands(known []piece, from, to int) *hands {
	begin := to
	if len(known) > 0 {
		begin = known[0].from
	}
	all := append(cut(nil, from, begin, 0), known...)
	return &hands{all: all, given: make([]bool, len(all))}
}

// next gives the walker a piece of its own, if there is one among the next few, and
// else the first that nobody has; false when there is none.
func (h *hands) next(walker int) (which int, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for h.first < len(h.all) && h.given[h.first] {
		h.first++
	}
	which = h.first
	for i := h.first; i < min(len(h.all), h.first+ahead); i++ {
		if !h.given[i] && h.all[i].by == walker {
			which = i
			break
		}
	}
	if which < len(h.all) {
		h.given[which] = true
	}
	return which, which < len(h.all)
}
