// What a party would find in a token, and what it may see of it.

package client

import (
	"context"
	"encoding/json"

	"tokenshell/issuers"
	"tokenshell/shell/internal/wire"
	"tokenshell/tokens"
)

// Explain says of every check, the relay's and that of the token's service when
// there is one, what it would find, and records nothing.
func (c *Client) Explain(ctx context.Context, t *Token, all bool) ([]Finding, error) {
	inside, err := c.World.Inspector()
	if err != nil {
		return nil, err
	}
	order := c.Order
	if order == "" {
		order = t.Ref.Order
	}
	found := FoundBy("relay", inside.Explain(order, t.Raw, all))
	snap, err := c.World.Relay.Session(order)
	if err != nil {
		return found, nil // nobody could say for whom a service should redeem it
	}
	if name, service, err := c.destination(t, ""); err == nil {
		session := tokens.Session{Order: snap.ID, Customer: snap.Customer}
		found = append(found, FoundBy(name, service.Explain(wire.OffTheRecord(ctx), t.Raw, session, all))...)
	}
	return found, nil
}

// Finding is what a party's check of a token found.
type Finding struct {
	Party string
	tokens.Finding
}

// FoundBy gives a party's findings.
func FoundBy(party string, findings []tokens.Finding) []Finding {
	all := make([]Finding, len(findings))
	for i, f := range findings {
		all[i] = Finding{party, f}
	}
	return all
}

// SeenBy gives the claims as a party may see them: the relay and foreign
// services do not read constraints, and nobody but the issuer opens the letter.
func (c *Client) SeenBy(ctx context.Context, viewer string, seen tokens.Unverified) (json.RawMessage, error) {
	var claims map[string]json.RawMessage
	if err := json.Unmarshal(seen.Payload, &claims); err != nil {
		return nil, tokens.Refuse(tokens.Malformed, "the payload is not a JSON object")
	}
	own := issuers.IssuerName(viewer) == seen.Ref.Issuer
	if raw, ok := claims["constraints"]; ok && viewer != "client" && !own {
		claims["constraints"] = closedText("unread", len(raw))
	}
	if raw, ok := claims["sealed"]; ok {
		claims["sealed"] = closedText("sealed", len(raw)-2)
		var sealed string
		if own && json.Unmarshal(raw, &sealed) == nil {
			p, err := c.World.Issuer(seen.Ref.Issuer)
			if err != nil {
				return nil, err
			}
			if claims["sealed"], err = p.Open(ctx, seen.Ref, []byte(sealed)); err != nil {
				return nil, err
			}
		}
	}
	return inOrder(claims, seen.Payload)
}
