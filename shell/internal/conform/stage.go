// The stage: one row's world, in which the relay is somebody else's.

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

// stage is an [attacks.Target]: a world's own, with the relay told of keys and
// time.
type stage struct {
	attacks.Target
	world *world.World
	relay *Relay
	run   *run
	name  string // of the row, in names
	life  time.Duration
	words *translator // nil when the contract is ours

	sent []byte // the keys that the relay was told last

	mu     sync.Mutex
	broken error // why the target cannot be driven, and no row on it has a verdict
}

// newStage builds a world for a row, and has the relay begin.
func (r *run) newStage(ctx context.Context, d foreign.Driver, name string, life time.Duration) (*stage, error) {
	s := &stage{run: r, name: name, life: life}
	m := world.Seeded(r.Seed)
	m.IDs, m.Live = name, !r.clock
	m.Relay = func(c orchestrator.Config) world.Relay {
		s.relay = newRelay(d, r.file, c, r.reasons)
		s.relay.prefix, s.relay.again = name, s.again
		return s.relay
	}
	w, err := world.Build(ctx, r.Plan, m)
	if err != nil {
		return nil, err
	}
	s.world, s.Target = w, r.NewTarget(w, life)
	if s.words = newTranslator(r.contract(), w, s.Target); s.words != nil {
		s.relay.ours = s.words.back
		s.relay.peek = func(raw string) (tokens.Unverified, error) { return tokens.Peek(s.words.back(raw)) }
	}
	setup, err := s.setup()
	if err != nil {
		return nil, err
	}
	return s, d.Reset(ctx, setup, s.relay)
}

// setup gives what the relay has to know now.
func (s *stage) setup() (foreign.Setup, error) {
	c := s.run.contract()
	all := foreign.Setup{Now: s.world.Clock.Now(), Contract: c, Leeway: time.Duration(c.Leeway), MaxLifetime: time.Duration(c.MaxLifetime)}
	var err error
	if all.Issuers, err = issuersOf(s.world, c); err != nil {
		return all, err
	}
	s.sent, _ = json.Marshal(all.Issuers) // which were JSON before
	return all, nil
}

// again tells a relay that was started again what it is and when.
func (s *stage) again(ctx context.Context) error {
	setup, err := s.setup()
	if err != nil {
		return err
	}
	return tellAll(ctx, s.relay.driver, s.run.about.Can, setup)
}

// issuersOf gives a world's issuers in the order of redemption, with their keys
// as they are now.
func issuersOf(w *world.World, c foreign.Contract) ([]adapter.Issuer, error) {
	var all []adapter.Issuer
	for _, p := range w.Parties {
		keys, err := json.Marshal(p.Keys().JWKS())
		if err != nil {
			return nil, err
		}
		all = append(all, adapter.Issuer{Name: issuerOf(c, p), Service: p.Name, Capabilities: []string{p.Capability}, Keys: keys})
	}
	return all, nil
}

// contract is the target's, with the URLs of this run in it.
func (r *run) contract() foreign.Contract {
	if r.reached == nil {
		return r.file.Contract
	}
	return r.file.Contract.At(r.reached.Serve())
}

// issuerOf gives the iss of a service.
func issuerOf(c foreign.Contract, p world.Party) string {
	if name := c.Issuers[p.Name]; name != "" {
		return name
	}
	return p.Issuer()
}

// Shop says what there is, in the target's own words.
func (s *stage) Shop() attacks.Shop {
	shop := s.Target.Shop()
	c := s.run.contract()
	shop.Row, shop.Audience, shop.Type, shop.Claims = s.name, c.Audience, c.Type, c.Claims
	shop.LongestLife, shop.Leeway, shop.SessionLife = time.Duration(c.MaxLifetime), time.Duration(c.Leeway), s.run.sessionLife()
	shop.Life = s.life
	if serve := s.run.reached.Serve(); serve != "" {
		shop.Canary = serve + "/canary/" + s.name
	}
	for i, p := range s.world.Parties {
		shop.Services[i].Issuer = issuerOf(c, p)
	}
	for _, n := range attacks.Needs() {
		if !slices.Contains(s.run.about.Can, string(n)) {
			shop.Cannot = append(shop.Cannot, n)
		}
	}
	return shop
}

// Do does one thing, and tells the relay what it has to know of it.
func (s *stage) Do(ctx context.Context, a attacks.Action) (attacks.Answer, error) {
	answer, err := s.do(ctx, a)
	if err != nil && exit.Code(err) == exit.BadInput {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.broken = err
	}
	return answer, err
}

func (s *stage) do(ctx context.Context, a attacks.Action) (attacks.Answer, error) {
	switch a.Verb {
	case attacks.Advance:
		if !s.run.clock {
			if err := s.world.Clock.Wait(ctx, a.By+time.Second); err != nil { // a relay may count in seconds
				return attacks.Answer{}, err
			}
			return attacks.Answer{}, s.publish(ctx)
		}
		if err := s.world.Clock.Advance(a.By); err != nil {
			return attacks.Answer{}, err
		}
		if err := s.relay.driver.Clock(ctx, s.world.Clock.Now()); err != nil {
			return attacks.Answer{}, err
		}
		return attacks.Answer{}, s.publish(ctx)
	case attacks.Restart:
		return attacks.Answer{}, s.relay.Restart(ctx)
	case attacks.Rotate, attacks.Retire, attacks.Disable:
		answer, err := s.Target.Do(ctx, a)
		if err != nil {
			return answer, err
		}
		return answer, s.publish(ctx)
	case attacks.Confirm:
		answer, err := s.Target.Do(ctx, a)
		if err != nil {
			return answer, err
		}
		answer.Token, err = s.words.theirs(ctx, answer.Token)
		return answer, err
	case attacks.Direct, attacks.Cancel, attacks.Revoke, attacks.Redeem:
		if a.Token != "" {
			a.Token = s.words.back(a.Token)
		}
	}
	return s.Target.Do(ctx, a)
}

// publish tells the relay the keys, if they are others than before.
func (s *stage) publish(ctx context.Context) error {
	before := s.sent
	setup, err := s.setup()
	if err != nil || bytes.Equal(before, s.sent) || !slices.Contains(s.run.about.Can, string(attacks.NeedKeys)) {
		return err
	}
	return s.relay.driver.Keys(ctx, setup)
}

// Books are the domains', and what the relay's calls broke.
func (s *stage) Books() attacks.Books {
	books := s.Target.Books()
	books.Fetches = s.run.reached.Fetches()
	if broken := s.relay.Broken(); broken != "" {
		books.Broken = broken
	}
	if broken := s.run.reached.Sung(s.name); broken != "" {
		books.Broken = broken
	}
	return books
}

// Fits takes what a relay says as loosely as the run does; what our own domains
// say is exact.
func (s *stage) Fits(v attacks.Verb, want, got tokens.Reason) bool {
	past := v != attacks.Relay && v != attacks.Redeem && v != attacks.Resume
	if want == got || past && (s.words != nil || s.run.otherTimes()) { // past the relay, our domains judge a token that was put into our words, by their own times
		return true
	}
	s.relay.mu.Lock()
	theirs := s.relay.said[got]
	s.relay.mu.Unlock()
	return theirs && !past && s.run.reasons.fits(s.run.Reasons, want, got)
}

// otherTimes reports whether the contract's times are not those of our domains.
func (r *run) otherTimes() bool {
	c := r.file.Contract
	return time.Duration(c.MaxLifetime) != tokens.MaxLifetime || c.Leeway != 0
}

// try tries one row.
func (r *run) try(ctx context.Context, d foreign.Driver, row attacks.Row, number int) (result Row) {
	watch := tokens.Stopwatch()
	result = rowOf(row)
	defer func() { result.Milliseconds = watch().Milliseconds() }()
	if why := r.skips(row); why != "" {
		result.Status, result.Detail = foreign.Skipped, why
		return result
	}
	defer r.reached.Hold(alone(row))()
	s, err := r.newStage(ctx, d, fmt.Sprintf("%s_%d_", r.Nonce, number), r.lifeIn(row))
	if t := foreign.IsTrouble(err); t != nil {
		result.Status, result.Detail = t.Status, t.What
		return result
	}
	if err != nil {
		result.Status, result.Detail, result.fatal = foreign.Errored, err.Error(), err
		return result
	}
	if lacks := row.Lacks(s.Shop()); lacks != "" {
		result.Status, result.Detail = foreign.Skipped, lacks
		return result
	}
	came := attacks.Run(ctx, row, s, r.Seed)
	result.Status, result.Reason, result.Detail = came.Status, came.Reason, foreign.Harmless(came.Detail)
	result.Said, result.control = string(came.Reason), came.Control
	result.JudgedBy = r.judgedBy(row)
	switch {
	case s.broken != nil:
		result.Status, result.Detail, result.fatal = foreign.Errored, s.broken.Error(), s.broken
	case came.Status == foreign.Skipped:
		result.Detail = came.Trouble.What // the word in front of it is counted
	case came.Control && (came.Status == attacks.WrongReason || came.Status == attacks.GotThrough):
		result.Status = foreign.BaselineFailed
	case came.Status == attacks.Refused && s.leaked() != "":
		result.Status, result.Detail = foreign.Leaked, "it wrote a token in "+s.leaked()
	}
	return result
}

// leaked says where the relay wrote a token; empty when it wrote none.
func (s *stage) leaked() string {
	if d, ok := s.relay.driver.(interface{ Leaked() string }); ok && d.Leaked() != "" {
		return d.Leaked()
	}
	return s.relay.leaked
}

// alone reports whether a row has a service for itself: it changes keys, counts
// how often they are fetched, or starts the service again.
func alone(row attacks.Row) bool {
	return slices.Contains(row.Needs(), attacks.NeedKeys) || slices.Contains(row.Needs(), attacks.NeedRestart) || row.CountsFetches()
}

// judgedBy says what a row is judged by.
func (r *run) judgedBy(attacks.Row) string {
	if slices.Contains(r.about.Can, string(attacks.NeedRedeem)) {
		return "verdict, books, calls"
	}
	return "verdict"
}

// Left says of each row why it would not be tried; empty where it would be. An
// adapter is started for it, and asked what it can.
func Left(ctx context.Context, f *foreign.File, o Options) ([]string, error) {
	r := &run{Options: o, file: f}
	var err error
	if r.about, err = f.Ask(ctx, o.Tool); err != nil {
		if foreign.IsTrouble(err) != nil {
			err = f.Wrong(err.Error())
		}
		return nil, err
	}
	r.clock = slices.Contains(r.about.Can, string(attacks.NeedClock))
	left := make([]string, len(o.Rows))
	for i, row := range o.Rows {
		left[i] = r.skips(row)
	}
	return left, nil
}

// longestLeeway is the longest that is waited for where time is live.
const longestLeeway = 10 * time.Second

// skips says why a row is not tried; empty when it is.
func (r *run) skips(row attacks.Row) string {
	switch {
	case !row.AboutRelay():
		return ownDomains
	case !r.file.Claims(row.Check()):
		return "not claimed"
	}
	for _, need := range row.Needs() {
		if need == attacks.NeedFacts && r.file.Stdio == nil {
			return string(need) // what it tells a service of an order is not read
		}
		if slices.Contains(r.about.Can, string(need)) {
			continue
		}
		if need == attacks.NeedClock {
			shop := attacks.Shop{Life: r.life(), SessionLife: r.sessionLife(), Leeway: time.Duration(r.file.Contract.Leeway)}
			switch wait := row.Wait(shop); {
			case row.WaitsForSession(), row.WaitsShort(), wait > r.life()+shop.Leeway, shop.Leeway > longestLeeway && wait > r.life():
				return "clock"
			case r.NoWait:
				return "time"
			}
			continue
		}
		return string(need)
	}
	if row.WaitsForSession() && r.sessionLife() == 0 {
		return "time" // nobody says how long a session of theirs lives
	}
	return ""
}

// ownDomains is why rows are skipped that are not about a relay.
const ownDomains = "own domains"
