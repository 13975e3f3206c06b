// By hand: a person forges as a row does.

package attacks

import (
	"context"

	"tokenshell/shell/attacks/parts"
	"tokenshell/tokens"
)

// SignerRow is a signer, and the word by which people name it.
type SignerRow struct {
	Word   string
	Signer Signer
	Help   string
}

// Signers gives every signer.
func Signers() []SignerRow {
	return []SignerRow{
		{"own", issuer, "the issuer itself, as if somebody had its key"},
		{"sibling", sibling, "another service of the world"},
		{"former", former, "the issuer, with the key before"},
		{"attacker", attacker, "a key that nobody here knows"},
		{"nobody", nobody, "an empty signature"},
		{"hmac-public", macDER, "HMAC with the issuer's public key, in DER"},
		{"kept", kept, "the signature that was there"},
		{"borrowed", borrowed, "the signature of the token that --other names"},
		{"hmac-public-pem", macPEM, "HMAC with the issuer's public key, in PEM"},
		{"hmac-public-jwk", macJWK, "HMAC with the issuer's public key, as a JWK"},
		{"hmac-empty", macEmpty, "HMAC with an empty secret"},
		{"hmac-common", macCommon, "HMAC with a secret that every dictionary has"},
	}
}

// Good is a token from which another is made.
type Good struct {
	Raw     string
	Service string // that issued it; empty when none here did
	KeyID   string // that signed it
	Former  string // the key before
	Other   string // another token, of which a forgery may take something
}

// Forge makes a token from a good one. The attacker's key comes from the seed.
func (f *Forgery) Forge(ctx context.Context, target Target, seed uint64, good Good) (raw string, err error) {
	r := &run{target: target, seed: seed, tokens: map[string]held{"t": {kid: good.Former}, "u": {raw: good.Other}}, names: map[string]string{}}
	if r.key, err = parts.AttackerKey(seed); err != nil {
		return "", err
	}
	return r.forge(ctx, f, held{good.Raw, named + good.Service, good.KeyID})
}

// ForgedFrom says which of the tokens that a row has confirmed, from 1, the first
// one that has to be refused is forged from; 0 when it is not forged.
func (r Row) ForgedFrom() int {
	from, confirmed := map[string]string{}, map[string]int{}
	for _, s := range r.Steps {
		switch {
		case s.Verb == Confirm:
			confirmed[s.As] = len(confirmed) + 1
		case s.Verb == forge:
			from[s.As] = s.Token
		case s.Refused && (s.Verb == Relay || s.Verb == Direct):
			return confirmed[from[s.Token]]
		}
	}
	return 0
}

// Forges reports whether a step makes a token, marks whether it looks at the
// accounts, and Unmoved whether they have to be as they were then.
func (s Step) Forges() bool  { return s.Verb == forge }
func (s Step) Marks() bool   { return s.Verb == mark }
func (s Step) Unmoved() bool { return s.Verb == unmoved }

// Fetched reports whether a step only counts how often keys were fetched, which a
// relay that has them does not do.
func (s Step) Fetched() bool { return s.Verb == fetched }

// Wants gives the reason with which a step of the row has to be refused; empty
// when it has to be done.
func (r Row) Wants(s Step) tokens.Reason { return (&run{row: r}).wants(s) }
