// explore: it finds what is broken, and nothing where all is well.

package explore_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

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
	States          int            `json:"states"`
	Verbs           int            `json:"verbs"`
	Walks           int            `json:"walks"`
	Reasons         map[string]int `json:"reasons"`
	StatesPerSecond int            `json:"states_per_second"`
	Redeemed        []string       `json:"redeemed"`
	Found           string         `json:"found"`
	Scenario        string         `json:"scenario"`
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

// Every rule that may be left out is missed by somebody, with explore's own
// budget. What it writes is a scenario that tells a sound world from this one.
func TestExploreFindsEveryWeakness(t *testing.T) {
	for _, row := range tokens.Weaknesses() {
		t.Run(row.Rule, func(t *testing.T) {
			t.Parallel()
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
			t.Logf("%d states, %d verbs in %d walks, %d states/s: %s\n%s", said.States, said.Verbs, said.Walks, said.StatesPerSecond, said.Found, said.Scenario)
			shelltest.ShowsIt(t, string(text), row.Rule)
		})
	}
}

// moves is the budget in sound worlds; explore's own is 40,000:
//
//	go test ./shell/internal/explore -run Sound -v -moves 40000
var moves = flag.Int("moves", 4_000, "how many moves are made in each sound world")

func TestExploreFindsNothingInASoundWorld(t *testing.T) {
	for name, plan := range map[string]*world.Plan{"the embedded world": shelltest.Plan(t, ""), "a small world": shelltest.PlanOf(t, shelltest.SmallWorld)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := shelltest.Of(shelltest.World(t, plan, 0))
			said, err := explored(t, s, fmt.Sprintf("explore --moves %d", *moves))
			if err != nil || said.Found != "" {
				t.Errorf("%v\n%s", err, said.Scenario)
			}
			if said.Verbs < *moves {
				t.Errorf("only %d verbs", said.Verbs)
			}
			t.Logf("%d states, %d verbs in %d walks, %d states/s, reasons %s", said.States, said.Verbs, said.Walks, said.StatesPerSecond,
				strings.Join(slices.Sorted(maps.Keys(said.Reasons)), " "))
		})
	}
}

func TestExploreRepeatsItself(t *testing.T) {
	t.Parallel()
	run := func(line string) exploration {
		said, _ := explored(t, shelltest.New(t, 7), line)
		said.StatesPerSecond = 0 // the machine's own
		return said
	}
	for _, line := range []string{"explore --moves 400", "explore --moves 400 --seed 5 --depth 4", "explore --without redeemer-remembers"} {
		first := run(line)
		if diff := cmp.Diff(first, run(line)); diff != "" {
			t.Errorf("%s twice:\n%s", line, diff)
		}
		if other := run(line + " --seed 6"); cmp.Equal(first, other) && !strings.Contains(line, "--seed") {
			t.Errorf("%s with another seed walks the same way", line)
		}
	}
}

func TestExploreSaysThatItWasInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(500*time.Millisecond, cancel)
	var stdout, stderr bytes.Buffer
	err := shelltest.New(t, 1).Line(ctx, "explore --moves 1000000", false, &stdout, &stderr)
	if !errors.Is(err, context.Canceled) || exit.Code(err) != exit.Interrupted {
		t.Errorf("%v, exit code %d", err, exit.Code(err))
	}
	if !regexp.MustCompile(`^\d+ states?, \d+ verbs? in `).MatchString(stdout.String()) {
		t.Errorf("it does not say how far it came: %s", &stdout)
	}
}

// The user's world is as it was, and its next ids are those that would have come.
func TestExploreTouchesNothing(t *testing.T) {
	t.Parallel()
	looks := []string{
		"session list -o json", "session show -o json", "token list -o json", "clock show -o json", "fault list -o json", "keys list -o json",
		"view coupons -o json", "view points -o json", "view payments -o json", "view relay -o json", "log -o json", "set -o json",
	}
	begin := func() *interp.Shell {
		s := shelltest.New(t, 3)
		shelltest.Do(t, s, "session new --fact subtotal=120.00", "coupon confirm TEN", "points confirm 500", "relay points-1",
			"fault payments.redeem lost-reply --count 2", "clock advance 7s", "keys rotate points", "set leeway 2s", "let A b")
		return s
	}
	look := func(s *interp.Shell) (all []string) {
		for _, line := range looks {
			all = append(all, shelltest.Do(t, s, line))
		}
		return all
	}
	s, untouched := begin(), begin()
	before := look(s)
	for _, line := range []string{"explore --moves 400", "explore --moves 4000 --without redeemer-remembers"} {
		if _, err := explored(t, s, line); err != nil && exit.Rejections(err) != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(before, look(s)); diff != "" {
			t.Errorf("after %s:\n%s", line, diff)
		}
	}
	for _, line := range []string{"coupon confirm FIVE -o json", "session new -o json", "points confirm 5 -o json", "payment confirm 5.00 --method visa -o json"} {
		if got, want := shelltest.Do(t, s, line), shelltest.Do(t, untouched, line); got != want {
			t.Errorf("%s says\n%swithout exploring it says\n%s", line, got, want)
		}
	}
}

func TestExploreInJSON(t *testing.T) {
	t.Parallel()
	var shape map[string]any
	if err := json.Unmarshal([]byte(shelltest.Do(t, shelltest.New(t, 1), "explore --moves 300 -o json")), &shape); err != nil {
		t.Fatal(err)
	}
	want := []string{"found", "reasons", "redeemed", "scenario", "states", "states_per_second", "verbs", "walks"}
	if got := slices.Sorted(maps.Keys(shape)); !slices.Equal(got, want) {
		t.Errorf("the members are %v, want %v", got, want)
	}
	if got := shelltest.Do(t, shelltest.New(t, 1), "explore --moves 300 --jq '.found, (.verbs >= 300)'"); got != "\ntrue\n" {
		t.Errorf("--jq gives %q", got)
	}
}

func TestExploreUsage(t *testing.T) {
	for line, want := range map[string]int{
		"explore --depth 0":         exit.BadUsage,
		"explore --moves -1":        exit.BadUsage,
		"explore --moves many":      exit.BadUsage,
		"explore --without gravity": exit.BadUsage,
		"explore --without hold-returns --out no/such/folder/f":           exit.BadInput,
		"explore --without hold-returns --moves 1 --depth 1 --out unused": exit.Refused,
		"explore here": exit.BadUsage,
		"explore --without redeemer-remembers --without hold-returns --moves 1": exit.Refused,
	} {
		s := shelltest.New(t, 1)
		s.Dir.Path = t.TempDir()
		if got := exit.Code(s.Line(t.Context(), line, false, io.Discard, io.Discard)); got != want {
			t.Errorf("%s: exit code %d, want %d", line, got, want)
		}
		if left, _ := os.ReadDir(s.Dir.Path); len(left) > 0 {
			t.Errorf("%s wrote %s", line, left[0].Name())
		}
	}
}
