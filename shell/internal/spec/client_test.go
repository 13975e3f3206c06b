// What the client does, op by op, past the parser and the verbs.

package spec_test

import (
	"context"
	"encoding/base64"
	"errors"
	"math/big"
	"strings"
	"time"

	"tokenshell/issuers"
	"tokenshell/issuers/declared"
	"tokenshell/orchestrator"
	"tokenshell/shell/internal/client"
	"tokenshell/shell/internal/wire"
	"tokenshell/shell/internal/world"
	"tokenshell/tokens"
)

// result is what a redemption came to for one token.
type result struct {
	token   named
	status  string
	receipt string // its id; empty when there is none
}

func open(ctx context.Context, c *client.Client, o op) ([]result, error) {
	_, err := c.Open(ctx, o.word(0), o.word(1), o.facts())
	return nil, err
}

func use(_ context.Context, c *client.Client, o op) ([]result, error) {
	_, err := c.Use(o.word(0))
	return nil, err
}

func set(_ context.Context, c *client.Client, o op) ([]result, error) {
	name, value, _ := strings.Cut(o.word(0), "=")
	_, err := c.SetFact(c.Order, name, value)
	return nil, err
}

func closing(ctx context.Context, c *client.Client, _ op) ([]result, error) {
	_, err := c.SessionNamed("")
	if err == nil {
		_, err = c.Close(ctx, c.Order)
	}
	return nil, err
}

// confirm has a service confirm something for the current order.
func confirm(ctx context.Context, c *client.Client, o op, service string, ask func(context.Context, issuers.Order) (tokens.Issued, error)) ([]result, error) {
	choice := world.Choice{Service: service, Says: strings.Join(o.words[1:], " "), Ask: ask}
	_, _, err := c.Confirm(ctx, c.Order, choice, client.Wanted{Handle: o.word(0), TTL: time.Duration(o.n) * time.Second})
	return nil, err
}

// What a domain is asked to confirm: one thing, or an amount on a card.
type (
	confirms interface {
		Confirm(ctx context.Context, order issuers.Order, what string) (tokens.Issued, error)
	}
	declares interface {
		Confirm(ctx context.Context, order issuers.Order, ask declared.Ask) (tokens.Issued, error)
	}
	authorises interface {
		Confirm(ctx context.Context, order issuers.Order, amount, card string) (tokens.Issued, error)
	}
)

func confirmCoupon(ctx context.Context, c *client.Client, o op) ([]result, error) {
	return confirm(ctx, c, o, "coupons", func(ctx context.Context, order issuers.Order) (tokens.Issued, error) {
		return domain[confirms](c.World, "coupons").Confirm(ctx, order, o.word(1))
	})
}

func confirmPoints(ctx context.Context, c *client.Client, o op) ([]result, error) {
	return confirm(ctx, c, o, "points", func(ctx context.Context, order issuers.Order) (tokens.Issued, error) {
		return domain[confirms](c.World, "points").Confirm(ctx, order, o.word(1))
	})
}

func confirmPayment(ctx context.Context, c *client.Client, o op) ([]result, error) {
	return confirm(ctx, c, o, "payments", func(ctx context.Context, order issuers.Order) (tokens.Issued, error) {
		return domain[authorises](c.World, "payments").Confirm(ctx, order, o.word(1), o.word(2))
	})
}

func confirmDeclared(ctx context.Context, c *client.Client, o op) ([]result, error) {
	ask := declared.Ask{Thing: o.word(2), Arguments: map[string]any{}}
	if o.word(4) != "" {
		ask.Arguments[o.word(4)] = o.word(5)
	}
	return confirm(ctx, c, o, o.word(1), func(ctx context.Context, order issuers.Order) (tokens.Issued, error) {
		return domain[declares](c.World, o.word(1)).Confirm(ctx, order, ask)
	})
}

// declaredLine asks for the same as a line.
func declaredLine(o op) string {
	line := o.word(1) + " confirm"
	if o.word(2) != "" {
		line += " " + o.word(2)
	}
	if o.word(4) != "" {
		line += " --" + o.word(4) + " " + o.word(5)
	}
	return line + o.flags()
}

// held gives the tokens of handles.
func held(c *client.Client, handles []string) []*client.Token {
	var all []*client.Token
	for _, handle := range handles {
		all = append(all, c.Wallet.ByHandle[handle])
	}
	return all
}

func relay(ctx context.Context, c *client.Client, o op) ([]result, error) {
	return relayAll(ctx, c, held(c, o.tokens))
}

func relayAll(ctx context.Context, c *client.Client, all []*client.Token) ([]result, error) {
	relayed, err := c.RelayAll(ctx, c.Order, all, nil)
	if err != nil {
		return nil, err
	}
	return nil, client.RefusedOf(relayed)
}

// relayChanged relays a token whose text was changed.
func relayChanged(change func(raw string) string) func(context.Context, *client.Client, op) ([]result, error) {
	return func(ctx context.Context, c *client.Client, o op) ([]result, error) {
		return relayAll(ctx, c, []*client.Token{c.Loose(change(c.Wallet.ByHandle[o.tokens[0]].Raw))})
	}
}

// otherS gives the second text of an ES256 token: n - S signs as well as S.
func otherS(raw string) string {
	cut := strings.LastIndexByte(raw, '.') + 1
	signature, _ := base64.RawURLEncoding.DecodeString(raw[cut:])
	n, _ := new(big.Int).SetString("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", 16)
	n.Sub(n, new(big.Int).SetBytes(signature[32:])).FillBytes(signature[32:])
	return raw[:cut] + base64.RawURLEncoding.EncodeToString(signature)
}

// direct takes a token to its service. What no answer came to has failed.
func direct(ctx context.Context, c *client.Client, o op) ([]result, error) {
	t := c.Wallet.ByHandle[o.tokens[0]]
	_, receipt, err := c.Direct(ctx, c.Order, t, "", "")
	status := orchestrator.Redeemed
	switch {
	case errors.As(err, new(*tokens.Failure)):
		status = orchestrator.Failed
	case err != nil:
		status = orchestrator.Refused
	}
	return []result{{named{t.Ref.Order, t.Ref.ID}, string(status), receipt.ID}}, err
}

func revoke(ctx context.Context, c *client.Client, o op) ([]result, error) {
	_, err := c.Revoke(ctx, c.Wallet.ByHandle[o.tokens[0]])
	return nil, err
}

func checkout(ctx context.Context, c *client.Client, o op) ([]result, error) {
	snap, err := c.Checkout(ctx, c.Order, held(c, o.tokens), nil, nil)
	if snap == nil {
		return nil, err
	}
	return ended(*snap, false, err)
}

func redeem(ctx context.Context, c *client.Client, o op) ([]result, error) {
	snap, err := c.Redeem(ctx, c.Order, held(c, o.tokens))
	return ended(snap, false, err)
}

func resume(ctx context.Context, c *client.Client, _ op) ([]result, error) {
	snap, err := c.Resume(ctx, c.Order)
	return ended(snap, true, err)
}

// ended gives what a redemption came to: for each token that had a part in it,
// and as an error.
func ended(snap orchestrator.Snapshot, resumed bool, err error) ([]result, error) {
	if err != nil {
		return nil, err
	}
	var results []result
	for _, step := range snap.Steps {
		if step.Result == "" {
			continue
		}
		r := result{token: named{step.Ref.Order, step.Ref.ID}, status: string(step.Result)}
		if step.Receipt != nil {
			r.receipt = step.Receipt.ID
		}
		results = append(results, r)
	}
	return results, client.EndOf(snap, resumed)
}

func fault(_ context.Context, c *client.Client, o op) ([]result, error) {
	party, step, err := c.World.ParseStep(o.word(0))
	if err == nil {
		c.World.Faults.Add(wire.Fault{Party: party, Step: step, Kind: wire.FaultKind(o.word(1)), Left: o.n, After: o.after, Line: o.other})
	}
	return nil, err
}

func deliver(ctx context.Context, c *client.Client, o op) ([]result, error) {
	party, step, err := c.World.ParseStep(o.word(0))
	if err == nil {
		_, err = c.World.Wire.Deliver(ctx, party, step)
	}
	return nil, err
}

// kid gives the key version that an op means: the one that it meant when it was
// ordered, if it is done meanwhile.
func kid(c *client.Client, o op) string {
	if o.other != "" {
		return o.other
	}
	p, err := c.World.Service(o.word(0))
	if err != nil {
		return err.Error()
	}
	return p.Keys().List()[o.n].ID
}
