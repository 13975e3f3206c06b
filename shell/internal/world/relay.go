// The relay, as the client and the tools reach it: ours, or anybody's.

package world

import (
	"context"
	"strings"

	"tokenshell/orchestrator"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/wire"
	"tokenshell/tokens"
)

// Relay is the path of an order through a relay. [*orchestrator.Relay] is one,
// and so may be somebody else's.
type Relay interface {
	Open(ctx context.Context, order, customer string, facts tokens.Facts) (orchestrator.Snapshot, error)
	SetFact(order, name, value string) error
	Relay(ctx context.Context, order, token string) (service string, err error)
	Redeem(ctx context.Context, order string, named []tokens.Ref) (orchestrator.Snapshot, error)
	Resume(ctx context.Context, order string) (orchestrator.Snapshot, error)
	Close(ctx context.Context, order string) (orchestrator.Snapshot, error)
	Session(order string) (orchestrator.Snapshot, error)
}

// Inspector is what only a relay of ours can do: be looked into, and be told
// whom to trust.
type Inspector interface {
	Sessions() []orchestrator.Snapshot
	Explain(order, token string, all bool) []tokens.Finding
	Audit() error
	Trust(issuer tokens.Issuer, to *orchestrator.Service) error
	Distrust(iss string)
	Trusted() []string
}

// Inspector gives the relay's inside. The error says that this relay has none
// that anybody could look into.
func (w *World) Inspector() (Inspector, error) {
	if w.inside == nil {
		return nil, exit.Unable("relay, redeem, session show and trace work on any relay", "this relay cannot be looked into: it is not tokenshell's own")
	}
	return w.inside, nil
}

// Sessions gives all sessions of a relay that can be looked into.
func (w *World) Sessions() []orchestrator.Snapshot {
	if w.inside == nil {
		return nil
	}
	return w.inside.Sessions()
}

// wiredRelay is a world's relay as the client reaches it: over the wire. What is
// only looked up is not said between parties.
type wiredRelay struct{ *World }

// asked takes a question to the relay that ctx is about.
func asked[T any](ctx context.Context, w *World, q wire.Question, ask func(context.Context, Relay) (T, error), describe func(*wire.Message, T)) (T, error) {
	q.From, q.To = "client", wire.RelayOf(ctx)
	return wire.Carry(ctx, w.Wire, q, func(ctx context.Context) (T, error) { return ask(wire.At(ctx, q.To), w.process(q.To)) }, describe)
}

// process gives the relay of a name as it is now.
func (w *World) process(name string) Relay {
	if name == wire.Relay2 {
		return w.second
	}
	return w.reached
}

// about gives a question about a session.
func about(step, id string) wire.Question {
	return wire.Question{Step: step, Session: id, Text: step, Contents: []wire.Field{{Name: "session", Value: id}}}
}

// Open opens a session.
func (r wiredRelay) Open(ctx context.Context, id, customer string, facts tokens.Facts) (orchestrator.Snapshot, error) {
	q := wire.Question{Step: "open", Session: id, Text: "open " + orSome(id)}
	q.Contents = append([]wire.Field{{Name: "order_processing_id", Value: orSome(id)}, {Name: "customer", Value: customer}}, factFields(facts)...)
	snap, err := asked(ctx, r.World, q, func(ctx context.Context, to Relay) (orchestrator.Snapshot, error) {
		return to.Open(ctx, id, customer, facts)
	}, describeSession)
	if err == nil {
		r.opened(snap.ID)
	}
	return snap, err
}

func orSome(id string) string {
	if id == "" {
		return "an order"
	}
	return id
}

func describeSession(m *wire.Message, snap orchestrator.Snapshot) {
	m.Session = snap.ID
	m.Text = snap.ID + " is " + string(snap.State)
	m.Add("order_processing_id", snap.ID)
	m.Add("state", string(snap.State))
}

// SetFact tells the relay a fact.
func (r wiredRelay) SetFact(id, name, value string) error {
	q := wire.Question{Step: "fact", Session: id, Text: "fact " + name + "=" + tokens.Word(value), Contents: factFields(tokens.Facts{name: value})}
	_, err := asked(context.Background(), r.World, q, func(_ context.Context, to Relay) (struct{}, error) { return struct{}{}, to.SetFact(id, name, value) }, nil)
	return err
}

// Relay hands a token to the relay.
func (r wiredRelay) Relay(ctx context.Context, id, token string) (service string, err error) {
	q := about("relay", id)
	q.Token = token
	return asked(ctx, r.World, q, func(ctx context.Context, to Relay) (string, error) {
		service, err := to.Relay(ctx, id, token)
		r.Witness.Judged(id, token, err)
		return service, err
	}, func(m *wire.Message, service string) { m.Text = "accepted, for " + service })
}

// Redeem has the relay redeem.
func (r wiredRelay) Redeem(ctx context.Context, id string, named []tokens.Ref) (orchestrator.Snapshot, error) {
	q := about("redeem", id)
	for _, ref := range named {
		q.Contents = append(q.Contents, wire.Field{Name: "jti", Value: ref.ID})
	}
	return asked(ctx, r.World, q, func(ctx context.Context, to Relay) (orchestrator.Snapshot, error) { return to.Redeem(ctx, id, named) }, describeEnd)
}

// Resume has the relay go on.
func (r wiredRelay) Resume(ctx context.Context, id string) (orchestrator.Snapshot, error) {
	return asked(ctx, r.World, about("resume", id), func(ctx context.Context, to Relay) (orchestrator.Snapshot, error) { return to.Resume(ctx, id) }, describeEnd)
}

// Close ends a session.
func (r wiredRelay) Close(ctx context.Context, id string) (orchestrator.Snapshot, error) {
	return asked(ctx, r.World, about("close", id), func(ctx context.Context, to Relay) (orchestrator.Snapshot, error) { return to.Close(ctx, id) }, describeSession)
}

// describeEnd says how a redemption ended. One that did not complete is no good
// news, though the relay answered.
func describeEnd(m *wire.Message, snap orchestrator.Snapshot) {
	describeSession(m, snap)
	if snap.State != orchestrator.Completed {
		m.Outcome = string(snap.State)
	}
	for _, step := range snap.Steps {
		if step.Result != "" {
			m.Add(step.Ref.ID, strings.TrimSuffix(string(step.Result)+", "+string(step.Reason), ", "))
		}
	}
}

// Session looks a session up.
func (r wiredRelay) Session(id string) (orchestrator.Snapshot, error) { return r.reached.Session(id) }
