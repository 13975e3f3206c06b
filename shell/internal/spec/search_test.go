// Searching: walks that rapid draws, until the product and the model part.

package spec_test

import (
	"flag"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tokenshell/tokens"
)

// search looks for a discrepancy in walks that rapid draws.
type search struct {
	twin     twin
	weakness tokens.Weakness
	audited  bool
	dir      string // of the files that spoken lines read; empty for none spoken
	enough   int    // verbs
	verbs    int    // that were looked at
	walks    int
	tally    map[string]int // what was seen
}

// find walks until there was enough, or the product and the model part: then
// rapid shrinks the walk, and what it leaves over is left out op by op.
func (s *search) find(t *testing.T) (*walk, *discrepancy) {
	t.Helper()
	var failed *walk
	log := &silence{TB: t}
	s.tally = map[string]int{}
	rapid.Check(log, func(t *rapid.T) {
		if s.verbs >= s.enough && !log.Failed() {
			return
		}
		w := s.begin(t)
		if failed == nil {
			s.walks++
		}
		leave := drawSwarm(t)
		t.Repeat(map[string]func(*rapid.T){"do": func(t *rapid.T) {
			o := drawOp(draws{t, w, leave})
			if !w.quiet {
				s.verbs++
			}
			if found := w.do(t.Context(), o); found != nil {
				failed = w
				t.Fatal(found.what)
			}
		}})
		if found := w.look(); found != nil {
			failed = w
			t.Fatal(found.what)
		}
		s.count(w)
	})
	switch {
	case !log.failed:
		return nil, nil
	case failed == nil:
		t.Fatal(log.text)
	}
	w, found := s.shorten(t, failed)
	if found == nil {
		t.Fatalf("what was found does not happen again: %s\n\n%s", log.text, strings.Join(failed.script, "\n"))
	}
	return w, found
}

// count notes what a walk came to.
func (s *search) count(w *walk) {
	for _, name := range w.saw {
		s.tally[name]++
	}
}

func (s *search) begin(t *rapid.T) *walk {
	in := s.twin
	if in.any != nil {
		in = in.any[rapid.IntRange(0, len(in.any)-1).Draw(t, "world")]
	}
	w, err := newWalk(t.Context(), in, s.weakness, s.audited)
	if err != nil {
		t.Fatal(err)
	}
	if s.dir != "" && rapid.IntRange(0, 31).Draw(t, "spoken") >= 16 { // a third of the walks: small numbers are likelier
		w.speak(s.dir)
	}
	w.quiet = s.audited && drawn(draws{t: t, w: w}, "quiet", []bool{false, false, false, true})
	return w
}

// silence is a test that rapid may fail without anybody hearing of it.
type silence struct {
	testing.TB
	failed bool
	text   string // why
}

// Errorf keeps what is wrong; the others say nothing.
func (s *silence) Errorf(format string, args ...any) {
	s.failed, s.text = true, fmt.Sprintf(format, args...)
}

func (s *silence) Logf(string, ...any) {}

func (s *silence) Log(...any) {}

func (s *silence) FailNow() { s.failed = true }

func (s *silence) Failed() bool { return s.failed }

// rapidly sets rapid's flags for one test; one that somebody gave stays.
func rapidly(t *testing.T, values map[string]string) {
	t.Helper()
	given := map[string]bool{}
	flag.Visit(func(f *flag.Flag) { given[f.Name] = true })
	for name, value := range values {
		f := flag.Lookup("rapid." + name)
		if given[f.Name] {
			continue
		}
		before := f.Value.String()
		if err := f.Value.Set(value); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Value.Set(before) })
	}
}
