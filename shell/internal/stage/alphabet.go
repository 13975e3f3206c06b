// The alphabet: what somebody may do next in a world.

package stage

import (
	"context"
	"errors"
	"fmt"
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
	Verb  Verb
	Order uint8 // the session it is done in, from 1; 0 for none
	Token uint8 // from 1, in the order in which the client was given them
	Arg   uint8 // which of several things
}

// Verb is an index into the alphabet.
type Verb uint8

// Letter is one verb of the alphabet.
type Letter struct {
	Name   string // the verb as help has it
	family string // what a bound may leave out; empty for what is always there
	clock  bool   // it is a move of the clock or of keys
	fault  bool   // it is something that goes wrong
	Stops  bool   // redeem --step stops it between two questions
	alone  bool   // no other client does it meanwhile
	Line   func(s *Stage, m Move) string
	do     func(ctx context.Context, s *Stage, m Move) ([]result, error)
	tell   func(s *Stage, m Move) spec.Answer
}

const (
	Opens Verb = iota
	Confirms
	Relays
	RelaysForged
	RelaysOther
	Redeems
	RedeemsOne
	ChecksOut
	Resumes
	Closes
	SetsFact
	GoesDirect
	Revokes
	Delivers
	Restarts
	Forgets
	Advances
	Rotates
	Retires
	Disables
	Skews
)

// Alphabet is every verb that is explored, by its number.
var Alphabet = [...]Letter{
	Opens: {Name: "session new", alone: true,
		Line: func(s *Stage, m Move) string {
			line := "session new " + OrderName(int(m.Order)) + " --customer " + s.customer
			facts := s.opening(m)
			for _, name := range slices.Sorted(maps.Keys(facts)) {
				line += " --fact " + name + "=" + facts[name]
			}
			return line
		},
		do: func(ctx context.Context, s *Stage, m Move) ([]result, error) {
			_, err := s.Client.Open(ctx, OrderName(int(m.Order)), s.customer, s.opening(m))
			return nil, err
		},
		tell: func(s *Stage, m Move) spec.Answer {
			return s.Model.Open(OrderName(int(m.Order)), s.customer, s.opening(m))
		}},
	Confirms: {Name: "confirm", alone: true,
		Line: func(s *Stage, m Move) string {
			return s.choices[m.Arg].Line + " --name " + tokenName(int(m.Token))
		},
		do: func(ctx context.Context, s *Stage, m Move) ([]result, error) {
			t, _, err := s.Client.Confirm(ctx, s.Client.Order, s.choices[m.Arg], client.Wanted{Handle: tokenName(int(m.Token))})
			if err == nil {
				s.tokens = append(s.tokens, t.Ref)
			}
			return nil, err
		},
		tell: func(s *Stage, m Move) spec.Answer {
			return s.Model.Confirm(spec.Hold{Handle: tokenName(int(m.Token)), Service: s.choices[m.Arg].Service}, 0)
		}},
	Relays: {Name: "relay", Line: tokenLine("relay"), do: relay,
		tell: func(s *Stage, m Move) spec.Answer { return s.Model.Relay(spec.Sound, s.hold(m)) }},
	RelaysForged: {Name: "relay @FILE", family: "forged", alone: true,
		Line: func(_ *Stage, m Move) string { return "relay @" + ForgedFile(m) },
		do: func(ctx context.Context, s *Stage, m Move) ([]result, error) {
			_, err := s.Client.Relay(ctx, s.Client.Order, s.Client.Loose(Spoiled(s.Held(m).Raw)))
			return nil, err
		},
		tell: func(s *Stage, m Move) spec.Answer { return s.Model.Relay(spec.Forged, s.hold(m)) }},
	RelaysOther: {Name: "relay", family: "mixed", alone: true, Line: tokenLine("relay"), do: relay,
		tell: func(s *Stage, m Move) spec.Answer { return s.Model.Relay(spec.Sound, s.hold(m)) }},
	Redeems: {Name: "redeem", Stops: true, Line: plainLine("redeem"),
		do: func(ctx context.Context, s *Stage, m Move) ([]result, error) {
			snap, err := s.Client.Redeem(ctx, s.Client.Order, nil)
			return ended(snap, false, err)
		},
		tell: func(s *Stage, m Move) spec.Answer { return s.Model.Redeem(nil) }},
	RedeemsOne: {Name: "redeem", Stops: true, alone: true, Line: tokenLine("redeem"),
		do: func(ctx context.Context, s *Stage, m Move) ([]result, error) {
			snap, err := s.Client.Redeem(ctx, s.Client.Order, []*client.Token{s.Held(m)})
			return ended(snap, false, err)
		},
		tell: func(s *Stage, m Move) spec.Answer { return s.Model.Redeem([]*spec.Hold{s.hold(m)}) }},
	ChecksOut: {Name: "checkout", Stops: true, Line: plainLine("checkout"),
		do: func(ctx context.Context, s *Stage, m Move) ([]result, error) {
			snap, err := s.Client.Checkout(ctx, s.Client.Order, nil, nil, nil)
			if snap == nil {
				return nil, err
			}
			return ended(*snap, false, err)
		},
		tell: func(s *Stage, m Move) spec.Answer { return s.Model.Checkout(nil) }},
	Resumes: {Name: "redeem --resume", Stops: true, Line: plainLine("redeem --resume"),
		do: func(ctx context.Context, s *Stage, m Move) ([]result, error) {
			snap, err := s.Client.Resume(ctx, s.Client.Order)
			return ended(snap, true, err)
		},
		tell: func(s *Stage, m Move) spec.Answer { return s.Model.Resume() }},
	Closes: {Name: "session close", Line: plainLine("session close"),
		do: func(ctx context.Context, s *Stage, m Move) ([]result, error) {
			_, err := s.Client.Close(ctx, s.Client.Order)
			return nil, err
		},
		tell: func(s *Stage, m Move) spec.Answer { return s.Model.Close() }},
	SetsFact: {Name: "session set", family: "facts",
		Line: func(s *Stage, m Move) string {
			return "session set " + s.later[m.Arg].name + "=" + s.later[m.Arg].value
		},
		do: func(ctx context.Context, s *Stage, m Move) ([]result, error) {
			_, err := s.Client.SetFact(s.Client.Order, s.later[m.Arg].name, s.later[m.Arg].value)
			return nil, err
		},
		tell: func(s *Stage, m Move) spec.Answer { return s.Model.Set(s.later[m.Arg].name, s.later[m.Arg].value) }},
	GoesDirect: {Name: "redeem --direct", family: "direct", Line: tokenLine("redeem --direct"),
		do: func(ctx context.Context, s *Stage, m Move) ([]result, error) {
			t := s.Held(m)
			_, _, err := s.Client.Direct(ctx, s.Client.Order, t, "", "")
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
		tell: func(s *Stage, m Move) spec.Answer { return s.Model.Direct(s.hold(m)) }},
	Revokes: {Name: "revoke", family: "revoke", Line: tokenLine("revoke"),
		do: func(ctx context.Context, s *Stage, m Move) ([]result, error) {
			_, err := s.Client.Revoke(ctx, s.Held(m))
			return nil, err
		},
		tell: func(s *Stage, m Move) spec.Answer { return s.Model.Revoke(s.hold(m)) }},
	Delivers: {Name: "deliver", alone: true,
		Line: func(s *Stage, m Move) string { return "deliver " + s.World.Steps()[m.Arg].String() },
		do: func(ctx context.Context, s *Stage, m Move) ([]result, error) {
			step := s.World.Steps()[m.Arg]
			_, err := s.World.Wire.Deliver(ctx, step.Party, step.Step)
			return nil, err
		},
		tell: func(s *Stage, m Move) spec.Answer { return s.Model.Deliver(s.World.Steps()[m.Arg].String()) }},
	Restarts: {Name: "restart relay", family: "crash", fault: true, Line: plainLine("restart relay"),
		do:   func(ctx context.Context, s *Stage, m Move) ([]result, error) { return nil, s.World.Restart(ctx, false) },
		tell: func(s *Stage, m Move) spec.Answer { return s.Model.Restart(false) }},
	Forgets: {Name: "restart relay --forget", family: "crash", fault: true, Line: plainLine("restart relay --forget"),
		do:   func(ctx context.Context, s *Stage, m Move) ([]result, error) { return nil, s.World.Restart(ctx, true) },
		tell: func(s *Stage, m Move) spec.Answer { return s.Model.Restart(true) }},
	Advances: {Name: "clock set", clock: true, alone: true,
		Line: func(s *Stage, m Move) string { return "clock set " + spec.Stamp(s.moment(m)) },
		do: func(_ context.Context, s *Stage, m Move) ([]result, error) {
			return nil, s.World.Clock.Set(time.Unix(int64(s.moment(m)), 0).UTC())
		},
		tell: func(s *Stage, m Move) spec.Answer { return s.Model.Until(s.moment(m)) }},
	Rotates: {Name: "keys rotate", family: "keys", clock: true,
		Line: func(s *Stage, m Move) string { return "keys rotate " + s.Names[m.Arg] },
		do: func(ctx context.Context, s *Stage, m Move) ([]result, error) {
			_, err := s.Client.Rotate(ctx, s.Names[m.Arg])
			return nil, err
		},
		tell: func(s *Stage, m Move) spec.Answer { return s.Model.Rotate(s.Names[m.Arg]) }},
	Retires: {Name: "keys retire", family: "keys", clock: true, Line: keyLine("retire"),
		do:   func(_ context.Context, s *Stage, m Move) ([]result, error) { return nil, s.Client.Retire(s.kid(m)) },
		tell: func(s *Stage, m Move) spec.Answer { return s.leave(m, "retired") }},
	Skews: {Name: "clock skew", family: "skew", alone: true,
		Line: func(s *Stage, m Move) string {
			party, ahead := s.skewed(m)
			way := "ahead"
			if ahead < 0 {
				way, ahead = "behind", -ahead
			}
			return fmt.Sprintf("clock skew %s --%s %s", party, way, ahead)
		},
		do: func(_ context.Context, s *Stage, m Move) ([]result, error) {
			s.World.Clock.Skew(s.skewed(m))
			return nil, nil
		},
		tell: func(s *Stage, m Move) spec.Answer {
			party, ahead := s.skewed(m)
			return s.Model.Skew(party, int(ahead/time.Second))
		}},
	Disables: {Name: "keys disable", family: "keys", clock: true, Line: keyLine("disable"),
		do: func(ctx context.Context, s *Stage, m Move) ([]result, error) {
			return nil, s.Client.Disable(ctx, s.kid(m))
		},
		tell: func(s *Stage, m Move) spec.Answer { return s.leave(m, "disabled") }},
}

// CostsClock gives how many moves of the clock it counts for.
func (m Move) CostsClock() int {
	if Alphabet[m.Verb].clock {
		return 1
	}
	return 0
}

// CostsFault gives how many faults it counts for by itself.
func (m Move) CostsFault() int {
	if Alphabet[m.Verb].fault {
		return 1
	}
	return 0
}

// OrderName gives the name of a session.
func OrderName(n int) string { return "op_" + string(rune('0'+n)) }

func tokenName(n int) string { return "t" + string(rune('0'+n)) }

// ForgedFile gives the name of the file that a move reads.
func ForgedFile(m Move) string { return "forged-" + tokenName(int(m.Token)) + ".jwt" }

func tokenLine(verb string) func(*Stage, Move) string {
	return func(_ *Stage, m Move) string { return verb + " " + tokenName(int(m.Token)) }
}

func plainLine(line string) func(*Stage, Move) string {
	return func(*Stage, Move) string { return line }
}

// keyLine names a service's oldest key by a variable, for its kid is another in
// every world.
func keyLine(verb string) func(*Stage, Move) string {
	return func(_ *Stage, m Move) string { return "keys " + verb + " $" + KidVariable(m) }
}

// KidVariable gives the name of the variable that has the kid of a move.
func KidVariable(m Move) string { return "KID_" + string(rune('1'+m.Arg)) }

func relay(ctx context.Context, s *Stage, m Move) ([]result, error) {
	_, err := s.Client.Relay(ctx, s.Client.Order, s.Held(m))
	return nil, err
}

// do does a move as the client.
func (s *Stage) do(ctx context.Context, m Move) ([]result, error) {
	if m.Order > 0 {
		s.Client.Order = OrderName(int(m.Order))
	}
	return Alphabet[m.Verb].do(ctx, s, m)
}

// foretell has the model do it.
func (s *Stage) foretell(m Move) spec.Answer {
	if m.Order > 0 {
		s.Model.Current = OrderName(int(m.Order))
	}
	return Alphabet[m.Verb].tell(s, m)
}

// Held gives the token of a move; hold what the model has for it.
func (s *Stage) Held(m Move) *client.Token { return s.Client.Wallet.ByHandle[tokenName(int(m.Token))] }

func (s *Stage) hold(m Move) *spec.Hold { return s.Model.Hold(tokenName(int(m.Token))) }

// kid gives a service's oldest key.
func (s *Stage) kid(m Move) string {
	p, err := s.World.Service(s.Names[m.Arg])
	if err != nil {
		return ""
	}
	return p.Keys().List()[0].ID
}

func (s *Stage) leave(m Move, state string) spec.Answer {
	return s.Model.Leave(s.Model.Version(s.Names[m.Arg], 0), state)
}

// opening gives what an order says when it is opened: with an Arg, a fact of later.
func (s *Stage) opening(m Move) tokens.Facts {
	facts := maps.Clone(s.facts)
	if m.Arg > 0 {
		f := s.later[m.Arg-1]
		facts[f.name] = f.value
	}
	return facts
}

// skewed gives whose clock a move is about, and how far it is ahead then.
func (s *Stage) skewed(m Move) (party string, ahead time.Duration) {
	party, ahead = "relay", s.Bound.Skew
	if at := int(m.Arg) / 2; at > 0 {
		party = s.Names[at-1]
	}
	if m.Arg%2 > 0 {
		ahead = -ahead
	}
	return party, ahead
}

// moment gives the second that a clock move goes to: that of the next change, or
// the one before.
func (s *Stage) moment(m Move) int {
	if m.Arg == FarAway {
		return s.Model.Now + spec.OpenFor + 600
	}
	return s.soon() - 1 + int(m.Arg)
}

// soon gives the second at which something changes by itself next.
func (s *Stage) soon() int {
	if all := s.Model.Moments(); len(all) > 0 {
		return all[0]
	}
	return s.Model.Now + 1
}

// FarAway is when every token has expired and every session has ended.
const FarAway = 9

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

// Moves gives what makes sense next, in a fixed order.
func (s *Stage) Moves(into []Move) []Move {
	all := into[:0]
	add := func(v Verb, order, token, arg int) {
		if !s.Bound.Leaves(Alphabet[v].family) || Alphabet[v].family == "" {
			all = append(all, Move{v, uint8(order), uint8(token), uint8(arg)})
		}
	}
	if s.Bound.Skew > 0 && s.Opened == 0 && len(s.Model.Skews) == 0 {
		for i := range 2 * (1 + len(s.Names)) {
			add(Skews, 0, 0, i)
		}
	}
	for n := 1; n <= min(s.Opened+1, s.Bound.Sessions); n++ {
		if s.Model.Session(OrderName(n)) == nil {
			add(Opens, n, 0, 0)
			break
		}
	}
	for n := 1; n <= s.Opened; n++ {
		of := s.Model.Session(OrderName(n))
		if of == nil {
			continue
		}
		state := s.Model.Stood(of)
		open := state == "open"
		if open && len(s.tokens) < s.Bound.Tokens {
			for i := range s.choices {
				add(Confirms, n, len(s.tokens)+1, i)
			}
		}
		stands := of.Stands()
		if len(stands) > 0 || s.holds(n) {
			add(ChecksOut, n, 0, 0)
		}
		if len(stands) > 0 {
			add(Redeems, n, 0, 0)
		}
		if open {
			if len(stands) > 1 {
				for _, st := range stands {
					add(RedeemsOne, n, tokenNumber(st.Hold.Handle), 0)
				}
			}
			add(Closes, n, 0, 0)
			for i, f := range s.later {
				if of.Facts()[f.name] != f.value {
					add(SetsFact, n, 0, i)
				}
			}
		}
		if state == "redeeming" || state == "stuck" {
			add(Resumes, n, 0, 0)
		}
	}
	for i := range s.tokens {
		h := s.Model.Hold(tokenName(i + 1))
		if h == nil {
			continue
		}
		n := orderNumber(h.Order)
		add(Relays, n, i+1, 0)
		if s.Model.Session(h.Order) == nil { // it is long past
			continue
		}
		if s.Model.Session(h.Order).State == "open" {
			add(RelaysForged, n, i+1, 0)
		}
		for other := 1; other <= s.Opened; other++ {
			if of := s.Model.Session(OrderName(other)); other != n && of != nil && of.State == "open" {
				add(RelaysOther, other, i+1, 0)
			}
		}
		add(GoesDirect, n, i+1, 0)
		add(Revokes, n, i+1, 0)
	}
	var late []string
	for _, l := range s.Model.Late {
		if !slices.Contains(late, l.Step) {
			late = append(late, l.Step)
		}
	}
	if len(late) > 0 {
		for i, step := range s.World.Steps() {
			if slices.Contains(late, step.String()) {
				add(Delivers, 0, 0, i)
			}
		}
	}
	if s.Faults < s.Bound.Faults {
		add(Restarts, 0, 0, 0)
		add(Forgets, 0, 0, 0)
	}
	if s.Clock < s.Bound.Clock {
		if s.Opened > 0 {
			if s.soon()-1 > s.Model.Now && !s.Bound.Leaves("before") {
				add(Advances, 0, 0, 0)
			}
			add(Advances, 0, 0, 1)
		}
		for i, name := range s.Names {
			if !s.holdsOf(name) {
				continue
			}
			if len(s.Model.Keys[name]) < 2 {
				add(Rotates, 0, 0, i)
			}
			if len(s.Model.Keys[name]) > 0 {
				if state := s.Model.KeyStates(name)[0]; state != "disabled" {
					if state != "retired" {
						add(Retires, 0, 0, i)
					}
					add(Disables, 0, 0, i)
				}
			}
		}
	}
	return all
}

// holds reports whether the client has a token of an order.
func (s *Stage) holds(order int) bool {
	return slices.ContainsFunc(s.Model.Holds, func(h *spec.Hold) bool { return h.Handle != "" && !h.Gone && h.Order == OrderName(order) })
}

// holdsOf reports whether the client has a token of a service.
func (s *Stage) holdsOf(service string) bool {
	return slices.ContainsFunc(s.Model.Holds, func(h *spec.Hold) bool { return h.Handle != "" && !h.Gone && h.Service == service })
}

func orderNumber(name string) int { return int(name[len(name)-1] - '0') }

func tokenNumber(name string) int { return int(name[len(name)-1] - '0') }

// Others gives those of some moves that another client may make meanwhile.
func Others(moves []Move) []Move {
	return slices.DeleteFunc(slices.Clone(moves), func(m Move) bool { return Alphabet[m.Verb].alone })
}

// Fates gives what may become of a message, but for what others do meanwhile.
func (s *Stage) Fates(m Message) []wire.FaultKind {
	by := m.From + " " + m.Asked()
	if known, ok := s.fits[by]; ok {
		return known
	}
	var all []wire.FaultKind
	if s.Bound.Leaves("kms") && m.To == "kms" || s.Bound.Leaves("client") && m.From == "client" {
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

// Kinds gives all that may become of a question for a step.
func (s *Stage) Kinds(step world.Step) []wire.FaultKind {
	var all []wire.FaultKind
	for _, kind := range wire.FaultKinds(step.Party, step.Step) {
		all = append(all, wire.FaultKind(kind))
	}
	if step.Step == "redeem" && step.Party != "relay" || step.Step == "cancel" {
		all = append(all, bound.Interrupt)
	}
	return all
}

// Unrelayed gives the live tokens of an order that were not accepted yet.
func (s *Stage) Unrelayed(order int) []string {
	of := s.Model.Session(OrderName(order))
	if of == nil {
		return nil
	}
	var names []string
	for _, h := range s.Model.Holds {
		if h.Handle != "" && !h.Gone && h.Order == of.ID && s.Model.Status(h) == "issued" && !slices.ContainsFunc(of.Stands(), func(st spec.Stand) bool { return st.Hold == h }) {
			names = append(names, h.Handle)
		}
	}
	return names
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
