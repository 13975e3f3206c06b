// Package life is one run of a relay: once it is over, nothing that it still does
// reaches anybody.
package life

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"

	"tokenshell/orchestrator"
	"tokenshell/shell/internal/wire"
)

// Life is one run of a relay over a store and a ledger, which outlive it.
type Life struct {
	Name   string // of the relay
	Store  orchestrator.Store
	Ledger orchestrator.Ledger
	Wire   *wire.Wire
	Used   func(orchestrator.Use) // is told of each use that the ledger took down for the first time
	over   atomic.Bool
}

// End ends it.
func (l *Life) End() { l.over.Store(true) }

var errOver = errors.New("this relay was stopped")

func (l *Life) alive() error {
	if l.over.Load() {
		return errOver
	}
	return nil
}

// Begin gives a relay what belongs to this life.
func (l *Life) Begin(c *orchestrator.Config, log slog.Handler) {
	c.Name, c.Store, c.Ledger, c.Log = l.Name, livingStore{l.Store, l}, livingLedger{l}, livingLog{log, l}
}

// livingStore is a store that a relay reaches for as long as it lives.
type livingStore struct {
	orchestrator.Store
	life *Life
}

// Get gives a session.
func (s livingStore) Get(ctx context.Context, id string) (*orchestrator.Record, error) {
	if err := s.life.alive(); err != nil {
		return nil, err
	}
	return s.Store.Get(ctx, id)
}

// Put keeps a session.
func (s livingStore) Put(ctx context.Context, r *orchestrator.Record) error {
	if err := s.life.alive(); err != nil {
		return err
	}
	return s.Store.Put(ctx, r)
}

// Forget drops a session.
func (s livingStore) Forget(ctx context.Context, id string, version uint64) error {
	if err := s.life.alive(); err != nil {
		return err
	}
	return s.Store.Forget(ctx, id, version)
}

// livingLedger is the ledger as a living relay reaches it, with its faults.
type livingLedger struct{ life *Life }

// Use records a use.
func (l livingLedger) Use(ctx context.Context, use orchestrator.Use) (first bool, err error) {
	if err := l.life.alive(); err != nil {
		return false, err
	}
	q := wire.Question{From: l.life.Name, To: "ledger", Step: "use", Session: use.Session, Text: "use " + use.Ref.ID}
	fault := l.life.Wire.Ordered(q)
	take := func(ctx context.Context) (bool, error) {
		first, err := l.life.Ledger.Use(ctx, use)
		if first && err == nil {
			l.life.Used(use)
		}
		return first, err
	}
	if fault.Kind == "" {
		return take(ctx)
	}
	return wire.Suffer(ctx, l.life.Wire, q, fault, take,
		func(m *wire.Message, first bool) {
			if m.Text = "the first use"; !first {
				m.Text = "used before"
			}
		})
}

// Forget drops a session.
func (l livingLedger) Forget(ctx context.Context, session string) error {
	if err := l.life.alive(); err != nil {
		return err
	}
	return l.life.Ledger.Forget(ctx, session)
}

// livingLog is the log as a living relay writes it.
type livingLog struct {
	slog.Handler
	life *Life
}

// Handle writes a record.
func (l livingLog) Handle(ctx context.Context, r slog.Record) error {
	if l.life.alive() != nil {
		return nil
	}
	return l.Handler.Handle(ctx, r)
}

// WithAttrs is for slog.
func (l livingLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	return livingLog{l.Handler.WithAttrs(attrs), l.life}
}

// WithGroup is for slog.
func (l livingLog) WithGroup(name string) slog.Handler {
	return livingLog{l.Handler.WithGroup(name), l.life}
}
