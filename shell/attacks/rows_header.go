// Rows: other serialisations, and what else may stand in a header.

package attacks

import (
	"strings"

	"tokenshell/shell/attacks/parts"
	"tokenshell/tokens"
)

func serialisationRows() []Row {
	const form = "RFC 7515 7.2; RFC 8725 2.6"
	text := func(b Bend) []Step { return both(Forgery{Signer: kept, Text: b}) }
	return grouped(Serialisation, []tried{
		{"SER-01", "flattened JSON serialisation", tokens.Malformed, form, text(segments(`{"protected":"$1","payload":"$2","signature":"$3"}`))},
		{"SER-02", "general JSON serialisation", tokens.Malformed, form, text(segments(`{"payload":"$2","signatures":[{"protected":"$1","signature":"$3"}]}`))},
		{"SER-03", "general JSON serialisation, a good signature and a bad one", tokens.Malformed, form,
			text(segments(`{"payload":"$2","signatures":[{"protected":"$1","signature":"AAAA"},{"protected":"$1","signature":"$3"}]}`))},
		{"SER-04", "an unprotected header that names the key", tokens.Malformed, form, text(segments(`{"payload":"$2","header":{"kid":"x"},"protected":"$1","signature":"$3"}`))},
		{"SER-05", "a text that is both compact and JSON", tokens.Malformed, "RFC 8725 2.6; CVE-2022-39227",
			text(segments(`{" $1.":"","payload":"$2","protected":"$1","signature":"$3",".$2.$3":""}`))},
		{"SER-06", "a detached payload", tokens.Malformed, "RFC 7515 F", text(segments("$1..$3"))},
		{"SER-07", "a JWE where a JWS belongs", tokens.Malformed, "RFC 8725 2.3, 2.7; RFC 7516 9",
			text(segments(parts.Encode(`{"alg":"dir","enc":"A256GCM"}`) + "..AAAAAAAAAAAAAAAA.$2.AAAAAAAAAAAAAAAAAAAAAA"))},
		{"SER-08", "a token in a token", tokens.Malformed, "RFC 7519 5.2", both(Forgery{PayloadText: "eyJhbGciOiJub25lIn0.e30."})},
		{"SER-09", "an SD-JWT", tokens.Malformed, "RFC 7515 7.1", text(suffixed("~WyJzYWx0Il0~"))},
		{"SER-10", "a PASETO", tokens.Malformed, "RFC 7515 7.1", text(segments("v4.public.$2"))},
	})
}

func headerRows() []Row {
	const (
		critical = "RFC 7515 4.1.11"
		explicit = "RFC 8725 3.11"
		twice    = "RFC 7515 4; RFC 8725 2.6"
		only     = "RFC 8725 3.10"
		object   = "RFC 7515 5.2"
	)
	return grouped(Header, []tried{
		{"HDR-01", "crit names something unknown", tokens.HeaderNotAllowed, critical, both(header(set("crit", `["exp"]`), set("exp", `1`)))},
		{"HDR-02", "crit is empty", tokens.HeaderNotAllowed, critical, both(header(set("crit", `[]`)))},
		{"HDR-03", "crit is null", tokens.HeaderNotAllowed, critical, both(header(set("crit", `null`)))},
		{"HDR-04", "crit names what is not there", tokens.HeaderNotAllowed, critical, both(header(set("crit", `["nope"]`)))},
		{"HDR-05", "b64 is false, and critical", tokens.HeaderNotAllowed, "RFC 7797 6, 7", both(header(set("b64", `false`), set("crit", `["b64"]`)))},
		{"HDR-06", "b64 is false, and not critical", tokens.HeaderNotAllowed, "RFC 7797 6", both(header(set("b64", `false`)))},
		{"HDR-07", "alg twice, none first", tokens.Malformed, twice, both(Forgery{HeaderText: `{"alg":"none","alg":"ES256","kid":"$KID","typ":"$TYP"}`})},
		{"HDR-08", "alg twice, none last", tokens.Malformed, twice, both(header(add("alg", `"none"`)))},
		{"HDR-09", "alg twice, once in escapes", tokens.Malformed, twice, both(header(add("alg", `"none"`).SpeltBy(parts.Escaped)))},
		{"HDR-10", "kid twice", tokens.Malformed, twice, both(header(add("kid", `"x"`)))},
		{"HDR-11", "alg a second time with a capital letter", tokens.HeaderNotAllowed, twice, both(header(add("alg", `"none"`).SpeltBy(strings.ToUpper)))},
		{"HDR-12", "typ JWT", tokens.TypeNotAllowed, explicit, both(header(set("typ", `"JWT"`)))},
		{"HDR-13", "typ of an access token", tokens.TypeNotAllowed, "RFC 8725 2.8, 3.11; RFC 9068 2.1", both(header(set("typ", `"at+jwt"`)))},
		{"HDR-14", "no typ", tokens.TypeNotAllowed, explicit, both(header(drop("typ")))},
		{"HDR-15", "typ with capital letters", tokens.TypeNotAllowed, explicit, both(Forgery{Header: edits(bend("typ", upper))})},
		{"HDR-16", "typ with application/ in front", tokens.TypeNotAllowed, "RFC 7515 4.1.9", both(header(set("typ", `"application/$TYP"`)))},
		{"HDR-17", "typ is null", tokens.HeaderNotAllowed, explicit, both(header(set("typ", `null`)))},
		{"HDR-18", "cty JWT", tokens.HeaderNotAllowed, "RFC 7519 5.2", both(header(set("cty", `"JWT"`)))},
		{"HDR-19", "zip on a JWS", tokens.HeaderNotAllowed, "RFC 8725 3.6", both(header(set("zip", `"DEF"`)))},
		{"HDR-20", "enc on a JWS", tokens.HeaderNotAllowed, "RFC 8725 2.3", both(header(set("enc", `"A256GCM"`)))},
		{"HDR-21", "a claim repeated in the header", tokens.HeaderNotAllowed, "RFC 7519 5.3", both(header(set("iss", `"$ISS"`)))},
		{"HDR-22", "a member that nobody knows", tokens.HeaderNotAllowed, only, both(header(set("x-trusted", `true`)))},
		{"HDR-23", "__proto__ in the header", tokens.HeaderNotAllowed, "CWE-1321", both(header(set("__proto__", `{"alg":"none"}`)))},
		{"HDR-24", "the header is an array", tokens.Malformed, object, both(Forgery{HeaderText: "[@]"})},
		{"HDR-25", "the header is null", tokens.Malformed, object, both(Forgery{HeaderText: "null"})},
		{"HDR-26", "something behind the header's object", tokens.Malformed, object, both(Forgery{HeaderText: "@{}"})},
		{"HDR-27", "a byte order mark in front of the header's object", tokens.Malformed, "RFC 8259 8.1", both(Forgery{HeaderText: "\ufeff@"})},
		{"HDR-28", "invalid UTF-8 in kid", tokens.Malformed, "RFC 8725 3.7", both(header(set("kid", "\"$KID\xff\"")))},
		{"HDR-29", "a comment in the header", tokens.Malformed, object, both(Forgery{HeaderText: "/* */@"})},
		{"HDR-30", "a NUL behind the header's object", tokens.Malformed, object, both(Forgery{HeaderText: "@\x00"})},
	})
}
