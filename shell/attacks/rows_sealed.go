// Rows: the sealed section, and the letter as a whole.

package attacks

import "tokenshell/tokens"

func sealedRows() []Row {
	const (
		pinned  = "RFC 8725 3.1; RFC 7516 5.2"
		opened  = "RFC 7516 5.2, 11.5"
		bounded = "RFC 8725 3.6; CVE-2024-28180"
	)
	sealed := func(f func(string) string) []Step {
		return atService(sealing, Forgery{Payload: edits(bend("sealed", f))})
	}
	return numbered("SEA", Sealed, []tried{
		{"the sealed section of another token", tokens.SealedUnreadable, "RFC 8725 2.3, 2.7", atService(sealing, claims(set("sealed", `"$LETTER"`)))},
		{"no sealed section where there was one", tokens.SealedUnreadable, "design", atService(sealing, claims(drop("sealed")))},
		{"a sealed section from a service that seals nothing", tokens.SealedUnreadable, "design", scene(
			confirm("u", victim, sealing), forged("x", "t", claims(set("sealed", `"$LETTER"`))), direct("x").refused(), direct("t"))},
		{"no JWE at all", tokens.SealedUnreadable, opened, sealed(fixed("hello"))},
		{"the wrapped key changed", tokens.SealedUnreadable, opened, sealed(jwe(1, bumped))},
		{"the wrapped key cut off", tokens.SealedUnreadable, opened, sealed(jwe(1, cut(4)))},
		{"no wrapped key", tokens.SealedUnreadable, opened, sealed(jwe(1, fixed("")))},
		{"the nonce changed", tokens.SealedUnreadable, opened, sealed(jwe(2, bumped))},
		{"no nonce", tokens.SealedUnreadable, opened, sealed(jwe(2, fixed("")))},
		{"the ciphertext changed", tokens.SealedUnreadable, opened, sealed(jwe(3, bumped))},
		{"no ciphertext", tokens.SealedUnreadable, opened, sealed(jwe(3, fixed("")))},
		{"the tag changed", tokens.SealedUnreadable, opened, sealed(jwe(4, bumped))},
		{"the tag cut to twelve bytes", tokens.SealedUnreadable, opened, sealed(jwe(4, fixed("AAAAAAAAAAAAAAAA")))},
		{"no tag", tokens.SealedUnreadable, opened, sealed(jwe(4, fixed("")))},
		{"the key wrapped with RSA1_5", tokens.SealedUnreadable, "RFC 8725 3.2", sealed(jweHeader(`{"alg":"RSA1_5","enc":"A256GCM"}`))},
		{"the key wrapped with RSA-OAEP over SHA-1", tokens.SealedUnreadable, pinned, sealed(jweHeader(`{"alg":"RSA-OAEP","enc":"A256GCM"}`))},
		{"no key wrapped: dir", tokens.SealedUnreadable, pinned, sealed(jweHeader(`{"alg":"dir","enc":"A256GCM"}`))},
		{"the key agreed on with ECDH-ES", tokens.SealedUnreadable, "RFC 8725 2.5, 3.4", sealed(jweHeader(`{"alg":"ECDH-ES","enc":"A256GCM"}`))},
		{"a password of a million rounds", tokens.SealedUnreadable, "CVE-2023-49290", sealed(jweHeader(`{"alg":"PBES2-HS256+A128KW","enc":"A256GCM","p2c":1000000,"p2s":"AAAA"}`))},
		{"another content encryption", tokens.SealedUnreadable, pinned, sealed(jweHeader(`{"alg":"RSA-OAEP-256","enc":"A128CBC-HS256"}`))},
		{"zip: a bomb", tokens.SealedUnreadable, bounded, sealed(jweHeader(`{"alg":"RSA-OAEP-256","enc":"A256GCM","zip":"DEF"}`))},
		{"a header member that is unknown", tokens.SealedUnreadable, pinned, sealed(jweHeader(`{"alg":"RSA-OAEP-256","enc":"A256GCM","cty":"JWE"}`))},
		{"alg twice", tokens.SealedUnreadable, "RFC 7516 4", sealed(jweHeader(`{"alg":"dir","alg":"RSA-OAEP-256","enc":"A256GCM"}`))},
		{"the header written in another way", tokens.SealedUnreadable, opened, sealed(jweHeader(`{"enc":"A256GCM","alg":"RSA-OAEP-256"}`))},
		{"a newline in the ciphertext", tokens.SealedUnreadable, "RFC 7515 2", sealed(jwe(3, inserted("\n")))},
		{"six segments", tokens.SealedUnreadable, "RFC 7516 7.1", sealed(suffixed(".AAAA"))},
		{"other constraints, signed by the issuer", tokens.ConstraintViolated, "design", atService(early, claims(set("constraints", `{"amount_sha256":"all of it"}`)))},
		{"constraints with a space more, signed by the issuer", tokens.ConstraintViolated, "design", atService(late, claims(set("constraints", `{ }`)))},
		{"the relay reads no letter: whatever it holds is relayed, and its issuer refuses it", tokens.ConstraintViolated, "design", scene(
			forged("x", "t", Forgery{Payload: edits(set("constraints", `{"aud":"attacker","capabilities":["$OTHER_CAP"]}`), set("sealed", `"not a JWE"`))}),
			marked(), relay("x"), redeem(Compensated).refused())},
	})
}
