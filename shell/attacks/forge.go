// The forgery: a good token, changed and signed again.

package attacks

import (
	"strings"

	"tokenshell/shell/attacks/parts"
)

// Forgery says how a token is made from another. Its texts may name things with
// $NAME; see [run.words]. Unless a Signer is named, the issuer itself signs, as
// if somebody had its key.
type Forgery struct {
	Header, Payload []Edit
	HeaderText      string // how the header is written; @ stands for the JSON
	PayloadText     string
	Whole           []byte // is the payload, whatever it was; nil is none
	SpellHeader     Bend   // of the segment, before signing
	SpellPayload    Bend
	Signer          Signer
	Input           Bend // of what is signed, header.payload
	Signature       Bend // of its bytes
	Text            Bend // of the finished token
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
type Edit = parts.Edit

func set(name, raw string) Edit  { return Edit{Op: "set", Name: name, Raw: raw} }
func add(name, raw string) Edit  { return Edit{Op: "add", Name: name, Raw: raw} } // even when there is one already
func drop(name string) Edit      { return Edit{Op: "drop", Name: name} }
func edits(all ...Edit) []Edit   { return all }
func header(all ...Edit) Forgery { return Forgery{Header: all} }
func claims(all ...Edit) Forgery { return Forgery{Payload: all} }

// bend changes a string.
func bend(name string, b Bend) Edit { return Edit{Op: "bend", Name: name, Bend: b} }

func (f Forgery) by(s Signer) Forgery { f.Signer = s; return f }

// written gives the text of an object, with what stands around it.
func written(around, text string, words func(string) string) string {
	if around == "" {
		return text
	}
	return strings.ReplaceAll(words(around), "@", text)
}
