// Rows: algorithm confusion.

package attacks

import "tokenshell/tokens"

func algorithmRows() []Row {
	const (
		confusion = "RFC 8725 2.1, 3.1; CVE-2015-9235; CVE-2016-10555"
		none      = "RFC 8725 2.1, 3.1; CVE-2022-23540"
	)
	return numbered("ALG", Algorithm, []tried{
		{"alg none, no signature", tokens.AlgorithmNotAllowed, none, both(header(set("alg", `"none"`)).by(nobody))},
		{"alg None, no signature", tokens.AlgorithmNotAllowed, none, both(header(set("alg", `"None"`)).by(nobody))},
		{"alg NONE, no signature", tokens.AlgorithmNotAllowed, none, both(header(set("alg", `"NONE"`)).by(nobody))},
		{"alg nOnE, no signature", tokens.AlgorithmNotAllowed, none, both(header(set("alg", `"nOnE"`)).by(nobody))},
		{"alg none, the good signature left in place", tokens.AlgorithmNotAllowed, none, both(header(set("alg", `"none"`)).by(kept))},
		{"alg none, properly signed all the same", tokens.AlgorithmNotAllowed, none, both(header(set("alg", `"none"`)))},
		{"no alg", tokens.AlgorithmNotAllowed, "RFC 7515 4.1.1", both(header(drop("alg")))},
		{"alg is empty", tokens.AlgorithmNotAllowed, "RFC 7515 4.1.1", both(header(set("alg", `""`)))},
		{"alg is a number", tokens.HeaderNotAllowed, "RFC 7515 4.1.1", both(header(set("alg", `256`)))},
		{"alg is null", tokens.HeaderNotAllowed, "RFC 7515 4.1.1", both(header(set("alg", `null`)))},
		{"alg is an array", tokens.HeaderNotAllowed, "RFC 7515 4.1.1", both(header(set("alg", `["ES256"]`)))},
		{"HS256 with the public key in DER as its secret", tokens.AlgorithmNotAllowed, confusion, both(header(set("alg", `"HS256"`)).by(macDER))},
		{"HS256 with the public key in PEM as its secret", tokens.AlgorithmNotAllowed, confusion, both(header(set("alg", `"HS256"`)).by(macPEM))},
		{"HS256 with the public key as JWK as its secret", tokens.AlgorithmNotAllowed, confusion, both(header(set("alg", `"HS256"`)).by(macJWK))},
		{"HS256 with an empty secret", tokens.AlgorithmNotAllowed, "RFC 8725 2.2, 3.5; CVE-2019-20933", both(header(set("alg", `"HS256"`)).by(macEmpty))},
		{"HS256 with a secret from the dictionary", tokens.AlgorithmNotAllowed, "RFC 8725 2.2, 3.5", both(header(set("alg", `"HS256"`)).by(macCommon))},
		{"ES256 in the header, an HMAC behind it", tokens.SignatureInvalid, confusion, both(Forgery{Signer: macDER})},
		{"RS256 over an ES256 signature", tokens.AlgorithmNotAllowed, "RFC 8725 3.1", both(header(set("alg", `"RS256"`)))},
		{"PS256 over an ES256 signature", tokens.AlgorithmNotAllowed, "RFC 8725 3.1", both(header(set("alg", `"PS256"`)))},
		{"ES384 over an ES256 signature", tokens.AlgorithmNotAllowed, "RFC 8725 3.1", both(header(set("alg", `"ES384"`)))},
		{"ES256K over an ES256 signature", tokens.AlgorithmNotAllowed, "RFC 8725 3.1; RFC 8812 3.2", both(header(set("alg", `"ES256K"`)))},
		{"EdDSA over an ES256 signature", tokens.AlgorithmNotAllowed, "RFC 8725 3.1", both(header(set("alg", `"EdDSA"`)))},
		{"alg in lower case", tokens.AlgorithmNotAllowed, "RFC 7515 4.1.1", both(header(set("alg", `"es256"`)))},
		{"a space behind alg", tokens.AlgorithmNotAllowed, "RFC 7515 4.1.1", both(header(set("alg", `"ES256 "`)))},
		{"a NUL behind alg", tokens.AlgorithmNotAllowed, "RFC 7515 4.1.1", both(header(set("alg", `"ES256\u0000"`)))},
		{"an algorithm that encrypts", tokens.AlgorithmNotAllowed, "RFC 8725 3.1", both(header(set("alg", `"RSA-OAEP-256"`)))},
	})
}
