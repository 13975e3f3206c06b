// Moves: what somebody may do next in a world, for exploring it.

package explore

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"tokenshell/orchestrator"
	"tokenshell/shell/internal/client"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/wire"
	"tokenshell/shell/internal/world"
	"tokenshell/tokens"
)

// Move is one line of the language, and what the client does then.
type Move struct {
	Line string
	Kind string // the line without its names: moves of a kind are alike

	File   string // a file that the line reads
	Forges string // the handle of the token whose forgery is in it

	run func(context.Context, *client.Client) error
}

// Limits keep worlds small enough to be walked through.
const (
	maxSessions  = 2
	maxCustomers = 2
	maxTokens    = 6
	maxFaults    = 2
)

// Possible gives every move that makes sense in the client's world as it is.
func Possible(c *client.Client) []Move {
	customers := c.World.Plan.Customers
	return possible(c, customers[:min(maxCustomers, len(customers))], faultMoves(c.World))
}

// possible is Possible for some customers, when the world's faults are known
// already: they are the same at all times, and many.
func possible(c *client.Client, customers []string, faults []Move) []Move {
	var moves []Move
	sessions := c.World.Sessions()
	if len(sessions) < maxSessions {
		id := fmt.Sprintf("op_%d", len(sessions)+1)
		for _, customer := range customers {
			moves = append(moves, opening(c.World, id, customer))
		}
	}
	for _, snap := range sessions {
		if snap.ID != c.Order {
			moves = append(moves, using("session use", snap.ID))
		}
	}
	if c.Order == "" {
		return moves
	}
	current, err := c.World.Relay.Session(c.Order)
	if err != nil {
		return moves
	}
	moves = append(moves, confirmMoves(c, current)...)
	moves = append(moves, tokenMoves(c)...)
	moves = append(moves, orderMoves(current)...)
	moves = append(moves, factMoves(c.World, current)...)
	if len(c.World.Faults.List()) < maxFaults {
		moves = append(moves, faults...)
	}
	return append(moves, worldMoves(c.World)...)
}

// fact is something that an order says.
type fact struct{ name, value string }

// factsOf gives what a customer's orders say at first and may come to say, in the
// order of the domains.
func factsOf(w *world.World, customer string) (first, later []fact) {
	add := func(to []fact, facts tokens.Facts) []fact {
		for _, name := range slices.Sorted(maps.Keys(facts)) {
			to = append(to, fact{name, facts[name]})
		}
		return to
	}
	for _, p := range w.InKindOrder() {
		now, then := p.Facts(customer)
		first, later = add(first, now), add(later, then)
	}
	return first, later
}

func opening(w *world.World, id, customer string) Move {
	line, facts := fmt.Sprintf("session new %s --customer %s", id, customer), tokens.Facts{}
	first, _ := factsOf(w, customer)
	for _, f := range first {
		line += " --fact " + f.name + "=" + f.value
		facts[f.name] = f.value
	}
	return Move{Line: line, Kind: "session new " + customer, run: func(ctx context.Context, c *client.Client) error {
		_, err := c.Open(ctx, id, customer, maps.Clone(facts))
		return err
	}}
}

func using(kind, order string) Move {
	return Move{Line: "session use " + order, Kind: kind, run: func(_ context.Context, c *client.Client) error {
		_, err := c.Use(order)
		return err
	}}
}

// confirmMoves confirm a few things of each service. The tokens get names of
// their own, so that a line means the same when others are left out.
func confirmMoves(c *client.Client, snap orchestrator.Snapshot) []Move {
	if len(c.Wallet.Held) >= maxTokens || snap.State != orchestrator.Open {
		return nil
	}
	var moves []Move
	name := fmt.Sprintf("t%d", len(c.Wallet.Held)+1)
	for _, p := range c.World.InKindOrder() {
		for _, choice := range p.Choices(snap.Customer) {
			moves = append(moves, Move{
				Line: choice.Line + " --name " + name, Kind: choice.Kind,
				run: func(ctx context.Context, c *client.Client) error {
					order, err := c.Current()
					if err != nil {
						return err
					}
					choice, err := again(c.World, choice)
					if err == nil {
						_, _, err = c.Confirm(ctx, order, choice, client.Wanted{Handle: name})
					}
					return err
				},
			})
		}
	}
	return moves
}

// again finds a choice in another world like its own: a move is made again in
// fresh ones.
func again(w *world.World, choice world.Choice) (world.Choice, error) {
	p, err := w.Service(choice.Service)
	if err != nil {
		return world.Choice{}, err
	}
	for _, customer := range w.Plan.Customers {
		for _, other := range p.Choices(customer) {
			if other.Line == choice.Line {
				return other, nil
			}
		}
	}
	return world.Choice{}, fmt.Errorf("%s offers nobody %q", p.Name, choice.Line)
}

// tokenMoves do something with one token.
func tokenMoves(c *client.Client) []Move {
	var moves []Move
	for _, t := range c.Wallet.Held {
		about := t.Service + " " + c.Status(t)
		moves = append(moves,
			held("relay "+t.Handle, "relay "+about, t.Handle, func(ctx context.Context, c *client.Client, order string, t *client.Token) error {
				_, err := c.Relay(ctx, order, t)
				return err
			}),
			held("redeem --direct "+t.Handle, "direct "+about, t.Handle, func(ctx context.Context, c *client.Client, order string, t *client.Token) error {
				_, _, err := c.Direct(ctx, order, t, "", "")
				return err
			}),
			held("revoke "+t.Handle, "revoke "+about, t.Handle, func(ctx context.Context, c *client.Client, _ string, t *client.Token) error {
				_, err := c.Revoke(ctx, t)
				return err
			}),
		)
		if !sealed(t.Raw) { // one with a sealed section is different in every world
			moves = append(moves, forged(t.Handle, about))
		}
	}
	return moves
}

// held is a move with one token, in the current order.
func held(line, kind, handle string, do func(ctx context.Context, c *client.Client, order string, t *client.Token) error) Move {
	return Move{Line: line, Kind: kind, run: func(ctx context.Context, c *client.Client) error {
		t := c.Wallet.ByHandle[handle]
		if t == nil {
			return exit.Usage("", "there is no token %q", handle)
		}
		order, err := c.Current()
		if err != nil && !strings.HasPrefix(line, "revoke") {
			return err
		}
		return do(ctx, c, order, t)
	}}
}

// forged relays a token whose signature somebody has changed: a try to burn
// its jti.
func forged(handle, about string) Move {
	file := "forged-" + handle + ".jwt"
	m := held("relay @"+file, "forged "+about, handle, func(ctx context.Context, c *client.Client, order string, t *client.Token) error {
		_, err := c.Relay(ctx, order, c.Loose(Spoiled(t.Raw)))
		return err
	})
	m.File, m.Forges = file, handle
	return m
}

// Spoiled changes the first character of a token's signature.
func Spoiled(raw string) string {
	cut := strings.LastIndexByte(raw, '.') + 1
	first := "A"
	if raw[cut] == 'A' {
		first = "B"
	}
	return raw[:cut] + first + raw[cut+1:]
}

// sealed reports whether a token says that it has a sealed section.
func sealed(raw string) bool {
	seen, err := tokens.Peek(raw)
	return err == nil && strings.Contains(string(seen.Payload), `"sealed"`)
}

// order is a move with the current order.
func order(line, kind string, do func(ctx context.Context, c *client.Client, order string) error) Move {
	return Move{Line: line, Kind: kind, run: func(ctx context.Context, c *client.Client) error {
		order, err := c.Current()
		if err != nil {
			return err
		}
		return do(ctx, c, order)
	}}
}

// ended is the error of a redemption: its own, or the refusals on the way.
func ended(snap orchestrator.Snapshot, resumed bool, err error) error {
	if err != nil {
		return err
	}
	return client.EndOf(snap, resumed)
}

func resume(ctx context.Context, c *client.Client, order string) error {
	snap, err := c.Resume(ctx, order)
	return ended(snap, true, err)
}

// orderMoves do something with the current order.
func orderMoves(snap orchestrator.Snapshot) []Move {
	moves := []Move{
		order("checkout", "checkout", func(ctx context.Context, c *client.Client, order string) error {
			snap, err := c.Checkout(ctx, order, nil, nil, nil)
			if snap == nil {
				return err
			}
			return ended(*snap, false, err)
		}),
		order("redeem", "redeem", func(ctx context.Context, c *client.Client, order string) error {
			snap, err := c.Redeem(ctx, order, nil)
			return ended(snap, false, err)
		}),
	}
	if snap.State == orchestrator.Stuck || snap.State == orchestrator.Redeeming {
		moves = append(moves, order("redeem --resume", "resume", resume))
	}
	if snap.State == orchestrator.Open {
		moves = append(moves,
			order("session close", "close", func(ctx context.Context, c *client.Client, order string) error {
				_, err := c.Close(ctx, order)
				return err
			}))
	}
	return moves
}

// factMoves have an open order say what it may come to say.
func factMoves(w *world.World, snap orchestrator.Snapshot) []Move {
	if snap.State != orchestrator.Open {
		return nil
	}
	_, later := factsOf(w, snap.Customer)
	var moves []Move
	for _, f := range later {
		moves = append(moves, order("session set "+f.name+"="+f.value, f.name, func(_ context.Context, c *client.Client, order string) error {
			_, err := c.SetFact(order, f.name, f.value)
			return err
		}))
	}
	return moves
}

// faultMoves have a step of a party go wrong, once or often enough that asking
// again does not help.
func faultMoves(w *world.World) []Move {
	var moves []Move
	add := func(party, step string) {
		for _, kind := range []wire.FaultKind{wire.Refuse, wire.Timeout, wire.LostReply, wire.Slow} {
			for _, count := range []int{1, 3} {
				fault := wire.Fault{Party: party, Step: step, Kind: kind, Left: count}
				line := fmt.Sprintf("fault %s.%s %s", party, step, kind)
				if count > 1 {
					line += fmt.Sprintf(" --count %d", count)
				}
				moves = append(moves, Move{Line: line, Kind: "fault " + party + "." + step, run: func(_ context.Context, c *client.Client) error {
					c.World.Faults.Add(fault)
					return nil
				}})
			}
		}
	}
	for _, p := range w.Parties {
		for _, step := range []string{"confirm", "redeem", "cancel"} {
			add(p.Name, step)
		}
	}
	for _, step := range wire.KMSSteps {
		add("kms", step)
	}
	return moves
}

func advancing(line, kind string, by time.Duration) Move {
	return Move{Line: line, Kind: kind, run: func(_ context.Context, c *client.Client) error { return c.World.Clock.Advance(by) }}
}

// worldMoves move time and keys.
func worldMoves(w *world.World) []Move {
	moves := []Move{advancing("clock advance 30s", "clock 30s", 30*time.Second), advancing("clock advance 2m", "clock 2m", 2*time.Minute)}
	for _, p := range w.Parties {
		if len(p.Keys().List()) < 3 {
			moves = append(moves, Move{Line: "keys rotate " + p.Name, Kind: "rotate " + p.Name, run: func(ctx context.Context, c *client.Client) error {
				_, err := c.Rotate(ctx, p.Name)
				return err
			}})
		}
	}
	return moves
}

// ending are the moves that bring every session to its end and every hold back:
// what is not right after them never will be.
func ending(w *world.World) []Move {
	moves := []Move{{Line: "fault clear", Kind: "end", run: func(_ context.Context, c *client.Client) error {
		c.World.Faults.Clear()
		return nil
	}}}
	for _, snap := range w.Sessions() {
		if snap.State != orchestrator.Stuck && snap.State != orchestrator.Redeeming {
			continue
		}
		moves = append(moves, using("end", snap.ID),
			order("redeem --resume", "end", func(ctx context.Context, c *client.Client, order string) error {
				err := resume(ctx, c, order)
				if err != nil && exit.Rejections(err) != nil {
					return fmt.Errorf("session %q does not come to its end: %w", snap.ID, err)
				}
				return err
			}))
	}
	return append(moves, advancing("clock advance 10m", "end", 2*tokens.MaxLifetime))
}

// abstract gives the world's state without its names and digits: two worlds
// with the same one go on alike.
func abstract(c *client.Client) string {
	var b strings.Builder
	for _, snap := range c.World.Sessions() {
		fmt.Fprintf(&b, "%s %t %s %v|", snap.Customer, snap.ID == c.Order, snap.State, snap.Facts)
	}
	now := c.World.Clock.Now()
	for _, t := range c.Wallet.Held {
		fmt.Fprintf(&b, "%s %s %s %d|", t.Service, t.Ref.Order, c.Status(t), max(-1, int64(t.Expires.Sub(now)/(30*time.Second))))
	}
	for _, f := range c.World.Faults.List() {
		fmt.Fprintf(&b, "%s.%s %s %d|", f.Party, f.Step, f.Kind, f.Left)
	}
	for _, p := range c.World.Parties {
		for _, e := range p.Entries() {
			fmt.Fprintf(&b, "%s %s|", e.Holds, e.State)
		}
		fmt.Fprintf(&b, "%d|", len(p.Keys().List()))
	}
	return b.String()
}
