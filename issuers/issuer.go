// The issuer: what every domain service does with its confirmations.

package issuers

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"tokenshell/tokens"
)

// Retention is how long after its expiry a reservation is remembered: longer
// than any session, so that a late retry or cancellation finds its answer.
const Retention = 25 * time.Hour

// Rules is what a domain knows about its holds. Its methods are called with
// the books locked, and must not call back.
type Rules[H any] interface {
	// Commit holds what the token confirms against the facts and makes the
	// hold final. opened is the sealed content, nil when there was none. It
	// answers the receipt's body, or a refusal, and then nothing has changed.
	Commit(hold *H, facts tokens.Facts, opened json.RawMessage) (body any, err error)
	// Release gives back what was held and not committed.
	Release(hold *H)
	// Undo takes a commit back.
	Undo(hold *H)
}

// Archiver is what a domain may have beside its [Rules], to keep its sums right
// when a committed reservation is forgotten.
type Archiver[H any] interface {
	Archive(hold *H)
}

// Config is what an issuer is made of. Every field is mandatory but
// SealingAlias and Weakness.
type Config struct {
	Service      string // "coupons"; its iss is "coupons.svc"
	Capability   string // the one that its tokens carry
	KMS          KMSService
	SigningAlias string // alias/… of the signing key
	SealingAlias string // alias/… of the sealing key; empty when nothing is ever sealed
	Clock        tokens.Clock
	Leeway       func() time.Duration
	Mint         *tokens.Mint
	Log          slog.Handler
	Weakness     tokens.Weakness // none, unless somebody wants to see what happens
}

// Issuer confirms, redeems, cancels and revokes for one domain. Safe for
// concurrent use.
type Issuer[H any] struct {
	Config
	name     string // iss
	rules    Rules[H]
	ring     *KeyRing
	sealer   *Sealer
	verifier *tokens.Verifier
	journal  tokens.Journal

	mu      sync.Mutex
	books   books[H]
	settled time.Time // when the books were last settled
}

// New makes an issuer over the keys that its KMS has for it.
func New[H any](ctx context.Context, c Config, rules Rules[H]) (*Issuer[H], error) {
	ring, err := NewKeyRing(ctx, c.Service, c.SigningAlias, c.KMS, c.Clock, c.Leeway)
	if err != nil {
		return nil, err
	}
	i := &Issuer[H]{
		Config: c, name: IssuerName(c.Service), rules: rules, ring: ring,
		journal: tokens.NewJournal(c.Log, c.Service), books: newBooks[H](),
	}
	if c.SealingAlias != "" {
		if i.sealer, err = NewSealer(ctx, c.Service, c.SealingAlias, c.KMS); err != nil {
			return nil, err
		}
	}
	self := tokens.Issuer{Name: i.name, Keys: ring.Own(), Capabilities: []string{c.Capability}}
	i.verifier = &tokens.Verifier{
		Party: i.name, Clock: c.Clock, Leeway: c.Leeway, Weakness: c.Weakness,
		Issuers: func(iss string) (tokens.Issuer, bool) { return self, iss == i.name },
	}
	return i, nil
}

// IssuerName gives the iss of a service.
func IssuerName(service string) string { return service + ".svc" }

// Keys gives the issuer's key ring.
func (i *Issuer[H]) Keys() *KeyRing { return i.ring }

// Read calls f with the books locked and settled, for the domain's own readers.
func (i *Issuer[H]) Read(f func()) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.settle()
	f()
}

// Salted gives a digest for the constraints of one token. Nobody who only sees
// the token can try values against it, for the salt stays here.
func (i *Issuer[H]) Salted() func(text string) string {
	salt := i.Mint.Bytes("salt")
	return func(text string) string {
		h := hmac.New(sha256.New, salt)
		h.Write([]byte(text))
		return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
	}
}

// Order is what a confirmation is for.
type Order struct {
	ID       string // order_processing_id
	Customer string
	Facts    tokens.Facts
	TTL      time.Duration // 0 means [tokens.DefaultLifetime]
}

// Letter is what a domain puts in a token: constraints for everybody who does
// not read them, sealed for itself only.
type Letter struct {
	Constraints any // becomes a JSON object
	Sealed      any // nil when nothing is sealed
}

// Issue reserves and issues. reserve is called with the books locked; what it
// refuses is the answer. The reservation stands until the token expires.
func (i *Issuer[H]) Issue(ctx context.Context, order Order, reserve func() (H, Letter, error)) (issued tokens.Issued, err error) {
	ref := tokens.Ref{Issuer: i.name, Order: order.ID}
	defer func() { i.journal.Step(ctx, "confirm", ref, err) }()
	if order.TTL == 0 {
		order.TTL = tokens.DefaultLifetime
	}
	if order.TTL > tokens.MaxLifetime {
		return tokens.Issued{}, tokens.Refuse(tokens.LifetimeTooLong, "a token lives for %s at most, not %s", tokens.MaxLifetime, order.TTL)
	}
	if order.TTL < time.Second {
		return tokens.Issued{}, fmt.Errorf("a token lives for a second at least, not %s", order.TTL)
	}
	reservation, letter, err := i.reserve(order, reserve)
	if err != nil {
		return tokens.Issued{}, err
	}
	ref = reservation.Ref
	issued, err = i.write(ctx, order, reservation, letter)
	if err != nil {
		i.drop(reservation)
		return tokens.Issued{}, err
	}
	return issued, nil
}

func (i *Issuer[H]) reserve(order Order, reserve func() (H, Letter, error)) (*Reservation[H], Letter, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.settle()
	hold, letter, err := reserve()
	if err != nil {
		return nil, Letter{}, err
	}
	now := i.Clock.Now().Truncate(time.Second)
	r := &Reservation[H]{
		Ref:      tokens.Ref{Issuer: i.name, ID: i.Mint.ID("cpt"), Order: order.ID},
		Customer: order.Customer, Issued: now, Expires: now.Add(order.TTL).Truncate(time.Second), State: Reserved, Hold: hold,
	}
	i.books.add(r)
	return r, letter, nil
}

// write makes the token of a reservation and signs it.
func (i *Issuer[H]) write(ctx context.Context, order Order, r *Reservation[H], letter Letter) (tokens.Issued, error) {
	claims := tokens.Claims{
		Issuer: i.name, Audience: []string{tokens.Audience, i.name}, Subject: order.Customer,
		IssuedAt: r.Issued, ExpiresAt: r.Expires, ID: r.Ref.ID, Order: order.ID, Capabilities: []string{i.Capability},
	}
	var err error
	if claims.Constraints, err = json.Marshal(letter.Constraints); err != nil {
		return tokens.Issued{}, err
	}
	if letter.Sealed != nil {
		if claims.Sealed, err = i.sealer.Seal(r.Ref, letter.Sealed); err != nil {
			return tokens.Issued{}, err
		}
	}
	payload, err := claims.Payload()
	if err != nil {
		return tokens.Issued{}, err
	}
	key, err := i.ring.active(r.Expires)
	if err != nil {
		return tokens.Issued{}, err
	}
	raw, err := i.ring.sign(ctx, key, payload)
	if err != nil {
		return tokens.Issued{}, err
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	r.digest, r.constraints = signedText(raw), claims.Constraints
	return tokens.Issued{
		Raw: raw, Ref: r.Ref, Service: i.Service, KeyID: key.kid, Algorithm: string(key.alg),
		ExpiresAt: r.Expires, Capabilities: claims.Capabilities,
	}, nil
}

// drop takes back a reservation whose token never left.
func (i *Issuer[H]) drop(r *Reservation[H]) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.release(r, "never issued")
	i.books.remove(r)
}

// Standing gives the customer's holds of an order that are reserved or
// committed. It is for [Rules] and for reserve, which run with the books locked.
func (i *Issuer[H]) Standing(order, customer string) []*H {
	var holds []*H
	for _, r := range i.books.byOrder[order] {
		if r.Customer == customer && (r.State == Reserved || r.State == Committed) {
			holds = append(holds, &r.Hold)
		}
	}
	return holds
}

// release gives back what is still reserved, and nothing else.
func (i *Issuer[H]) release(r *Reservation[H], why string) {
	if r.move(Released) {
		r.Why = why
		i.rules.Release(&r.Hold)
	}
}

// settle releases what expired and forgets what is long past. The books must
// be locked.
func (i *Issuer[H]) settle() {
	now := i.Clock.Now()
	i.settled = now
	i.books.expire(now.Add(-i.Leeway()), func(r *Reservation[H]) {
		if !i.Weakness.Lacks(tokens.HoldReturns) {
			i.release(r, "expired")
		}
	})
	i.books.forget(now.Add(-Retention), func(r *Reservation[H]) {
		if archiver, ok := i.rules.(Archiver[H]); ok && r.State == Committed {
			archiver.Archive(&r.Hold)
		}
	})
}

// Redeem verifies a forwarded token again, holds it against the facts, and
// commits its reservation. The same attempt again gets the same receipt, even
// after expiry. The error is a refusal, or a failure when nobody can say.
func (i *Issuer[H]) Redeem(ctx context.Context, request tokens.Redemption) (receipt tokens.Receipt, err error) {
	var ref tokens.Ref // known once the signature was verified, whatever comes of it
	defer func() {
		i.journal.Step(ctx, "redeem", ref, err, slog.String("attempt", request.Attempt), slog.Bool("repeated", receipt.Repeated))
	}()
	if err := ctx.Err(); err != nil {
		return tokens.Receipt{}, err
	}
	_, err = tokens.Judge(request.Token, i.verifier.Checks(tokens.Own{
		Session: func(c *tokens.Claims) error { ref = c.Ref(); return sameSession(c, request.Session) },
		Outcome: func(c *tokens.Claims) error { return i.outcome(c, request.Attempt, &receipt) },
		Books:   func(c *tokens.Claims) error { return i.commit(ctx, c, request, &receipt) },
	}))
	if err != nil {
		return tokens.Receipt{}, err
	}
	return receipt, nil
}

// Explain says of every check what it would find, and changes nothing; see
// [tokens.Explain].
func (i *Issuer[H]) Explain(ctx context.Context, raw string, session tokens.Session, all bool) []tokens.Finding {
	var answered tokens.Receipt
	return tokens.Explain(raw, i.verifier.Checks(tokens.Own{
		Session: func(c *tokens.Claims) error { return sameSession(c, session) },
		Outcome: func(c *tokens.Claims) error { return i.outcome(c, "", &answered) },
		Books: func(c *tokens.Claims) error {
			if err := i.standing(c); err != nil || len(c.Sealed) == 0 {
				return err
			}
			_, err := i.Open(ctx, c.Ref(), c.Sealed)
			return err
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

// outcome answers from the books when the token was redeemed already.
func (i *Issuer[H]) outcome(c *tokens.Claims, attempt string, receipt *tokens.Receipt) error {
	i.mu.Lock()
	defer i.mu.Unlock()
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
	if err := i.standing(c); err != nil {
		return err
	}
	var opened json.RawMessage
	if len(c.Sealed) > 0 {
		var err error
		if opened, err = i.Open(ctx, c.Ref(), c.Sealed); err != nil {
			return err
		}
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.settle()
	r := i.books.byID[c.ID]
	if err := i.answered(r, request.Attempt, receipt); err != nil {
		return err // another redemption was faster
	}
	if err := i.stands(r, c); err != nil {
		return err
	}
	body, err := i.rules.Commit(&r.Hold, request.Facts, opened)
	if err != nil {
		return err
	}
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	r.State, r.Attempt = Committed, request.Attempt // stands has seen to it that it may
	r.Receipt = tokens.Receipt{
		ID: i.Mint.ID("rcp"), Service: i.Service, JTI: c.ID, Order: c.Order, Attempt: request.Attempt, At: i.Clock.Now(), Body: text,
	}
	*receipt = r.Receipt
	return nil
}

// standing says whether the token's reservation can be committed.
func (i *Issuer[H]) standing(c *tokens.Claims) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.settle()
	return i.stands(i.books.byID[c.ID], c)
}

func (i *Issuer[H]) stands(r *Reservation[H], c *tokens.Claims) error {
	switch {
	case r == nil || r.Ref != c.Ref():
		return tokens.Refuse(tokens.NotIssuedHere, "%s has no reservation for this token", i.Service)
	case r.State == Cancelled && !i.Weakness.Lacks(tokens.CancelIsFinal):
		return tokens.Refuse(tokens.Revoked, "the reservation was cancelled")
	case r.State == Released && r.Why == "expired":
		return tokens.Refuse(tokens.Expired, "the reservation expired at %s", r.Expires.Format(time.RFC3339))
	case r.State == Released:
		return tokens.Refuse(tokens.Revoked, "the reservation was released: %s", r.Why)
	case r.State == Reserved && !bytes.Equal(r.constraints, c.Constraints):
		return tokens.Refuse(tokens.ConstraintViolated, "the constraints are not those that were issued")
	}
	return nil
}

// Cancel undoes one attempt: it releases what the attempt never redeemed and
// takes back what it did. It tolerates that nothing ever happened, ignores
// expiry, and leaves alone what another attempt redeemed. Who cancels proves
// it by the token; its key may be gone by now, so the signed text decides.
func (i *Issuer[H]) Cancel(ctx context.Context, c tokens.Cancellation) (err error) {
	var ref tokens.Ref
	defer func() { i.journal.Step(ctx, "cancel", ref, err, slog.String("attempt", c.Attempt)) }()
	if err := ctx.Err(); err != nil {
		return err
	}
	seen, err := tokens.Peek(c.Token)
	if err != nil {
		return err
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.settle()
	r := i.books.byID[seen.Ref.ID]
	if r == nil || !r.isToken(c.Token) || r.Ref.Order != c.Session.Order {
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

// Revoke releases a reservation before its time (RFC 7009). Revoking twice is
// no error; what was redeemed can not be revoked.
func (i *Issuer[H]) Revoke(ctx context.Context, raw string) (err error) {
	var ref tokens.Ref
	defer func() { i.journal.Step(ctx, "revoke", ref, err) }()
	seen, err := tokens.Peek(raw)
	if err != nil {
		return err
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.settle()
	r := i.books.byID[seen.Ref.ID]
	switch {
	case r == nil || !r.isToken(raw):
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

// Open gives the sealed content of one of the issuer's own tokens, after the
// signature and without looking at the books: for showing it to its owner.
func (i *Issuer[H]) Open(ctx context.Context, ref tokens.Ref, sealed []byte) ([]byte, error) {
	if i.sealer == nil {
		return nil, tokens.Refuse(tokens.SealedUnreadable, "%s seals nothing", i.Service)
	}
	return i.sealer.Open(ctx, ref, sealed)
}

// Each calls f with every reservation that is remembered. It is for [Rules] and
// for readers inside [Issuer.Read].
func (i *Issuer[H]) Each(f func(*Reservation[H])) {
	for _, r := range i.books.byID {
		f(r)
	}
}

// Overdue says that a reservation still stands although its token has expired;
// nil when all is well. It is for readers inside [Issuer.Read].
func (i *Issuer[H]) Overdue(r *Reservation[H]) error {
	if r.State == Reserved && !i.settled.Before(r.Expires.Add(i.Leeway())) {
		return fmt.Errorf("%s: %s expired at %s and is still reserved", i.Service, r.Ref.ID, r.Expires.Format(time.RFC3339))
	}
	return nil
}

// Entry is a reservation as its books show it.
type Entry struct {
	Ref      tokens.Ref
	Customer string
	State    State
	Why      string
	Expires  time.Time
	Holds    string // what is held, in the domain's words
	Receipt  string // its id; empty when there is none
	Attempt  string // the one that committed it
}

// Entries gives the reservations that are remembered, oldest first. describe
// says what a hold is.
func (i *Issuer[H]) Entries(describe func(*H) string) []Entry {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.settle()
	all := make([]*Reservation[H], 0, len(i.books.byID))
	for _, r := range i.books.byID {
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b *Reservation[H]) int {
		if c := a.Issued.Compare(b.Issued); c != 0 {
			return c
		}
		return bytes.Compare([]byte(a.Ref.ID), []byte(b.Ref.ID))
	})
	entries := make([]Entry, 0, len(all))
	for _, r := range all {
		entries = append(entries, Entry{r.Ref, r.Customer, r.State, r.Why, r.Expires, describe(&r.Hold), r.Receipt.ID, r.Attempt})
	}
	return entries
}
