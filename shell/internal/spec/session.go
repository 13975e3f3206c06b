// Sessions: opened, told facts, closed, and what is said of their tokens.

package spec

import "maps"

// Open opens a session and makes it the current one; old ones that owe nothing
// are forgotten at that moment. A name is free when neither the relay nor any
// service remembers an order of it.
func (m *World) Open(id, customer string, facts map[string]string) Answer {
	a := m.tell("open", func() Answer {
		m.tidy()
		if m.Session(id) != nil || m.sum(one, func(h *Hold) bool { return !h.outside() && h.Order == id && !m.forgotten(h) }) > 0 || m.minds(id) {
			return Answer{Wrong: true}
		}
		m.Sessions = append(m.Sessions, &Session{ID: id, Customer: customer, facts: maps.Clone(facts), State: "open", Opened: m.at(m.name())})
		return Answer{}
	})
	if !a.Wrong && a.Reasons == nil {
		m.Current = id
	}
	return a
}

// owes reports whether something may have to be taken back yet.
func (s *Session) owes() bool { return s != nil && (s.State == "redeeming" || s.State == "stuck") }

// stands gives the state that the relay sees a session in: one whose time is over is
// closed, or stuck when it was interrupted and nobody went on with it.
func (m *World) stands(s *Session) string {
	switch over := m.at(m.name()) >= s.Opened+OpenFor; {
	case over && s.State == "open":
		return "closed"
	case over && s.State == "redeeming" && !m.taken(s):
		return "stuck"
	}
	return s.State
}

// asItIs gives a session as it is told of at this moment.
func (s *Session) asItIs() *Session {
	return &Session{ID: s.ID, Customer: s.Customer, facts: s.facts}
}

// Use makes a session the current one.
func (m *World) Use(id string) Answer {
	if m.Session(id) == nil {
		return refused("session_unknown")
	}
	m.Current = id
	return Answer{}
}

// open gives a session if it is open, or else what is refused.
func (m *World) open(id string) (*Session, Answer) {
	s := m.Session(id)
	switch {
	case s == nil:
		return nil, refused("session_unknown")
	case m.stands(s) != "open":
		return nil, refused("session_closed")
	}
	return s, Answer{}
}

// Set changes a fact of the current order.
func (m *World) Set(name, value string) Answer {
	s, refusal := m.open(m.Current)
	if s == nil {
		return refusal
	}
	s.facts = maps.Clone(s.facts)
	s.facts[name] = value
	s.version++
	return Answer{}
}

// Close ends the current order; what it accepted is released.
func (m *World) Close() Answer {
	id := m.Current
	if m.Session(id) == nil {
		return refused("session_unknown")
	}
	return m.tell("close", func() Answer {
		s, refusal := m.open(id)
		if s == nil {
			return refusal
		}
		r := m.begin(s)
		s.State = "closed"
		m.release(r)
		m.done(r, "closed")
		return Answer{}
	})
}

// release has the services give back what will not be redeemed: one try each, for
// else it expires.
func (m *World) release(r *run) {
	for _, st := range r.of.steps {
		if st.status != "accepted" && st.status != "refused" || st.owed || st.freed {
			continue
		}
		m.write(r)
		m.About = st.hold
		said, pause := m.ask(m.name(), st.hold.Service+".cancel", func() reply { return m.cancel(st.hold, st.bent, st.attempt) }), 0
		unsure := st.status == "refused" && said.reason == "service_unavailable"
		if unsure {
			pause = 1
		}
		m.goOn(r, pause)
		if st.freed = said.reason == ""; st.freed && st.status == "accepted" {
			st.status = "released"
		}
		if unsure { // another copy of the question that was refused may have been done
			st.owed = true
			m.Wait(pause)
			st.cancelled(m.takeBack(r, st, 2, 0))
		}
	}
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

// Accepted reports whether the relay has accepted a token for the session.
func (s *Session) Accepted(h *Hold) bool { return s.step(h) != nil }

// Status is what session show says of a token.
func (m *World) Status(h *Hold) string { return m.status(h) }

// status is what session show says of a token. One that its bearer redeemed past
// the relay is redeemed, whatever the relay did with it since; what the relay knows
// of any other says more than what the client knows itself, but for one that it
// only accepted.
func (m *World) status(h *Hold) string {
	if h.spent {
		return "redeemed"
	}
	if s := m.Session(h.Order); s != nil {
		if st := s.step(h); st != nil && (st.status != "accepted" || !h.revoked && m.Now < h.Expires+m.Leeway) {
			return st.status
		}
	}
	switch {
	case h.revoked:
		return "revoked"
	case m.Now >= h.Expires+m.Leeway:
		return "expired"
	}
	return "issued"
}
