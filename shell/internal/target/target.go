// Package target is a world as a target of the catalogue of attacks.
package target

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/go-jose/go-jose/v4"

	"tokenshell/orchestrator"
	"tokenshell/shell/attacks"
	"tokenshell/shell/internal/client"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/wire"
	"tokenshell/shell/internal/world"
	"tokenshell/tokens"
)

// Target is a world under attack: a client does what the rows say, and a
// witness watches.
type Target struct {
	client *client.Client
	keys   *sync.Map     // public keys as SPKI, by kid, which names one key for ever
	life   time.Duration // of its tokens; 0 is the usual one
	stock  *stock        // nil when it has whatever a row wants
}

// New makes a target of a fresh world.
func New(w *world.World) Target { return Living(w, 0) }

// Of makes a target of a world that somebody is at: nothing is asked of it, and
// nobody watches.
func Of(c *client.Client) Target { return Target{c, &sync.Map{}, 0, nil} }

// Living makes a target whose tokens live for so long.
func Living(w *world.World, life time.Duration) Target {
	w.Witness.Watch(true)
	return Target{client.New(w), &sync.Map{}, life, nil}
}

// needs begins what is said of a row that is not tried.
const needs = "it needs "

// Shop says what there is.
func (t Target) Shop() attacks.Shop {
	w := t.client.World
	shop := attacks.Shop{
		Now: w.Clock.Now(), Runs: !w.Clock.Frozen(), Customers: w.Plan.Customers, Audience: tokens.Audience, Type: tokens.Type,
		Life: tokens.DefaultLifetime, LongestLife: tokens.MaxLifetime, SessionLife: orchestrator.SessionTTL, Leeway: w.Leeway.Get(),
	}
	if t.stock != nil {
		shop.Customers = t.stock.customers
	}
	for _, p := range w.Parties {
		s := attacks.Service{Name: p.Name, Issuer: p.Issuer(), Capability: p.Capability, Seals: p.Seals}
		if t.stock != nil {
			if t.stock.left[p.Name] {
				continue
			}
			s.Often, s.Together = t.stock.often[p.Name], t.stock.together[p.Name]
		}
		for _, k := range p.Keys().JWKS().Keys {
			if der, ok := t.spki(k); ok {
				s.KeyID, s.PublicKey = k.KeyID, der // the newest stands last
			}
		}
		shop.Services = append(shop.Services, s)
	}
	return shop
}

// spki gives a public key in DER. Shops are asked for much more often than there
// are new keys.
func (t Target) spki(k jose.JSONWebKey) ([]byte, bool) {
	if known, ok := t.keys.Load(k.KeyID); ok {
		return known.([]byte), true
	}
	der, err := x509.MarshalPKIXPublicKey(k.Key)
	if err == nil {
		t.keys.Store(k.KeyID, der)
	}
	return der, err == nil
}

// Books gives what the services have written down.
func (t Target) Books() attacks.Books {
	books := attacks.Books{Accounts: map[string]string{}, Reservations: map[string]string{}}
	w := t.client.World
	for _, p := range w.Parties {
		for name, count := range p.Counts() {
			books.Accounts[name] = count
		}
		for _, e := range p.Entries() {
			books.Reservations[p.Name+" "+e.Ref.ID] = fmt.Sprintf("%s %s for %s of %s, %s %s", e.State, e.Holds, e.Customer, e.Ref.Order, e.Receipt, e.Attempt)
		}
	}
	if err := w.Audit(); err != nil {
		books.Broken = err.Error()
	}
	return books
}

// Do does one thing.
func (t Target) Do(ctx context.Context, a attacks.Action) (attacks.Answer, error) {
	c, w := t.client, t.client.World
	var answer attacks.Answer
	switch a.Verb {
	case attacks.Open:
		var facts tokens.Facts
		if t.stock != nil {
			facts = t.stock.facts
		}
		snap, err := w.Relay.Open(ctx, a.Session, a.Customer, facts)
		return attacks.Answer{Session: snap.ID}, err
	case attacks.Close:
		_, err := c.Close(ctx, a.Session)
		return answer, err
	case attacks.Confirm:
		issued, err := t.confirm(ctx, a)
		return attacks.Answer{Token: issued.Raw}, err
	case attacks.Sign:
		signature, err := t.sign(ctx, a.KeyID, a.Token)
		return attacks.Answer{Signature: signature}, err
	case attacks.Tell:
		return answer, t.tell(a)
	case attacks.Relay:
		_, err := c.Relay(ctx, a.Session, c.Loose(a.Token))
		return answer, err
	case attacks.Redeem, attacks.Resume:
		return t.redeem(ctx, a)
	case attacks.Direct:
		_, receipt, err := c.Direct(ctx, a.Session, c.Loose(a.Token), a.Service, a.Attempt)
		return attacks.Answer{Repeated: receipt.Repeated}, err
	case attacks.Cancel:
		return answer, c.Cancel(ctx, a.Session, c.Loose(a.Token), a.Service, a.Attempt)
	case attacks.Revoke:
		p, err := w.Service(a.Service)
		if err != nil {
			return answer, err
		}
		return answer, w.Revoke(ctx, p, a.Token, a.Session)
	case attacks.Advance:
		return answer, w.Clock.Advance(a.By)
	case attacks.Restart:
		return answer, w.Restart(ctx, wire.Relay, false)
	case attacks.Skew:
		party := a.Service
		if party == "" {
			party = "relay"
		}
		w.Clock.Skew(party, a.By)
		return answer, nil
	case attacks.Rotate:
		_, err := c.Rotate(ctx, a.Service)
		return answer, err
	case attacks.Retire:
		return answer, c.Retire(a.KeyID)
	case attacks.Disable:
		return answer, c.Disable(ctx, a.KeyID)
	case attacks.Fault:
		if a.Meanwhile != nil {
			w.Wire.Meanwhile = func(context.Context, string) { a.Meanwhile() }
		}
		w.Faults.Add(wire.Fault{Party: a.Service, Step: a.Phase, Kind: wire.FaultKind(a.Kind), Left: a.Count})
		return answer, nil
	}
	return answer, fmt.Errorf("nobody can %s here", a.Verb)
}

// tell says the facts of an order with which its services go on: those that are
// said first, or others in their place.
func (t Target) tell(a attacks.Action) error {
	relay := t.client.World.Relay
	snap, err := relay.Session(a.Session)
	if err != nil {
		return err
	}
	for _, p := range t.client.World.Parties {
		facts, anew := p.Facts(snap.Customer)
		if a.Phase == "anew" {
			facts = anew
		}
		for _, name := range slices.Sorted(maps.Keys(facts)) {
			if err := relay.SetFact(a.Session, name, facts[name]); err != nil {
				return err
			}
		}
	}
	return nil
}

// confirm has a service confirm something small.
func (t Target) confirm(ctx context.Context, a attacks.Action) (tokens.Issued, error) {
	p, err := t.client.World.Service(a.Service)
	if err != nil {
		return tokens.Issued{}, err
	}
	snap, err := t.client.World.Relay.Session(a.Session)
	if err != nil {
		return tokens.Issued{}, err
	}
	_, issued, err := t.client.Confirm(ctx, a.Session, p.Sample(snap.Customer), client.Wanted{TTL: t.life})
	return issued, err
}

func (t Target) redeem(ctx context.Context, a attacks.Action) (attacks.Answer, error) {
	var (
		snap orchestrator.Snapshot
		err  error
	)
	resumed := a.Verb == attacks.Resume
	switch {
	case resumed:
		snap, err = t.client.Resume(ctx, a.Session)
	case a.Token != "":
		snap, err = t.client.Redeem(ctx, a.Session, []*client.Token{t.client.Loose(a.Token)})
	default:
		snap, err = t.client.Redeem(ctx, a.Session, nil)
	}
	answer := attacks.Answer{State: string(snap.State)}
	if err == nil {
		err = client.EndOf(snap, resumed)
	}
	if refused, ok := err.(exit.Refusals); ok {
		if len(refused) == 0 {
			return answer, fmt.Errorf("session %q is %s, and no step says why", snap.ID, snap.State)
		}
		err = tokens.Refuse(refused[0].Reason, "%s", refused[0].Detail)
	}
	return answer, err
}

// sign has the KMS sign any text with a service's own key, as a thief of it
// would: as R||S (RFC 7518 3.4).
func (t Target) sign(ctx context.Context, kid, text string) ([]byte, error) {
	_, k, err := t.client.World.Key(kid)
	if err != nil {
		return nil, err
	}
	digest := sha256.Sum256([]byte(text))
	out, err := t.client.World.KMS.Sign(ctx, &kms.SignInput{
		KeyId: aws.String(k.KMSKey), Message: digest[:], MessageType: types.MessageTypeDigest, SigningAlgorithm: types.SigningAlgorithmSpecEcdsaSha256,
	})
	if err != nil {
		return nil, err
	}
	var rs struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(out.Signature, &rs); err != nil {
		return nil, err
	}
	raw := make([]byte, 64)
	rs.R.FillBytes(raw[:32])
	rs.S.FillBytes(raw[32:])
	return raw, nil
}
