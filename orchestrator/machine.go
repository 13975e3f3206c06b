// The machine: what a redemption asks next, and what it makes of an answer. It
// is plain data in and plain data out: it asks nobody, waits for nothing, and
// knows no time but that of a record.

package orchestrator

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"tokenshell/tokens"
)

// backOff are the waits between the attempts to get an answer: one attempt
// more than there are waits.
var backOff = []time.Duration{time.Second, 2 * time.Second}

var attempts = len(backOff) + 1

// What a service is asked.
const (
	forward = "forward" // redeem it
	cancel  = "cancel"  // take back what was or may have been redeemed
	release = "release" // give back what will not be redeemed; one try, for else it expires; what was refused is owed then
)

// question is what a service is asked next.
type question struct {
	what string
	step int           // of the record's
	wait time.Duration // before it is asked
}

// machine takes a redemption, a resumption or a close from question to question.
type machine struct{ weakness tokens.Weakness }

// begin starts a redemption of the named tokens, of all when none is named.
func (m machine) begin(s *Record, services []Service, named []tokens.Ref, attempt func() string) {
	s.State = Redeeming
	for at, st := range s.Steps {
		if len(named) == 0 || slices.Contains(named, st.Ref) {
			s.edit(at).Attempt = attempt()
		}
	}
	for _, service := range services {
		for at, st := range s.Steps {
			if st.Service == service.Name && st.Attempt != "" {
				s.Order = append(s.Order, at)
			}
		}
	}
	for at, st := range s.Steps { // of a service that this relay was started without: it does not answer
		if st.Attempt != "" && !slices.Contains(s.Order, at) {
			s.Order = append(s.Order, at)
		}
	}
}

// resume goes on with one that was interrupted or is stuck: whatever was given up
// is asked for again.
func (m machine) resume(s *Record) {
	s.State, s.Ended = Redeeming, time.Time{}
	for at, st := range s.Steps {
		if st.Tries > 0 {
			s.edit(at).Tries = 0
		}
	}
}

// next gives the question that a redemption or a close stands before; false when
// nothing is left to ask.
func (m machine) next(s *Record) (q question, more bool) {
	if s.State == Redeeming && !s.Backwards {
		for _, at := range s.Order {
			if s.Steps[at].Status == Accepted {
				return ask(s, forward, at), true
			}
		}
	}
	if s.State == Redeeming && s.Backwards {
		for _, at := range slices.Backward(s.Order) {
			if st := s.Steps[at]; st.Owed && st.Tries < attempts {
				return ask(s, cancel, at), true
			}
		}
	}
	for at, st := range s.Steps {
		if (st.Status == Accepted || st.Status == Refused) && !st.Owed && !st.Freed && st.Tries == 0 {
			return ask(s, release, at), true
		}
	}
	return question{}, false
}

func ask(s *Record, what string, at int) question {
	q := question{what: what, step: at}
	if tries := s.Steps[at].Tries; tries > 0 {
		q.wait = backOff[tries-1]
	}
	return q
}

// asked notes that a question goes out: from here on it may have been done. Once
// an answer went missing, a refusal says nothing about what the unheard question
// did; an interruption leaves one behind, too.
func (m machine) asked(s *Record, q question) {
	if q.what == forward {
		st := s.edit(q.step)
		st.Unheard = st.Unheard || st.Owed
		st.Owed = true
	}
}

// took notes what a service answered. A refusal is the service's no; any other
// error is an unknown answer.
func (m machine) took(s *Record, q question, receipt tokens.Receipt, err error) {
	var refusal *tokens.Refusal
	errors.As(err, &refusal)
	st := s.edit(q.step)
	st.Tries++
	switch q.what {
	case forward:
		if err != nil && refusal == nil && st.Tries < attempts {
			st.Unheard = true
			return // it is asked again
		}
		st.Tries = 0
		m.forwarded(s, st, receipt, refusal, err)
	case cancel:
		if err != nil && refusal == nil && st.Tries < attempts {
			return
		}
		st.Tries = attempts // given up, or done
		st.cancelled(err)
	case release:
		if st.Freed = err == nil; st.Freed && st.Status == Accepted {
			st.Status = Released
		}
		// Its no was to the question that it answered. Another copy of that may have
		// been done, and nobody has said that it is taken back.
		unsure := err != nil && refusal == nil || errors.Is(err, tokens.ServiceUnavailable)
		st.Owed = unsure && st.Status == Refused && !m.weakness.Lacks(tokens.UnknownIsUndone)
	}
}

// forwarded notes the last answer to forwarding a token; all but a receipt turn
// the redemption round.
func (m machine) forwarded(s *Record, st *StepRecord, receipt tokens.Receipt, refusal *tokens.Refusal, err error) {
	undone := m.weakness.Lacks(tokens.UnknownIsUndone)
	switch {
	case err == nil:
		st.Status, st.Result, st.Receipt = Redeemed, Redeemed, &receipt
		if receipt.Repeated {
			st.Result = Repeated
		}
		if !slices.ContainsFunc(s.Order, func(at int) bool { return s.Steps[at].Status == Accepted }) {
			for _, at := range s.Order {
				s.edit(at).Owed = false // it will not go backwards any more
			}
		}
		return
	case refusal != nil:
		st.Status, st.Result, st.Owed = Refused, Refused, st.Unheard && !undone
		st.Reason, st.Detail = refusal.Reason, refusal.Detail
	case undone:
		st.Status, st.Result, st.Owed = Refused, Refused, false
		st.Reason, st.Detail = tokens.ServiceUnavailable, unanswered(st.Service, err)
	default:
		st.Result, st.Reason, st.Detail = Failed, tokens.ServiceUnavailable, unanswered(st.Service, err)
	}
	s.Backwards = true
	if m.weakness.Lacks(tokens.RefusalCompensates) {
		for at, st := range s.Steps {
			if st.Owed {
				st := s.edit(at)
				st.Status, st.Result, st.Owed = Cancelled, Cancelled, false
			}
		}
	}
}

// cancelled notes the last answer to a cancellation. What cannot be cancelled
// stays owed.
func (st *StepRecord) cancelled(err error) {
	switch {
	case err != nil:
		st.Result, st.Reason, st.Detail = Failed, tokens.ServiceUnavailable, unanswered(st.Service, err)
	case st.Status == Redeemed:
		st.Status, st.Result, st.Owed = Cancelled, Cancelled, false
		st.Reason, st.Detail = "", ""
	default: // nobody knows whether it was redeemed; now it is not
		if st.Status, st.Owed = Cancelled, false; st.Told {
			st.Result = Cancelled // that it failed is known; the reason stays, for it is the order's
		}
	}
}

// end says how it ended, when nothing is left to ask.
func (m machine) end(s *Record, now time.Time) {
	state := Completed
	switch {
	case s.State == Closed:
		state = Closed
	case slices.ContainsFunc(s.Steps, func(st *StepRecord) bool { return st.Owed }):
		state = Stuck
	case s.Backwards:
		state = Compensated
	}
	s.end(state, now)
}

// unanswered says that a service did not answer, without repeating what it is
// called in front of the cause.
func unanswered(service string, err error) string {
	var failure *tokens.Failure
	if errors.As(err, &failure) {
		return fmt.Sprintf("%s: %v", failure.Party, failure.Err)
	}
	var refusal *tokens.Refusal
	if errors.As(err, &refusal) {
		return fmt.Sprintf("%s will not cancel: %v", service, refusal)
	}
	return fmt.Sprintf("%s does not answer", service)
}
