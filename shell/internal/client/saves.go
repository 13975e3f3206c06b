// Saving: a client and its world, put aside by name, taken back and written down.

package client

import (
	"maps"
	"slices"
	"strings"
	"time"

	"tokenshell/shell/internal/canon"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/syntax"
	"tokenshell/tokens"
)

// saved is what may change of a client, and its world.
type saved struct {
	world  any
	order  string
	held   []savedToken
	counts map[string]int
	swept  time.Time
}

// savedToken is a token, and what may change of it.
type savedToken struct {
	token          *Token
	revoked, spent bool
}

// Save puts the client and its world aside: see [world.Part].
func (c *Client) Save() any {
	s := saved{world: c.World.Save(), order: c.Order, held: make([]savedToken, len(c.Wallet.Held)), counts: maps.Clone(c.Wallet.counts), swept: c.Wallet.swept}
	for i, t := range c.Wallet.Held {
		s.held[i] = savedToken{t, t.revoked, t.spent.Load()}
	}
	return s
}

// Restore takes back what Save gave. What was secret stays so: a token that is no
// longer held may stand in a log, in the history or in a file.
func (c *Client) Restore(from any) {
	s := from.(saved)
	c.World.Restore(s.world)
	c.Order = s.order
	c.Wallet.restore(s)
}

func (w *Wallet) restore(s saved) {
	for _, was := range s.held { // learnt before those that go are forgotten, for they may be the same
		if t := was.token; w.ByHandle[t.Handle] != t {
			w.know(t.Raw)
		}
	}
	had := w.Held
	w.Held = make([]*Token, len(s.held))
	clear(w.ByHandle)
	clear(w.byRef)
	clear(w.counts)
	maps.Copy(w.counts, s.counts)
	w.swept = s.swept
	for i, was := range s.held {
		t := was.token
		t.revoked = was.revoked
		t.spent.Store(was.spent)
		w.Held[i], w.ByHandle[t.Handle] = t, t
		if w.byRef[t.Ref] == nil {
			w.byRef[t.Ref] = t
		}
	}
	w.index()
	for _, t := range had {
		if w.ByHandle[t.Handle] != t && !w.unseen {
			w.secrets.Meet(t.Raw)
			w.secrets.Forget(t.Raw)
		}
	}
}

// Canon writes down what bears on the future of the client and its world. A token
// that was confirmed here is known by its name; of any other the text counts.
func (c *Client) Canon(w tokens.Canon) {
	w.Name(c.Order)
	w.Int(len(c.Wallet.Held))
	for _, t := range c.Wallet.Held {
		w.Text(t.Handle)
		t.Canon(w)
	}
	for _, kind := range slices.Sorted(maps.Keys(c.Wallet.counts)) {
		w.Text(kind)
		w.Int(c.Wallet.counts[kind])
	}
	c.World.Canon(w)
}

// Canon writes down what the client knows of a token, but for what it is called.
func (t *Token) Canon(w tokens.Canon) {
	w.Bool(t.own)
	if !t.own {
		w.Text(t.Raw)
	}
	w.Ref(t.Ref)
	w.Text(t.Service)
	w.Time(t.Expires)
	w.Bool(t.revoked)
	w.Bool(t.spent.Load())
}

// State gives what the client and its world are, in a form that is the same for
// two that go on alike. It is good until w begins again.
func (c *Client) State(w *canon.Writer) []byte {
	w.Begin(c.World.Clock.Now())
	c.Canon(w)
	return w.Bytes()
}

// mostSaves is how many worlds a client keeps.
const mostSaves = 100

// Keep puts everything aside under a name; what had the name before goes.
func (c *Client) Keep(name string) error {
	if err := c.World.Savable(); err != nil {
		return err
	}
	if !syntax.IsName(name, 64) || name[0] == '-' {
		return exit.Usage("write up to 64 of A-Z a-z 0-9 . _ -", "%q is not a name for a world", name)
	}
	if c.saves[name] == nil && len(c.saves) == mostSaves {
		return exit.Usage("give one of those that there are a new meaning", "%d worlds are put aside already", mostSaves)
	}
	if c.saves == nil {
		c.saves = map[string]any{}
	}
	c.saves[name] = c.Save()
	return nil
}

// Kept gives the names of what was put aside, sorted.
func (c *Client) Kept() []string { return slices.Sorted(maps.Keys(c.saves)) }

// TakeBack restores what was kept under a name.
func (c *Client) TakeBack(name string) error {
	kept, ok := c.saves[name]
	if !ok {
		names := c.Kept()
		hint := "world save NAME puts one aside"
		if len(names) > 0 {
			hint = "there are " + strings.Join(names, ", ")
		}
		return exit.Usage(exit.Meant(name, names, hint), "no world was put aside as %q", name)
	}
	return c.goBack(kept)
}

// Reset restores what was in the beginning.
func (c *Client) Reset() error { return c.goBack(c.start) }

// goBack restores what was put aside, for a person: whether the invariants are
// checked is as it is set now.
func (c *Client) goBack(to any) error {
	if err := c.World.Savable(); err != nil {
		return err
	}
	watching := c.World.Witness.Watching()
	c.Restore(to)
	if c.World.Witness.Watching() != watching {
		c.World.Witness.Watch(watching)
	}
	return nil
}
