// Figures: what the runner costs beside testscript and its verbs.

package scenario_test

import (
	"context"
	"flag"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/scenario"
	"tokenshell/shell/internal/shelltest"
	"tokenshell/shell/internal/world"
)

var figures = flag.Bool("figures", false, "measure the runner beside bare testscript; it takes minutes")

// A thousand copies of a story, less the time of its verbs, take at most 1.3 times
// as long as bare testscript takes over the same files with every verb a no-op, on
// the same processors: the median of several rounds, each of which measures all
// three.
func TestFiguresOfTheRunner(t *testing.T) {
	if !*figures {
		t.Skip("-figures measures")
	}
	const copies, rounds, most = 1000, 5, 1.3
	story := []string{
		"session new op_1 --fact subtotal=120.00", "coupon confirm SPRING25", "points confirm 500", "payment confirm 90.00 --method visa", "checkout", "points balance",
	}
	dir := t.TempDir()
	files := make([]string, copies)
	for i := range files {
		files[i] = filepath.Join(dir, fmt.Sprintf("%04d.txtar", i))
		shelltest.WriteFile(t, files[i], "# A story.\n"+strings.Join(story, "\n")+"\n")
	}
	language := shelltest.Language()
	jobs := runtime.GOMAXPROCS(0)
	plan, err := world.ReadUntil(t.Context(), language.Kinds, "")
	if err != nil {
		t.Fatal(err)
	}
	verbs := func() {
		next := make(chan int)
		var workers sync.WaitGroup
		for range jobs {
			workers.Go(func() {
				for range next {
					w, err := world.Build(context.Background(), plan, world.Seeded(world.DefaultSeed))
					if err != nil {
						t.Error(err)
						return
					}
					s := interp.New(w, language)
					for _, line := range story {
						if err := s.Line(context.Background(), line, false, io.Discard, io.Discard); err != nil {
							t.Error(err)
						}
					}
				}
			})
		}
		for i := range copies {
			next <- i
		}
		close(next)
		workers.Wait()
	}
	ours := func() {
		err := scenario.Run(t.Context(), language, scenario.Config{Seed: world.DefaultSeed, Jobs: jobs}, files, func(o scenario.Outcome) {
			if o.Verdict != scenario.Passed {
				t.Errorf("%s: %s", o.File, o.Why)
			}
		})
		if err != nil {
			t.Error(err)
		}
	}
	nothing := func(ts *testscript.TestScript, _ bool, _ []string) { fmt.Fprint(ts.Stdout(), "") }
	bare := func() {
		t.Run("bare", func(t *testing.T) { // its scripts run in parallel, as -parallel says
			cmds := map[string]func(*testscript.TestScript, bool, []string){}
			for _, line := range story {
				cmds[strings.Fields(line)[0]] = nothing
			}
			testscript.Run(t, testscript.Params{Files: files, Cmds: cmds})
		})
	}
	if parallel := flag.Lookup("test.parallel").Value.String(); parallel != fmt.Sprint(jobs) {
		t.Fatalf("-parallel is %s, and the runner has %d at once", parallel, jobs)
	}
	took := func(do func()) time.Duration {
		runtime.GC()
		began := time.Now()
		do()
		return time.Since(began)
	}
	for _, warm := range []func(){bare, ours, verbs} {
		warm()
	}
	var ratios []float64
	for round := range rounds {
		b, o, v := took(bare), took(ours), took(verbs)
		ratio := float64(o-v) / float64(b)
		ratios = append(ratios, ratio)
		t.Logf("round %d: bare %s, ours %s, verbs %s: ratio %.2f", round+1, b.Round(time.Millisecond), o.Round(time.Millisecond), v.Round(time.Millisecond), ratio)
	}
	slices.Sort(ratios)
	if median := ratios[rounds/2]; median > most {
		t.Errorf("the median is %.2f, and may be %.2f", median, most)
	} else {
		t.Logf("the median is %.2f", median)
	}
}
