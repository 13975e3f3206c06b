// States: those that were reached, each in few bytes.

package explore

import (
	"encoding/binary"
	"encoding/hex"
	"slices"

	"tokenshell/shell/internal/stage"
)

// node is a state that was reached, and how.
type node struct {
	digest [16]byte
	parent int32 // -1 of the first
	via    string
}

// states are those that were reached, in the order in which they were: some 45
// bytes each.
type states struct {
	digests [][16]byte
	parents []int32
	ends    []uint32 // of how it was reached, in ways
	ways    []byte
	table   []int32 // by digest: one more than which it is; 0 is free
}

func (s *states) count() int { return len(s.digests) }

// at gives a state.
func (s *states) at(n int32) node { return node{s.digests[n], s.parents[n], s.via(n)} }

func (s *states) via(n int32) string {
	from := uint32(0)
	if n > 0 {
		from = s.ends[n-1]
	}
	return string(s.ways[from:s.ends[n]])
}

// way gives the steps to a state from the first one.
func (s *states) way(n int32) (way []stage.Step) {
	for ; n > 0; n = s.parents[n] {
		way = append(way, stage.Unpack(s.via(n)))
	}
	slices.Reverse(way)
	return way
}

// slot gives the place of a digest in the table: its own, or a free one. Digests are
// evenly spread as they are.
func (s *states) slot(digest [16]byte) int {
	at := int(binary.LittleEndian.Uint64(digest[:]) & uint64(len(s.table)-1))
	for s.table[at] != 0 && s.digests[s.table[at]-1] != digest {
		at = (at + 1) & (len(s.table) - 1)
	}
	return at
}

// known reports whether a state was reached.
func (s *states) known(digest [16]byte) bool {
	return len(s.table) > 0 && s.table[s.slot(digest)] != 0
}

// add adds a state, unless it was reached before.
func (s *states) add(n node) {
	if 2*len(s.digests) >= len(s.table) {
		s.table = make([]int32, max(64, 2*len(s.table)))
		for i, digest := range s.digests {
			s.table[s.slot(digest)] = int32(i) + 1
		}
	}
	at := s.slot(n.digest)
	if s.table[at] != 0 {
		return
	}
	s.digests, s.parents = append(s.digests, n.digest), append(s.parents, n.parent)
	s.ways = append(s.ways, n.via...)
	s.ends = append(s.ends, uint32(len(s.ways)))
	s.table[at] = int32(len(s.digests))
}

// fingerprint is the XOR of all digests: it is the same in whatever order they came.
func (s *states) fingerprint() string {
	var all [16]byte
	for _, digest := range s.digests {
		for i := range all {
			all[i] ^= digest[i]
		}
	}
	return hex.EncodeToString(all[:])
}
