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
	return numbered("KEY", Key, []tried{
		{"the attacker's key as jwk in the header, signed with it", tokens.HeaderNotAllowed, embedded, both(header(set("jwk", `$ATTACKER_JWK`)).by(attacker))},
		{"the issuer's own key as jwk in the header", tokens.HeaderNotAllowed, embedded, both(header(set("jwk", `$JWK`)))},
		{"jku points at the attacker's key set", tokens.HeaderNotAllowed, lookup, both(header(set("jku", `"https://attacker.example/jwks.json"`)).by(attacker))},
		{"jku points into the house: a request from inside", tokens.HeaderNotAllowed, lookup, both(header(set("jku", `"http://169.254.169.254/latest/meta-data/"`)))},
		{"x5u points at the attacker's certificate", tokens.HeaderNotAllowed, lookup, both(header(set("x5u", `"https://attacker.example/cert.pem"`)).by(attacker))},
		{"x5c holds garbage", tokens.HeaderNotAllowed, embedded, both(header(set("x5c", `["AAAA"]`)))},
		{"x5t names a certificate", tokens.HeaderNotAllowed, "RFC 7515 4.1.7", both(header(set("x5t", `"AAAA"`)))},
		{"no kid", tokens.KeyUnknown, kid, both(header(drop("kid")))},
		{"kid is empty", tokens.KeyUnknown, kid, both(header(set("kid", `""`)))},
		{"kid is null", tokens.HeaderNotAllowed, kid, both(header(set("kid", `null`)))},
		{"kid is a number", tokens.HeaderNotAllowed, kid, both(header(set("kid", `1`)))},
		{"kid is an array with the right one in it", tokens.HeaderNotAllowed, kid, both(header(set("kid", `["$KID"]`)))},
		{"a kid that nobody has, signed by the attacker", tokens.KeyUnknown, kid, both(header(set("kid", `"attacker-k1"`)).by(attacker))},
		{"kid is a path: ../../dev/null, an empty secret", tokens.KeyUnknown, lookup, both(header(set("kid", `"../../../../dev/null"`)).by(macEmpty))},
		{"kid leads back to the right one: ../keys/KID", tokens.KeyUnknown, lookup, both(header(set("kid", `"../keys/$KID"`)))},
		{"kid is SQL that answers a key", tokens.KeyUnknown, lookup, both(header(set("kid", `"x' UNION SELECT 'secret' -- "`)).by(macCommon))},
		{"kid is a shell command", tokens.KeyUnknown, lookup, both(header(set("kid", `"$KID|sleep 10"`)))},
		{"kid is a URL", tokens.KeyUnknown, lookup, both(header(set("kid", `"https://attacker.example/key"`)).by(attacker))},
		{"kid is LDAP that matches everything", tokens.KeyUnknown, lookup, both(header(set("kid", `"*)(kid=*"`)))},
		{"a NUL behind the right kid", tokens.KeyUnknown, kid, both(header(set("kid", `"$KID\u0000"`)))},
		{"a space behind the right kid", tokens.KeyUnknown, kid, both(header(set("kid", `"$KID "`)))},
		{"the right kid in upper case", tokens.KeyUnknown, kid, both(Forgery{Header: edits(bend("kid", strings.ToUpper))})},
		{"kid steers a terminal", tokens.KeyUnknown, "CWE-117; CWE-150", both(header(set("kid", `"\u001b]0;owned\u0007\u202e"`)))},
		{"kid of another service, signed by it", tokens.KeyUnknown, "RFC 8725 3.8", both(header(set("kid", `"$OTHER_KID"`)).by(sibling))},
		{"signed by another service under the right kid", tokens.SignatureInvalid, "RFC 8725 2.7, 3.8", both(Forgery{Signer: sibling})},
		{"signed by the attacker under the right kid", tokens.SignatureInvalid, "RFC 8725 2.1, 3.3", both(Forgery{Signer: attacker})},
		{"iss of another service, kid and signature of the own", tokens.KeyUnknown, "RFC 8725 3.8", bothFor(claims(set("iss", `"$OTHER_ISS"`)), tokens.IssuerUnknown)},
		{"a kid of four thousand characters", tokens.KeyUnknown, kid, both(header(set("kid", `"`+strings.Repeat("k", 4000)+`"`)))},
	})
}
