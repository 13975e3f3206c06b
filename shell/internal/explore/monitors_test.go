// Monitors: each finds the mutant that proves it, when no other looks.

package explore

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"tokenshell/orchestrator"
	"tokenshell/shell/internal/bound"
	"tokenshell/shell/internal/reached"
	"tokenshell/shell/internal/spec"
	"tokenshell/shell/internal/stage"
	"tokenshell/shell/internal/wire"
	"tokenshell/shell/internal/world"
	"tokenshell/tokens"
)

// bent are the mutants that are no rule to be left out: what a world does besides.
var bent = map[string]func(on *stage.Stage) func(){
	"a clock that goes on by itself": func(on *stage.Stage) func() {
		return func() { _ = on.World.Clock.Advance(time.Second) }
	},
	"a question that is late and gets lost": func(on *stage.Stage) func() {
		none := on.World.Wire.Save()
		return func() { on.World.Wire.Restore(none) }
	},
	"a stand-in that accepts what nobody brought": func(on *stage.Stage) func() {
		return func() {
			for _, t := range on.Client.Wallet.Held {
				_, _, _ = on.Client.Direct(wire.OffTheRecord(context.Background()), t.Ref.Order, t, "", "")
			}
		}
	},
	"a service that rotates its key unasked": func(on *stage.Stage) func() {
		return func() { _, _ = on.Client.Rotate(context.Background(), on.Names[0]) }
	},
}

func TestEachMonitorFindsItsMutant(t *testing.T) {
	for _, m := range stage.Monitors() {
		t.Run(m.Name, func(t *testing.T) {
			c := newCourse(t, 2)
			bend := bent[m.Mutant]
			if bend == nil {
				var err error
				if c.weakness, err = tokens.UnsafeWithout(m.Mutant); err != nil {
					t.Fatal(err)
				}
			}
			for _, b := range []bound.Bound{
				{Sessions: 1, Tokens: 1, Choices: 1, Outsiders: 1},
				{Sessions: 1, Tokens: 1, Choices: 1, Faults: 1, Leave: []string{"kms"}},
				{Sessions: 1, Tokens: 2, Choices: 2, Faults: 2, Leave: []string{"meanwhile", "dup", "slow", "interrupt", "kms", "direct", "revoke", "client", "forged"}},
			} {
				s := newSearch(c.plan, c.weakness, b, c.customer)
				s.prepare = func(on *stage.Stage) {
					on.Only = m.Name
					if bend != nil {
						on.Bend = bend(on)
					}
				}
				s.step = func(s *search) error { // a broken world may go on for ever
					if s.states.count() > 100+4000*s.bound.Faults {
						return errEnough
					}
					return nil
				}
				found, err := s.run(t.Context(), 2)
				if err != nil {
					t.Fatal(err)
				}
				if found == nil {
					found = s.unheard
				}
				if found == nil {
					continue
				}
				if found.Monitor != m.Name {
					t.Errorf("it is %q that found it: %s", found.Monitor, found.What)
				}
				t.Logf("%s, %d verbs: %s", b, s.verbs, found.What)
				return
			}
			t.Errorf("it does not notice %s", m.Mutant)
		})
	}
}

// stuckStore gives out as stuck what somebody is redeeming: whoever asks for it is
// refused with the same reason, and only sees another state.
type stuckStore struct{ *orchestrator.MemoryStore }

// Get gives a session.
func (s stuckStore) Get(ctx context.Context, id string) (*orchestrator.Record, error) {
	kept, err := s.MemoryStore.Get(ctx, id)
	if err != nil || kept.State != orchestrator.Redeeming {
		return kept, err
	}
	stuck := *kept
	stuck.State = orchestrator.Stuck
	return &stuck, nil
}

// What is seen in the middle of a verb is looked at, though nothing else shows it.
func TestSightsInTheMiddle(t *testing.T) {
	c := newCourse(t, 1)
	v, _ := bound.Named("V")
	s := newSearch(c.plan, c.weakness, v[0], c.customer)
	s.over = func() (orchestrator.SavedStore, orchestrator.SavedLedger) {
		return stuckStore{orchestrator.NewMemoryStore()}, orchestrator.NewNamingLedger()
	}
	found, err := s.run(t.Context(), 1)
	if err != nil || found != nil {
		t.Fatalf("%+v, %v", found, err)
	}
	if s.unheard == nil || s.unheard.Monitor != "others" || !strings.Contains(s.unheard.What, "another client sees op_1 stuck, the model says op_1 redeeming") {
		t.Errorf("found %+v", s.unheard)
	}
}

// Half an hour is longer than a lease: the other relay that looks at what is due takes
// the order over, and the model says so, too.
func TestALeaseRunsOutInTheMiddle(t *testing.T) {
	c := newCourse(t, 1)
	w, _ := bound.Named("W")
	w[0].Relays = 2
	s := newSearch(c.plan, c.weakness, w[0], c.customer)
	found, err := s.run(t.Context(), 2)
	if found == nil {
		found = s.unheard
	}
	if err != nil || found != nil {
		t.Errorf("%+v, %v", found, err)
	}
	if s.reach.Counts[reached.Of("reason", "session_closed", "")] == 0 || !s.exhausted() {
		t.Errorf("nobody was too late in %d states", s.states.count())
	}
	t.Logf("%d states, %d verbs", s.states.count(), s.verbs)
}

// Each monitor says what it looks at, and none has the name of another.
func TestMonitorsHaveNames(t *testing.T) {
	var names []string
	for _, m := range stage.Monitors() {
		if m.What == "" || m.Mutant == "" || slices.Contains(names, m.Name) {
			t.Errorf("%+v", m)
		}
		names = append(names, m.Name)
	}
	for mutant := range bent {
		if !slices.ContainsFunc(stage.Monitors(), func(m stage.Monitor) bool { return m.Mutant == mutant }) {
			t.Errorf("no monitor is proved by %s", mutant)
		}
	}
}

// What goes wrong only after days, with another key or when an order is opened after
// the end of all is found: what is in the middle of something is looked at then, too.
func TestTheEndingLastsDays(t *testing.T) {
	leave := []string{"late", "dup", "interrupt", "meanwhile", "meanwhile-after", "slow", "kms", "direct", "revoke", "facts", "forged", "client"}
	for name, row := range map[string]struct {
		wrong func(w *world.World) bool
		takes func(m stage.Move) bool
	}{
		"after a day": {
			func(w *world.World) bool { return w.Clock.Now().Sub(world.Epoch) > 24*time.Hour },
			func(m stage.Move) bool { return m == stage.DaysPass },
		},
		"with another key": {
			func(w *world.World) bool { p, _ := w.Service("payments"); return len(p.Keys().States()) > 1 },
			func(m stage.Move) bool { return m.Verb == stage.Rotates },
		},
		"with two orders more": {
			func(w *world.World) bool { _, err := w.Relay.Session("op_3"); return err == nil },
			func(m stage.Move) bool { return m.Verb == stage.Opens && m.Order == 3 },
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCourse(t, 1)
			s := newSearch(c.plan, c.weakness, bound.Bound{Sessions: 1, Tokens: 1, Choices: 1, Faults: 1, Leave: leave}, c.customer)
			s.prepare = func(on *stage.Stage) {
				on.Bend = func() {
					if row.wrong(on.World) {
						_ = on.World.Clock.Advance(time.Second)
					}
				}
			}
			found, err := s.run(t.Context(), 1)
			if err != nil || found == nil || found.Monitor != "time" {
				t.Fatalf("%+v, %v", found, err)
			}
			if !slices.ContainsFunc(found.Way, func(st stage.Step) bool { return row.takes(st.Move) }) {
				t.Errorf("it takes none of that: %+v", found.Way)
			}
		})
	}
}

// The relay asks a service about the token that the model says, not only for the same.
func TestMessagesAreAboutTheirTokens(t *testing.T) {
	on, err := stage.New(embedded(t), tokens.Weakness{}, bound.Bound{Sessions: 1, Tokens: 2, Choices: 1})
	if err != nil {
		t.Fatal(err)
	}
	on.SettleOn("user_123")
	on.Only = "messages"
	for _, m := range []stage.Move{{Verb: stage.Opens, Order: 1}, {Verb: stage.Confirms, Order: 1, Token: 1}, {Verb: stage.Confirms, Order: 1, Token: 2}} {
		if err := on.Try(t.Context(), m, nil); err != nil {
			t.Fatal(err)
		}
	}
	here, choose := on.Save(), on.Model.Choose
	if err := on.Try(t.Context(), stage.Move{Verb: stage.ChecksOut, Order: 1}, nil); err != nil {
		t.Fatal(err)
	}
	on.Restore(here)
	on.Model.Choose = func(from, step string) spec.Fault {
		if step == "payments.redeem" {
			on.Model.About = on.Model.Hold("t2") // of both
		}
		return choose(from, step)
	}
	err = on.Try(t.Context(), stage.Move{Verb: stage.ChecksOut, Order: 1}, nil)
	if err == nil || !strings.Contains(err.Error(), "relay asks for payments.redeem of t1, the model says of t2") {
		t.Error(err)
	}
}

// misnamed keeps another reason than the one that was given.
type misnamed struct{ *orchestrator.MemoryStore }

// Put keeps a session.
func (m misnamed) Put(ctx context.Context, s *orchestrator.Record) error {
	for i, st := range s.Steps {
		if st.Reason == tokens.AlreadyRedeemed {
			other := *st
			other.Reason = tokens.KeyUnknown
			s.Steps[i] = &other
		}
	}
	return m.MemoryStore.Put(ctx, s)
}

// A resumption is not refused, whatever a service said: for which reason a token was
// is asked of the verb itself, for the session does not tell.
func TestTheReasonOfAResultIsAskedFor(t *testing.T) {
	on, err := stage.Over(embedded(t), tokens.Weakness{}, bound.Bound{Sessions: 1, Tokens: 1, Choices: 1, Faults: 1},
		misnamed{orchestrator.NewMemoryStore()}, orchestrator.NewNamingLedger())
	if err != nil {
		t.Fatal(err)
	}
	on.SettleOn("user_123")
	for _, st := range []stage.Step{
		{Move: stage.Move{Verb: stage.Opens, Order: 1}},
		{Move: stage.Move{Verb: stage.Confirms, Order: 1, Token: 1}},
		{Move: stage.Move{Verb: stage.Relays, Order: 1, Token: 1}},
		{Move: stage.Move{Verb: stage.Redeems, Order: 1}, Plan: []stage.Decision{{}, {Fate: bound.Interrupt}}},
		{Move: stage.Move{Verb: stage.GoesDirect, Order: 1, Token: 1}},
	} {
		if err := on.Try(t.Context(), st.Move, st.Plan); err != nil {
			t.Fatal(err)
		}
	}
	var seen *stage.Parting
	err = on.Try(t.Context(), stage.Move{Verb: stage.Resumes, Order: 1}, nil)
	if !errors.As(err, &seen) || seen.Want != "refused already_redeemed" || !strings.Contains(seen.Own, "select(.token == \"t1\")") {
		t.Errorf("%v: %+v", err, seen)
	}
}

// anyIssuer is a ledger that takes a jti for the name of a token.
type anyIssuer struct{ orchestrator.SavedLedger }

// Use forgets whose it is.
func (l anyIssuer) Use(ctx context.Context, use orchestrator.Use) (first bool, err error) {
	use.Ref.Issuer = ""
	return l.SavedLedger.Use(ctx, use)
}

// Two issuers have a token of one jti each: a ledger that takes them for one is found.
func TestOneJTIOfTwoIssuers(t *testing.T) {
	c := newCourse(t, 1)
	b, _ := bound.Named("UJ")
	s := newSearch(c.plan, c.weakness, b[0], c.customer)
	s.over = func() (orchestrator.SavedStore, orchestrator.SavedLedger) {
		return orchestrator.NewMemoryStore(), anyIssuer{orchestrator.NewNamingLedger()}
	}
	found, err := s.run(t.Context(), 1)
	if err != nil || found == nil || !strings.Contains(found.What, "refused with replayed, the model says done") {
		t.Errorf("found %+v, %v", found, err)
	}
}
