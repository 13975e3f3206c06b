// Our own relay behind the protocol: the reference.

package adapter

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"tokenshell/orchestrator"
	"tokenshell/tokens"
)

// served is our relay, as it was last set up.
type served struct {
	version string
	conn    *Conn
	ctx     context.Context

	mu    sync.Mutex
	relay *orchestrator.Relay
	state State // nil keeps everything in memory
	over  chan struct{}
	clock *stillClock
	keys  map[string]*heldKeys    // by iss
	texts map[string][]tokens.Ref // by token text: what it is, in each session
}

// State is where a relay keeps what outlives its process.
type State interface {
	orchestrator.Store
	Ledger() orchestrator.Ledger
	Clear(ctx context.Context) error
	Note(ctx context.Context, name string, text []byte) error
	Noted(ctx context.Context, name string) ([]byte, error)
}

// setUp is the note of how the relay was set up last.
const setUp = "reset"

// Serve puts our relay behind the protocol, until its input ends or it is told to
// restart. With a state, what it knows outlives it. The error is a line that the
// protocol does not have, or about the state.
func Serve(ctx context.Context, from io.Reader, to io.Writer, version string, state State) error {
	s := &served{version: version, ctx: ctx, state: state, over: make(chan struct{})}
	s.conn = NewConn(to, s.answer)
	if err := s.remember(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- s.conn.Read(from) }()
	var err error
	select {
	case err = <-ended:
	case <-s.over: // whoever waits for the next line waits for another process
	}
	s.conn.Idle()
	if errors.Is(err, ErrEnded) {
		return nil
	}
	return err
}

// remember sets the relay up as it was when it was stopped.
func (s *served) remember() error {
	for _, op := range []string{setUp, "keys", "clock"} {
		q, err := s.noted(op)
		switch {
		case err != nil:
			return err
		case q == nil:
			continue
		case op == setUp:
			err = s.open(*q)
		case op == "keys":
			err = s.trust(q.Issuers)
		default:
			s.clock.set(time.Unix(q.Now, 0))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// noted gives the last question of a kind that outlived its process; nil for none.
func (s *served) noted(op string) (*Line, error) {
	if s.state == nil {
		return nil, nil
	}
	text, err := s.state.Noted(s.ctx, op)
	if err != nil || text == nil {
		return nil, err
	}
	var q Line
	return &q, json.Unmarshal(text, &q)
}

// keep keeps a question for the next process.
func (s *served) keep(q Line) error {
	if s.state == nil {
		return nil
	}
	return s.state.Note(s.ctx, q.Op, q.Raw)
}

// answer answers one question.
func (s *served) answer(q Line) Members {
	m, err := s.do(q)
	if err != nil {
		return Members{"error": err.Error()}
	}
	return m
}

func (s *served) do(q Line) (Members, error) {
	switch q.Op {
	case "hello":
		if q.V != Version {
			return nil, fmt.Errorf("this adapter speaks version %d of the protocol, not %d", Version, q.V)
		}
		can := []string{"sessions", "replay", "close", "redeem", "choose", "resume", "keys", "clock", "concurrent", "facts"}
		if s.state != nil {
			can = append(can, "restart")
		}
		return Members{"v": Version, "name": "tokenshell", "version": s.version, "language": "go", "reasons": "tokenshell", "can": can}, nil
	case "reset":
		return s.reset(q)
	}
	s.mu.Lock()
	relay, clock := s.relay, s.clock
	s.mu.Unlock()
	if relay == nil {
		return nil, fmt.Errorf("%s comes before the first reset", q.Op)
	}
	switch q.Op {
	case "restart":
		if s.state == nil {
			return Members{"unsupported": true}, nil
		}
		close(s.over)
		return Members{}, nil
	case "keys":
		return Members{}, errors.Join(s.trust(q.Issuers), s.keep(q))
	case "clock":
		clock.set(time.Unix(q.Now, 0))
		return Members{}, s.keep(q)
	case "open":
		snap, err := relay.Open(s.ctx, q.Session, q.Customer, q.Facts)
		return Members{"session": snap.ID}, err
	case "facts":
		for _, name := range slices.Sorted(maps.Keys(q.Facts)) {
			if err := relay.SetFact(q.Session, name, q.Facts[name]); err != nil {
				return nil, err
			}
		}
		return Members{}, nil
	case "close":
		_, err := relay.Close(s.ctx, q.Session)
		return Members{}, err
	case "relay":
		service, err := relay.Relay(s.ctx, q.Session, q.Token)
		if err != nil {
			return rejected("verdict", err)
		}
		s.note(q.Session, q.Token)
		return Members{"verdict": "accepted", "service": service}, nil
	case "redeem":
		return ended(relay.Redeem(s.ctx, q.Session, s.named(q)))
	case "resume":
		return ended(relay.Resume(s.ctx, q.Session))
	}
	return Members{"unsupported": true}, nil
}

// rejected is the answer to what the relay refused; the error, what is no verdict.
func rejected(member string, err error) (Members, error) {
	var refusal *tokens.Refusal
	switch {
	case errors.As(err, &refusal):
		return Members{member: "rejected", "reason": refusal.Reason, "detail": refusal.Detail}, nil
	case errors.Is(err, orchestrator.ErrNothing), errors.Is(err, orchestrator.ErrNotAccepted):
		return Members{member: "rejected", "detail": err.Error()}, nil
	}
	return nil, err
}

// ended is the answer to a redemption.
func ended(snap orchestrator.Snapshot, err error) (Members, error) {
	if err != nil {
		return rejected("state", err)
	}
	m := Members{"state": snap.State}
	for _, step := range snap.Steps {
		if step.Result != "" && step.Reason != "" {
			m["reason"], m["detail"] = step.Reason, step.Detail
			break
		}
	}
	return m, nil
}

// reset makes a relay that remembers nothing.
func (s *served) reset(q Line) (Members, error) {
	switch {
	case q.Audience != tokens.Audience:
		return nil, fmt.Errorf("this relay is %q, not %q", tokens.Audience, q.Audience)
	case q.Type != tokens.Type:
		return nil, fmt.Errorf("this relay takes tokens of the type %q, not %q", tokens.Type, q.Type)
	case time.Duration(q.MaxLifetime)*time.Second != tokens.MaxLifetime:
		return nil, fmt.Errorf("at this relay a token lives for %s at most", tokens.HowLong(tokens.MaxLifetime))
	}
	if s.state != nil {
		if err := s.state.Clear(s.ctx); err != nil {
			return nil, err
		}
	}
	if err := s.keep(q); err != nil {
		return nil, err
	}
	return Members{}, s.open(q)
}

// open starts a relay over what is kept.
func (s *served) open(q Line) error {
	clock := &stillClock{now: time.Unix(q.Now, 0)}
	leeway := time.Duration(q.Leeway) * time.Second
	c := orchestrator.Config{
		Store: orchestrator.NewMemoryStore(), Ledger: orchestrator.NewMemoryLedger(), Clock: clock, Leeway: func() time.Duration { return leeway },
		Mint: tokens.NewMint(tokens.RandomSeed()), Log: slog.DiscardHandler,
	}
	if s.state != nil {
		c.Store, c.Ledger = s.state, s.state.Ledger()
	}
	keys := map[string]*heldKeys{}
	for _, i := range q.Issuers {
		held := &heldKeys{}
		if err := held.read(i.Keys); err != nil {
			return fmt.Errorf("the keys of %s: %w", i.Name, err)
		}
		keys[i.Name] = held
		c.Issuers = append(c.Issuers, tokens.Issuer{Name: i.Name, Keys: held, Capabilities: i.Capabilities})
		c.Services = append(c.Services, orchestrator.Service{Name: i.Service, Capabilities: i.Capabilities, Redeemer: caller{s.conn, i.Service}})
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.relay, s.clock, s.keys, s.texts = orchestrator.New(c), clock, keys, map[string][]tokens.Ref{}
	return nil
}

// trust takes new keys of known issuers.
func (s *served) trust(all []Issuer) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, i := range all {
		held := s.keys[i.Name]
		if held == nil {
			return fmt.Errorf("%q is not an issuer of the last reset", i.Name)
		}
		if err := held.read(i.Keys); err != nil {
			return fmt.Errorf("the keys of %s: %w", i.Name, err)
		}
	}
	return nil
}

// note remembers what an accepted token is, for a redemption that names it.
func (s *served) note(session, token string) {
	seen, err := tokens.Peek(token)
	if err != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.texts[token] = append(s.texts[token], tokens.Ref{Issuer: seen.Ref.Issuer, ID: seen.Ref.ID, Order: session})
}

// named gives what a redemption names: as this session knows it, or another.
func (s *served) named(q Line) []tokens.Ref {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []tokens.Ref
	for _, token := range q.Tokens {
		refs := s.texts[token]
		at := slices.IndexFunc(refs, func(r tokens.Ref) bool { return r.Order == q.Session })
		switch {
		case at >= 0:
			all = append(all, refs[at])
		case len(refs) > 0:
			all = append(all, refs[0])
		default:
			seen, _ := tokens.Peek(token) // of what cannot be read nothing was accepted
			all = append(all, seen.Ref)
		}
	}
	return all
}

// heldKeys are an issuer's keys, which may change.
type heldKeys struct {
	mu   sync.Mutex
	keys tokens.StaticKeys
}

// read takes a JWK set; an empty one has no keys.
func (h *heldKeys) read(text []byte) error {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	var keys tokens.StaticKeys
	if err := json.Unmarshal(text, &set); err != nil || len(set.Keys) > 0 {
		if keys, err = tokens.ParseKeySet(text); err != nil {
			return err
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.keys = keys
	return nil
}

// Key finds a key.
func (h *heldKeys) Key(kid string) (tokens.Key, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.keys.Key(kid)
}

// stillClock stands where it was set. Waits take no time.
type stillClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *stillClock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = t
}

// Now is the time that was told.
func (c *stillClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now.UTC()
}

// Wait is over at once.
func (c *stillClock) Wait(ctx context.Context, _ time.Duration) error { return ctx.Err() }

// caller is a service on the other side of the protocol.
type caller struct {
	conn    *Conn
	service string
}

func (c caller) call(ctx context.Context, action, token, attempt string, session tokens.Session, facts tokens.Facts) (Line, error) {
	if facts == nil {
		facts = tokens.Facts{}
	}
	l, err := c.conn.Ask(ctx, "call", Members{
		"action": action, "service": c.service, "session": session.Order, "token": token, "attempt": attempt, "facts": facts,
	})
	switch {
	case err != nil:
		return l, &tokens.Failure{Party: c.service, Err: err}
	case l.Status == "refused":
		return l, tokens.Refuse(tokens.Reason(l.Reason), "%s", l.Detail)
	case l.Status != "done" && l.Status != "repeated":
		return l, &tokens.Failure{Party: c.service, Err: errors.New("no answer came in time")}
	}
	return l, nil
}

// Redeem forwards a token.
func (c caller) Redeem(ctx context.Context, r tokens.Redemption) (tokens.Receipt, error) {
	l, err := c.call(ctx, "redeem", r.Token, r.Attempt, r.Session, r.Facts)
	return tokens.Receipt{Service: c.service, Order: r.Session.Order, Attempt: r.Attempt, Repeated: l.Status == "repeated"}, err
}

// Cancel takes a redemption back.
func (c caller) Cancel(ctx context.Context, r tokens.Cancellation) error {
	_, err := c.call(ctx, "cancel", r.Token, r.Attempt, r.Session, nil)
	return err
}
