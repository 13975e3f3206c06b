// Redemption: verify again, answer what was answered, commit once.

package issuers

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"time"

	"tokenshell/tokens"
)

// Redeem verifies a forwarded token again, holds it against the facts, and
// commits its reservation. The same attempt again gets the same receipt, even
// after expiry. The error is a refusal, or a failure when nobody can say.
func (i *Issuer[H]) Redeem(ctx context.Context, request tokens.Redemption) (receipt tokens.Receipt, err error) {
	defer func() {
		ref := tokens.Ref{Issuer: i.name, ID: receipt.JTI, Order: receipt.Order}
		if err != nil {
			ref = i.named(ctx, request.Token, request.Session.Order, err)
		}
		i.journal.Step(ctx, "redeem", ref, err, slog.String("attempt", request.Attempt), slog.Bool("repeated", receipt.Repeated))
	}()
	if err := ctx.Err(); err != nil {
		return tokens.Receipt{}, err
	}
	_, err = i.verifier.Judge(request.Token, tokens.Own{
		Session: func(c *tokens.Claims) error { return sameSession(c, request.Session) },
		Outcome: func(c *tokens.Claims) error { return i.outcome(c, request.Attempt, &receipt) },
		Books:   func(c *tokens.Claims) error { return i.commit(ctx, c, request, &receipt) },
	})
	if errors.Is(err, tokens.KeyUnknown) {
		err = i.answerLate(request, &receipt, err)
	}
	if err != nil {
		return tokens.Receipt{}, err
	}
	return receipt, nil
}

// named says what to call a token in the log that was refused or not answered:
// one that was verified by its claims, one that was issued here by its signed
// text, and any other only by the order that it came for.
func (i *Issuer[H]) named(ctx context.Context, raw, order string, err error) tokens.Ref {
	var refusal *tokens.Refusal
	if !i.Log.Enabled(ctx, slog.LevelWarn) { // nobody asks
		return tokens.Ref{}
	}
	if errors.As(err, &refusal) && refusal.Token != (tokens.Ref{}) {
		return refusal.Token
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.settle()
	if seen, err := tokens.Peek(raw); err == nil {
		if r := i.books.byID[seen.Ref.ID]; r != nil && r.isToken(signedText(raw)) {
			return r.Ref
		}
	}
	return tokens.Ref{Order: order}
}

// Explain says of every check what it would find, and changes nothing; see
// [tokens.Explain].
func (i *Issuer[H]) Explain(ctx context.Context, raw string, session tokens.Session, all bool) []tokens.Finding {
	var answered tokens.Receipt
	return tokens.Explain(raw, i.verifier.Checks(tokens.Own{
		Session: func(c *tokens.Claims) error { return sameSession(c, session) },
		Outcome: func(c *tokens.Claims) error { return i.outcome(c, "", &answered) },
		Books: func(c *tokens.Claims) error {
			text := signedText(raw)
			if err := i.standing(text, c); err != nil {
				return err
			}
			opened, err := i.letter(ctx, c)
			if err != nil {
				return err
			}
			i.mu.Lock()
			defer i.mu.Unlock()
			return i.genuineLetter(i.books.byID[c.ID], text, c, opened)
		},
	}), all)
}

// sameSession wants the token's order and customer to be the session's.
func sameSession(c *tokens.Claims, s tokens.Session) error {
	if c.Order != s.Order {
		return tokens.Refuse(tokens.SessionMismatch, "the token is for order %q, not %q", c.Order, s.Order)
	}
	if c.Subject != s.Customer {
		return tokens.Refuse(tokens.SessionMismatch, "the token is for customer %q, not %q", c.Subject, s.Customer)
	}
	return nil
}

// answerLate answers a retry whose key has left the set because all its tokens
// had expired. Only what was answered before is answered; anything else is
// refused as it was, for an aged key vouches for nothing new.
func (i *Issuer[H]) answerLate(request tokens.Redemption, receipt *tokens.Receipt, refused error) error {
	_, err := i.late.Judge(request.Token, tokens.Own{
		Session: func(c *tokens.Claims) error { return sameSession(c, request.Session) },
		Outcome: func(c *tokens.Claims) error {
			if err := i.outcome(c, request.Attempt, receipt); err != nil {
				return err
			}
			return refused
		},
	})
	if err != nil && !errors.Is(err, tokens.AlreadyRedeemed) {
		return refused
	}
	return err
}

// outcome answers from the books when the token was redeemed already.
func (i *Issuer[H]) outcome(c *tokens.Claims, attempt string, receipt *tokens.Receipt) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.settle()
	return i.answered(i.books.byID[c.ID], attempt, receipt)
}

func (i *Issuer[H]) answered(r *Reservation[H], attempt string, receipt *tokens.Receipt) error {
	if r == nil || r.State != Committed || i.Weakness.Lacks(tokens.RedeemerRemembers) {
		return nil
	}
	if r.Attempt != attempt || i.Weakness.Lacks(tokens.RetryIsAnswered) {
		return tokens.Refuse(tokens.AlreadyRedeemed, "another attempt redeemed %s at %s", r.Ref.ID, r.Receipt.At.Format(time.RFC3339))
	}
	*receipt = r.Receipt
	receipt.Repeated = true
	return tokens.ErrDone
}

// commit redeems. The letter is opened with the books unlocked, for the KMS
// may take its time; everything else happens in one go.
func (i *Issuer[H]) commit(ctx context.Context, c *tokens.Claims, request tokens.Redemption, receipt *tokens.Receipt) error {
	text := signedText(request.Token)
	if err := i.standing(text, c); err != nil {
		return err
	}
	opened, err := i.letter(ctx, c)
	if err != nil {
		return err
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.settle()
	r := i.books.byID[c.ID]
	if err := i.answered(r, request.Attempt, receipt); err != nil {
		return err // another redemption was faster
	}
	if err := i.stands(r, text, c); err != nil {
		return err
	}
	if err := i.genuineLetter(r, text, c, opened); err != nil {
		return err
	}
	if _, err := i.ring.Key(r.key.kid); err != nil && !i.Weakness.Lacks("key") { // it may have left while the letter was opened
		return tokens.Refuse(tokens.KeyUnknown, "%s has no key %s any more: %v", i.name, r.key.kid, err)
	}
	body, err := i.rules.Commit(&r.Hold, request.Facts)
	if err != nil {
		return err
	}
	told, err := json.Marshal(body)
	if err != nil {
		return err
	}
	r.State, r.Attempt = Committed, request.Attempt // stands has seen to it that it may
	r.Receipt = tokens.Receipt{
		ID: i.Mint.ID("rcp"), Service: i.Service, JTI: r.Ref.ID, Order: r.Ref.Order, Attempt: request.Attempt, At: i.Clock.Now(), Body: told,
	}
	*receipt = r.Receipt
	return nil
}

// letter opens what is sealed; nil when nothing is.
func (i *Issuer[H]) letter(ctx context.Context, c *tokens.Claims) (json.RawMessage, error) {
	if len(c.Sealed) == 0 {
		return nil, nil
	}
	return i.Open(ctx, c.Ref(), c.Sealed)
}

// standing says whether the token's reservation can be committed.
func (i *Issuer[H]) standing(text digest, c *tokens.Claims) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.settle()
	return i.stands(i.books.byID[c.ID], text, c)
}

// stands says whether a reservation is there for the token, and can be committed.
// A token that the issuer's key signed and that is not the one that was issued
// could never be taken back: nobody has issued it.
func (i *Issuer[H]) stands(r *Reservation[H], text digest, c *tokens.Claims) error {
	switch {
	case r == nil || r.Ref != c.Ref():
		return tokens.Refuse(tokens.NotIssuedHere, "%s has no reservation for this token", i.Service)
	case !r.isToken(text) && !r.isEnvelope(c, i.Capability):
		return tokens.Refuse(tokens.NotIssuedHere, "%s issued %s with other claims", i.Service, r.Ref.ID)
	case r.State == Cancelled && !i.Weakness.Lacks(tokens.CancelIsFinal):
		return tokens.Refuse(tokens.Revoked, "the reservation was cancelled")
	case r.State == Released && r.Why == "expired":
		return tokens.Refuse(tokens.Expired, "the reservation expired at %s", r.Expires.Format(time.RFC3339))
	case r.State == Released:
		return tokens.Refuse(tokens.Revoked, "the reservation was revoked")
	}
	return nil
}

// genuineLetter says whether the token carries the letter that was issued. What
// is left is another text of the same: that was not issued either.
func (i *Issuer[H]) genuineLetter(r *Reservation[H], text digest, c *tokens.Claims, opened json.RawMessage) error {
	if err := i.rules.Letter(&r.Hold, opened); err != nil {
		return err
	}
	switch {
	case !bytes.Equal(r.constraints, c.Constraints):
		return tokens.Refuse(tokens.ConstraintViolated, "the constraints are not those that were issued")
	case !r.isToken(text):
		return tokens.Refuse(tokens.NotIssuedHere, "%s issued %s as another text", i.Service, r.Ref.ID)
	}
	return nil
}

// Open gives the sealed content of one of the issuer's own tokens, after the
// signature and without looking at the books: for showing it to its owner.
func (i *Issuer[H]) Open(ctx context.Context, ref tokens.Ref, sealed []byte) ([]byte, error) {
	if i.sealer == nil {
		return nil, tokens.Refuse(tokens.SealedUnreadable, "%s seals nothing", i.Service)
	}
	return i.sealer.Open(ctx, ref, sealed)
}
