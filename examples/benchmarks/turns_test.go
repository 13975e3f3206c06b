// Taking turns: how two things are compared on a machine that is not quiet.

package benchmarks

import (
	"flag"
	"runtime"
	"runtime/metrics"
	"slices"
	"testing"
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

// allocated gives how many bytes this process has ever allocated.
func allocated() float64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return float64(sample[0].Value.Uint64())
}

// inTurn has all sides take turns, b.N rounds of them, and reports for each but the
// first how many times the first one's time it takes, by the median of the turns;
// of the first, microseconds. The collector, which works beside all of them, costs
// each as much as it has allocated. least is how many times the first one's time
// the ratio is to: 2, when it is compared with two of them.
func inTurn(b *testing.B, least float64, sides ...side) {
	b.Helper()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // so that no idle one helps the collector
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	runtime.GC() // of what was made for the benchmark before
	times, bytes := make([][]float64, len(sides)), make([]float64, len(sides))
	began, own, all := cpu(b, process), cpu(b, thread), allocated()
	for b.Loop() {
		for range turns {
			for i, s := range sides {
				if s.make != nil {
					s.make(each)
				}
				had, since := allocated(), cpu(b, thread)
				s.do(each)
				times[i] = append(times[i], float64(cpu(b, thread)-since)/1000/each)
				bytes[i] += allocated() - had
			}
		}
	}
	beside := (cpu(b, process) - began) - (cpu(b, thread) - own)
	perByte := float64(beside) / 1000 / (allocated() - all)
	collection := func(i int) float64 { return bytes[i] / float64(len(times[i])*each) * perByte }
	for i, s := range sides[1:] {
		ratios := make([]float64, len(times[0]))
		for turn := range ratios {
			ratios[turn] = (times[i+1][turn] + collection(i+1)) / (times[0][turn] + collection(0)) / least
		}
		b.ReportMetric(median(ratios), s.name)
	}
	b.ReportMetric(median(times[0])+collection(0), sides[0].name+"-µs")
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
	if err != nil {
		b.Helper() // not before: it looks for its caller, which takes a hundredth of a verification
		b.Fatal(err)
	}
}
