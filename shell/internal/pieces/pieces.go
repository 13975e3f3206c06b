// Package pieces deals out a row of things to workers, each of whom had better work
// on what it came to itself.
package pieces

import "sync"

// size is how many things are dealt out at once, at most.
const size = 16

// ahead is how many pieces are dealt out before the first one is done: what comes of
// them waits until it is its turn.
const ahead = 64

// Piece is some things, one after the other, and who came to them.
type Piece struct{ From, To, By int }

// Cut adds the next things to pieces that end where they begin.
func Cut(all []Piece, from, to, by int) []Piece {
	if n := len(all) - 1; n >= 0 && all[n].By == by {
		more := min(to-from, size-(from-all[n].From))
		all[n].To, from = from+more, from+more
	}
	for ; from < to; from += size {
		all = append(all, Piece{from, min(to, from+size), by})
	}
	return all
}

// Hands deals pieces out. It is safe for concurrent use.
type Hands struct {
	All []Piece

	mu    sync.Mutex
	dealt []bool
	first int // that was not
}

// New deals out the things from one to another. Of those before the first known
// piece nobody knows who came to them.
func New(known []Piece, from, to int) *Hands {
	begin := to
	if len(known) > 0 {
		begin = known[0].From
	}
	all := append(Cut(nil, from, begin, 0), known...)
	return &Hands{All: all, dealt: make([]bool, len(all))}
}

// Next gives a worker a piece of its own, if there is one among the next few, and
// else the first that nobody has; false when there is none.
func (h *Hands) Next(worker int) (which int, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for h.first < len(h.All) && h.dealt[h.first] {
		h.first++
	}
	which = h.first
	for i := h.first; i < min(len(h.All), h.first+ahead); i++ {
		if !h.dealt[i] && h.All[i].By == worker {
			which = i
			break
		}
	}
	if which < len(h.All) {
		h.dealt[which] = true
	}
	return which, which < len(h.All)
}
