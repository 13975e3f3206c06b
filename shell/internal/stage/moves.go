// Moves: which letters of the alphabet make sense next, and what may become of their
// messages.

package stage

import (
	"maps"
	"math"
	"slices"
	"time"

	"tokenshell/shell/internal/bound"
	"tokenshell/shell/internal/spec"
	"tokenshell/shell/internal/wire"
	"tokenshell/shell/internal/world"
	"tokenshell/tokens"
)

// another is the Arg of an order of another customer; more is a fact of later.
const another = 100

// opens gives whose order is opened.
func (s *Stage) opens(m Move) (customer string) {
	if m.Arg >= another {
		return s.other
	}
	return s.customer
}

// opening gives what an order says when it is opened: with an Arg, a fact of later.
func (s *Stage) opening(m Move) tokens.Facts {
	facts := maps.Clone(s.facts)
	if at := m.Arg % another; at > 0 {
		f := s.later[at-1]
		facts[f.name] = f.value
	}
	return facts
}

// skewed gives whose clock a move is about, and how far it is ahead then.
func (s *Stage) skewed(m Move) (party string, ahead time.Duration) {
	party, ahead = s.offs()[m.Arg/2], s.Bound.Skew
	if m.Arg%2 > 0 {
		ahead = -ahead
	}
	return party, ahead
}

// offs gives whose clock may be off: of two relays, the second's.
func (s *Stage) offs() []string {
	if s.Bound.Relays > 1 {
		return []string{wire.Relay2}
	}
	return append([]string{wire.Relay}, s.Names...)
}

// moment gives the second that a clock move goes to: that of the next change, or
// the one before.
func (s *Stage) moment(m Move) int {
	switch m.Arg {
	case FarAway:
		return s.farAway()
	case DaysAway:
		return s.farAway() + 2*spec.Retention
	}
	if at := int(m.Arg) - firstEdge; at >= 0 {
		return s.edges[at/2] - 1 + at%2
	}
	return s.soon() - 1 + int(m.Arg)
}

// goal is the moment of a move that is made in a verb: what is far away then is so
// from where the verb began, for the world and the model alike.
func (s *Stage) goal(m Move) int {
	if m.Arg == FarAway {
		return s.away
	}
	return s.moment(m)
}

func (s *Stage) farAway() int { return s.Model.Now + spec.OpenFor + 600 }

// soon gives the second at which something changes by itself next.
func (s *Stage) soon() int {
	if all := s.Model.Moments(); len(all) > 0 {
		return all[0]
	}
	return s.Model.Now + 1
}

// FarAway is when every token has expired and every session has ended.
const FarAway = 9

// DaysAway is when nobody remembers anything any more, but for what is owed.
const DaysAway = 10

// firstEdge is the second before the first of the stage's edges; then come that second,
// and the other edges in the same way.
const firstEdge = 20

// mostEdges is how many of them a move's argument tells apart.
const mostEdges = (math.MaxUint8 + 1 - firstEdge) / 2

// fact is something that an order says.
type fact struct{ name, value string }

// factsOf gives what a customer's orders say at first and may come to say, in the
// order of some domains.
func factsOf(services []world.Party, customer string) (first, later []fact) {
	add := func(to []fact, facts tokens.Facts) []fact {
		for _, name := range slices.Sorted(maps.Keys(facts)) {
			to = append(to, fact{name, facts[name]})
		}
		return to
	}
	for _, p := range services {
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
	either := func(v Verb, order, token int) {
		add(v, order, token, 0)
		if s.Bound.Relays > 1 {
			add(atRelay2[v], order, token, 0)
		}
	}
	if s.Bound.Skew > 0 && s.Opened == 0 && len(s.Model.Skews) == 0 {
		for i := range 2 * len(s.offs()) {
			add(Skews, 0, 0, i)
		}
	}
	if s.Bound.Things > 1 && s.Opened == 0 && s.Clock < s.Bound.Clock {
		for i := range 2 * len(s.edges) {
			add(Advances, 0, 0, firstEdge+i)
		}
	}
	for n := 1; n <= min(s.Opened+1, s.Bound.Sessions); n++ {
		if of := s.Model.Session(OrderName(n)); of == nil || s.other != "" && s.Model.Past(of) {
			add(Opens, n, 0, 0)
			if s.other != "" && (n > 1 || s.Opened > 0) { // or the name has come back
				add(Opens, n, 0, another)
			}
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
				if s.choices[i].Theirs && of.Customer != s.other {
					continue
				}
				add(Confirms, n, len(s.tokens)+1, i)
				if s.Bound.Lives > 1 {
					add(ConfirmsBriefly, n, len(s.tokens)+1, i)
				}
			}
			if s.Bound.Outsiders > 0 {
				add(Imports, n, len(s.tokens)+1, 0)
				if len(s.tokens) > 0 && !slices.ContainsFunc(s.tokens, func(t tokens.Ref) bool { return t.Issuer == outsider && t.ID == s.tokens[0].ID }) {
					add(Imports, n, len(s.tokens)+1, sameJTI)
				}
				if s.Bound.Tokens > 1 && s.subject(Move{Arg: notHis}) != s.customer {
					add(Imports, n, len(s.tokens)+1, notHis)
				}
			}
		}
		stands := of.Stands()
		if len(stands) > 0 || s.holds(n) {
			either(ChecksOut, n, 0)
		}
		if len(stands) > 0 {
			either(Redeems, n, 0)
		}
		if len(stands) > 1 {
			for _, st := range stands {
				if open {
					add(RedeemsOne, n, tokenNumber(st.Hold.Handle), 0)
				} else {
					add(RedeemsEnded, n, tokenNumber(st.Hold.Handle), 0)
				}
			}
		}
		if open {
			either(Closes, n, 0)
		} else {
			add(ClosesEnded, n, 0, 0)
		}
		for i, f := range s.later {
			if of.Facts()[f.name] != f.value {
				if open {
					add(SetsFact, n, 0, i)
				} else {
					add(SetsEnded, n, 0, i)
				}
			}
		}
		if state == "redeeming" || state == "stuck" {
			either(Resumes, n, 0)
		} else {
			add(ResumesEnded, n, 0, 0)
		}
	}
	for i := range s.tokens {
		h := s.Model.Hold(tokenName(i + 1))
		if h == nil {
			continue
		}
		n := orderNumber(h.Order)
		either(Relays, n, i+1)
		for any := 1; any <= s.Opened; any++ {
			if of := s.Model.Session(OrderName(any)); of != nil && !of.Accepted(h) {
				add(RedeemsOther, any, i+1, 0)
			}
		}
		if s.Model.Session(h.Order) == nil { // it is long past
			continue
		}
		if s.Model.Stood(s.Model.Session(h.Order)) == "open" {
			add(RelaysForged, n, i+1, 0)
		}
		for other := 1; other <= s.Opened; other++ {
			if of := s.Model.Session(OrderName(other)); other != n && of != nil && s.Model.Stood(of) == "open" {
				add(RelaysOther, other, i+1, 0)
			}
		}
		add(GoesDirect, n, i+1, 0)
		for other := 1; other <= s.Opened && !s.Bound.Leaves("direct"); other++ {
			if other != n && s.Model.Session(OrderName(other)) != nil {
				add(GoesElsewhere, other, i+1, 0)
			}
		}
		add(Revokes, n, i+1, 0)
	}
	if s.Bound.Outsiders > 0 {
		if s.Model.Trusted {
			add(Distrusts, 0, 0, 0)
		} else {
			add(Trusts, 0, 0, 0)
		}
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
			if len(s.Model.Keys[name]) == 0 {
				continue
			}
			state := s.Model.KeyStates(name)[0]
			if state != "retired" && (state != "disabled" || s.Clock == s.Bound.Clock-1) { // a disabled one stays so, and nothing more
				add(Retires, 0, 0, i)
			}
			if state != "disabled" {
				add(Disables, 0, 0, i)
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

// Others gives those of some moves that another client may make meanwhile, that a
// service without tokens has its key rotated, and that half an hour passes.
func (s *Stage) Others(moves []Move) []Move {
	all := slices.DeleteFunc(slices.Clone(moves), func(m Move) bool { return Alphabet[m.Verb].alone })
	if s.Clock >= s.Bound.Clock {
		return all
	}
	for i, name := range s.Names { // whose first token is being made, perhaps
		confirms := slices.ContainsFunc(s.choices, func(c world.Choice) bool { return c.Service == name })
		if confirms && !s.holdsOf(name) && len(s.Model.Keys[name]) < 2 && !s.Bound.Leaves("keys") {
			all = append(all, Move{Verb: Rotates, Arg: uint8(i)})
		}
	}
	return append(all, TimePasses)
}

// TimePasses is that every token expires, and every session's time ends.
var TimePasses = Move{Verb: Advances, Arg: FarAway}

// DaysPass is that everything is forgotten, but for what is owed.
var DaysPass = Move{Verb: Advances, Arg: DaysAway}

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
				fits = fits && (wire.IsRelay(m.From) || wire.IsRelay(m.To))
			}
			if kind == bound.Interrupt {
				fits = wire.IsRelay(m.From) && m.To != "ledger"
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
	if step.Step == "redeem" && !wire.IsRelay(step.Party) || step.Step == "cancel" {
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
