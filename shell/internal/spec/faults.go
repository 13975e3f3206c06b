// Messages, and what becomes of them.

package spec

import (
	"slices"
	"strings"
)

// reply is what a party says, or that nobody knows.
type reply struct {
	reason   string // empty is yes
	unknown  bool
	repeated bool
	hold     *Hold   // that was confirmed
	answer   *Answer // of the relay
}

func no(reason string) reply { return reply{reason: reason} }

func yes() reply { return reply{} }

// silence is that no answer comes.
func silence() reply { return reply{reason: "service_unavailable", unknown: true} }

// Interrupt is what becomes of a question whose asker stops just then, because
// nobody waits for it any more. It cannot be ordered.
const Interrupt = "interrupt"

// Fault orders a fault.
func (m *World) Fault(f Fault) Answer {
	m.Faults = append(m.Faults, f)
	return Answer{}
}

// ClearFaults forgets the faults that wait.
func (m *World) ClearFaults() Answer {
	m.Faults = nil
	return Answer{}
}

// take gives the fault that a message meets. A relay does not crash of what it
// takes no part in.
func (m *World) take(from, step string) Fault {
	if m.Choose != nil {
		return m.Choose(from, step)
	}
	for at := range m.Faults {
		f := &m.Faults[at]
		switch {
		case f.Step != step, strings.HasPrefix(f.Kind, "crash") && !isRelay(from) && !ofRelay(step):
		case f.After > 0:
			f.After--
		default:
			met := *f
			if f.Count--; f.Count == 0 {
				m.Faults = slices.Delete(m.Faults, at, at+1)
			}
			return met
		}
	}
	return Fault{}
}

func ofRelay(step string) bool {
	_, ok := relayOf(step)
	return ok
}

func isRelay(party string) bool { return slices.Contains(relayNames[:], party) }

// ask has one party put a question to another, and a fault that waits there have
// its way.
func (m *World) ask(from, step string, question func() reply) reply {
	f := m.take(from, step)
	if f.Kind != "" {
		m.met = append(m.met, f.Kind)
	}
	switch f.Kind {
	case "refuse":
		return no("service_unavailable")
	case "timeout", "unavailable":
		return silence()
	case "late":
		m.Late = append(m.Late, Late{step, m.Now, question})
		return silence()
	case "crash-before":
		return m.crash(step)
	case Interrupt:
		panic(interrupted{})
	case "slow":
		m.Wait(slowness)
	case "meanwhile":
		m.others(f)
	}
	r, asked := relayOf(step)
	life := m.lives[r]
	said := question()
	gone := said.answer != nil && said.answer.Stopped // nobody waits for anything any more
	switch {
	case asked && life != m.lives[r]: // it has stopped
	case f.Kind == "crash-after":
		if no := m.crash(step); !gone {
			return no
		}
	case gone:
	case f.Kind == "lost-reply":
		return silence()
	case f.Kind == "duplicate":
		question()
	case f.Kind == "meanwhile-after":
		m.others(f)
	}
	return said
}

// others has another client do something.
func (m *World) others(f Fault) {
	current, asked := m.Current, m.Asked
	m.Asked = First
	m.trouble = f.Meanwhile().Wrong || m.trouble
	m.Current, m.Asked = current, asked
}

// Met gives the kinds of the faults that were met since it was asked last.
func (m *World) Met() []string {
	met := m.met
	m.met = nil
	return met
}

// Trouble reports whether another client has asked for what does not exist.
func (m *World) Trouble() bool {
	was := m.trouble
	m.trouble = false
	return was
}

// Deliver has the oldest late question of a step arrive; nobody hears the answer.
func (m *World) Deliver(step string) Answer {
	at := slices.IndexFunc(m.Late, func(l Late) bool { return l.Step == step })
	if at < 0 {
		return Answer{Wrong: true}
	}
	l := m.Late[at]
	m.Late = slices.Delete(m.Late, at, at+1)
	l.arrives()
	return Answer{}
}

// Deliverable reports whether a question of a step is late, and no stand-in may
// have forgotten what it is about.
func (m *World) Deliverable(step string) bool {
	at := slices.IndexFunc(m.Late, func(l Late) bool { return l.Step == step })
	return at >= 0 && (!strings.HasPrefix(step, Club+".") || m.Late[at].since > m.Now-Retention/2)
}
