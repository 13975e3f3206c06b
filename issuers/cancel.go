// Taking back: cancellation by the relay, revocation by the customer.

package issuers

import (
	"context"
	"log/slog"
	"time"

	"tokenshell/tokens"
)

// Cancel undoes one attempt: it releases what the attempt never redeemed and
// takes back what it did. It tolerates that nothing ever happened, ignores
// expiry, and leaves alone what another attempt redeemed. Who cancels proves
// it by the token; its key may have left the set by now.
func (i *Issuer[H]) Cancel(ctx context.Context, c tokens.Cancellation) (err error) {
	var ref tokens.Ref
	defer func() {
		if err != nil {
			ref = i.named(c.Token, c.Session.Order, err)
		}
		i.journal.Step(ctx, "cancel", ref, err, slog.String("attempt", c.Attempt))
	}()
	if err := ctx.Err(); err != nil {
		return err
	}
	claims, err := i.genuine(c.Token)
	if err != nil {
		return err
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.settle()
	r := i.books.byID[claims.ID]
	if r == nil || !r.isToken(signedText(c.Token)) || r.Ref.Order != c.Session.Order {
		return tokens.Refuse(tokens.NotIssuedHere, "%s has no reservation for this token", i.Service)
	}
	ref = r.Ref
	switch {
	case r.State == Reserved:
		r.move(Cancelled)
		i.rules.Release(&r.Hold)
	case r.State == Committed && r.Attempt == c.Attempt:
		r.move(Cancelled)
		i.rules.Undo(&r.Hold)
	case r.State == Cancelled && r.Attempt != "" && i.Weakness.Lacks(tokens.CancelOnce):
		i.rules.Undo(&r.Hold)
	}
	return nil
}

// genuine wants a token that this issuer signed, with whatever key it ever had.
func (i *Issuer[H]) genuine(raw string) (*tokens.Claims, error) {
	return tokens.Judge(raw, tokens.Genuine(i.ever.Checks(tokens.Own{})))
}

// Revoke releases a reservation before its time (RFC 7009). Revoking twice is
// no error; what was redeemed can not be revoked.
func (i *Issuer[H]) Revoke(ctx context.Context, raw string) (err error) {
	var ref tokens.Ref
	defer func() {
		if err != nil {
			ref = i.named(raw, "", err)
		}
		i.journal.Step(ctx, "revoke", ref, err)
	}()
	claims, err := i.genuine(raw)
	if err != nil {
		return err
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.settle()
	r := i.books.byID[claims.ID]
	switch {
	case r == nil || !r.isToken(signedText(raw)):
		return tokens.Refuse(tokens.NotIssuedHere, "%s has no reservation for this token", i.Service)
	case r.State == Committed:
		return tokens.Refuse(tokens.AlreadyRedeemed, "%s was redeemed at %s", r.Ref.ID, r.Receipt.At.Format(time.RFC3339))
	case r.State == Released && r.Why == "expired":
		return tokens.Refuse(tokens.Expired, "%s expired at %s", r.Ref.ID, r.Expires.Format(time.RFC3339))
	}
	ref = r.Ref
	i.release(r, "revoked")
	return nil
}
