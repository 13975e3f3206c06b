// deliver, restart: a question that is late arrives, and a relay stops.

package fates

import (
	"context"
	"fmt"
	"strings"

	"tokenshell/shell/internal/answer"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/page"
	"tokenshell/shell/internal/wire"
	"tokenshell/shell/internal/world"
	"tokenshell/tokens"
)

// Deliver is the verb deliver.
type Deliver struct {
	Step string `arg:"" complete:"late" placeholder:"PARTY.STEP" help:"The step; the oldest question that is late arrives."`
}

// Run delivers a late question. What is answered goes to nobody.
func (v *Deliver) Run(ctx context.Context, w *world.World, out *answer.Out) error {
	party, step, err := w.ParseStep(v.Step)
	if err != nil {
		return err
	}
	d, err := w.Wire.Deliver(ctx, party, step)
	if err != nil {
		return exit.Usage("fault list shows what is late", "no question to %s.%s is late", party, step)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	data := struct {
		Party  string `json:"party"`
		Step   string `json:"step"`
		Order  string `json:"order_processing_id,omitempty"`
		Answer string `json:"answer"`
		Reason string `json:"reason,omitempty"`
		Detail string `json:"detail,omitempty"`
	}{party, step, d.Session, "done", "", d.Said}
	why := exit.Rejections(d.Refused)
	switch {
	case why != nil:
		data.Answer, data.Reason, data.Detail = "refused", string(why[0].Reason), why[0].Detail
	case d.Refused != nil:
		data.Answer, data.Detail = "failed", d.Refused.Error()
	}
	return out.Show(data, func(p *page.Page) {
		fmt.Fprintf(p, "%s.%s of order %s arrives: %s", party, step, page.OrDash(d.Session), data.Answer)
		if text := strings.TrimPrefix(data.Reason+": "+data.Detail, ": "); text != "" && text != data.Answer {
			fmt.Fprintf(p, ", %s", text)
		}
		fmt.Fprintln(p)
	})
}

// Restart is the verb restart.
type Restart struct {
	Relay restartRelay `cmd:"" help:"Stop the relay, and start it again over what it has written down." example:"restart relay"`
}

type restartRelay struct {
	Forget bool   `help:"It loses its memory of used tokens."`
	At     string `complete:"relay" placeholder:"RELAY" help:"Which: relay, or relay-2, another process over the same store and ledger."`
}

// At says which of the relays that share a store is asked.
type At struct {
	At string `complete:"relay" placeholder:"RELAY" help:"Ask this relay: relay, or relay-2, another process over the same store and ledger."`
}

// Run restarts the relay.
func (v *restartRelay) Run(ctx context.Context, w *world.World, out *answer.Out) error {
	at, err := w.At(ctx, v.At)
	if err != nil {
		return err
	}
	name := wire.RelayOf(at)
	if err := w.Restart(ctx, name, v.Forget); err != nil {
		return err
	}
	data := struct {
		Restarted string `json:"restarted"`
		Forgot    bool   `json:"forgot"`
		Sessions  int    `json:"sessions"`
	}{name, v.Forget, len(w.Sessions())}
	return out.Show(data, func(p *page.Page) {
		who := name
		if name == wire.Relay {
			who = "the relay"
		}
		fmt.Fprintf(p, "%s was started again after %s, with %s\n", who, tokens.HowLong(world.RestartTime), page.Count(data.Sessions, "session"))
		if v.Forget {
			fmt.Fprintln(p, "it has forgotten which tokens were used: older ones are ledger_unavailable")
		}
	})
}
