// The services of these tests: what a domain must do, and what goes wrong.

package orchestrator_test

import (
	"context"
	"errors"

	"tokenshell/tokens"
)

// kind is how a service answers once.
type kind string

const (
	timeout kind = "timeout" // it never arrived, and nobody knows
	lost    kind = "lost"    // it was done, and nobody knows
	refuse  kind = "refuse"  // no
)

// service does what a domain must: it redeems once, answers an attempt again,
// and cancels for ever. Its script says what goes wrong first.
type service struct {
	name   string
	stage  *stage
	script map[string][]kind // of "redeem" and "cancel"
	state  map[string]string // by jti: "committed", "cancelled"
	by     map[string]string // the attempt that committed it
	hook   func(step string) // called before anything is done
	facts  []tokens.Facts
}

func (s *service) Redeem(ctx context.Context, r tokens.Redemption) (receipt tokens.Receipt, err error) {
	err = s.answer(ctx, "redeem", r.Token, func(jti string) error {
		s.facts = append(s.facts, r.Facts)
		switch {
		case s.state[jti] == "cancelled":
			return tokens.Refuse(tokens.Revoked, "cancelled")
		case s.state[jti] == "committed" && s.by[jti] != r.Attempt:
			return tokens.Refuse(tokens.AlreadyRedeemed, "by another attempt")
		}
		receipt = tokens.Receipt{ID: "rcp_" + jti, Service: s.name, JTI: jti, Order: r.Session.Order, Attempt: r.Attempt, Repeated: s.state[jti] == "committed"}
		s.state[jti], s.by[jti] = "committed", r.Attempt
		return nil
	})
	if err != nil {
		return tokens.Receipt{}, err
	}
	return receipt, nil
}

func (s *service) Cancel(ctx context.Context, c tokens.Cancellation) error {
	return s.answer(ctx, "cancel", c.Token, func(jti string) error {
		if s.state[jti] != "committed" || s.by[jti] == c.Attempt {
			s.state[jti] = "cancelled"
		}
		return nil
	})
}

// answer does what the script says, and else what was asked.
func (s *service) answer(ctx context.Context, step, token string, do func(jti string) error) error {
	if s.hook != nil {
		s.hook(step)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	seen, err := tokens.Peek(token)
	if err != nil {
		return err
	}
	s.stage.mu.Lock()
	defer s.stage.mu.Unlock()
	next := kind("")
	if queue := s.script[step]; len(queue) > 0 {
		next, s.script[step] = queue[0], queue[1:]
	}
	word := step
	if next != "" {
		word += "/" + string(next)
	}
	s.stage.calls = append(s.stage.calls, word+" "+seen.Ref.ID)
	s.stage.times = append(s.stage.times, s.stage.clock.Now().Sub(epoch))
	switch next {
	case timeout:
		return &tokens.Failure{Party: s.name, Err: errors.New("timeout")}
	case refuse:
		return tokens.Refuse(tokens.ConstraintViolated, "by script")
	}
	err = do(seen.Ref.ID)
	if next == lost {
		return &tokens.Failure{Party: s.name, Err: errors.New("no reply")}
	}
	return err
}
