package pieces

import (
	"slices"
	"sync"
	"testing"
)

func TestPiecesAreCutWhereTheirMakerChanges(t *testing.T) {
	all := Cut(nil, 0, 20, 1)
	all = Cut(all, 20, 30, 1)
	all = Cut(all, 30, 31, 0)
	all = Cut(all, 31, 31, 1)
	all = Cut(all, 31, 65, 1)
	want := []Piece{{0, 16, 1}, {16, 30, 1}, {30, 31, 0}, {31, 47, 1}, {47, 63, 1}, {63, 65, 1}}
	if !slices.Equal(all, want) {
		t.Errorf("%v, not %v", all, want)
	}
}

// A worker is dealt its own first, but not what is far ahead, and then what there is.
func TestOnesOwnComesFirst(t *testing.T) {
	var known []Piece
	for n := range ahead {
		known = Cut(known, 16*n, 16*n+16, 1)
	}
	known = Cut(known, 16*ahead, 16*ahead+1, 0) // just too far
	h := New(known, 0, 16*ahead+1)
	for _, want := range []struct{ worker, which int }{{0, 0}, {0, ahead}, {0, 1}, {1, 2}, {2, 3}} {
		if which, ok := h.Next(want.worker); which != want.which || !ok {
			t.Errorf("worker %d is dealt %d, %v, not %d", want.worker, which, ok, want.which)
		}
	}
}

// Whoever asks, everything is dealt out once, also what nobody is known to have come to.
func TestEverythingIsDealtOnce(t *testing.T) {
	h := New(Cut(Cut(nil, 40, 90, 1), 90, 200, 0), 7, 200)
	var mu sync.Mutex
	times := map[int]int{}
	var all sync.WaitGroup
	for worker := range 3 {
		all.Go(func() {
			for which, ok := h.Next(worker); ok; which, ok = h.Next(worker) {
				mu.Lock()
				for n := h.All[which].From; n < h.All[which].To; n++ {
					times[n]++
				}
				mu.Unlock()
			}
		})
	}
	all.Wait()
	for n := 7; n < 200; n++ {
		if times[n] != 1 {
			t.Errorf("%d is dealt %d times", n, times[n])
		}
	}
	if len(times) != 193 {
		t.Errorf("%d things are dealt, not 193", len(times))
	}
}
