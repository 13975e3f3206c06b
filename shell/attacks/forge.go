// The forgery: a good token, changed and signed again.

package attacks

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// Forgery says how a token is made from another. Its texts may name things with
// $NAME; see [run.words]. Unless a Signer is named, the issuer itself signs, as
// if somebody had its key.
type Forgery struct {
	Header, Payload []Edit
	HeaderText      string // how the header is written; @ stands for the JSON
	PayloadText     string
	SpellHeader     func(segment string) string // before signing; nil changes nothing
	SpellPayload    func(segment string) string
	Signer          Signer
	Input           func(input string) string // what is signed; nil is header.payload
	Signature       func([]byte) []byte       // what is done to the signature
	Text            func(string) string       // what is done to the finished token
}

// Signer says who signs.
type Signer string

// The signers.
const (
	issuer    Signer = ""           // with the key of the token that is forged
	former    Signer = "former"     // the issuer, with the key of the token called t
	sibling   Signer = "sibling"    // another service of the house
	attacker  Signer = "attacker"   // somebody else's key
	nobody    Signer = "nobody"     // the signature is empty
	kept      Signer = "kept"       // the signature is the good token's
	borrowed  Signer = "borrowed"   // the signature is that of the token called u
	macDER    Signer = "mac-der"    // HMAC with the issuer's public key, in DER
	macPEM    Signer = "mac-pem"    // the same, in PEM
	macJWK    Signer = "mac-jwk"    // the same, as JWK
	macEmpty  Signer = "mac-empty"  // HMAC with an empty secret
	macCommon Signer = "mac-common" // HMAC with a secret that every dictionary has
)

// Edit changes one member of a JSON object.
type Edit struct {
	op, name, raw string
	bend          func(string) string
	spell         func(string) string // how the name is written; nil as it is
}

func set(name, raw string) Edit  { return Edit{op: "set", name: name, raw: raw} }
func add(name, raw string) Edit  { return Edit{op: "add", name: name, raw: raw} } // even when there is one already
func drop(name string) Edit      { return Edit{op: "drop", name: name} }
func edits(all ...Edit) []Edit   { return all }
func header(all ...Edit) Forgery { return Forgery{Header: all} }
func claims(all ...Edit) Forgery { return Forgery{Payload: all} }

// spelt writes the name of a member in another way.
func (e Edit) spelt(how func(string) string) Edit { e.spell = how; return e }

// escaped writes a name with its first letter as an escape, capital with a
// capital one.
func escaped(name string) string { return fmt.Sprintf(`\u%04x%s`, name[0], name[1:]) }
func capital(name string) string { return strings.ToUpper(name[:1]) + name[1:] }

// bend changes a string.
func bend(name string, f func(string) string) Edit { return Edit{op: "bend", name: name, bend: f} }

func (f Forgery) by(s Signer) Forgery { f.Signer = s; return f }

// member is a member of an object, as it is written.
type member struct{ name, raw string }

// members reads an object in the order of its text.
func members(text []byte) ([]member, error) {
	dec := json.NewDecoder(bytes.NewReader(text))
	if _, err := dec.Token(); err != nil {
		return nil, err
	}
	var all []member
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return nil, err
		}
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return nil, err
		}
		quoted, err := json.Marshal(name)
		if err != nil {
			return nil, err
		}
		all = append(all, member{string(quoted), string(raw)})
	}
	return all, nil
}

// edit applies edits to an object and gives its text. names are others' names
// for members; they are written as the edit says, so that an escape in one
// survives.
func edit(text []byte, all []Edit, names map[string]string, words func(string) string) (string, error) {
	found, err := members(text)
	if err != nil {
		return "", err
	}
	for _, e := range all {
		called := e.name
		if theirs := names[called]; theirs != "" {
			called = theirs
		}
		name, raw := `"`+spelt(called, e.spell)+`"`, words(e.raw)
		at := -1
		for i := range found {
			if found[i].name == name {
				at = i
			}
		}
		switch {
		case e.op == "add" || e.op == "set" && at < 0:
			found = append(found, member{name, raw})
		case at < 0:
			return "", fmt.Errorf("there is no %s to %s", e.name, e.op)
		case e.op == "set":
			found[at].raw = raw
		case e.op == "drop":
			found = append(found[:at], found[at+1:]...)
		case e.op == "bend":
			value, err := strconv.Unquote(found[at].raw)
			if err != nil {
				return "", err
			}
			found[at].raw = strconv.Quote(e.bend(value))
		}
	}
	parts := make([]string, len(found))
	for i, m := range found {
		parts[i] = m.name + ":" + m.raw
	}
	return "{" + strings.Join(parts, ",") + "}", nil
}

// written gives the text of an object, with what stands around it.
func written(around, text string, words func(string) string) string {
	if around == "" {
		return text
	}
	return strings.ReplaceAll(words(around), "@", text)
}

func encode(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

// decode gives the three parts of a good token.
func decode(raw string) (header, payload, signature []byte, err error) {
	parts := strings.Split(raw, ".")
	if len(parts) != 3 {
		return nil, nil, nil, fmt.Errorf("a good token has three segments, not %d", len(parts))
	}
	var decoded [3][]byte
	for i, part := range parts {
		if decoded[i], err = base64.RawURLEncoding.DecodeString(part); err != nil {
			return nil, nil, nil, fmt.Errorf("segment %d of a good token: %w", i+1, err)
		}
	}
	return decoded[0], decoded[1], decoded[2], nil
}

func spelt(segment string, f func(string) string) string {
	if f == nil {
		return segment
	}
	return f(segment)
}
