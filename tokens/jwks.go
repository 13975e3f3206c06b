// Key sets from outside: checked when they are loaded, for a verifier uses keys
// as they come.

package tokens

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"errors"
	"fmt"
	"math/big"
	"slices"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/json" // unlike encoding/json it knows "kid" from "KID"
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
// bits, with a small exponent or of the weak generator of CVE-2017-15361, a
// point off its curve. The error names the key.
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
	members, err := parseObject(raw)
	if err != nil || json.Unmarshal(raw, &about) != nil {
		return Key{}, errors.New("it is not a JWK")
	}
	private := slices.ContainsFunc(members, func(m member) bool { return slices.Contains(PrivateMembers(), m.name) })
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
	var parsed jose.JSONWebKey
	if err := parsed.UnmarshalJSON(raw); err != nil || !parsed.Valid() {
		return Key{}, fmt.Errorf("%s is not a valid key: its numbers make none", quote(about.ID))
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
		if !onEd25519(public) {
			return fmt.Errorf("%s is not a valid key: its point is not on the curve", quote(k.ID))
		}
		fits = k.Algorithm == jose.EdDSA
	case *rsa.PublicKey:
		if isROCA(public.N) {
			return fmt.Errorf("%s is a weak RSA key: it can be factored (CVE-2017-15361)", quote(k.ID))
		}
		if public.N.BitLen() < 2048 || public.N.Bit(0) == 0 || public.E < 65537 || public.E%2 == 0 {
			return fmt.Errorf("%s is a weak RSA key: 2048 bits and an exponent of 65537 are the least", quote(k.ID))
		}
		fits = k.Algorithm == jose.RS256 || k.Algorithm == jose.PS256
	}
	if !fits {
		return fmt.Errorf("%s is not a key for %s; ES256, EdDSA, RS256 and PS256 are used", quote(k.ID), quote(string(k.Algorithm)))
	}
	return nil
}

// isROCA reports whether n has the form of the primes of Infineon's RSALib,
// which makes it cheap to factor (CVE-2017-15361): modulo each small prime it
// is a power of 65537. A sound n has that form four times in 10^9.
func isROCA(n *big.Int) bool {
	for _, p := range []int64{
		11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157, // modulo other primes under 167 all are
	} {
		rest := new(big.Int).Mod(n, big.NewInt(p)).Int64()
		power := int64(1)
		for i := int64(1); power != rest; i++ {
			if i == p {
				return false
			}
			power = power * 65537 % p
		}
	}
	return true
}

// onEd25519 reports whether the key decodes to a point (RFC 8032 5.1.3):
// y < p, and (y^2 - 1) / (dy^2 + 1) has a square root x. Ed25519 itself finds
// that out with the first signature.
func onEd25519(public ed25519.PublicKey) bool {
	if len(public) != ed25519.PublicKeySize {
		return false
	}
	p := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 255), big.NewInt(19))
	d := new(big.Int).ModInverse(big.NewInt(121666), p)
	d.Mul(d, big.NewInt(-121665)).Mod(d, p)
	bytes := slices.Clone(public)
	negative := bytes[31]>>7 == 1
	bytes[31] &= 0x7f
	slices.Reverse(bytes)
	y := new(big.Int).SetBytes(bytes)
	y2 := new(big.Int).Mul(y, y)
	above := new(big.Int).Sub(y2, big.NewInt(1))
	below := d.Mul(d, y2).Add(d, big.NewInt(1))
	switch root := big.Jacobi(above.Mul(above, below).Mod(above, p), p); root {
	case 0: // x is 0, which has no sign
		return y.Cmp(p) < 0 && !negative
	default:
		return y.Cmp(p) < 0 && root == 1
	}
}
