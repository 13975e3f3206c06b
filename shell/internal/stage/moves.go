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
	m := menu{s, into[:0]}
	m.first()
	for n := 1; n <= s.Opened; n++ {
		if of := s.Model.Session(OrderName(n)); of != nil {
			m.ofOrder(n, of)
		}
	}
	for i := range s.tokens {
		if h := s.Model.Hold(tokenName(i + 1)); h != nil {
			m.ofToken(i+1, h)
		}
	}
	m.ofParties()
	if s.Clock < s.Bound.Clock {
		m.ofTime()
	}
	return m.all
}

// menu is what makes sense next, as far as it is gathered.
type menu struct {
	*Stage
	all []Move
}

// add adds a move, unless the bound leaves its family out.
func (m *menu) add(v Verb, order, token, arg int) {
	if family := Alphabet[v].family; family == "" || !m.Bound.Leaves(family) {
		m.all = append(m.all, Move{v, uint8(order), uint8(token), uint8(arg)})
	}
}

// either adds one that is asked of any relay.
func (m *menu) either(v Verb, order, token int) {
	if m.add(v, order, token, 0); m.Bound.Relays > 1 {
		m.add(atRelay2[v], order, token, 0)
	}
}

// first is what comes before all orders, and that another one is opened.
func (m *menu) first() {
	if m.Bound.Skew > 0 && m.Opened == 0 && len(m.Model.Skews) == 0 {
		for i := range 2 * len(m.offs()) {
			m.add(Skews, 0, 0, i)
		}
	}
	if m.Bound.Things > 1 && m.Opened == 0 && m.Clock < m.Bound.Clock {
		for i := range 2 * len(m.edges) {
			m.add(Advances, 0, 0, firstEdge+i)
		}
	}
	for n := 1; n <= min(m.Opened+1, m.Bound.Sessions); n++ {
		if of := m.Model.Session(OrderName(n)); of == nil || m.other != "" && m.Model.Past(of) {
			m.add(Opens, n, 0, 0)
			if m.other != "" && (n > 1 || m.Opened > 0) { // or the name has come back
				m.add(Opens, n, 0, another)
			}
			return
		}
	}
}

// ofOrder is what is done with an order as a whole.
func (m *menu) ofOrder(n int, of *spec.Session) {
	state := m.Model.Stood(of)
	open := state == "open"
	// once gives the verb of an open order, or that of one that is open no longer.
	once := func(is, was Verb) Verb {
		if open {
			return is
		}
		return was
	}
	if open && len(m.tokens) < m.Bound.Tokens {
		m.confirms(n, of)
	}
	stands := of.Stands()
	if len(stands) > 0 || m.holds(n) {
		m.either(ChecksOut, n, 0)
	}
	if len(stands) > 0 {
		m.either(Redeems, n, 0)
	}
	if len(stands) > 1 {
		for _, st := range stands {
			m.add(once(RedeemsOne, RedeemsEnded), n, tokenNumber(st.Hold.Handle), 0)
		}
	}
	if open {
		m.either(Closes, n, 0)
	} else {
		m.add(ClosesEnded, n, 0, 0)
	}
	for i, f := range m.later {
		if of.Facts()[f.name] != f.value {
			m.add(once(SetsFact, SetsEnded), n, 0, i)
		}
	}
	if state == "redeeming" || state == "stuck" {
		m.either(Resumes, n, 0)
	} else {
		m.add(ResumesEnded, n, 0, 0)
	}
}

// confirms is how an order comes by one token more.
func (m *menu) confirms(n int, of *spec.Session) {
	next := len(m.tokens) + 1
	for i, c := range m.choices {
		if c.Theirs && of.Customer != m.other {
			continue
		}
		if m.add(Confirms, n, next, i); m.Bound.Lives > 1 {
			m.add(ConfirmsBriefly, n, next, i)
		}
	}
	if m.Bound.Outsiders == 0 {
		return
	}
	m.add(Imports, n, next, 0)
	if len(m.tokens) > 0 && !slices.ContainsFunc(m.tokens, func(t tokens.Ref) bool { return t.Issuer == outsider && t.ID == m.tokens[0].ID }) {
		m.add(Imports, n, next, sameJTI)
	}
	if m.Bound.Tokens > 1 && m.subject(Move{Arg: notHis}) != m.customer {
		m.add(Imports, n, next, notHis)
	}
}

// ofToken is what is done with one token.
func (m *menu) ofToken(t int, h *spec.Hold) {
	n := orderNumber(h.Order)
	m.either(Relays, n, t)
	for any := 1; any <= m.Opened; any++ {
		if of := m.Model.Session(OrderName(any)); of != nil && !of.Accepted(h) {
			m.add(RedeemsOther, any, t, 0)
		}
	}
	own := m.Model.Session(h.Order)
	if own == nil { // it is long past
		return
	}
	if m.Model.Stood(own) == "open" {
		m.add(RelaysForged, n, t, 0)
	}
	for other := 1; other <= m.Opened; other++ {
		if of := m.Model.Session(OrderName(other)); other != n && of != nil && m.Model.Stood(of) == "open" {
			m.add(RelaysOther, other, t, 0)
		}
	}
	m.add(GoesDirect, n, t, 0)
	for other := 1; other <= m.Opened && !m.Bound.Leaves("direct"); other++ {
		if other != n && m.Model.Session(OrderName(other)) != nil {
			m.add(GoesElsewhere, other, t, 0)
		}
	}
	m.add(Revokes, n, t, 0)
}

// ofParties is what becomes of outsiders, of late questions and of relays.
func (m *menu) ofParties() {
	if m.Bound.Outsiders > 0 {
		if m.Model.Trusted {
			m.add(Distrusts, 0, 0, 0)
		} else {
			m.add(Trusts, 0, 0, 0)
		}
	}
	if len(m.Model.Late) > 0 {
		for i, step := range m.World.Steps() {
			if slices.ContainsFunc(m.Model.Late, func(l spec.Late) bool { return l.Step == step.String() }) {
				m.add(Delivers, 0, 0, i)
			}
		}
	}
	if m.Faults < m.Bound.Faults {
		m.add(Restarts, 0, 0, 0)
		m.add(Forgets, 0, 0, 0)
	}
}

// ofTime is what the clock does, and who looks after keys.
func (m *menu) ofTime() {
	if m.Opened > 0 {
		if m.soon()-1 > m.Model.Now && !m.Bound.Leaves("before") {
			m.add(Advances, 0, 0, 0)
		}
		m.add(Advances, 0, 0, 1)
	}
	for i, name := range m.Names {
		if !m.holdsOf(name) {
			continue
		}
		if len(m.Model.Keys[name]) < 2 {
			m.add(Rotates, 0, 0, i)
		}
		if len(m.Model.Keys[name]) == 0 {
			continue
		}
		state := m.Model.KeyStates(name)[0]
		if state != "retired" && (state != "disabled" || m.Clock == m.Bound.Clock-1) { // a disabled one stays so, and nothing more
			m.add(Retires, 0, 0, i)
		}
		if state != "disabled" {
			m.add(Disables, 0, 0, i)
		}
	}
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
