// The attack's target: a fresh world, as the catalogue of attacks drives it.

package shell

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"math/big"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"tokenshell/issuers"
	"tokenshell/orchestrator"
	"tokenshell/shell/attacks"
	"tokenshell/shell/internal/wire"
	"tokenshell/tokens"
)

// attackTarget is a world under attack.
type attackTarget struct{ world *World }

// Shop says what there is.
func (t attackTarget) Shop() attacks.Shop {
	w := t.world
	shop := attacks.Shop{Now: w.clock.Now(), Customers: w.plan.customers}
	for _, p := range w.parties {
		s := attacks.Service{Name: p.name, Issuer: issuers.IssuerName(p.name), Capability: p.capability, Seals: p.name == "payments"}
		for _, k := range p.domain.Keys().JWKS().Keys {
			if der, err := x509.MarshalPKIXPublicKey(k.Key); err == nil {
				s.KeyID, s.PublicKey = k.KeyID, der // the newest stands last
			}
		}
		shop.Services = append(shop.Services, s)
	}
	return shop
}

// Books gives what the services have written down.
func (t attackTarget) Books() attacks.Books {
	books := attacks.Books{Accounts: map[string]string{}, Reservations: map[string]string{}}
	w := t.world
	for _, l := range w.coupons.List(w.plan.customers[0]) {
		books.Accounts["coupon "+l.Code] = fmt.Sprintf("%d used", l.Used)
	}
	for _, customer := range w.plan.customers {
		if b, err := w.points.Balance(customer); err == nil {
			books.Accounts["points of "+customer] = fmt.Sprintf("%d, %d held", b.Balance, b.Held)
		}
		methods, _ := w.payments.Methods(customer) // the plan's customers are known
		for _, m := range methods {
			books.Accounts["card "+m.ID+" of "+customer] = fmt.Sprintf("%s authorised, %s captured of %s", m.Authorised, m.Captured, m.Limit)
		}
	}
	for _, p := range w.parties {
		for _, e := range p.domain.Entries() {
			books.Reservations[p.name+" "+e.Ref.ID] = fmt.Sprintf("%s %s for %s of %s, %s %s", e.State, e.Holds, e.Customer, e.Ref.Order, e.Receipt, e.Attempt)
		}
	}
	if err := w.audit(); err != nil {
		books.Broken = err.Error()
	}
	return books
}

// Do does one thing.
func (t attackTarget) Do(ctx context.Context, a attacks.Action) (attacks.Answer, error) {
	w := t.world
	switch a.Verb {
	case attacks.Open:
		_, err := w.relay.Open(ctx, a.Session, a.Customer, nil)
		return attacks.Answer{}, err
	case attacks.Close:
		_, err := w.relay.Close(ctx, a.Session)
		return attacks.Answer{}, err
	case attacks.Relay:
		_, err := w.relay.Relay(ctx, a.Session, a.Token)
		return attacks.Answer{}, err
	case attacks.Redeem, attacks.Resume:
		return t.redeem(ctx, a)
	case attacks.Advance:
		return attacks.Answer{}, w.clock.Advance(a.By)
	case attacks.Skew:
		party := a.Service
		if party == "" {
			party = "relay"
		}
		w.clock.Skew(party, a.By)
		return attacks.Answer{}, nil
	case attacks.Fault:
		w.faults.Add(wire.Fault{Party: a.Service, Step: a.Phase, Kind: wire.FaultKind(a.Kind), Left: a.Count})
		return attacks.Answer{}, nil
	}
	p, err := w.service(a.Service)
	if err != nil {
		return attacks.Answer{}, err
	}
	return t.ask(ctx, p, a)
}

// ask does what is a service's.
func (t attackTarget) ask(ctx context.Context, p party, a attacks.Action) (attacks.Answer, error) {
	w := t.world
	switch a.Verb {
	case attacks.Confirm:
		return t.confirm(ctx, p, a.Session)
	case attacks.Sign:
		signature, err := t.sign(ctx, p, a.KeyID, a.Token)
		return attacks.Answer{Signature: signature}, err
	case attacks.Direct:
		return t.direct(ctx, p, a)
	case attacks.Cancel:
		session, err := w.relay.Session(a.Session)
		if err != nil {
			return attacks.Answer{}, err
		}
		return attacks.Answer{}, w.reach("client", p.name, p.watched).Cancel(ctx, tokens.Cancellation{
			Token: a.Token, Session: tokens.Session{Order: session.ID, Customer: session.Customer}, Attempt: a.Attempt,
		})
	case attacks.Revoke:
		return attacks.Answer{}, p.domain.Revoke(ctx, a.Token)
	case attacks.Rotate:
		if err := w.newSigningKey(ctx, p.name); err != nil {
			return attacks.Answer{}, err
		}
		_, err := p.domain.Keys().Rotate(ctx)
		return attacks.Answer{}, err
	case attacks.Retire:
		return attacks.Answer{}, p.domain.Keys().Retire(a.KeyID)
	case attacks.Disable:
		k, err := t.key(p, a.KeyID)
		if err != nil {
			return attacks.Answer{}, err
		}
		if err := w.disableKey(ctx, k.KMSKey); err != nil {
			return attacks.Answer{}, err
		}
		return attacks.Answer{}, p.domain.Keys().Disable(k.ID)
	}
	return attacks.Answer{}, fmt.Errorf("nobody can %s here", a.Verb)
}

// confirm has a service confirm something small, with what the embedded world
// has for each customer.
func (t attackTarget) confirm(ctx context.Context, p party, id string) (attacks.Answer, error) {
	w := t.world
	session, err := w.relay.Session(id)
	if err != nil {
		return attacks.Answer{}, err
	}
	order := issuers.Order{ID: session.ID, Customer: session.Customer, Facts: session.Facts}
	issued, err := w.ask(ctx, p.name, "something", order, func() (tokens.Issued, error) {
		switch p.name {
		case "coupons":
			return w.coupons.Confirm(ctx, order, "TEN")
		case "points":
			return w.points.Confirm(ctx, order, "10")
		default:
			return w.payments.Confirm(ctx, order, "10.00", w.plan.cards[order.Customer][0].ID)
		}
	})
	return attacks.Answer{Token: issued.Raw}, err
}

func (t attackTarget) redeem(ctx context.Context, a attacks.Action) (attacks.Answer, error) {
	var (
		snap  orchestrator.Snapshot
		named []tokens.Ref
		err   error
	)
	if a.Token != "" {
		seen, err := tokens.Peek(a.Token)
		if err != nil {
			return attacks.Answer{}, err
		}
		named = append(named, seen.Ref)
	}
	resumed := a.Verb == attacks.Resume
	if resumed {
		snap, err = t.world.relay.Resume(ctx, a.Session)
	} else {
		snap, err = t.world.relay.Redeem(ctx, a.Session, named)
	}
	answer := attacks.Answer{State: string(snap.State)}
	if err != nil || snap.State == orchestrator.Completed || resumed && snap.State == orchestrator.Compensated {
		return answer, err
	}
	for _, step := range snap.Steps {
		if step.Reason != "" {
			return answer, tokens.Refuse(step.Reason, "%s", step.Detail)
		}
	}
	return answer, fmt.Errorf("session %q is %s, and no step says why", snap.ID, snap.State)
}

// direct takes a token to a service past the relay.
func (t attackTarget) direct(ctx context.Context, p party, a attacks.Action) (attacks.Answer, error) {
	session, err := t.world.relay.Session(a.Session)
	if err != nil {
		return attacks.Answer{}, err
	}
	if a.Attempt == "" {
		a.Attempt = t.world.mint.ID("att")
	}
	receipt, err := t.world.reach("client", p.name, p.watched).Redeem(ctx, tokens.Redemption{
		Token: a.Token, Session: tokens.Session{Order: session.ID, Customer: session.Customer}, Facts: session.Facts, Attempt: a.Attempt,
	})
	return attacks.Answer{Repeated: receipt.Repeated}, err
}

func (t attackTarget) key(p party, kid string) (issuers.KeyInfo, error) {
	all := p.domain.Keys().List()
	at := slices.IndexFunc(all, func(k issuers.KeyInfo) bool { return k.ID == kid })
	if at < 0 {
		return issuers.KeyInfo{}, fmt.Errorf("%s has no key %q", p.name, kid)
	}
	return all[at], nil
}

// sign has the KMS sign any text with a service's own key, as a thief of it
// would: as R||S (RFC 7518 3.4).
func (t attackTarget) sign(ctx context.Context, p party, kid, text string) ([]byte, error) {
	k, err := t.key(p, kid)
	if err != nil {
		return nil, err
	}
	digest := sha256.Sum256([]byte(text))
	out, err := t.world.kms.Sign(ctx, &kms.SignInput{
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
