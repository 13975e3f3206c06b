// Messages: what becomes of each, in the world by the plan, and in the model by what
// became of it in the world.

package stage

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"tokenshell/shell/internal/bound"
	"tokenshell/shell/internal/spec"
	"tokenshell/shell/internal/wire"
	"tokenshell/tokens"
)

// choose says what becomes of a message, by the plan.
func (s *Stage) choose(q wire.Question) wire.Fault {
	if q.Step == "fact" { // of which nobody can order that it goes wrong
		return wire.Fault{}
	}
	if len(s.Trace) >= mostMessages {
		panic(fmt.Sprintf("it does not end: %d messages, the last is %s.%s", mostMessages, q.To, q.Step))
	}
	m := Message{From: q.From, To: q.To, Step: q.Step, Inner: s.depth > 0}
	if wire.IsRelay(q.From) && q.Token != "" {
		if seen, err := s.World.Peek(q.Token); err == nil {
			m.Token = s.Handle(seen.Ref)
		}
	}
	if at := len(s.Trace); at < len(s.plan) {
		m.Made = s.plan[at]
	}
	s.Trace = append(s.Trace, m)
	switch m.Made.Fate {
	case bound.Interrupt:
		s.cancel()
		return wire.Fault{Kind: wire.Timeout}
	case wire.Meanwhile, wire.MeanwhileAfter:
		s.inner = append(s.inner, m.Made.Inner)
	}
	return wire.Fault{Kind: m.Made.Fate}
}

// does takes down what services make of confirmations, and of what is done to tokens.
func (s *Stage) does(q wire.Question) (done func(error)) {
	if wire.IsRelay(q.To) {
		return func(error) {}
	}
	verdictAt := -1
	if q.Step == "confirm" || q.Step == "redeem" {
		verdictAt = len(s.verdicts)
		s.verdicts = append(s.verdicts, verdict{})
	}
	op, known := s.begins(q)
	if verdictAt < 0 && !known {
		return func(error) {}
	}
	return func(err error) {
		var refusal *tokens.Refusal
		if verdictAt >= 0 && errors.As(err, &refusal) {
			s.verdicts[verdictAt].reason = refusal.Reason
		}
		if known {
			s.came(op, err)
		}
	}
}

// meanwhile does what another client does.
func (s *Stage) meanwhile(ctx context.Context, _ string) {
	m := s.inner[len(s.inner)-1]
	s.inner = s.inner[:len(s.inner)-1]
	order := s.Client.Order
	s.depth++
	defer func() { s.depth--; s.Client.Order = order }()
	at := len(s.heard)
	s.heard = append(s.heard, glimpse{})
	results, err := s.do(ctx, m)
	s.heard[at] = glimpse{s.answered(results, err), s.sights(func(name string) string {
		snap, err := s.World.Relay.Session(name)
		if err != nil {
			return ""
		}
		return string(snap.State)
	})}
}

// glimpse is what another client is answered in the middle of a verb, and what it
// sees of the sessions then.
type glimpse struct {
	answer spec.Answer
	sights string
}

// sights says in what states sessions are, in the middle of a verb.
func (s *Stage) sights(state func(name string) string) string {
	var said []string
	for n := 1; n <= s.Bound.Sessions; n++ {
		if is := state(OrderName(n)); is != "" {
			said = append(said, OrderName(n)+" "+is)
		}
	}
	return strings.Join(said, ", ")
}

// again is what the model is told of a message: what became of it in the world.
func (s *Stage) again(from, step string) spec.Fault {
	if s.Asks != nil {
		s.Asks(from, step)
	}
	if s.replayed >= len(s.Trace) {
		s.part("the model has %s ask for %s, and nobody does", from, step)
		return spec.Fault{}
	}
	m := s.Trace[s.replayed]
	if m.Asked() != step || m.From != from {
		s.part("%s asks for %s, the model says that %s asks for %s", m.From, m.Asked(), from, step)
		return spec.Fault{}
	}
	if h := s.Model.About; m.Token != "" && h.Handle != "" && m.Token != h.Handle {
		s.part("%s asks for %s of %s, the model says of %s", m.From, m.Asked(), m.Token, h.Handle)
		return spec.Fault{}
	}
	s.replayed++
	f := spec.Fault{Step: step, Kind: string(m.Made.Fate)}
	if m.Made.Fate.HasLine() {
		f.Meanwhile = func() spec.Answer { // in the order in which they are done, as heard is
			at := len(s.foretold)
			s.foretold = append(s.foretold, glimpse{})
			said := s.foretell(m.Made.Inner)
			s.foretold[at] = glimpse{said, s.sights(func(name string) string {
				of := s.Model.Session(name)
				if of == nil {
					return ""
				}
				return s.Model.StoodAt(spec.First, of)
			})}
			return said
		}
	}
	return f
}

// Strays reports whether something goes wrong with a message behind where the model's
// messages parted from the world's.
func (s *Stage) Strays() bool { return s.parted != "" && s.replayed < len(s.plan) }

func (s *Stage) part(format string, args ...any) {
	if s.parted == "" {
		s.parted = fmt.Sprintf(format, args...)
	}
}

// Between reports whether a fate of the verb's first question comes to what happens
// between verbs: the relay never gets it, or another client is at it before it arrives
// or once it is answered, and it is all that this verb's client asks. What goes wrong
// like this leads to nothing that verbs, one after the other, do not lead to.
func (s *Stage) Between(fate wire.FaultKind) bool {
	switch fate {
	case wire.Timeout, wire.Unavailable, wire.Refuse, wire.Meanwhile, wire.MeanwhileAfter:
		return s.Trace[0].From == "client" && wire.IsRelay(s.Trace[0].To) && !slices.ContainsFunc(s.Trace[1:], func(m Message) bool { return m.From == "client" && !m.Inner })
	}
	return false
}
