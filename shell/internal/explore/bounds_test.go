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
	"tokenshell/shell/internal/reached"
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
		text, err := (&course{plan: plan, customer: customer}).in().Scenario(t.Context(), found)
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
		"tokens=1,choices=1":                    "38 states, 272 verbs, 311 messages, 0c9860bec03367cd",
		"tokens=1,choices=1,faults=1":           "1023 states, 14869 verbs, 23435 messages, e230cf8c3a4eb8d6",
		"tokens=1,choices=1,clock=1,leeway=30s": "266 states, 2186 verbs, 2184 messages, 0ded51e75e4c301e",
		"tokens=2,choices=2":                    "889 states, 10834 verbs, 12558 messages, 0632d94732d8a4bf",
		"sessions=2,tokens=1,choices=1":         "180 states, 2065 verbs, 2194 messages, 00b651f8281894f9",
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

// What some bounds are about is met in them: a token of another customer or of another
// order, where nothing else is wrong with it.
func TestSomeBoundsMeetTheirSubject(t *testing.T) {
	for name, what := range map[string]reached.Met{
		"UJ": reached.Of("answer", "relay", string(tokens.SessionMismatch)),
		"HC": reached.Of("answer", "redeem --direct", string(tokens.SessionMismatch)),
		"G":  reached.Of("answer", "redeem --direct", string(tokens.SessionMismatch)),
	} {
		b, _ := bound.Named(name)
		if s := searched(t, b[0], 1, nil); s.reach.Counts[what] == 0 {
			t.Errorf("%s: %s is not met", name, what)
		}
	}
}

// A key may be disabled while it is asked to sign a second token: no small bound has
// two tokens and keys that leave.
func TestAKeyLeavesWhileItSigns(t *testing.T) {
	leave := []string{"lose", "refuse", "late", "dup", "crash", "interrupt", "meanwhile-after", "slow", "facts", "forged", "client", "direct", "revoke", "before"}
	s := searched(t, bound.Bound{Sessions: 1, Tokens: 2, Choices: 1, Faults: 1, Clock: 1, Leave: leave}, 1, nil)
	if s.reach.Counts[reached.Of("fate", "kms.sign", "meanwhile")] == 0 {
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
func names(r *reached.Tally) (all []string) {
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
	"HC": "264 states, 1098 verbs, 1158 messages, 16553870dd754f4f",
	"JR": "41 states, 164 verbs, 264 messages, 3d19c5731c31e32c",
	"JD": "331 states, 2110 verbs, 2996 messages, 55678ceb77b3f1cb",
	"UT": "828 states, 3779 verbs, 2441 messages, 51d1b576d5a20d18",
	"JL": "1917 states, 10657 verbs, 11693 messages, 4c3cb095bf1f3933",
	"JT": "428 states, 1371 verbs, 2019 messages, 0e8155d9d7067c65",
	"J":  "2745 states, 13437 verbs, 21661 messages, 68453321bc2c7c71",
	"A":  "3542 states, 32334 verbs, 45721 messages, 248e441103888e54",
	"C":  "4176 states, 24142 verbs, 47357 messages, 40a37b8021d875ea",
	"F":  "4688 states, 33711 verbs, 37487 messages, c20c2771a927d9f7",
	"E":  "1408 states, 10141 verbs, 8213 messages, f6998185d13bf785",
	"G":  "529 states, 7143 verbs, 8607 messages, 4d181dcfb08f5397",
	"H":  "1335 states, 5921 verbs, 5676 messages, 9538f8626972f7b0",
	"M":  "788 states, 6307 verbs, 9657 messages, 4fd8da456fbbe9d9",
	"S":  "1726 states, 8826 verbs, 8829 messages, 9b45b3646fbf777f",
	"T":  "1287 states, 6428 verbs, 7855 messages, 8520296ac436cb3d",
	"P":  "387 states, 6194 verbs, 20915 messages, 5fc78b6ae85d870c",
	"Q":  "226 states, 7200 verbs, 34369 messages, bee16e65ae357cb8",
	"U":  "1185 states, 8382 verbs, 9910 messages, 80deaf9f4f22f4fd",
	"UJ": "615 states, 3204 verbs, 3805 messages, bca686eaf92b66ec",
	"N":  "240 states, 3052 verbs, 6488 messages, d4be5a842091dee0",
	"LR": "93 states, 594 verbs, 1555 messages, 7b48e4c5c8cdc8d6",
	"L":  "593 states, 3751 verbs, 11608 messages, dbb5c88f4ca2ca25",
	"R":  "1332 states, 15863 verbs, 40441 messages, f4029c13ab8f2aa6",
	"V":  "64 states, 1493 verbs, 5847 messages, 8207fddede8e46fc",
	"X":  "179 states, 1419 verbs, 1942 messages, 8a770bf28cf9d1e6",
	"Y":  "865 states, 5425 verbs, 6099 messages, b8503d619da8e435",
	"Z":  "133 states, 2038 verbs, 8309 messages, 9c338d25c5bc2e67",
	"O":  "1716 states, 9961 verbs, 15922 messages, 1ff534f994c9bef3",
	"I":  "1126 states, 6534 verbs, 13056 messages, f9715acf1bebfe2f",
	"W":  "482 states, 4883 verbs, 17394 messages, 48b80f5c9d466d4b",
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
	total, began := reached.New(), cpu(t)
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
		if total.Counts[reached.Of("reason", string(reason), "")] == 0 {
			t.Errorf("nothing is refused with %s", reason)
		}
	}
	for _, e := range reached.Excuses {
		if total.Counts[e.What] > 0 {
			t.Errorf("%s is excused (%s), and was met", e.What, e.Why)
		}
	}
	if len(golden) != len(bound.Portfolio()) {
		t.Errorf("%d golden numbers of %d bounds", len(golden), len(bound.Portfolio()))
	}
	if most := 5; len(reached.Excuses) > most {
		t.Errorf("%d things are excused, more than %d", len(reached.Excuses), most)
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
