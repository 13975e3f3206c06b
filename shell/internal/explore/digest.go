// Digests: what stands for a state, and for all that go on alike.

package explore

import (
	"bytes"
	"time"

	"tokenshell/orchestrator"
	"tokenshell/shell/internal/canon"
	"tokenshell/shell/internal/spec"
)

// digest gives what stands for the state of a stage, whatever its sessions and
// tokens are called: they are interchangeable, for all are of one customer.
func (s *stage) digest() [16]byte {
	best := s.least[:0]
	all := orders(s.opened)
	if s.exact {
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
func (s *stage) write(order []int) []byte {
	w := &s.writer
	w.Begin(s.world.Clock.Now())
	w.Near = 0
	if s.clock == s.bound.Clock && !s.exact && !s.world.Forgot() {
		w.Near, w.Far, w.Long = nearPerFault*time.Duration(1+s.bound.Faults-s.faults), endingGoes, orchestrator.Retention-4*endingGoes
	}
	w.Free = w.Free[:0]
	for _, n := range order {
		w.Free = append(w.Free, orderName(n))
		w.ID(orderName(n))
	}
	w.Int(s.faults)
	w.Int(s.clock)
	w.Int(len(s.tokens))
	s.world.Canon(w)
	held := s.client.Wallet.Held
	w.Set(len(held), func(i int) { held[i].Canon(w) })
	return w.Bytes()
}
