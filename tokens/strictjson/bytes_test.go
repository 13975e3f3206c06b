package strictjson

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// Whatever byte stands in a string, an escape or a pair of escapes, the scanner
// takes what encoding/json takes, but for what that one mends in silence.
func TestParseAtEveryByte(t *testing.T) {
	for b := range 256 {
		for _, text := range []string{
			fmt.Sprintf(`{"a":"%c"}`, 'x'), // the control
			"{\"a\":\"" + string([]byte{byte(b)}) + "\"}",
			"{\"a\":\"\\" + string([]byte{byte(b)}) + "\"}",
			"{\"a\":\"\\u00" + string([]byte{byte(b)}) + "0\"}",
			"{\"a\":\"\\u" + string([]byte{byte(b)}) + "000\"}",
			"{\"a\":\"\\ud83d\\u" + string([]byte{byte(b)}) + "e00\"}",
			"{\"a\":\"\\ud83d\\" + string([]byte{byte(b)}) + "de00\"}",
			"{\"a\":\"\\ud83d" + string([]byte{byte(b)}) + "ude00\"}",
			"{\"a\":\"\\ud83d\\ude00" + string([]byte{byte(b)}) + "\"}",
		} {
			var theirs struct{ A string }
			good := json.Unmarshal([]byte(text), &theirs) == nil && !strings.Contains(theirs.A, "\ufffd")
			o, err := Parse(text)
			if good != (err == nil) {
				t.Errorf("%q: %v", text, err)
				continue
			}
			if raw, _ := o.Get("a"); good {
				if ours, ok := String(raw); !ok || ours != theirs.A {
					t.Errorf("%q is %q, encoding/json says %q", text, ours, theirs.A)
				}
			}
		}
	}
}

// The replacement character is one like others when it was written as itself.
func TestParseTakesTheReplacementCharacter(t *testing.T) {
	for _, text := range []string{"{\"a\":\"\ufffd\"}", `{"a":"\ufffd"}`} {
		o, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		raw, _ := o.Get("a")
		if value, _ := String(raw); value != "\ufffd" {
			t.Errorf("%q is %q", text, value)
		}
	}
}

// A text may end anywhere, and nothing is looked for behind its end.
func TestParseEndsAnywhere(t *testing.T) {
	const text = `{"a":[1.5e+1,true,"\u0041\ud83d\ude00\n"],"b":{"c":null}}`
	if _, err := Parse(text); err != nil {
		t.Fatal(err)
	}
	for end := range len(text) {
		if _, err := Parse(text[:end]); err == nil {
			t.Errorf("%s is taken", text[:end])
		}
	}
	for text, want := range map[string]string{
		`{"a":"\ud83d`:       "lone surrogate at byte 7",
		`{"a":"\ud83d"`:      "lone surrogate at byte 7",
		`{"a":"\ud83d\`:      "lone surrogate at byte 7",
		`{"a":"\ud83d\ude0`:  "lone surrogate at byte 7",
		`{"a":"\ud83d\ude00`: "unclosed string at byte 18",
		`{"a":"\u004`:        "no hexadecimal escape at byte 7",
		`{"a":"\u0041`:       "unclosed string at byte 12",
	} {
		if _, err := Parse(text); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

// A string is no array, though a bracket stands in it.
func TestAStringIsNoArray(t *testing.T) {
	for _, raw := range []string{`"]"`, `","`, `" ]"`, `"[]"`} {
		if values, ok := Strings(raw); ok {
			t.Errorf("%s is %q", raw, values)
		}
	}
}
