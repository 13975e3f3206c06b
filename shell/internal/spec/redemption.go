// Redemption: forward, and what has to be taken back.

package spec

import "slices"

// Redeem has the relay redeem the named tokens, all accepted ones without any.
func (m *World) Redeem(named []*Hold) Answer {
	id := m.Current
	return m.tell("redeem", func() Answer { return m.redeem(id, named) })
}

func (m *World) redeem(id string, named []*Hold) Answer {
	s := m.Session(id)
	if s == nil {
		return refused("session_unknown")
	}
	for _, h := range named {
		switch {
		case s.step(h) != nil:
		case h.Order != s.ID:
			return refused("session_mismatch")
		case m.stands(s) == "open":
			return Answer{Wrong: true}
		default:
			return refused("session_closed")
		}
	}
	switch m.stands(s) {
	case "open":
		if len(s.steps) == 0 {
			return Answer{Wrong: true}
		}
		for _, st := range s.steps {
			if len(named) == 0 || slices.Contains(named, st.hold) {
				m.attempts++
				st.attempt = m.attempts
			}
		}
	case "redeeming": // it was interrupted
		if m.taken(s) {
			return refused("session_closed") // somebody is at it
		}
	case "completed", "compensated":
		a := s.said(false)
		for i, st := range s.told() {
			if st.result == "redeemed" { // nothing was redeemed again
				a.Results[i] = st.hold.Handle + " repeated"
			}
		}
		return a
	default:
		return refused("session_closed")
	}
	m.run(s)
	return s.said(false)
}

// Resume takes an interrupted or stuck redemption to its end.
func (m *World) Resume() Answer {
	id := m.Current
	return m.tell("resume", func() Answer { return m.resume(id) })
}

func (m *World) resume(id string) Answer {
	s := m.Session(id)
	switch {
	case s == nil:
		return refused("session_unknown")
	case m.stands(s) == "open":
		return Answer{Wrong: true}
	case m.stands(s) == "closed", s.owes() && m.taken(s):
		return refused("session_closed")
	case s.owes():
		var old []*step
		for _, st := range s.steps {
			if st.told && !st.owed {
				old = append(old, st)
			}
		}
		m.run(s)
		return s.said(true, old...)
	}
	return s.said(true)
}

// Checkout relays what was not relayed yet, and redeems when all were accepted.
func (m *World) Checkout(named []*Hold) Answer {
	s := m.Session(m.Current)
	if s == nil {
		return refused("session_unknown")
	}
	if m.stands(s) == "open" {
		news := named
		if len(named) == 0 {
			for _, h := range m.Holds {
				if h.Handle != "" && !h.Gone && h.Order == s.ID && m.status(h) == "issued" {
					news = append(news, h)
				}
			}
			if len(news) == 0 && len(s.steps) == 0 {
				return Answer{Wrong: true}
			}
		}
		var fresh []*Hold
		for _, h := range news {
			if s.step(h) == nil && !slices.Contains(fresh, h) {
				fresh = append(fresh, h)
			}
		}
		if a := m.Relay(Sound, fresh...); a.Reasons != nil || a.Stopped {
			return a
		}
	}
	return m.Redeem(named)
}

// run forwards, takes back what has to be, and releases the rest.
func (m *World) run(s *Session) {
	r := m.begin(s)
	s.State = "redeeming"
	var ordered []*step
	for _, service := range m.Services {
		for _, st := range s.steps {
			if st.hold.Service == service && st.attempt > 0 {
				ordered = append(ordered, st)
			}
		}
	}
	for i, st := range ordered {
		st.turn = i + 1
	}
	if !s.compensating {
		m.forward(r, ordered)
	}
	if s.compensating {
		slices.Reverse(ordered)
		m.compensate(r, ordered)
	}
	m.release(r)
	state := "completed"
	switch {
	case slices.ContainsFunc(ordered, func(st *step) bool { return st.owed }):
		state = "stuck"
	case s.compensating:
		state = "compensated"
	}
	m.done(r, state)
	for _, st := range s.steps {
		st.told = true
	}
}

// insist asks for an answer, with pauses after those that were missed; miss is told
// of each that another question follows.
func (m *World) insist(r *run, step string, question func() reply, miss func(), pauses ...int) (said reply) {
	about := m.About // others may ask for something else meanwhile
	for _, pause := range pauses {
		m.write(r)
		m.About = about
		said = m.ask(m.name(), step, question)
		if !said.unknown {
			m.goOn(r, 0)
			return said
		}
		m.goOn(r, pause)
		miss()
		m.Wait(pause)
	}
	return said
}

// forward redeems in order, until one does not say yes.
func (m *World) forward(r *run, ordered []*step) {
	s := r.of
	order := s.asItIs()
	for _, st := range ordered {
		if st.status != "accepted" {
			continue // before it was interrupted
		}
		st.unheard = st.owed // it was asked for before it was interrupted
		st.owed = true
		m.About = st.hold
		said := m.insist(r, st.hold.Service+".redeem", func() reply {
			return m.commit(st.hold, st.bent, order, st.attempt)
		}, func() { st.unheard = true }, 1, 2, 0)
		switch {
		case said.reason == "" && said.repeated:
			st.status, st.result = "redeemed", "repeated"
		case said.reason == "":
			st.status, st.result = "redeemed", "redeemed"
		case said.unknown:
			st.result, st.reason, s.compensating = "failed", said.reason, true
			return
		default:
			st.status, st.result, st.reason, s.compensating = "refused", "refused", said.reason, true
			st.owed = st.unheard // whatever it says now, it may have been done
			return
		}
	}
	for _, st := range ordered {
		st.owed = false
	}
}

// compensate cancels in reverse what is owed.
func (m *World) compensate(r *run, reversed []*step) {
	for _, st := range reversed {
		if st.owed {
			st.cancelled(m.takeBack(r, st, 1, 2, 0))
		}
	}
}

// takeBack has a service cancel a step.
func (m *World) takeBack(r *run, st *step, pauses ...int) reply {
	m.About = st.hold
	return m.insist(r, st.hold.Service+".cancel", func() reply { return m.cancel(st.hold, st.bent, st.attempt) }, func() {}, pauses...)
}

// cancelled notes what a service says in the end to taking back; what it does not
// take back stays owed.
func (st *step) cancelled(said reply) {
	switch {
	case said.reason != "":
		st.result, st.reason = "failed", "service_unavailable"
	case st.status == "redeemed":
		st.status, st.result, st.reason, st.owed = "cancelled", "cancelled", "", false
	default:
		st.status, st.owed = "cancelled", false
		if st.told { // what is new is that it is taken back
			st.result = "cancelled"
		}
	}
}

// told gives the steps that something came of.
func (s *Session) told() []*step {
	return slices.DeleteFunc(slices.Clone(s.steps), func(st *step) bool { return st.result == "" })
}

// said is what the client hears of a redemption, but for what it has heard before.
func (s *Session) said(resumed bool, before ...*step) Answer {
	a := Answer{Results: []string{}}
	news := slices.DeleteFunc(s.told(), func(st *step) bool { return slices.Contains(before, st) })
	for _, st := range news {
		a.Results = append(a.Results, st.hold.Handle+" "+st.result)
	}
	slices.SortStableFunc(news, func(a, b *step) int { return b.turn - a.turn }) // what stopped it, and then the way back
	for _, st := range news {
		if st.reason != "" && !(resumed && st.result == "cancelled") {
			a.Reasons = append(a.Reasons, st.reason)
		}
	}
	if s.State == "completed" || resumed && s.State == "compensated" {
		a.Reasons = nil
	}
	return a
}
