// Relays: two of them over one store. Each fault that would only show there is found,
// as a scenario of few lines that passes in a sound world.

package explore_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"tokenshell/orchestrator"
	"tokenshell/shell/internal/explore"
	"tokenshell/shell/internal/shelltest"
	"tokenshell/shell/internal/world"
)

// storeWith is a store of which Get, Put or Due is not as it should be.
type storeWith struct {
	*orchestrator.MemoryStore
	got  func(*orchestrator.Record) *orchestrator.Record
	put  func(kept, s *orchestrator.Record)
	tidy bool // what is due is written again, whoever is at it
}

// Due gives what is due.
func (s storeWith) Due(ctx context.Context, now time.Time) ([]string, error) {
	all, err := s.MemoryStore.Due(ctx, now)
	for _, id := range all {
		if kept, err := s.MemoryStore.Get(ctx, id); err == nil && s.tidy {
			again := *kept
			_ = s.MemoryStore.Put(ctx, &again)
		}
	}
	return all, err
}

// Get gives a session, as got has it.
func (s storeWith) Get(ctx context.Context, id string) (*orchestrator.Record, error) {
	r, err := s.MemoryStore.Get(ctx, id)
	if err == nil && s.got != nil {
		r = s.got(r)
	}
	return r, err
}

// Put keeps a session, once put has seen what is kept.
func (s storeWith) Put(ctx context.Context, r *orchestrator.Record) error {
	if kept, err := s.MemoryStore.Get(ctx, r.ID); err == nil && s.put != nil {
		s.put(kept, r)
	}
	return s.MemoryStore.Put(ctx, r)
}

// ledgerWith is a ledger that is told of other attempts than there are.
type ledgerWith struct {
	*orchestrator.MemoryLedger
	attempt func(string) string
}

// Use records a use.
func (l *ledgerWith) Use(ctx context.Context, use orchestrator.Use) (first bool, err error) {
	use.Attempt = l.attempt(use.Attempt)
	return l.MemoryLedger.Use(ctx, use)
}

func TestTwoRelaysAreExplored(t *testing.T) {
	for name, weak := range map[string]struct {
		bound   string
		store   storeWith
		attempt func(string) string
	}{
		"a lease that nobody respects": {bound: "P", store: storeWith{got: func(r *orchestrator.Record) *orchestrator.Record {
			free := *r
			free.Lease = orchestrator.Lease{}
			return &free
		}}},
		"a write over what somebody else has written":       {bound: "Q", store: storeWith{put: func(kept, r *orchestrator.Record) { r.Version = kept.Version }}},
		"who redeems is overtaken when half an hour passes": {bound: "W", store: storeWith{tidy: true}},
		"an attempt that is named without the version": {bound: "P", attempt: func(name string) string {
			relay, _, _ := strings.Cut(name, " ")
			return relay
		}},
		"an attempt that is named without the relay": {bound: "P", attempt: func(name string) string {
			_, version, _ := strings.Cut(name, " ")
			return version
		}},
	} {
		t.Run(name, func(t *testing.T) {
			over := func() (orchestrator.SavedStore, orchestrator.SavedLedger) {
				store, attempt := weak.store, weak.attempt
				if store.MemoryStore = orchestrator.NewMemoryStore(); attempt == nil {
					attempt = func(name string) string { return name }
				}
				return store, &ledgerWith{orchestrator.NewNamingLedger(), attempt}
			}
			text := explore.FoundOver(t, weak.bound, over)
			if n := lines(text); n > 8 {
				t.Errorf("it has %d lines", n)
			}
			shelltest.ShowsIn(t, text, func(ctx context.Context, plan *world.Plan, m world.Making) (*world.World, error) {
				m.Store, m.Ledger = over()
				return world.Build(ctx, plan, m)
			})
		})
	}
}
