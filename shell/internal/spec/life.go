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
// forgotten once, it never knows again.
func (m *World) Restart(forget bool) Answer {
	m.life++
	if forget {
		m.lost = m.at("relay")
	}
	return m.Wait(startTime)
}

// crash stops the relay at a message.
func (m *World) crash(step string) reply {
	if !ofRelay(step) {
		panic(crashed{})
	}
	m.Restart(false)
	return silence()
}

// goOn notes that a question of a relay was answered, and how long it would pause
// now: one whose life is over gets no further.
func (m *World) goOn(life, pause int) {
	if life != m.life {
		m.Wait(pause)
		panic(over{})
	}
}

// tell has the client ask the relay.
func (m *World) tell(step string, question func() Answer) Answer {
	said := m.ask("client", "relay."+step, func() reply { return m.live(question) })
	if said.answer != nil {
		return *said.answer
	}
	return refused(said.reason)
}

// live has the relay do something, if it lives to the end of it.
func (m *World) live(question func() Answer) (said reply) {
	life := m.life
	defer func() {
		switch cause := recover(); cause.(type) {
		case nil, over:
		case interrupted:
			said = stopped(m)
			return
		case crashed:
			m.Restart(false)
		default:
			panic(cause)
		}
		if life != m.life {
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

// stopped is that a relay left off where it was, and lives.
func stopped(m *World) reply {
	for _, s := range m.Sessions {
		if s.run == m.life && s.State == "closed" {
			s.ended = m.at("relay") // what it did not give back expires
		}
		if s.run == m.life {
			s.run = 0
		}
	}
	return reply{answer: &Answer{Stopped: true}}
}
