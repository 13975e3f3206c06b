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
