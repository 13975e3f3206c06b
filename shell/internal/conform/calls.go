// Calls: what a relay asks of the services, which are played for it, and what it is
// answered.

package conform

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"tokenshell/orchestrator"
	"tokenshell/shell/internal/foreign"
	"tokenshell/tokens"
)

// Call has one of our services answer the relay, and watches what it is asked.
func (r *Relay) Call(ctx context.Context, c foreign.Call) foreign.Said {
	at := slices.IndexFunc(r.services, func(s orchestrator.Service) bool { return s.Name == c.Service })
	if at < 0 {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.broken("the relay called a service %s, which there is not", tokens.Word(foreign.Harmless(c.Service)))
		return foreign.Said{Status: "refused", Reason: string(tokens.ServiceUnavailable), Detail: "there is no such service"}
	}
	s, step, attempt := r.asked(c)
	if again, ok := r.stillOut(s, c); ok {
		return again
	}
	about := tokens.Session{Order: c.Session}
	var facts tokens.Facts
	if s != nil {
		about.Customer, facts = s.Customer, c.Facts
		if facts == nil {
			r.mu.Lock()
			facts = maps.Clone(s.Facts)
			r.mu.Unlock()
		}
	}
	token := r.ours(c.Token)
	var (
		receipt tokens.Receipt
		err     error
	)
	if c.Action == "redeem" {
		receipt, err = r.services[at].Redeemer.Redeem(ctx, tokens.Redemption{Token: token, Session: about, Facts: facts, Attempt: attempt})
	} else {
		err = r.services[at].Redeemer.Cancel(ctx, tokens.Cancellation{Token: token, Session: about, Attempt: attempt})
	}
	answer := answerOf(receipt, err)
	if s != nil && step >= 0 {
		r.answered(s, step, c.Action, attempt, answer, receipt)
	}
	return answer
}

// stillOut gives once more what a service answered that was not available to redeem
// a token. Some relays take that for a refusal and others ask again: for both of
// them it is the same in the end.
func (r *Relay) stillOut(s *session, c foreign.Call) (foreign.Said, bool) {
	if s == nil || c.Action != "redeem" {
		return foreign.Said{}, false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	a, ok := s.out[c.Token]
	return a, ok
}

// answerOf puts what a service said into the protocol's words.
func answerOf(receipt tokens.Receipt, err error) foreign.Said {
	var refusal *tokens.Refusal
	switch {
	case err == nil && receipt.Repeated:
		return foreign.Said{Status: "repeated"}
	case err == nil:
		return foreign.Said{Status: "done"}
	case errors.As(err, &refusal):
		return foreign.Said{Status: "refused", Reason: string(refusal.Reason), Detail: refusal.Detail}
	}
	return foreign.Said{Status: "lost"}
}

// asked watches a call: whether it may be made. It gives the session and the step
// that it is about; nil and -1 when there is none.
func (r *Relay) asked(c foreign.Call) (*session, int, string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls++
	s := r.sessions[c.Session]
	if s == nil {
		r.broken("the relay asked %s to %s for session %s, which nobody opened", c.Service, c.Action, tokens.Word(foreign.Harmless(c.Session)))
		return nil, -1, c.Attempt
	}
	step := slices.Index(s.texts, c.Token)
	if step < 0 {
		r.broken("the relay forwarded to %s (%s) a token that it had not accepted in session %s, byte for byte", c.Service, c.Action, tokens.Word(c.Session))
		return s, -1, c.Attempt
	}
	st := &s.Steps[step]
	attempt := c.Attempt
	known, tried := s.attempts[c.Token]
	if attempt == "" && (c.Action == "redeem" || tried) {
		attempt = "att_" + c.Session // a session is one attempt
	}
	if st.Service == "" {
		st.Service = c.Service
	}
	if c.Action == "redeem" {
		switch {
		case tried && known != attempt:
			r.broken("the relay asked %s again to redeem %s, under another attempt id", c.Service, tokens.Word(st.Ref.ID))
		case s.refused != "" && s.refused != c.Token:
			r.broken("after a refusal the relay asked %s to redeem %s in session %s", c.Service, tokens.Word(st.Ref.ID), tokens.Word(c.Session))
		}
		if s.chosen != nil && !slices.Contains(s.chosen, c.Token) {
			r.broken("the relay asked %s to redeem %s, which the client had not named", c.Service, tokens.Word(st.Ref.ID))
		}
		if first := r.turned(s, c.Service); r.ordered && !tried && first != "" {
			r.broken("the relay asked %s to redeem before %s, which comes first in the order of redemption", first, c.Service)
		}
		if fact := otherFacts(s.Facts, c.Facts); c.Facts != nil && fact != "" {
			r.broken("the relay told %s another %s than the client had told it", c.Service, tokens.Word(fact))
		}
		s.attempts[c.Token] = attempt
		if st.Turn == 0 {
			s.turns++
			st.Turn = s.turns
		}
		return s, step, attempt
	}
	if at := slices.Index(s.order, step); at >= 0 {
		if at != len(s.order)-1 {
			last := s.Steps[s.order[len(s.order)-1]]
			r.broken("the relay took %s back before %s, which it had asked to redeem after it", tokens.Word(st.Ref.ID), tokens.Word(last.Ref.ID))
		}
		s.order = slices.Delete(s.order, at, at+1)
	}
	if tried && known != attempt {
		r.broken("the relay asked %s to cancel another attempt of %s than it had redeemed", c.Service, tokens.Word(st.Ref.ID))
	}
	return s, step, attempt
}

// turned gives a service that was asked to redeem in a session, and comes after
// another in the order of redemption; empty when none was.
func (r *Relay) turned(s *session, service string) string {
	at := func(name string) int {
		return slices.IndexFunc(r.services, func(s orchestrator.Service) bool { return s.Name == name })
	}
	for _, st := range s.Steps {
		if st.Turn > 0 && at(st.Service) > at(service) {
			return st.Service
		}
	}
	return ""
}

// otherFacts gives a fact that a relay tells otherwise than the client told it;
// empty when there is none. What it adds or leaves out is its own business.
func otherFacts(told, said tokens.Facts) string {
	for _, name := range slices.Sorted(maps.Keys(told)) {
		if value, ok := said[name]; ok && value != told[name] {
			return name
		}
	}
	return ""
}

// answered notes what a service said of a step.
func (r *Relay) answered(s *session, at int, action, attempt string, a foreign.Said, receipt tokens.Receipt) {
	r.mu.Lock()
	defer r.mu.Unlock()
	st := &s.Steps[at]
	unknown := func() {
		st.Result, st.Reason, st.Detail = orchestrator.Failed, tokens.ServiceUnavailable, st.Service+": no answer came in time"
	}
	if action == "redeem" {
		st.Attempt = attempt
		switch a.Status {
		case "done", "repeated":
			st.Status, st.Result, st.Reason, st.Detail = orchestrator.Redeemed, orchestrator.Redeemed, "", ""
			st.Receipt = &receipt // our service's own: the relay need not tell
			if a.Status == "repeated" {
				st.Result = orchestrator.Repeated
			}
			s.stands(at)
		case "refused":
			s.order = slices.DeleteFunc(s.order, func(step int) bool { return step == at })
			s.refused = s.texts[at]
			st.Status, st.Result, st.Reason, st.Detail = orchestrator.Refused, orchestrator.Refused, tokens.Reason(a.Reason), a.Detail
			if st.Reason == tokens.ServiceUnavailable {
				s.out[s.texts[at]] = a
			}
		default:
			s.stands(at) // for all that the relay knows
			unknown()
		}
		return
	}
	switch {
	case a.Status != "done" && a.Status != "repeated":
		if st.Attempt != "" && st.Status != orchestrator.Refused {
			unknown()
			if a.Reason != "" {
				st.Detail = fmt.Sprintf("%s will not cancel: %s: %s", st.Service, a.Reason, a.Detail)
			}
		}
	case st.Status == orchestrator.Redeemed:
		if s.State == orchestrator.Completed {
			r.broken("the relay took %s back from %s, of a session that it had said is completed", tokens.Word(st.Ref.ID), st.Service)
		}
		st.Status, st.Result, st.Reason, st.Detail = orchestrator.Cancelled, orchestrator.Cancelled, "", ""
	case st.Attempt == "":
		st.Status = orchestrator.Released
	case st.Status == orchestrator.Accepted: // nobody knew whether it was redeemed
		st.Status = orchestrator.Cancelled
		if s.resumed { // that it failed was told before
			st.Result, st.Reason, st.Detail = orchestrator.Cancelled, "", ""
		}
	}
}

// stands notes that a step is redeemed, or may be.
func (s *session) stands(at int) {
	if !slices.Contains(s.order, at) {
		s.order = append(s.order, at)
	}
}
