// Memory: what is kept, and what it costs to have it looked at by the collector.

package benchmarks

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"tokenshell/issuers/points"
	"tokenshell/orchestrator"
	"tokenshell/shell"
	"tokenshell/tokens"
)

var daily = flag.Int("daily", 0, "how many orders a day BenchmarkWeek completes, in place of those that -long asks for")

// heap gives how many bytes live after a collection, and how long that took.
func heap() (bytes uint64, took time.Duration) {
	runtime.GC() // so that the next has nothing to sweep
	took = stopped(runtime.GC)
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc, took
}

// BenchmarkLedger: a live use in the ledger in memory, in sessions of three tokens,
// and what a forced collection takes longer for them. With -long there are ten
// million.
func BenchmarkLedger(b *testing.B) {
	uses := 100_000
	if *long {
		uses = 10_000_000
	}
	var perUse, collection, use []float64
	for b.Loop() {
		before, empty := heap()
		ledger := orchestrator.NewMemoryLedger()
		took := stopped(func() {
			for n := range uses {
				first, err := ledger.Use(background, orchestrator.Use{
					Session: id("op", n/3), Ref: tokens.Ref{Issuer: issuer, ID: id("cpt", n)},
					Expires: now.Add(time.Duration(n%300) * time.Second), Attempt: "relay 1",
				})
				must(b, err)
				if !first {
					b.Fatalf("use %d is not the first", n)
				}
			}
		})
		after, full := heap()
		perUse = append(perUse, float64(after-before)/float64(uses))
		collection = append(collection, (full-empty).Seconds()*1000)
		use = append(use, float64(took.Nanoseconds())/float64(uses))
		runtime.KeepAlive(ledger)
	}
	b.ReportMetric(median(perUse), "B/use")
	b.ReportMetric(median(collection), "collection-ms")
	b.ReportMetric(median(use), "ns/use")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkEndedOrder: what an order that has ended costs the relay until it is
// forgotten, with one token and with three.
func BenchmarkEndedOrder(b *testing.B) {
	for _, each := range []int{1, 3} {
		b.Run(fmt.Sprintf("%d-tokens", each), func(b *testing.B) {
			const orders = 3000
			var perOrder []float64
			for b.Loop() {
				clock := tokens.FrozenClock(now)
				s := service(b, clock)
				store, ledger := orchestrator.NewMemoryStore(), orchestrator.NewMemoryLedger()
				relay := newRelay(clock, orchestrator.Service{Name: "points", Capabilities: []string{points.Capability}, Redeemer: s}, s.Keys()).
					Restarted(func(c *orchestrator.Config) { c.Store, c.Ledger = store, ledger })
				end(b, relay, s, 0, 1, each) // so that what is made once is there
				end(b, relay, s, 1, orders, each)
				with, _ := heap()
				runtime.KeepAlive(relay)
				// What the service has of them is not the relay's: it is measured by
				// having the relay forget them.
				all, err := store.All(background)
				must(b, err)
				for _, kept := range all {
					must(b, store.Forget(background, kept.ID, kept.Version))
					must(b, ledger.Forget(background, kept.ID))
				}
				all = nil
				without, _ := heap()
				runtime.KeepAlive(s)
				perOrder = append(perOrder, (float64(with)-float64(without))/orders)
			}
			b.ReportMetric(median(perOrder), "B/order")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// end has orders end completed.
func end(b *testing.B, relay *orchestrator.Relay, s *points.Service, from, n, each int) {
	b.Helper()
	for i := from; i < from+n; i++ {
		order := id("op", i)
		_, err := relay.Open(background, order, "user_123", tokens.Facts{"subtotal": "140.00"})
		must(b, err)
		for range each {
			issued, err := s.Confirm(background, orderOf(order), "5")
			must(b, err)
			_, err = relay.Relay(background, order, issued.Raw)
			must(b, err)
		}
		snap, err := relay.Redeem(background, order, nil)
		must(b, err)
		if snap.State != orchestrator.Completed {
			b.Fatalf("%s is %s", order, snap.State)
		}
	}
}

// BenchmarkWeek: the memory of a shell that lives for a simulated week, in which 100,000
// orders a day are completed, at the end of each half day; and the most that it has in
// the last five days, as a multiple of the most in the first two, in which it fills.
// With -long only: it takes a quarter of an hour of a processor (606 MB after two days,
// 603 to 607 from then on). Without, a hundred a day are, which fill no ring: there the
// multiple says nothing.
func BenchmarkWeek(b *testing.B) {
	orders := 100
	if *long {
		orders = 100_000
	}
	if *daily > 0 {
		orders = *daily
	}
	file := filepath.Join(b.TempDir(), "world.yaml")
	must(b, os.WriteFile(file, []byte("currency: EUR\npoint_value: \"0.01\"\nredeem_order: [coupons, points, payments]\n"+
		"customers:\n  - {id: user_123, points: 900000000, cards: []}\ncoupons: []\n"), 0o600))
	seed := uint64(1)
	for b.Loop() {
		w, err := shell.NewWorld(background, shell.WorldConfig{Path: file, Seed: &seed})
		must(b, err)
		s := shell.New(w)
		line := func(text string) { must(b, s.Line(background, text, false, io.Discard, io.Discard)) }
		pause := "clock advance " + (24 * time.Hour / time.Duration(orders)).String()
		var before, after uint64
		for half := 1; half <= 14; half++ {
			took := stopped(func() {
				for range orders / 2 {
					line("session new")
					line("points confirm 5")
					line("checkout")
					line(pause)
				}
			})
			bytes, _ := heap()
			if half <= 4 {
				before = max(before, bytes)
			} else {
				after = max(after, bytes)
			}
			b.ReportMetric(float64(bytes)/1e6, fmt.Sprintf("half-day-%02d-MB", half))
			b.Logf("half day %d: %.1f MB, %.2f ms an order", half, float64(bytes)/1e6, took.Seconds()*2000/float64(orders))
		}
		b.ReportMetric(float64(after)/float64(before), "most-after/before")
		runtime.KeepAlive(s)
	}
	b.ReportMetric(0, "ns/op")
}
