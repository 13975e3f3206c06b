// Possible lines: what makes sense next in a world, for walks that chance chooses.

package shelltest

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"tokenshell/orchestrator"
	"tokenshell/shell/internal/client"
	"tokenshell/shell/internal/wire"
	"tokenshell/tokens"
)

// Possibility is one line of the language.
type Possibility struct {
	Line string
	Kind string // the line without its names: those of a kind are alike

	File   string // a file that the line reads
	Forges string // the handle of the token whose forgery is in it
}

// Limits keep worlds small.
const (
	mostSessions = 2
	mostTokens   = 6
	mostFaults   = 2
)

// Possible gives every line that makes sense in the client's world as it is.
func Possible(c *client.Client) []Possibility {
	var all []Possibility
	add := func(kind, line string) { all = append(all, Possibility{Line: line, Kind: kind}) }
	sessions := c.World.Sessions()
	if len(sessions) < mostSessions {
		for _, customer := range c.World.Plan.Customers[:min(2, len(c.World.Plan.Customers))] {
			add("session new "+customer, opening(c, fmt.Sprintf("op_%d", len(sessions)+1), customer))
		}
	}
	for _, snap := range sessions {
		if snap.ID != c.Order {
			add("session use", "session use "+snap.ID)
		}
	}
	current, err := c.World.Relay.Session(c.Order)
	if err != nil {
		return all
	}
	if len(c.Wallet.Held) < mostTokens && current.State == orchestrator.Open {
		for _, p := range c.World.InKindOrder() {
			for _, choice := range p.Choices(current.Customer) {
				add(choice.Kind, fmt.Sprintf("%s --name t%d", choice.Line, len(c.Wallet.Held)+1))
			}
		}
	}
	for _, t := range c.Wallet.Held {
		about := t.Service + " " + c.Status(t)
		add("relay "+about, "relay "+t.Handle)
		add("direct "+about, "redeem --direct "+t.Handle)
		add("revoke "+about, "revoke "+t.Handle)
		if !sealed(t.Raw) { // one with a sealed section is different in every world
			file := "forged-" + t.Handle + ".jwt"
			all = append(all, Possibility{"relay @" + file, "forged " + about, file, t.Handle})
		}
	}
	add("checkout", "checkout")
	add("redeem", "redeem")
	switch current.State {
	case orchestrator.Stuck, orchestrator.Redeeming:
		add("resume", "redeem --resume")
	case orchestrator.Open:
		add("close", "session close")
		for _, p := range c.World.InKindOrder() {
			_, later := p.Facts(current.Customer)
			for _, name := range slices.Sorted(maps.Keys(later)) {
				add(name, "session set "+name+"="+later[name])
			}
		}
	}
	if len(c.World.Faults.List()) < mostFaults {
		all = append(all, faulty(c)...)
	}
	add("clock 30s", "clock advance 30s")
	add("clock 2m", "clock advance 2m")
	for _, p := range c.World.Parties {
		if len(p.Keys().List()) < 3 {
			add("rotate "+p.Name, "keys rotate "+p.Name)
		}
	}
	return all
}

func opening(c *client.Client, id, customer string) string {
	line := fmt.Sprintf("session new %s --customer %s", id, customer)
	for _, p := range c.World.InKindOrder() {
		first, _ := p.Facts(customer)
		for _, name := range slices.Sorted(maps.Keys(first)) {
			line += " --fact " + name + "=" + first[name]
		}
	}
	return line
}

// sealed reports whether a token says that it has a sealed section.
func sealed(raw string) bool {
	seen, err := tokens.Peek(raw)
	return err == nil && strings.Contains(string(seen.Payload), `"sealed"`)
}

// faulty has a step of a party go wrong, once or often enough that asking again
// does not help.
func faulty(c *client.Client) []Possibility {
	var all []Possibility
	add := func(party, step string) {
		for _, kind := range []wire.FaultKind{wire.Refuse, wire.Timeout, wire.LostReply, wire.Slow} {
			for _, count := range []string{"", " --count 3"} {
				all = append(all, Possibility{Line: fmt.Sprintf("fault %s.%s %s%s", party, step, kind, count), Kind: "fault " + party + "." + step})
			}
		}
	}
	for _, p := range c.World.Parties {
		for _, step := range []string{"confirm", "redeem", "cancel"} {
			add(p.Name, step)
		}
	}
	for _, step := range wire.KMSSteps {
		add("kms", step)
	}
	return all
}
