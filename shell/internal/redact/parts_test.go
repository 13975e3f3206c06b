package redact_test

import (
	"strings"
	"testing"

	"tokenshell/shell/internal/redact"
)

func TestParts(t *testing.T) {
	var p redact.Parts
	text := "what is " + signature + " and " + payload + ", of " + header + "?"
	if got := p.Hide(text); got != text {
		t.Errorf("nothing is known, and it hides %q", got)
	}
	if got := p.Hide("relay " + jws); got != "relay "+redact.Token {
		t.Errorf("a token: %q", got)
	}
	p.Know(jws)
	if got, want := p.Hide(text), "what is (token) and (token), of "+header+"?"; got != want { // a header is not a secret
		t.Errorf("%q, want %q", got, want)
	}
	if got := p.Hide("relay " + jws + "\n" + signature); got != "relay (token)\n(token)" {
		t.Errorf("%q", got)
	}
	for _, harmless := range []string{signature[:23], signature[:30], "x" + signature, "coupon-1"} { // another run of characters is another text
		if got := p.Hide(harmless); got != harmless {
			t.Errorf("%q became %q", harmless, got)
		}
	}
}

// Each token's parts are known until it is forgotten; what was never known can
// be forgotten, too.
func TestPartsAreForgotten(t *testing.T) {
	var p redact.Parts
	p.Forget(jws)
	other := encoded(`{"alg":"EdDSA"}`) + "." + encoded(`{"iss":"points.svc","jti":"pts_1"}`) + "." + encoded("another signature, of the other token")
	otherSignature := other[strings.LastIndexByte(other, '.')+1:]
	p.Know(jws)
	p.Know(other)
	p.Forget(jws)
	if got, want := p.Hide(signature+" "+otherSignature), signature+" (token)"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// A part that is shorter than what could be one says nothing.
func TestShortPartsAreNotKnown(t *testing.T) {
	var p redact.Parts
	for _, raw := range []string{"", "no token", "eyJhbGciOiJub25lIn0.e30.", header + ".e30." + signature[:23]} {
		p.Know(raw)
	}
	for _, text := range []string{"e30", signature[:23], "no token", ""} {
		if got := p.Hide(text); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
}
