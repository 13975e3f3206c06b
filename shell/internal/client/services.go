// Past the relay: what the customer's side asks of a service itself.

package client

import (
	"context"

	"tokenshell/shell/internal/world"
	"tokenshell/tokens"
)

// Revoke has a token's issuer take it back, and gives the service that did.
func (c *Client) Revoke(ctx context.Context, t *Token) (service string, err error) {
	p, err := c.World.Issuer(t.Ref.Issuer)
	if err != nil {
		return "", err
	}
	if err := c.World.Revoke(ctx, p, t.Raw, t.Ref.Order); err != nil {
		return "", err
	}
	for _, held := range c.Wallet.among(t.Ref.Order) {
		if held.Ref == t.Ref {
			held.revoked = true
		}
	}
	return p.Name, nil
}

// Direct takes a token to a service past the relay, as the bearer of a token
// may: to its own, or to the one that to names. attempt "" is a new one.
func (c *Client) Direct(ctx context.Context, order string, t *Token, to, attempt string) (service string, receipt tokens.Receipt, err error) {
	snap, err := c.World.Relay.Session(order)
	if err != nil {
		return "", tokens.Receipt{}, err
	}
	service, redeemer, err := c.destination(t, to)
	if err != nil {
		return service, tokens.Receipt{}, err
	}
	if attempt == "" {
		attempt = c.World.Mint.ID("att")
	}
	receipt, err = c.World.Reach("client", service, redeemer).Redeem(ctx, tokens.Redemption{
		Token: t.Raw, Session: tokens.Session{Order: snap.ID, Customer: snap.Customer}, Facts: snap.Facts, Attempt: attempt,
	})
	if err == nil {
		c.Wallet.spend(t.Ref)
	}
	return service, receipt, err
}

// Cancel has a service undo an attempt past the relay.
func (c *Client) Cancel(ctx context.Context, order string, t *Token, to, attempt string) error {
	snap, err := c.World.Relay.Session(order)
	if err != nil {
		return err
	}
	service, redeemer, err := c.destination(t, to)
	if err != nil {
		return err
	}
	return c.World.Reach("client", service, redeemer).Cancel(ctx, tokens.Cancellation{
		Token: t.Raw, Session: tokens.Session{Order: snap.ID, Customer: snap.Customer}, Attempt: attempt,
	})
}

// destination gives the service that a token goes to: the one that it says
// issued it, which that service will check, or the one that was asked for. A
// token that names nobody goes nowhere: the refusal is the one that any
// service would give.
func (c *Client) destination(t *Token, to string) (name string, service world.Service, err error) {
	if to != "" {
		p, err := c.World.Service(to)
		return p.NameOrNone(), p.Domain, err
	}
	if _, err := tokens.Peek(t.Raw); err != nil {
		return "", nil, err
	}
	if t.Ref.Issuer == "" {
		return "", nil, tokens.Refuse(tokens.ClaimMissing, `claim "iss" is missing`)
	}
	if o := c.World.Outsider(t.Ref.Issuer); o != nil && o.Standin != nil {
		return o.Service, o.Standin, nil
	}
	p, err := c.World.Issuer(t.Ref.Issuer)
	return p.NameOrNone(), p.Domain, err
}

// Rotate has the operator make a key and the service take it. It gives the kid.
func (c *Client) Rotate(ctx context.Context, service string) (kid string, err error) {
	p, err := c.World.Service(service)
	if err != nil {
		return "", err
	}
	if err := c.World.NewSigningKey(ctx, p.Name); err != nil {
		return "", err
	}
	return p.Keys().Rotate(ctx)
}

// Retire takes a key out of its service's published set.
func (c *Client) Retire(kid string) error {
	p, k, err := c.World.Key(kid)
	if err != nil {
		return err
	}
	return p.Keys().Retire(k.ID)
}

// Disable disables a key, in the KMS first.
func (c *Client) Disable(ctx context.Context, kid string) error {
	p, k, err := c.World.Key(kid)
	if err != nil {
		return err
	}
	if err := c.World.DisableKey(ctx, k.KMSKey); err != nil {
		return err
	}
	return p.Keys().Disable(k.ID)
}
