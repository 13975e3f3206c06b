// A target that a person, or a scenario, drives: a world whose relay is somebody
// else's, for as long as it is looked at.

package conform

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"tokenshell/orchestrator"
	"tokenshell/shell/attacks"
	"tokenshell/shell/internal/adapter"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/foreign"
	"tokenshell/shell/internal/world"
	"tokenshell/tokens"
)

// Session reaches a target for worlds that are built one after another, or side
// by side. [Session.Close] ends what was started.
type Session struct {
	file    *foreign.File
	options foreign.Starting

	mu      sync.Mutex
	reached []*foreign.Reached
	worlds  int
}

// Open makes a session; nothing is started before the first world.
func Open(f *foreign.File, notice func(string)) (*Session, error) {
	if c := f.Contract; c.Audience != tokens.Audience || c.Type != tokens.Type || len(c.Issuers) > 0 || len(c.Claims) > 0 {
		return nil, exit.Usage("attack run --target takes any contract", "%s has a contract of its own, in whose words there are no verbs", f.Name)
	}
	return &Session{file: f, options: foreign.Starting{Tool: "tokenshell", Jobs: 1, Nonce: randomNonce(), Notice: notice}}, nil
}

// Close ends everything.
func (s *Session) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.reached {
		r.Stop()
	}
}

// reach gives the target for one more world: of adapters each has one of its own.
func (s *Session) reach(ctx context.Context, plan *world.Plan, m world.Making) (*foreign.Reached, string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.worlds++
	name := fmt.Sprintf("%s_%d_", s.options.Nonce, s.worlds)
	if s.file.HTTP != nil && len(s.reached) > 0 {
		return s.reached[0], name, nil
	}
	o := s.options
	o.Issuers = func(string) ([]adapter.Issuer, error) {
		w, err := world.Build(ctx, plan, m)
		if err != nil {
			return nil, err
		}
		return issuersOf(w, s.file.Contract)
	}
	r, err := foreign.Reach(ctx, s.file, o)
	if err != nil {
		return nil, name, err
	}
	s.reached = append(s.reached, r)
	return r, name, r.Begin(ctx)
}

// Build makes a world as [world.Build] does, whose relay is the target. Where
// the target's time is its own, so is the world's.
func (s *Session) Build(ctx context.Context, plan *world.Plan, m world.Making) (*world.World, error) {
	reached, name, err := s.reach(ctx, plan, m)
	if err != nil {
		return nil, err
	}
	d := reached.Drivers[0]
	about := d.About()
	t := &told{file: s.file, driver: d, can: about.Can}
	m.Live = !slices.Contains(about.Can, string(attacks.NeedClock))
	if m.Seed != nil {
		m.IDs = name
	}
	m.Relay = func(c orchestrator.Config) world.Relay {
		words := reasons{ours: about.Ours, theirs: map[string][]tokens.Reason{}}
		for theirs, ours := range s.file.Reasons {
			for _, reason := range ours {
				words.theirs[theirs] = append(words.theirs[theirs], tokens.Reason(reason))
			}
		}
		t.relay = newRelay(d, t.file, c, words)
		t.relay.prefix, t.relay.before, t.relay.again, t.relay.alias = name, t.tell, t.again, map[string]string{}
		return t.relay
	}
	if t.world, err = world.Build(ctx, plan, m); err != nil {
		return nil, err
	}
	if life := time.Duration(s.file.Contract.MaxLifetime); life < tokens.DefaultLifetime {
		t.world.Lifetime = life // else the relay would take none
	}
	t.began, t.watch = t.world.Clock.Now(), tokens.Stopwatch()
	setup, err := t.setup()
	if err != nil {
		return nil, err
	}
	return t.world, d.Reset(ctx, setup, t.relay)
}

// told is what a relay was told of keys and time.
type told struct {
	file   *foreign.File
	driver foreign.Driver
	can    []string
	world  *world.World
	relay  *Relay

	mu    sync.Mutex
	began time.Time
	watch func() time.Duration
	now   time.Time
	keys  []byte
}

func (t *told) setup() (foreign.Setup, error) {
	c := t.file.Contract
	all := foreign.Setup{Now: t.world.Clock.Now(), Contract: c, Leeway: time.Duration(c.Leeway), MaxLifetime: time.Duration(c.MaxLifetime)}
	var err error
	if all.Issuers, err = issuersOf(t.world, c); err != nil {
		return all, err
	}
	t.now = all.Now
	t.keys, err = json.Marshal(all.Issuers)
	return all, err
}

// again tells a relay that was started again what it is and when.
func (t *told) again(ctx context.Context) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	setup, err := t.setup()
	if err != nil {
		return err
	}
	return tellAll(ctx, t.driver, t.can, setup)
}

// tellAll tells a relay its keys and the time, as far as it can be told.
func tellAll(ctx context.Context, d foreign.Driver, can []string, setup foreign.Setup) error {
	if slices.Contains(can, string(attacks.NeedKeys)) {
		if err := d.Keys(ctx, setup); err != nil {
			return err
		}
	}
	if !slices.Contains(can, string(attacks.NeedClock)) {
		return nil
	}
	return d.Clock(ctx, setup.Now)
}

// tell tells the relay what has changed, before it is asked anything. What it
// cannot be told is an [exit.UnableError].
func (t *told) tell(ctx context.Context) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	before, keys := t.now, t.keys
	setup, err := t.setup()
	if err != nil {
		return err
	}
	if slices.Contains(t.can, string(attacks.NeedClock)) {
		if !setup.Now.Equal(before) {
			if err := t.driver.Clock(ctx, setup.Now); err != nil {
				return err
			}
		}
	} else if moved := setup.Now.Sub(t.began.Add(t.watch())); moved > time.Second || t.world.Clock.Frozen() {
		return exit.Unable("set the time where the target can clock", "the time of this relay is its own, and was not moved with the world's")
	}
	if len(t.world.Clock.Skews()) > 0 && t.world.Clock.Skews()["relay"] != 0 {
		return exit.Unable("skew a service instead", "the clock of this relay cannot be skewed")
	}
	if t.world.Leeway.Get() != 0 {
		return exit.Unable("contract.leeway in the target file says what the relay grants", "the leeway of this relay cannot be set")
	}
	if bytes.Equal(keys, t.keys) {
		return nil
	}
	if !slices.Contains(t.can, string(attacks.NeedKeys)) {
		return exit.Unable("declare keys in can if it takes new ones", "this relay cannot be told of other keys")
	}
	return t.driver.Keys(ctx, setup)
}
