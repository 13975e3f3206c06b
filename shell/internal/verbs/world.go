// clock, view, log: the world, looked at and moved.

package verbs

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"tokenshell/issuers"
	"tokenshell/shell/internal/answer"
	"tokenshell/shell/internal/client"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/logbook"
	"tokenshell/shell/internal/page"
	"tokenshell/shell/internal/syntax"
	"tokenshell/shell/internal/wire"
	"tokenshell/shell/internal/world"
	"tokenshell/tokens"
)

// Clock is the verb clock.
type Clock struct {
	Show    clockShow    `cmd:"" looks:"" help:"Show the time." example:"clock show"`
	Set     clockSet     `cmd:"" help:"Move the time forward to a moment." example:"clock set 2030-01-01T00:00:00Z"`
	Advance clockAdvance `cmd:"" help:"Move the time forward." example:"clock advance 90s"`
	Freeze  clockFreeze  `cmd:"" help:"Stop the time." example:"clock freeze"`
	Run_    clockRun     `cmd:"" name:"run" help:"Let the time go on." example:"clock run"`
	Skew    clockSkew    `cmd:"" help:"Set how far a party's own clock is off." example:"clock skew coupons --ahead 30s"`
}

// showClock shows the time as it is now.
func showClock(world *world.World, out *answer.Out) error {
	clock := world.Clock
	now, mode := clock.Now(), "live"
	if clock.Frozen() {
		mode = "frozen"
	}
	skews, ahead := map[string]string{}, clock.Skews()
	for party, by := range ahead {
		skews[party] = by.String()
	}
	data := struct {
		Now   string            `json:"now"`
		Mode  string            `json:"mode"`
		Skews map[string]string `json:"skews"`
	}{now.Format(time.RFC3339Nano), mode, skews}
	return out.Show(data, func(w *page.Page) {
		fmt.Fprintf(w, "%s, %s\n", w.In(page.Moment, now.Format(time.RFC3339)), w.State(mode))
		for _, party := range slices.Sorted(maps.Keys(skews)) {
			fmt.Fprintf(w, "%s is off by %s\n", party, tokens.HowLong(ahead[party]))
		}
	})
}

type clockShow struct{}

// Run shows the time.
func (v *clockShow) Run(w *world.World, out *answer.Out) error { return showClock(w, out) }

type clockSet struct {
	Time string `arg:"" help:"When: 2026-01-01T00:02:00Z."`
}

// Run sets the time.
func (v *clockSet) Run(w *world.World, out *answer.Out) error {
	t, err := time.Parse(time.RFC3339, v.Time)
	if err != nil {
		return exit.Usage("write one such as 2026-01-01T00:02:00Z", "%q is not a time", v.Time)
	}
	if err := w.Clock.Set(t); err != nil {
		return exit.Usage("clock advance moves it forward", "%v", err)
	}
	return showClock(w, out)
}

type clockAdvance struct {
	By syntax.Span `arg:"" name:"d" help:"By how much: 90s, 1h30m, 1d12h, 2w."`
}

// Run advances the time.
func (v *clockAdvance) Run(w *world.World, out *answer.Out) error {
	if err := w.Clock.Advance(time.Duration(v.By)); err != nil {
		return exit.Usage("", "%v", err)
	}
	return showClock(w, out)
}

type clockFreeze struct{}

// Run freezes the time.
func (v *clockFreeze) Run(w *world.World, out *answer.Out) error {
	w.Clock.Freeze()
	return showClock(w, out)
}

type clockRun struct{}

// Run lets the time run.
func (v *clockRun) Run(w *world.World, out *answer.Out) error {
	w.Clock.Run()
	return showClock(w, out)
}

type clockSkew struct {
	Party  string      `arg:"" complete:"worker" help:"relay, relay-2, kms or a service."`
	Ahead  syntax.Span `xor:"way" required:"" placeholder:"D" help:"Its clock is ahead by this much; 0s is right again."`
	Behind syntax.Span `xor:"way" required:"" placeholder:"D" help:"Its clock is behind by this much."`
}

// Run skews a party's clock.
func (v *clockSkew) Run(w *world.World, out *answer.Out) error {
	name, err := w.Someone(v.Party, wire.Relay, wire.Relay2, "kms")
	if err != nil {
		return err
	}
	if v.Ahead < 0 || v.Behind < 0 {
		return exit.Usage("--ahead and --behind say the way", "a skew is not negative")
	}
	w.Clock.Skew(name, time.Duration(v.Ahead-v.Behind))
	return showClock(w, out)
}

// View is the verb view.
type View struct {
	Party string `arg:"" complete:"party" help:"client, relay, kms or a service."`
}

// Run shows a party's books.
func (v *View) Run(c *client.Client, out *answer.Out) error {
	name, err := c.World.Someone(v.Party, "client", "relay", "kms")
	if err != nil {
		return err
	}
	switch name {
	case "client":
		return (&tokenList{}).Run(c, out)
	case "relay":
		return viewRelay(c.World, out)
	case "kms":
		return (&keysList{}).Run(c, out)
	}
	p, err := c.World.Service(name)
	if err != nil {
		return err
	}
	return viewService(c, out, p)
}

func viewRelay(world *world.World, out *answer.Out) error {
	inside, err := world.Inspector()
	if err != nil {
		return err
	}
	type used struct {
		JTI     string `json:"jti"`
		Issuer  string `json:"iss"`
		Service string `json:"service"`
		Status  string `json:"status"`
	}
	type session struct {
		Order    string `json:"order_processing_id"`
		State    string `json:"state"`
		Customer string `json:"customer"`
		Used     []used `json:"used"`
	}
	data := struct {
		Sessions []session  `json:"sessions"`
		Restarts int        `json:"restarts,omitempty"`
		Started  *time.Time `json:"started,omitempty"` // for the last time
	}{Sessions: []session{}}
	for _, m := range world.Wire.Conversation.All() {
		if m.Step == "restart" && m.From == wire.Relay && !m.Undone {
			data.Restarts, data.Started = data.Restarts+1, &m.Time
		}
	}
	rows := page.NewTable("SESSION", "STATE", "JTI", "ISSUER", "SERVICE", "STATUS")
	for _, snap := range inside.Sessions() {
		entry := session{snap.ID, string(snap.State), snap.Customer, []used{}}
		for _, step := range snap.Steps {
			entry.Used = append(entry.Used, used{step.Ref.ID, step.Ref.Issuer, step.Service, string(step.Status)})
			rows.Row(page.Ident(snap.ID), page.State(snap.State), page.Ident(step.Ref.ID), page.Rigid(tokens.Word(step.Ref.Issuer)), page.Rigid(step.Service), page.State(step.Status))
		}
		if len(snap.Steps) == 0 {
			rows.Row(page.Ident(snap.ID), page.State(snap.State), page.Ident("-"), page.Rigid("-"), page.Rigid("-"), page.Rigid("-"))
		}
		data.Sessions = append(data.Sessions, entry)
	}
	return out.Show(data, func(w *page.Page) {
		rows.Write(w)
		if data.Restarts > 0 {
			fmt.Fprintf(w, "started again %s, last at %s\n", page.Count(data.Restarts, "time"), data.Started.UTC().Format(time.RFC3339))
		}
		writeLate(w, world, "relay")
	})
}

// writeLate says which questions to a party have not arrived yet.
func writeLate(w *page.Page, world *world.World, party string) {
	for _, q := range world.Wire.Late() {
		if q.To == party {
			fmt.Fprintf(w, "late, and not here yet: %s of order %s, from the %s\n", q.Step, w.In(page.ID, page.OrDash(q.Session)), q.From)
		}
	}
}

func viewService(c *client.Client, out *answer.Out, p world.Party) error {
	type reservation struct {
		JTI      string        `json:"jti"`
		Order    string        `json:"order_processing_id"`
		Customer string        `json:"customer"`
		State    issuers.State `json:"state"`
		Why      string        `json:"why,omitempty"`
		Expires  int64         `json:"exp"`
		Holds    string        `json:"holds"`
		Receipt  string        `json:"receipt,omitempty"`
	}
	data := struct {
		Service      string        `json:"service"`
		Accounts     any           `json:"accounts"`
		Reservations []reservation `json:"reservations"`
	}{p.Name, nil, []reservation{}}
	accounts := p.Accounts()
	data.Accounts = accounts.Data
	reservations := page.NewTable("JTI", "SESSION", "CUSTOMER", "HOLDS", "STATE", "EXPIRES", "RECEIPT")
	for _, e := range p.Entries() {
		data.Reservations = append(data.Reservations, reservation{
			e.Ref.ID, e.Ref.Order, e.Customer, e.State, e.Why, e.Expires.Unix(), e.Holds, e.Receipt,
		})
		stands := string(e.State)
		if e.Why != "" {
			stands += " (" + e.Why + ")"
		}
		reservations.Row(page.Ident(e.Ref.ID), page.Ident(e.Ref.Order), e.Customer, e.Holds, page.State(stands), page.When(c.When(e.Expires)), page.Ident(page.OrDash(e.Receipt)))
	}
	return out.Show(data, func(w *page.Page) {
		accounts.Rows.Write(w)
		if len(reservations.Rows) > 0 {
			fmt.Fprintln(w)
			reservations.Write(w)
		}
		writeLate(w, c.World, p.Name)
	})
}

// Log is the verb log.
type Log struct {
	Party string `complete:"worker" placeholder:"PARTY" help:"Only what this party logged."`
}

// Run shows the log.
func (v *Log) Run(w *world.World, out *answer.Out) error {
	name := v.Party
	if name != "" {
		var err error
		if name, err = w.Someone(name, wire.Relay, wire.Relay2, "kms"); err != nil {
			return err
		}
	}
	data := struct {
		Entries []logbook.Entry `json:"entries"`
	}{[]logbook.Entry{}}
	for _, e := range w.Log.All() {
		if name == "" || e.Party == name {
			data.Entries = append(data.Entries, e)
		}
	}
	return out.Show(data, func(w *page.Page) {
		if w.Width > 0 {
			writeLog(w, data.Entries)
			return
		}
		for _, e := range data.Entries {
			fmt.Fprintln(w, e.Line(w.In))
		}
	})
}

// writeLog shows entries to a person, in the words of the lines that a pipe gets.
func writeLog(w *page.Page, entries []logbook.Entry) {
	rows := page.NewTable("TIME", "PARTY", "STEP", "ORDER", "JTI", "OUTCOME")
	for _, e := range entries {
		outcome := []string{e.Outcome}
		for _, name := range e.Names {
			outcome = append(outcome, name+"="+tokens.Word(e.More[name]))
		}
		rows.Row(page.Rigid(e.Time.Format("15:04:05")), page.Rigid(e.Party), page.Rigid(e.Step), page.Ident(page.OrDash(e.Order)), page.Ident(page.OrDash(e.JTI)),
			page.Outcome(strings.Join(outcome, " ")))
	}
	rows.Write(w)
}
