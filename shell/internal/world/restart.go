// Restarts: the relay stops, and another is started over what it has written down.

package world

import (
	"context"
	"time"

	"tokenshell/orchestrator"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/life"
	"tokenshell/tokens"
)

// RestartTime is how long a relay needs to start: a token of afterwards is younger
// than its start, of which times in tokens show the second.
const RestartTime = time.Second

// Restarter is what a relay is that can be started again from outside.
type Restarter interface {
	Restart(ctx context.Context) error
}

// Ours is nil when the relay is our own, which runs in this process. Any other can
// neither be stopped between two messages, nor crash on order.
func (w *World) Ours() error {
	if w.own != nil {
		return nil
	}
	return exit.Unable("restart relay stops it between two verbs", "this relay cannot be stopped between two messages from here")
}

// Forgot reports whether the relay has lost its memory of used tokens once.
func (w *World) Forgot() bool { return w.own != nil && !w.own.Since.IsZero() }

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
			return exit.Unable("start it again yourself", "this relay cannot be started again from here")
		case forget:
			return exit.Unable("leave --forget out", "what this relay remembers is its own business")
		}
		if err := r.Restart(ctx); err != nil {
			return err
		}
		w.Wire.Started(text)
		return nil
	}
	w.life.End()
	ledger, since := w.life.Ledger, w.own.Since // what was forgotten once stays forgotten
	if forget {
		ledger, since = orchestrator.NewNamingLedger(), w.own.Clock.Now()
		text += ": it has forgotten which tokens were used"
	}
	w.live(ledger, since)
	w.Wire.Started(text)
	tokens.NewJournal(w.Log, "relay").Step(ctx, "restart", tokens.Ref{}, nil)
	return w.Clock.Wait(ctx, RestartTime)
}

// live starts the next life of our own relay.
func (w *World) live(ledger orchestrator.Ledger, since time.Time) {
	next := &life.Life{Store: w.life.Store, Ledger: ledger, Wire: w.Wire}
	relay := w.own.Restarted(func(c *orchestrator.Config) {
		next.Begin(c, w.Log)
		c.Since = since
	})
	w.life, w.own, w.reached, w.inside = next, relay, relay, relay
}
