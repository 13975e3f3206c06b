// Issuing: reserve, write, sign.

package issuers

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"tokenshell/tokens"
)

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
		return tokens.Issued{}, tokens.Refuse(tokens.LifetimeTooLong, "a token lives for %s at most, not %s", tokens.HowLong(tokens.MaxLifetime), tokens.HowLong(order.TTL))
	}
	if order.TTL < time.Second {
		return tokens.Issued{}, fmt.Errorf("a token lives for a second at least, not %s", tokens.HowLong(order.TTL))
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
		Issuer: i.name, Audience: audienceOf(i.name), Subject: order.Customer,
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
	i.mu.Lock()
	r.key = key
	i.mu.Unlock()
	raw, err := i.ring.sign(ctx, key, payload, i.Memory)
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
	i.ring.forget(r.key)
}

// Salt makes the digests in the constraints of one token. Nobody who only sees the
// token can try values against them, for the salt stays with its issuer.
type Salt []byte

// NewSalt gives a salt for one token.
func (i *Issuer[H]) NewSalt() Salt { return i.Mint.Bytes("salt") }

// Digest gives the digest of a text.
func (s Salt) Digest(text string) string {
	h := hmac.New(sha256.New, s)
	h.Write([]byte(text))
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}
