// Digests: what stands for a state, and for all that go on alike.

package stage

import (
	"bytes"
	"time"

	"tokenshell/orchestrator"
	"tokenshell/shell/internal/canon"
	"tokenshell/shell/internal/spec"
)

// Digest gives what stands for the state of a stage, whatever its sessions and
// tokens are called: those of one customer are interchangeable.
func (s *Stage) Digest() [16]byte {
	best := s.least[:0]
	all := orders(s.Opened)
	if s.Exact {
		all = all[:1]
	}
	for at, order := range all {
		written := s.write(order)
		if at == 0 || bytes.Compare(written, best) < 0 {
			best = append(best[:0], written...)
		}
	}
	s.least = best
	return canon.Digest(best)
}

// orders gives the orders that some n sessions may be numbered in.
func orders(n int) [][]int {
	switch n {
	case 0:
		return [][]int{nil}
	case 1:
		return [][]int{{1}}
	case 2:
		return [][]int{{1, 2}, {2, 1}}
	default:
		return [][]int{{1, 2, 3}, {1, 3, 2}, {2, 1, 3}, {2, 3, 1}, {3, 1, 2}, {3, 2, 1}}
	}
}

// endingGoes is how far the ending goes at once.
const endingGoes = (spec.OpenFor + 600) * time.Second

// nearPerFault is longer than all waits that one fault may lead to.
const nearPerFault = 15 * time.Second

// write writes the state with the sessions numbered in an order. When no more moves
// of the clock are left, how far off a moment is decides nothing, unless somebody
// may wait until then: the ending goes past all of them.
func (s *Stage) write(order []int) []byte {
	w := &s.writer
	w.Begin(s.World.Clock.Now())
	w.Near = 0
	if s.Clock == s.Bound.Clock && !s.Exact && !s.World.Forgot() && len(s.Model.Skews) == 0 {
		w.Near, w.Far, w.Long = nearPerFault*time.Duration(1+s.Bound.Faults-s.Faults), endingGoes, orchestrator.Retention-4*endingGoes
	}
	w.Free = w.Free[:0]
	for _, n := range order {
		w.Free = append(w.Free, OrderName(n))
		w.ID(OrderName(n))
	}
	w.Int(s.Faults)
	w.Int(s.Clock)
	w.Int(len(s.tokens))
	s.World.Canon(w)
	held := s.Client.Wallet.Held
	w.Set(len(held), func(i int) { held[i].Canon(w) })
	return w.Bytes()
}
