package orchestrator

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"tokenshell/tokens"
)

// TestTheStoreAgainstAMap does a thousand things with some hundred sessions, of
// which many come and go, are put aside and taken back, and holds every answer
// against a store that is a map and a sort.
func TestTheStoreAgainstAMap(t *testing.T) {
	ctx := context.Background()
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 1))
		m, model := NewMemoryStore(), map[string]*Record{}
		var saved any
		var savedModel map[string]*Record
		copyOf := func(s *Record) *Record { c := *s; return &c }
		for range 1000 {
			id := fmt.Sprint("op_", r.IntN(150))
			was := model[id]
			switch r.IntN(8) {
			case 0, 1, 2, 3:
				s := &Record{ID: id, Facts: tokens.Facts{"n": fmt.Sprint(r.IntN(9))}}
				if was != nil {
					s.Version, s.Number = was.Version, was.Number
				}
				s.Due = time.Unix(int64(r.IntN(50)), int64(r.IntN(2))).UTC()
				s.State = []State{Open, Stuck, Completed, Closed}[r.IntN(4)]
				if r.IntN(9) == 0 {
					s.Version += uint64(r.IntN(3) + 1)
					if err := m.Put(ctx, s); !errors.Is(err, ErrConflict) {
						t.Fatalf("seed %d: put of another version: %v", seed, err)
					}
					continue
				}
				if err := m.Put(ctx, s); err != nil {
					t.Fatalf("seed %d: %v", seed, err)
				}
				model[id] = copyOf(s)
			case 4, 5:
				var want error
				switch {
				case was == nil:
					want = ErrConflict
				case was.State.Owes():
					want = ErrOwing
				}
				version := uint64(1)
				if was != nil {
					version = was.Version
				}
				if err := m.Forget(ctx, id, version); !errors.Is(err, want) {
					t.Fatalf("seed %d: forget %s: %v, not %v", seed, id, err, want)
				}
				if want == nil {
					delete(model, id)
				}
			case 6:
				now := time.Unix(int64(r.IntN(50)), int64(r.IntN(2)))
				var want []string
				for _, s := range slices.SortedFunc(maps.Values(model), func(a, b *Record) int {
					return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(a.Number, b.Number))
				}) {
					if s.Due.Before(now) {
						want = append(want, s.ID)
					}
				}
				if got, _ := m.Due(ctx, now); !slices.Equal(got, want) {
					t.Fatalf("seed %d: due are %q, not %q", seed, got, want)
				}
			case 7:
				if saved == nil || r.IntN(2) == 0 {
					saved, savedModel = m.Save(), maps.Clone(model)
				} else {
					m.Restore(saved)
					model = maps.Clone(savedModel)
				}
			}
			for id := range 150 {
				got, err := m.Get(ctx, fmt.Sprint("op_", id))
				want := model[fmt.Sprint("op_", id)]
				if (err == nil) != (want != nil) || want != nil && (got.ID != want.ID || got.Version != want.Version || got.Facts["n"] != want.Facts["n"]) {
					t.Fatalf("seed %d: %+v, %v is kept, not %+v", seed, got, err, want)
				}
			}
		}
	}
}
