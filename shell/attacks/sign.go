// Signing: the keys that hostile tokens are signed with.

package attacks

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/binary"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"

	"tokenshell/shell/attacks/bends"
)

// attackerKey derives the attacker's own key from a seed.
func attackerKey(seed uint64) (*ecdsa.PrivateKey, error) {
	for n := range uint64(100) {
		text := binary.BigEndian.AppendUint64([]byte("the attacker's key"), seed)
		sum := sha256.Sum256(binary.BigEndian.AppendUint64(text, n))
		if key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), sum[:]); err == nil {
			return key, nil
		}
	}
	return nil, errors.New("the seed gives no key")
}

// joseSignature signs with a private key. The signature is R||S (RFC 7518 3.4),
// and always the same for the same input (RFC 6979).
func joseSignature(key *ecdsa.PrivateKey, input string) ([]byte, error) {
	digest := sha256.Sum256([]byte(input))
	der, err := key.Sign(nil, digest[:], crypto.SHA256)
	if err != nil {
		return nil, err
	}
	var rs struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &rs); err != nil {
		return nil, err
	}
	return bends.Join(rs.R, rs.S), nil
}

// publicJWK writes an EC public key as a JWK (RFC 7518 6.2).
func publicJWK(public *ecdsa.PublicKey) (string, error) {
	point, err := public.Bytes() // 4, then X, then Y
	if err != nil {
		return "", err
	}
	half := len(point) / 2
	b64 := base64.RawURLEncoding.EncodeToString
	return fmt.Sprintf(`{"kty":"EC","crv":"P-256","x":"%s","y":"%s"}`, b64(point[1:1+half]), b64(point[1+half:])), nil
}

// serviceJWK writes a service's public key as a JWK.
func serviceJWK(s Service) (string, error) {
	parsed, err := x509.ParsePKIXPublicKey(s.PublicKey)
	if err != nil {
		return "", err
	}
	public, ok := parsed.(*ecdsa.PublicKey)
	if !ok {
		return "", fmt.Errorf("the key of %s is not an EC key", s.Name)
	}
	return publicJWK(public)
}

func mac(secret []byte, input string) []byte {
	h := hmac.New(sha256.New, secret)
	h.Write([]byte(input))
	return h.Sum(nil)
}

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
		return joseSignature(r.key, input)
	case nobody:
		return nil, nil
	case kept:
		_, _, signature, err := decode(good.raw)
		return signature, err
	case borrowed:
		_, _, signature, err := decode(r.tokens["u"].raw)
		return signature, err
	case macDER:
		return mac(s.PublicKey, input), nil
	case macPEM:
		return mac(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: s.PublicKey}), input), nil
	case macJWK:
		jwk, err := serviceJWK(s)
		return mac([]byte(jwk), input), err
	case macEmpty:
		return mac(nil, input), nil
	case macCommon:
		return mac([]byte("secret"), input), nil
	default:
		return nil, fmt.Errorf("nobody signs as %q", f.Signer)
	}
}

// forge makes a token from a good one.
func (r *run) forge(ctx context.Context, f *Forgery, good held) (string, error) {
	header, payload, _, err := decode(good.raw)
	if err != nil {
		return "", err
	}
	words, err := r.words(good)
	if err != nil {
		return "", err
	}
	headerText, err := edit(header, f.Header, nil, words)
	if err != nil {
		return "", err
	}
	payloadText, err := edit(payload, f.Payload, r.shop().Claims, words)
	if err != nil {
		return "", err
	}
	payloadText = written(f.PayloadText, payloadText, words)
	if f.Whole != nil {
		payloadText = string(f.Whole)
	}
	input := f.SpellHeader.Of(encode(written(f.HeaderText, headerText, words))) + "." + f.SpellPayload.Of(encode(payloadText))
	signature, err := r.signature(ctx, f, good, f.Input.Of(input))
	if err != nil {
		return "", err
	}
	return f.Text.Of(input + "." + encode(f.Signature.Of(string(signature)))), nil
}
