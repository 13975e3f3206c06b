// explore: it finds what is broken, and nothing where all is well.

package explore_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	fates "tokenshell/shell/internal/bound"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/explore"
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
	Stopped   string         `json:"stopped"`
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
			if strings.Contains(string(text), "\nset check on\n") && strings.Contains(string(text), "\nstdout ") {
				t.Errorf("an invariant fails and something else is seen, and both are asked for:\n%s", text)
			}
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
	for _, line := range []string{"explore --bound tokens=1", "explore --bound tokens=1 --without redeemer-remembers"} {
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
	if err := json.Unmarshal([]byte(shelltest.Do(t, shelltest.New(t, 1), "explore --bound tokens=1,choices=1 -o json")), &shape); err != nil {
		t.Fatal(err)
	}
	want := []string{"bounds", "excused", "exhausted", "found", "messages", "monitor", "monitors", "reached", "reasons", "redeemed", "scenario", "states", "states_per_second", "stopped", "unreached", "verbs", "walked"}
	if got := slices.Sorted(maps.Keys(shape)); !slices.Equal(got, want) {
		t.Errorf("the members are %v, want %v", got, want)
	}
	if got := shelltest.Do(t, shelltest.New(t, 1), "explore --bound tokens=1,choices=1 --jq '.found, .exhausted, .states'"); got != "\ntrue\n38\n" {
		t.Errorf("--jq gives %q", got)
	}
}

// An interrupt ends it between two verbs, with what is known so far, and without a
// word that all is well.
func TestExploreSaysThatItWasInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(300*time.Millisecond, cancel)
	var stdout, stderr bytes.Buffer
	s := shelltest.New(t, 1)
	s.Dir.Path = t.TempDir()
	err := s.Line(ctx, "explore --bound sessions=2,tokens=4,faults=4,clock=4 --checkpoint far", false, &stdout, &stderr)
	if !errors.Is(err, context.Canceled) || exit.Code(err) != exit.Interrupted {
		t.Errorf("%v, exit code %d", err, exit.Code(err))
	}
	if !strings.Contains(stdout.String(), "not exhausted, ") || !strings.Contains(stdout.String(), "which was not all") && !strings.Contains(stdout.String(), "nothing was redeemed") {
		t.Errorf("it does not say how far it came: %s", &stdout)
	}
	if shelltest.Do(t, s, "set check on"); exit.Code(s.Line(t.Context(), "explore --bound tokens=1 --checkpoint far", false, io.Discard, &stderr)) != exit.BadInput || !strings.Contains(stderr.String(), "far: it is about other bounds or fates") {
		t.Errorf("another run goes on from there: %s", &stderr)
	}
}

// At the end of the memory it stops, and does not say that all is well.
func TestExploreStopsAtTheEndOfTheMemory(t *testing.T) {
	s := shelltest.New(t, 1)
	code, printed := shelltest.Refused(t, s, "explore --memory 1MB")
	if code != exit.Refused || !strings.Contains(printed, "A sessions=1,tokens=1,faults=1,clock=0: not exhausted, ") || !strings.Contains(printed, "which was not all") || !strings.Contains(printed, "it needs more memory than 1MB") {
		t.Errorf("exit code %d: %s", code, printed)
	}
	if said, err := explored(t, s, "explore --memory 1MB"); err == nil || said.Stopped != "memory" || said.Exhausted || len(said.Bounds) != 1 || said.States == 0 {
		t.Errorf("%v, %+v", err, said)
	}
	if said, err := explored(t, s, "explore --memory 10GB --bound tokens=1,choices=1"); err != nil || said.Stopped != "" || !said.Exhausted {
		t.Errorf("%v, %+v", err, said)
	}
}

// The page needs nothing else, and says what was found, what was met and what was not.
func TestRemaining(t *testing.T) {
	for want, of := range map[string]struct {
		states int
		rate   float64
	}{"about 10 s": {100, 10}, "about 2 h": {2 * 60 * 60, 1}, "an unknown time": {1 << 62, 180}} {
		if got := explore.Remaining(of.states, of.rate); got != want {
			t.Errorf("%d at %v/s: %s, want %s", of.states, of.rate, got, want)
		}
	}
	if got := explore.Remaining(5, 0); got != "an unknown time" {
		t.Errorf("without a rate: %s", got)
	}
}

// What held without a rule did not hold in a sound world, and does not read so.
func TestWhatHeldWithoutARule(t *testing.T) {
	s := shelltest.New(t, 1)
	got := shelltest.Do(t, s, "explore --bound tokens=1,choices=1 --without cancel-once")
	if !strings.Contains(got, "\nwithout cancel-once every invariant held within these bounds") {
		t.Errorf("it says\n%s", got)
	}
	attacked := "attack run --without"
	if strings.Contains(got, attacked) {
		t.Errorf("of a promise it says\n%s", got)
	}
	if got := shelltest.Do(t, s, "explore --bound tokens=1,choices=1 --without structure"); !strings.HasSuffix(got, attacked+" structure has them\n") {
		t.Errorf("of a check it says\n%s", got)
	}
	if got := shelltest.Do(t, s, "explore --bound tokens=1,choices=1 --without cancel-once --jq .without"); got != "cancel-once\n" {
		t.Errorf("in JSON %q", got)
	}
}

func TestExploreWritesAPage(t *testing.T) {
	s := shelltest.New(t, 1)
	s.Dir.Path = t.TempDir()
	read := func(name string) string {
		t.Helper()
		text, err := os.ReadFile(filepath.Join(s.Dir.Path, name))
		if err != nil {
			t.Fatal(err)
		}
		for _, not := range []string{"<script", "http://", "https://", "src="} {
			if strings.Contains(string(text), not) {
				t.Errorf("%s: there is %s", name, not)
			}
		}
		if redact.HasToken(string(text)) {
			t.Errorf("%s holds a token", name)
		}
		return string(text)
	}
	said, err := explored(t, s, "explore --bound tokens=1,choices=1 --html held.html")
	if err != nil {
		t.Fatal(err)
	}
	page := read("held.html")
	for _, want := range []string{
		"every invariant held within these bounds; nothing was redeemed by", "<code>sessions=1,tokens=1,faults=0,clock=0,choices=1</code>", ">exhausted</td>", said.Bounds[0].Digest,
		"open to completed: ", `<th class="head">redeem --direct</th>`, `<b>replayed</b>`, "prefers-color-scheme: dark", `name="viewport"`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("there is no %s", want)
		}
	}
	if _, err := explored(t, s, "explore --without redeemer-remembers --html found.html"); err == nil {
		t.Fatal("nothing was found")
	}
	page = read("found.html")
	for _, want := range []string{"What was found", "session new op_1", `<div class="figure"`, "open op_1", "<summary class=\"bad\">Never met: "} {
		if !strings.Contains(page, want) {
			t.Errorf("there is no %s in what was found", want)
		}
	}
	if strings.Contains(page, "undone") {
		t.Error("it shows what was said before the beginning")
	}
	if code, printed := shelltest.Refused(t, s, "explore --bound tokens=1,choices=1 --html held.html"); code != exit.BadUsage || !strings.Contains(printed, "there is a file held.html already") {
		t.Errorf("exit code %d: %s", code, printed)
	}
}

func TestExploreUsage(t *testing.T) {
	for line, want := range map[string]int{
		"explore --bound tokens=0":                              exit.BadUsage,
		"explore --bound tokens=many":                           exit.BadUsage,
		"explore --bound tokens=1,tokens=2":                     exit.BadUsage,
		"explore --bound moves=4":                               exit.BadUsage,
		"explore --bound sessions":                              exit.BadUsage,
		"explore --bound leeway=1.5s":                           exit.BadUsage,
		"explore --bound skew=2h":                               exit.BadUsage,
		"explore --bound A,JJ":                                  exit.BadUsage,
		"explore --bound H":                                     0,
		"explore --fates lost":                                  exit.BadUsage,
		"explore --workers 0":                                   exit.BadUsage,
		"explore --without gravity":                             exit.BadUsage,
		"explore --depth 4":                                     exit.BadUsage,
		"explore here":                                          exit.BadUsage,
		"explore --memory 5":                                    exit.BadUsage,
		"explore --memory 0MB":                                  exit.BadUsage,
		"explore --memory much":                                 exit.BadUsage,
		"explore --checkpoint -":                                exit.BadUsage,
		"explore --checkpoint .":                                exit.BadUsage,
		"explore --checkpoint /dev/null":                        exit.BadUsage,
		"explore --checkpoint no/such/folder/f":                 exit.BadInput,
		"explore --html no/such/folder/f":                       exit.BadInput,
		"explore --html .":                                      exit.BadUsage,
		"explore --html a --out a":                              exit.BadUsage,
		"explore --without hold-returns --out no/such/folder/f": exit.BadInput,
		"explore --bound tokens=1,choices=1 --without redeemer-remembers": exit.Refused,
		"explore --bound tokens=1,choices=1 --fates lose,crash":           0,
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

// A bound that is none is named, and not the one beside it.
func TestABoundThatIsNone(t *testing.T) {
	for line, says := range map[string]string{
		"explore --bound JJ":         `--bound: there is no bound "JJ"`,
		"explore --bound A,JJ":       `--bound: there is no bound "JJ"`,
		"explore --bound tokens=1,A": `"A" is no NAME=NUMBER`,
	} {
		if code, said := shelltest.Refused(t, shelltest.New(t, 1), line); code != exit.BadUsage || !strings.Contains(said, says) {
			t.Errorf("%s: %d: %s", line, code, said)
		}
	}
}

// What explore found with each fate alone stays found: a scenario that passes in a
// sound world, and fails without a rule.
func TestEachFateHasAScenario(t *testing.T) {
	for _, row := range fates.FateRows() {
		t.Run(row.Name, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join("testdata", "fates", row.Name+".txtar"))
			if err != nil {
				t.Fatal(err)
			}
			_, rest, ok := strings.Cut(string(text), "\n# It passes in a sound world, and fails without ")
			rule, _, _ := strings.Cut(rest, ".\n")
			if !ok || lines(string(text)) > 8 {
				t.Errorf("it has %d lines, and does not say what it fails without", lines(string(text)))
			}
			shelltest.ShowsIt(t, string(text), rule)
		})
	}
}
