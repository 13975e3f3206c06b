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

// Open opens a session.
func (r wiredRelay) Open(ctx context.Context, id, customer string, facts tokens.Facts) (orchestrator.Snapshot, error) {
	q := wire.Question{From: "client", To: "relay", Step: "open", Session: id, Text: "open " + orSome(id)}
	q.Contents = append([]wire.Field{{Name: "order_processing_id", Value: orSome(id)}, {Name: "customer", Value: customer}}, factFields(facts)...)
	snap, err := wire.Carry(ctx, r.Wire, q, func(ctx context.Context) (orchestrator.Snapshot, error) {
		return r.reached.Open(ctx, id, customer, facts)
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
	q := wire.Question{From: "client", To: "relay", Step: "fact", Session: id, Text: "fact " + name + "=" + tokens.Word(value), Contents: factFields(tokens.Facts{name: value})}
	_, err := wire.Carry(context.Background(), r.Wire, q, func(context.Context) (struct{}, error) { return struct{}{}, r.reached.SetFact(id, name, value) }, nil)
	return err
}

// Relay hands a token to the relay.
func (r wiredRelay) Relay(ctx context.Context, id, token string) (service string, err error) {
	q := wire.Question{From: "client", To: "relay", Step: "relay", Session: id, Text: "relay", Token: token}
	q.Contents = []wire.Field{{Name: "session", Value: id}}
	return wire.Carry(ctx, r.Wire, q, func(ctx context.Context) (string, error) { return r.reached.Relay(ctx, id, token) },
		func(m *wire.Message, service string) { m.Text = "accepted, for " + service })
}

// Redeem has the relay redeem.
func (r wiredRelay) Redeem(ctx context.Context, id string, named []tokens.Ref) (orchestrator.Snapshot, error) {
	q := wire.Question{From: "client", To: "relay", Step: "redeem", Session: id, Text: "redeem", Contents: []wire.Field{{Name: "session", Value: id}}}
	for _, ref := range named {
		q.Contents = append(q.Contents, wire.Field{Name: "jti", Value: ref.ID})
	}
	return wire.Carry(ctx, r.Wire, q, func(ctx context.Context) (orchestrator.Snapshot, error) { return r.reached.Redeem(ctx, id, named) }, describeEnd)
}

// Resume has the relay go on.
func (r wiredRelay) Resume(ctx context.Context, id string) (orchestrator.Snapshot, error) {
	q := wire.Question{From: "client", To: "relay", Step: "resume", Session: id, Text: "resume", Contents: []wire.Field{{Name: "session", Value: id}}}
	return wire.Carry(ctx, r.Wire, q, func(ctx context.Context) (orchestrator.Snapshot, error) { return r.reached.Resume(ctx, id) }, describeEnd)
}

// Close ends a session.
func (r wiredRelay) Close(ctx context.Context, id string) (orchestrator.Snapshot, error) {
	q := wire.Question{From: "client", To: "relay", Step: "close", Session: id, Text: "close", Contents: []wire.Field{{Name: "session", Value: id}}}
	return wire.Carry(ctx, r.Wire, q, func(ctx context.Context) (orchestrator.Snapshot, error) { return r.reached.Close(ctx, id) }, describeSession)
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
