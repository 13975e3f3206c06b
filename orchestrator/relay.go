// The relay: opens sessions and judges what comes in.

package orchestrator

import (
	"container/heap"
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
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

// Config is what a relay is made of. All fields but Weakness are mandatory.
type Config struct {
	Services []Service // in the order of redemption
	Issuers  []tokens.Issuer
	Ledger   Ledger
	Clock    tokens.Clock
	Leeway   func() time.Duration
	Mint     *tokens.Mint
	Log      slog.Handler
	Weakness tokens.Weakness // none, unless somebody wants to see what happens
}

// Relay is OrderProcessing. Safe for concurrent use.
type Relay struct {
	Config
	registry *registry
	verifier *tokens.Verifier
	journal  tokens.Journal

	mu       sync.Mutex
	sessions map[string]*session
	queue    queue
	opened   int // sessions ever
}

// New makes a relay without sessions.
func New(c Config) *Relay {
	r := &Relay{Config: c, registry: newRegistry(c), sessions: map[string]*session{}, journal: tokens.NewJournal(c.Log, "relay")}
	r.verifier = &tokens.Verifier{
		Party: tokens.Audience, Clock: c.Clock, Leeway: c.Leeway, Weakness: c.Weakness, Issuers: r.registry.issuer,
	}
	return r
}

// Open opens a session for the customer and names the order; an empty id has
// the relay choose one of 128 random bits. Facts are carried, not read. The
// error is a [NameTaken].
func (r *Relay) Open(ctx context.Context, id, customer string, facts tokens.Facts) (Snapshot, error) {
	if id == "" {
		id = r.Mint.ID("op")
	}
	now := r.Clock.Now()
	s := &session{id: id, customer: customer, facts: maps.Clone(facts), state: Open, opened: now, ends: now.Add(SessionTTL)}
	if s.facts == nil {
		s.facts = tokens.Facts{}
	}
	s.due = s.ends.Add(Retention)
	r.forget(now)
	if err := r.free(id, now); err != nil {
		return Snapshot{}, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.sessions[id] != nil { // somebody was faster
		return Snapshot{}, &NameTaken{ID: id, State: Open}
	}
	r.opened++
	s.number = r.opened
	r.sessions[id] = s
	heap.Push(&r.queue, s)
	r.journal.Step(ctx, "open", tokens.Ref{Order: id}, nil)
	return s.snapshot(), nil
}

// lookup finds a session, or refuses with session_unknown.
func (r *Relay) lookup(id string) (*session, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.sessions[id]
	if s == nil {
		return nil, tokens.Refuse(tokens.SessionUnknown, "there is no session %q", id)
	}
	return s, nil
}

// locked finds a session and gives it locked and settled.
func (r *Relay) locked(id string) (*session, error) {
	s, err := r.lookup(id)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.settle(r.Clock.Now())
	return s, nil
}

// Session gives a session as it is now, or refuses with session_unknown.
func (r *Relay) Session(id string) (Snapshot, error) {
	s, err := r.locked(id)
	if err != nil {
		return Snapshot{}, err
	}
	defer s.mu.Unlock()
	return s.snapshot(), nil
}

// Sessions gives every session that is remembered, by the time it was opened.
func (r *Relay) Sessions() []Snapshot {
	r.mu.Lock()
	all := slices.SortedFunc(maps.Values(r.sessions), func(a, b *session) int { return a.number - b.number })
	r.mu.Unlock()
	snaps := make([]Snapshot, 0, len(all))
	for _, s := range all {
		s.mu.Lock()
		s.settle(r.Clock.Now())
		snaps = append(snaps, s.snapshot())
		s.mu.Unlock()
	}
	return snaps
}

// SetFact changes what the client says of an open order. It refuses with
// session_unknown or session_closed.
func (r *Relay) SetFact(id, name, value string) error {
	s, err := r.locked(id)
	if err != nil {
		return err
	}
	defer s.mu.Unlock()
	if s.state != Open {
		return closed(s)
	}
	s.facts[name] = value
	return nil
}

func closed(s *session) error {
	return tokens.Refuse(tokens.SessionClosed, "session %q is %s", s.id, s.state)
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
			if first, _ := r.Ledger.Use(id, seen.Ref); !first {
				return "", tokens.Refuse(tokens.Replayed, "session %q has used %s already", id, tokens.Word(seen.Ref.ID))
			}
		}
	}
	claims, err := tokens.Judge(token, r.verifier.Checks(tokens.Own{
		Session: func(c *tokens.Claims) error { return r.belongs(id, c) },
		Replay: func(c *tokens.Claims) error {
			service, err = r.accept(id, token, c)
			return err
		},
	}))
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

// belongs holds the token's order and customer against the session that it was
// handed in for. Both that session and the order that the token names must be
// open, so that a token of an order that has ended says so.
func (r *Relay) belongs(id string, c *tokens.Claims) error {
	customer, err := r.customer(id)
	if err != nil {
		return err
	}
	if c.Order != id {
		if _, err := r.customer(c.Order); err != nil {
			return err
		}
		return tokens.Refuse(tokens.SessionMismatch, "the token is for order %q, this is %q", c.Order, id)
	}
	if c.Subject != customer {
		return tokens.Refuse(tokens.SessionMismatch, "the token is for customer %q, the session is of %q", c.Subject, customer)
	}
	return nil
}

// customer says whose order it is, if its session is open.
func (r *Relay) customer(id string) (string, error) {
	s, err := r.locked(id)
	if err != nil {
		return "", err
	}
	defer s.mu.Unlock()
	if s.state != Open {
		return "", closed(s)
	}
	return s.customer, nil
}

// accept records the use and the token, both or neither.
func (r *Relay) accept(id, token string, c *tokens.Claims) (service string, err error) {
	service, err = r.registry.route(c)
	if err != nil {
		return "", err
	}
	s, err := r.locked(id)
	if err != nil {
		return "", err
	}
	defer s.mu.Unlock()
	if s.state != Open { // it may have ended since it was looked at
		return "", closed(s)
	}
	first, err := r.Ledger.Use(id, c.Ref())
	if err != nil {
		return "", tokens.Refuse(tokens.LedgerUnavailable, "the ledger of used tokens does not answer")
	}
	if !first && !r.Weakness.Lacks(tokens.RelayRemembers) && !r.Weakness.Lacks(tokens.RelayRecordsLast) {
		return "", tokens.Refuse(tokens.Replayed, "session %q has used %s of %s already", id, tokens.Word(c.ID), tokens.Word(c.Issuer))
	}
	ref := tokens.Ref{Issuer: strings.Clone(c.Issuer), ID: strings.Clone(c.ID), Order: id}
	s.steps = append(s.steps, &step{
		Step:  Step{Ref: ref, Service: service, Expires: c.ExpiresAt, Status: Accepted},
		token: token,
	})
	return service, nil
}

// Explain says of every check of an envelope what it would find, and records
// nothing; see [tokens.Explain].
func (r *Relay) Explain(id, token string, all bool) []tokens.Finding {
	return tokens.Explain(token, r.verifier.Checks(tokens.Own{
		Session: func(c *tokens.Claims) error { return r.belongs(id, c) },
		Replay: func(c *tokens.Claims) error {
			if _, err := r.registry.route(c); err != nil {
				return err
			}
			s, err := r.locked(id)
			if err != nil {
				return err
			}
			defer s.mu.Unlock()
			if s.find(tokens.Ref{Issuer: c.Issuer, ID: c.ID, Order: id}) != nil {
				return tokens.Refuse(tokens.Replayed, "session %q has used %s of %s already", id, tokens.Word(c.ID), tokens.Word(c.Issuer))
			}
			return nil
		},
	}), all)
}

// Close ends an open session and has the services release what it accepted. It
// refuses with session_unknown or session_closed.
func (r *Relay) Close(ctx context.Context, id string) (snap Snapshot, err error) {
	defer func() { r.journal.Step(ctx, "close", tokens.Ref{Order: id}, err) }()
	s, err := r.locked(id)
	if err != nil {
		return Snapshot{}, err
	}
	defer s.mu.Unlock()
	if s.state != Open {
		return Snapshot{}, closed(s)
	}
	s.state = Closed
	func() {
		s.mu.Unlock()
		defer s.mu.Lock() // also when a service panics
		r.release(ctx, s)
	}()
	s.end(Closed, r.Clock.Now())
	return s.snapshot(), nil
}
