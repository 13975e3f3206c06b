// Rows: algorithm confusion.

package attacks

import "tokenshell/tokens"

func algorithmRows() []Row {
	const (
		confusion = "RFC 8725 2.1, 3.1; CVE-2015-9235; CVE-2016-10555"
		none      = "RFC 8725 2.1, 3.1; CVE-2022-23540"
	)
	return grouped(Algorithm, []tried{
		{"ALG-01", "alg none, no signature", tokens.AlgorithmNotAllowed, none, both(header(set("alg", `"none"`)).by(nobody))},
		{"ALG-02", "alg None, no signature", tokens.AlgorithmNotAllowed, none, both(header(set("alg", `"None"`)).by(nobody))},
		{"ALG-03", "alg NONE, no signature", tokens.AlgorithmNotAllowed, none, both(header(set("alg", `"NONE"`)).by(nobody))},
		{"ALG-04", "alg nOnE, no signature", tokens.AlgorithmNotAllowed, none, both(header(set("alg", `"nOnE"`)).by(nobody))},
		{"ALG-05", "alg none, the good signature left in place", tokens.AlgorithmNotAllowed, none, both(header(set("alg", `"none"`)).by(kept))},
		{"ALG-06", "alg none, properly signed all the same", tokens.AlgorithmNotAllowed, none, both(header(set("alg", `"none"`)))},
		{"ALG-07", "no alg", tokens.AlgorithmNotAllowed, "RFC 7515 4.1.1", both(header(drop("alg")))},
		{"ALG-08", "alg is empty", tokens.AlgorithmNotAllowed, "RFC 7515 4.1.1", both(header(set("alg", `""`)))},
		{"ALG-09", "alg is a number", tokens.HeaderNotAllowed, "RFC 7515 4.1.1", both(header(set("alg", `256`)))},
		{"ALG-10", "alg is null", tokens.HeaderNotAllowed, "RFC 7515 4.1.1", both(header(set("alg", `null`)))},
		{"ALG-11", "alg is an array", tokens.HeaderNotAllowed, "RFC 7515 4.1.1", both(header(set("alg", `["ES256"]`)))},
		{"ALG-12", "HS256 with the public key in DER as its secret", tokens.AlgorithmNotAllowed, confusion, both(header(set("alg", `"HS256"`)).by(macDER))},
		{"ALG-13", "HS256 with the public key in PEM as its secret", tokens.AlgorithmNotAllowed, confusion, both(header(set("alg", `"HS256"`)).by(macPEM))},
		{"ALG-14", "HS256 with the public key as JWK as its secret", tokens.AlgorithmNotAllowed, confusion, both(header(set("alg", `"HS256"`)).by(macJWK))},
		{"ALG-15", "HS256 with an empty secret", tokens.AlgorithmNotAllowed, "RFC 8725 2.2, 3.5; CVE-2019-20933", both(header(set("alg", `"HS256"`)).by(macEmpty))},
		{"ALG-16", "HS256 with a secret from the dictionary", tokens.AlgorithmNotAllowed, "RFC 8725 2.2, 3.5", both(header(set("alg", `"HS256"`)).by(macCommon))},
		{"ALG-17", "ES256 in the header, an HMAC behind it", tokens.SignatureInvalid, confusion, both(Forgery{Signer: macDER})},
		{"ALG-18", "RS256 over an ES256 signature", tokens.AlgorithmNotAllowed, "RFC 8725 3.1", both(header(set("alg", `"RS256"`)))},
		{"ALG-19", "PS256 over an ES256 signature", tokens.AlgorithmNotAllowed, "RFC 8725 3.1", both(header(set("alg", `"PS256"`)))},
		{"ALG-20", "ES384 over an ES256 signature", tokens.AlgorithmNotAllowed, "RFC 8725 3.1", both(header(set("alg", `"ES384"`)))},
		{"ALG-21", "ES256K over an ES256 signature", tokens.AlgorithmNotAllowed, "RFC 8725 3.1; RFC 8812 3.2", both(header(set("alg", `"ES256K"`)))},
		{"ALG-22", "EdDSA over an ES256 signature", tokens.AlgorithmNotAllowed, "RFC 8725 3.1", both(header(set("alg", `"EdDSA"`)))},
		{"ALG-23", "alg in lower case", tokens.AlgorithmNotAllowed, "RFC 7515 4.1.1", both(header(set("alg", `"es256"`)))},
		{"ALG-24", "a space behind alg", tokens.AlgorithmNotAllowed, "RFC 7515 4.1.1", both(header(set("alg", `"ES256 "`)))},
		{"ALG-25", "a NUL behind alg", tokens.AlgorithmNotAllowed, "RFC 7515 4.1.1", both(header(set("alg", `"ES256\u0000"`)))},
		{"ALG-26", "an algorithm that encrypts", tokens.AlgorithmNotAllowed, "RFC 8725 3.1", both(header(set("alg", `"RSA-OAEP-256"`)))},
	})
}
