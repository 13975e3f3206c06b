// Restarts: the relay stops, and another is started over what it has written down.

package world

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"tokenshell/orchestrator"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/wire"
)

// RestartTime is how long a relay needs to start: a token of afterwards is younger
// than its start, of which times in tokens show the second.
const RestartTime = time.Second

// Restarter is what a relay is that can be started again from outside.
type Restarter interface {
	Restart(ctx context.Context) error
}

// life is one run of a relay of ours: once it is over, nothing that it still does
// reaches anybody.
type life struct {
	over   atomic.Bool
	store  orchestrator.Store
	ledger orchestrator.Ledger
	wire   *wire.Wire
}

var errOver = errors.New("this relay was stopped")

func (l *life) alive() error {
	if l.over.Load() {
		return errOver
	}
	return nil
}

// begin gives a relay what belongs to this life.
func (l *life) begin(c *orchestrator.Config, log slog.Handler) {
	c.Store, c.Ledger, c.Log = livingStore{l.store, l}, livingLedger{l}, livingLog{log, l}
}

// Restart stops the relay and starts it again over the same store: it goes on from
// there. With forget the memory of used tokens is lost. The error says that this
// relay cannot be started from here, or how it failed.
func (w *World) Restart(ctx context.Context, forget bool) error {
	return w.restart(ctx, forget, "stopped, and was started again")
}

func (w *World) restart(ctx context.Context, forget bool, text string) error {
	if w.own == nil {
		r, ok := w.reached.(Restarter)
		switch {
		case !ok:
			return exit.Usage("start it again yourself", "this relay cannot be started again from here")
		case forget:
			return exit.Usage("leave --forget out", "what this relay remembers is its own business")
		}
		if err := r.Restart(ctx); err != nil {
			return err
		}
		w.Wire.Started(text)
		return nil
	}
	w.life.over.Store(true)
	ledger, since := w.life.ledger, w.own.Since // what was forgotten once stays forgotten
	if forget {
		ledger, since = orchestrator.NewMemoryLedger(), w.own.Clock.Now()
		text += ": it has forgotten which tokens were used"
	}
	w.live(ledger, since)
	w.Wire.Started(text)
	return w.Clock.Wait(ctx, RestartTime)
}

// live starts the next life of our own relay.
func (w *World) live(ledger orchestrator.Ledger, since time.Time) {
	next := &life{store: w.life.store, ledger: ledger, wire: w.Wire}
	relay := w.own.Restarted(func(c *orchestrator.Config) {
		next.begin(c, w.Log)
		c.Since = since
	})
	w.life, w.own, w.reached, w.inside = next, relay, relay, relay
}

// livingStore is a store that a relay reaches for as long as it lives.
type livingStore struct {
	orchestrator.Store
	life *life
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
type livingLedger struct{ life *life }

// Use records a use.
func (l livingLedger) Use(ctx context.Context, use orchestrator.Use) (first bool, err error) {
	if err := l.life.alive(); err != nil {
		return false, err
	}
	fault := l.life.wire.Faults.Take("relay", "ledger", "use")
	if fault.Kind == "" {
		return l.life.ledger.Use(ctx, use)
	}
	return wire.Suffer(ctx, l.life.wire, wire.Question{From: "relay", To: "ledger", Step: "use", Session: use.Session, Text: "use " + use.Ref.ID}, fault,
		func(ctx context.Context) (bool, error) { return l.life.ledger.Use(ctx, use) },
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
	return l.life.ledger.Forget(ctx, session)
}

// livingLog is the log as a living relay writes it.
type livingLog struct {
	slog.Handler
	life *life
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
