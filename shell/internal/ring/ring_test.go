package ring_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tokenshell/shell/internal/ring"
)

func TestARingKeepsTheNewest(t *testing.T) {
	r := ring.New[string](3)
	if r.Last() != nil || r.Count() != 0 || r.Dropped() != 0 || len(r.All()) != 0 {
		t.Errorf("an empty ring has %v, %d values, %d dropped", r.All(), r.Count(), r.Dropped())
	}
	for _, value := range []string{"a", "b", "c", "d", "e"} {
		r.Add(value)
	}
	if diff := cmp.Diff([]string{"c", "d", "e"}, r.All()); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if r.Count() != 5 || r.Dropped() != 2 || *r.Last() != "e" {
		t.Errorf("%d values, %d dropped, the last is %s", r.Count(), r.Dropped(), *r.Last())
	}
}

// A value keeps its number however many come behind it, and can be changed there.
func TestAtIsInPlace(t *testing.T) {
	r := ring.New[int](2)
	for n := range 9 {
		r.Add(n * 10)
	}
	*r.At(8) = 1
	if diff := cmp.Diff([]int{70, 1}, r.All()); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	r.Add(90)
	if got := r.At(8); got == nil || *got != 1 {
		t.Errorf("number 8 is %v", got)
	}
	for _, gone := range []int{-1, 0, 4, 10, 1 << 40} {
		if got := r.At(gone); got != nil {
			t.Errorf("number %d is still there: %d", gone, *got)
		}
	}
}

func TestAllIsTheCallersOwn(t *testing.T) {
	r := ring.New[int](2)
	r.Add(1)
	all := r.All()
	all[0] = 5
	_ = append(all, 6)
	r.Add(2)
	if diff := cmp.Diff([]int{1, 2}, r.All()); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// Whatever is added: the newest are there, each under its number, and what has
// left memory has left when Add said so.
func TestAnyRing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit, n := rapid.IntRange(1, 9).Draw(t, "limit"), rapid.IntRange(0, 50).Draw(t, "values")
		r, oldest := ring.New[int](limit), 0
		for value := range n {
			trimmed := r.Add(value)
			if r.Count() != value+1 || r.Dropped() != max(0, value+1-limit) || *r.Last() != value {
				t.Fatalf("%d values, %d dropped, the last is %d", r.Count(), r.Dropped(), *r.Last())
			}
			left := oldest
			for r.At(left) == nil {
				left++
			}
			if trimmed != (left > oldest) {
				t.Fatalf("trimmed: %t, and %d values left memory with %d", trimmed, left-oldest, value)
			}
			oldest = left
			if oldest > r.Dropped() || r.Count()-oldest > 2*limit {
				t.Fatalf("%d values in memory of a ring of %d, of %d", r.Count()-oldest, limit, r.Count())
			}
			for number := oldest; number <= value; number++ {
				if got := r.At(number); got == nil || *got != number {
					t.Fatalf("number %d is %v", number, got)
				}
			}
			for i, kept := range r.All() {
				if kept != r.Dropped()+i {
					t.Fatalf("%v, of %d", r.All(), r.Count())
				}
			}
			if len(r.All()) != r.Count()-r.Dropped() {
				t.Fatalf("%v, of %d", r.All(), r.Count())
			}
		}
	})
}

// What came after a moment that was returned to is undone, and what had been
// undone is not when its own moment is returned to.
func TestWhatIsUndone(t *testing.T) {
	r := ring.New[int](100)
	add := func(n int) {
		for range n {
			r.Add(0)
		}
	}
	undone := func(want ...int) {
		t.Helper()
		var got []int
		for n := range r.Count() {
			if r.Undone(n) {
				got = append(got, n)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
	}
	empty := r.Past()
	add(2)
	early := r.Past()
	add(2)
	late := r.Past()
	undone()
	r.Return(early)
	undone(2, 3)
	add(1)
	branch := r.Past()
	undone(2, 3)
	r.Return(late)
	undone(4)
	add(1)
	r.Return(branch)
	undone(2, 3, 5)
	r.Return(r.Past())
	undone(2, 3, 5)
	r.Return(empty)
	undone(0, 1, 2, 3, 4, 5)
	add(1)
	undone(0, 1, 2, 3, 4, 5)
}
