package strictjson

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	josejson "github.com/go-jose/go-jose/v4/json"
)

// What Parse accepts, encoding/json and go-jose's stricter fork accept
// and read alike; what it refuses, one of them refuses, or the text has the
// fault that only Parse knows.
func FuzzStrictObject(f *testing.F) {
	for _, tt := range strictTexts {
		if len(tt.text) <= 8192 {
			f.Add([]byte(tt.text))
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		o, err := Parse(string(text))
		d := josejson.NewDecoder(bytes.NewReader(text))
		d.SetNumberType(josejson.UnmarshalJSONNumber) // 1e999 is a JSON number, if no float64
		var fork map[string]any
		forkErr := d.Decode(&fork)
		if err == nil {
			if !json.Valid(text) || !utf8.Valid(text) || forkErr != nil || fork == nil {
				t.Fatalf("accepted %q; valid JSON %v, valid UTF-8 %v, go-jose %v", text, json.Valid(text), utf8.Valid(text), forkErr)
			}
			compareMembers(t, text, o)
			return
		}
		justified := false
		switch problem := err.Error(); {
		case strings.HasPrefix(problem, "invalid UTF-8"):
			justified = !utf8.Valid(text)
		case strings.HasPrefix(problem, "lone surrogate"):
			justified = bytes.Contains(bytes.ToLower(text), []byte(`\ud`))
		case strings.HasPrefix(problem, "nested"):
			justified = bytes.Count(text, []byte("{"))+bytes.Count(text, []byte("[")) > maxDepth
		case strings.HasPrefix(problem, "duplicate"):
			justified = forkErr != nil
		case strings.HasPrefix(problem, "no JSON object"):
			justified = !json.Valid(text) || bytes.TrimLeft(text, " \t\r\n")[0] != '{'
		default:
			justified = !json.Valid(text)
		}
		if !justified {
			t.Fatalf("refused %q: %v", text, err)
		}
	})
}
