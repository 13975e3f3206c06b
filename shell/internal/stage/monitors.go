// Monitors: what is looked at after each verb, each by itself.

package stage

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"tokenshell/issuers"
	"tokenshell/shell/internal/linear"
	"tokenshell/shell/internal/spec"
	"tokenshell/shell/internal/wire"
	"tokenshell/tokens"
)

// Monitor is one thing that must hold, and what proves that it is looked at.
type Monitor struct {
	Name, What string
	// Mutant is a world in which it does not hold, and in which this monitor says so
	// when no other looks: one without this rule, or one that a test bends.
	Mutant string

	look  func(s *Stage, said, foretold spec.Answer) error // nil of one that the search asks
	quiet bool                                             // what it sees nobody else does, yet
}

// Those that the search asks, for they are about more than a verb.
const (
	Audited = "audited"
	Ends    = "ends"
)

// Monitors is the closed list, in the order in which they are asked.
func Monitors() []Monitor {
	return monitors
}

var monitors = []Monitor{
	{"answers", "a verb is answered what the model foretells: done, refused for these reasons, with these results", tokens.RetryIsAnswered, (*Stage).answersFit, false},
	{"others", "so is a verb of another client, in the middle of it, and the sessions are in the states of the model then", tokens.RedeemerRemembers, (*Stage).othersFit, true},
	{"time", "time has gone on as far as the model says, and no further", "a clock that goes on by itself", (*Stage).timeFits, false},
	{"sessions", "the relay's sessions are in the states of the model, with its steps, results, attempts, and a receipt of each redemption", tokens.UnknownIsUndone, (*Stage).sessionsFit, false},
	{"books", "the books of each service hold what the model holds, committed by the same attempts, and nothing that nobody asked for", tokens.CancelIsFinal, (*Stage).booksFit, false},
	{"late", "the questions that are late are those of the model", "a question that is late and gets lost", (*Stage).lateFits, false},
	{"keys", "the keys of each service are in the states of the model", "a service that rotates its key unasked", (*Stage).keysFit, false},
	{"stand-in", "the outsider's stand-in has accepted what the model says, by the same attempts", "a stand-in that accepts what nobody brought", (*Stage).standinFits, true},
	{"one by one", "what was done to a token at the same time could have been done one after the other: (iss, jti) is a register", tokens.RedeemerRemembers, (*Stage).linear, true},
	{"messages", "the parties ask each other what the model foretells, in its order, and the relay about the same tokens; told when nothing else is seen", tokens.RelayRecordsLast, (*Stage).messagesFit, true},
	{Audited, "the invariants: the books add up, captured is within authorised and payable, nothing is redeemed twice or after its cancel, what was redeemed first is taken back last, and the relay's sessions agree with the books", tokens.CancelOnce, nil, false},
	{Ends, "when nothing goes wrong any more every order ends, at once or after its time, and nothing is held for ever", tokens.HoldReturns, nil, false},
}

// ShowsItself reports whether what a monitor sees is in what verbs print, so that
// nobody has to look at the invariants.
func ShowsItself(name string) bool {
	return slices.ContainsFunc(monitors, func(m Monitor) bool { return m.Name == name && m.look != nil && !m.quiet })
}

// Watches reports whether a monitor looks.
func (s *Stage) Watches(name string) bool { return s.Only == "" || s.Only == name }

// Complaint is what a monitor says.
type Complaint struct {
	Monitor string
	Err     error
}

// Error says what does not hold.
func (c *Complaint) Error() string { return c.Err.Error() }

// Unwrap gives what the monitor said.
func (c *Complaint) Unwrap() error { return c.Err }

// differs has the monitors look after a verb; nil when all is well.
func (s *Stage) differs(said, foretold spec.Answer) error {
	if s.Blind {
		return nil
	}
	clear(s.attempts)
	var quiet error // of which a scenario would show nothing; told when nothing else is found
	for i := range monitors {
		m := &monitors[i]
		if m.look == nil || !s.Watches(m.Name) {
			continue
		}
		err := m.look(s, said, foretold)
		switch {
		case err == nil:
		case !m.quiet || s.Only != "":
			return &Complaint{m.Name, err}
		case quiet == nil:
			quiet = &Complaint{m.Name, &Unheard{err.Error()}}
		}
	}
	return quiet
}

func (s *Stage) answersFit(said, foretold spec.Answer) error {
	if same(said, foretold) {
		return nil
	}
	what := fmt.Sprintf("it is %s, the model says %s", said, foretold)
	if said.Wrong == foretold.Wrong && slices.Equal(said.Reasons, foretold.Reasons) {
		return &Parting{what: what, Own: resultsAsked, Want: strings.Join(foretold.Results, ", ")}
	}
	return errors.New(what)
}

func (s *Stage) othersFit(spec.Answer, spec.Answer) error {
	for i := range s.heard {
		switch {
		case i >= len(s.foretold):
		case !same(s.heard[i].answer, s.foretold[i].answer):
			return fmt.Errorf("another client is told %s, the model says %s", s.heard[i].answer, s.foretold[i].answer)
		case s.heard[i].sights != s.foretold[i].sights:
			return fmt.Errorf("another client sees %s, the model says %s", s.heard[i].sights, s.foretold[i].sights)
		}
	}
	return nil
}

func (s *Stage) messagesFit(spec.Answer, spec.Answer) error {
	if s.parted == "" && s.replayed < len(s.Trace) {
		next := s.Trace[s.replayed]
		s.part("%s asks for %s, and the model says that nobody does", next.From, next.Asked())
	}
	if s.parted != "" {
		return errors.New(s.parted)
	}
	return nil
}

// linear asks whether what services did to a token could have been done in a row.
func (s *Stage) linear(spec.Answer, spec.Answer) error {
	if len(s.done) < 2 {
		return nil
	}
	return linear.Check(s.stood, s.done)
}

// begins takes down where a token stands before anything is done to it by a verb,
// and that something begins. It gives the place of the operation; no when the
// question is about no token of this path.
func (s *Stage) begins(q wire.Question) (at int, ok bool) {
	if wire.IsRelay(q.To) || q.Step != linear.Redeem && q.Step != linear.Cancel && q.Step != linear.Revoke {
		return 0, false
	}
	if _, err := s.World.Service(q.To); err != nil {
		return 0, false // a stand-in, whose books are looked at elsewhere
	}
	for _, t := range s.Client.Wallet.Held {
		if t.Raw != q.Token {
			continue
		}
		if _, known := s.stood[t.Handle]; !known {
			s.stood[t.Handle] = s.register(t.Service, t.Ref)
		}
		s.tick++
		s.done = append(s.done, linear.Operation{Token: t.Handle, What: q.Step, Attempt: q.Attempt, Outcome: linear.Unknown, Call: s.tick, Return: s.tick})
		return len(s.done) - 1, true
	}
	return 0, false
}

// came takes down what came of an operation.
func (s *Stage) came(at int, err error) {
	op := &s.done[at]
	s.tick++
	op.Return = s.tick
	var refusal *tokens.Refusal
	switch {
	case err == nil && op.What == linear.Redeem:
		op.Outcome = linear.Answered
	case err == nil:
		op.Outcome = linear.Done
	case errors.As(err, &refusal):
		op.Outcome = string(refusal.Reason)
	}
}

// register gives where a token stands in the books of its service.
func (s *Stage) register(service string, ref tokens.Ref) linear.Register {
	p, err := s.World.Service(service)
	if err != nil {
		return linear.Register{}
	}
	for _, e := range p.Reservations() {
		if e.Ref == ref {
			return linear.Register{State: BookState(e), Attempt: attemptOf(e)}
		}
	}
	return linear.Register{}
}

// attemptOf gives the attempt that an entry stands committed by.
func attemptOf(e issuers.Entry) string {
	if e.State == issuers.Committed {
		return e.Attempt
	}
	return ""
}
