// Redemption: forward, and what has to be taken back.

package model

import "slices"

// Redeem has the relay redeem the named tokens, all accepted ones without any.
func (m *World) Redeem(named []*Hold) Answer {
	s := m.Session(m.Current)
	if s == nil {
		return refused("session_unknown")
	}
	for _, h := range named {
		switch {
		case s.step(h) != nil:
		case h.Order != s.ID:
			return refused("session_mismatch")
		case s.State == "open":
			return Answer{Wrong: true}
		default:
			return refused("session_closed")
		}
	}
	switch s.State {
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
		m.run(s)
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
	return s.said(false)
}

// Resume takes a stuck redemption to its end.
func (m *World) Resume() Answer {
	s := m.Session(m.Current)
	switch {
	case s == nil:
		return refused("session_unknown")
	case s.State == "open":
		return Answer{Wrong: true}
	case s.State == "closed":
		return refused("session_closed")
	case s.State == "stuck":
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
	if s.State == "open" {
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
		if a := m.Relay(Sound, fresh...); a.Reasons != nil {
			return a
		}
	}
	return m.Redeem(named)
}

// run forwards, takes back what has to be, and releases the rest.
func (m *World) run(s *Session) {
	var ordered []*step
	for _, service := range m.Services {
		for _, st := range s.steps {
			if st.hold.Service == service && st.attempt > 0 {
				ordered = append(ordered, st)
			}
		}
	}
	if !s.compensating {
		s.compensating = !m.forward(s, ordered)
	}
	stuck := false
	if s.compensating {
		slices.Reverse(ordered)
		stuck = !m.compensate(ordered)
	}
	for _, st := range s.steps {
		if st.status != "accepted" && st.status != "refused" || st.owed || st.freed {
			continue
		}
		st.freed = m.ask(st.hold.Service+".cancel", func() reply { return m.cancel(st.hold, st.bent, st.attempt) }).reason == ""
		if st.freed && st.status == "accepted" {
			st.status = "released"
		}
	}
	switch {
	case stuck:
		s.State = "stuck"
	case s.compensating:
		s.State = "compensated"
	default:
		s.State = "completed"
	}
	s.ended = m.Now
	for _, st := range s.steps {
		st.told = true
	}
}

// forward redeems in order and reports whether all said yes.
func (m *World) forward(s *Session, ordered []*step) bool {
	for at, st := range ordered {
		said, missed := m.insist(st.hold.Service+".redeem", func() reply { return m.commit(st.hold, st.bent, s.ID, s.facts, st.attempt) })
		switch {
		case said.reason == "" && said.repeated:
			st.status, st.result = "redeemed", "repeated"
		case said.reason == "":
			st.status, st.result = "redeemed", "redeemed"
		default:
			st.result, st.reason, st.owed = "failed", said.reason, missed
			if !said.unknown {
				st.status, st.result = "refused", "refused"
			}
			for _, before := range ordered[:at] {
				before.owed = true
			}
			return false
		}
	}
	return true
}

// compensate cancels in reverse what is owed and reports whether all was.
func (m *World) compensate(reversed []*step) bool {
	all := true
	for _, st := range reversed {
		if !st.owed {
			continue
		}
		said, _ := m.insist(st.hold.Service+".cancel", func() reply { return m.cancel(st.hold, st.bent, st.attempt) })
		switch {
		case said.reason != "":
			st.result, st.reason, all = "failed", "service_unavailable", false
		case st.status == "redeemed":
			st.status, st.result, st.reason, st.owed = "cancelled", "cancelled", "", false
		default:
			st.status, st.owed = "cancelled", false
			if st.told { // what is new is that it is taken back
				st.result = "cancelled"
			}
		}
	}
	return all
}

// told gives the steps that something came of.
func (s *Session) told() []*step {
	return slices.DeleteFunc(slices.Clone(s.steps), func(st *step) bool { return st.result == "" })
}

// said is what the client hears of a redemption, but for what it has heard before.
func (s *Session) said(resumed bool, before ...*step) Answer {
	a := Answer{Results: []string{}}
	for _, st := range s.told() {
		if slices.Contains(before, st) {
			continue
		}
		a.Results = append(a.Results, st.hold.Handle+" "+st.result)
		if st.reason != "" && !(resumed && st.result == "cancelled") {
			a.Reasons = append(a.Reasons, st.reason)
		}
	}
	if s.State == "completed" || resumed && s.State == "compensated" {
		a.Reasons = nil
	}
	return a
}
