// The lives of the relay: it stops anywhere, and another goes on from what was
// written down. Everything but what it is doing is.

package spec

const startTime = 1 // seconds

// A relay stops in the middle of what it does: it crashes, or somebody has
// stopped it, and it notices when it would write something down.
type (
	crashed     struct{}
	over        struct{}
	interrupted struct{} // nobody waits for it, and it stops by itself
)

// Restart stops the relay, whatever it is at, and starts another. What it has
// forgotten once, it never knows again, and neither does the other.
func (m *World) Restart(forget bool) Answer {
	m.reborn(m.Asked)
	if forget {
		m.lost = m.at("relay")
		for _, s := range m.Sessions {
			s.uses = nil
		}
		m.reborn(First)
		m.reborn(Second)
	}
	return m.Wait(startTime)
}

func (m *World) reborn(r Relay) {
	m.lived++
	m.lives[r] = m.lived
}

// crash stops a relay at a message: the one that is asked, or the one that asks.
func (m *World) crash(step string) reply {
	r, asked := relayOf(step)
	if !asked {
		panic(crashed{})
	}
	m.reborn(r)
	m.Wait(startTime)
	return silence()
}

// tell has the client ask the relay.
func (m *World) tell(step string, question func() Answer) Answer {
	to := m.Asked
	said := m.ask("client", relayNames[to]+"."+step, func() reply { return m.live(to, question) })
	if said.answer != nil {
		return *said.answer
	}
	return refused(said.reason)
}

// live has a relay do something, if it lives to the end of it.
func (m *World) live(r Relay, question func() Answer) (said reply) {
	life, was := m.lives[r], m.by
	m.by = r
	defer func() {
		switch cause := recover(); cause.(type) {
		case nil, over:
		case overtaken:
			for _, s := range m.Sessions {
				if s.run[r] == life {
					s.run[r] = 0
				}
			}
			a := refused("session_closed")
			said = reply{reason: a.Reasons[0], answer: &a}
		case interrupted:
			said = m.stopped()
			m.by = was
			return
		case crashed:
			m.reborn(r)
			m.Wait(startTime)
		default:
			panic(cause)
		}
		if m.by = was; life != m.lives[r] {
			said = silence()
		}
	}()
	a := question()
	return reply{reason: first(a.Reasons), answer: &a}
}

func first(reasons []string) string {
	if len(reasons) == 0 {
		return ""
	}
	return reasons[0]
}

// stopped is that the relay left off where it was, and lives.
func (m *World) stopped() reply {
	for _, s := range m.Sessions {
		if s.run[m.by] != m.lives[m.by] {
			continue
		}
		s.run[m.by] = 0
		if s.State == "closed" {
			s.ended = m.at(m.name()) // what it did not give back expires
		} else {
			s.version++
			s.lease = lease{}
			m.owed(s)
		}
	}
	return reply{answer: &Answer{Stopped: true}}
}
