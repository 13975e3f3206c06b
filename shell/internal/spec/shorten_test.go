// Shortening: what a failed walk can do without.

package spec_test

import (
	"slices"
	"strings"
	"testing"
)

// shorten leaves out ops and parts of ops for as long as the rest still shows
// something.
func (s *search) shorten(t *testing.T, failed *walk) (*walk, *discrepancy) {
	t.Helper()
	w, found := s.replay(t, failed.ops, failed)
	try := func(ops []op) bool {
		less, still := s.replay(t, ops, failed)
		if still != nil {
			w, found = less, still
		}
		return still != nil
	}
	for size := len(failed.ops); size > 0 && found != nil; {
		shorter := false
		for at := len(w.ops) - size; at >= 0; at-- {
			shorter = at+size <= len(w.ops) && try(slices.Delete(slices.Clone(w.ops), at, at+size)) || shorter
		}
		for at := 0; size == 1 && at < len(w.ops); at++ {
			shorter = slices.ContainsFunc(w.ops[at].simpler(), func(o op) bool {
				ops := slices.Clone(w.ops)
				ops[at] = o
				return try(ops)
			}) || shorter
		}
		if !shorter {
			size /= 2
		}
	}
	return w, found
}

// simpler gives an op with less in it, in several ways.
func (o op) simpler() []op {
	var all []op
	less := o
	switch {
	case o.deed == "relay twin":
		less.deed = "relay"
		all = append(all, less)
	case o.deed == "session new" && len(o.words) > 2:
		less.words = o.words[:2]
		all = append(all, less)
	case strings.HasSuffix(o.deed, "confirm") && o.n > 0 && o.deed != "club confirm":
		less.n = 0
		all = append(all, less)
	case o.deed == "fault" && o.n > 1:
		less.n--
		all = append(all, less)
	case o.deed == "fault" && o.after > 0:
		less.after = 0
		all = append(all, less)
	case o.deed == "restart" && o.word(0) != "":
		less.words = []string{""}
		all = append(all, less)
	}
	for i := range o.tokens {
		if less := o; len(o.tokens) > 1 || o.deed == "checkout" || o.deed == "redeem" {
			less.tokens = slices.Delete(slices.Clone(o.tokens), i, i+1)
			all = append(all, less)
		}
	}
	return all
}

// replay does ops from the beginning of a world, in the way of a walk that
// failed.
func (s *search) replay(t *testing.T, ops []op, failed *walk) (*walk, *discrepancy) {
	t.Helper()
	w, err := newWalk(t.Context(), failed.twin, s.weakness, s.audited)
	if err != nil {
		t.Fatal(err)
	}
	w.quiet = failed.quiet
	if failed.shell != nil {
		w.speak(failed.shell.Dir.Path)
	}
	for _, o := range ops {
		if found := w.do(t.Context(), o); found != nil {
			return w, found
		}
	}
	return w, w.look()
}
