// The property: whatever is done in a world, the model foretells it. A state
// machine test with rapid; a failure prints a scenario that shows it.

package spec_test

import (
	"flag"
	"math/rand/v2"
	"strconv"
	"testing"

	"tokenshell/shell/internal/shelltest"
	"tokenshell/tokens"
)

// Half of the ordinary run is always the same verbs, the other half those of a
// day; a longer one is others each time, unless -rapid.seed says which.
//
//	go test ./shell/internal/spec -run TestProperty -v -steps 1000000
//	go test ./shell/internal/spec -run TestProperty -v -day 20261126
var (
	steps = flag.Int("steps", ordinarySteps, "how many verbs the property test runs, at least")
	day   = flag.String("day", tokens.LiveClock().Now().UTC().Format("20060102"), "the day whose verbs the property test runs")
)

const (
	ordinarySteps = 20_000
	walkSteps     = 50 // verbs of a walk, on average
)

func TestMain(m *testing.M) { shelltest.Main(m) }

func TestProperty(t *testing.T) {
	if *steps != ordinarySteps {
		properties(t, *steps, "")
		return
	}
	t.Run("always", func(t *testing.T) { properties(t, ordinarySteps/2, "1") })
	t.Run("of the day", func(t *testing.T) {
		t.Logf("-day %s", *day)
		properties(t, ordinarySteps/2, *day)
	})
}

// properties walks in every world until there was enough; seed "" is another each
// time.
func properties(t *testing.T, enough int, seed string) {
	number, _ := strconv.ParseUint(seed, 10, 64)
	if seed == "" {
		number = rand.Uint64()
	}
	worlds := twins(t, number)
	if testing.Short() {
		enough /= 10
	}
	flags := map[string]string{"checks": strconv.Itoa(10 * enough / walkSteps), "steps": strconv.Itoa(walkSteps), "nofailfile": "true", "shrinktime": "5s"}
	if seed != "" {
		flags["seed"] = seed
	}
	rapidly(t, flags)
	done := make([]search, len(worlds))
	began := tokens.Stopwatch()
	t.Run("worlds", func(t *testing.T) {
		for i, twin := range worlds {
			s := &done[i]
			*s = search{twin: twin, audited: true, dir: t.TempDir(), enough: enough/len(worlds) + 1}
			t.Run(twin.name, func(t *testing.T) {
				t.Parallel()
				if w, found := s.find(t); found != nil {
					t.Fatalf("%s, in walk %d\n\n%s", found.what, s.walks, w.scenario(found))
				}
			})
		}
	})
	verbs, walks, tally := 0, 0, map[string]int{}
	for _, s := range done {
		verbs, walks = verbs+s.verbs, walks+s.walks
		for name, n := range s.tally {
			tally[name] += n
		}
	}
	t.Logf("%d verbs in %d walks, %d verbs/s; %v", verbs, walks, int(float64(verbs)/max(began().Seconds(), 1e-6)), tally)
	if verbs < enough && !t.Failed() {
		t.Errorf("only %d verbs, %d are wanted", verbs, enough)
	}
}

// The model notices by itself, without the invariants, when a party leaves a
// rule out. The scenario that it writes passes in a sound world, and not there.
func TestPropertyNoticesWeakness(t *testing.T) {
	rapidly(t, map[string]string{"checks": "2000", "steps": strconv.Itoa(walkSteps), "nofailfile": "true", "shrinktime": "200ms", "seed": "1"})
	twin := twins(t, 1)[0]
	for _, row := range tokens.Weaknesses() {
		t.Run(row.Rule, func(t *testing.T) {
			t.Parallel()
			s := &search{twin: twin, weakness: shelltest.Without(t, row.Rule), enough: 20_000}
			w, found := s.find(t)
			if found == nil {
				t.Fatalf("nothing in %d verbs, although %s", s.verbs, row.Without)
			}
			text := w.scenario(found)
			t.Logf("%s, after %d verbs with shrinking\n%s", found.what, s.verbs, text)
			shelltest.ShowsIt(t, text, row.Rule)
		})
	}
}
