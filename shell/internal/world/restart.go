// Restarts: the relay stops, and another is started over what it has written down.

package world

import (
	"context"
	"time"

	"tokenshell/orchestrator"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/life"
	"tokenshell/shell/internal/wire"
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

// Restart stops a relay and starts it again over the same store: it goes on from
// there. With forget the memory of used tokens is lost, to both relays where there
// are two. The error says that this relay cannot be started from here, or how it
// failed.
func (w *World) Restart(ctx context.Context, relay string, forget bool) error {
	return w.restart(ctx, relay, forget, "stopped, and was started again")
}

func (w *World) restart(ctx context.Context, relay string, forget bool, text string) error {
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
		w.Wire.Started(relay, text)
		return nil
	}
	ledger, since, which := w.life.Ledger, w.own.Since, []string{relay} // what was forgotten once stays forgotten
	if forget {
		ledger, since = orchestrator.NewNamingLedger(), w.own.Clock.Now()
		text += ": it has forgotten which tokens were used"
		which = w.relays()
	}
	for _, name := range which {
		w.live(name, ledger, since)
		w.Wire.Started(name, text)
		tokens.NewJournal(w.Log, name).Step(ctx, "restart", tokens.Ref{}, nil)
	}
	return w.Clock.Wait(ctx, RestartTime)
}

// relays gives the names of our own relays that were started.
func (w *World) relays() []string {
	if w.second == nil {
		return []string{wire.Relay}
	}
	return []string{wire.Relay, wire.Relay2}
}

// live ends the life of a relay of ours, and starts the next.
func (w *World) live(name string, ledger orchestrator.Ledger, since time.Time) {
	life := &life.Life{Name: name, Store: w.life.Store, Ledger: ledger, Wire: w.Wire, Used: w.Witness.Used}
	relay := w.own.Restarted(func(c *orchestrator.Config) {
		life.Begin(c, w.Log)
		c.Since, c.Clock = since, w.Clock.Of(name)
	})
	if name == wire.Relay2 {
		if w.second != nil {
			w.life2.End()
		}
		w.second, w.life2 = relay, life
		return
	}
	w.life.End()
	w.life, w.own, w.reached, w.inside = life, relay, relay, relay
}

// At has a relay be asked by its name. The second one is started when somebody asks
// it for the first time: another process over the same store and ledger. The error
// says that there is no such relay.
func (w *World) At(ctx context.Context, relay string) (context.Context, error) {
	switch {
	case relay == "" || relay == wire.Relay:
		return ctx, nil
	case relay != wire.Relay2:
		return nil, exit.Usage("relay, or relay-2: another process over the same store and ledger", "there is no relay %q", relay)
	case w.own == nil:
		return nil, exit.Unable("leave --at out", "this relay has no second process that could be asked from here")
	case w.second == nil:
		w.live(relay, w.life.Ledger, w.own.Since)
	}
	return wire.At(ctx, relay), nil
}
