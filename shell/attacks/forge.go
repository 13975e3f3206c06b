// The forgery: a good token, changed and signed again.

package attacks

import (
	"encoding/json"
	"fmt"
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
type Edit struct {
	Op   string // set, add, drop or bend
	Name string
	Raw  string // the value, as it is written
	Bend Bend   // of the value, a string

	spell func(string) string // how the name is written; nil as it is
}

// Spelt gives the name as it is written.
func (e Edit) Spelt() string { return e.speltAs(e.Name) }

func (e Edit) speltAs(name string) string {
	if e.spell == nil {
		return name
	}
	return e.spell(name)
}

func set(name, raw string) Edit  { return Edit{Op: "set", Name: name, Raw: raw} }
func add(name, raw string) Edit  { return Edit{Op: "add", Name: name, Raw: raw} } // even when there is one already
func drop(name string) Edit      { return Edit{Op: "drop", Name: name} }
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
func bend(name string, b Bend) Edit { return Edit{Op: "bend", Name: name, Bend: b} }

func (f Forgery) by(s Signer) Forgery { f.Signer = s; return f }

// edit applies edits to an object and gives its text. names are others' names
// for members; they are written as the edit says, so that an escape in one
// survives.
func edit(text []byte, all []Edit, names map[string]string, words func(string) string) (string, error) {
	found, err := parts.Members(text)
	if err != nil {
		return "", err
	}
	for _, e := range all {
		called := e.Name
		if theirs := names[called]; theirs != "" {
			called = theirs
		}
		name, raw := `"`+e.speltAs(called)+`"`, words(e.Raw)
		at := -1
		for i := range found {
			if found[i].Name == name {
				at = i
			}
		}
		switch {
		case e.Op == "add" || e.Op == "set" && at < 0:
			found = append(found, parts.Member{Name: name, Raw: raw})
		case at < 0:
			return "", fmt.Errorf("there is no %s to %s", e.Name, e.Op)
		case e.Op == "set":
			found[at].Raw = raw
		case e.Op == "drop":
			found = append(found[:at], found[at+1:]...)
		case e.Op == "bend":
			var value string
			if json.Unmarshal([]byte(found[at].Raw), &value) != nil {
				return "", fmt.Errorf("%s is no string to bend", e.Name)
			}
			bent := e.Bend.Of(value)
			if bent == value { // such as a number of an order, in upper case
				return "", &Trouble{Status: Skipped, What: fmt.Sprintf("names: this changes nothing in %s of this relay", e.Name)}
			}
			found[at].Raw = parts.Quoted(bent)
		}
	}
	written := make([]string, len(found))
	for i, m := range found {
		written[i] = m.Name + ":" + m.Raw
	}
	return "{" + strings.Join(written, ",") + "}", nil
}

// written gives the text of an object, with what stands around it.
func written(around, text string, words func(string) string) string {
	if around == "" {
		return text
	}
	return strings.ReplaceAll(words(around), "@", text)
}
