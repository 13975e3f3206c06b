package redact_test

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"tokenshell/shell/internal/redact"
)

// A part of a known token is hidden wherever it stands, with its neighbours.
func TestPartsOfKnownTokens(t *testing.T) {
	var s redact.Secrets
	text := "what is " + signature + " and " + payload + ", of " + header + "?"
	if got := s.Hide(text); got != text {
		t.Errorf("nothing is known, and it hides %q", got)
	}
	if got := s.Hide("relay " + jws); got != "relay "+redact.Token {
		t.Errorf("a token: %q", got)
	}
	s.Know(jws)
	half := len(signature) / 2
	for text, want := range map[string]string{
		text:                         "what is (token) and (token), of " + header + "?", // a header is not a secret
		jws + "\n" + signature:       "(token)\n(token)",
		"a=x" + signature:            "a=(token)",
		"a=" + signature + "x":       "a=(token)",
		"a=x-" + signature + "_y b":  "a=(token) b",
		signature[:half]:             "(token)",
		signature[half:]:             "(token)",
		"(" + signature[7:27] + ")":  "((token))",
		"[" + payload[9:37] + "]":    "[(token)]",
		signature[:43] + signature:   "(token)",
		"{\"a\":\"" + signature:      `{"a":"(token)`,
		"a=" + signature + "&b=" + c: "a=(token)&b=" + c,
		signature[:30] + "\n    " + signature[30:] + " and": "(token) and",
		"the end\n" + signature + "\nthe beginning":         "the end\n(token)\nthe beginning",
	} {
		if got := s.Hide(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
	for _, harmless := range append(innocents, signature[:15], "coupon-1", header, strings.ToLower(signature), c) {
		if got := s.Hide(harmless); got != harmless {
			t.Errorf("%q became %q", harmless, got)
		}
	}
}

const c = "cpt_ptejey6ijwnn4zrpecpg34dmpe"

// However short a part, no neighbour and no place in the token lets it through,
// from the length on that the doc names.
func TestEveryPartIsHidden(t *testing.T) {
	var s redact.Secrets
	s.Know(jws)
	for segment, least := range map[string]int{signature: 20, payload: 20} {
		for from := 0; from+least <= len(segment); from++ {
			part := segment[from : from+least]
			for _, text := range []string{part, "x" + part, part + "x", "zz" + part + "yyy"} {
				if got := s.Hide(text); got != redact.Token {
					t.Fatalf("%q became %q", text, got)
				}
			}
		}
	}
}

// encodings are what a URL, a page or a log makes of a text.
func encodings(text string) map[string]string {
	every := func(format string) string {
		var b strings.Builder
		for _, r := range text {
			if strings.ContainsRune("._-", r) {
				fmt.Fprintf(&b, format, r)
			} else {
				b.WriteRune(r)
			}
		}
		return b.String()
	}
	return map[string]string{
		"percent": every("%%%02X"), "percent, lower case": every("%%%02x"), "percent twice": url.QueryEscape(every("%%%02X")),
		"JSON": every(`\u%04x`), "JSON in JSON": every(`\\u%04X`), "hex escape": every(`\x%02x`),
		"HTML": every("&#%d;"), "HTML, hex": every("&#x%x;"), "HTML, by name": strings.ReplaceAll(text, ".", "&period;"),
		"spaces at the dots": strings.ReplaceAll(text, ".", " . "), "lines at the dots": strings.ReplaceAll(text, ".", ".\n  "),
		"base64": base64.StdEncoding.EncodeToString([]byte(text)), "base64url": base64.RawURLEncoding.EncodeToString([]byte(text)),
		"all of it in percent": percent(text),
	}
}

// percent encodes every character.
func percent(text string) string {
	var b strings.Builder
	for i := range len(text) {
		fmt.Fprintf(&b, "%%%02x", text[i])
	}
	return b.String()
}

// An encoded token is hidden as any: one that nobody has seen before by its
// shape, and of a known one every part.
func TestEncodedTokens(t *testing.T) {
	for how, text := range encodings(jws) {
		if got := redact.Tokens("a=" + text + " b"); got != "a=(token) b" {
			t.Errorf("%s: %q became %q", how, text, got)
		}
		if !redact.HasToken(text) || redact.IsID(text) {
			t.Errorf("%s: %q holds no token", how, text)
		}
		if got := redact.Remnants("relay " + text); strings.Contains(got, signature[8:40]) || strings.Contains(got, payload[8:40]) {
			t.Errorf("%s: of it remains %q", how, got)
		}
	}
	var s redact.Secrets
	s.Know(jws)
	for how, text := range encodings(signature) {
		if got := s.Hide("a=x" + text + " b"); got != "a=(token) b" && !strings.HasPrefix(how, "base64") {
			t.Errorf("a signature, %s: %q became %q", how, text, got)
		}
	}
	for shift := range 3 { // wherever in an encoded text it stood
		text := base64.StdEncoding.EncodeToString([]byte("user"[:shift] + payload + "." + signature + " and more"))
		if got := s.Hide("Basic " + text + "!"); got != "Basic (token)!" && got != "Basic (token)==!" && got != "Basic (token)=!" {
			t.Errorf("in base64 from %d on: %q", shift, got)
		}
	}
}

// What only looks encoded stays as it is.
func TestHarmlessEncodings(t *testing.T) {
	var s redact.Secrets
	s.Know(jws)
	for _, text := range []string{
		"100% of it", "%", "a%2Eb%2Ec", "%zz", `a\u002eb`, `C:\new\run`, "&amp;&#46;&;", "&#x2e", "eyJhbGciOiJFUzI1NiJ9", "50%25", "a . b . c", "%2E%2E%2F", `\`, "&#", "x%",
	} {
		if got := s.Hide(text); got != text || redact.HasToken(text) {
			t.Errorf("%q became %q", text, got)
		}
	}
}

// What is sealed in a token is as secret as its signature.
func TestSealedParts(t *testing.T) {
	sealed := jwe
	token := header + "." + encoded(`{"iss":"payments.svc","sealed":"`+sealed+`"}`) + "." + signature
	var s redact.Secrets
	s.Know(token)
	for _, part := range strings.Split(sealed, ".")[1:] {
		if len(part) < 20 {
			continue
		}
		if got := s.Hide("x" + part + "y"); got != redact.Token {
			t.Errorf("%q became %q", part, got)
		}
	}
}

// Each token's parts are known until it is forgotten; what was never known can
// be forgotten, too.
func TestPartsAreForgotten(t *testing.T) {
	other := encoded(`{"alg":"EdDSA"}`) + "." + encoded(`{"iss":"points.svc","jti":"pts_1"}`) + "." + encoded("another signature, of the other token")
	otherSignature := other[strings.LastIndexByte(other, '.')+1:]
	for _, shown := range []bool{false, true} { // before anything was shown, and behind
		var s redact.Secrets
		s.Forget(jws)
		s.Know(jws)
		s.Know(jws) // under another handle
		s.Know(other)
		if shown {
			s.Hide("something")
		}
		s.Forget(jws)
		if got := s.Hide(signature); got != redact.Token {
			t.Errorf("it is held still: %q", got)
		}
		s.Forget(jws)
		if got, want := s.Hide(signature+" "+otherSignature), signature+" (token)"; got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// Tokens that nobody keeps are known for some time, and not for ever.
func TestLooseTokensAreForgotten(t *testing.T) {
	var s redact.Secrets
	s.Meet(jws)
	s.Meet(jws)
	if got := s.Hide(signature); got != redact.Token {
		t.Errorf("%q", got)
	}
	for i := range 300 {
		s.Meet(header + "." + encoded(fmt.Sprint("claims of number ", i)) + "." + encoded(fmt.Sprint("the signature of number ", i)))
	}
	if got := s.Hide(signature); got != signature {
		t.Errorf("after 300 others: %q", got)
	}
}

// A part that is shorter than what could be one says nothing.
func TestShortPartsAreNotKnown(t *testing.T) {
	var s redact.Secrets
	for _, raw := range []string{"", "no token", "eyJhbGciOiJub25lIn0.e30.", header + ".e30." + signature[:15]} {
		s.Know(raw)
	}
	for _, text := range []string{"e30", signature[:15], "no token", ""} {
		if got := s.Hide(text); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
}

// A secret value is hidden as a whole, in every way in which it may be written.
func TestValues(t *testing.T) {
	var s redact.Secrets
	for _, value := range []string{"", "short", "1767225720", `with "quotes" & more`, "two\nlines of it", "s1n_bKoV0atDj", "s1n_bKoV0atDj"} {
		s.KnowValue(value)
	}
	for text, want := range map[string]string{
		"short and 1767225720":             "short and 1767225720",
		`a=with "quotes" & more`:           "a=(secret)",
		`{"a":"with \"quotes\" & more"}`:   `{"a":"(secret)"}`,
		"xtwo\nlines of ity":               "x(secret)y",
		`{"a":"two\nlines of it"}`:         `{"a":"(secret)"}`,
		`a=two\u{a}lines of it`:            "a=(secret)",
		"xs1n_bKoV0atDjs1n_bKoV0atDj and":  "x(secret) and",
		"s1n%5fbKoV0atDj, s1n&#95;bKoV0at": "(secret), s1n&#95;bKoV0at",
		"s1n_bKoV0atD":                     "s1n_bKoV0atD",
	} {
		if got := s.Hide(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

// BenchmarkHide is what every answer of every verb costs.
func BenchmarkHide(b *testing.B) {
	var s redact.Secrets
	for i := range 1000 {
		s.Know(header + "." + encoded(fmt.Sprintf(`{"iss":"coupons.svc","jti":"cpt_%d","exp":1767225720,"more":"%s"}`, i, strings.Repeat("m", 300))) + "." + encoded(fmt.Sprintf("%064d", i)))
	}
	for range 10 {
		s.KnowValue("a value that is secret, of some length")
	}
	line := strings.Repeat("2026-01-01T00:00:00Z party=relay step=relay outcome=ok jti=cpt_ptejey6ijwnn4zrpecpg34dmpe order_processing_id=op_1 service=coupons\n", 10)
	s.Hide(line)
	b.SetBytes(int64(len(line)))
	for b.Loop() {
		s.Hide(line)
	}
}

// BenchmarkKnow is what each token costs, once something is shown.
func BenchmarkKnow(b *testing.B) {
	var s redact.Secrets
	for b.Loop() {
		s.Know(jws)
		s.Hide("something")
		s.Forget(jws)
	}
}
