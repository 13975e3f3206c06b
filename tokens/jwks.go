// Key sets from outside: checked when they are loaded, for a verifier uses keys
// as they come.

package tokens

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/go-jose/go-jose/v4"
)

// maxKeys and maxKeySetSize bound a key set.
const (
	maxKeys       = 100
	maxKeySetSize = 1 << 20
)

// StaticKeys is a key set that never changes; see [KeySet].
type StaticKeys []Key

// Key finds a key.
func (s StaticKeys) Key(kid string) (Key, error) {
	at := slices.IndexFunc(s, func(k Key) bool { return k.ID == kid })
	if at < 0 {
		return Key{}, errors.New("it was never there")
	}
	return s[at], nil
}

// ParseKeySet reads a JWK set (RFC 7517 5) and refuses it whole when one of its
// keys is not fit for verifying: no kid or one twice, no alg, an algorithm
// other than ES256, EdDSA, RS256 and PS256 or not that of the key, use or
// key_ops for something else, a private or symmetric key, RSA of under 2048
// bits or with a small exponent, a point off its curve. The error names the
// key.
func ParseKeySet(text []byte) (StaticKeys, error) {
	if len(text) > maxKeySetSize {
		return nil, fmt.Errorf("the key set has %d bytes, at most %d are read", len(text), maxKeySetSize)
	}
	if err := StrictObject(text); err != nil {
		return nil, fmt.Errorf("no JWK set: %w", err)
	}
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(text, &set); err != nil || len(set.Keys) == 0 || len(set.Keys) > maxKeys {
		return nil, fmt.Errorf(`no JWK set: "keys" holds 1 to %d keys`, maxKeys)
	}
	var keys StaticKeys
	for i, raw := range set.Keys {
		key, err := parseKey(raw)
		if err != nil {
			return nil, fmt.Errorf("key %d: %w", i+1, err)
		}
		if _, err := keys.Key(key.ID); err == nil {
			return nil, fmt.Errorf("key %d: kid %s stands there twice", i+1, quote(key.ID))
		}
		keys = append(keys, key)
	}
	return keys, nil
}

func parseKey(raw []byte) (Key, error) {
	var about struct {
		Type       string          `json:"kty"`
		ID         string          `json:"kid"`
		Algorithm  string          `json:"alg"`
		Use        *string         `json:"use"`
		Operations *[]string       `json:"key_ops"`
		Private    json.RawMessage `json:"d"`
		Symmetric  json.RawMessage `json:"k"`
	}
	if StrictObject(raw) != nil || json.Unmarshal(raw, &about) != nil {
		return Key{}, errors.New("it is no JWK")
	}
	switch {
	case about.Private != nil:
		return Key{}, errors.New("it is a private key, and should be nowhere but in its KMS")
	case about.Symmetric != nil || about.Type == "oct":
		return Key{}, errors.New("it is a symmetric key: who can verify with it can sign with it")
	case !isID(about.ID):
		return Key{}, errors.New("it has no kid, or one that is no id")
	case about.Algorithm == "":
		return Key{}, fmt.Errorf("%s says no alg", quote(about.ID))
	case about.Use != nil && *about.Use != "sig":
		return Key{}, fmt.Errorf("%s is for use %s, not for sig", quote(about.ID), quote(*about.Use))
	case about.Operations != nil && !slices.Contains(*about.Operations, "verify"):
		return Key{}, fmt.Errorf("%s is not for verifying (key_ops)", quote(about.ID))
	}
	var parsed jose.JSONWebKey
	if err := parsed.UnmarshalJSON(raw); err != nil || !parsed.Valid() {
		return Key{}, fmt.Errorf("%s is no valid key: its numbers make none", quote(about.ID))
	}
	key := Key{ID: about.ID, Algorithm: jose.SignatureAlgorithm(about.Algorithm), Public: parsed.Key}
	return key, key.check()
}

// check holds the key against its algorithm.
func (k *Key) check() error {
	fits := false
	switch public := k.Public.(type) {
	case *ecdsa.PublicKey:
		fits = k.Algorithm == jose.ES256 && public.Curve == elliptic.P256()
	case ed25519.PublicKey:
		fits = k.Algorithm == jose.EdDSA && len(public) == ed25519.PublicKeySize
	case *rsa.PublicKey:
		if public.N.BitLen() < 2048 || public.N.BitLen() > 8192 || public.E < 65537 || public.E%2 == 0 {
			return fmt.Errorf("%s is a weak RSA key: 2048 bits and an exponent of 65537 are the least", quote(k.ID))
		}
		fits = k.Algorithm == jose.RS256 || k.Algorithm == jose.PS256
	}
	if !fits {
		return fmt.Errorf("%s is no key for %s; ES256, EdDSA, RS256 and PS256 are used", quote(k.ID), quote(string(k.Algorithm)))
	}
	return nil
}
