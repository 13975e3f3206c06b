// Rows: the sealed section, and the letter as a whole.

package attacks

import "tokenshell/tokens"

func sealedRows() []Row {
	const (
		pinned  = "RFC 8725 3.1; RFC 7516 5.2"
		opened  = "RFC 7516 5.2, 11.5"
		bounded = "RFC 8725 3.6; CVE-2024-28180"
	)
	sealed := func(b Bend) []Step {
		return atService(sealing, Forgery{Payload: edits(bend("sealed", b))})
	}
	return grouped(Sealed, []tried{
		{"SEA-01", "the sealed section of another token", tokens.SealedUnreadable, "RFC 8725 2.3, 2.7", atService(sealing, claims(set("sealed", `"$LETTER"`)))},
		{"SEA-02", "no sealed section where there was one", tokens.SealedUnreadable, "design", atService(sealing, claims(drop("sealed")))},
		{"SEA-03", "a sealed section from a service that seals nothing", tokens.SealedUnreadable, "design", scene(
			confirm("u", victim, sealing), forged("x", "t", claims(set("sealed", `"$LETTER"`))), direct("x").refused(), direct("t"))},
		{"SEA-04", "no JWE at all", tokens.SealedUnreadable, opened, sealed(fixed("hello"))},
		{"SEA-05", "the wrapped key changed", tokens.SealedUnreadable, opened, sealed(jwe(1, bumped))},
		{"SEA-06", "the wrapped key cut off", tokens.SealedUnreadable, opened, sealed(jwe(1, cut(4)))},
		{"SEA-07", "no wrapped key", tokens.SealedUnreadable, opened, sealed(jwe(1, fixed("")))},
		{"SEA-08", "the nonce changed", tokens.SealedUnreadable, opened, sealed(jwe(2, bumped))},
		{"SEA-09", "no nonce", tokens.SealedUnreadable, opened, sealed(jwe(2, fixed("")))},
		{"SEA-10", "the ciphertext changed", tokens.SealedUnreadable, opened, sealed(jwe(3, bumped))},
		{"SEA-11", "no ciphertext", tokens.SealedUnreadable, opened, sealed(jwe(3, fixed("")))},
		{"SEA-12", "the tag changed", tokens.SealedUnreadable, opened, sealed(jwe(4, bumped))},
		{"SEA-13", "the tag cut to twelve bytes", tokens.SealedUnreadable, opened, sealed(jwe(4, fixed("AAAAAAAAAAAAAAAA")))},
		{"SEA-14", "no tag", tokens.SealedUnreadable, opened, sealed(jwe(4, fixed("")))},
		{"SEA-15", "the key wrapped with RSA1_5", tokens.SealedUnreadable, "RFC 8725 3.2", sealed(jweHeader(`{"alg":"RSA1_5","enc":"A256GCM"}`))},
		{"SEA-16", "the key wrapped with RSA-OAEP over SHA-1", tokens.SealedUnreadable, pinned, sealed(jweHeader(`{"alg":"RSA-OAEP","enc":"A256GCM"}`))},
		{"SEA-17", "no key wrapped: dir", tokens.SealedUnreadable, pinned, sealed(jweHeader(`{"alg":"dir","enc":"A256GCM"}`))},
		{"SEA-18", "the key agreed on with ECDH-ES", tokens.SealedUnreadable, "RFC 8725 2.5, 3.4", sealed(jweHeader(`{"alg":"ECDH-ES","enc":"A256GCM"}`))},
		{"SEA-19", "a password of a million rounds", tokens.SealedUnreadable, "CVE-2023-49290", sealed(jweHeader(`{"alg":"PBES2-HS256+A128KW","enc":"A256GCM","p2c":1000000,"p2s":"AAAA"}`))},
		{"SEA-20", "another content encryption", tokens.SealedUnreadable, pinned, sealed(jweHeader(`{"alg":"RSA-OAEP-256","enc":"A128CBC-HS256"}`))},
		{"SEA-21", "zip: a bomb", tokens.SealedUnreadable, bounded, sealed(jweHeader(`{"alg":"RSA-OAEP-256","enc":"A256GCM","zip":"DEF"}`))},
		{"SEA-22", "a header member that is unknown", tokens.SealedUnreadable, pinned, sealed(jweHeader(`{"alg":"RSA-OAEP-256","enc":"A256GCM","cty":"JWE"}`))},
		{"SEA-23", "alg twice", tokens.SealedUnreadable, "RFC 7516 4", sealed(jweHeader(`{"alg":"dir","alg":"RSA-OAEP-256","enc":"A256GCM"}`))},
		{"SEA-24", "the header written in another way", tokens.SealedUnreadable, opened, sealed(jweHeader(`{"enc":"A256GCM","alg":"RSA-OAEP-256"}`))},
		{"SEA-25", "a newline in the ciphertext", tokens.SealedUnreadable, "RFC 7515 2", sealed(jwe(3, inserted("\n")))},
		{"SEA-26", "six segments", tokens.SealedUnreadable, "RFC 7516 7.1", sealed(suffixed(".AAAA"))},
		{"SEA-27", "other constraints, signed by the issuer", tokens.ConstraintViolated, "design", atService(early, claims(set("constraints", `{"amount_sha256":"all of it"}`)))},
		{"SEA-28", "constraints with a space more, signed by the issuer", tokens.ConstraintViolated, "design", atService(late, claims(set("constraints", `{ }`)))},
		{"SEA-29", "the relay reads no letter: whatever it holds is relayed, and its issuer refuses it", tokens.SealedUnreadable, "design", scene(
			forged("x", "t", Forgery{Payload: edits(set("constraints", `{"aud":"attacker","capabilities":["$OTHER_CAP"]}`), set("sealed", `"not a JWE"`))}),
			marked(), relay("x"), redeem(Compensated).refused())},
	})
}
