// Profiles: what an outside issuer's tokens do differently.

package tokens

import (
	"fmt"
	"slices"
	"time"
)

// Profile is what a trusted outside issuer's tokens do differently from ours.
// Claims that nobody knows are ignored in them, and nbf is honoured (RFC 7519
// 4.1.5). The zero value changes nothing else.
type Profile struct {
	Types       []string          // accepted as typ; "" lets it be absent; none means ours
	Header      []string          // header members that may stand there and are ignored
	Audience    string            // who aud must name, in place of the relay; empty is the relay
	Claims      map[string]string // the issuer's names for our claims
	MaxLifetime time.Duration     // of exp - iat; 0 is [MaxLifetime]
	Leeway      time.Duration     // added to the party's own
}

// neverIgnored are header members that no profile lets pass: each changes what
// a token means, or which key is to be believed (RFC 7515 4.1, RFC 7797).
var neverIgnored = []string{"alg", "kid", "typ", "crit", "b64", "zip", "enc", "jwk", "jku", "x5u", "x5c", "x5t", "x5t#S256"}

// maxProfileLifetime and maxProfileLeeway bound what a profile may ask for.
const (
	maxProfileLifetime = 24 * time.Hour
	maxProfileLeeway   = 5 * time.Minute
)

// Check says what is wrong with a profile; nil when it may be used.
func (p *Profile) Check() error {
	for _, member := range p.Header {
		if member == "" || slices.Contains(neverIgnored, member) {
			return fmt.Errorf("header member %q cannot be ignored", member)
		}
	}
	taken := map[string]bool{"iss": true, "nbf": true}
	for _, row := range claimRows {
		if p.Claims[row.name] == "" {
			taken[row.name] = true // under its own name
		}
	}
	for ours, theirs := range p.Claims {
		if taken[theirs] {
			return fmt.Errorf("two claims would be read from %q", theirs)
		}
		taken[theirs] = true
		if !knownClaim(ours) || ours == "iss" {
			return fmt.Errorf("%q is not a claim that can have another name", ours)
		}
		if !isID(theirs) {
			return fmt.Errorf("%q is not a name for a claim", theirs)
		}
	}
	if p.MaxLifetime < 0 || p.MaxLifetime > maxProfileLifetime {
		return fmt.Errorf("a lifetime of %s: write 1s to %dh", HowLong(p.MaxLifetime), maxProfileLifetime/time.Hour)
	}
	if p.Leeway < 0 || p.Leeway > maxProfileLeeway {
		return fmt.Errorf("a leeway of %s: write 0s to %dm", HowLong(p.Leeway), maxProfileLeeway/time.Minute)
	}
	return nil
}

func (i *Issuer) types() []string {
	if i.Profile == nil || len(i.Profile.Types) == 0 {
		return []string{Type}
	}
	return i.Profile.Types
}

func (i *Issuer) ignores(member string) bool {
	return i.Profile != nil && slices.Contains(i.Profile.Header, member)
}

// claimName gives the issuer's name for one of our claims.
func (i *Issuer) claimName(ours string) string {
	if i.Profile != nil {
		if theirs := i.Profile.Claims[ours]; theirs != "" {
			return theirs
		}
	}
	return ours
}

func (i *Issuer) audience(party string) string {
	if i.Profile != nil && i.Profile.Audience != "" {
		return i.Profile.Audience
	}
	return party
}

func (i *Issuer) leeway() time.Duration {
	if i.Profile == nil {
		return 0
	}
	return i.Profile.Leeway
}

func (i *Issuer) maxLifetime() time.Duration {
	if i.Profile == nil || i.Profile.MaxLifetime == 0 {
		return MaxLifetime
	}
	return i.Profile.MaxLifetime
}
