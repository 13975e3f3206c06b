// The reservation: one confirmation in a service's books, as a state machine.

package issuers

import (
	"container/heap"
	"crypto/sha256"
	"slices"
	"strings"
	"time"

	"tokenshell/tokens"
)

// State is where a reservation stands.
type State string

// The states. A reservation begins reserved and leaves that state once.
const (
	Reserved  State = "reserved"
	Committed State = "committed" // redeemed
	Cancelled State = "cancelled" // undone by the relay, before or after the commit
	Released  State = "released"  // revoked or expired
)

// Reservation is one confirmation: what is held, for whom, until when. H is
// what the domain holds.
type Reservation[H any] struct {
	Ref         tokens.Ref
	Customer    string
	Issued      time.Time
	Expires     time.Time
	State       State
	Why         string // of a release: "revoked" or "expired"
	Hold        H
	Attempt     string // the one that committed it
	Receipt     tokens.Receipt
	digest      digest // of the signed text, to know the token again
	constraints []byte
	key         *keyVersion // that signed it; nil until one is to
}

// moves lists which state may follow which: the whole state machine.
var moves = map[State][]State{
	Reserved:  {Committed, Cancelled, Released},
	Committed: {Cancelled},
}

// move takes the reservation to a state and reports whether it may go there.
func (r *Reservation[H]) move(to State) bool {
	if !slices.Contains(moves[r.State], to) {
		return false
	}
	r.State = to
	return true
}

// digest is that of a token's signed text.
type digest [sha256.Size]byte

// signedText is the part of a compact token that its signature covers: the
// same for every text that verifies as this token.
func signedText(raw string) digest {
	var room [1024]byte // for most, so that nothing is allocated
	return sha256.Sum256(append(room[:0], raw[:max(0, strings.LastIndexByte(raw, '.'))]...))
}

// isToken reports whether a text is the token of this reservation, its signature
// aside: who holds it was given it.
func (r *Reservation[H]) isToken(text digest) bool { return text == r.digest }

// isEnvelope reports whether claims say of the confirmation what was issued,
// the letter aside.
func (r *Reservation[H]) isEnvelope(c *tokens.Claims, capability string) bool {
	return r.Ref == c.Ref() && r.Customer == c.Subject && r.Issued.Equal(c.IssuedAt) && r.Expires.Equal(c.ExpiresAt) &&
		slices.Equal(c.Audience, audienceOf(c.Issuer)) && slices.Equal(c.Capabilities, []string{capability})
}

// audienceOf gives who an issuer's tokens are for: the relay and itself.
func audienceOf(issuer string) []string { return []string{tokens.Audience, issuer} }

// expiries orders reservations by expiry (container/heap).
type expiries[H any] []*Reservation[H]

func (e expiries[H]) Len() int           { return len(e) }
func (e expiries[H]) Less(i, j int) bool { return e[i].Expires.Before(e[j].Expires) }
func (e expiries[H]) Swap(i, j int)      { e[i], e[j] = e[j], e[i] }

// Push is for container/heap.
func (e *expiries[H]) Push(x any) { *e = append(*e, x.(*Reservation[H])) }

// Pop is for container/heap.
func (e *expiries[H]) Pop() any {
	last := len(*e) - 1
	r := (*e)[last]
	(*e)[last] = nil
	*e = (*e)[:last]
	return r
}

// books are a service's reservations by jti. Whoever uses them holds the
// issuer's lock.
type books[H any] struct {
	byID     map[string]*Reservation[H]
	byOrder  map[string][]*Reservation[H]
	live     expiries[H] // reserved ones may be among them, by expiry
	finished expiries[H] // everything that is past its expiry, until it is forgotten
}

func newBooks[H any]() books[H] {
	return books[H]{byID: map[string]*Reservation[H]{}, byOrder: map[string][]*Reservation[H]{}}
}

func (b *books[H]) add(r *Reservation[H]) {
	b.byID[r.Ref.ID] = r
	b.byOrder[r.Ref.Order] = append(b.byOrder[r.Ref.Order], r)
	heap.Push(&b.live, r)
}

// expire hands over, one by one, what is still reserved at its expiry.
func (b *books[H]) expire(now time.Time, release func(*Reservation[H])) {
	for len(b.live) > 0 && !now.Before(b.live[0].Expires) {
		r := heap.Pop(&b.live).(*Reservation[H])
		if b.byID[r.Ref.ID] != r {
			continue // dropped: it was never issued
		}
		if r.State == Reserved {
			release(r)
		}
		heap.Push(&b.finished, r)
	}
}

// forget hands over and drops what expired before then and is not owed for. Its
// token is refused for ever after: it is expired.
func (b *books[H]) forget(then time.Time, owed func(order string) bool, drop func(*Reservation[H])) {
	var kept []*Reservation[H]
	for len(b.finished) > 0 && b.finished[0].Expires.Before(then) {
		r := heap.Pop(&b.finished).(*Reservation[H])
		if owed(r.Ref.Order) {
			kept = append(kept, r)
			continue
		}
		drop(r)
		b.remove(r)
	}
	for _, r := range kept {
		heap.Push(&b.finished, r)
	}
}

// remove drops a reservation.
func (b *books[H]) remove(r *Reservation[H]) {
	delete(b.byID, r.Ref.ID)
	rest := slices.DeleteFunc(b.byOrder[r.Ref.Order], func(other *Reservation[H]) bool { return other == r })
	if len(rest) == 0 {
		delete(b.byOrder, r.Ref.Order)
	} else {
		b.byOrder[r.Ref.Order] = rest
	}
}
