// Sessions: opened, told facts, closed, and what is said of their tokens.

package model

import (
	"maps"
	"slices"
)

// Open opens a session and makes it the current one; old ones are forgotten at
// that moment.
func (m *World) Open(id, customer string, facts map[string]string) Answer {
	m.Sessions = slices.DeleteFunc(m.Sessions, func(s *Session) bool { return m.Now > s.Opened+OpenFor+remembered })
	if m.Session(id) != nil {
		return Answer{Wrong: true}
	}
	m.Sessions = append(m.Sessions, &Session{ID: id, Customer: customer, facts: maps.Clone(facts), State: "open", Opened: m.Now})
	m.Current = id
	return Answer{}
}

// Use makes a session the current one.
func (m *World) Use(id string) Answer {
	if m.Session(id) == nil {
		return refused("session_unknown")
	}
	m.Current = id
	return Answer{}
}

// open gives the current session if it is open, or else what is refused.
func (m *World) open() (*Session, Answer) {
	s := m.Session(m.Current)
	switch {
	case s == nil:
		return nil, refused("session_unknown")
	case s.State != "open":
		return nil, refused("session_closed")
	}
	return s, Answer{}
}

// Set changes a fact of the current order.
func (m *World) Set(name, value string) Answer {
	s, refusal := m.open()
	if s == nil {
		return refusal
	}
	s.facts[name] = value
	return Answer{}
}

// Close ends the current order; what it accepted is released.
func (m *World) Close() Answer {
	s, refusal := m.open()
	if s == nil {
		return refusal
	}
	for _, st := range s.steps {
		if m.ask(st.hold.Service+".cancel", func() reply { return m.cancel(st.hold, 0) }).reason == "" {
			st.status = "released"
		}
	}
	s.State = "closed"
	return Answer{}
}

func (s *Session) step(h *Hold) *step {
	for _, st := range s.steps {
		if st.hold == h {
			return st
		}
	}
	return nil
}

// status is what session show says of a token. One that its bearer redeemed past
// the relay is redeemed, unless the relay has an answer of a service to tell.
func (m *World) status(h *Hold) string {
	if s := m.Session(h.Order); s != nil {
		if st := s.step(h); st != nil && m.tells(st) {
			return st.status
		}
	}
	switch {
	case h.spent:
		return "redeemed"
	case h.revoked:
		return "revoked"
	case m.Now >= h.Expires:
		return "expired"
	}
	return "issued"
}

// tells reports whether what the relay knows of a token says more than what the
// client knows itself.
func (m *World) tells(st *step) bool {
	h := st.hold
	switch st.status {
	case "accepted":
		return !h.spent && !h.revoked && m.Now < h.Expires
	case "released":
		return !h.spent
	}
	return true
}
