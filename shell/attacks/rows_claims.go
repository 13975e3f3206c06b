// Rows: claim confusion.

package attacks

import (
	"strings"

	"tokenshell/shell/attacks/parts"
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
	return grouped(Claims, []tried{
		{"CLM-01", "sub twice", tokens.Malformed, once, both(claims(add("sub", `"$OTHER_CUSTOMER"`)))},
		{"CLM-02", "sub twice, once in escapes", tokens.Malformed, once, both(claims(add("sub", `"$OTHER_CUSTOMER"`).SpeltBy(parts.Escaped)))},
		{"CLM-03", "a member twice, deep in constraints", tokens.Malformed, once, both(claims(set("constraints", `{"a":[{"amount":"5","amount":"5000"}]}`)))},
		{"CLM-04", "Exp a second time with a capital letter", tokens.ClaimInvalid, once, both(claims(add("exp", `$NOW+9999`).SpeltBy(parts.Capital)))},
		{"CLM-05", "a claim that nobody knows", tokens.ClaimInvalid, "RFC 8725 3.12", both(claims(set("admin", `true`)))},
		{"CLM-06", "nbf, which our issuers never write", tokens.ClaimInvalid, "RFC 8725 3.12", both(claims(set("nbf", `$NOW-1`)))},
		{"CLM-07", "the payload is null", tokens.Malformed, object, both(Forgery{PayloadText: "null"})},
		{"CLM-08", "the payload is an array", tokens.Malformed, object, both(Forgery{PayloadText: "[@]"})},
		{"CLM-09", "the payload is a string", tokens.Malformed, object, both(Forgery{PayloadText: `"x"`})},
		{"CLM-10", "the payload is empty", tokens.Malformed, object, both(Forgery{PayloadText: " "})},
		{"CLM-11", "something behind the payload's object", tokens.Malformed, object, both(Forgery{PayloadText: `@,"x":1}`})},
		{"CLM-12", "a byte order mark in front of the payload's object", tokens.Malformed, "RFC 8259 8.1", both(Forgery{PayloadText: "\ufeff@"})},

		{"CLM-13", "no iss", tokens.ClaimMissing, who, both(claims(drop("iss")))},
		{"CLM-14", "iss is null", tokens.ClaimMissing, who, both(claims(set("iss", `null`)))},
		{"CLM-15", "iss is an array with the right one in it", tokens.IssuerUnknown, who, both(claims(set("iss", `["$ISS"]`)))},
		{"CLM-16", "iss with a capital letter", tokens.IssuerUnknown, who, both(Forgery{Payload: edits(bend("iss", upper))})},
		{"CLM-17", "a space behind iss", tokens.IssuerUnknown, who, both(claims(set("iss", `"$ISS "`)))},
		{"CLM-18", "a NUL behind iss", tokens.IssuerUnknown, who, both(claims(set("iss", `"$ISS\u0000"`)))},
		{"CLM-19", "iss with a letter that looks the same", tokens.IssuerUnknown, "RFC 8725 3.8; UTS 39", both(Forgery{Payload: edits(bend("iss", lookingAlike))})},
		{"CLM-20", "an issuer that nobody trusts, signed by the attacker", tokens.IssuerUnknown, who, both(claims(set("iss", `"attacker.example"`)).by(attacker))},
		{"CLM-21", "the relay as issuer", tokens.IssuerUnknown, who, both(claims(set("iss", `"$AUD"`)))},

		{"CLM-22", "no sub", tokens.ClaimMissing, who, both(claims(drop("sub")))},
		{"CLM-23", "sub is a number", tokens.ClaimInvalid, who, both(claims(set("sub", `123`)))},
		{"CLM-24", "sub of another customer, signed by the issuer", tokens.SessionMismatch, who, both(claims(set("sub", `"$OTHER_CUSTOMER"`)))},
		{"CLM-25", "a space behind sub", tokens.SessionMismatch, who, both(claims(set("sub", `"$CUSTOMER "`)))},
		{"CLM-26", "sub steers a terminal", tokens.ClaimInvalid, terminal, both(claims(set("sub", `"\u001b[2J$CUSTOMER"`)))},

		{"CLM-27", "no aud", tokens.ClaimMissing, whom, both(claims(drop("aud")))},
		{"CLM-28", "aud is empty", tokens.AudienceMismatch, whom, both(claims(set("aud", `[]`)))},
		{"CLM-29", "aud is an object", tokens.ClaimInvalid, whom, both(claims(set("aud", `{"$AUD":true}`)))},
		{"CLM-30", "aud begins like the relay", tokens.AudienceMismatch, whom, both(claims(set("aud", `"$AUD.attacker.example"`)))},
		{"CLM-31", "aud names a stranger beside the relay", tokens.AudienceMismatch, whom, both(claims(set("aud", `["$AUD","$ISS","attacker.example"]`)))},
		{"CLM-32", "aud is another service", tokens.AudienceMismatch, whom, both(claims(set("aud", `["$OTHER_ISS"]`)))},
		{"CLM-33", "aud names another service beside the relay", tokens.AudienceMismatch, whom, both(claims(set("aud", `["$AUD","$OTHER_ISS"]`)))},
		{"CLM-34", "aud is the service without the relay", tokens.AudienceMismatch, whom, atRelay(claims(set("aud", `["$ISS"]`)))},
		{"CLM-35", "aud is the relay without the service, past the relay", tokens.AudienceMismatch, whom, scene(forged("x", "t", claims(set("aud", `"$AUD"`))), direct("x").refused(), relay("t"))},

		{"CLM-36", "no jti", tokens.ClaimMissing, id, both(claims(drop("jti")))},
		{"CLM-37", "jti is null", tokens.ClaimMissing, id, both(jti(`null`))},
		{"CLM-38", "jti is empty", tokens.ClaimMissing, id, both(jti(`""`))},
		{"CLM-39", "jti is a number", tokens.ClaimInvalid, id, both(jti(`7`))},
		{"CLM-40", "jti is an array", tokens.ClaimInvalid, id, both(jti(`["a"]`))},
		{"CLM-41", "jti of 129 bytes", tokens.ClaimInvalid, "RFC 9449 11.1", both(jti(`"` + strings.Repeat("j", 129) + `"`))},
		{"CLM-42", "jti with a newline: a second line in the log", tokens.ClaimInvalid, terminal, both(jti(`"a\nrelay accepted"`))},
		{"CLM-43", "jti that turns the text round", tokens.ClaimInvalid, terminal, both(jti(`"\u202eabc"`))},
		{"CLM-44", "jti with an accent, composed", tokens.ClaimInvalid, utf8, both(jti(`"caf\u00e9"`))},
		{"CLM-45", "jti with an accent, decomposed", tokens.ClaimInvalid, utf8, both(jti(`"cafe\u0301"`))},
		{"CLM-46", "jti with a lone surrogate", tokens.Malformed, utf8, both(jti(`"a\ud800"`))},
		{"CLM-47", "jti with another lone surrogate", tokens.Malformed, utf8, both(jti(`"a\udbff"`))},
		{"CLM-48", "jti with invalid UTF-8", tokens.Malformed, utf8, both(jti("\"a\xff\""))},

		{"CLM-49", "no order_processing_id", tokens.ClaimMissing, "design", both(claims(drop("order_processing_id")))},
		{"CLM-50", "order_processing_id is empty", tokens.ClaimMissing, "design", both(order(`""`))},
		{"CLM-51", "order_processing_id is an array with the right one in it", tokens.ClaimInvalid, "design", both(order(`["$VICTIM"]`))},
		{"CLM-52", "order_processing_id of another open session, signed by the issuer", tokens.SessionMismatch, "RFC 8725 2.7", elsewhereOpen(order(`"$ELSEWHERE"`))},
		{"CLM-53", "order_processing_id that was never opened", tokens.SessionUnknown, "design", bothFor(order(`"$NEVER"`), tokens.SessionMismatch)},
		{"CLM-54", "a space behind order_processing_id", tokens.SessionUnknown, "design", bothFor(order(`"$VICTIM "`), tokens.SessionMismatch)},

		{"CLM-55", "no capabilities", tokens.ClaimMissing, "design", both(claims(drop("capabilities")))},
		{"CLM-56", "capabilities is a string", tokens.ClaimInvalid, "design", both(claims(set("capabilities", `"$CAP"`)))},
		{"CLM-57", "an empty list of capabilities", tokens.CapabilityNotAllowed, who, both(claims(set("capabilities", `[]`)))},
		{"CLM-58", "the capability of another service, signed by the issuer", tokens.CapabilityNotAllowed, who, both(claims(set("capabilities", `["$OTHER_CAP"]`)))},
		{"CLM-59", "the capability of another service beside the own", tokens.CapabilityNotAllowed, who, both(claims(set("capabilities", `["$CAP","$OTHER_CAP"]`)))},
		{"CLM-60", "a capability that nobody grants", tokens.CapabilityNotAllowed, who, both(claims(set("capabilities", `["house:everything"]`)))},
		{"CLM-61", "a capability with a wildcard", tokens.CapabilityNotAllowed, who, both(claims(set("capabilities", `["*"]`)))},
		{"CLM-62", "a space behind the capability", tokens.CapabilityNotAllowed, who, both(claims(set("capabilities", `["$CAP "]`)))},

		{"CLM-63", "no constraints", tokens.ClaimMissing, "design", both(claims(drop("constraints")))},
		{"CLM-64", "constraints is a string", tokens.ClaimInvalid, "design", both(claims(set("constraints", `"{}"`)))},
		{"CLM-65", "sealed is an object", tokens.ClaimInvalid, "design", both(claims(set("sealed", `{}`)))},
		{"CLM-66", "sealed is empty", tokens.ClaimInvalid, "design", both(claims(set("sealed", `""`)))},

		{"CLM-67", "jti with a DEL", tokens.ClaimInvalid, terminal, both(jti(`"a\u007fb"`))},
		{"CLM-68", "jti with the second half of a surrogate pair alone", tokens.Malformed, utf8, both(jti(`"a\udc00"`))},
		{"CLM-69", "constraints is an array", tokens.ClaimInvalid, "design", both(claims(set("constraints", `[{}]`)))},
		{"CLM-70", "sealed is null", tokens.ClaimInvalid, "design", both(claims(set("sealed", `null`)))},
		{"CLM-71", "a slash behind iss", tokens.IssuerUnknown, who, both(claims(set("iss", `"$ISS/"`)))},
		{"CLM-72", "sub in upper case", tokens.SessionMismatch, who, both(Forgery{Payload: edits(bend("sub", upper))})},
		{"CLM-73", "a number beside the capability", tokens.ClaimInvalid, "design", both(claims(set("capabilities", `["$CAP",7]`)))},
		{"CLM-74", "null beside the relay in aud", tokens.ClaimInvalid, whom, both(claims(set("aud", `["$AUD","$ISS",null]`)))},
		{"CLM-75", "order_processing_id in upper case", tokens.SessionUnknown, "RFC 8725 2.7", bothFor(Forgery{Payload: edits(bend("order_processing_id", upper))}, tokens.SessionMismatch)},
		{"CLM-76", "order_processing_id begins like the right one", tokens.SessionUnknown, "RFC 8725 2.7", bothFor(order(`"$VICTIM-2"`), tokens.SessionMismatch)},
		{"CLM-77", "sub begins like the customer", tokens.SessionMismatch, who, both(claims(set("sub", `"$CUSTOMER-2"`)))},
		{"CLM-78", "a capability that begins like the own", tokens.CapabilityNotAllowed, who, both(claims(set("capabilities", `["$CAP.all"]`)))},
		{"CLM-79", "a NUL behind the payload's object", tokens.Malformed, object, both(Forgery{PayloadText: "@\x00"})},
	})
}
