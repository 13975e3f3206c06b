// Bounds: what each of the small ones comes to, whoever looks, and that nothing is
// lost by what is not told apart.

package explore

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tokenshell/issuers/coupons"
	"tokenshell/issuers/payments"
	"tokenshell/issuers/points"
	"tokenshell/shell/internal/bound"
	"tokenshell/shell/internal/domains"
	"tokenshell/shell/internal/stage"
	"tokenshell/shell/internal/wire"
	"tokenshell/shell/internal/world"
	"tokenshell/tokens"
)

// long has the default bounds exhausted:
//
//	go test ./shell/internal/explore -run Bounds -long -v
var long = flag.Bool("long", false, "exhaust the default bounds, which takes a minute")

// marked has the golden numbers compared: without them only those judge who look at
// what happens.
var marked = flag.Bool("marks", true, "hold what the default bounds come to against the golden numbers")

// searched exhausts a bound in the embedded world.
func searched(t *testing.T, b bound.Bound, workers int, change func(*search)) *search {
	t.Helper()
	plan := embedded(t)
	customer, err := bound.Able(t.Context(), plan)
	if err != nil {
		t.Fatal(err)
	}
	s := newSearch(plan, tokens.Weakness{}, b, customer)
	if change != nil {
		change(s)
	}
	found, err := s.run(t.Context(), workers)
	if err != nil {
		t.Fatal(err)
	}
	if found == nil {
		found = s.unheard
	}
	if found != nil {
		text, err := (&course{plan: plan, customer: customer}).scenario(t.Context(), found)
		t.Fatalf("%s, %v\n%s", found.What, err, text)
	}
	return s
}

func mark(s *search) string {
	return fmt.Sprintf("%d states, %d verbs, %d messages, %s", s.states.count(), s.verbs, s.messages, s.states.fingerprint()[:16])
}

// TestFingerprints holds what small bounds come to against what they came to: any
// change of behaviour shows here. A line that is right is copied from the failure.
func TestFingerprints(t *testing.T) {
	for text, want := range map[string]string{
		"tokens=1,choices=1":                    "38 states, 272 verbs, 311 messages, 14f019533a5027f3",
		"tokens=1,choices=1,faults=1":           "1023 states, 14869 verbs, 23435 messages, 83b6e152697caa0c",
		"tokens=1,choices=1,clock=1,leeway=30s": "266 states, 2186 verbs, 2184 messages, e7d14c90a7715356",
		"tokens=2,choices=2":                    "889 states, 10834 verbs, 12558 messages, 23d96effc8463b43",
		"sessions=2,tokens=1,choices=1":         "180 states, 1933 verbs, 2062 messages, 92c91ad59be8b36d",
	} {
		b, err := bound.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := mark(searched(t, b, 1, nil)); got != want {
			t.Errorf("%q: %q,", text, got)
		}
	}
	small, _ := bound.Named("V,N,X,Z,O") // others and time meanwhile; all of the portfolio is for -long
	for _, b := range small {
		if got := mark(searched(t, b, 1, nil)); got != golden[b.Name] {
			t.Errorf("%q: %q,", b.Name, got)
		}
	}
}

// A key may be disabled while it is asked to sign a second token: no small bound has
// two tokens and keys that leave.
func TestAKeyLeavesWhileItSigns(t *testing.T) {
	leave := []string{"lose", "refuse", "late", "dup", "crash", "interrupt", "meanwhile-after", "slow", "facts", "forged", "client", "direct", "revoke", "before"}
	s := searched(t, bound.Bound{Sessions: 1, Tokens: 2, Choices: 1, Faults: 1, Clock: 1, Leave: leave}, 1, nil)
	if s.reach.Counts[stage.MetOf("fate", "kms.sign", "meanwhile")] == 0 {
		t.Error("nobody did anything meanwhile")
	}
	t.Log(mark(s))
}

// What is found does not depend on who looks.
func TestWorkersFindTheSame(t *testing.T) {
	b := bound.Bound{Sessions: 1, Tokens: 1, Choices: 1, Clock: 1}
	one, two := searched(t, b, 1, nil), searched(t, b, 3, nil)
	if diff := cmp.Diff(one.states, two.states, cmp.AllowUnexported(states{})); diff != "" {
		t.Errorf("-one +three:\n%s", diff)
	}
	if diff := cmp.Diff(one.reach.Counts, two.reach.Counts); diff != "" {
		t.Errorf("-one +three:\n%s", diff)
	}
}

// Whatever is met when all states are told apart is met when those are not that go
// on alike.
func TestNothingIsLost(t *testing.T) {
	for _, b := range []bound.Bound{
		{Sessions: 2, Tokens: 1, Choices: 1},
		{Sessions: 1, Tokens: 1, Choices: 1, Clock: 2, Leave: []string{"keys"}},
		{Sessions: 1, Tokens: 1, Choices: 1, Faults: 2, Clock: 1, Leave: []string{"lose", "refuse", "late", "dup", "crash", "interrupt", "slow", "kms", "keys", "direct", "revoke", "facts", "forged", "mixed", "before", "ended"}},
		{Sessions: 1, Tokens: 1, Choices: 1, Faults: 1, Leave: []string{"meanwhile"}},
	}[:3+many()] {
		all, some := searched(t, b, 1, func(s *search) { s.exact = true }), searched(t, b, 1, nil)
		if diff := cmp.Diff(names(all.reach), names(some.reach)); diff != "" {
			t.Errorf("%s (-all +some):\n%s", b, diff)
		}
		if some.states.count() >= all.states.count() {
			t.Errorf("%s: %d states of %d: nothing is saved", b, some.states.count(), all.states.count())
		}
		t.Logf("%s: %d states of %d", b, some.states.count(), all.states.count())
	}
}

// names gives what was met, sorted.
func names(r *stage.Reach) (all []string) {
	for what := range r.Counts {
		all = append(all, what.String())
	}
	slices.Sort(all)
	return all
}

// many is 1 in a long run.
func many() int {
	if *long {
		return 1
	}
	return 0
}

// A step is packed and unpacked, and a bound is written as it is read.
func TestPacking(t *testing.T) {
	for _, st := range []stage.Step{
		{Move: stage.Move{Verb: stage.ChecksOut, Order: 1}},
		{Move: stage.Move{Verb: stage.RedeemsOne, Order: 2, Token: 3}, Plan: []stage.Decision{{}, {Fate: bound.Interrupt}}},
		{Move: stage.Move{Verb: stage.Relays, Order: 1, Token: 1}, Plan: []stage.Decision{{Fate: "meanwhile", Inner: stage.Move{Verb: stage.Revokes, Order: 1, Token: 2, Arg: 7}}, {}, {}, {Fate: "late"}}},
	} {
		if diff := cmp.Diff(st, stage.Unpack(stage.Pack(st))); diff != "" {
			t.Error(diff)
		}
	}
	for _, b := range slices.Concat(bound.Portfolio(), bound.Large()) {
		again, err := bound.Parse(b.String())
		if err != nil || again.String() != b.String() {
			t.Errorf("%s: %s, %v", b, again, err)
		}
	}
}

// golden is what the default bounds come to in the embedded world: any change of
// behaviour shows here. A line that is right is copied from the failure.
var golden = map[string]string{
	"UT": "828 states, 3779 verbs, 2441 messages, 6aa5a20d0d7e0a22",
	"JL": "1917 states, 10591 verbs, 11693 messages, 4d8835658566e41a",
	"JT": "428 states, 1371 verbs, 2019 messages, 68fc6988ca141fd2",
	"J":  "2745 states, 13437 verbs, 21661 messages, b14d329eaf235617",
	"A":  "3542 states, 32334 verbs, 45721 messages, 236aaae5d5fb220d",
	"C":  "4176 states, 24142 verbs, 47357 messages, afceb239a3d646d7",
	"F":  "4688 states, 33711 verbs, 37487 messages, c60aafe9631c4919",
	"E":  "1388 states, 9851 verbs, 8088 messages, 6c2da679b47f132f",
	"G":  "529 states, 6387 verbs, 7851 messages, d8680c40de8ebd9a",
	"H":  "1335 states, 5921 verbs, 5676 messages, 58e301630942cc1a",
	"M":  "788 states, 6235 verbs, 9615 messages, feeec1204f2b68ca",
	"S":  "1726 states, 8826 verbs, 8829 messages, 773a0a67fb921a11",
	"T":  "1287 states, 6428 verbs, 7855 messages, 03c0a1be01ca5745",
	"P":  "387 states, 6194 verbs, 20915 messages, f402fb3e298ef58d",
	"Q":  "226 states, 7200 verbs, 34369 messages, dcf5b182d167f243",
	"U":  "1185 states, 8382 verbs, 9910 messages, 9c999242d8c1cd09",
	"UJ": "453 states, 2387 verbs, 3020 messages, b1f89ca439d75501",
	"N":  "240 states, 3052 verbs, 6488 messages, a62c80da9bacfb8e",
	"LR": "93 states, 594 verbs, 1555 messages, 559a82cfcc80ba59",
	"L":  "593 states, 3751 verbs, 11608 messages, 65c40a5a530f8f63",
	"R":  "1332 states, 15863 verbs, 40441 messages, c13f1db4db94532c",
	"V":  "64 states, 1493 verbs, 5847 messages, fbc54fd459343106",
	"X":  "179 states, 1419 verbs, 1942 messages, c63f3bb1160a59fd",
	"Y":  "865 states, 5425 verbs, 6099 messages, 21f7c120df142b7f",
	"Z":  "133 states, 2038 verbs, 8309 messages, 4592dd6ab5526ee5",
	"O":  "574 states, 3174 verbs, 5032 messages, f08e92f81ed97c5d",
	"I":  "648 states, 3792 verbs, 7140 messages, 82bb9877a83f9471",
	"W":  "482 states, 4883 verbs, 17394 messages, ba0e60749cb1f961",
}

// Whatever a bound leaves out is a fate or a family that help explains, and every family
// is left out somewhere; each bound says what it is about.
func TestBoundsAreExplained(t *testing.T) {
	left := map[string]bool{}
	for _, b := range slices.Concat(bound.Portfolio(), bound.Large()) {
		if b.About == "" {
			t.Errorf("%s is about nothing", b.Name)
		}
		for _, what := range b.Leave {
			left[what] = true
			if !slices.ContainsFunc(bound.FateRows(), func(r bound.FateRow) bool { return r.Name == what }) && !slices.ContainsFunc(bound.FamilyRows(), func(r bound.FamilyRow) bool { return r.Name == what }) {
				t.Errorf("%s leaves %q out, which is nothing", b.Name, what)
			}
		}
	}
	for _, row := range bound.FamilyRows() {
		if !left[row.Name] {
			t.Errorf("no bound leaves %s out", row.Name)
		}
	}
}

// The default bounds meet everything that has to be met, and come to what they came to.
func TestDefaultBoundsMeetEverything(t *testing.T) {
	if !*long {
		t.Skip("-long exhausts the default bounds")
	}
	total, began := stage.NewReach(), cpu(t)
	for _, b := range bound.Portfolio() {
		before := cpu(t)
		s := searched(t, b, 2, nil)
		total.Add(s.reach)
		if got := mark(s); *marked && got != golden[b.Name] {
			t.Errorf("%q: %q,", b.Name, got)
		}
		t.Logf("%s %s: %s, %s CPU", b.Name, b, mark(s), cpu(t)-before)
	}
	on, err := stage.New(embedded(t), tokens.Weakness{}, bound.Bound{})
	if err != nil {
		t.Fatal(err)
	}
	if missing := total.Missing(on); len(missing) > 0 {
		t.Errorf("never met: %s", strings.Join(missing, ", "))
	}
	for _, reason := range []tokens.Reason{
		coupons.Inactive, coupons.Exhausted, coupons.MinimumNotMet, coupons.NotCombinable, points.Insufficient, payments.Declined,
	} {
		if total.Counts[stage.MetOf("reason", string(reason), "")] == 0 {
			t.Errorf("nothing is refused with %s", reason)
		}
	}
	for _, e := range stage.Excuses {
		if total.Counts[e.What] > 0 {
			t.Errorf("%s is excused (%s), and was met", e.What, e.Why)
		}
	}
	if len(golden) != len(bound.Portfolio()) {
		t.Errorf("%d golden numbers of %d bounds", len(golden), len(bound.Portfolio()))
	}
	if most := 5; len(stage.Excuses) > most {
		t.Errorf("%d things are excused, more than %d", len(stage.Excuses), most)
	}
	t.Logf("%s CPU in all", cpu(t)-began)
}

// embedded gives the embedded world.
func embedded(t *testing.T) *world.Plan {
	t.Helper()
	plan, err := world.Read(domains.Kinds(domains.All()), "")
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// cpu gives the time that this process has computed.
func cpu(t *testing.T) time.Duration {
	t.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		t.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano()).Round(10 * time.Millisecond)
}

// What goes wrong between verbs comes to what verbs come to, one after the other: in
// every state that a few of them lead to, whatever another client does.
func TestBetweenVerbsIsOneAfterTheOther(t *testing.T) {
	plan := embedded(t)
	customer, err := bound.Able(t.Context(), plan)
	if err != nil {
		t.Fatal(err)
	}
	w, err := newSearch(plan, tokens.Weakness{}, bound.Bound{Sessions: 1, Tokens: 2, Choices: 1, Faults: 1, Clock: 1, Leave: []string{"keys"}}, customer).newWalker(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s := w.stage
	tried := func(m stage.Move, plan ...stage.Decision) {
		t.Helper()
		if err := s.Try(t.Context(), m, plan); err != nil {
			t.Fatalf("%v %v: %v", m, plan, err)
		}
	}
	came := func() [16]byte { s.Faults = 0; return s.Digest() }
	states, seen, pairs := []stage.Kept{s.Save()}, map[[16]byte]bool{s.Digest(): true}, 0
	for n := 0; n < len(states) && n < 60; n++ {
		s.Restore(states[n])
		moves := s.Moves(nil)
		for _, m := range moves {
			s.Restore(states[n])
			tried(m)
			after, kept := came(), s.Save()
			if !seen[after] {
				seen[after], states = true, append(states, kept)
			}
			if len(s.Trace) == 0 || !s.Between(wire.Timeout) {
				continue
			}
			s.Restore(states[n])
			before := came()
			for _, fate := range []wire.FaultKind{wire.Timeout, wire.Unavailable, wire.Refuse} {
				s.Restore(states[n])
				if tried(m, stage.Decision{Fate: fate}); came() != before {
					t.Errorf("%v: a question that is not asked, by %s, changes something", m, fate)
				}
			}
			s.Restore(states[n])
			for _, other := range s.Others(moves) {
				one, two := m, other
				for _, fate := range []wire.FaultKind{wire.MeanwhileAfter, wire.Meanwhile} {
					s.Restore(states[n])
					tried(m, stage.Decision{Fate: fate, Inner: other})
					within := came()
					s.Restore(states[n])
					tried(one)
					tried(two)
					if pairs++; came() != within {
						t.Errorf("%v with %v, %s, is not %v and then %v", m, other, fate, one, two)
					}
					one, two = two, one
				}
			}
		}
	}
	if pairs < 1000 {
		t.Errorf("%d pairs only", pairs)
	}
	t.Logf("%d states, %d pairs", min(60, len(states)), pairs)
}
