// Package wire carries what parties say to each other: here it goes wrong as
// ordered, and is taken down.
package wire

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/smithy-go"

	"tokenshell/tokens"
)

// Wire connects the parties of a world.
type Wire struct {
	Faults       *Faults
	Conversation *Conversation
}

// Question is what one party asks another.
type Question struct {
	From, To, Step string
	Session        string
	Attempt        string // of a redemption or its cancellation
	Text           string // what is asked for, in a few words
	Token          string
	Contents       []Field
	Says           func(error) error // how the party says no, where that is a language of its own; may be nil
}

// ErrNoAnswer is all that the asker of a timeout and of a lost reply sees.
var ErrNoAnswer = errors.New("no answer came in time")

// Carry takes a question to its party and the answer back, or has one of them
// go wrong as ordered. describe writes an answer down; it may be nil.
func Carry[T any](ctx context.Context, w *Wire, q Question, ask func() (T, error), describe func(*Message, T)) (answer T, err error) {
	if isOffTheRecord(ctx) {
		return ask()
	}
	var nothing T
	asked := Message{
		From: q.From, To: q.To, Step: q.Step, Session: q.Session, Text: q.Text, Token: q.Token, Contents: q.Contents,
		Again: w.Conversation.Try(q.Attempt, q.Step),
	}
	kind := w.Faults.take(q.To, q.Step)
	switch kind {
	case "timeout":
		asked.Lost = true
		w.Conversation.Say(asked)
		return nothing, &tokens.Failure{Party: q.To, Err: ErrNoAnswer}
	case "slow":
		asked.Late = Slowness
	}
	asked = w.Conversation.Say(asked)
	said := Message{From: q.To, To: q.From, Step: q.Step, Session: asked.Session, Answers: asked.Number, Outcome: "ok"}
	switch kind {
	case "refuse":
		err = tokens.Refuse(tokens.ServiceUnavailable, "%s refuses to %s", q.To, q.Step)
	case "slow":
		if err = w.Faults.Clock.Wait(ctx, Slowness); err != nil { // interrupted on its way
			w.Conversation.lose(asked.Number)
			return nothing, err
		}
	}
	if err == nil {
		answer, err = ask()
	}
	if err != nil && q.Says != nil {
		err = q.Says(err)
	}
	said.conclude(err)
	if err == nil && describe != nil {
		describe(&said, answer)
	}
	if said.Session != asked.Session {
		w.Conversation.About(asked.Number, said.Session)
	}
	said.Lost = kind == "lost-reply"
	w.Conversation.Say(said)
	switch {
	case said.Lost && ctx.Err() != nil: // nobody waits for it any more
		return nothing, ctx.Err()
	case said.Lost:
		return nothing, &tokens.Failure{Party: q.To, Err: ErrNoAnswer}
	}
	return answer, err
}

// conclude says how an answer turned out.
func (m *Message) conclude(err error) {
	var (
		refusal *tokens.Refusal
		failure *tokens.Failure
		api     smithy.APIError
	)
	switch {
	case err == nil:
	case errors.As(err, &refusal):
		m.Outcome, m.Detail = string(refusal.Reason), refusal.Detail
	case errors.As(err, &failure):
		m.Outcome, m.Detail = string(tokens.ServiceUnavailable), fmt.Sprintf("%s: %v", failure.Party, failure.Err)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		m.Outcome = "interrupted"
	case errors.As(err, &api):
		m.Outcome = api.ErrorCode()
	default:
		m.Outcome = "failed"
	}
}

// Add notes what stands in a message, unless it is empty.
func (m *Message) Add(name, value string) {
	if value != "" {
		m.Contents = append(m.Contents, Field{name, value})
	}
}
