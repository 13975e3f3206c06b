// Package ring keeps the newest of many values, in a bounded amount of memory.
package ring

import "slices"

// Ring keeps the newest limit values, oldest first. Not safe for concurrent use.
type Ring[T any] struct {
	limit int
	kept  []T  // at most twice the limit: the older half leaves in one go
	count int  // of all that were ever added
	past  Past // before since; what is in neither is undone
	since int
}

// New makes a ring that keeps so many values: 1 or more.
func New[T any](limit int) *Ring[T] { return &Ring[T]{limit: limit} }

// Add adds a value. trimmed reports that old ones left memory for it.
func (r *Ring[T]) Add(value T) (trimmed bool) {
	if len(r.kept) >= 2*r.limit {
		r.kept = append([]T(nil), r.kept[r.limit:]...)
		trimmed = true
	}
	r.kept = append(r.kept, value)
	r.count++
	return trimmed
}

// All gives the values that are kept, in a slice of the caller's own.
func (r *Ring[T]) All() []T { return append([]T(nil), r.kept[max(0, len(r.kept)-r.limit):]...) }

// Count counts all values that were ever added.
func (r *Ring[T]) Count() int { return r.count }

// Dropped counts those that All no longer gives.
func (r *Ring[T]) Dropped() int { return max(0, r.count-r.limit) }

// At gives the n-th value that was ever added, from 0, to be changed in place;
// nil when it has left.
func (r *Ring[T]) At(n int) *T {
	at := n - r.count + len(r.kept)
	if at < 0 || at >= len(r.kept) {
		return nil
	}
	return &r.kept[at]
}

// Last gives the newest value, to be looked at; nil when there is none.
func (r *Ring[T]) Last() *T { return r.At(r.count - 1) }

// Past is which values of a ring lie behind a moment, however many came since.
type Past []stretch

// stretch is the values from one number to before another.
type stretch struct{ from, to int }

// Past gives what lies behind now.
func (r *Ring[T]) Past() Past {
	past := append(make(Past, 0, len(r.past)+1), r.past...)
	if last := len(past) - 1; last >= 0 && past[last].to == r.since {
		past[last].to = r.count
		return past
	}
	return append(past, stretch{r.since, r.count})
}

// Return goes back to a moment: what came since then stays, and is [Ring.Undone].
func (r *Ring[T]) Return(to Past) { r.past, r.since = to, r.count }

// Undone reports whether the n-th value that was ever added, from 0, came after
// the moment that was returned to.
func (r *Ring[T]) Undone(n int) bool {
	return n < r.since && !slices.ContainsFunc(r.past, func(s stretch) bool { return s.from <= n && n < s.to })
}
