// The queue: what a store keeps, by when it is due and by name.

package orchestrator

import "hash/maphash"

// kept is a session: a record, or one that is packed.
type kept struct {
	whole  *Record
	packed string
	due    int64 // seconds
}

func (k kept) id() string {
	if k.whole != nil {
		return k.whole.ID
	}
	return packedID(k.packed)
}

func (k kept) version() uint64 {
	if k.whole != nil {
		return k.whole.Version
	}
	return packedVersion(k.packed)
}

// rest gives the nanoseconds of when it is due.
func (k kept) rest() int {
	if k.whole != nil {
		return k.whole.Due.Nanosecond()
	}
	return packedRest(k.packed)
}

// before compares when both are due.
func (k kept) before(other kept) bool {
	return k.due < other.due || k.due == other.due && k.rest() < other.rest()
}

func (k kept) owes() bool { return k.whole != nil && k.whole.State.Owes() }

// queue is a heap of sessions by when they are due (container/heap), and a table of
// where each stands: numbers alone, with linear probing by the hash of a name, which
// is compared where it stands (benchmark: 5 to 11 bytes a session; a map by name 38).
type queue struct {
	all    []kept
	places []uint32 // one more than the place, 0 for none
	seed   maphash.Seed
}

func newQueue() queue { return queue{places: make([]uint32, 8), seed: maphash.MakeSeed()} }

// slot gives where the table has a name, or would have it.
func (q *queue) slot(id string) int {
	last := len(q.places) - 1
	for i := int(maphash.String(q.seed, id)) & last; ; i = (i + 1) & last {
		if p := q.places[i]; p == 0 || q.all[p-1].id() == id {
			return i
		}
	}
}

// at gives the place of a name.
func (q *queue) at(id string) (at int, is bool) {
	p := q.places[q.slot(id)]
	return int(p) - 1, p != 0
}

// index makes the table anew, of at least a size, for what there is and one more.
func (q *queue) index(size int) {
	for 4*(len(q.all)+1) > 3*size {
		size *= 2
	}
	q.places = make([]uint32, size)
	for i, k := range q.all {
		q.places[q.slot(k.id())] = uint32(i + 1)
	}
}

// Len is for container/heap.
func (q *queue) Len() int { return len(q.all) }

// Less is for container/heap.
func (q *queue) Less(i, j int) bool { return q.all[i].before(q.all[j]) }

// Swap is for container/heap.
func (q *queue) Swap(i, j int) {
	a, b := q.slot(q.all[i].id()), q.slot(q.all[j].id())
	q.all[i], q.all[j] = q.all[j], q.all[i]
	q.places[a], q.places[b] = uint32(j+1), uint32(i+1)
}

// Push is for container/heap.
func (q *queue) Push(x any) {
	k := x.(kept)
	if 4*(len(q.all)+1) > 3*len(q.places) {
		q.index(len(q.places))
	}
	slot := q.slot(k.id())
	q.all = append(q.all, k)
	q.places[slot] = uint32(len(q.all))
}

// Pop is for container/heap. What the table has behind the hole is put in again, for
// it may belong there.
func (q *queue) Pop() any {
	last := len(q.all) - 1
	k := q.all[last]
	hole := q.slot(k.id())
	q.places[hole] = 0
	q.all[last] = kept{}
	q.all = q.all[:last]
	for i := hole + 1; ; i++ {
		i &= len(q.places) - 1
		p := q.places[i]
		if p == 0 {
			return k
		}
		q.places[i] = 0
		q.places[q.slot(q.all[p-1].id())] = p
	}
}
