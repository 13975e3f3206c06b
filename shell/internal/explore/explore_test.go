// explore: it finds what is broken, and nothing where all is well.

package explore_test

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/redact"
	"tokenshell/shell/internal/shelltest"
	"tokenshell/shell/internal/world"
	"tokenshell/tokens"
)

// exploration is the JSON of explore.
type exploration struct {
	Exhausted bool           `json:"exhausted"`
	Bounds    []bound        `json:"bounds"`
	States    int            `json:"states"`
	Verbs     int            `json:"verbs"`
	Messages  int            `json:"messages"`
	Reasons   map[string]int `json:"reasons"`
	Redeemed  []string       `json:"redeemed"`
	Found     string         `json:"found"`
	Scenario  string         `json:"scenario"`
}

type bound struct {
	Name, Bound, Digest    string
	Exhausted              bool
	Depth, States, Waiting int
	Verbs, Messages        int
}

// explored runs explore in a shell and reads what it says in JSON.
func explored(t *testing.T, s *interp.Shell, line string) (exploration, error) {
	t.Helper()
	var stdout bytes.Buffer
	err := s.Line(t.Context(), line+" -o json", false, &stdout, io.Discard)
	first, _, _ := strings.Cut(stdout.String(), "\n") // behind it stands the error
	var said exploration
	if bad := json.Unmarshal([]byte(first), &said); bad != nil {
		t.Fatalf("%s: %v, %v\n%s", line, bad, err, &stdout)
	}
	return said, err
}

// Every rule that may be left out is missed by somebody, within the default bounds.
// What is written is a scenario that tells a sound world from this one.
func TestExploreFindsEveryWeakness(t *testing.T) {
	for _, row := range tokens.Weaknesses() {
		t.Run(row.Rule, func(t *testing.T) {
			began := shelltest.CPU(t)
			s := shelltest.New(t, world.DefaultSeed)
			s.Dir.Path = t.TempDir()
			said, err := explored(t, s, "explore --without "+row.Rule+" --out found.txtar")
			if err == nil || said.Found == "" {
				t.Fatalf("nothing in %d verbs, although %s", said.Verbs, row.Without)
			}
			if err.Error() != "an invariant is broken: "+said.Found || exit.Code(err) != exit.Refused {
				t.Errorf("the error is %v", err)
			}
			text, err := os.ReadFile(filepath.Join(s.Dir.Path, "found.txtar"))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(said.Scenario, redact.Tokens(string(text))); diff != "" {
				t.Errorf("the file holds another scenario (-said +file):\n%s", diff)
			}
			t.Logf("%d states, %d verbs, %s CPU: %s\n%s", said.States, said.Verbs, shelltest.CPU(t)-began, said.Found, said.Scenario)
			shelltest.ShowsIt(t, string(text), row.Rule)
			if n := lines(string(text)); n > 8 {
				t.Errorf("the scenario has %d lines", n)
			}
		})
	}
}

// lines counts what is done in a scenario.
func lines(text string) (n int) {
	script, _, _ := strings.Cut(text, "\n-- ")
	for line := range strings.SplitSeq(script, "\n") {
		if line != "" && !strings.HasPrefix(line, "#") && line != "set check on" {
			n++
		}
	}
	return n
}
