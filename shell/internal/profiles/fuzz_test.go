package profiles

import (
	"errors"
	"strings"
	"testing"

	"tokenshell/shell/internal/exit"
)

// Any text as a profile: no panic, an error that names the file and is fit to
// print, or a profile that may be used.
func FuzzProfile(f *testing.F) {
	for _, text := range []string{
		"", "{}", "typ: [JWT, '']\nheader: [cty]\naudience: https://shop.example\nclaims: {jti: id}\nmax_lifetime: 1h\nleeway: 10s\n",
		"header: [crit]", "claims: {iss: x}", "claims: {jti: \"\\e[31m\"}", "typ: JWT", "typ: [null]", "leeway: 1y", "max_lifetime: -1s", "leeway: 0x10", "unknown: 1",
		"typ: [a]\ntyp: [b]", "a: &a [*a]", "--- {}\n--- {}", "\x00", "\xff", "typ: [[[[", "? ", "audience: |\n  x", "audience: 007", "claims: {1: 2}", "<<: {typ: [x]}",
		"header: !!binary aGk=",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > limit {
			return
		}
		p, err := parse("p.yaml", text)
		if err == nil {
			if err := Check(p); err != nil {
				t.Fatal(err)
			}
			return
		}
		var input *exit.InputError
		if p != nil || !errors.As(err, &input) || !strings.HasPrefix(err.Error(), "p.yaml") {
			t.Fatalf("%v and %T: %v", p, err, err)
		}
	})
}
