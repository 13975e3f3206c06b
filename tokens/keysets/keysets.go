// Package keysets reads the keys of an outside issuer as they are published: a JWK
// set, a JWK, PEM, certificates. Of a set it takes the keys that can be used for
// verifying, and says which it leaves out (RFC 7517 5).
//
// Its laws: a key verifies with one algorithm, the one that it says, or the only
// one that it could be for. A set with a private or a symmetric key in it is
// refused whole, for whoever published that has lost it. Where two keys could be
// meant, none is taken.
package keysets

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/json" // unlike encoding/json it knows "kid" from "KID"

	"tokenshell/tokens"
)

// Bounds of a file.
const (
	maxSize = 1 << 20
	maxKeys = 100
)

// Set is what was read.
type Set struct {
	Keys    tokens.StaticKeys
	LeftOut []string // why each key that is not used is not
}

// Total is how many keys there were.
func (s Set) Total() int { return len(s.Keys) + len(s.LeftOut) }

// Notice says which keys are left out; empty when none is.
func (s Set) Notice() string {
	if len(s.LeftOut) == 0 {
		return ""
	}
	return fmt.Sprintf("%s used; left out: %d of %d: %s", tokens.Count(len(s.Keys), "key"), len(s.LeftOut), s.Total(), strings.Join(s.LeftOut, "; "))
}

// candidate is a key as it stands there.
type candidate struct {
	jwk  map[string]json.RawMessage
	from string // of a key that is no JWK, what it is; empty for a JWK
}

// Read reads a key set. alg is what a key is for that does not say it and could be
// for two, RS256 and PS256; empty leaves it out. The error says what the file is
// and what to do, or which keys cannot be used.
func Read(text []byte, alg jose.SignatureAlgorithm) (Set, error) {
	if len(text) > maxSize {
		return Set{}, fmt.Errorf("the key set has %d bytes, at most %d are read", len(text), maxSize)
	}
	text = bytes.TrimSpace(bytes.TrimPrefix(text, []byte("\ufeff")))
	if !bytes.HasPrefix(text, []byte("{")) && bytes.Contains(text, []byte("-----BEGIN ")) {
		return fromPEM(text, alg)
	}
	if err := tokens.StrictObject(text); err != nil {
		return Set{}, fmt.Errorf("no JWK set: %w%s", err, looksLike(text))
	}
	var members map[string]json.RawMessage
	_ = json.Unmarshal(text, &members) // of a strict object, which has no way to fail
	keys, err := candidatesOf(members)
	if err != nil {
		return Set{}, err
	}
	return choose(keys, alg)
}

// looksLike says what a text is that is no JSON object.
func looksLike(text []byte) string {
	switch {
	case bytes.HasPrefix(text, []byte("<")):
		return "; this is a web page"
	case bytes.HasPrefix(text, []byte("eyJ")):
		return "; this is a token"
	case bytes.HasPrefix(text, []byte("\xff\xfe")), bytes.HasPrefix(text, []byte("\xfe\xff")):
		return "; this is UTF-16: write it in UTF-8"
	case bytes.HasPrefix(text, []byte{0x30, 0x82}):
		return "; this is DER: openssl x509 -inform der, or openssl pkey -pubin -inform der, writes it in PEM"
	}
	return ""
}

// candidatesOf finds the keys of an object, whatever kind of object it is.
func candidatesOf(members map[string]json.RawMessage) ([]candidate, error) {
	if uri, ok := members["jwks_uri"]; ok && members["keys"] == nil {
		var text string
		if json.Unmarshal(uri, &text) != nil || len(text) > 512 {
			text = "its jwks_uri"
		}
		return nil, fmt.Errorf("this is an OpenID discovery document, and no key set: fetch %s, and give what it answers", strconv.QuoteToASCII(text))
	}
	if _, ok := members["kty"]; ok && members["keys"] == nil {
		return []candidate{{jwk: members}}, nil
	}
	if keys, ok := certificates(members); ok {
		return keys, nil
	}
	var raw []json.RawMessage
	if err := json.Unmarshal(members["keys"], &raw); err != nil || len(raw) == 0 || len(raw) > maxKeys {
		return nil, fmt.Errorf(`no JWK set: "keys" holds 1 to %d keys`, maxKeys)
	}
	keys := make([]candidate, len(raw))
	for i := range raw {
		_ = json.Unmarshal(raw[i], &keys[i].jwk) // what is no object has no members
	}
	return keys, nil
}

// certificates reads an object whose members are certificates by kid, as some
// publish them.
func certificates(members map[string]json.RawMessage) ([]candidate, bool) {
	var keys []candidate
	for _, kid := range slices.Sorted(maps.Keys(members)) {
		var text string
		if json.Unmarshal(members[kid], &text) != nil || !strings.HasPrefix(text, "-----BEGIN CERTIFICATE-----") {
			return nil, false
		}
		block, _ := pem.Decode([]byte(text))
		if block == nil {
			return nil, false
		}
		public, err := publicOf(block)
		if err != nil {
			return nil, false
		}
		keys = append(keys, candidate{asJWK(public, kid), ""})
	}
	return keys, len(keys) > 0 && len(keys) <= maxKeys
}

// noKID stands in the place of a kid while a key without one is looked at.
const noKID = "(no kid)"

// choose takes the keys that can be used.
func choose(candidates []candidate, alg jose.SignatureAlgorithm) (Set, error) {
	for i, c := range candidates {
		if what := secret(c.jwk); what != "" {
			return Set{}, fmt.Errorf("key %d: %s", i+1, what)
		}
	}
	var set Set
	for i, c := range candidates {
		key, err := usable(c, alg)
		if err != nil {
			set.LeftOut = append(set.LeftOut, named(i, c, err))
			continue
		}
		set.Keys = append(set.Keys, key)
	}
	set.distinct()
	if len(set.Keys) == 0 {
		return Set{}, fmt.Errorf("no key of it can be used for verifying: %s", strings.Join(set.LeftOut, "; "))
	}
	return set, nil
}

// distinct leaves out the keys of which it could not be said which one is meant.
func (s *Set) distinct() {
	var kept tokens.StaticKeys
	for i, key := range s.Keys {
		name := tokens.Word(key.ID)
		others := slices.Concat(s.Keys[:i], s.Keys[i+1:])
		same := func(other tokens.Key) bool { return other.ID == key.ID && other.Algorithm == key.Algorithm }
		switch {
		case key.ID == "" && len(s.Keys) > 1:
			s.LeftOut = append(s.LeftOut, "one has no kid, and there are several")
		case slices.ContainsFunc(others, func(other tokens.Key) bool { return same(other) && !Equal(key, other) }):
			s.LeftOut = append(s.LeftOut, fmt.Sprintf("%s stands there twice for %s, and the keys differ", name, key.Algorithm))
		case slices.ContainsFunc(s.Keys[:i], same):
			s.LeftOut = append(s.LeftOut, name+" stands there twice")
		default:
			kept = append(kept, key)
		}
	}
	s.Keys = kept
}

// Equal reports whether two keys verify the same.
func Equal(a, b tokens.Key) bool {
	public, ok := a.Public.(interface{ Equal(crypto.PublicKey) bool })
	return ok && a.Algorithm == b.Algorithm && public.Equal(b.Public)
}

// secret says of a key what nobody should see of it; empty when it is a public one.
func secret(jwk map[string]json.RawMessage) string {
	for _, member := range tokens.PrivateMembers() {
		if _, ok := jwk[member]; ok {
			return "it is a private key, and should be nowhere but in its KMS"
		}
	}
	if _, ok := jwk["k"]; ok || text(jwk["kty"]) == "oct" {
		return "it is a symmetric key: who can verify with it can sign with it"
	}
	return ""
}

// usable gives the key, or why it cannot be used. What a set of one key has to
// keep to is for [tokens.ParseKeySet] to say.
func usable(c candidate, alg jose.SignatureAlgorithm) (tokens.Key, error) {
	if c.from != "" {
		return tokens.Key{}, errors.New(c.from)
	}
	jwk := maps.Clone(c.jwk)
	if jwk == nil {
		return tokens.Key{}, errors.New("it is not a JWK")
	}
	_, has := jwk["kid"]
	if !has {
		jwk["kid"] = quoted(noKID)
	}
	kty, crv := text(jwk["kty"]), text(jwk["crv"])
	switch said, says := jwk["alg"]; {
	case text(said) == tokens.Ed25519 && kty == "OKP":
		jwk["alg"] = quoted(string(jose.EdDSA))
	case says:
	case kty == "EC" && crv == "P-256":
		jwk["alg"] = quoted(string(jose.ES256))
	case kty == "OKP" && crv == "Ed25519":
		jwk["alg"] = quoted(string(jose.EdDSA))
	case kty == "RSA" && alg != "":
		jwk["alg"] = quoted(string(alg))
	case kty == "RSA":
		return tokens.Key{}, errors.New("it says no alg, and an RSA key may be for RS256 or for PS256: alg in a profile says which")
	default:
		return tokens.Key{}, fmt.Errorf("kty %s and crv %s are not used: ES256, EdDSA, RS256 and PS256 are", strconv.QuoteToASCII(kty), strconv.QuoteToASCII(crv))
	}
	keys, err := tokens.ParseKeySet(setOf(jwk))
	if err != nil {
		return tokens.Key{}, err
	}
	if !has {
		keys[0].ID = ""
	}
	return keys[0], nil
}

// setOf writes a set of one key.
func setOf(jwk map[string]json.RawMessage) []byte {
	var b bytes.Buffer
	b.WriteString(`{"keys":[{`)
	for i, name := range slices.Sorted(maps.Keys(jwk)) {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(quoted(name))
		b.WriteByte(':')
		b.Write(jwk[name])
	}
	b.WriteString(`}]}`)
	return b.Bytes()
}

// named says of a key that is left out which it is.
func named(i int, c candidate, err error) string {
	why := strings.TrimPrefix(err.Error(), "key 1: ")
	kid := text(c.jwk["kid"])
	for _, name := range []string{kid, noKID} {
		why = strings.TrimPrefix(why, strconv.QuoteToASCII(name)+" ")
	}
	why = strings.TrimPrefix(why, "it ")
	if strings.HasPrefix(why, "kty ") {
		why = "is of " + why
	}
	if kid == "" || len(kid) > 64 {
		return fmt.Sprintf("key %d %s", i+1, why)
	}
	return tokens.Word(kid) + " " + why
}

// fromPEM reads blocks of PEM: public keys and certificates. Of a chain the first
// is the issuer's.
func fromPEM(text []byte, alg jose.SignatureAlgorithm) (Set, error) {
	var keys []candidate
	leaf := false
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if strings.Contains(block.Type, "PRIVATE KEY") {
			return Set{}, fmt.Errorf("block %d: it is a private key, and should be nowhere but in its KMS", len(keys)+1)
		}
		c := candidate{}
		public, err := publicOf(block)
		switch {
		case err != nil:
			c.from = err.Error()
		case block.Type == "CERTIFICATE" && leaf:
			c.from = "it is a certificate behind the first: of a chain, the first is the issuer's"
		default:
			c.jwk = asJWK(public, "")
		}
		leaf = leaf || block.Type == "CERTIFICATE"
		keys = append(keys, c)
	}
	switch {
	case len(keys) == 0:
		return Set{}, errors.New("no block of PEM in it can be read")
	case len(keys) > maxKeys:
		return Set{}, fmt.Errorf("%d blocks of PEM, at most %d are read", len(keys), maxKeys)
	}
	return choose(keys, alg)
}

// publicOf gives the key of a block.
func publicOf(block *pem.Block) (crypto.PublicKey, error) {
	var (
		public crypto.PublicKey
		err    error
	)
	switch block.Type {
	case "PUBLIC KEY":
		public, err = x509.ParsePKIXPublicKey(block.Bytes)
	case "RSA PUBLIC KEY":
		public, err = x509.ParsePKCS1PublicKey(block.Bytes)
	case "CERTIFICATE":
		var certificate *x509.Certificate
		if certificate, err = x509.ParseCertificate(block.Bytes); err == nil {
			public = certificate.PublicKey
		}
	default:
		return nil, fmt.Errorf("it is a block %s: PUBLIC KEY, RSA PUBLIC KEY and CERTIFICATE are read", strconv.QuoteToASCII(block.Type))
	}
	if err != nil {
		return nil, errors.New("it is a block that cannot be read")
	}
	return public, nil
}

// asJWK writes a key as a JWK without alg; one that cannot be written is empty.
func asJWK(public crypto.PublicKey, kid string) map[string]json.RawMessage {
	written, _ := (&jose.JSONWebKey{Key: public}).MarshalJSON() // nothing, of a kind that it does not know
	var members map[string]json.RawMessage
	if json.Unmarshal(written, &members) != nil {
		return map[string]json.RawMessage{"kty": quoted("unknown")}
	}
	if kid != "" {
		members["kid"] = quoted(kid)
	}
	return members
}

func quoted(text string) json.RawMessage {
	raw, _ := json.Marshal(text) // of a string, which has no way to fail
	return raw
}

// text gives a string; empty for anything else.
func text(raw json.RawMessage) string {
	var s string
	_ = json.Unmarshal(raw, &s) // which leaves it empty
	return s
}
