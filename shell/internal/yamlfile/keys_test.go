// Keys of a file.

package yamlfile

import "testing"

// Of several keys that there are not, it is always the first in the file that is
// named: whoever looks into the file twice looks at one place.
func TestTheFirstUnknownKeyIsNamed(t *testing.T) {
	type inner struct {
		Known Written `yaml:"known"`
	}
	for source, want := range map[string]string{
		"a: 1\nb: 1\nc: 1\nd: 1\ne: 1\n":                                    `f.yaml:1: column 1: unknown field "a"`,
		"of:\n  - {known: x}\n  - {knwon: x, b: 1, c: 1}\n  - {a: 1}\nz: 1": `f.yaml:3: column 6: unknown field "knwon": did you mean known?`,
		"z: 1\nof:\n  - {q: x, r: 1}\n":                                     `f.yaml:1: column 1: unknown field "z"`,
	} {
		for range 20 {
			var into struct {
				Of []inner `yaml:"of"`
			}
			_, err := Decode([]byte(source), &into)
			if got := Error("f.yaml", err).Error(); got != want {
				t.Fatalf("%q:\n got %s\nwant %s", source, got, want)
			}
		}
	}
}

// What YAML cannot read is refused with what to do about it, whichever of several
// mistakes it was.
func TestWhatIsNoYAMLHasARemedy(t *testing.T) {
	const quotes = "put a value with , [ ] { } # or : in it, or that goes on behind a quote, in quotes"
	for source, want := range map[string]string{
		"of: [{known: x}\nz: 1\n":           "f.yaml:2: column 1: ',' or ']' must be specified; " + quotes + ", or close the bracket before it",
		"of: [{known: x\n":                  "f.yaml:1: column 6: could not find flow mapping end token '}'; " + quotes + ", or close the bracket",
		"of: [a\n":                          "f.yaml:1: column 5: sequence end token ']' not found; close the bracket",
		"of:\n  - known: x\n   z: y\n":      "f.yaml:3: column 4: value is not allowed in this context; " + quotes + ", and set the lines of a section in alike",
		"of:\n  - known: x\n    second y\n": "f.yaml:3: column 5: non-map value is specified; a line is NAME: value, with a space behind the colon",
	} {
		_, err := Decode([]byte(source), &struct {
			Of []any `yaml:"of"`
		}{})
		if got := Error("f.yaml", err).Error(); got != want {
			t.Errorf("%q:\n got %s\nwant %s", source, got, want)
		}
	}
}
