// session: open, show, choose, tell and close.

package verbs

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"tokenshell/orchestrator"
	"tokenshell/shell/internal/answer"
	"tokenshell/shell/internal/client"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/fates"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/page"
	"tokenshell/shell/internal/redact"
	"tokenshell/shell/internal/syntax"
	"tokenshell/shell/internal/world"
	"tokenshell/tokens"
)

// Session is the verb session.
type Session struct {
	New   sessionNew   `cmd:"" help:"Open a session and make it the current one." example:"session new op_1 --customer user_123 --fact subtotal=120.00"`
	List  sessionList  `cmd:"" looks:"" help:"List the sessions." example:"session list"`
	Show  sessionShow  `cmd:"" looks:"" help:"Show a session and its tokens." example:"session show"`
	Use   sessionUse   `cmd:"" help:"Make a session the current one." example:"session use op_1"`
	Set   sessionSet   `cmd:"" help:"Set a fact of the current session." example:"session set payable=80.00"`
	Close sessionClose `cmd:"" help:"Close a session; what it accepted is released." example:"session close"`
}

// fact reads NAME=VALUE. Unless any fact will do, it is one that this world knows.
func fact(w *world.World, text string, anyWillDo bool) (name, value string, err error) {
	name, value, ok := strings.Cut(text, "=")
	if !ok || !world.IsFact(name) || len(value) > 256 {
		return "", "", exit.Usage("write NAME=VALUE, NAME of a-z 0-9 _", "%q is not a fact", text)
	}
	if known := w.Plan.Facts(); !anyWillDo && !slices.Contains(known, name) {
		hint := "--fact-any carries any other, and a world file may list more, as facts: [country]"
		if len(known) > 0 {
			hint = "there are " + strings.Join(slices.Compact(slices.Sorted(slices.Values(known))), ", ") + "; " + hint
		}
		return "", "", exit.Usage(exit.Meant(name, known, hint), "no domain of this world reads the fact %q", name)
	}
	return name, value, nil
}

type sessionNew struct {
	Name     string         `arg:"" optional:"" help:"The order's id; without one the relay chooses it."`
	Customer string         `complete:"customer" placeholder:"C" help:"Whose order it is; the world's first customer unless given."`
	Fact     []string       `sep:"none" complete:"fact" placeholder:"NAME=VALUE" help:"What the client says of the order, which a domain reads; may be repeated."`
	FactAny  interp.Perhaps `complete:"fact" help:"The NAME=VALUE behind it need not be a fact that a domain reads; with none behind it, no fact of this line need be."`
}

// Run opens the session.
func (v *sessionNew) Run(ctx context.Context, c *client.Client, out *answer.Out) error {
	if v.Name != "" && !syntax.IsName(v.Name, 128) {
		return exit.Usage("write up to 128 of A-Z a-z 0-9 . _ -", "%q is not a name for a session", v.Name)
	}
	if c.Redact(v.Name) != v.Name {
		return exit.Usage("choose another name", "a part of a token is not a name for a session")
	}
	if !redact.IsID(c.Customer(v.Customer)) {
		return exit.Usage("write up to 128 printable ASCII characters, and no token", "this is not a name for a customer")
	}
	facts := tokens.Facts{}
	for i, text := range append(v.FactAny.Values, v.Fact...) {
		name, value, err := fact(c.World, text, v.FactAny.Bare || i < len(v.FactAny.Values))
		if err != nil {
			return err
		}
		facts[name] = value
	}
	snap, err := c.Open(ctx, v.Name, c.Customer(v.Customer), facts)
	if errors.Is(err, orchestrator.ErrExists) {
		hint := "session use " + v.Name + " makes it the current one"
		if _, gone := c.World.Relay.Session(v.Name); gone != nil {
			hint = "choose another name"
		}
		return exit.Usage(hint, "%v", err)
	}
	if err != nil {
		return err
	}
	return out.Show(c.SessionState(snap), func(w *page.Page) {
		fmt.Fprintf(w, "session %s of %s is %s\n", w.In(page.ID, snap.ID), tokens.Word(snap.Customer), w.State(snap.State))
	})
}

type sessionList struct{}

// Run lists the sessions.
func (v *sessionList) Run(c *client.Client, out *answer.Out) error {
	list := struct {
		Sessions []client.SessionState `json:"sessions"`
	}{[]client.SessionState{}}
	rows := page.NewTable("", "SESSION", "STATE", "CUSTOMER", "TOKENS")
	inside, err := c.World.Inspector()
	if err != nil {
		return err
	}
	list.Sessions = c.SessionStates(inside.Sessions())
	for _, snap := range list.Sessions {
		mark := ""
		if snap.Order == c.Order {
			mark = "*"
		}
		rows.Row(page.Rigid(mark), page.Ident(snap.Order), page.State(snap.State), tokens.Word(snap.Customer), len(snap.Tokens))
	}
	return out.Show(list, rows.Write)
}

type sessionShow struct {
	ID string `arg:"" complete:"session" optional:"" help:"The session; the current one unless given."`
}

// Run shows one session.
func (v *sessionShow) Run(c *client.Client, out *answer.Out) error {
	snap, err := c.SessionNamed(v.ID)
	if err != nil {
		return err
	}
	shown := c.SessionState(snap)
	ways := c.Ways()
	for i := range shown.Tokens {
		shown.Tokens[i].Way = ways[shown.Tokens[i].JTI]
	}
	return out.Show(shown, func(w *page.Page) {
		fmt.Fprintf(w, "session %s of %s is %s\n", w.In(page.ID, shown.Order), tokens.Word(shown.Customer), w.State(shown.State))
		for _, name := range slices.Sorted(maps.Keys(shown.Facts)) {
			fmt.Fprintf(w, "fact %s=%s\n", name, tokens.Word(shown.Facts[name]))
		}
		if len(shown.Tokens) > 0 {
			rows := page.NewTable("TOKEN", "SERVICE", "STATUS", "WAY")
			for _, t := range shown.Tokens {
				rows.Row(page.Rigid(t.Token), page.Rigid(t.Service), page.State(t.Status), strings.Join(t.Way, ", "))
			}
			rows.Write(w)
		}
	})
}

type sessionUse struct {
	ID string `arg:"" complete:"session" help:"The session."`
}

// Run chooses the current session.
func (v *sessionUse) Run(c *client.Client, out *answer.Out) error {
	snap, err := c.Use(v.ID)
	if err != nil {
		return err
	}
	return out.Show(c.SessionState(snap), func(w *page.Page) {
		fmt.Fprintf(w, "session %s of %s is %s\n", w.In(page.ID, snap.ID), tokens.Word(snap.Customer), w.State(snap.State))
	})
}

type sessionSet struct {
	Fact    string `arg:"" complete:"fact" placeholder:"NAME=VALUE" help:"The fact."`
	FactAny bool   `help:"It need not be a fact that a domain reads."`
}

// Run sets a fact.
func (v *sessionSet) Run(c *client.Client, out *answer.Out) error {
	name, value, err := fact(c.World, v.Fact, v.FactAny)
	if err != nil {
		return err
	}
	id, err := c.Current()
	if err != nil {
		return err
	}
	snap, err := c.SetFact(id, name, value)
	if err != nil {
		return err
	}
	return out.Show(c.SessionState(snap), func(w *page.Page) {
		fmt.Fprintf(w, "fact %s=%s\n", name, tokens.Word(value))
	})
}

type sessionClose struct {
	ID string `arg:"" complete:"session" optional:"" help:"The session; the current one unless given."`

	fates.At
}

// Run closes a session.
func (v *sessionClose) Run(ctx context.Context, c *client.Client, out *answer.Out) error {
	snap, err := c.SessionNamed(v.ID)
	if err != nil {
		return err
	}
	if ctx, err = c.World.At(ctx, v.At.At); err != nil {
		return err
	}
	if snap, err = c.Close(ctx, snap.ID); err != nil {
		return err
	}
	return out.Show(c.SessionState(snap), func(w *page.Page) {
		fmt.Fprintf(w, "session %s is %s\n", w.In(page.ID, snap.ID), w.State(snap.State))
	})
}
