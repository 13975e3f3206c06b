// Peek: what a token says before anybody has verified it.

package tokens

import (
	"encoding/json"
	"strings"

	"tokenshell/tokens/strictjson"
)

// Unverified is a token's text taken apart. Nothing of it is proven: it is for
// showing and for finding, never for deciding.
type Unverified struct {
	Header  json.RawMessage
	Payload json.RawMessage
	KeyID   string
	Ref     Ref
}

// Peek takes a compact token apart after size and structure were checked, and
// verifies nothing. The error is a [*Refusal]: too_large or malformed.
func Peek(raw string) (Unverified, error) {
	return (*Memory)(nil).PeekAs(raw, func(string) (Issuer, bool) { return Issuer{}, false })
}

// PeekAs is [Peek] for tokens whose issuer may have other names for our claims, of
// a text that may be remembered.
func (m *Memory) PeekAs(raw string, issuers func(iss string) (Issuer, bool)) (Unverified, error) {
	e := begin(raw)
	defer e.wipe()
	if err := checkSize(e); err != nil {
		return Unverified{}, err
	}
	if err := checkStructure(m, e); err != nil {
		return Unverified{}, err
	}
	segment, _, _ := strings.Cut(raw, ".")
	header, _ := decodeSegment(nil, segment)
	u := Unverified{Header: header, Payload: json.RawMessage(e.body)}
	issuer, _ := (&Verifier{Issuers: issuers}).claimed(e)
	names, to := [...]string{"iss", "jti", "order_processing_id"}, [...]*string{&u.Ref.Issuer, &u.Ref.ID, &u.Ref.Order}
	for i, name := range names {
		if value, ok := e.payload.Get(issuer.claimName(name)); ok {
			*to[i], _ = strictjson.String(value)
		}
	}
	if _, ok := e.payload.Get(issuer.claimName("jti")); !ok && issuer.waives("jti") {
		u.Ref.ID = digestID(e.body)
	}
	if value, ok := e.header.Get("kid"); ok {
		u.KeyID, _ = strictjson.String(value)
	}
	return u, nil
}
