package world

import (
	"context"
	"maps"
	"slices"
	"strings"

	"tokenshell/issuers"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/redact"
	"tokenshell/shell/internal/wire"
	"tokenshell/shell/internal/witness"
	"tokenshell/tokens"
)

// Step is one thing that a party is asked to do.
type Step struct{ Party, Step string }

// String is PARTY.STEP.
func (s Step) String() string { return s.Party + "." + s.Step }

// Steps gives everything that can go wrong in this world.
func (w *World) Steps() []Step {
	var all []Step
	add := func(party string, steps []string) {
		for _, step := range steps {
			all = append(all, Step{party, step})
		}
	}
	for _, p := range w.Parties {
		add(p.Name, wire.ServiceSteps)
	}
	for _, s := range w.Standins {
		add(s.Name, wire.StandinSteps)
	}
	add(wire.Relay, wire.RelaySteps)
	add("kms", wire.KMSSteps)
	if w.own != nil {
		add("ledger", wire.LedgerSteps)
	}
	if w.second != nil {
		add(wire.Relay2, wire.RelaySteps)
	}
	return all
}

// ParseStep reads PARTY.STEP.
func (w *World) ParseStep(text string) (party, step string, err error) {
	dot := strings.LastIndexByte(text, '.') // a name may have dots: coupons.svc.redeem
	name := text[:max(dot, 0)]
	step = text[dot+1:]
	if dot < 0 || redact.HasToken(text) { // whose parts no message may show
		return "", "", exit.Usage("PARTY.STEP, such as coupons.redeem, relay.redeem or kms.sign", "%q is not a step", text)
	}
	if name == "ledger" && w.own == nil {
		return "", "", exit.Unable("the services and kms can go wrong, and what goes to the relay", "where this relay keeps used tokens is its own business")
	}
	if name == wire.Relay2 {
		if _, err := w.At(context.Background(), name); err != nil { // which will be asked
			return "", "", err
		}
	}
	all := w.Steps()
	if !slices.ContainsFunc(all, func(s Step) bool { return s.Party == name }) {
		p, err := w.Service(name)
		if err != nil {
			return "", "", err
		}
		name = p.Name
	}
	var steps []string
	for _, s := range all {
		if s.Party == name {
			steps = append(steps, s.Step)
		}
	}
	if !slices.Contains(steps, step) {
		return "", "", exit.Usage("one of "+strings.Join(steps, ", "), "%s has no step %q", name, step)
	}
	return name, step, nil
}

// factFields gives facts in a fixed order.
func factFields(facts tokens.Facts) []wire.Field {
	var all []wire.Field
	for _, name := range slices.Sorted(maps.Keys(facts)) {
		all = append(all, wire.Field{Name: "fact " + name, Value: facts[name]})
	}
	return all
}

// Ask has a service confirm something for the client.
func (w *World) Ask(ctx context.Context, choice Choice, order issuers.Order) (tokens.Issued, error) {
	q := wire.Question{From: "client", To: choice.Service, Step: "confirm", Session: order.ID, Text: "confirm " + choice.Says}
	q.Contents = append([]wire.Field{{Name: "order_processing_id", Value: order.ID}, {Name: "customer", Value: order.Customer}, {Name: "choice", Value: choice.Says}}, factFields(order.Facts)...)
	return wire.Carry(ctx, w.Wire, q, func(ctx context.Context) (tokens.Issued, error) { return choice.Ask(ctx, order) }, func(m *wire.Message, issued tokens.Issued) { m.Token = issued.Raw })
}

// Revoke has a service take a token back.
func (w *World) Revoke(ctx context.Context, p Party, raw, order string) error {
	q := wire.Question{From: "client", To: p.Name, Step: "revoke", Session: order, Text: "revoke", Token: raw}
	_, err := wire.Carry(ctx, w.Wire, q, func(ctx context.Context) (struct{}, error) { return struct{}{}, p.Revoke(ctx, raw) },
		func(m *wire.Message, _ struct{}) { m.Text = "revoked" })
	return err
}

// wiredService is a service as one other party reaches it.
type wiredService struct {
	witness.Watched
	wire       *wire.Wire
	from, name string
}

// Redeem forwards a token.
func (s wiredService) Redeem(ctx context.Context, r tokens.Redemption) (tokens.Receipt, error) {
	q := wire.Question{From: s.from, To: s.name, Step: "redeem", Session: r.Session.Order, Attempt: r.Attempt, Text: "redeem", Token: r.Token}
	q.Contents = append([]wire.Field{{Name: "order_processing_id", Value: r.Session.Order}, {Name: "customer", Value: r.Session.Customer}, {Name: "attempt", Value: r.Attempt}}, factFields(r.Facts)...)
	return wire.Carry(ctx, s.wire, q, func(ctx context.Context) (tokens.Receipt, error) {
		return s.RedeemAs(ctx, r, wire.IsCopy(ctx, r.Attempt))
	}, describeReceipt)
}

func describeReceipt(m *wire.Message, receipt tokens.Receipt) {
	m.Text = "redeemed"
	if receipt.Repeated {
		m.Text = "repeated, redeemed before"
	}
	m.Add("receipt", receipt.ID)
	m.Add("attempt", receipt.Attempt)
	m.Add("body", redact.Printable(string(receipt.Body)))
}

// Cancel takes a redemption back.
func (s wiredService) Cancel(ctx context.Context, c tokens.Cancellation) error {
	q := wire.Question{From: s.from, To: s.name, Step: "cancel", Session: c.Session.Order, Attempt: c.Attempt, Text: "cancel", Token: c.Token}
	q.Contents = []wire.Field{{Name: "order_processing_id", Value: c.Session.Order}, {Name: "customer", Value: c.Session.Customer}}
	if c.Attempt != "" {
		q.Contents = append(q.Contents, wire.Field{Name: "attempt", Value: c.Attempt})
	} else {
		q.Text = "release" // it was accepted, and never forwarded
	}
	s.TakesBack(c)
	done := map[string]string{"cancel": "cancelled", "release": "released"}[q.Text]
	_, err := wire.Carry(ctx, s.wire, q, func(ctx context.Context) (struct{}, error) { return struct{}{}, s.Watched.Cancel(ctx, c) },
		func(m *wire.Message, _ struct{}) { m.Text = done })
	return err
}
