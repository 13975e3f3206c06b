// The stand-in: a service for an outside issuer's tokens, so that a checkout
// with them can end.

package world

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"sync"
	"time"

	"tokenshell/issuers"
	"tokenshell/shell/internal/witness"
	"tokenshell/tokens"
)

// standin verifies again and accepts each token once. It has no rules of its
// own: it stands for a service that this world does not have.
type standin struct {
	Name     string
	clock    tokens.Clock
	mint     *tokens.Mint
	verifier *tokens.Verifier
	journal  tokens.Journal
	books    *standinBooks
}

// standinBooks are what all stand-ins of a world have accepted: an issuer that is
// trusted again, for another service, is the same issuer.
type standinBooks struct {
	clock tokens.Clock // the world's own: a stand-in's may be moved back
	owed  func(order string) bool

	mu      sync.Mutex
	uses    map[witness.Use]*standinEntry
	horizon time.Time // what expired before it may have been forgotten
}

// standinEntry is what became of one use.
type standinEntry struct {
	ref       tokens.Ref
	attempt   string
	receipt   tokens.Receipt
	cancelled bool
	expires   time.Time
}

// forget drops what expired long ago and is not owed for. The books must be
// locked.
func (b *standinBooks) forget() {
	horizon := b.clock.Now().Add(-issuers.Retention)
	if horizon.Before(b.horizon.Add(time.Hour)) {
		return // not every time: it looks at all of them
	}
	b.horizon = horizon
	maps.DeleteFunc(b.uses, func(_ witness.Use, e *standinEntry) bool { return b.needless(e, horizon) })
}

// needless reports whether an entry can matter no more.
func (b *standinBooks) needless(e *standinEntry, horizon time.Time) bool {
	return e.expires.Before(horizon) && !b.owed(e.ref.Order)
}

func newStandin(w *World, name string, issuer tokens.Issuer) *standin {
	s := &standin{Name: name, clock: w.Clock.Of(name), mint: w.Mint, journal: tokens.NewJournal(w.Log, name), books: w.standinBooks}
	s.verifier = &tokens.Verifier{
		Party: tokens.Audience, Clock: s.clock, Leeway: w.Leeway.Get, Weakness: w.weakness,
		Issuers: func(iss string) (tokens.Issuer, bool) { return issuer, iss == issuer.Name },
	}
	return s
}

// checks are the redeemer's; with record the last one redeems.
func (s *standin) checks(session tokens.Session, attempt string, receipt *tokens.Receipt, record bool) []tokens.Check {
	return s.verifier.Checks(tokens.Own{
		Session: func(c *tokens.Claims) error {
			if c.Unbound {
				c.Order = session.Order
			}
			if c.Order != session.Order || c.Subject != session.Customer {
				return tokens.Refuse(tokens.SessionMismatch, "the token is for order %q of %q, not %q of %q", c.Order, c.Subject, session.Order, session.Customer)
			}
			return nil
		},
		Outcome: func(c *tokens.Claims) error {
			s.books.mu.Lock()
			defer s.books.mu.Unlock()
			return s.answered(c, session.Order, attempt, receipt)
		},
		Books: func(c *tokens.Claims) error {
			s.books.mu.Lock()
			defer s.books.mu.Unlock()
			if err := s.answered(c, session.Order, attempt, receipt); err != nil {
				return err
			}
			switch e := s.books.uses[witness.UseOf(c.Ref())]; {
			case e != nil && e.cancelled:
				return tokens.Refuse(tokens.Revoked, "the token was cancelled")
			case e == nil && c.ExpiresAt.Before(s.books.horizon):
				return tokens.Refuse(tokens.Expired, "what expired before %s is forgotten", s.books.horizon.UTC().Format(time.RFC3339))
			}
			if record {
				s.accept(c, attempt, receipt)
			}
			return nil
		},
	})
}

// answered gives the stored answer. The books must be locked.
func (s *standin) answered(c *tokens.Claims, order, attempt string, receipt *tokens.Receipt) error {
	e := s.books.uses[witness.UseOf(c.Ref())]
	switch {
	case e == nil || e.cancelled:
		return nil
	case e.attempt != attempt || e.ref.Order != order:
		return tokens.Refuse(tokens.AlreadyRedeemed, "another attempt redeemed %s at %s", tokens.Word(c.ID), e.receipt.At.Format(time.RFC3339))
	}
	*receipt = e.receipt
	receipt.Repeated = true
	return tokens.ErrDone
}

// accept records a redemption, and forgets the old ones. The books must be
// locked.
func (s *standin) accept(c *tokens.Claims, attempt string, receipt *tokens.Receipt) {
	s.books.forget()
	*receipt = tokens.Receipt{
		ID: s.mint.ID("rcp"), Service: s.Name, JTI: c.ID, Order: c.Order, Attempt: attempt, At: s.clock.Now(), Body: json.RawMessage(`{"stand_in":true}`),
	}
	s.books.uses[witness.UseOf(c.Ref())] = &standinEntry{ref: c.Ref(), attempt: attempt, receipt: *receipt, expires: c.ExpiresAt}
}

// Redeem accepts a token once.
func (s *standin) Redeem(ctx context.Context, request tokens.Redemption) (receipt tokens.Receipt, err error) {
	ref := tokens.Ref{Order: request.Session.Order}
	defer func() { s.journal.Step(ctx, "redeem", verified(ref, err), err) }()
	claims, err := tokens.Judge(request.Token, s.checks(request.Session, request.Attempt, &receipt, true))
	if err != nil {
		return tokens.Receipt{}, err
	}
	ref = claims.Ref()
	return receipt, nil
}

// Cancel takes an attempt back, whether or not it ever arrived.
func (s *standin) Cancel(ctx context.Context, c tokens.Cancellation) (err error) {
	ref := tokens.Ref{Order: c.Session.Order}
	defer func() { s.journal.Step(ctx, "cancel", verified(ref, err), err) }()
	claims, err := s.signed(c.Token)
	if err != nil {
		return err
	}
	if claims.Unbound {
		claims.Order = c.Session.Order
	}
	ref = claims.Ref()
	s.books.mu.Lock()
	defer s.books.mu.Unlock()
	e := s.books.uses[witness.UseOf(ref)]
	if e == nil {
		e = &standinEntry{ref: ref, attempt: c.Attempt, expires: claims.ExpiresAt}
		s.books.uses[witness.UseOf(ref)] = e
	}
	if e.attempt == c.Attempt && e.ref.Order == c.Session.Order {
		e.cancelled = true
	}
	return nil
}

// verified gives the token that a refusal names, when it was verified, or else
// what was known before.
func verified(ref tokens.Ref, err error) tokens.Ref {
	var refusal *tokens.Refusal
	if errors.As(err, &refusal) && refusal.Token != (tokens.Ref{}) {
		return refusal.Token
	}
	return ref
}

// signed gives the claims of a token that the issuer signed, under whatever
// names they have there, and late or not: a cancellation ignores expiry.
func (s *standin) signed(raw string) (*tokens.Claims, error) {
	checks := s.verifier.Checks(tokens.Own{})
	for _, name := range []string{"audience", "time", "capability"} {
		checks = LeaveOut(checks, name)
	}
	return tokens.Judge(raw, checks)
}

// StandinsRedeemed gives what stands redeemed with the stand-ins, with its attempt.
func (w *World) StandinsRedeemed() map[tokens.Ref]string {
	all := map[tokens.Ref]string{}
	w.standinBooks.redeemed(all)
	return all
}

// redeemed adds what stands redeemed, with its attempt.
func (b *standinBooks) redeemed(committed map[tokens.Ref]string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range b.uses {
		if !e.cancelled {
			committed[e.ref] = e.attempt
		}
	}
}

// Remembers says whether any use is remembered that an order made, and until when
// at least; see [orchestrator.Service].
func (b *standinBooks) Remembers(order string) (until time.Time, yes bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	horizon := b.clock.Now().Add(-issuers.Retention)
	for _, e := range b.uses {
		if e.ref.Order != order || b.needless(e, horizon) {
			continue
		}
		yes = true
		if t := e.expires.Add(issuers.Retention); t.After(until) {
			until = t
		}
	}
	return until, yes
}

// Explain says what every check would find, and changes nothing.
func (s *standin) Explain(_ context.Context, raw string, session tokens.Session, all bool) []tokens.Finding {
	var answered tokens.Receipt
	return tokens.Explain(raw, s.checks(session, "", &answered, false), all)
}

// LeaveOut gives checks without one.
func LeaveOut(checks []tokens.Check, name string) []tokens.Check {
	var kept []tokens.Check
	for _, check := range checks {
		if check.Name != name {
			kept = append(kept, check)
		}
	}
	return kept
}
