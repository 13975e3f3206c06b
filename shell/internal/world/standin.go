// The stand-in: a service for an outside issuer's tokens, so that a checkout
// with them can end.

package world

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"tokenshell/issuers"
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

	mu    sync.Mutex
	books map[tokens.Ref]*standinEntry
}

type standinEntry struct {
	attempt   string
	receipt   tokens.Receipt
	cancelled bool
	expires   time.Time
}

func newStandin(w *World, name string, issuer tokens.Issuer) *standin {
	s := &standin{Name: name, clock: w.Clock.Of(name), mint: w.Mint, journal: tokens.NewJournal(w.Log, name), books: map[tokens.Ref]*standinEntry{}}
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
			if c.Order != session.Order || c.Subject != session.Customer {
				return tokens.Refuse(tokens.SessionMismatch, "the token is for order %q of %q, not %q of %q", c.Order, c.Subject, session.Order, session.Customer)
			}
			return nil
		},
		Outcome: func(c *tokens.Claims) error {
			s.mu.Lock()
			defer s.mu.Unlock()
			return s.answered(c, attempt, receipt)
		},
		Books: func(c *tokens.Claims) error {
			s.mu.Lock()
			defer s.mu.Unlock()
			if err := s.answered(c, attempt, receipt); err != nil {
				return err
			}
			if e := s.books[c.Ref()]; e != nil && e.cancelled {
				return tokens.Refuse(tokens.Revoked, "the token was cancelled")
			}
			if record {
				s.accept(c, attempt, receipt)
			}
			return nil
		},
	})
}

// answered gives the stored answer. The stand-in must be locked.
func (s *standin) answered(c *tokens.Claims, attempt string, receipt *tokens.Receipt) error {
	e := s.books[c.Ref()]
	switch {
	case e == nil || e.cancelled:
		return nil
	case e.attempt != attempt:
		return tokens.Refuse(tokens.AlreadyRedeemed, "another attempt redeemed %s at %s", c.ID, e.receipt.At.Format(time.RFC3339))
	}
	*receipt = e.receipt
	receipt.Repeated = true
	return tokens.ErrDone
}

// accept records a redemption, and forgets the old ones. The stand-in must be
// locked.
func (s *standin) accept(c *tokens.Claims, attempt string, receipt *tokens.Receipt) {
	now := s.clock.Now()
	for ref, e := range s.books {
		if now.After(e.expires.Add(issuers.Retention)) {
			delete(s.books, ref)
		}
	}
	*receipt = tokens.Receipt{
		ID: s.mint.ID("rcp"), Service: s.Name, JTI: c.ID, Order: c.Order, Attempt: attempt, At: now, Body: json.RawMessage(`{"stand_in":true}`),
	}
	s.books[c.Ref()] = &standinEntry{attempt: attempt, receipt: *receipt, expires: c.ExpiresAt}
}

// Redeem accepts a token once.
func (s *standin) Redeem(ctx context.Context, request tokens.Redemption) (receipt tokens.Receipt, err error) {
	var ref tokens.Ref
	defer func() { s.journal.Step(ctx, "redeem", ref, err) }()
	claims, err := tokens.Judge(request.Token, s.checks(request.Session, request.Attempt, &receipt, true))
	if err != nil {
		return tokens.Receipt{}, err
	}
	ref = claims.Ref()
	return receipt, nil
}

// Cancel takes an attempt back, whether or not it ever arrived.
func (s *standin) Cancel(ctx context.Context, c tokens.Cancellation) (err error) {
	var ref tokens.Ref
	defer func() { s.journal.Step(ctx, "cancel", ref, err) }()
	claims, err := s.signed(c.Token)
	if err != nil {
		return err
	}
	ref = claims.Ref()
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.books[ref]
	if e == nil {
		e = &standinEntry{attempt: c.Attempt, expires: claims.ExpiresAt}
		s.books[ref] = e
	}
	if e.attempt == c.Attempt {
		e.cancelled = true
	}
	return nil
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

// redeemed adds what stands redeemed, with its attempt.
func (s *standin) redeemed(committed map[tokens.Ref]string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for ref, e := range s.books {
		if !e.cancelled {
			committed[ref] = e.attempt
		}
	}
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
