// Profiles: what an outside issuer's tokens do differently.

package tokens

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// Profile is what a trusted outside issuer's tokens do differently from ours.
// Claims that nobody knows are ignored in them, and nbf is honoured (RFC 7519
// 4.1.5). The zero value changes nothing else.
type Profile struct {
	Types       []string          // accepted as typ; "" lets it be absent; none means ours
	Header      []string          // header members that may stand there and are ignored
	Audience    string            // who aud must name, in place of the relay; empty is the relay
	Audiences   []string          // other names of the same: aud must name one, and nobody else
	Claims      map[string]string // the issuer's names for our claims
	Scope       string            // the claim that holds the capabilities as one string, between spaces
	Ignored     []string          // names in Scope that grant nothing
	Optional    []string          // claims that may be absent
	Fractions   bool              // a time may have a fraction (RFC 7519 2)
	MaxLifetime time.Duration     // of exp - iat; 0 is [MaxLifetime]
	Leeway      time.Duration     // added to the party's own

	Algorithm jose.SignatureAlgorithm // of keys that say none and could be for two; empty leaves them out
}

var noProfile Profile

// profile gives the issuer's, or one that changes nothing.
func (i *Issuer) profile() *Profile {
	if i.Profile == nil {
		return &noProfile
	}
	return i.Profile
}

func (i *Issuer) types() []string {
	if types := i.profile().Types; len(types) > 0 {
		return types
	}
	return []string{Type}
}

func (i *Issuer) ignores(member string) bool { return slices.Contains(i.profile().Header, member) }

// waives reports whether a claim may be absent.
func (i *Issuer) waives(claim string) bool { return slices.Contains(i.profile().Optional, claim) }

// claimName gives the issuer's name for one of our claims.
func (i *Issuer) claimName(ours string) string {
	theirs := i.profile().Claims[ours]
	if ours == "capabilities" {
		theirs = cmp.Or(theirs, i.profile().Scope)
	}
	return cmp.Or(theirs, ours)
}

func (i *Issuer) audience(party string) string { return cmp.Or(i.profile().Audience, party) }

func (i *Issuer) maxLifetime() time.Duration { return cmp.Or(i.profile().MaxLifetime, MaxLifetime) }

// spells reports whether the issuer may write alg so for a key of an algorithm:
// EdDSA is Ed25519 by its newer name (RFC 9864 2.2).
func (i *Issuer) spells(alg string, of jose.SignatureAlgorithm) bool {
	return alg == string(of) || i.Profile != nil && of == jose.EdDSA && alg == Ed25519
}

// errNoKID is the answer to a token that names no key.
var errNoKID = errors.New("the header names no kid")

// key finds a key. A set from outside may know a kid of two algorithms, or a key
// without a name; none of ours does.
func (i *Issuer) key(kid, alg string) (Key, error) {
	by, ok := i.Keys.(interface {
		KeyFor(kid, alg string) (Key, error)
	})
	switch {
	case ok:
		return by.KeyFor(kid, alg)
	case kid == "":
		return Key{}, errNoKID
	}
	return i.Keys.Key(kid)
}
