package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"tokenshell/shell/internal/answer"
	"tokenshell/shell/internal/domains"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/files"
	"tokenshell/shell/internal/page"
	"tokenshell/shell/internal/world"
)

func plan(t *testing.T, text string) *world.Plan {
	t.Helper()
	read := func() (*world.Plan, error) { return world.Read(domains.Kinds(domains.All()), "") }
	if text != "" {
		read = func() (*world.Plan, error) {
			return world.Parse(domains.Kinds(domains.All()), "world.yaml", []byte(text))
		}
	}
	p, err := read()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// measure runs the verb in a world, and gives what it says in JSON.
func measure(t *testing.T, ctx context.Context, v Verb, text string) (Measured, error) {
	t.Helper()
	w, err := world.Build(t.Context(), plan(t, text), world.Seeded(1))
	if err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	err = v.Run(ctx, w, &files.Dir{}, &answer.Out{Stdout: &stdout, Stderr: &stderr, Format: "json"})
	var m Measured
	if stdout.Len() > 0 {
		if err := json.Unmarshal(stdout.Bytes(), &m); err != nil {
			t.Fatalf("%s: %v", stdout.String(), err)
		}
	}
	if len(w.Sessions()) != 0 {
		t.Error("it was in the current world")
	}
	return m, err
}

func number(n int) *int { return &n }

// What it says adds up, and every party's part is in it.
func TestItAddsUp(t *testing.T) {
	m, err := measure(t, t.Context(), Verb{For: 200 * time.Millisecond, Workers: number(3)}, "")
	if err != nil {
		t.Fatal(err)
	}
	in := 0
	for i, bar := range m.Histogram {
		in += bar.Orders
		if i > 0 && bar.UpTo <= m.Histogram[i-1].UpTo && bar.Orders > 0 {
			t.Errorf("bar %d ends where the one before does", i)
		}
	}
	l := m.Latency
	share := 0.0
	met := map[string]int{}
	for _, s := range m.Steps {
		share += s.Share
		met[s.Party+"."+s.Step] = s.Times
	}
	switch {
	case m.Orders == 0 || in != m.Orders || m.Workers != 3 || m.Interrupted:
		t.Errorf("%+v: %d in the histogram", m, in)
	case l.P50 <= 0 || l.P50 > l.P90 || l.P90 > l.P95 || l.P95 > l.P99 || l.P99 > l.P999 || l.P999 > l.Max:
		t.Errorf("%+v", l)
	case share < 0.98 || share > 1.02:
		t.Errorf("the shares are %f together", share)
	case m.Bare <= 0 || m.Ratio <= 1 || m.PerSecond <= 0:
		t.Errorf("%+v", m)
	}
	for _, what := range []string{"relay.open", "relay.relay", "relay.redeem", "coupons.confirm", "coupons.redeem", "points.confirm", "payments.redeem", "kms.sign", "kms.decrypt"} {
		if met[what] < m.Orders {
			t.Errorf("%s: %d times, and %d orders", what, met[what], m.Orders)
		}
	}
}

func TestBadFlags(t *testing.T) {
	for _, v := range []Verb{
		{}, {For: -time.Second}, {For: 25 * time.Hour}, {For: time.Second, Workers: number(0)}, {For: time.Second, Workers: number(-1)},
		{For: time.Second, Workers: number(257)},
	} {
		if _, err := measure(t, t.Context(), v, ""); exit.Code(err) != exit.BadUsage {
			t.Errorf("%+v: %v", v, err)
		}
	}
	if _, err := measure(t, t.Context(), Verb{For: time.Second, Target: "nowhere.yaml"}, ""); err == nil {
		t.Error("a target that is not there is measured")
	}
}

// Who waits no more is told what is known.
func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(150*time.Millisecond, cancel)
	m, err := measure(t, ctx, Verb{For: time.Hour}, "")
	if !errors.Is(err, context.Canceled) || !m.Interrupted {
		t.Errorf("%+v, %v", m, err)
	}
}

// A domain that confirms nothing is left out, and named; where none does, that is
// an error with its reason.
func TestWhoConfirmsNothing(t *testing.T) {
	const poor = "currency: EUR\npoint_value: \"0.01\"\nredeem_order: [coupons, points, payments]\n" +
		"customers:\n  - {id: a, points: 0, cards: []}\n  - {id: b, points: 900, cards: []}\ncoupons: []\n"
	m, err := measure(t, t.Context(), Verb{For: 50 * time.Millisecond}, poor)
	if err != nil || m.Orders == 0 || len(m.Domains) != 1 || m.Domains[0] != "points" || len(m.LeftOut) != 2 {
		t.Errorf("%+v, %v", m, err)
	}
	_, err = measure(t, t.Context(), Verb{For: 50 * time.Millisecond}, strings.Replace(poor, "900", "0", 1))
	if err == nil || !strings.Contains(err.Error(), "no domain of this world") {
		t.Errorf("%v", err)
	}
}

// Where nobody confirms anything there is nothing to measure: that is no refusal, and
// says what each domain said.
func TestNobodyConfirmsAnything(t *testing.T) {
	_, err := measure(t, t.Context(), Verb{For: time.Second}, "customers: [{id: ada}]\n")
	if err == nil || exit.Rejections(err) != nil {
		t.Fatalf("%v", err)
	}
	for _, want := range []string{"no order to measure: coupons: coupon_unknown: ", "; points: points_insufficient: ", "; payments: method_unknown: "} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("it lacks %q: %v", want, err)
		}
	}
}

// The wrong answers of somebody else's relay, here one that forgets what was used,
// are counted. One of ours ends the run.
func TestWrongAnswersAreCounted(t *testing.T) {
	forgetful := func(ctx context.Context, p *world.Plan, m world.Making) (*world.World, error) {
		w, err := world.Build(ctx, p, m)
		if err == nil {
			err = w.BeWithout([]string{"relay-remembers"})
		}
		return w, err
	}
	var n atomic.Int32
	c := &course{
		build: forgetful, plan: plan(t, ""), workers: 2, target: true,
		enough: func() bool { return n.Load() >= 20 }, tell: func(done int) { n.Store(int32(done)) },
	}
	if err := errors.Join(c.choose(t.Context()), c.run(t.Context())); err != nil {
		t.Fatal(err)
	}
	if c.wrongs < len(c.took) || c.asked < c.wrongs || len(c.wrong) == 0 || len(c.wrong) > 5 {
		t.Errorf("%d wrong of %d in %d orders: %q", c.wrongs, c.asked, len(c.took), c.wrong)
	}
	c.target = false
	if c.amiss("an order ends stuck") == nil {
		t.Error("our own may answer wrongly")
	}
}

// It fits the window, whatever that is.
func TestItFitsTheWindow(t *testing.T) {
	m := &Measured{Orders: 123456, Seconds: 2, Workers: 2, Bare: 55, Ratio: 100, Histogram: []Bar{{900, 1}, {1200.5, 100000}, {99999.9, 23455}}}
	for _, width := range []int{40, 80, 200} {
		p := &page.Page{Width: width}
		m.write(p)
		longest := 0
		for line := range strings.Lines(p.InWindow()) {
			longest = max(longest, len([]rune(line))-1)
		}
		if longest > width || longest < width/3 {
			t.Errorf("at %d columns it has %d:\n%s", width, longest, p)
		}
	}
}
