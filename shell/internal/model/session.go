// Sessions: opened, told facts, closed, and what is said of their tokens.

package model

import (
	"maps"
	"slices"
)

// Open opens a session and makes it the current one; old ones that owe nothing
// are forgotten at that moment. A name is free when neither the relay nor any
// service remembers an order of it.
func (m *World) Open(id, customer string, facts map[string]string) Answer {
	m.Sessions = slices.DeleteFunc(m.Sessions, func(s *Session) bool {
		return s.State != "stuck" && m.Now > max(s.Opened+OpenFor, s.ended)+remembered
	})
	if m.Session(id) != nil || m.sum(one, func(h *Hold) bool { return !h.outside() && h.Order == id && !m.forgotten(h) }) > 0 || m.minds(id) {
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
		if m.ask(st.hold.Service+".cancel", func() reply { return m.cancel(st.hold, st.bent, 0) }).reason == "" {
			st.status = "released"
		}
	}
	s.State, s.ended = "closed", m.Now
	return Answer{}
}

// isOf reports whether a token is for an order and its customer.
func (h *Hold) isOf(s *Session) bool { return h.Order == s.ID && h.Customer == s.Customer }

func (s *Session) step(h *Hold) *step {
	for _, st := range s.steps {
		if st.hold == h {
			return st
		}
	}
	return nil
}

// status is what session show says of a token. One that its bearer redeemed past
// the relay is redeemed, whatever the relay did with it since; what the relay knows
// of any other says more than what the client knows itself, but for one that it
// only accepted.
func (m *World) status(h *Hold) string {
	if h.spent {
		return "redeemed"
	}
	if s := m.Session(h.Order); s != nil {
		if st := s.step(h); st != nil && (st.status != "accepted" || !h.revoked && m.Now < h.Expires) {
			return st.status
		}
	}
	switch {
	case h.revoked:
		return "revoked"
	case m.Now >= h.Expires:
		return "expired"
	}
	return "issued"
}
