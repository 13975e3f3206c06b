// The relay: opens sessions and judges what comes in.

package orchestrator

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"time"

	"tokenshell/tokens"
)

// Redeemer is a service, as the relay sees it. A [tokens.Refusal] is the
// service's no; any other error is an unknown answer.
type Redeemer interface {
	Redeem(context.Context, tokens.Redemption) (tokens.Receipt, error)
	Cancel(context.Context, tokens.Cancellation) error
}

// Service is a party that the relay forwards to.
type Service struct {
	Name         string
	Capabilities []string // those that lead to it
	Redeemer     Redeemer

	// Remembers says whether the service has books of an order, and until when; a
	// zero time is for as long as the order owes. The name is free again only when
	// no service has. Nil is a service that never remembers for longer than the
	// relay does.
	Remembers func(order string) (until time.Time, yes bool)
}

// Times of a session.
const (
	SessionTTL = 30 * time.Minute // an open session closes by itself after this long
	Retention  = 24 * time.Hour   // an ended session is remembered that long after its TTL, or its end if that was later
)

// Config is what a relay is made of. All fields but Name, Since, Weakness
// and Memory are mandatory.
type Config struct {
	Name     string    // of this relay among those that share a store; empty is "relay"
	Services []Service // in the order of redemption
	Issuers  []tokens.Issuer
	Store    Store
	Ledger   Ledger
	Since    time.Time // what the ledger knows begins after this moment, for older uses were lost; zero: it knows all
	Clock    tokens.Clock
	Leeway   func() time.Duration
	Mint     *tokens.Mint
	Log      slog.Handler
	Weakness tokens.Weakness // none, unless somebody wants to see what happens
	Memory   *tokens.Memory  // of texts that come again; may be nil
}

// Relay is OrderProcessing. It remembers nothing itself but what it is at right
// now. Safe for concurrent use.
type Relay struct {
	Config
	registry *registry
	verifier *tokens.Verifier
	machine  machine
	journal  tokens.Journal

	mu      sync.Mutex
	running map[string]bool // the sessions that a call of this process is at
}

// New makes a relay of what its store keeps.
func New(c Config) *Relay { return made(c, newRegistry(c)) }

func made(c Config, known *registry) *Relay {
	if c.Name == "" {
		c.Name = "relay"
	}
	r := &Relay{Config: c, registry: known, machine: machine{c.Weakness}, running: map[string]bool{}, journal: tokens.NewJournal(c.Log, c.Name)}
	r.verifier = &tokens.Verifier{
		Party: tokens.Audience, Clock: c.Clock, Leeway: c.Leeway, Weakness: c.Weakness, Memory: c.Memory, Issuers: r.registry.issuer,
	}
	return r
}

// Restarted gives the relay as it is after its process was started again: it trusts
// whom it trusted, and goes on from what its store keeps. Change may give it
// another store, ledger or log; one whose ledger lost its memory says Since when.
func (r *Relay) Restarted(change func(*Config)) *Relay {
	c := r.Config
	change(&c)
	return made(c, r.registry)
}

// Weaken has the relay leave rules out from now on, and no others. Nothing else
// may be asked of it meanwhile.
func (r *Relay) Weaken(rules tokens.Weakness) {
	r.Weakness, r.verifier.Weakness, r.machine = rules, rules, machine{rules}
}

// Open opens a session for the customer and names the order; an empty id has
// the relay choose one of 128 random bits. Facts are carried, not read. The
// error is a [NameTaken], or a refusal with service_unavailable: the store does
// not answer.
func (r *Relay) Open(ctx context.Context, id, customer string, facts tokens.Facts) (Snapshot, error) {
	if id == "" {
		id = r.Mint.ID("op")
	}
	now := r.Clock.Now()
	s := &Record{ID: id, Customer: customer, Facts: maps.Clone(facts), State: Open, Opened: now, Ends: now.Add(SessionTTL)}
	if s.Facts == nil {
		s.Facts = tokens.Facts{}
	}
	r.forget(ctx, now)
	if err := r.free(ctx, id); err != nil {
		return Snapshot{}, err
	}
	switch err := r.put(ctx, s); {
	case errors.Is(err, ErrConflict): // somebody was faster
		return Snapshot{}, &NameTaken{ID: id, State: Open}
	case err != nil:
		return Snapshot{}, err
	}
	r.journal.Step(ctx, "open", tokens.Ref{Order: id}, nil)
	return s.snapshot(Open), nil
}

// look finds a session, not to be changed, and says what state it is in now; or
// refuses with session_unknown or, when the store does not answer,
// service_unavailable.
func (r *Relay) look(ctx context.Context, id string) (*Record, State, error) {
	s, err := r.Store.Get(ctx, id)
	switch {
	case errors.Is(err, ErrNoSession):
		return nil, "", tokens.Refuse(tokens.SessionUnknown, "there is no session %q", id)
	case err != nil:
		return nil, "", noStore(ctx, err)
	}
	return s, r.stateOf(s), nil
}

// get finds a session like look, and gives a copy to change.
func (r *Relay) get(ctx context.Context, id string) (*Record, error) {
	s, state, err := r.look(ctx, id)
	if err != nil {
		return nil, err
	}
	return s.settled(state), nil
}

func (r *Relay) stateOf(s *Record) State {
	now := r.Clock.Now()
	return s.stateAt(now, s.State == Redeeming && r.underWay(s, now))
}

// put hands a session over to the store: it is not to be changed any more. The
// error is [ErrConflict], or a refusal with service_unavailable when the store
// does not answer.
func (r *Relay) put(ctx context.Context, s *Record) error {
	s.Due = s.needed(r.Clock.Now())
	err := r.Store.Put(ctx, s)
	if err == nil || errors.Is(err, ErrConflict) {
		return err
	}
	return noStore(ctx, err)
}

// noStore says that the store did not answer, or that nobody waits for it.
func noStore(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return tokens.Refuse(tokens.ServiceUnavailable, "relay: the store of sessions does not answer")
}

// open finds an open session, not to be changed. It refuses with session_unknown,
// session_closed or service_unavailable.
func (r *Relay) open(ctx context.Context, id string) (*Record, error) {
	s, state, err := r.look(ctx, id)
	if err == nil && state != Open {
		return nil, closed(id, state)
	}
	return s, err
}

// change changes an open session. It refuses like open, or as change does, which
// may be asked several times.
func (r *Relay) change(ctx context.Context, id string, change func(*Record) error) error {
	for {
		s, err := r.open(ctx, id)
		if err != nil {
			return err
		}
		s = s.clone()
		if err := change(s); err != nil {
			return err
		}
		if err := r.put(ctx, s); !errors.Is(err, ErrConflict) {
			return err
		}
	}
}

// Session gives a session as it is now, or refuses with session_unknown or
// service_unavailable (the store does not answer).
func (r *Relay) Session(id string) (Snapshot, error) {
	s, state, err := r.look(context.Background(), id)
	if err != nil {
		return Snapshot{}, err
	}
	return s.snapshot(state), nil
}

// Sessions gives every session that is remembered, by the time it was opened;
// none when the store does not answer.
func (r *Relay) Sessions() []Snapshot {
	snaps, _ := r.sessions(context.Background())
	return snaps
}

func (r *Relay) sessions(ctx context.Context) ([]Snapshot, error) {
	all, err := r.Store.All(ctx)
	if err != nil {
		return nil, noStore(ctx, err)
	}
	snaps := make([]Snapshot, 0, len(all))
	for _, s := range all {
		snaps = append(snaps, s.snapshot(r.stateOf(s)))
	}
	return snaps, nil
}

// SetFact changes what the client says of an open order. It refuses with
// session_unknown or session_closed.
func (r *Relay) SetFact(id, name, value string) error {
	return r.change(context.Background(), id, func(s *Record) error {
		s.Facts = maps.Clone(s.Facts)
		s.Facts[name] = value
		return nil
	})
}

func closed(id string, state State) error {
	return tokens.Refuse(tokens.SessionClosed, "session %q is %s", id, state)
}

// Relay judges a token that the client hands in for a session, and accepts it:
// from then on the session has used its jti. It answers the service that the
// token will go to, or a refusal.
func (r *Relay) Relay(ctx context.Context, id, token string) (service string, err error) {
	ref := tokens.Ref{Order: id}
	defer func() { r.journal.Step(ctx, "relay", ref, err, slog.String("service", service)) }()
	if err := ctx.Err(); err != nil {
		return "", err
	}
	if r.Weakness.Lacks(tokens.RelayRecordsLast) {
		if seen, err := tokens.Peek(token); err == nil {
			if first, _ := r.Ledger.Use(ctx, Use{Session: id, Ref: seen.Ref, Now: r.Clock.Now()}); !first {
				return "", tokens.Refuse(tokens.Replayed, "session %q has used %s already", id, tokens.Word(seen.Ref.ID))
			}
		}
	}
	claims, err := r.verifier.Judge(token, tokens.Own{
		Session: func(c *tokens.Claims) error { return r.belongs(ctx, id, c) },
		Route:   r.routed,
		Replay: func(c *tokens.Claims) error {
			service, err = r.accept(ctx, id, token, c)
			return err
		},
	})
	if err != nil {
		var refusal *tokens.Refusal
		if errors.As(err, &refusal) && refusal.Token != (tokens.Ref{}) {
			ref = refusal.Token
		}
		return "", err
	}
	ref = claims.Ref()
	return service, nil
}

// routed refuses what no service does.
func (r *Relay) routed(c *tokens.Claims) error {
	_, err := r.registry.route(c)
	return err
}

// belongs holds the token's order and customer against the session that it was
// handed in for. Both that session and the order that the token names must be
// open, so that a token of an order that has ended says so.
func (r *Relay) belongs(ctx context.Context, id string, c *tokens.Claims) error {
	s, err := r.open(ctx, id)
	if err != nil {
		return err
	}
	if c.Unbound {
		c.Order = id
	}
	if c.Order != id {
		if _, err := r.open(ctx, c.Order); err != nil {
			return err
		}
		return tokens.Refuse(tokens.SessionMismatch, "the token is for order %q, this is %q", c.Order, id)
	}
	if c.Subject != s.Customer {
		return tokens.Refuse(tokens.SessionMismatch, "the token is for customer %q, the session is of %q", c.Subject, s.Customer)
	}
	return nil
}

// accept records the use, then the token. A relay that is stopped between the two
// asks for the same use again when it is handed the token again: until it has
// accepted something, the session has the same version, which names the attempt.
func (r *Relay) accept(ctx context.Context, id, token string, c *tokens.Claims) (service string, err error) {
	service, err = r.registry.route(c)
	if err != nil {
		return "", err
	}
	s, err := r.open(ctx, id) // it may have ended since it was looked at
	if err != nil {
		return "", err
	}
	if err := r.remembered(c); err != nil {
		return "", err
	}
	first, err := r.Ledger.Use(ctx, Use{
		Session: id, Ref: c.Ref(), Expires: latest(s.Ends, c.ExpiresAt.Add(r.leewayFor(c.Issuer))), Attempt: attemptOf(r.Name, s), Now: r.Clock.Now(),
	})
	if err != nil {
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		return "", tokens.Refuse(tokens.LedgerUnavailable, "the ledger of used tokens does not answer")
	}
	forgetful := r.Weakness.Lacks(tokens.RelayRemembers) || r.Weakness.Lacks(tokens.RelayRecordsLast)
	replayed := func() error {
		return tokens.Refuse(tokens.Replayed, "session %q has used %s of %s already", id, tokens.Word(c.ID), tokens.Word(c.Issuer))
	}
	if !first && !forgetful {
		return "", replayed()
	}
	ref := tokens.Ref{Issuer: strings.Clone(c.Issuer), ID: strings.Clone(c.ID), Order: id}
	accepted := &StepRecord{Step: Step{Ref: ref, Service: service, Expires: c.ExpiresAt, Status: Accepted}, Token: token}
	return service, r.change(ctx, id, func(s *Record) error {
		if s.find(ref) != nil && !forgetful {
			return replayed() // by another call of the same attempt, or before a ledger lost its memory
		}
		s.Steps = append(s.Steps, accepted)
		return nil
	})
}

// leewayFor is how far after its exp a token of an issuer is good.
func (r *Relay) leewayFor(iss string) time.Duration {
	issuer, _ := r.registry.issuer(iss)
	if issuer.Profile == nil {
		return r.Leeway()
	}
	return r.Leeway() + issuer.Profile.Leeway
}

// remembered refuses with ledger_unavailable what may have been used before the
// ledger's memory begins. Whoever is ahead of the relay's clock by no more than
// the leeway may have issued it then.
func (r *Relay) remembered(c *tokens.Claims) error {
	if r.Since.IsZero() || c.IssuedAt.After(r.Since.Add(r.Leeway())) {
		return nil
	}
	return tokens.Refuse(tokens.LedgerUnavailable, "the relay lost its memory of used tokens at %s, and this one is not younger: nobody knows whether it was used",
		r.Since.UTC().Format(time.RFC3339))
}

// Explain says of every check of an envelope what it would find, and records
// nothing; see [tokens.Explain].
func (r *Relay) Explain(id, token string, all bool) []tokens.Finding {
	ctx := context.Background()
	return tokens.Explain(token, r.verifier.Checks(tokens.Own{
		Session: func(c *tokens.Claims) error { return r.belongs(ctx, id, c) },
		Route:   r.routed,
		Replay: func(c *tokens.Claims) error {
			if err := r.remembered(c); err != nil {
				return err
			}
			s, _, err := r.look(ctx, id)
			if err != nil {
				return err
			}
			if s.find(tokens.Ref{Issuer: c.Issuer, ID: c.ID, Order: id}) != nil {
				return tokens.Refuse(tokens.Replayed, "session %q has used %s of %s already", id, tokens.Word(c.ID), tokens.Word(c.Issuer))
			}
			return nil
		},
	}), all)
}
