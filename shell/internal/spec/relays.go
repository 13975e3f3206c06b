// Relays: one, or two processes over the same store and ledger. Each has its own
// clock and lives of its own; the lease of an order keeps the other one out of it.

package spec

import "slices"

// Relay is one of the relays that share a store.
type Relay int

// The relays.
const (
	First Relay = iota
	Second
)

var relayNames = [...]string{"relay", "relay-2"}

// Seconds.
const (
	leaseTime = 10
	lookAgain = 60 // at what owes
)

// name gives what the relay that is at something is called.
func (m *World) name() string { return relayNames[m.by] }

// relayOf gives the relay that a step is one of.
func relayOf(step string) (r Relay, ok bool) {
	for r, name := range relayNames {
		if len(step) > len(name) && step[:len(name)] == name && step[len(name)] == '.' {
			return Relay(r), true
		}
	}
	return 0, false
}

// lease is the right to go on with an order.
type lease struct {
	holder string // empty for nobody
	until  int
}

// elsewhere reports whether another relay has the lease of an order, on the clock of
// the one that is at something.
func (m *World) elsewhere(s *Session) bool {
	return s.lease.holder != "" && s.lease.holder != m.name() && m.at(m.name()) < s.lease.until
}

// taken reports whether somebody is at an order.
func (m *World) taken(s *Session) bool { return s.run[m.by] == m.lives[m.by] || m.elsewhere(s) }

// Elsewhere reports whether the first relay has to leave an order to another, for
// now.
func (m *World) Elsewhere(s *Session) bool { return m.elsewhere(s) }

// overtaken is that another relay went on with an order.
type overtaken struct{}

// run is a relay's way through an order, from what it has written to what it writes
// next.
type run struct {
	of      *Session
	life    int
	version int // that it has read or written
}

// begin has the relay be at an order.
func (m *World) begin(s *Session) *run {
	s.run[m.by] = m.lives[m.by]
	return &run{s, m.lives[m.by], s.version}
}

// write writes the order down, with the lease renewed; nobody else has since it was
// read.
func (m *World) write(r *run) {
	r.of.version++
	r.version = r.of.version
	r.of.lease = lease{m.name(), m.at(m.name()) + leaseTime}
	m.owed(r.of)
}

// owed notes when an order that owes is looked at again: not before.
func (m *World) owed(s *Session) { s.due = m.at(m.name()) + lookAgain }

// Past reports whether a session is forgotten when an order is opened next.
func (m *World) Past(s *Session) bool {
	return !s.owes() && m.at(m.name()) > max(s.Opened+OpenFor, s.ended)+remembered
}

// tidy has a relay look at the orders that are due, at which nobody is: what owes
// nothing any more is forgotten, and what does is written down as it stands, so that
// who comes back to it after all is overtaken.
func (m *World) tidy() {
	m.Sessions = slices.DeleteFunc(m.Sessions, m.Past)
	for _, s := range m.Sessions {
		if s.owes() && m.at(m.name()) > s.due && !m.taken(s) {
			if is := m.stands(s); is != s.State {
				s.State, s.ended = is, s.Opened+OpenFor
			}
			s.version++
			m.owed(s)
		}
	}
}

// done writes down how it ended.
func (m *World) done(r *run, state string) {
	s := r.of
	s.version++
	s.State, s.ended, s.run[m.by], s.lease = state, m.at(m.name()), 0, lease{}
	m.owed(s)
}

// goOn notes that a question of a relay was answered, and how long it would pause
// now: one whose life is over gets no further, and neither does one that another has
// overtaken, for nobody writes over what somebody else has written.
func (m *World) goOn(r *run, pause int) {
	switch {
	case r.life != m.lives[m.by]:
		m.Wait(pause)
		panic(over{})
	case r.version != r.of.version:
		m.Wait(pause)
		panic(overtaken{})
	}
}

// usage is that a session has used a token: it was asked for by a relay when the
// session had a version, and may be asked for again by the same, for then it was not
// accepted yet.
type usage struct {
	hold    *Hold
	by      Relay
	version int
}

// use is the ledger's answer to a use of a token.
func (m *World) use(s *Session, h *Hold, version int) (first bool) {
	for _, u := range s.uses {
		if u.hold == h || h.outside() && u.hold.outside() && u.hold.Use == h.Use {
			return u.by == m.by && u.version == version
		}
	}
	s.uses = append(s.uses[:len(s.uses):len(s.uses)], usage{h, m.by, version})
	return true
}
