// Rows: key injection and tricks with kid.

package attacks

import (
	"strings"

	"tokenshell/tokens"
)

func keyRows() []Row {
	const (
		embedded = "RFC 7515 10.3; CVE-2018-0114"
		lookup   = "RFC 8725 2.9, 3.10"
		kid      = "RFC 7515 4.1.4"
	)
	return grouped(Key, []tried{
		{"KEY-01", "the attacker's key as jwk in the header, signed with it", tokens.HeaderNotAllowed, embedded, both(header(set("jwk", `$ATTACKER_JWK`)).by(attacker))},
		{"KEY-02", "the issuer's own key as jwk in the header", tokens.HeaderNotAllowed, embedded, both(header(set("jwk", `$JWK`)))},
		{"KEY-03", "jku points at the attacker's key set", tokens.HeaderNotAllowed, lookup, both(header(set("jku", `"$CANARY/jwks.json"`)).by(attacker))},
		{"KEY-04", "jku points into the house: a request from inside", tokens.HeaderNotAllowed, lookup, both(header(set("jku", `"http://169.254.169.254/latest/meta-data/"`)))},
		{"KEY-05", "x5u points at the attacker's certificate", tokens.HeaderNotAllowed, lookup, both(header(set("x5u", `"$CANARY/cert.pem"`)).by(attacker))},
		{"KEY-06", "x5c holds garbage", tokens.HeaderNotAllowed, embedded, both(header(set("x5c", `["AAAA"]`)))},
		{"KEY-07", "x5t names a certificate", tokens.HeaderNotAllowed, "RFC 7515 4.1.7", both(header(set("x5t", `"AAAA"`)))},
		{"KEY-08", "no kid", tokens.KeyUnknown, kid, both(header(drop("kid")))},
		{"KEY-09", "kid is empty", tokens.KeyUnknown, kid, both(header(set("kid", `""`)))},
		{"KEY-10", "kid is null", tokens.HeaderNotAllowed, kid, both(header(set("kid", `null`)))},
		{"KEY-11", "kid is a number", tokens.HeaderNotAllowed, kid, both(header(set("kid", `1`)))},
		{"KEY-12", "kid is an array with the right one in it", tokens.HeaderNotAllowed, kid, both(header(set("kid", `["$KID"]`)))},
		{"KEY-13", "a kid that nobody has, signed by the attacker", tokens.KeyUnknown, kid, both(header(set("kid", `"attacker-k1"`)).by(attacker))},
		{"KEY-14", "kid is a path: ../../dev/null, an empty secret", tokens.KeyUnknown, lookup, both(header(set("kid", `"../../../../dev/null"`)).by(macEmpty))},
		{"KEY-15", "kid leads back to the right one: ../keys/KID", tokens.KeyUnknown, lookup, both(header(set("kid", `"../keys/$KID"`)))},
		{"KEY-16", "kid is SQL that answers a key", tokens.KeyUnknown, lookup, both(header(set("kid", `"x' UNION SELECT 'secret' -- "`)).by(macCommon))},
		{"KEY-17", "kid is a shell command", tokens.KeyUnknown, lookup, both(header(set("kid", `"$KID|sleep 10"`)))},
		{"KEY-18", "kid is a URL", tokens.KeyUnknown, lookup, both(header(set("kid", `"$CANARY/key"`)).by(attacker))},
		{"KEY-19", "kid is LDAP that matches everything", tokens.KeyUnknown, lookup, both(header(set("kid", `"*)(kid=*"`)))},
		{"KEY-20", "a NUL behind the right kid", tokens.KeyUnknown, kid, both(header(set("kid", `"$KID\u0000"`)))},
		{"KEY-21", "a space behind the right kid", tokens.KeyUnknown, kid, both(header(set("kid", `"$KID "`)))},
		{"KEY-22", "the right kid in upper case", tokens.KeyUnknown, kid, both(Forgery{Header: edits(bend("kid", upper))})},
		{"KEY-23", "kid steers a terminal", tokens.KeyUnknown, "CWE-117; CWE-150", both(header(set("kid", `"\u001b]0;owned\u0007\u202e"`)))},
		{"KEY-24", "kid of another service, signed by it", tokens.KeyUnknown, "RFC 8725 3.8", both(header(set("kid", `"$OTHER_KID"`)).by(sibling))},
		{"KEY-25", "signed by another service under the right kid", tokens.SignatureInvalid, "RFC 8725 2.7, 3.8", both(Forgery{Signer: sibling})},
		{"KEY-26", "signed by the attacker under the right kid", tokens.SignatureInvalid, "RFC 8725 2.1, 3.3", both(Forgery{Signer: attacker})},
		{"KEY-27", "iss of another service, kid and signature of the own", tokens.KeyUnknown, "RFC 8725 3.8", bothFor(claims(set("iss", `"$OTHER_ISS"`)), tokens.IssuerUnknown)},
		{"KEY-28", "a kid of four thousand characters", tokens.KeyUnknown, kid, both(header(set("kid", `"`+strings.Repeat("k", 4000)+`"`)))},
	})
}
