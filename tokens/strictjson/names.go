// Names: which of them stand twice in an object.

package strictjson

import (
	"hash/maphash"
	"sync"
)

// nameIn is a name, and in which of the objects of its text; those count from 1.
type nameIn struct {
	object uint64
	name   string
}

// names finds duplicates in all objects of a text: a hash table with linear probing,
// never more than half full. Its hash is keyed, so that nobody can make names that
// fall on each other.
type names struct {
	slots []nameIn
	used  int
	few   [64]nameIn // our tokens have about fifteen names
	many  []nameIn   // room for all that 8 KiB can have; nil until they come
}

var (
	hashSeed  = maphash.MakeSeed()
	nameRooms = sync.Pool{New: func() any { return new(names) }}
)

// release leaves nothing of the names in what is used again: a map for each large
// object cost twice as much as a signature check (benchmark: a refusal of 560
// members took 2.8 times as long as a verification, and takes 0.5).
func (n *names) release() {
	clear(n.few[:])
	if len(n.slots) > len(n.few) {
		clear(n.many)
	}
	n.slots, n.used = nil, 0
	nameRooms.Put(n)
}

// add reports whether a name is not there yet, and puts it there.
func (n *names) add(name nameIn) bool {
	if 2*n.used >= len(n.slots) {
		n.grow()
	}
	mask := uint64(len(n.slots) - 1) // for their number is a power of two
	for at := maphash.String(hashSeed, name.name) + name.object*0x9e3779b97f4a7c15; ; at++ {
		switch slot := &n.slots[at&mask]; *slot {
		case nameIn{}:
			*slot = name
			n.used++
			return true
		case name:
			return false
		}
	}
}

func (n *names) grow() {
	old := n.slots
	switch {
	case len(old) == 0:
		n.slots = n.few[:]
		return
	case len(old) == len(n.few):
		if n.many == nil {
			n.many = make([]nameIn, 2048)
		}
		n.slots = n.many
	default: // of a key set, which comes seldom
		n.slots = make([]nameIn, 2*len(old))
	}
	n.used = 0
	for _, name := range old {
		if name != (nameIn{}) {
			n.add(name)
		}
	}
}
