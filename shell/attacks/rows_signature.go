// Rows: tricks with the signature, and with the encoding of a token.

package attacks

import (
	"tokenshell/tokens"
)

func signatureRows() []Row {
	const (
		psychic  = "CVE-2022-21449; RFC 8725 3.4"
		checked  = "RFC 8725 2.1, 3.3"
		shape    = "RFC 7518 3.4"
		replaced = "RFC 8725 2.7"
	)
	signed := func(b Bend) []Step { return both(Forgery{Signer: kept, Signature: b}) }
	return grouped(Signature, []tried{
		{"SIG-01", "no signature", tokens.SignatureInvalid, "RFC 8725 2.1, 3.3; CVE-2020-28042", both(Forgery{Signer: nobody})},
		{"SIG-02", "a byte of the signature cut off", tokens.SignatureInvalid, shape, signed(shorter)},
		{"SIG-03", "a byte added to the signature", tokens.SignatureInvalid, shape, signed(longer)},
		{"SIG-04", "the signature in DER", tokens.SignatureInvalid, shape, signed(der)},
		{"SIG-05", "the signature in hexadecimal", tokens.SignatureInvalid, shape, signed(hexed)},
		{"SIG-06", "each half of the signature with a zero in front", tokens.SignatureInvalid, shape, signed(wide)},
		{"SIG-07", "R and S swapped", tokens.SignatureInvalid, shape, signed(swapped)},
		{"SIG-08", "R and S are 0", tokens.SignatureInvalid, psychic, signed(flat("0", "0"))},
		{"SIG-09", "R is 0", tokens.SignatureInvalid, psychic, signed(flat("0", "-"))},
		{"SIG-10", "S is 0", tokens.SignatureInvalid, psychic, signed(flat("-", "0"))},
		{"SIG-11", "R and S are 1", tokens.SignatureInvalid, psychic, signed(flat("1", "1"))},
		{"SIG-12", "R and S are the order of the group", tokens.SignatureInvalid, psychic, signed(flat("n", "n"))},
		{"SIG-13", "R is 1, S the order of the group less 1", tokens.SignatureInvalid, psychic, signed(flat("1", "n-1"))},
		{"SIG-14", "R and S have every bit set", tokens.SignatureInvalid, psychic, signed(flat("max", "max"))},
		{"SIG-15", "a bit of R flipped", tokens.SignatureInvalid, checked, signed(flipped(3))},
		{"SIG-16", "a bit of S flipped", tokens.SignatureInvalid, checked, signed(flipped(63))},
		{"SIG-17", "another customer in the payload, the signature left", tokens.SignatureInvalid, checked, both(claims(set("sub", `"$OTHER_CUSTOMER"`)).by(kept))},
		{"SIG-18", "a later exp in the payload, the signature left", tokens.SignatureInvalid, checked, both(claims(set("exp", `$LATER`)).by(kept))},
		{"SIG-19", "a space in the payload, the signature left", tokens.SignatureInvalid, "RFC 7515 5.2", both(Forgery{PayloadText: "@ ", Signer: kept})},
		{"SIG-20", "a space in the header, the signature left", tokens.SignatureInvalid, "RFC 7515 5.2", both(Forgery{HeaderText: "@ ", Signer: kept})},
		{"SIG-21", "the signature of another token of the same issuer", tokens.SignatureInvalid, replaced,
			scene(confirm("u", victim, early), forged("x", "t", Forgery{Signer: borrowed}), relay("x").refused(), direct("x").refused(), relay("t"), relay("u"))},
		{"SIG-22", "the signature covers the payload only", tokens.SignatureInvalid, "RFC 7515 5.1", both(Forgery{Input: afterDot})},
		{"SIG-23", "the signature covers the JSON, not its encoding", tokens.SignatureInvalid, "RFC 7515 5.1", both(Forgery{Input: fixed(`{"alg":"ES256"}`)})},
		{"SIG-24", "expired and badly signed: nothing is said of exp", tokens.SignatureInvalid, "RFC 8725 3.3; CVE-2024-51744", both(claims(set("exp", `$NOW-60`)).by(attacker))},
		{"SIG-25", "unknown session and badly signed: nothing is said of sessions", tokens.SignatureInvalid, "RFC 8725 3.3", both(claims(set("order_processing_id", `"$NEVER"`)).by(attacker))},
		{"SIG-26", "a space in front of the header, the signature left", tokens.SignatureInvalid, "RFC 7515 5.2", both(Forgery{HeaderText: " @", Signer: kept})},
	})
}

func encodingRows() []Row {
	const (
		canonical = "RFC 7515 2; RFC 4648 3.5"
		compact   = "RFC 7515 7.1"
	)
	text := func(b Bend) []Step { return both(Forgery{Signer: kept, Text: b}) }
	odd := `{"x":"~~~???>>>"}` // its base64 needs the two characters in which the alphabets differ
	return grouped(Encoding, []tried{
		{"ENC-01", "padding behind the signature", tokens.Malformed, canonical, text(suffixed("=="))},
		{"ENC-02", "padding behind the header, and signed so", tokens.Malformed, canonical, both(Forgery{SpellHeader: paddedAlways})},
		{"ENC-03", "padding behind the payload, and signed so", tokens.Malformed, canonical, both(Forgery{SpellPayload: paddedAlways})},
		{"ENC-04", "a spare bit set at the end of the signature", tokens.Malformed, canonical, text(spareAtEnd)},
		{"ENC-05", "a spare bit set at the end of the header, and signed so", tokens.Malformed, canonical, both(Forgery{SpellHeader: spareAlways})},
		{"ENC-06", "a spare bit set at the end of the payload, and signed so", tokens.Malformed, canonical, both(Forgery{SpellPayload: spareAlways})},
		{"ENC-07", "the other alphabet of base64, and signed so", tokens.Malformed, canonical, both(Forgery{Payload: edits(set("constraints", odd)), SpellPayload: standardAlphabet})},
		{"ENC-08", "a newline in the payload, and signed so", tokens.Malformed, canonical, both(Forgery{SpellPayload: inserted("\n")})},
		{"ENC-09", "a newline in the header, and signed so", tokens.Malformed, canonical, both(Forgery{SpellHeader: inserted("\r\n")})},
		{"ENC-10", "a newline in the signature", tokens.Malformed, canonical, text(insertedLate("\r\n"))},
		{"ENC-11", "a newline behind the token", tokens.Malformed, compact, text(suffixed("\r\n"))},
		{"ENC-12", "a space in front of the token", tokens.Malformed, compact, text(prefixed(" "))},
		{"ENC-13", "a tab in front of the token", tokens.Malformed, compact, text(prefixed("\t"))},
		{"ENC-14", "a no-break space in front of the token", tokens.Malformed, compact, text(prefixed("\u00a0"))},
		{"ENC-15", "a zero-width space behind the token", tokens.Malformed, compact, text(suffixed("\u200b"))},
		{"ENC-16", "a byte order mark in front of the token", tokens.Malformed, compact, text(prefixed("\ufeff"))},
		{"ENC-17", "a NUL behind the token", tokens.Malformed, compact, text(suffixed("\x00"))},
		{"ENC-18", "Bearer in front of the token", tokens.Malformed, compact, text(prefixed("Bearer "))},
		{"ENC-19", "the token in quotes", tokens.Malformed, compact, text(segments(`"$1.$2.$3"`))},
		{"ENC-20", "the dots escaped as in a URL", tokens.Malformed, compact, text(segments("$1%2e$2%2e$3"))},
		{"ENC-21", "nothing at all", tokens.Malformed, compact, text(segments(""))},
		{"ENC-22", "one segment", tokens.Malformed, compact, text(segments("$1"))},
		{"ENC-23", "two segments", tokens.Malformed, compact, text(segments("$1.$2"))},
		{"ENC-24", "four segments", tokens.Malformed, compact, text(segments("$1.$2.$3."))},
		{"ENC-25", "five segments", tokens.Malformed, compact, text(segments("$1.$2.$3.$2.$3"))},
		{"ENC-26", "three empty segments", tokens.Malformed, compact, text(segments(".."))},
		{"ENC-27", "an empty header", tokens.Malformed, compact, text(segments(".$2.$3"))},
		{"ENC-28", "header and payload swapped", tokens.HeaderNotAllowed, compact, text(segments("$2.$1.$3"))},
		{"ENC-29", "a carriage return in the payload, and signed so", tokens.Malformed, canonical, both(Forgery{SpellPayload: inserted("\r")})},
		{"ENC-30", "a carriage return in the signature", tokens.Malformed, canonical, text(insertedLate("\r"))},
	})
}
