// Command mutate breaks packages in small ways, one at a time, and asks their
// tests whether they notice: what they don't notice, they don't test. The tree
// is never written to.
//
//	go run ./internal/mutate [FLAGS] PACKAGE…
//
// A mutant that can't be told from the original by any test stands in
// equivalent.txt, with the reason. It exits with 1 when another survives, or
// when an entry there excuses none.
package main

import (
	"context"
	_ "embed"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"time"
)

//go:embed equivalent.txt
var equivalent string

// options are what a run is asked for.
type options struct {
	packages []string
	by       []string // whose tests judge in the place of a package's own
	then     []string // whose tests judge what those let live, in this order
	tests    string   // which tests judge, a regular expression; empty for all
	args     []string // what the judges' tests are given
	sample   int      // how many mutants are judged, chosen by chance; 0 for all
	seed     uint64   // of the chance
	only     string   // FILE or FILE:LINE
	keep     string   // a file that remembers what was killed
	slow     string   // which tests are asked last, a regular expression
	jobs     int
	limit    time.Duration // for one run of tests: what takes longer hangs
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, os.Args[1:], equivalent, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is the whole command; it gives the exit code.
func run(ctx context.Context, args []string, excused string, stdout, stderr io.Writer) int {
	var o options
	flags := flag.NewFlagSet("mutate", flag.ContinueOnError)
	flags.SetOutput(stderr)
	by := flags.String("by", "", "`PACKAGES` whose tests judge in the place of a package's own")
	then := flags.String("then", "", "`PACKAGES` whose tests judge the survivors of a package's own, in this order")
	flags.StringVar(&o.tests, "tests", "", "only tests that match `RE` judge")
	given := flags.String("args", "", "what the judges' tests are given: `FLAGS` of theirs")
	flags.IntVar(&o.sample, "sample", 0, "judge `N` mutants of all, chosen by chance")
	flags.Uint64Var(&o.seed, "seed", 1, "which `CHANCE`")
	flags.StringVar(&o.only, "only", "", "only the mutants of `FILE.go or FILE.go:LINE`; at a line all of them are shown")
	flags.StringVar(&o.keep, "keep", "", "remember in `FILE` what was killed, and don't try it again while its source is the same")
	flags.StringVar(&o.slow, "slow", "", "tests that match `RE` are asked when the others of their package have let a mutant live")
	flags.IntVar(&o.jobs, "j", min(2, runtime.NumCPU()), "how many are judged at a time")
	flags.DurationVar(&o.limit, "limit", time.Minute, "what takes longer hangs, and is killed")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	o.packages, o.by, o.then, o.args = flags.Args(), strings.Fields(*by), strings.Fields(*then), strings.Fields(*given)
	if len(o.packages) == 0 || o.jobs < 1 {
		fmt.Fprintln(stderr, "mutate: name the packages to break: go run ./internal/mutate ./tokens")
		return 2
	}
	if o.slow != "" && o.tests != "" {
		fmt.Fprintln(stderr, "mutate: -slow and -tests both choose tests: give one of them")
		return 2
	}
	excuses, err := parseExcuses(excused)
	if err != nil {
		fmt.Fprintln(stderr, "mutate:", err)
		return 2
	}
	judged, err := judgeAll(ctx, o, stderr)
	if err != nil {
		fmt.Fprintln(stderr, "mutate:", err)
		if len(judged) > 0 { // an interrupt loses nothing of the packages before it
			report(stdout, judged, excuses, o)
		}
		return 1
	}
	if !report(stdout, judged, excuses, o) {
		return 1
	}
	return 0
}

// report writes what survived, and the figures; it reports whether all is well.
func report(w io.Writer, judged []judgement, excuses []*excuse, o options) bool {
	all := strings.Contains(o.only, ":")
	well := true
	seen := map[string]bool{}
	count := map[string]int{}
	for _, j := range judged {
		seen[j.file] = true
		how := j.outcome
		if (how == survived || how == uncovered) && excuseOf(excuses, j.mutant) {
			how = excusedOutcome
		}
		count[how]++
		if how == survived || how == uncovered {
			well = false
		} else if !all {
			continue
		}
		fmt.Fprintf(w, "%s:%d: (%s) %s: %s\n\t%s\n", j.file, j.line, j.in, j.kind, how, strings.ReplaceAll(strings.TrimSpace(j.diff()), "\n", "\n\t"))
	}
	for _, e := range excuses {
		if seen[e.file] && !e.used && o.only == "" && o.sample == 0 {
			well = false
			fmt.Fprintf(w, "equivalent.txt:%d: nothing that survives is %s (%s) %s:\n\t%s\n", e.at, e.file, e.in, e.kind, strings.ReplaceAll(strings.TrimSpace(e.diff), "\n", "\n\t"))
		}
	}
	fmt.Fprintf(w, "%d mutants: %d killed, %d hung, %d equivalent, %d survived, %d not covered; %d more don't compile\n",
		len(judged)-count[unbuilt], count[killed], count[hung], count[excusedOutcome], count[survived], count[uncovered], count[unbuilt])
	return well
}
