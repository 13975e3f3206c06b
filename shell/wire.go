// The wire: what parties say to each other goes over it. Here it goes wrong as
// ordered, and is taken down.

package shell

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/smithy-go"

	"tokenshell/issuers"
	"tokenshell/orchestrator"
	"tokenshell/tokens"
)

// wire connects the parties of a world.
type wire struct {
	faults       *faults
	conversation *conversation
}

// question is what one party asks another.
type question struct {
	from, to, step string
	session        string
	attempt        string // of a redemption or its cancellation
	text           string // what is asked for, in a few words
	token          string
	contents       []field
	says           func(error) error // how the party says no, where that is a language of its own; may be nil
}

// errNoAnswer is all that the asker of a timeout and of a lost reply sees.
var errNoAnswer = errors.New("no answer came in time")

// carry takes a question to its party and the answer back, or has one of them
// go wrong as ordered. describe writes an answer down; it may be nil.
func carry[T any](ctx context.Context, w *wire, q question, ask func() (T, error), describe func(*message, T)) (answer T, err error) {
	if isOffTheRecord(ctx) {
		return ask()
	}
	var nothing T
	asked := message{
		from: q.from, to: q.to, step: q.step, session: q.session, text: q.text, token: q.token, contents: q.contents,
		again: w.conversation.try(q.attempt, q.step),
	}
	kind := w.faults.take(q.to, q.step)
	switch kind {
	case "timeout":
		asked.lost = true
		w.conversation.say(asked)
		return nothing, &tokens.Failure{Party: q.to, Err: errNoAnswer}
	case "slow":
		asked.late = slowness
	}
	asked = w.conversation.say(asked)
	said := message{from: q.to, to: q.from, step: q.step, session: asked.session, answers: asked.number, outcome: "ok"}
	switch kind {
	case "refuse":
		err = tokens.Refuse(tokens.ServiceUnavailable, "%s refuses to %s", q.to, q.step)
	case "slow":
		if err = w.faults.clock.Wait(ctx, slowness); err != nil { // interrupted on its way
			w.conversation.lose(asked.number)
			return nothing, err
		}
	}
	if err == nil {
		answer, err = ask()
	}
	if err != nil && q.says != nil {
		err = q.says(err)
	}
	said.conclude(err)
	if err == nil && describe != nil {
		describe(&said, answer)
	}
	if said.session != asked.session {
		w.conversation.about(asked.number, said.session)
	}
	said.lost = kind == "lost-reply"
	w.conversation.say(said)
	switch {
	case said.lost && ctx.Err() != nil: // nobody waits for it any more
		return nothing, ctx.Err()
	case said.lost:
		return nothing, &tokens.Failure{Party: q.to, Err: errNoAnswer}
	}
	return answer, err
}

// conclude says how an answer turned out.
func (m *message) conclude(err error) {
	var (
		refusal *tokens.Refusal
		failure *tokens.Failure
		api     smithy.APIError
	)
	switch {
	case err == nil:
	case errors.As(err, &refusal):
		m.outcome, m.detail = string(refusal.Reason), refusal.Detail
	case errors.As(err, &failure):
		m.outcome, m.detail = string(tokens.ServiceUnavailable), fmt.Sprintf("%s: %v", failure.Party, failure.Err)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		m.outcome = "interrupted"
	case errors.As(err, &api):
		m.outcome = api.ErrorCode()
	default:
		m.outcome = "failed"
	}
}

func (m *message) add(name, value string) {
	if value != "" {
		m.contents = append(m.contents, field{name, value})
	}
}

// factFields gives facts in a fixed order.
func factFields(facts tokens.Facts) []field {
	var all []field
	for _, name := range slices.Sorted(maps.Keys(facts)) {
		all = append(all, field{"fact " + name, facts[name]})
	}
	return all
}

// ask has a service confirm something for the client.
func (w *World) ask(ctx context.Context, service, choice string, order issuers.Order, confirm func() (tokens.Issued, error)) (tokens.Issued, error) {
	q := question{from: "client", to: service, step: "confirm", session: order.ID, text: "confirm " + choice}
	q.contents = append([]field{{"order_processing_id", order.ID}, {"customer", order.Customer}, {"choice", choice}}, factFields(order.Facts)...)
	return carry(ctx, w.wire, q, confirm, func(m *message, issued tokens.Issued) { m.token = issued.Raw })
}

// revoke has a service take a token back.
func (w *World) revoke(ctx context.Context, p party, t *heldToken) error {
	q := question{from: "client", to: p.name, step: "revoke", session: t.ref.Order, text: "revoke", token: t.raw}
	_, err := carry(ctx, w.wire, q, func() (struct{}, error) { return struct{}{}, p.domain.Revoke(ctx, t.raw) },
		func(m *message, _ struct{}) { m.text = "revoked" })
	return err
}

// orderProcessing is the relay under another name: a Relay with a method Relay
// cannot be embedded under its own.
type orderProcessing = orchestrator.Relay

// wiredRelay is the relay as the client reaches it.
type wiredRelay struct {
	*orderProcessing
	wire *wire
}

// Open opens a session.
func (r wiredRelay) Open(ctx context.Context, id, customer string, facts tokens.Facts) (orchestrator.Snapshot, error) {
	q := question{from: "client", to: "relay", step: "open", session: id, text: "open " + orSome(id)}
	q.contents = append([]field{{"order_processing_id", orSome(id)}, {"customer", customer}}, factFields(facts)...)
	return carry(ctx, r.wire, q, func() (orchestrator.Snapshot, error) { return r.orderProcessing.Open(ctx, id, customer, facts) }, describeSession)
}

func orSome(id string) string {
	if id == "" {
		return "an order"
	}
	return id
}

func describeSession(m *message, snap orchestrator.Snapshot) {
	m.session = snap.ID
	m.text = snap.ID + " is " + string(snap.State)
	m.add("order_processing_id", snap.ID)
	m.add("state", string(snap.State))
}

// SetFact tells the relay a fact.
func (r wiredRelay) SetFact(id, name, value string) error {
	q := question{from: "client", to: "relay", step: "fact", session: id, text: "fact " + name + "=" + value, contents: factFields(tokens.Facts{name: value})}
	_, err := carry(context.Background(), r.wire, q, func() (struct{}, error) { return struct{}{}, r.orderProcessing.SetFact(id, name, value) }, nil)
	return err
}

// Relay hands a token to the relay.
func (r wiredRelay) Relay(ctx context.Context, id, token string) (service string, err error) {
	q := question{from: "client", to: "relay", step: "relay", session: id, text: "relay", token: token}
	q.contents = []field{{"session", id}}
	return carry(ctx, r.wire, q, func() (string, error) { return r.orderProcessing.Relay(ctx, id, token) },
		func(m *message, service string) { m.text = "accepted, for " + service })
}

// Redeem has the relay redeem.
func (r wiredRelay) Redeem(ctx context.Context, id string, named []tokens.Ref) (orchestrator.Snapshot, error) {
	q := question{from: "client", to: "relay", step: "redeem", session: id, text: "redeem", contents: []field{{"session", id}}}
	for _, ref := range named {
		q.contents = append(q.contents, field{"jti", ref.ID})
	}
	return carry(ctx, r.wire, q, func() (orchestrator.Snapshot, error) { return r.orderProcessing.Redeem(ctx, id, named) }, describeEnd)
}

// Resume has the relay go on.
func (r wiredRelay) Resume(ctx context.Context, id string) (orchestrator.Snapshot, error) {
	q := question{from: "client", to: "relay", step: "resume", session: id, text: "resume", contents: []field{{"session", id}}}
	return carry(ctx, r.wire, q, func() (orchestrator.Snapshot, error) { return r.orderProcessing.Resume(ctx, id) }, describeEnd)
}

// Close ends a session.
func (r wiredRelay) Close(ctx context.Context, id string) (orchestrator.Snapshot, error) {
	q := question{from: "client", to: "relay", step: "close", session: id, text: "close", contents: []field{{"session", id}}}
	return carry(ctx, r.wire, q, func() (orchestrator.Snapshot, error) { return r.orderProcessing.Close(ctx, id) }, describeSession)
}

// describeEnd says how a redemption ended. One that did not complete is no good
// news, though the relay answered.
func describeEnd(m *message, snap orchestrator.Snapshot) {
	describeSession(m, snap)
	if snap.State != orchestrator.Completed {
		m.outcome = string(snap.State)
	}
	for _, step := range snap.Steps {
		if step.Result != "" {
			m.add(step.Ref.ID, strings.TrimSuffix(string(step.Result)+", "+string(step.Reason), ", "))
		}
	}
}

// wiredService is a service as one other party reaches it.
type wiredService struct {
	orchestrator.Redeemer
	wire       *wire
	from, name string
}

// Redeem forwards a token.
func (s wiredService) Redeem(ctx context.Context, r tokens.Redemption) (tokens.Receipt, error) {
	q := question{from: s.from, to: s.name, step: "redeem", session: r.Session.Order, attempt: r.Attempt, text: "redeem", token: r.Token}
	q.contents = append([]field{{"order_processing_id", r.Session.Order}, {"customer", r.Session.Customer}, {"attempt", r.Attempt}}, factFields(r.Facts)...)
	return carry(ctx, s.wire, q, func() (tokens.Receipt, error) { return s.Redeemer.Redeem(ctx, r) }, describeReceipt)
}

func describeReceipt(m *message, receipt tokens.Receipt) {
	m.text = "redeemed"
	if receipt.Repeated {
		m.text = "repeated, redeemed before"
	}
	m.add("receipt", receipt.ID)
	m.add("attempt", receipt.Attempt)
	m.add("body", bodyText(json.RawMessage(receipt.Body)))
}

// Cancel takes a redemption back.
func (s wiredService) Cancel(ctx context.Context, c tokens.Cancellation) error {
	q := question{from: s.from, to: s.name, step: "cancel", session: c.Session.Order, attempt: c.Attempt, text: "cancel", token: c.Token}
	q.contents = []field{{"order_processing_id", c.Session.Order}, {"customer", c.Session.Customer}}
	if c.Attempt != "" {
		q.contents = append(q.contents, field{"attempt", c.Attempt})
	} else {
		q.text = "release" // it was accepted, and never forwarded
	}
	done := map[string]string{"cancel": "cancelled", "release": "released"}[q.text]
	_, err := carry(ctx, s.wire, q, func() (struct{}, error) { return struct{}{}, s.Redeemer.Cancel(ctx, c) },
		func(m *message, _ struct{}) { m.text = done })
	return err
}
