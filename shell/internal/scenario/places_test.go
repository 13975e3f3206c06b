// Places: a failure is led to by its line and its column, and says them once.

package scenario_test

import (
	"strings"
	"testing"

	"tokenshell/shell/internal/scenario"
)

// The mark ^ stands in each text before what the column has to be of.
func TestColumns(t *testing.T) {
	for name, text := range map[string]string{
		"a spelling":               "points balance\nlet A ^\"b\"\n",
		"behind wide characters":   "let A '日本' ^\"b\"\n",
		"a quote of an assertion":  "points balance\nstdout ^'120\n",
		"of which two are one":     "points balance\nstdout a ^'it''s\n",
		"what is not UTF-8":        "let A x ^b\xff\n",
		"a flag":                   "session new op_1\npayment confirm 5.00 ^--methd visa\n",
		"a short flag":             "points balance ^-y\n",
		"a word too many":          "session new op_1\ncoupon confirm '日本' ^TEN\n",
		"a verb":                   "  ^cuopon list\n",
		"a reason":                 "session new op_1\nexpect ^replaid points confirm 5\n",
		"a variable":               "points balance\nsession new ^$N\n",
		"a world":                  "points balance\n-- world.yaml --\ncustomers:\n  - {id: only, ^pionts: 7}\n",
		"a world in two alphabets": "points balance\n-- world.yaml --\ncustomers:\n  - {id: only} # 日本\n  - {id: '日本', ^pionts: 7}\n",
		"a section twice":          "points balance\n-- a --\n^-- a --\n",
		"a file that a line reads": "points balance\n^source a.tsh\n-- a.tsh --\npoints balance      \"x\"\n",
		"a world that it checks":   "points balance\n^world check a.yaml\n-- a.yaml --\ncustomers:\n  - {id: only,       pionts: 7}\n",
	} {
		before, after, _ := strings.Cut(text, "^")
		text, line := before+after, 1+strings.Count(before, "\n")
		column := len(before) - strings.LastIndex(before, "\n")
		if name == "what is not UTF-8" {
			column++ // the byte behind the b
		}
		o := ran(t, scenario.Config{}, text)
		if o.Verdict != scenario.Failed || o.Line != line || o.Column != column {
			t.Errorf("%s: %s in %d:%d, want %d:%d: %s", name, o.Verdict, o.Line, o.Column, line, column, o.Why)
		}
		if strings.HasPrefix(o.Why, "column ") || strings.Contains(o.Why, "$WORK") {
			t.Errorf("%s: the place stands twice: %s", name, o.Why)
		}
	}
}
