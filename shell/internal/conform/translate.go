// Translation: our tokens in the words of a target's contract, and back.

package conform

import (
	"context"
	"crypto/ecdsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"strings"
	"sync"

	"tokenshell/shell/attacks"
	"tokenshell/shell/internal/foreign"
	"tokenshell/shell/internal/world"
	"tokenshell/tokens"
)

// translator writes what our domains issue as a target's contract has it, signed
// with the same key. A nil one changes nothing.
type translator struct {
	contract foreign.Contract
	world    *world.World
	sign     func(ctx context.Context, kid, input string) ([]byte, error) // R||S

	mu   sync.Mutex
	ours map[string]string // by theirs, and by what that is signed over: a signature has a twin
}

// newTranslator gives nil when the contract is ours.
func newTranslator(c foreign.Contract, w *world.World, t attacks.Target) *translator {
	if c.Audience == tokens.Audience && c.Type == tokens.Type && len(c.Issuers) == 0 && len(c.Claims) == 0 {
		return nil
	}
	return &translator{contract: c, world: w, ours: map[string]string{}, sign: func(ctx context.Context, kid, input string) ([]byte, error) {
		answer, err := t.Do(ctx, attacks.Action{Verb: attacks.Sign, KeyID: kid, Token: input})
		return answer.Signature, err
	}}
}

// object is a JSON object whose values stay as they are written.
type object map[string]json.RawMessage

// parts takes a compact token apart.
func parts(raw string) (header, payload object, signature []byte, err error) {
	all := strings.Split(raw, ".")
	if len(all) != 3 {
		return nil, nil, nil, errors.New("not three segments")
	}
	var decoded [3][]byte
	for i, part := range all {
		if strings.ContainsAny(part, "\r\n") { // which decoding ignores
			return nil, nil, nil, errors.New("a line break in a segment")
		}
		if decoded[i], err = base64.RawURLEncoding.Strict().DecodeString(part); err != nil {
			return nil, nil, nil, err
		}
	}
	if err = json.Unmarshal(decoded[0], &header); err == nil {
		err = json.Unmarshal(decoded[1], &payload)
	}
	return header, payload, decoded[2], err
}

func text(raw json.RawMessage) string {
	var s string
	_ = json.Unmarshal(raw, &s) // what is no string is ""
	return s
}

func quoted(s string) json.RawMessage {
	raw, _ := json.Marshal(s) // a string has no way to fail
	return raw
}

// written signs an object with a key, or leaves the signature that it had.
func (t *translator) written(ctx context.Context, header, payload object, signature []byte) (string, error) {
	h, err := json.Marshal(header)
	if err != nil {
		return "", err
	}
	p, err := json.Marshal(payload)
	if err != nil {
		return "", err
	}
	b64 := base64.RawURLEncoding.EncodeToString
	input := b64(h) + "." + b64(p)
	if signature == nil {
		if signature, err = t.sign(ctx, text(header["kid"]), input); err != nil {
			return "", err
		}
	}
	return input + "." + b64(signature), nil
}

// theirs writes a token of ours as the contract has it.
func (t *translator) theirs(ctx context.Context, raw string) (string, error) {
	if t == nil {
		return raw, nil
	}
	header, payload, _, err := parts(raw)
	if err != nil {
		return "", err
	}
	from, to := text(payload["iss"]), t.issuer(text(payload["iss"]))
	header["typ"] = quoted(t.contract.Type)
	payload["iss"] = quoted(to)
	payload["aud"] = renamed(payload["aud"], map[string]string{tokens.Audience: t.contract.Audience, from: to})
	for ours, name := range t.contract.Claims {
		payload[name], payload[ours] = payload[ours], nil
		delete(payload, ours)
	}
	other, err := t.written(ctx, header, payload, nil)
	if err == nil {
		t.mu.Lock()
		t.ours[other] = raw
		t.ours[other[:strings.LastIndexByte(other, '.')]] = raw
		t.mu.Unlock()
	}
	return other, err
}

// issuer gives the contract's name of an issuer of ours.
func (t *translator) issuer(iss string) string {
	for _, p := range t.world.Parties {
		if p.Issuer() == iss {
			return issuerOf(t.contract, p)
		}
	}
	return iss
}

// renamed gives aud, a name or several, with other names.
func renamed(raw json.RawMessage, names map[string]string) json.RawMessage {
	var all []string
	if json.Unmarshal(raw, &all) != nil {
		if name := names[text(raw)]; name != "" {
			return quoted(name)
		}
		return raw
	}
	for i, name := range all {
		if other := names[name]; other != "" {
			all[i] = other
		}
	}
	again, _ := json.Marshal(all) // strings have no way to fail
	return again
}

// back gives the token of ours that one of theirs was, or would be: a forged one
// is signed again if its signature is good, and else keeps what it has.
func (t *translator) back(raw string) string {
	if t == nil {
		return raw
	}
	header, payload, signature, err := parts(raw)
	if err != nil {
		return raw
	}
	t.mu.Lock()
	itself, known := t.ours[raw], t.ours[raw[:strings.LastIndexByte(raw, '.')]]
	t.mu.Unlock()
	if itself != "" {
		return itself
	}
	iss := text(payload["iss"])
	names := map[string]string{t.contract.Audience: tokens.Audience}
	for _, p := range t.world.Parties {
		if issuerOf(t.contract, p) == iss {
			payload["iss"] = quoted(p.Issuer())
			names[iss] = p.Issuer()
			if good(p, text(header["kid"]), raw, signature) {
				if known != "" {
					return known
				}
				signature = nil
			}
		}
	}
	if text(header["typ"]) == t.contract.Type {
		header["typ"] = quoted(tokens.Type)
	}
	if payload["aud"] != nil {
		payload["aud"] = renamed(payload["aud"], names)
	}
	for ours, name := range t.contract.Claims {
		if value, ok := payload[name]; ok {
			delete(payload, name)
			payload[ours] = value
		}
	}
	again, err := t.written(context.Background(), header, payload, signature)
	if err != nil {
		return raw
	}
	return again
}

// good reports whether a service's key signed a token.
func good(p world.Party, kid, raw string, signature []byte) bool {
	input := raw[:strings.LastIndexByte(raw, '.')]
	digest := sha256.Sum256([]byte(input))
	for _, key := range p.Keys().JWKS().Keys {
		public, ok := key.Key.(*ecdsa.PublicKey)
		if ok && key.KeyID == kid && len(signature) == 64 {
			return ecdsa.Verify(public, digest[:], new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:]))
		}
	}
	return false
}
