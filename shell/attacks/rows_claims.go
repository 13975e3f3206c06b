// Rows: claim confusion.

package attacks

import (
	"strings"

	"tokenshell/tokens"
)

func claimRows() []Row {
	const (
		once     = "RFC 7519 4"
		who      = "RFC 8725 3.8"
		whom     = "RFC 8725 2.8, 3.9"
		id       = "RFC 7519 4.1.7"
		utf8     = "RFC 8725 3.7"
		object   = "RFC 7519 7.2"
		terminal = "CWE-117; CWE-150"
	)
	jti := func(raw string) Forgery { return claims(set("jti", raw)) }
	order := func(raw string) Forgery { return claims(set("order_processing_id", raw)) }
	elsewhereOpen := func(f Forgery) []Step {
		return scene(open(elsewhere, first), forged("x", "t", f), relay("x").refused(), direct("x").refused(), relay("t"))
	}
	all := []tried{
		{"sub twice", tokens.Malformed, once, both(claims(add("sub", `"$OTHER_CUSTOMER"`)))},
		{"sub twice, once in escapes", tokens.Malformed, once, both(claims(add(`\u0073ub`, `"$OTHER_CUSTOMER"`)))},
		{"a member twice, deep in constraints", tokens.Malformed, once, both(claims(set("constraints", `{"a":[{"amount":"5","amount":"5000"}]}`)))},
		{"Exp a second time with a capital letter", tokens.ClaimInvalid, once, both(claims(add("Exp", `$NOW+9999`)))},
		{"a claim that nobody knows", tokens.ClaimInvalid, "RFC 8725 3.12", both(claims(set("admin", `true`)))},
		{"nbf, which our issuers never write", tokens.ClaimInvalid, "RFC 8725 3.12", both(claims(set("nbf", `$NOW-1`)))},
		{"the payload is null", tokens.Malformed, object, both(Forgery{PayloadText: "null"})},
		{"the payload is an array", tokens.Malformed, object, both(Forgery{PayloadText: "[@]"})},
		{"the payload is a string", tokens.Malformed, object, both(Forgery{PayloadText: `"x"`})},
		{"the payload is empty", tokens.Malformed, object, both(Forgery{PayloadText: " "})},
		{"something behind the payload's object", tokens.Malformed, object, both(Forgery{PayloadText: `@,"x":1}`})},
		{"a byte order mark in front of the payload's object", tokens.Malformed, "RFC 8259 8.1", both(Forgery{PayloadText: "\ufeff@"})},

		{"no iss", tokens.ClaimMissing, who, both(claims(drop("iss")))},
		{"iss is null", tokens.ClaimMissing, who, both(claims(set("iss", `null`)))},
		{"iss is an array with the right one in it", tokens.IssuerUnknown, who, both(claims(set("iss", `["$ISS"]`)))},
		{"iss with a capital letter", tokens.IssuerUnknown, who, both(Forgery{Payload: edits(bend("iss", strings.ToUpper))})},
		{"a space behind iss", tokens.IssuerUnknown, who, both(claims(set("iss", `"$ISS "`)))},
		{"a NUL behind iss", tokens.IssuerUnknown, who, both(claims(set("iss", `"$ISS\u0000"`)))},
		{"iss with a letter that looks the same", tokens.IssuerUnknown, "RFC 8725 3.8; UTS 39", both(Forgery{Payload: edits(bend("iss", func(s string) string { return strings.Replace(s, "o", "\u043e", 1) }))})},
		{"an issuer that nobody trusts, signed by the attacker", tokens.IssuerUnknown, who, both(claims(set("iss", `"attacker.example"`)).by(attacker))},
		{"the relay as issuer", tokens.IssuerUnknown, who, both(claims(set("iss", `"order-processing"`)))},

		{"no sub", tokens.ClaimMissing, who, both(claims(drop("sub")))},
		{"sub is a number", tokens.ClaimInvalid, who, both(claims(set("sub", `123`)))},
		{"sub of another customer, signed by the issuer", tokens.SessionMismatch, who, both(claims(set("sub", `"$OTHER_CUSTOMER"`)))},
		{"a space behind sub", tokens.SessionMismatch, who, both(claims(set("sub", `"$CUSTOMER "`)))},
		{"sub steers a terminal", tokens.ClaimInvalid, terminal, both(claims(set("sub", `"\u001b[2J$CUSTOMER"`)))},

		{"no aud", tokens.ClaimMissing, whom, both(claims(drop("aud")))},
		{"aud is empty", tokens.AudienceMismatch, whom, both(claims(set("aud", `[]`)))},
		{"aud is an object", tokens.ClaimInvalid, whom, both(claims(set("aud", `{"order-processing":true}`)))},
		{"aud begins like the relay", tokens.AudienceMismatch, whom, both(claims(set("aud", `"order-processing.attacker.example"`)))},
		{"aud names a stranger beside the relay", tokens.AudienceMismatch, whom, both(claims(set("aud", `["order-processing","$ISS","attacker.example"]`)))},
		{"aud is another service", tokens.AudienceMismatch, whom, both(claims(set("aud", `["$OTHER_ISS"]`)))},
		{"aud names another service beside the relay", tokens.AudienceMismatch, whom, both(claims(set("aud", `["order-processing","$OTHER_ISS"]`)))},
		{"aud is the service without the relay", tokens.AudienceMismatch, whom, atRelay(claims(set("aud", `["$ISS"]`)))},
		{"aud is the relay without the service, past the relay", tokens.AudienceMismatch, whom, scene(forged("x", "t", claims(set("aud", `"order-processing"`))), direct("x").refused(), relay("t"))},

		{"no jti", tokens.ClaimMissing, id, both(claims(drop("jti")))},
		{"jti is null", tokens.ClaimMissing, id, both(jti(`null`))},
		{"jti is empty", tokens.ClaimMissing, id, both(jti(`""`))},
		{"jti is a number", tokens.ClaimInvalid, id, both(jti(`7`))},
		{"jti is an array", tokens.ClaimInvalid, id, both(jti(`["a"]`))},
		{"jti of 129 bytes", tokens.ClaimInvalid, "RFC 9449 11.1", both(jti(`"` + strings.Repeat("j", 129) + `"`))},
		{"jti with a newline: a second line in the log", tokens.ClaimInvalid, terminal, both(jti(`"a\nrelay accepted"`))},
		{"jti that turns the text round", tokens.ClaimInvalid, terminal, both(jti(`"\u202eabc"`))},
		{"jti with an accent, composed", tokens.ClaimInvalid, utf8, both(jti(`"caf\u00e9"`))},
		{"jti with an accent, decomposed", tokens.ClaimInvalid, utf8, both(jti(`"cafe\u0301"`))},
		{"jti with a lone surrogate", tokens.Malformed, utf8, both(jti(`"a\ud800"`))},
		{"jti with another lone surrogate", tokens.Malformed, utf8, both(jti(`"a\udbff"`))},
		{"jti with invalid UTF-8", tokens.Malformed, utf8, both(jti("\"a\xff\""))},

		{"no order_processing_id", tokens.ClaimMissing, "design", both(claims(drop("order_processing_id")))},
		{"order_processing_id is empty", tokens.ClaimMissing, "design", both(order(`""`))},
		{"order_processing_id is an array with the right one in it", tokens.ClaimInvalid, "design", both(order(`["op_victim"]`))},
		{"order_processing_id of another open session, signed by the issuer", tokens.SessionMismatch, "RFC 8725 2.7", elsewhereOpen(order(`"op_elsewhere"`))},
		{"order_processing_id that was never opened", tokens.SessionUnknown, "design", bothFor(order(`"op_never"`), tokens.SessionMismatch)},
		{"a space behind order_processing_id", tokens.SessionUnknown, "design", bothFor(order(`"op_victim "`), tokens.SessionMismatch)},

		{"no capabilities", tokens.ClaimMissing, "design", both(claims(drop("capabilities")))},
		{"capabilities is a string", tokens.ClaimInvalid, "design", both(claims(set("capabilities", `"$CAP"`)))},
		{"an empty list of capabilities", tokens.CapabilityNotAllowed, who, both(claims(set("capabilities", `[]`)))},
		{"the capability of another service, signed by the issuer", tokens.CapabilityNotAllowed, who, both(claims(set("capabilities", `["$OTHER_CAP"]`)))},
		{"the capability of another service beside the own", tokens.CapabilityNotAllowed, who, both(claims(set("capabilities", `["$CAP","$OTHER_CAP"]`)))},
		{"a capability that nobody grants", tokens.CapabilityNotAllowed, who, both(claims(set("capabilities", `["house:everything"]`)))},
		{"a capability with a wildcard", tokens.CapabilityNotAllowed, who, both(claims(set("capabilities", `["*"]`)))},
		{"a space behind the capability", tokens.CapabilityNotAllowed, who, both(claims(set("capabilities", `["$CAP "]`)))},

		{"no constraints", tokens.ClaimMissing, "design", both(claims(drop("constraints")))},
		{"constraints is a string", tokens.ClaimInvalid, "design", both(claims(set("constraints", `"{}"`)))},
		{"sealed is an object", tokens.ClaimInvalid, "design", both(claims(set("sealed", `{}`)))},
		{"sealed is empty", tokens.ClaimInvalid, "design", both(claims(set("sealed", `""`)))},
	}
	return numbered("CLM", Claims, all)
}
