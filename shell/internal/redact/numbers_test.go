package redact_test

import (
	"testing"

	"tokenshell/shell/internal/redact"
)

// A card's number is hidden but for four digits, in the ways in which people
// write it, and what is none stays.
func TestNumbers(t *testing.T) {
	var s redact.Secrets
	s.KnowNumber("4716399218847391") // whose check digit is wrong
	for text, want := range map[string]string{
		"4242424242424242": "…4242", "a=4242424242424242,b": "a=…4242,b", "4242 4242 4242 4242 and": "…4242 and", "5555-5555-5555-4444": "…4444", "378282246310005": "…0005", "3782 822463 10005": "…0005",
		"4716399218847391": "…7391", "x4716399218847391y": "x…7391y", "4716 3992 1884 7391": "…7391", "4716-3992-1884-7391": "…7391",
		"4242424242424241": "4242424242424241", "1767225600": "1767225600", "1767225600000000000": "1767225600000000000", "2026-01-01T00:00:00Z": "2026-01-01T00:00:00Z",
		"x4242424242424242": "x4242424242424242", "4242424242424242a": "4242424242424242a", "42424242424242424242": "42424242424242424242", "4242": "4242", "": "",
	} {
		if got := s.Hide(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
		if got := redact.Tokens(text); got != text || redact.HasToken(text) {
			t.Errorf("%q is taken for a token: %q", text, got)
		}
	}
	for text, want := range map[string]string{
		"4716399218847391x": "…7391x", "123456789012": "…9012", "12345678901": "12345678901", "1234 5678 9012": "…9012", "47163992188473914716399218847391": "…7391", "12 34": "12 34",
	} {
		if got := redact.Numbers(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
	if got := redact.Remnants("payment confirm 5.00 --method 4242424242424242"); got != "payment confirm 5.00 --method …4242" {
		t.Errorf("in the history: %q", got)
	}
}

// What is hidden in JSON leaves JSON: a number becomes a string, wherever it stands,
// and what stands in strings is hidden in them.
func TestHiddenJSONIsJSON(t *testing.T) {
	var s redact.Secrets
	s.KnowNumber("47163")
	for text, want := range map[string]string{
		`{"no":4111111111111111,"n":[-4111111111111111,1]}`:          `{"no":"…1111","n":["-…1111",1]}`,
		`{"a \" 4111111111111111":"4111 1111 1111 1111","b":147163}`: `{"a \" …1111":"…1111","b":"1…7163"}`,
		`{"a":"\\","b":4111111111111111}` + "\n4111111111111111\n":   `{"a":"\\","b":"…1111"}` + "\n\"…1111\"\n",
		`no: 4111111111111111`: `no: …1111`,
		`{"no":1767225600}`:    `{"no":1767225600}`,
	} {
		got := redact.InJSON(text, s.Hide)
		if got != want {
			t.Errorf("%s became %s, want %s", text, got, want)
		}
		if again := redact.InJSON(got, s.Hide); again != got {
			t.Errorf("%s became %s, hidden twice", got, again)
		}
	}
}
