// Deeds: everything that may be done in a world, each with how it is drawn,
// written, done and foretold.

package spec_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"tokenshell/shell/internal/client"
	"tokenshell/shell/internal/spec"
	"tokenshell/shell/internal/stage"
	"tokenshell/shell/internal/wire"
)

// op is one thing to do, by names, so that it means the same when others are
// left out.
type op struct {
	deed     string
	tokens   []string // handles
	words    []string
	n        int
	after    int
	inner    *op                // what another client does meanwhile
	other    string             // as a line; of what is done meanwhile, the key that it is about
	foretold func() spec.Answer // of what another client does
}

func (o op) word(i int) string { return o.words[i] }

func (o op) handles() string { return strings.Join(append([]string{""}, o.tokens...), " ") }

// facts gives those of a new session.
func (o op) facts() map[string]string {
	facts := map[string]string{}
	for _, fact := range o.words[2:] {
		name, value, _ := strings.Cut(fact, "=")
		facts[name] = value
	}
	return facts
}

// flags gives those of a confirmation.
func (o op) flags() string {
	text := " --name " + o.word(0)
	if o.n > 0 {
		text += fmt.Sprintf(" --ttl %ds", o.n)
	}
	return text
}

// flaw gives what goes wrong at a step.
func (o op) flaw() string {
	text := "fault " + o.word(0) + " " + o.word(1)
	if o.other != "" {
		text += " '" + o.other + "'"
	}
	text += fmt.Sprintf(" --count %d", o.n)
	if o.after > 0 {
		text += fmt.Sprintf(" --after %d", o.after)
	}
	return text
}

// deed is one kind of op. It does with a client what its line does.
type deed struct {
	name     string
	weight   int
	draw     func(d draws) op
	line     func(o op) string
	do       func(ctx context.Context, c *client.Client, o op) ([]result, error)
	foretell func(m *spec.World, o op) spec.Answer
}

// deeds is everything that may be done.
var deeds = []deed{
	{"session new", 3, draws.opening,
		func(o op) string {
			line := "session new " + o.word(0) + " --customer " + o.word(1)
			for _, fact := range o.words[2:] {
				line += " --fact " + fact
			}
			return line
		},
		open,
		func(m *spec.World, o op) spec.Answer { return m.Open(o.word(0), o.word(1), o.facts()) }},
	{"session use", 2, draws.session,
		func(o op) string { return "session use " + o.word(0) },
		use,
		func(m *spec.World, o op) spec.Answer { return m.Use(o.word(0)) }},
	{"session set", 2, func(d draws) op { return d.words(d.facts()...) },
		func(o op) string { return "session set " + o.word(0) },
		set,
		func(m *spec.World, o op) spec.Answer {
			name, value, _ := strings.Cut(o.word(0), "=")
			return m.Set(name, value)
		}},
	{"session close", 1, func(draws) op { return op{} },
		func(o op) string { return "session close" },
		closing,
		func(m *spec.World, o op) spec.Answer { return m.Close() }},

	{"coupon confirm", 4, func(d draws) op { return d.confirmation(d.coupon()) },
		func(o op) string { return "coupon confirm " + o.word(1) + o.flags() },
		confirmCoupon,
		func(m *spec.World, o op) spec.Answer {
			return m.Confirm(spec.Hold{Handle: o.word(0), Service: "coupons", Coupon: o.word(1)}, o.n)
		}},
	{"points confirm", 4, func(d draws) op { return d.confirmation(d.points()) },
		func(o op) string { return "points confirm " + o.word(1) + o.flags() },
		confirmPoints,
		func(m *spec.World, o op) spec.Answer {
			amount, _ := strconv.Atoi(o.word(1))
			return m.Confirm(spec.Hold{Handle: o.word(0), Service: "points", Amount: amount}, o.n)
		}},
	{"payment confirm", 4, func(d draws) op { return d.confirmation(d.payment()...) },
		func(o op) string { return "payment confirm " + o.word(1) + " --method " + o.word(2) + o.flags() },
		confirmPayment,
		func(m *spec.World, o op) spec.Answer {
			return m.Confirm(spec.Hold{Handle: o.word(0), Service: "payments", Amount: cents(m, o.word(1)), Card: o.word(2)}, o.n)
		}},

	{"declared confirm", 12, draws.declared,
		declaredLine,
		confirmDeclared,
		func(m *spec.World, o op) spec.Answer {
			amount, _ := strconv.Atoi(o.word(3))
			return m.Confirm(spec.Hold{Handle: o.word(0), Service: o.word(1), Thing: o.word(2), Amount: amount}, o.n)
		}},

	{"club confirm", 3, draws.outside,
		func(o op) string { return "token import --name " + o.word(0) + " @" + o.word(0) + ".jws" },
		importOutside,
		func(m *spec.World, o op) spec.Answer {
			jti, _ := strconv.Atoi(o.word(1))
			return m.Outside(o.word(0), "", jti, o.n)
		}},

	{"relay", 5, func(d draws) op { return d.tokens(1, 2) },
		func(o op) string { return "relay" + o.handles() },
		relay,
		func(m *spec.World, o op) spec.Answer { return m.Relay(spec.Sound, m.Named(o.tokens)...) }},
	{"relay forged", 1, draws.changed,
		func(o op) string { return "relay @forged-" + o.tokens[0] + ".jwt" },
		relayChanged(stage.Spoiled),
		func(m *spec.World, o op) spec.Answer { return m.Relay(spec.Forged, m.Named(o.tokens)...) }},
	{"relay twin", 1, draws.changed,
		func(o op) string { return "relay @twin-" + o.tokens[0] + ".jwt" },
		relayChanged(otherS),
		func(m *spec.World, o op) spec.Answer { return m.Relay(spec.Sound, m.Named(o.tokens)...) }},
	{"relay bent", 4, draws.bent,
		func(o op) string { return "relay @" + o.word(0) + "-" + o.tokens[0] + ".jwt" },
		func(ctx context.Context, c *client.Client, o op) ([]result, error) {
			raw, err := bent(c, o)
			if err != nil {
				return nil, err
			}
			return relayAll(ctx, c, []*client.Token{c.Loose(raw)})
		},
		func(m *spec.World, o op) spec.Answer { return m.Relay(o.word(0), m.Named(o.tokens)...) }},
	{"redeem direct", 2, func(d draws) op { return d.tokens(1, 1) },
		func(o op) string { return "redeem --direct" + o.handles() },
		direct,
		func(m *spec.World, o op) spec.Answer { return m.Direct(m.Hold(o.tokens[0])) }},
	{"revoke", 1, func(d draws) op { return d.tokens(1, 1) },
		func(o op) string { return "revoke" + o.handles() },
		revoke,
		func(m *spec.World, o op) spec.Answer { return m.Revoke(m.Hold(o.tokens[0])) }},
	{"checkout", 9, func(d draws) op { return d.tokens(0, 2) },
		func(o op) string { return "checkout" + o.handles() },
		checkout,
		func(m *spec.World, o op) spec.Answer { return m.Checkout(m.Named(o.tokens)) }},
	{"redeem", 4, func(d draws) op { return d.tokens(0, 2) },
		func(o op) string { return "redeem" + o.handles() },
		redeem,
		func(m *spec.World, o op) spec.Answer { return m.Redeem(m.Named(o.tokens)) }},
	{"redeem resume", 2, func(draws) op { return op{} },
		func(o op) string { return "redeem --resume" },
		resume,
		func(m *spec.World, o op) spec.Answer { return m.Resume() }},

	{"fault", 14, draws.fault,
		op.flaw,
		fault,
		func(m *spec.World, o op) spec.Answer {
			return m.Fault(spec.Fault{Step: o.word(0), Kind: o.word(1), Count: o.n, After: o.after, Meanwhile: o.foretold})
		}},
	{"deliver", 6, draws.late,
		func(o op) string { return "deliver " + o.word(0) },
		deliver,
		func(m *spec.World, o op) spec.Answer { return m.Deliver(o.word(0)) }},
	{"restart", 2, func(d draws) op { return d.words("", "", " --forget") },
		func(o op) string { return "restart relay" + o.word(0) },
		func(ctx context.Context, c *client.Client, o op) ([]result, error) {
			return nil, c.World.Restart(ctx, wire.Relay, o.word(0) != "")
		},
		func(m *spec.World, o op) spec.Answer { return m.Restart(o.word(0) != "") }},
	{"fault clear", 1, func(draws) op { return op{} },
		func(o op) string { return "fault clear" },
		func(_ context.Context, c *client.Client, _ op) ([]result, error) {
			c.World.Faults.Clear()
			return nil, nil
		},
		func(m *spec.World, o op) spec.Answer { return m.ClearFaults() }},
	{"clock advance", 3, func(d draws) op {
		return op{n: d.pick("seconds", append([]int{1, 2, 30, 60, 119, 120, 1800, d.day()}, d.days()...)...)}
	},
		func(o op) string { return fmt.Sprintf("clock advance %ds", o.n) },
		func(_ context.Context, c *client.Client, o op) ([]result, error) {
			return nil, c.World.Clock.Advance(time.Duration(o.n) * time.Second)
		},
		func(m *spec.World, o op) spec.Answer { return m.Wait(o.n) }},
	{"clock set", 3, draws.moment,
		func(o op) string { return "clock set " + spec.Stamp(o.n) },
		func(_ context.Context, c *client.Client, o op) ([]result, error) {
			return nil, c.World.Clock.Set(time.Unix(int64(o.n), 0).UTC())
		},
		func(m *spec.World, o op) spec.Answer { return m.Until(o.n) }},
	{"keys rotate", 1, func(d draws) op { return d.words(d.w.model.Domains()...) },
		func(o op) string { return "keys rotate " + o.word(0) },
		func(ctx context.Context, c *client.Client, o op) ([]result, error) {
			_, err := c.Rotate(ctx, o.word(0))
			return nil, err
		},
		func(m *spec.World, o op) spec.Answer { return m.Rotate(o.word(0)) }},
	{"keys retire", 1, draws.key,
		func(o op) string { return "keys retire $KID" },
		func(_ context.Context, c *client.Client, o op) ([]result, error) { return nil, c.Retire(kid(c, o)) },
		func(m *spec.World, o op) spec.Answer { return m.Leave(m.Version(o.word(0), o.n), "retired") }},
	{"keys disable", 1, draws.key,
		func(o op) string { return "keys disable $KID" },
		func(ctx context.Context, c *client.Client, o op) ([]result, error) {
			return nil, c.Disable(ctx, kid(c, o))
		},
		func(m *spec.World, o op) spec.Answer { return m.Leave(m.Version(o.word(0), o.n), "disabled") }},
}

// cents reads what somebody says for money; -1 is that it is none.
func cents(m *spec.World, text string) int {
	if n, ok := m.Units(text); ok {
		return n
	}
	return -1
}
