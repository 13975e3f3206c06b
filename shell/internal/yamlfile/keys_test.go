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
		"a: 1\nb: 1\nc: 1\nd: 1\ne: 1\n":                                    `f.yaml:1: column 1: unknown field "a": there is of`,
		"of:\n  - {known: x}\n  - {knwon: x, b: 1, c: 1}\n  - {a: 1}\nz: 1": `f.yaml:3: column 6: unknown field "knwon": did you mean known?`,
		"z: 1\nof:\n  - {q: x, r: 1}\n":                                     `f.yaml:1: column 1: unknown field "z": there is of`,
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

// What is no plain YAML is refused with its place: the library listens to no tag,
// does not say where an alias of nothing stands, and takes what is merged for a key
// of the section.
func TestTagsAndAliasesAreToldWithTheirPlace(t *testing.T) {
	type inner struct {
		Known Written `yaml:"known"`
	}
	for source, want := range map[string]string{
		"of: [{known: !!str 12}]\n":                            "f.yaml:1: column 14: !!str is a tag, and no file of ours has one: leave it out, and write a text in quotes",
		"of: !!python/object [{known: x}]\n":                   "f.yaml:1: column 5: !!python/object is a tag, and no file of ours has one: leave it out, and write a text in quotes",
		"of:\n  - {known: *nope}\n":                            "f.yaml:2: column 13: *nope stands for what is called &nope, and nothing above it is: write out what is meant",
		"of:\n  - &a {known: x}\n  - {<<: *a, known: y}\n":     `f.yaml:3: column 14: duplicate key "known"; what stands behind << has that key already: leave one of the two out`,
		"%YAML 1.2\n---\nof: []\n":                             "f.yaml:1: column 1: a line that begins with % stands here, where a section of keys and values belongs",
		"of:\n  - &a {known: x}\n  - *a\n  - {<<: *a}\nof2: 1": `f.yaml:5: column 1: unknown field "of2": did you mean of?`,
	} {
		_, err := Decode([]byte(source), &struct {
			Of []inner `yaml:"of"`
		}{})
		if got := Error("f.yaml", err).Error(); got != want {
			t.Errorf("%q:\n got %s\nwant %s", source, got, want)
		}
	}
	source := []byte("of: 1\n...\nof: 2\n")
	if got, want := SecondDocument("f.yaml", source, "it").Error(), "f.yaml:3: column 3: it is one document, here begins another"; got != want {
		t.Errorf("behind ...: got %s, want %s", got, want)
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
