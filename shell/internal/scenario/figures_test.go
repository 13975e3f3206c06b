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
// the same processors. All three are measured in turn, a hundred copies each, so
// that what else the machine does meets them alike; the median of their times on
// the wall is judged.
func TestFiguresOfTheRunner(t *testing.T) {
	if !*figures {
		t.Skip("-figures measures")
	}
	const copies, rounds, most = 100, 10, 1.3
	// Its verbs sign nothing: the difference of two large numbers would say nothing.
	story := []string{"session new op_1 --fact subtotal=120.00", "coupon list", "points balance", "session show", "clock show", "points balance"}
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
	type cost struct{ wall, processor time.Duration }
	of := func(do func()) cost {
		runtime.GC()
		began, processor := time.Now(), shelltest.CPU(t)
		do()
		return cost{time.Since(began), shelltest.CPU(t) - processor}
	}
	for _, warm := range []func(){bare, ours, verbs} {
		warm()
	}
	var walls, processors []float64 // of each round: beside what ran just before it
	for range rounds {
		b, o, v := of(bare), of(ours), of(verbs)
		walls = append(walls, float64(o.wall-v.wall)/float64(b.wall))
		processors = append(processors, float64(o.processor-v.processor)/float64(b.processor))
	}
	slices.Sort(walls)
	slices.Sort(processors)
	t.Logf("%.2f times bare testscript on the wall (%.2f to %.2f), %.2f of processor time: medians of %d rounds",
		walls[rounds/2], walls[0], walls[rounds-1], processors[rounds/2], rounds)
	if wall := walls[rounds/2]; wall > most {
		t.Errorf("it is %.2f, and may be %.2f", wall, most)
	}
}
