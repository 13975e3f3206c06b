// Rows: tokens that cost more than they may.

package attacks

import (
	"strings"

	"tokenshell/tokens"
)

func exhaustionRows() []Row {
	const (
		size    = "CWE-400"
		dots    = "CVE-2025-27144; CVE-2025-30204"
		nesting = "CWE-674"
	)
	nested := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	text := func(b Bend) []Step { return both(Forgery{Signer: kept, Text: b}) }
	big := func(n int) []Step {
		return both(claims(set("constraints", `{"x":"`+strings.Repeat("x", n)+`"}`)))
	}
	return grouped(Exhaustion, []tried{
		{"DOS-01", "a signed token of some 9 KB", tokens.TooLarge, size, big(6000)},
		{"DOS-02", "a signed token of a megabyte", tokens.TooLarge, size, big(1 << 20)},
		{"DOS-03", "a signed token with a header of 100 KB", tokens.TooLarge, size, both(Forgery{HeaderText: "@" + strings.Repeat(" ", 100_000)})},
		{"DOS-04", "a jti of 100 KB", tokens.TooLarge, "RFC 9449 11.1", both(claims(set("jti", `"`+strings.Repeat("j", 100_000)+`"`)))},
		{"DOS-05", "a megabyte of dots", tokens.TooLarge, dots, text(fixed(strings.Repeat(".", 1<<20)))},
		{"DOS-06", "eight thousand dots", tokens.Malformed, dots, text(fixed(strings.Repeat(".", 8000)))},
		{"DOS-07", "a thousand certificates to parse", tokens.TooLarge, size, both(header(set("x5c", `["`+strings.Repeat(`AAAAAAAAAAAA","`, 1000)+`"]`)))},
		{"DOS-08", "nested 33 deep", tokens.Malformed, nesting, both(claims(set("constraints", `{"x":`+nested(31)+`}`)))},
		{"DOS-09", "nested 2000 deep", tokens.Malformed, nesting, both(claims(set("constraints", `{"x":`+nested(2000)+`}`)))},
		{"DOS-10", "a header nested 1000 deep", tokens.Malformed, nesting, both(header(set("alg", nested(1000))))},
		{"DOS-11", "an array that never ends", tokens.Malformed, nesting, both(Forgery{PayloadText: strings.Repeat("[", 4000)})},
		{"DOS-12", "exp with four thousand digits", tokens.ClaimInvalid, size, both(claims(set("exp", strings.Repeat("9", 4000))))},
		{"DOS-13", "two hundred capabilities", tokens.CapabilityNotAllowed, size, both(claims(set("capabilities", `["$CAP"`+strings.Repeat(`,"a:b"`, 200)+`]`)))},
		{"DOS-14", "a thousand audiences", tokens.AudienceMismatch, size, both(claims(set("aud", `["x"`+strings.Repeat(`,"x"`, 1000)+`]`)))},
		{"DOS-15", "a password of a million rounds in the header", tokens.HeaderNotAllowed, "CVE-2023-49290", both(header(set("alg", `"PBES2-HS256+A128KW"`), set("p2c", `1000000`)))},
		{"DOS-16", "fifty unknown keys, one after another", tokens.KeyUnknown, "RFC 8725 2.9", storm(50)},
		{"DOS-17", "a byte more than a token may have", tokens.TooLarge, size, text(fixed("e30.e30." + strings.Repeat("A", tokens.MaxSize+1-len("e30.e30."))))},
	})
}

// storm sends n tokens, each with a kid of its own, and then a good one. A relay
// that fetches keys for each of them can be made to flood an issuer.
func storm(n int) []Step {
	steps := append(scene(), marked())
	for i := range n {
		name := "x" + strings.Repeat("i", i)
		steps = append(steps, forged(name, "t", header(set("kid", `"`+name+`"`)).by(attacker)), relay(name).refused())
	}
	return append(steps, atMost(5), relay("t"))
}
