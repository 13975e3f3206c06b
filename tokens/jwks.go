// Key sets from outside: checked when they are loaded, for a verifier uses keys
// as they come.

package tokens

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/json" // unlike encoding/json it knows "kid" from "KID"

	"tokenshell/tokens/strictjson"
	"tokenshell/tokens/weakkeys"
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

// KeyFor finds the key of a kid that is for an algorithm, or else one that has the
// kid. A set of one key without a name gives it, whatever kid is asked for.
func (s StaticKeys) KeyFor(kid, alg string) (Key, error) {
	if len(s) == 1 && s[0].ID == "" {
		return s[0], nil
	}
	if kid == "" {
		return Key{}, errNoKID
	}
	if alg == Ed25519 {
		alg = string(jose.EdDSA)
	}
	if at := slices.IndexFunc(s, func(k Key) bool { return k.ID == kid && string(k.Algorithm) == alg }); at >= 0 {
		return s[at], nil
	}
	return s.Key(kid)
}

// ParseKeySet reads a JWK set (RFC 7517 5) and refuses it whole when one of its
// keys is not fit for verifying: no kid or one twice, no alg, an algorithm
// other than ES256, EdDSA, RS256 and PS256 or not that of the key, use or
// key_ops for something else, a private or symmetric key, a number that is not
// written as RFC 7518 6 has it, a point off its curve, or a key with which
// anybody could sign. The error names the key.
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

// PrivateMembers gives the JWK members that only a private key has (RFC 7518
// 6.2.2, 6.3.2; RFC 8037 2): one factor of n is as good as all of them.
func PrivateMembers() []string {
	return []string{"d", "p", "q", "dp", "dq", "qi", "oth", "priv"}
}

func parseKey(raw []byte) (Key, error) {
	var about struct {
		Type       string          `json:"kty"`
		ID         string          `json:"kid"`
		Algorithm  string          `json:"alg"`
		Use        *string         `json:"use"`
		Operations *[]string       `json:"key_ops"`
		Symmetric  json.RawMessage `json:"k"`
	}
	members, err := strictjson.Parse(string(raw))
	if err != nil || json.Unmarshal(raw, &about) != nil {
		return Key{}, errors.New("it is not a JWK")
	}
	private := slices.ContainsFunc(members, func(m strictjson.Member) bool { return slices.Contains(PrivateMembers(), m.Name) })
	switch {
	case private:
		return Key{}, errors.New("it is a private key, and should be nowhere but in its KMS")
	case about.Symmetric != nil || about.Type == "oct":
		return Key{}, errors.New("it is a symmetric key: who can verify with it can sign with it")
	case !isID(about.ID):
		return Key{}, errors.New("it has no kid, or one that is not an id")
	case about.Algorithm == "":
		return Key{}, fmt.Errorf("%s says no alg", quote(about.ID))
	case about.Use != nil && *about.Use != "sig":
		return Key{}, fmt.Errorf("%s is for use %s, not for sig", quote(about.ID), quote(*about.Use))
	case about.Operations != nil && !slices.Contains(*about.Operations, "verify"):
		return Key{}, fmt.Errorf("%s is not for verifying (key_ops)", quote(about.ID))
	}
	if err := canonicalNumbers(members); err != nil {
		return Key{}, fmt.Errorf("%s is not a valid key: %w", quote(about.ID), err)
	}
	var parsed jose.JSONWebKey
	if err := parsed.UnmarshalJSON(raw); err != nil || !parsed.Valid() {
		return Key{}, fmt.Errorf("%s is not a valid key: %s", quote(about.ID), notValid(about.Type))
	}
	key := Key{ID: about.ID, Algorithm: jose.SignatureAlgorithm(about.Algorithm), Public: parsed.Key}
	return key, key.check()
}

// notValid says why numbers of a type of key make none.
func notValid(kty string) string {
	switch kty {
	case "EC":
		return "its point is not on its curve, or not written with as many bytes"
	case "OKP":
		return "its point is of small order, or not one of Ed25519 in 32 bytes"
	}
	return "its numbers make none"
}

// canonicalNumbers holds the numbers of a key against RFC 7518 2: base64url of
// one spelling, and no zeros before a number of no fixed length.
func canonicalNumbers(members strictjson.Object) error {
	for _, m := range members {
		if !slices.Contains([]string{"n", "e", "x", "y"}, m.Name) {
			continue
		}
		text, ok := strictjson.String(m.Raw)
		number, err := base64.RawURLEncoding.DecodeString(text)
		switch {
		case !ok:
			return fmt.Errorf("its %s is not a string", m.Name)
		case err != nil || base64.RawURLEncoding.EncodeToString(number) != text: // spare bits, padding, a line break
			return fmt.Errorf("its %s is not canonical base64url", m.Name)
		case (m.Name == "n" || m.Name == "e") && len(number) > 1 && number[0] == 0:
			return fmt.Errorf("its %s begins with a zero", m.Name)
		}
	}
	return nil
}

// check holds the key against its algorithm.
func (k *Key) check() error {
	fits := false
	switch public := k.Public.(type) {
	case *ecdsa.PublicKey:
		fits = k.Algorithm == jose.ES256 && public.Curve == elliptic.P256()
		if fits && weakkeys.GuessableP256(public) {
			return fmt.Errorf("%s is a weak EC key: anybody can guess its private number", quote(k.ID))
		}
	case ed25519.PublicKey:
		if !weakkeys.ValidEd25519(public) {
			return fmt.Errorf("%s is not a valid key: its point is not on the curve", quote(k.ID))
		}
		if weakkeys.GuessableEd25519(public) {
			return fmt.Errorf("%s is a weak Ed25519 key: anybody can guess its private number", quote(k.ID))
		}
		fits = k.Algorithm == jose.EdDSA
	case *rsa.PublicKey:
		if why := weakkeys.RSA(public); why != "" {
			return fmt.Errorf("%s is a weak RSA key: %s", quote(k.ID), why)
		}
		fits = k.Algorithm == jose.RS256 || k.Algorithm == jose.PS256
	}
	if !fits {
		return fmt.Errorf("%s is not a key for %s; ES256, EdDSA, RS256 and PS256 are used", quote(k.ID), quote(string(k.Algorithm)))
	}
	return nil
}
