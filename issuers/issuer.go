// The issuer: what every domain service does with its confirmations.

package issuers

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"time"

	"tokenshell/tokens"
)

// Retention is how long after its expiry a reservation is remembered, so that a
// late retry or cancellation finds its answer. One that an order still owes for is
// remembered until it is settled, however long that takes.
const Retention = 25 * time.Hour

// Rules is what a domain knows about its holds. Its methods are called with
// the books locked, and must not call back.
type Rules[H any] interface {
	Saver[H]

	// Letter holds the sealed content, nil when there was none, against what was
	// sealed for the hold, and refuses with sealed_unreadable.
	Letter(hold *H, opened json.RawMessage) error
	// Commit holds what the token confirms against the facts and makes the
	// hold final. It answers the receipt's body, or a refusal, and then nothing
	// has changed.
	Commit(hold *H, facts tokens.Facts) (body any, err error)
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
// SealingAlias, Owed, Weakness and Memory.
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
	Memory       *tokens.Memory  // of texts that come again; may be nil

	// Owed reports whether an order may still have to be taken back: the service
	// asks the relay before it forgets. It is called with the books locked. Nil is
	// that nobody says so.
	Owed func(order string) bool
}

// Issuer confirms, redeems, cancels and revokes for one domain. Safe for
// concurrent use.
type Issuer[H any] struct {
	Config
	name     string // iss
	rules    Rules[H]
	ring     *KeyRing
	sealer   *Sealer
	verifier *tokens.Verifier // with the published keys
	late     *tokens.Verifier // for what was answered already
	ever     *tokens.Verifier // for giving back
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
	if c.Owed == nil {
		c.Owed = func(string) bool { return false }
	}
	i := &Issuer[H]{
		Config: c, name: IssuerName(c.Service), rules: rules, ring: ring,
		journal: tokens.NewJournal(c.Log, c.Service), books: newBooks[H](),
	}
	if c.SealingAlias != "" {
		if i.sealer, err = NewSealer(ctx, c.Service, c.SealingAlias, c.KMS); err != nil {
			return nil, err
		}
		if c.Memory != nil {
			i.sealer.opened = map[string]opened{}
		}
	}
	i.verifier, i.late, i.ever = i.verifierOver(ring), i.verifierOver(ring.Aged()), i.verifierOver(ring.Ever())
	return i, nil
}

// verifierOver judges the issuer's own tokens by a set of its keys.
func (i *Issuer[H]) verifierOver(keys tokens.KeySet) *tokens.Verifier {
	self := tokens.Issuer{Name: i.name, Keys: keys, Capabilities: []string{i.Capability}}
	return &tokens.Verifier{
		Party: i.name, Clock: i.Clock, Leeway: i.Leeway, Weakness: i.Weakness, Memory: i.Memory,
		Issuers: func(iss string) (tokens.Issuer, bool) { return self, iss == i.name },
	}
}

// Weaken has the issuer leave rules out from now on, and no others. Nothing else
// may be asked of it meanwhile.
func (i *Issuer[H]) Weaken(rules tokens.Weakness) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.Weakness = rules
	for _, v := range []*tokens.Verifier{i.verifier, i.late, i.ever} {
		v.Weakness = rules
	}
}

// IssuerName gives the iss of a service.
func IssuerName(service string) string { return service + ".svc" }

// Keys gives the issuer's key ring.
func (i *Issuer[H]) Keys() *KeyRing { return i.ring }

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
	i.books.forget(now.Add(-Retention), i.Owed, func(r *Reservation[H]) {
		if archiver, ok := i.rules.(Archiver[H]); ok && r.State == Committed {
			archiver.Archive(&r.Hold)
		}
		i.ring.forget(r.key)
	})
}

// Remembers says whether there are books of an order, and until when there will
// be at least; a zero time is for as long as the order owes.
func (i *Issuer[H]) Remembers(order string) (until time.Time, yes bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.settle()
	all := i.books.byOrder[order]
	for _, r := range all {
		if t := r.Expires.Add(Retention); t.After(until) {
			until = t
		}
	}
	if until.Before(i.settled) {
		until = time.Time{}
	}
	return until, len(all) > 0
}
