// Claims: what a confirmation token says.

package tokens

import (
	"encoding/json"
	"slices"
	"time"

	"tokenshell/tokens/strictjson"
)

// Type is the typ of every confirmation token (RFC 8725 3.11).
const Type = "confirmation+jwt"

// Audience is the relay's name in aud.
const Audience = "order-processing"

// DefaultLifetime and MaxLifetime bound exp - iat.
const (
	DefaultLifetime = 2 * time.Minute
	MaxLifetime     = 5 * time.Minute
)

// maxIDLength is the longest id, in bytes.
const maxIDLength = 128

// Claims is a token's payload as the relay sees it: Constraints and Sealed
// are the issuer's business and stay bytes.
type Claims struct {
	Issuer       string
	Audience     []string
	Subject      string
	IssuedAt     time.Time // whole seconds, but of an outside issuer that may write fractions
	ExpiresAt    time.Time // likewise
	ID           string
	Order        string // order_processing_id
	Capabilities []string
	Constraints  []byte // a JSON object
	Sealed       []byte // a compact JWE; nil when there is none

	// Unbound says that an outside issuer's token names no order: whoever looks
	// for which session it is sets Order.
	Unbound bool
}

// Ref names the token.
func (c *Claims) Ref() Ref { return Ref{Issuer: c.Issuer, ID: c.ID, Order: c.Order} }

// Payload gives the claims as the JSON that is signed, its members always in
// the same order.
func (c *Claims) Payload() ([]byte, error) {
	return json.Marshal(struct {
		Issuer       string          `json:"iss"`
		Audience     []string        `json:"aud"`
		Subject      string          `json:"sub"`
		IssuedAt     int64           `json:"iat"`
		ExpiresAt    int64           `json:"exp"`
		ID           string          `json:"jti"`
		Order        string          `json:"order_processing_id"`
		Capabilities []string        `json:"capabilities"`
		Constraints  json.RawMessage `json:"constraints"`
		Sealed       string          `json:"sealed,omitempty"`
	}{
		c.Issuer, c.Audience, c.Subject, c.IssuedAt.Unix(), c.ExpiresAt.Unix(), c.ID, c.Order,
		c.Capabilities, c.Constraints, string(c.Sealed),
	})
}

// claimRow is one claim: its name, whether it may be absent, and how its
// value is taken. take reports whether type and bounds are right.
type claimRow struct {
	name     string
	optional bool
	wants    string // what belongs there, in words
	take     func(c *Claims, raw string) bool
}

// What belongs in a claim.
const (
	anID    = "a string of 1 to 128 printable ASCII characters"
	someIDs = "an array of strings of 1 to 128 printable ASCII characters"
	aTime   = "an integer of seconds"
)

// claimRows is the payload of our contract, in the order in which it is
// checked.
var claimRows = []claimRow{
	{"iss", false, anID, func(c *Claims, raw string) bool { return takeID(&c.Issuer, raw) }},
	{"aud", false, someIDs, func(c *Claims, raw string) bool { return takeAudience(&c.Audience, raw) }},
	{"sub", false, anID, func(c *Claims, raw string) bool { return takeID(&c.Subject, raw) }},
	{"iat", false, aTime, func(c *Claims, raw string) bool { return takeTime(&c.IssuedAt, raw) }},
	{"exp", false, aTime, func(c *Claims, raw string) bool { return takeTime(&c.ExpiresAt, raw) }},
	{"jti", false, anID, func(c *Claims, raw string) bool { return takeID(&c.ID, raw) }},
	{"order_processing_id", false, anID, func(c *Claims, raw string) bool { return takeID(&c.Order, raw) }},
	{"capabilities", false, someIDs, func(c *Claims, raw string) bool { return takeIDs(&c.Capabilities, raw) }},
	{"constraints", false, "an object", func(c *Claims, raw string) bool { c.Constraints = []byte(raw); return raw[0] == '{' }},
	{"sealed", true, "a string", func(c *Claims, raw string) bool { return takeSealed(&c.Sealed, raw) }},
}

// checkClaims first looks for what is missing, then at each value, then for
// what nobody knows; in an outside issuer's token that is ignored.
func checkClaims(m *Memory, e *Envelope) error {
	ours := e.issuer.Profile == nil
	t, known := m.text(e.raw)
	if ours && t.claims != nil {
		*e.claims = *t.claims
		return nil
	}
	for _, row := range claimRows {
		name := e.issuer.claimName(row.name)
		raw, ok := e.payload.Get(name)
		if !row.optional && !e.issuer.waives(row.name) && (!ok || strictjson.IsNull(raw) || raw == `""`) {
			return Refuse(ClaimMissing, "claim %q is missing", name)
		}
	}
	for _, row := range claimRows {
		name := e.issuer.claimName(row.name)
		raw, ok := e.payload.Get(name)
		if !ok {
			e.instead(row.name)
			continue
		}
		var rest time.Duration
		if row.wants == aTime {
			raw, rest = e.issuer.parts(raw)
		}
		take, wants := row.take, row.wants
		if row.name == "capabilities" && e.issuer.profile().Scope != "" {
			take, wants = e.issuer.takeScope, someNames
		}
		if !take(e.claims, raw) {
			return Refuse(ClaimInvalid, "claim %q is %s; %s belongs there", name, valueKind(raw), wants)
		}
		switch row.name {
		case "iat":
			e.claims.IssuedAt = e.claims.IssuedAt.Add(rest)
		case "exp":
			e.claims.ExpiresAt = e.claims.ExpiresAt.Add(rest)
		}
	}
	if !ours {
		raw, ok := e.payload.Get("nbf")
		raw, rest := e.issuer.parts(raw)
		if ok && !takeTime(&e.notBefore, raw) {
			return Refuse(ClaimInvalid, `claim "nbf" is %s; %s belongs there`, valueKind(raw), aTime)
		}
		e.notBefore = e.notBefore.Add(rest)
		return nil
	}
	for _, member := range e.payload {
		if !knownClaim(member.Name) {
			return Refuse(ClaimInvalid, "claim %s is not part of the contract", quote(member.Name))
		}
	}
	if known {
		claims := *e.claims
		t.claims = &claims
		m.know(e.raw, t)
	}
	return nil
}

// ClaimNames gives the claims of the contract, in the order in which they are
// checked.
func ClaimNames() []string {
	names := make([]string, len(claimRows))
	for i, row := range claimRows {
		names[i] = row.name
	}
	return names
}

func knownClaim(name string) bool {
	return slices.ContainsFunc(claimRows, func(row claimRow) bool { return row.name == name })
}

// isID reports whether s may be an id: 1 to 128 bytes of printable ASCII.
func isID(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] > 0x7e {
			return false
		}
	}
	return s != "" && len(s) <= maxIDLength
}

func takeID(to *string, raw string) bool {
	value, ok := strictjson.String(raw)
	if !ok || !isID(value) {
		return false // and leave nothing behind that a log could show
	}
	*to = value
	return true
}

func takeIDs(to *[]string, raw string) bool {
	values, ok := strictjson.Strings(raw)
	if !ok || slices.ContainsFunc(values, func(value string) bool { return !isID(value) }) {
		return false
	}
	*to = values
	return true
}

// takeAudience takes an array of strings or one string (RFC 7519 4.1.3).
func takeAudience(to *[]string, raw string) bool {
	var one string
	if takeID(&one, raw) {
		*to = []string{one}
		return true
	}
	return takeIDs(to, raw)
}

func takeTime(to *time.Time, raw string) bool {
	seconds, ok := strictjson.Int(raw)
	*to = time.Unix(seconds, 0).UTC()
	return ok
}

func takeSealed(to *[]byte, raw string) bool {
	value, ok := strictjson.String(raw)
	*to = []byte(value)
	return ok && value != ""
}

// valueKind says what a value is, and how long a string, without showing it.
func valueKind(raw string) string {
	switch raw[0] {
	case '"':
		if value, ok := strictjson.String(raw); ok {
			return "a string of " + Count(len(value), "byte")
		}
		return "a string"
	case '[':
		return "an array"
	case '{':
		return "an object"
	case 't', 'f':
		return "a boolean"
	case 'n':
		return "null"
	}
	return "the number " + quote(raw)
}
