// The stage: a world and its reference model, in which verbs are tried.

package explore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"tokenshell/orchestrator"
	"tokenshell/shell/internal/bound"
	"tokenshell/shell/internal/canon"
	"tokenshell/shell/internal/client"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/spec"
	"tokenshell/shell/internal/wire"
	"tokenshell/shell/internal/world"
	"tokenshell/tokens"
)

// Decision is what becomes of one message; the zero value is that it arrives.
type Decision struct {
	Fate  wire.FaultKind
	Inner Move // what another client does meanwhile
}

// message is a question that was asked, and what became of it.
type message struct {
	From, To, Step string
	Inner          bool // another client's verb led to it
	Made           Decision
}

func (m message) step() string { return m.To + "." + m.Step }

// stage is one world with its model. It is put aside and taken back as one.
type stage struct {
	bound    bound.Bound
	may      map[wire.FaultKind]bool
	client   *client.Client
	world    *world.World
	model    *spec.World
	choices  []world.Choice
	facts    tokens.Facts
	later    []fact
	customer string
	names    []string // of the services, in the order of redemption
	writer   canon.Writer
	least    []byte
	fits     map[string][]wire.FaultKind // by the message

	past // of the path that led here

	// Of the verb that is being tried.
	plan     []Decision
	trace    []message
	depth    int
	said     spec.Answer // what the model says that the verb is answered
	exact    bool        // states are told apart that need not be
	blind    bool        // what was looked at before need not be again
	cancel   context.CancelFunc
	verdicts []verdict
	inner    []Move
	heard    []spec.Answer // what other clients were answered
	foretold []spec.Answer
	replayed int
	parted   string // where the model's messages part from the world's
}

// past is what a path used up.
type past struct {
	faults, clock int
	opened        int          // sessions, ever
	tokens        []tokens.Ref // that the client was given, in their order
}

// verdict is what a service made of a confirmation or a redemption.
type verdict struct{ reason tokens.Reason }

// mostMessages is how many a verb may lead to: more is a verb that never ends.
const mostMessages = 400

// newStage makes a stage in which nothing has happened yet.
func newStage(plan *world.Plan, weakness tokens.Weakness, b bound.Bound) (*stage, error) {
	making := world.Seeded(world.DefaultSeed)
	making.Again = true
	w, err := world.BuildWeak(context.Background(), plan, making, weakness)
	if err != nil {
		return nil, err
	}
	w.Witness.Watch(true)
	w.Leeway.Set(b.Leeway)
	s := &stage{bound: b, may: b.Fates(), client: client.Unseen(w), world: w, names: w.ServiceNames(), fits: map[string][]wire.FaultKind{}}
	rules := map[string]spec.Rules{}
	for _, p := range w.Parties {
		rules[p.Name] = mirror{s, p.Kind}
	}
	s.model = spec.Of(s.names, rules)
	s.model.Choose, s.model.Leeway = s.again, int(b.Leeway/time.Second)
	w.Wire.Choose, w.Wire.Does, w.Wire.Meanwhile = s.choose, s.does, s.meanwhile
	return s, nil
}

// settleOn chooses whose orders are explored, and with which choices.
func (s *stage) settleOn(customer string) {
	s.customer, s.facts = customer, tokens.Facts{}
	first, later := factsOf(s.world, customer)
	for _, f := range first {
		s.facts[f.name] = f.value
	}
	s.later = later
	for _, p := range s.world.InKindOrder() {
		if choice, ok := bound.Confirmable(context.Background(), s.world, p, customer); ok {
			s.choices = append(s.choices, choice)
		}
	}
	slices.SortStableFunc(s.choices, func(a, b world.Choice) int { return s.sealing(b) - s.sealing(a) })
	if most := s.bound.Choices; most > 0 && most < len(s.choices) {
		s.choices = append(s.choices[:1], s.choices[len(s.choices)-most+1:]...)
	}
}

// sealing is 1 for what comes with a letter: those are redeemed in one step more,
// and are explored first.
func (s *stage) sealing(c world.Choice) int {
	if p, err := s.world.Service(c.Service); err == nil && p.Seals {
		return 1
	}
	return 0
}

// kept is a stage that was put aside.
type kept struct {
	client, model any
	past          past
}

func (s *stage) save() kept { return kept{s.client.Save(), s.model.Save(), s.past} }

func (s *stage) restore(k kept) {
	s.client.Restore(k.client)
	s.model.Restore(k.model)
	s.past = k.past
	s.past.tokens = slices.Clip(k.past.tokens)
}

// choose says what becomes of a message, by the plan.
func (s *stage) choose(q wire.Question) wire.Fault {
	if q.Step == "fact" { // of which nobody can order that it goes wrong
		return wire.Fault{}
	}
	if len(s.trace) >= mostMessages {
		panic(fmt.Sprintf("it does not end: %d messages, the last is %s.%s", mostMessages, q.To, q.Step))
	}
	m := message{From: q.From, To: q.To, Step: q.Step, Inner: s.depth > 0}
	if at := len(s.trace); at < len(s.plan) {
		m.Made = s.plan[at]
	}
	s.trace = append(s.trace, m)
	switch m.Made.Fate {
	case bound.Interrupt:
		s.cancel()
		return wire.Fault{Kind: wire.Timeout}
	case wire.Meanwhile:
		s.inner = append(s.inner, m.Made.Inner)
	}
	return wire.Fault{Kind: m.Made.Fate}
}

// does takes down what services make of confirmations and redemptions.
func (s *stage) does(q wire.Question) (done func(error)) {
	if q.To == "relay" || q.Step != "confirm" && q.Step != "redeem" {
		return func(error) {}
	}
	at := len(s.verdicts)
	s.verdicts = append(s.verdicts, verdict{})
	return func(err error) {
		var refusal *tokens.Refusal
		if errors.As(err, &refusal) {
			s.verdicts[at].reason = refusal.Reason
		}
	}
}

// meanwhile does what another client does.
func (s *stage) meanwhile(ctx context.Context, _ string) {
	m := s.inner[len(s.inner)-1]
	s.inner = s.inner[:len(s.inner)-1]
	order := s.client.Order
	s.depth++
	defer func() { s.depth--; s.client.Order = order }()
	at := len(s.heard)
	s.heard = append(s.heard, spec.Answer{})
	results, err := s.do(ctx, m)
	s.heard[at] = s.answered(results, err)
}

// again is what the model is told of a message: what became of it in the world.
func (s *stage) again(from, step string) spec.Fault {
	if s.replayed >= len(s.trace) {
		s.part("the model has %s ask for %s, and nobody does", from, step)
		return spec.Fault{}
	}
	m := s.trace[s.replayed]
	if m.step() != step || m.From != from {
		s.part("%s asks for %s, the model says that %s asks for %s", m.From, m.step(), from, step)
		return spec.Fault{}
	}
	s.replayed++
	f := spec.Fault{Step: step, Kind: string(m.Made.Fate)}
	if m.Made.Fate == wire.Meanwhile {
		at := len(s.foretold)
		s.foretold = append(s.foretold, spec.Answer{})
		f.Meanwhile = func() spec.Answer {
			s.foretold[at] = s.foretell(m.Made.Inner)
			return s.foretold[at]
		}
	}
	return f
}

func (s *stage) part(format string, args ...any) {
	if s.parted == "" {
		s.parted = fmt.Sprintf(format, args...)
	}
}

// result is what a redemption came to for one token.
type result struct {
	ref    tokens.Ref
	status string
}

// try does a move in the world and in the model, with what the plan says of its
// messages. It gives what broke; nil when all is well.
func (s *stage) try(ctx context.Context, m Move, plan []Decision) (broken error) {
	s.plan, s.trace, s.verdicts, s.inner, s.heard, s.foretold, s.parted = plan, s.trace[:0], s.verdicts[:0], s.inner[:0], s.heard[:0], s.foretold[:0], ""
	s.depth, s.replayed = 0, 0
	order := s.client.Order
	said, panicked := s.inWorld(ctx, m)
	s.client.Order = order
	s.model.Done = 0
	current := s.model.Current
	foretold := s.foretell(m)
	s.said = foretold
	s.model.Current = current
	s.model.Trouble()
	s.model.Met()
	for _, made := range s.trace {
		if made.Made.Fate != "" {
			s.past.faults++
		}
	}
	s.past.clock += m.costsClock()
	s.past.faults += m.costsFault()
	for s.model.Session(orderName(s.opened+1)) != nil {
		s.opened++
	}
	if panicked != nil {
		return panicked
	}
	return s.differs(said, foretold)
}

// differs says where the world parts from the model after a verb; nil when they
// agree in all that can be seen.
func (s *stage) differs(said, foretold spec.Answer) error {
	if s.blind {
		return nil
	}
	if !same(said, foretold) {
		what := fmt.Sprintf("it is %s, the model says %s", said, foretold)
		if said.Wrong == foretold.Wrong && slices.Equal(said.Reasons, foretold.Reasons) {
			return &parting{what: what, own: resultsAsked, want: strings.Join(foretold.Results, ", ")}
		}
		return errors.New(what)
	}
	for i := range s.heard {
		if i < len(s.foretold) && !same(s.heard[i], s.foretold[i]) {
			return fmt.Errorf("another client is told %s, the model says %s", s.heard[i], s.foretold[i])
		}
	}
	if err := s.compare(); err != nil {
		return err
	}
	if s.parted == "" && s.replayed < len(s.trace) {
		next := s.trace[s.replayed]
		s.part("%s asks for %s, and the model says that nobody does", next.From, next.step())
	}
	if s.parted != "" {
		return &unheard{s.parted}
	}
	return nil
}

// resultsAsked has a redemption print what it came to for each token.
const resultsAsked = ` --jq '[.results[] | .token + " " + .status] | join(", ")'`

// unheard is that parties ask each other for something else than the model says,
// of which nothing is seen yet.
type unheard struct{ what string }

// Error says what.
func (u *unheard) Error() string { return u.what }

// inWorld does a move in the world. The error is a panic.
func (s *stage) inWorld(ctx context.Context, m Move) (said spec.Answer, broken error) {
	defer func() {
		if r := recover(); r != nil {
			broken = fmt.Errorf("a panic: %v", r)
		}
	}()
	ctx, s.cancel = context.WithCancel(context.WithoutCancel(ctx)) // a verb that has begun ends
	defer s.cancel()
	results, err := s.do(ctx, m)
	if ctx.Err() != nil {
		return spec.Answer{Stopped: true}, nil
	}
	return s.answered(results, err), nil
}

// answered reads what an operation came to.
func (s *stage) answered(results []result, err error) spec.Answer {
	var a spec.Answer
	for _, r := range exit.Rejections(err) {
		a.Reasons = append(a.Reasons, string(r.Reason))
	}
	a.Wrong = err != nil && a.Reasons == nil
	if results != nil {
		a.Results = []string{}
	}
	for _, r := range results {
		a.Results = append(a.Results, s.handle(r.ref)+" "+r.status)
	}
	return a
}

func same(a, b spec.Answer) bool {
	if a.Stopped || b.Stopped {
		return a.Stopped == b.Stopped
	}
	if a.Wrong || b.Wrong {
		return a.Wrong == b.Wrong
	}
	return slices.Equal(a.Reasons, b.Reasons) && (a.Results == nil || b.Results == nil || slices.Equal(a.Results, b.Results))
}

// handle gives the name of a token of this path.
func (s *stage) handle(ref tokens.Ref) string {
	for i, known := range s.tokens {
		if known == ref {
			return tokenName(i + 1)
		}
	}
	return ref.ID
}

// mirror are the rules of a domain: its own, whatever it says, as far as only it
// can know. That it sticks to them is for the books' audit to see.
type mirror struct {
	stage *stage
	kind  *world.Kind
}

// Confirm says what the domain said, if that is one of its own reasons.
func (d mirror) Confirm(m *spec.World, _ *spec.Session, _ *spec.Hold) string {
	said := d.said(m)
	if slices.ContainsFunc(d.kind.Reasons, func(row tokens.ReasonRow) bool { return row.Reason == said }) || said == amountInvalid {
		return string(said)
	}
	return ""
}

const amountInvalid = tokens.Reason("amount_invalid")

// Commit says that the facts don't fit when the domain said so, and they are no
// longer those that fitted.
func (d mirror) Commit(m *spec.World, _ *spec.Hold, facts map[string]string) string {
	if said := d.said(m); said == tokens.ConstraintViolated && !equalFacts(facts, d.stage.facts) {
		return string(said)
	}
	return ""
}

// Seals reports whether the domain's tokens carry a letter.
func (d mirror) Seals() bool { return d.kind.Seals }

func (d mirror) said(m *spec.World) tokens.Reason {
	if m.Doing >= len(d.stage.verdicts) {
		return ""
	}
	return d.stage.verdicts[m.Doing].reason
}

func equalFacts(a map[string]string, b tokens.Facts) bool {
	if len(a) != len(b) {
		return false
	}
	for name, value := range b {
		if a[name] != value {
			return false
		}
	}
	return true
}

// ended gives what a redemption came to.
func ended(snap orchestrator.Snapshot, resumed bool, err error) ([]result, error) {
	if err != nil {
		return nil, err
	}
	results := []result{}
	for _, step := range snap.Steps {
		if step.Result != "" {
			results = append(results, result{step.Ref, string(step.Result)})
		}
	}
	return results, client.EndOf(snap, resumed)
}
