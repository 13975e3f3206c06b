// Package storetest holds every [orchestrator.Store] and [orchestrator.Ledger] to
// what a relay relies on, also when the process is killed.
package storetest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tokenshell/orchestrator"
	"tokenshell/tokens"
)

var (
	epoch      = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	background = context.Background()
)

// Run holds a store and a ledger, both empty, to their contract. Again gives what
// another relay would find, now.
func Run(t *testing.T, open func(t *testing.T) (store orchestrator.Store, ledger orchestrator.Ledger, again func() (orchestrator.Store, orchestrator.Ledger))) {
	for name, test := range map[string]func(*testing.T, *place){
		"a record comes back whole": whole, "what was put is compared": compared, "one of many writers wins": raced, "due in order": dues,
		"a debt is not forgotten": debts, "opened in order": opened, "a use counts once": used, "one of many uses wins": usedAtOnce,
		"nobody waits": cancelled,
	} {
		t.Run(name, func(t *testing.T) {
			store, ledger, again := open(t)
			test(t, &place{store, ledger, again})
		})
	}
}

type place struct {
	orchestrator.Store
	ledger orchestrator.Ledger
	again  func() (orchestrator.Store, orchestrator.Ledger)
}

// full is a record in which every field says something.
func full(id string) *orchestrator.Record {
	at := func(n int) time.Time { return epoch.Add(time.Duration(n) * 1001 * time.Millisecond) }
	return &orchestrator.Record{
		ID: id, Customer: "user_123", Facts: tokens.Facts{"subtotal": "140.00", "ü": "\x00\n"}, State: orchestrator.Redeeming,
		Opened: at(1), Ends: at(2), Ended: at(3), Due: at(4), Order: []int{1, 0}, Backwards: true,
		Lease: orchestrator.Lease{Holder: "relay", Until: at(5)},
		Steps: []*orchestrator.StepRecord{
			{
				Step: orchestrator.Step{
					Ref: tokens.Ref{Issuer: "points.svc", ID: "p1", Order: id}, Service: "points", Expires: at(6), Attempt: "att_1",
					Status: orchestrator.Accepted, Result: orchestrator.Failed, Reason: tokens.ServiceUnavailable, Detail: "no answer",
					Receipt: &tokens.Receipt{ID: "rcp_1", Service: "points", JTI: "p1", Order: id, Attempt: "att_1", At: at(7), Body: []byte(`{"points":500}`)},
				},
				Token: "a.b.c", Owed: true, Unheard: true, Tries: 2, Freed: true, Told: true,
			},
			{Step: orchestrator.Step{Ref: tokens.Ref{Issuer: "coupons.svc", ID: "c1", Order: id}, Status: orchestrator.Accepted}},
		},
	}
}

func (p *place) put(t *testing.T, s *orchestrator.Record) *orchestrator.Record {
	t.Helper()
	if err := p.Put(background, s); err != nil {
		t.Fatal(err)
	}
	return s
}

func (p *place) get(t *testing.T, id string) *orchestrator.Record {
	t.Helper()
	s, err := p.Get(background, id)
	if err != nil {
		t.Fatal(err)
	}
	c := *s
	return &c
}

func want(t *testing.T, got, kind error) {
	t.Helper()
	if !errors.Is(got, kind) {
		t.Errorf("got %v, want %v", got, kind)
	}
}

func same(t *testing.T, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func whole(t *testing.T, p *place) {
	_, err := p.Get(background, "op_1")
	want(t, err, orchestrator.ErrNoSession)
	s := p.put(t, full("op_1"))
	if s.Version != 1 || s.Number == 0 {
		t.Errorf("version %d, number %d", s.Version, s.Number)
	}
	expected := full("op_1")
	expected.Version, expected.Number = 1, s.Number
	same(t, expected, p.get(t, "op_1"))
	p.Store, _ = p.again()
	same(t, expected, p.get(t, "op_1"))
}

func compared(t *testing.T, p *place) {
	missing := full("op_1")
	missing.Version = 1
	want(t, p.Put(background, missing), orchestrator.ErrConflict)
	p.put(t, full("op_1"))
	want(t, p.Put(background, full("op_1")), orchestrator.ErrConflict)
	first, second := p.get(t, "op_1"), p.get(t, "op_1")
	first.Customer, second.Customer = "first", "second"
	p.put(t, first)
	want(t, p.Put(background, second), orchestrator.ErrConflict)
	if second.Version != 1 {
		t.Errorf("a conflict raises the version to %d", second.Version)
	}
	want(t, p.Forget(background, "op_1", 1), orchestrator.ErrConflict)
	want(t, p.Forget(background, "op_2", 0), orchestrator.ErrConflict)
	if s := p.get(t, "op_1"); s.Customer != "first" || s.Version != 2 {
		t.Errorf("%s, version %d", s.Customer, s.Version)
	}
}

func raced(t *testing.T, p *place) {
	p.put(t, full("op_1"))
	var won atomic.Int32
	var all sync.WaitGroup
	var readers [8]*orchestrator.Record
	for i := range readers {
		readers[i] = p.get(t, "op_1")
	}
	for _, s := range readers {
		all.Go(func() {
			if p.Put(background, s) == nil {
				won.Add(1)
			}
		})
	}
	all.Wait()
	if won.Load() != 1 || p.get(t, "op_1").Version != 2 {
		t.Errorf("%d won", won.Load())
	}
}

func dues(t *testing.T, p *place) {
	for i, after := range []int{3, 1, 2, 5} {
		s := full(fmt.Sprintf("op_%d", i))
		s.Due = epoch.Add(time.Duration(after) * time.Second)
		p.put(t, s)
	}
	at := func(ns time.Duration, expected ...string) {
		t.Helper()
		got, err := p.Due(background, epoch.Add(3*time.Second+ns))
		if err != nil {
			t.Fatal(err)
		}
		same(t, expected, got)
	}
	at(0, "op_1", "op_2")
	at(1, "op_1", "op_2", "op_0")
	s := p.get(t, "op_1")
	s.Due = epoch.Add(time.Hour)
	p.put(t, s)
	at(1, "op_2", "op_0")
	s = p.get(t, "op_2")
	s.State = orchestrator.Closed
	p.put(t, s)
	if err := p.Forget(background, "op_2", s.Version); err != nil {
		t.Fatal(err)
	}
	at(1, "op_0")
	p.Store, _ = p.again()
	at(1, "op_0")
}

func debts(t *testing.T, p *place) {
	for i, state := range []orchestrator.State{
		orchestrator.Open, orchestrator.Redeeming, orchestrator.Completed, orchestrator.Compensated, orchestrator.Stuck, orchestrator.Closed,
	} {
		s := full(fmt.Sprintf("op_%d", i))
		s.State = state
		p.put(t, s)
		err := p.Forget(background, s.ID, s.Version)
		if owes := state == orchestrator.Redeeming || state == orchestrator.Stuck; owes {
			want(t, err, orchestrator.ErrOwing)
			p.get(t, s.ID)
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", state, err)
		}
		_, err = p.Get(background, s.ID)
		want(t, err, orchestrator.ErrNoSession)
		p.put(t, full(s.ID)) // its name is free
	}
}

func opened(t *testing.T, p *place) {
	for _, id := range []string{"c", "a", "b"} {
		s := full(id)
		s.State = orchestrator.Open
		p.put(t, s)
	}
	if err := p.Forget(background, "a", 1); err != nil {
		t.Fatal(err)
	}
	p.put(t, full("a"))
	p.put(t, p.get(t, "c"))
	list := func() (ids []string) {
		all, err := p.All(background)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range all {
			ids = append(ids, s.ID)
		}
		return ids
	}
	same(t, []string{"c", "b", "a"}, list())
	p.Store, _ = p.again()
	same(t, []string{"c", "b", "a"}, list())
}

// use asks a ledger for a use of "session iss jti attempt".
func (p *place) use(t *testing.T, text string) bool {
	t.Helper()
	words := strings.Split(text, " ")
	first, err := p.ledger.Use(background, orchestrator.Use{
		Session: words[0], Ref: tokens.Ref{Issuer: words[1], ID: words[2]}, Expires: epoch.Add(time.Minute), Attempt: words[3],
	})
	if err != nil {
		t.Fatal(err)
	}
	return first
}

func used(t *testing.T, p *place) {
	uses := []struct {
		text  string
		first bool
	}{
		{"op_1 points.svc p1 r1", true},
		{"op_1 points.svc p1 r2", false},
		{"op_1 points.svc p1 r1", true}, // the same attempt
		{"op_1 points.svc p1 ", false},
		{"op_1 points.svcp 1 r2", true}, // one text, two uses
		{"op_1 points.sv cp1 r2", true},
		{"op_2 points.svc p1 r2", true},
		{"op_2 points.svc p2 ", true},
		{"op_2 points.svc p2 ", false}, // nobody's attempt is never the same
	}
	for _, u := range uses {
		if got := p.use(t, u.text); got != u.first {
			t.Errorf("%s: %v", u.text, got)
		}
	}
	if err := p.ledger.Forget(background, "op_1"); err != nil {
		t.Fatal(err)
	}
	if err := p.ledger.Forget(background, "never there"); err != nil {
		t.Fatal(err)
	}
	_, p.ledger = p.again()
	if p.use(t, "op_2 points.svc p1 r1") {
		t.Error("another session was forgotten")
	}
}

func usedAtOnce(t *testing.T, p *place) {
	var won atomic.Int32
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			first, err := p.ledger.Use(background, orchestrator.Use{Session: "op_1", Ref: tokens.Ref{Issuer: "a", ID: "b"}, Attempt: fmt.Sprint(i)})
			if first && err == nil {
				won.Add(1)
			}
		})
	}
	all.Wait()
	if won.Load() != 1 {
		t.Errorf("%d were the first", won.Load())
	}
}

// A store may answer whoever does not wait any more; it never does half of what
// it was asked.
func cancelled(t *testing.T, p *place) {
	ctx, cancel := context.WithCancel(background)
	cancel()
	s := full("op_1")
	if err := p.Put(ctx, s); err != nil {
		_, err := p.Get(background, "op_1")
		want(t, err, orchestrator.ErrNoSession)
		if s.Version != 0 {
			t.Errorf("version %d", s.Version)
		}
	}
	first, err := p.ledger.Use(ctx, orchestrator.Use{Session: "op_1", Ref: tokens.Ref{Issuer: "a", ID: "b"}, Attempt: "r1"})
	if err != nil && (first || !p.use(t, "op_1 a b r2")) {
		t.Error("a use that was not recorded counts")
	}
}

// Opened is a store and a ledger of a place that outlives a process.
type Opened struct {
	Store  orchestrator.Store
	Ledger orchestrator.Ledger
	Shut   func() error
}

// The child of Kill finds the place in this variable.
const placeVariable = "STORETEST_PLACE"

// Child works until it is killed, when this process was started by [Kill]; else it
// does nothing. A TestMain calls it first.
func Child(open func(place string) (Opened, error)) {
	place := os.Getenv(placeVariable)
	if place == "" {
		return
	}
	p, err := open(place)
	if err != nil {
		fmt.Println("failed", err)
		os.Exit(1)
	}
	var out sync.Mutex
	say := func(text string, args ...any) {
		out.Lock()
		defer out.Unlock()
		fmt.Printf(text+"\n", args...)
	}
	var all sync.WaitGroup
	for writer := range 2 {
		all.Go(func() {
			for n := 0; ; n++ {
				id := fmt.Sprintf("op_%d_%d_%d", os.Getpid(), writer, n)
				s := full(id)
				for range 3 {
					if err := p.Store.Put(background, s); err != nil {
						say("failed %v", err)
						return
					}
					say("put %s %d", id, s.Version)
					c := *s
					s = &c
				}
				first, err := p.Ledger.Use(background, orchestrator.Use{Session: id, Ref: tokens.Ref{Issuer: "a", ID: "b"}, Attempt: "r1"})
				if err != nil || !first {
					say("failed %v %v", first, err)
					return
				}
				say("used %s", id)
			}
		})
	}
	all.Wait()
}

// Kill starts this test binary again and again, whose TestMain calls [Child], and
// kills it at any moment: whatever was answered before is there after it, and
// nothing is half there.
func Kill(t *testing.T, place string, times int, open func(place string) (Opened, error)) {
	chance := rand.New(rand.NewPCG(1, 2))
	said := map[string]uint64{} // the versions that were answered
	used := map[string]bool{}
	for round := range times {
		work(t, place, time.Duration(chance.IntN(60))*time.Millisecond, said, used)
		p, err := open(place)
		if err != nil {
			t.Fatalf("after kill %d: %v", round+1, err)
		}
		inspect(t, p, said, used)
		if err := p.Shut(); err != nil {
			t.Fatal(err)
		}
		if t.Failed() {
			t.Fatalf("after kill %d", round+1)
		}
	}
	if len(said) < times {
		t.Fatalf("%d sessions and %d uses in %d rounds: nothing was tried", len(said), len(used), times)
	}
	t.Logf("%d kills: %d sessions, %d uses, none lost", times, len(said), len(used))
}

// work has a child work for a while, and notes what it was answered.
func work(t *testing.T, place string, how time.Duration, said map[string]uint64, used map[string]bool) {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), placeVariable+"="+place)
	child.Stderr = os.Stderr
	pipe, err := child.StdoutPipe()
	if err == nil {
		err = child.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	lines, kill := bufio.NewReader(pipe), sync.OnceFunc(func() { time.AfterFunc(how, func() { _ = child.Process.Kill() }) })
	for line, err := lines.ReadString('\n'); ; line, err = lines.ReadString('\n') {
		if errors.Is(err, io.EOF) {
			break
		}
		var id string
		var version uint64
		switch _, scanned := fmt.Sscanf(line, "put %s %d", &id, &version); {
		case scanned == nil:
			said[id] = max(version, said[id])
			kill() // once it is at work
		case strings.HasPrefix(line, "used "):
			used[strings.TrimSpace(line[len("used "):])] = true
		default:
			t.Fatalf("the child says %q", line)
		}
	}
	_ = child.Wait()
}

// inspect looks whether everything that was answered is there, and all of it.
func inspect(t *testing.T, p Opened, said map[string]uint64, used map[string]bool) {
	t.Helper()
	all, err := p.Store.All(background)
	if err != nil {
		t.Fatal(err)
	}
	due, err := p.Store.Due(background, epoch.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != len(due) {
		t.Errorf("%d sessions, %d are due", len(all), len(due))
	}
	kept := map[string]uint64{}
	for _, s := range all {
		expected := full(s.ID)
		expected.Version, expected.Number = s.Version, s.Number
		same(t, expected, s)
		kept[s.ID] = s.Version
	}
	for id, version := range said {
		if kept[id] < version {
			t.Errorf("%s has version %d, and %d was answered", id, kept[id], version)
		}
	}
	for id := range used {
		if first, err := p.Ledger.Use(background, orchestrator.Use{Session: id, Ref: tokens.Ref{Issuer: "a", ID: "b"}, Attempt: "r2"}); first || err != nil {
			t.Errorf("%s: the use is lost, %v", id, err)
		}
	}
}
