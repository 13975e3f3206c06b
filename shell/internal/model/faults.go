// Faults: questions that are not answered as they should be.

package model

import "slices"

// reply is what a party says, or that nobody knows.
type reply struct {
	reason   string // empty is yes
	unknown  bool
	repeated bool
}

func no(reason string) reply { return reply{reason: reason} }

// Fault orders a fault.
func (m *World) Fault(step, kind string, count int) Answer {
	m.Faults = append(m.Faults, Fault{step, kind, count})
	return Answer{}
}

// ClearFaults forgets the faults that wait.
func (m *World) ClearFaults() Answer {
	m.Faults = nil
	return Answer{}
}

// ask puts a question to a party, unless a fault waits there.
func (m *World) ask(step string, question func() reply) reply {
	at := slices.IndexFunc(m.Faults, func(f Fault) bool { return f.Step == step })
	if at < 0 {
		return question()
	}
	kind := m.Faults[at].Kind
	if m.Faults[at].Count--; m.Faults[at].Count == 0 {
		m.Faults = slices.Delete(m.Faults, at, at+1)
	}
	switch kind {
	case "refuse":
		return no("service_unavailable")
	case "slow":
		m.Wait(slowness)
		return question()
	case "lost-reply":
		question()
	}
	return reply{reason: "service_unavailable", unknown: true}
}

// insist asks up to three times for an answer, and says whether one was missed.
func (m *World) insist(step string, question func() reply) (said reply, missed bool) {
	for _, pause := range []int{1, 2, 0} {
		said = m.ask(step, question)
		if !said.unknown {
			return said, missed
		}
		missed = true
		m.Wait(pause)
	}
	return said, missed
}
