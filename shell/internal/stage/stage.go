// Package stage is a world with its reference model, in which moves are tried, with
// every fate of each message, and one is held against the other.
package stage

import (
	"context"
	"fmt"
	"slices"
	"time"

	"tokenshell/issuers/declared"
	"tokenshell/orchestrator"
	"tokenshell/shell/internal/bound"
	"tokenshell/shell/internal/canon"
	"tokenshell/shell/internal/client"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/linear"
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

// Costs gives for how many faults and moves of the clock it counts: what another
// client breaks meanwhile is one fault.
func (d Decision) Costs() (faults, clock int) {
	switch {
	case d.Fate == "":
		return 0, 0
	case d.Fate.HasLine():
		return 1, d.Inner.CostsClock()
	}
	return 1, 0
}

// Message is a question that was asked, and what became of it.
type Message struct {
	From, To, Step string
	Token          string // that the relay asks a service for, by its handle
	Inner          bool   // another client's verb led to it
	Made           Decision
}

// Asked gives the step that it is about.
func (m Message) Asked() string { return m.To + "." + m.Step }

// Stage is one world with its model. It is put aside and taken back as one.
type Stage struct {
	Bound    bound.Bound
	may      map[wire.FaultKind]bool
	Client   *client.Client
	World    *world.World
	Model    *spec.World
	choices  []world.Choice
	facts    tokens.Facts
	later    []fact
	edges    []int // the seconds at which something can be confirmed for the first time, or no longer
	customer string
	other    string   // another customer; empty when the bound has one only
	Names    []string // of the services, in the order of redemption
	writer   canon.Writer
	least    []byte
	fits     map[string][]wire.FaultKind // by the message
	receipts map[string]string           // what they say, by their bodies

	past // of the path that led here

	// Of the verb that is being tried.
	plan     []Decision
	away     int // the second that is far away from where it begins
	Trace    []Message
	depth    int
	Said     spec.Answer             // what the model says that the verb is answered
	Exact    bool                    // states are told apart that need not be
	Blind    bool                    // what was looked at before need not be again
	Only     string                  // the one monitor that looks; empty for all
	Bend     func()                  // what else a world does with each verb, to see that somebody notices; may be nil
	Asks     func(from, step string) // is told what the model has parties ask for; may be nil
	cancel   context.CancelFunc
	verdicts []verdict
	inner    []Move
	heard    []glimpse // what other clients were answered, and saw
	foretold []glimpse
	replayed int
	parted   string         // where the model's messages part from the world's
	attempts map[string]int // of the world, by the model's number
	stood    map[string]linear.Register
	done     []linear.Operation
	tick     int64
}

// past is what a path used up.
type past struct {
	Faults, Clock int
	Opened        int          // sessions, ever
	tokens        []tokens.Ref // that the client was given, in their order
}

// verdict is what a service made of a confirmation or a redemption.
type verdict struct{ reason tokens.Reason }

// mostMessages is how many a verb may lead to: more is a verb that never ends.
const mostMessages = 400

// New makes a stage in which nothing has happened yet.
func New(plan *world.Plan, weakness tokens.Weakness, b bound.Bound) (*Stage, error) {
	return Over(plan, weakness, b, nil, nil)
}

// Over makes one whose relays are over a store and a ledger of somebody's own, to see
// what becomes of that; nil is one in memory.
func Over(plan *world.Plan, weakness tokens.Weakness, b bound.Bound, store orchestrator.SavedStore, ledger orchestrator.SavedLedger) (*Stage, error) {
	making := world.Seeded(world.DefaultSeed)
	if making.Again = true; store != nil {
		making.Store, making.Ledger = store, ledger
	}
	return made(plan, weakness, b, making)
}

// NewHeard makes one of which somebody will ask what the parties said to each other.
func NewHeard(plan *world.Plan, weakness tokens.Weakness, b bound.Bound) (*Stage, error) {
	return made(plan, weakness, b, world.Seeded(world.DefaultSeed))
}

func made(plan *world.Plan, weakness tokens.Weakness, b bound.Bound, making world.Making) (*Stage, error) {
	if b.Rounds > 0 {
		plan = plan.Rounding()
	}
	w, err := world.BuildWeak(context.Background(), plan, making, weakness)
	if err != nil {
		return nil, err
	}
	w.Witness.Watch(true)
	w.Leeway.Set(b.Leeway)
	if b.Relays > 1 {
		if _, err := w.At(context.Background(), wire.Relay2); err != nil { // it is started
			return nil, err
		}
	}
	s := &Stage{Bound: b, may: b.Fates(), Client: client.Unseen(w), World: w, Names: w.ServiceNames(), fits: map[string][]wire.FaultKind{}, receipts: map[string]string{}, attempts: map[string]int{}, stood: map[string]linear.Register{}}
	services := s.Names
	if b.Outsiders > 0 {
		services = append(slices.Clone(services), spec.Club) // what is trusted later comes last
	}
	s.Model = spec.Of(services, map[string]spec.Rules{})
	for _, p := range w.Parties {
		if of, ok := p.Domain.(world.Foretold); ok {
			s.Model.Rules[p.Name] = of.Foretell(s.Model)
		}
		if s.Model.Rules[p.Name] == nil {
			s.Model.Rules[p.Name] = mirror{s, p.Kind}
		}
	}
	s.Model.Choose, s.Model.Leeway, s.Model.Relays = s.again, int(b.Leeway/time.Second), max(1, b.Relays)
	w.Wire.Choose, w.Wire.Does, w.Wire.Meanwhile = s.choose, s.does, s.meanwhile
	return s, nil
}

// SettleOn chooses whose orders are explored, and with which choices.
func (s *Stage) SettleOn(customer string) {
	services, choices := s.World.InKindOrder(), map[string][]world.Choice{}
	if at := slices.IndexFunc(s.World.Plan.Customers, func(c string) bool { return c != customer }); at >= 0 && s.Bound.Customers > 1 {
		s.other = s.World.Plan.Customers[at]
	}
	slices.SortStableFunc(services, func(a, b world.Party) int { return sealing(b) - sealing(a) })
	for _, p := range services {
		last := slices.DeleteFunc(p.Choices(customer), func(c world.Choice) bool { return !c.Last })
		if s.Bound.Rounds > 0 {
			choices[p.Name] = slices.DeleteFunc(p.Choices(customer), func(c world.Choice) bool { return !c.Rounds })
		} else if s.other != "" && len(last) > 0 { // both want it
			choices[p.Name] = last
		} else if s.Bound.Things > 1 { // some of which may be confirmed only later
			all := p.Choices(customer)
			choices[p.Name] = all[:min(len(all), s.Bound.Things)]
		} else if choice, ok := bound.Confirmable(context.Background(), s.World, p, customer); ok {
			choices[p.Name] = []world.Choice{choice}
			if s.other == "" {
				continue
			}
			if theirs, ok := bound.ConfirmableLast(context.Background(), s.World, p, choice, s.other); ok {
				theirs.Theirs = true
				choices[p.Name] = append(choices[p.Name], theirs)
			}
		}
	}
	services = slices.DeleteFunc(services, func(p world.Party) bool { return len(choices[p.Name]) == 0 })
	if most := s.Bound.Choices; most > 0 && most < len(services) {
		services = append(services[:1], services[len(services)-most+1:]...)
	}
	for _, p := range services {
		s.choices = append(s.choices, choices[p.Name]...)
	}
	s.customer, s.facts = customer, tokens.Facts{}
	first, _ := factsOf(s.World.InKindOrder(), customer)
	for _, f := range first {
		s.facts[f.name] = f.value
	}
	for _, p := range services {
		if s.Bound.Things > 1 || len(s.later) == 0 { // else those of one service do
			_, later := factsOf([]world.Party{p}, customer)
			s.later = append(s.later, later...)
		}
	}
	if s.Bound.Facts > 1 {
		for _, f := range s.later {
			if n, ok := s.Model.Units(f.value); ok && n > 1 {
				s.later = append(s.later, fact{f.name, s.Model.Written(1, true)})
			}
		}
	}
	s.edges = s.Model.Edges()
	s.edges = s.edges[:min(len(s.edges), mostEdges)]
}

// sealing is 1 for a service whose tokens come with a letter: those are redeemed in
// one step more, and are explored first.
func sealing(p world.Party) int {
	if p.Seals {
		return 1
	}
	return 0
}

// Kept is a stage that was put aside.
type Kept struct {
	client, model any
	Past          past
}

// Save puts the stage aside.
func (s *Stage) Save() Kept { return Kept{s.Client.Save(), s.Model.Save(), s.past} }

// Restore takes back what Save gave.
func (s *Stage) Restore(k Kept) {
	s.Client.Restore(k.client)
	s.Model.Restore(k.model)
	s.past = k.Past
	s.past.tokens = slices.Clip(k.Past.tokens)
}

// result is what a redemption came to for one token.
type result struct {
	ref    tokens.Ref
	status string
}

// Try does a move in the world and in the model, with what the plan says of its
// messages. It gives what broke; nil when all is well.
func (s *Stage) Try(ctx context.Context, m Move, plan []Decision) (broken error) {
	s.plan, s.Trace, s.verdicts, s.inner, s.heard, s.foretold, s.parted = plan, s.Trace[:0], s.verdicts[:0], s.inner[:0], s.heard[:0], s.foretold[:0], ""
	s.depth, s.replayed, s.done, s.tick, s.away = 0, 0, s.done[:0], 0, s.farAway()
	clear(s.stood)
	order := s.Client.Order
	said, panicked := s.inWorld(ctx, m)
	if s.Bend != nil {
		s.Bend()
	}
	s.Client.Order = order
	s.Model.Done = 0
	current := s.Model.Current
	foretold := s.foretell(m)
	s.Said = foretold
	s.Model.Current = current
	s.Model.Trouble()
	s.Model.Met()
	for _, made := range s.Trace {
		faults, clock := made.Made.Costs()
		s.past.Faults += faults
		s.past.Clock += clock
	}
	s.past.Clock += m.CostsClock()
	s.past.Faults += m.CostsFault()
	for s.Model.Session(OrderName(s.Opened+1)) != nil {
		s.Opened++
	}
	if panicked != nil {
		return panicked
	}
	return s.differs(said, foretold)
}

// resultsAsked has a redemption print what it came to for each token.
const resultsAsked = ` --jq '[.results[] | .token + " " + .status] | join(", ")'`

// Unheard is that parties ask each other for something else than the model says,
// of which nothing is seen yet.
type Unheard struct{ what string }

// Error says what.
func (u *Unheard) Error() string { return u.what }

// inWorld does a move in the world. The error is a panic.
func (s *Stage) inWorld(ctx context.Context, m Move) (said spec.Answer, broken error) {
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
func (s *Stage) answered(results []result, err error) spec.Answer {
	var a spec.Answer
	for _, r := range exit.Rejections(err) {
		a.Reasons = append(a.Reasons, string(r.Reason))
	}
	a.Wrong = err != nil && a.Reasons == nil
	if results != nil {
		a.Results = []string{}
	}
	for _, r := range results {
		a.Results = append(a.Results, s.Handle(r.ref)+" "+r.status)
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

// Handle gives the name of a token of this path.
func (s *Stage) Handle(ref tokens.Ref) string {
	for i, known := range s.tokens {
		if known == ref {
			return tokenName(i + 1)
		}
	}
	return ref.ID
}

// Foretold reports whether the model knows the rules of a service by itself.
func (s *Stage) Foretold(service string) bool {
	_, mirrored := s.Model.Rules[service].(mirror)
	return !mirrored
}

// mirror are the rules of a domain that the model does not know by itself: its own,
// whatever it says, as far as only it can know. That it sticks to them is for the
// books' audit to see.
type mirror struct {
	stage *Stage
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

// Commit says that the facts don't fit when the domain said so, with a reason of the
// contract or of a rule that its world declares, and they are no longer those that
// fitted, or there are such rules, of which the model cannot tell what they come to.
func (d mirror) Commit(m *spec.World, _ *spec.Hold, facts map[string]string) string {
	said := d.said(m)
	if (said == tokens.ConstraintViolated || d.declared(said)) && (!equalFacts(facts, d.stage.facts) || d.kind.Declaration != nil) {
		return string(said)
	}
	return ""
}

// declared reports whether a reason is that of a rule at redemption.
func (d mirror) declared(said tokens.Reason) bool {
	return d.kind.Declaration != nil && slices.ContainsFunc(d.kind.Declaration.Redeem, func(r declared.Rule) bool { return r.Reason == said })
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
