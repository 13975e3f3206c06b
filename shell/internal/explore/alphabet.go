// The alphabet: what somebody may do next in a world.

package explore

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"tokenshell/orchestrator"
	"tokenshell/shell/internal/bound"
	"tokenshell/shell/internal/client"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/spec"
	"tokenshell/shell/internal/wire"
	"tokenshell/shell/internal/world"
	"tokenshell/tokens"
)

// Move is one thing that somebody does: a verb and what it is about, by numbers
// that mean the same on every path.
type Move struct {
	verb  verb
	order uint8 // the session it is done in, from 1; 0 for none
	token uint8 // from 1, in the order in which the client was given them
	arg   uint8 // which of several things
}

// verb is an index into the alphabet.
type verb uint8

// letter is one verb of the alphabet.
type letter struct {
	name   string // the verb as help has it
	family string // what a bound may leave out; empty for what is always there
	clock  bool   // it is a move of the clock or of keys
	fault  bool   // it is something that goes wrong
	stops  bool   // redeem --step stops it between two questions
	alone  bool   // no other client does it meanwhile
	line   func(s *stage, m Move) string
	do     func(ctx context.Context, s *stage, m Move) ([]result, error)
	tell   func(s *stage, m Move) spec.Answer
}

const (
	opens verb = iota
	confirms
	relays
	relaysForged
	relaysOther
	redeems
	redeemsOne
	checksOut
	resumes
	closes
	setsFact
	goesDirect
	revokes
	delivers
	restarts
	forgets
	advances
	rotates
	retires
	disables
)

// alphabet is every verb that is explored, by its number.
var alphabet = [...]letter{
	opens: {name: "session new", alone: true,
		line: func(s *stage, m Move) string {
			line := "session new " + orderName(int(m.order)) + " --customer " + s.customer
			for _, name := range slices.Sorted(maps.Keys(s.facts)) {
				line += " --fact " + name + "=" + s.facts[name]
			}
			return line
		},
		do: func(ctx context.Context, s *stage, m Move) ([]result, error) {
			_, err := s.client.Open(ctx, orderName(int(m.order)), s.customer, maps.Clone(s.facts))
			return nil, err
		},
		tell: func(s *stage, m Move) spec.Answer {
			return s.model.Open(orderName(int(m.order)), s.customer, maps.Clone(s.facts))
		}},
	confirms: {name: "confirm", alone: true,
		line: func(s *stage, m Move) string {
			return s.choices[m.arg].Line + " --name " + tokenName(int(m.token))
		},
		do: func(ctx context.Context, s *stage, m Move) ([]result, error) {
			t, _, err := s.client.Confirm(ctx, s.client.Order, s.choices[m.arg], client.Wanted{Handle: tokenName(int(m.token))})
			if err == nil {
				s.tokens = append(s.tokens, t.Ref)
			}
			return nil, err
		},
		tell: func(s *stage, m Move) spec.Answer {
			return s.model.Confirm(spec.Hold{Handle: tokenName(int(m.token)), Service: s.choices[m.arg].Service}, 0)
		}},
	relays: {name: "relay", line: tokenLine("relay"), do: relay,
		tell: func(s *stage, m Move) spec.Answer { return s.model.Relay(spec.Sound, s.hold(m)) }},
	relaysForged: {name: "relay @FILE", family: "forged", alone: true,
		line: func(_ *stage, m Move) string { return "relay @" + forgedFile(m) },
		do: func(ctx context.Context, s *stage, m Move) ([]result, error) {
			_, err := s.client.Relay(ctx, s.client.Order, s.client.Loose(Spoiled(s.held(m).Raw)))
			return nil, err
		},
		tell: func(s *stage, m Move) spec.Answer { return s.model.Relay(spec.Forged, s.hold(m)) }},
	relaysOther: {name: "relay", family: "mixed", alone: true, line: tokenLine("relay"), do: relay,
		tell: func(s *stage, m Move) spec.Answer { return s.model.Relay(spec.Sound, s.hold(m)) }},
	redeems: {name: "redeem", stops: true, line: plainLine("redeem"),
		do: func(ctx context.Context, s *stage, m Move) ([]result, error) {
			snap, err := s.client.Redeem(ctx, s.client.Order, nil)
			return ended(snap, false, err)
		},
		tell: func(s *stage, m Move) spec.Answer { return s.model.Redeem(nil) }},
	redeemsOne: {name: "redeem", stops: true, alone: true, line: tokenLine("redeem"),
		do: func(ctx context.Context, s *stage, m Move) ([]result, error) {
			snap, err := s.client.Redeem(ctx, s.client.Order, []*client.Token{s.held(m)})
			return ended(snap, false, err)
		},
		tell: func(s *stage, m Move) spec.Answer { return s.model.Redeem([]*spec.Hold{s.hold(m)}) }},
	checksOut: {name: "checkout", stops: true, line: plainLine("checkout"),
		do: func(ctx context.Context, s *stage, m Move) ([]result, error) {
			snap, err := s.client.Checkout(ctx, s.client.Order, nil, nil, nil)
			if snap == nil {
				return nil, err
			}
			return ended(*snap, false, err)
		},
		tell: func(s *stage, m Move) spec.Answer { return s.model.Checkout(nil) }},
	resumes: {name: "redeem --resume", stops: true, line: plainLine("redeem --resume"),
		do: func(ctx context.Context, s *stage, m Move) ([]result, error) {
			snap, err := s.client.Resume(ctx, s.client.Order)
			return ended(snap, true, err)
		},
		tell: func(s *stage, m Move) spec.Answer { return s.model.Resume() }},
	closes: {name: "session close", line: plainLine("session close"),
		do: func(ctx context.Context, s *stage, m Move) ([]result, error) {
			_, err := s.client.Close(ctx, s.client.Order)
			return nil, err
		},
		tell: func(s *stage, m Move) spec.Answer { return s.model.Close() }},
	setsFact: {name: "session set", family: "facts",
		line: func(s *stage, m Move) string {
			return "session set " + s.later[m.arg].name + "=" + s.later[m.arg].value
		},
		do: func(ctx context.Context, s *stage, m Move) ([]result, error) {
			_, err := s.client.SetFact(s.client.Order, s.later[m.arg].name, s.later[m.arg].value)
			return nil, err
		},
		tell: func(s *stage, m Move) spec.Answer { return s.model.Set(s.later[m.arg].name, s.later[m.arg].value) }},
	goesDirect: {name: "redeem --direct", family: "direct", line: tokenLine("redeem --direct"),
		do: func(ctx context.Context, s *stage, m Move) ([]result, error) {
			t := s.held(m)
			_, _, err := s.client.Direct(ctx, s.client.Order, t, "", "")
			status := orchestrator.Redeemed
			switch {
			case errors.As(err, new(*tokens.Failure)):
				status = orchestrator.Failed
			case exit.Rejections(err) != nil:
				status = orchestrator.Refused
			case err != nil:
				return nil, err
			}
			return []result{{t.Ref, string(status)}}, err
		},
		tell: func(s *stage, m Move) spec.Answer { return s.model.Direct(s.hold(m)) }},
	revokes: {name: "revoke", family: "revoke", line: tokenLine("revoke"),
		do: func(ctx context.Context, s *stage, m Move) ([]result, error) {
			_, err := s.client.Revoke(ctx, s.held(m))
			return nil, err
		},
		tell: func(s *stage, m Move) spec.Answer { return s.model.Revoke(s.hold(m)) }},
	delivers: {name: "deliver", alone: true,
		line: func(s *stage, m Move) string { return "deliver " + s.world.Steps()[m.arg].String() },
		do: func(ctx context.Context, s *stage, m Move) ([]result, error) {
			step := s.world.Steps()[m.arg]
			_, err := s.world.Wire.Deliver(ctx, step.Party, step.Step)
			return nil, err
		},
		tell: func(s *stage, m Move) spec.Answer { return s.model.Deliver(s.world.Steps()[m.arg].String()) }},
	restarts: {name: "restart relay", family: "crash", fault: true, line: plainLine("restart relay"),
		do:   func(ctx context.Context, s *stage, m Move) ([]result, error) { return nil, s.world.Restart(ctx, false) },
		tell: func(s *stage, m Move) spec.Answer { return s.model.Restart(false) }},
	forgets: {name: "restart relay --forget", family: "crash", fault: true, line: plainLine("restart relay --forget"),
		do:   func(ctx context.Context, s *stage, m Move) ([]result, error) { return nil, s.world.Restart(ctx, true) },
		tell: func(s *stage, m Move) spec.Answer { return s.model.Restart(true) }},
	advances: {name: "clock set", clock: true, alone: true,
		line: func(s *stage, m Move) string { return "clock set " + spec.Stamp(s.moment(m)) },
		do: func(_ context.Context, s *stage, m Move) ([]result, error) {
			return nil, s.world.Clock.Set(time.Unix(int64(s.moment(m)), 0).UTC())
		},
		tell: func(s *stage, m Move) spec.Answer { return s.model.Until(s.moment(m)) }},
	rotates: {name: "keys rotate", family: "keys", clock: true,
		line: func(s *stage, m Move) string { return "keys rotate " + s.names[m.arg] },
		do: func(ctx context.Context, s *stage, m Move) ([]result, error) {
			_, err := s.client.Rotate(ctx, s.names[m.arg])
			return nil, err
		},
		tell: func(s *stage, m Move) spec.Answer { return s.model.Rotate(s.names[m.arg]) }},
	retires: {name: "keys retire", family: "keys", clock: true, line: keyLine("retire"),
		do:   func(_ context.Context, s *stage, m Move) ([]result, error) { return nil, s.client.Retire(s.kid(m)) },
		tell: func(s *stage, m Move) spec.Answer { return s.leave(m, "retired") }},
	disables: {name: "keys disable", family: "keys", clock: true, line: keyLine("disable"),
		do: func(ctx context.Context, s *stage, m Move) ([]result, error) {
			return nil, s.client.Disable(ctx, s.kid(m))
		},
		tell: func(s *stage, m Move) spec.Answer { return s.leave(m, "disabled") }},
}

func (m Move) costsClock() int {
	if alphabet[m.verb].clock {
		return 1
	}
	return 0
}

func (m Move) costsFault() int {
	if alphabet[m.verb].fault {
		return 1
	}
	return 0
}

func orderName(n int) string { return "op_" + string(rune('0'+n)) }

func tokenName(n int) string { return "t" + string(rune('0'+n)) }

func forgedFile(m Move) string { return "forged-" + tokenName(int(m.token)) + ".jwt" }

func tokenLine(verb string) func(*stage, Move) string {
	return func(_ *stage, m Move) string { return verb + " " + tokenName(int(m.token)) }
}

func plainLine(line string) func(*stage, Move) string {
	return func(*stage, Move) string { return line }
}

// keyLine names a service's oldest key by a variable, for its kid is another in
// every world.
func keyLine(verb string) func(*stage, Move) string {
	return func(_ *stage, m Move) string { return "keys " + verb + " $" + kidVariable(m) }
}

func kidVariable(m Move) string { return "KID_" + string(rune('1'+m.arg)) }

func relay(ctx context.Context, s *stage, m Move) ([]result, error) {
	_, err := s.client.Relay(ctx, s.client.Order, s.held(m))
	return nil, err
}

// do does a move as the client.
func (s *stage) do(ctx context.Context, m Move) ([]result, error) {
	if m.order > 0 {
		s.client.Order = orderName(int(m.order))
	}
	return alphabet[m.verb].do(ctx, s, m)
}

// foretell has the model do it.
func (s *stage) foretell(m Move) spec.Answer {
	if m.order > 0 {
		s.model.Current = orderName(int(m.order))
	}
	return alphabet[m.verb].tell(s, m)
}

// held gives the token of a move; hold what the model has for it.
func (s *stage) held(m Move) *client.Token { return s.client.Wallet.ByHandle[tokenName(int(m.token))] }

func (s *stage) hold(m Move) *spec.Hold { return s.model.Hold(tokenName(int(m.token))) }

// kid gives a service's oldest key.
func (s *stage) kid(m Move) string {
	p, err := s.world.Service(s.names[m.arg])
	if err != nil {
		return ""
	}
	return p.Keys().List()[0].ID
}

func (s *stage) leave(m Move, state string) spec.Answer {
	return s.model.Leave(s.model.Version(s.names[m.arg], 0), state)
}

// moment gives the second that a clock move goes to: that of the next change, or
// the one before.
func (s *stage) moment(m Move) int {
	if m.arg == farAway {
		return s.model.Now + spec.OpenFor + 600
	}
	return s.soon() - 1 + int(m.arg)
}

// soon gives the second at which something changes by itself next.
func (s *stage) soon() int {
	if all := s.model.Moments(); len(all) > 0 {
		return all[0]
	}
	return s.model.Now + 1
}

// farAway is when every token has expired and every session has ended.
const farAway = 9

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

// moves gives what makes sense next, in a fixed order.
func (s *stage) moves(into []Move) []Move {
	all := into[:0]
	add := func(v verb, order, token, arg int) {
		if !s.bound.Leaves(alphabet[v].family) || alphabet[v].family == "" {
			all = append(all, Move{v, uint8(order), uint8(token), uint8(arg)})
		}
	}
	for n := 1; n <= min(s.opened+1, s.bound.Sessions); n++ {
		if s.model.Session(orderName(n)) == nil {
			add(opens, n, 0, 0)
			break
		}
	}
	for n := 1; n <= s.opened; n++ {
		of := s.model.Session(orderName(n))
		if of == nil {
			continue
		}
		state := s.model.Stood(of)
		open := state == "open"
		if open && len(s.tokens) < s.bound.Tokens {
			for i := range s.choices {
				add(confirms, n, len(s.tokens)+1, i)
			}
		}
		stands := of.Stands()
		if len(stands) > 0 || s.holds(n) {
			add(checksOut, n, 0, 0)
		}
		if len(stands) > 0 {
			add(redeems, n, 0, 0)
		}
		if open {
			if len(stands) > 1 {
				for _, st := range stands {
					add(redeemsOne, n, tokenNumber(st.Hold.Handle), 0)
				}
			}
			add(closes, n, 0, 0)
			for i, f := range s.later {
				if of.Facts()[f.name] != f.value {
					add(setsFact, n, 0, i)
				}
			}
		}
		if state == "redeeming" || state == "stuck" {
			add(resumes, n, 0, 0)
		}
	}
	for i := range s.tokens {
		h := s.model.Hold(tokenName(i + 1))
		if h == nil {
			continue
		}
		n := orderNumber(h.Order)
		add(relays, n, i+1, 0)
		if s.model.Session(h.Order) == nil { // it is long past
			continue
		}
		if s.model.Session(h.Order).State == "open" {
			add(relaysForged, n, i+1, 0)
		}
		for other := 1; other <= s.opened; other++ {
			if of := s.model.Session(orderName(other)); other != n && of != nil && of.State == "open" {
				add(relaysOther, other, i+1, 0)
			}
		}
		add(goesDirect, n, i+1, 0)
		add(revokes, n, i+1, 0)
	}
	var late []string
	for _, l := range s.model.Late {
		if !slices.Contains(late, l.Step) {
			late = append(late, l.Step)
		}
	}
	for i, step := range s.world.Steps() {
		if slices.Contains(late, step.String()) {
			add(delivers, 0, 0, i)
		}
	}
	if s.faults < s.bound.Faults {
		add(restarts, 0, 0, 0)
		add(forgets, 0, 0, 0)
	}
	if s.clock < s.bound.Clock {
		if s.opened > 0 {
			if s.soon()-1 > s.model.Now && !s.bound.Leaves("before") {
				add(advances, 0, 0, 0)
			}
			add(advances, 0, 0, 1)
		}
		for i, name := range s.names {
			if !s.holdsOf(name) {
				continue
			}
			if len(s.model.Keys[name]) < 2 {
				add(rotates, 0, 0, i)
			}
			if len(s.model.Keys[name]) > 0 {
				if state := s.model.KeyStates(name)[0]; state != "disabled" {
					if state != "retired" {
						add(retires, 0, 0, i)
					}
					add(disables, 0, 0, i)
				}
			}
		}
	}
	return all
}

// holds reports whether the client has a token of an order.
func (s *stage) holds(order int) bool {
	return slices.ContainsFunc(s.model.Holds, func(h *spec.Hold) bool { return h.Handle != "" && !h.Gone && h.Order == orderName(order) })
}

// holdsOf reports whether the client has a token of a service.
func (s *stage) holdsOf(service string) bool {
	return slices.ContainsFunc(s.model.Holds, func(h *spec.Hold) bool { return h.Handle != "" && !h.Gone && h.Service == service })
}

func orderNumber(name string) int { return int(name[len(name)-1] - '0') }

func tokenNumber(name string) int { return int(name[len(name)-1] - '0') }

// others gives those of some moves that another client may make meanwhile.
func others(moves []Move) []Move {
	return slices.DeleteFunc(slices.Clone(moves), func(m Move) bool { return alphabet[m.verb].alone })
}

// fates gives what may become of a message, but for what others do meanwhile.
func (s *stage) fates(m message) []wire.FaultKind {
	by := m.From + " " + m.step()
	if known, ok := s.fits[by]; ok {
		return known
	}
	var all []wire.FaultKind
	if s.bound.Leaves("kms") && m.To == "kms" || s.bound.Leaves("client") && m.From == "client" {
		s.fits[by] = nil
		return nil
	}
	for _, row := range bound.FateRows() {
		for _, kind := range row.Kinds {
			fits := slices.Contains(wire.FaultKinds(m.To, m.Step), string(kind))
			if kind == wire.CrashBefore || kind == wire.CrashAfter {
				fits = fits && (m.From == "relay" || m.To == "relay")
			}
			if kind == bound.Interrupt {
				fits = m.From == "relay" && m.To != "ledger"
			}
			if fits && s.may[kind] {
				all = append(all, kind)
			}
		}
	}
	s.fits[by] = all
	return all
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
