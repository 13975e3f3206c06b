// Signing: the keys that hostile tokens are signed with.

package attacks

import (
	"context"
	"encoding/pem"
	"errors"
	"fmt"

	"tokenshell/shell/attacks/parts"
)

// signature signs input as the forgery says. good is the token that it starts from.
func (r *run) signature(ctx context.Context, f *Forgery, good held, input string) ([]byte, error) {
	s := r.service(good.service)
	switch f.Signer {
	case issuer:
		answer, err := r.do(ctx, Action{Verb: Sign, Service: s.Name, KeyID: good.kid, Token: input})
		return answer.Signature, err
	case former:
		answer, err := r.do(ctx, Action{Verb: Sign, Service: s.Name, KeyID: r.tokens["t"].kid, Token: input})
		return answer.Signature, err
	case sibling:
		other := r.other(s)
		answer, err := r.do(ctx, Action{Verb: Sign, Service: other.Name, KeyID: other.KeyID, Token: input})
		return answer.Signature, err
	case attacker:
		return parts.Sign(r.key, input)
	case nobody:
		return nil, nil
	case kept:
		_, _, signature, err := parts.Decode(good.raw)
		return signature, err
	case borrowed:
		_, _, signature, err := parts.Decode(r.tokens["u"].raw)
		return signature, err
	case macDER:
		return parts.MAC(s.PublicKey, input), nil
	case macPEM:
		return parts.MAC(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: s.PublicKey}), input), nil
	case macJWK:
		jwk, err := parts.JWKOf(s.PublicKey)
		return parts.MAC([]byte(jwk), input), err
	case macEmpty:
		return parts.MAC(nil, input), nil
	case macCommon:
		return parts.MAC([]byte("secret"), input), nil
	default:
		return nil, fmt.Errorf("nobody signs as %q", f.Signer)
	}
}

// forge makes a token from a good one.
func (r *run) forge(ctx context.Context, f *Forgery, good held) (string, error) {
	header, payload, _, err := parts.Decode(good.raw)
	if err != nil {
		return "", err
	}
	words, err := r.words(good)
	if err != nil {
		return "", err
	}
	headerText, err := edited(header, f.Header, nil, words)
	if err != nil {
		return "", err
	}
	payloadText, err := edited(payload, f.Payload, r.shop().Claims, words)
	if err != nil {
		return "", err
	}
	payloadText = written(f.PayloadText, payloadText, words)
	if f.Whole != nil {
		payloadText = string(f.Whole)
	}
	input := f.SpellHeader.Of(parts.Encode(written(f.HeaderText, headerText, words))) + "." + f.SpellPayload.Of(parts.Encode(payloadText))
	signature, err := r.signature(ctx, f, good, f.Input.Of(input))
	if err != nil {
		return "", err
	}
	return f.Text.Of(input + "." + parts.Encode(f.Signature.Of(string(signature)))), nil
}

// edited applies edits; what changes nothing of this target is skipped.
func edited(text []byte, all []Edit, names map[string]string, words func(string) string) (string, error) {
	written, err := parts.Apply(text, all, names, words)
	var same parts.Unchanged
	if errors.As(err, &same) {
		return "", &Trouble{Status: Skipped, What: same.Error()}
	}
	return written, err
}
