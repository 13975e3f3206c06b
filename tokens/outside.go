// Outside: how claims are taken where an issuer's profile says so.

package tokens

import (
	"crypto/sha256"
	"encoding/base64"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"tokenshell/tokens/strictjson"
)

const someNames = "a string of names between single spaces"

// instead takes something in the place of a claim that may be absent, and is: what
// may not was refused before.
func (e *Envelope) instead(claim string) {
	switch claim {
	case "jti":
		e.claims.ID = digestID(e.body)
	case "order_processing_id":
		e.claims.Unbound = true
	case "capabilities":
		e.claims.Capabilities = slices.Clone(e.issuer.Capabilities)
	case "constraints":
		e.claims.Constraints = []byte("{}")
	}
}

// digestID names a token that has no jti: whoever holds it can write its header
// and its signature in another way, but not its payload.
func digestID(payload string) string {
	sum := sha256.Sum256([]byte(payload))
	return "sha256." + base64.RawURLEncoding.EncodeToString(sum[:])
}

// takeScope takes the capabilities from one string (RFC 8693 4.2), without the
// names that grant nothing.
func (i *Issuer) takeScope(c *Claims, raw string) bool {
	text, _ := strictjson.String(raw) // of what is no string the empty one, which is no name
	names := strings.Split(text, " ")
	if slices.ContainsFunc(names, func(name string) bool { return !isID(name) }) {
		return false
	}
	c.Capabilities = slices.DeleteFunc(names, func(name string) bool { return slices.Contains(i.profile().Ignored, name) })
	return true
}

// fraction is a time with a fraction (RFC 7519 2).
var fraction = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9]+\.[0-9]{1,18}$`) })

// parts gives a time without its fraction, where it may have one, and the fraction.
func (i *Issuer) parts(raw string) (whole string, rest time.Duration) {
	if !i.profile().Fractions || !fraction().MatchString(raw) {
		return raw, 0
	}
	at := strings.IndexByte(raw, '.')
	digits := (raw[at+1:] + "000000000")[:9] // a time knows no less than a nanosecond
	n, _ := strconv.Atoi(digits)             // which has no way to fail
	return raw[:at], time.Duration(n)
}
