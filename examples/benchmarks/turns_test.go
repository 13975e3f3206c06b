// Taking turns: how two things are compared on a machine that is not quiet.

package benchmarks

import (
	"flag"
	"slices"
	"syscall"
	"testing"
	"time"
)

var long = flag.Bool("long", false, "measure what takes minutes, too")

// side is one of the things that are compared.
type side struct {
	name string
	do   func(n int) // what is measured, n times
	make func(n int) // what n times need, made before; may be nil
}

// Sizes of a measurement.
const (
	turns = 20 // that each side has in a round
	each  = 16 // times that a side does it in a turn
)

// cpu gives the processor time that this process has used, garbage collection
// and all: what others do meanwhile is not in it.
func cpu(b *testing.B) time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// inTurn has all sides take turns, b.N rounds of them, and reports for each but the
// first how many times the first one's time it takes, by the median of the rounds;
// of the first, microseconds. least is how many times the first one's own time the
// ratio is to: 2, when it is compared with two of them.
func inTurn(b *testing.B, least float64, sides ...side) {
	b.Helper()
	rounds := make([][]float64, len(sides))
	for b.Loop() {
		sums := make([]time.Duration, len(sides))
		for range turns {
			for i, s := range sides {
				if s.make != nil {
					s.make(each)
				}
				began := cpu(b)
				s.do(each)
				sums[i] += cpu(b) - began
			}
		}
		for i, sum := range sums {
			rounds[i] = append(rounds[i], float64(sum)/(turns*each)/1000)
		}
	}
	for i, s := range sides[1:] {
		ratios := make([]float64, b.N)
		for round := range ratios {
			ratios[round] = rounds[i+1][round] / rounds[0][round] / least
		}
		b.ReportMetric(median(ratios), s.name)
	}
	b.ReportMetric(median(rounds[0]), sides[0].name+"-µs")
	b.ReportMetric(0, "ns/op") // all sides in turn: it says nothing
}

func median(all []float64) float64 {
	slices.Sort(all)
	return all[len(all)/2]
}

// repeat is a side that does the same again and again.
func repeat(do func()) func(n int) {
	return func(n int) {
		for range n {
			do()
		}
	}
}

func must(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}
