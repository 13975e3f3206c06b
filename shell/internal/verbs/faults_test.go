// Faults: every kind at every step does what its help says, as often as it was
// ordered, first come first served.

package verbs_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tokenshell/issuers"
	"tokenshell/issuers/points"
	"tokenshell/orchestrator"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/shelltest"
	"tokenshell/shell/internal/wire"
	"tokenshell/shell/internal/world"
)

// faultyStep is a step of a party: what one use of it is, and where that leaves
// the reservation when it goes wrong, by kind. A state of "" is none.
type faultyStep struct {
	step    string
	service string // whose books are looked at
	before  []string
	use     string
	refuse  issuers.State
	timeout issuers.State
	lost    issuers.State
	well    issuers.State // also when it is slow
}

// faultySteps is every step of every party.
func faultySteps() []faultyStep {
	return []faultyStep{
		{"coupons.confirm", "coupons", nil, "coupon confirm TEN", "", "", issuers.Reserved, issuers.Reserved},
		{"points.confirm", "points", nil, "points confirm 5", "", "", issuers.Reserved, issuers.Reserved},
		{"payments.confirm", "payments", nil, "payment confirm 5.00 --method visa", "", "", issuers.Reserved, issuers.Reserved},
		{"coupons.redeem", "coupons", []string{"coupon confirm TEN --name $T"}, "redeem --direct $T", issuers.Reserved, issuers.Reserved, issuers.Committed, issuers.Committed},
		{"points.redeem", "points", []string{"points confirm 5 --name $T"}, "redeem --direct $T", issuers.Reserved, issuers.Reserved, issuers.Committed, issuers.Committed},
		{"payments.redeem", "payments", []string{"payment confirm 5.00 --method visa --name $T"}, "redeem --direct $T", issuers.Reserved, issuers.Reserved, issuers.Committed, issuers.Committed},
		{"coupons.cancel", "coupons", []string{"coupon confirm TEN --name $T", "relay $T"}, "session close", issuers.Reserved, issuers.Reserved, issuers.Cancelled, issuers.Cancelled},
		{"points.cancel", "points", []string{"points confirm 5 --name $T", "relay $T"}, "session close", issuers.Reserved, issuers.Reserved, issuers.Cancelled, issuers.Cancelled},
		{"payments.cancel", "payments", []string{"payment confirm 5.00 --method visa --name $T", "relay $T"}, "session close", issuers.Reserved, issuers.Reserved, issuers.Cancelled, issuers.Cancelled},
		{"coupons.revoke", "coupons", []string{"coupon confirm TEN --name $T"}, "revoke $T", issuers.Reserved, issuers.Reserved, issuers.Released, issuers.Released},
		{"points.revoke", "points", []string{"points confirm 5 --name $T"}, "revoke $T", issuers.Reserved, issuers.Reserved, issuers.Released, issuers.Released},
		{"payments.revoke", "payments", []string{"payment confirm 5.00 --method visa --name $T"}, "revoke $T", issuers.Reserved, issuers.Reserved, issuers.Released, issuers.Released},
		// A service whose KMS did not answer has done nothing itself.
		{"kms.sign", "points", nil, "points confirm 5", "", "", "", issuers.Reserved},
		{"kms.decrypt", "payments", []string{"payment confirm 5.00 --method visa --name $T"}, "redeem --direct $T", issuers.Reserved, issuers.Reserved, issuers.Reserved, issuers.Committed},
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	for _, row := range faultySteps() {
		states := map[string]issuers.State{
			"refuse": row.refuse, "timeout": row.timeout, "lost-reply": row.lost, "slow": row.well,
			"duplicate": row.well, "late": row.timeout, "meanwhile": row.well, "meanwhile-after": row.well,
		}
		party, step, _ := strings.Cut(row.step, ".")
		for _, kind := range wire.FaultKinds(party, step) {
			if strings.HasPrefix(kind, "crash") {
				continue // TestCrashes
			}
			order := kind
			if wire.FaultKind(kind).HasLine() {
				order += " 'points balance'"
			}
			for count := 1; count <= 3; count++ {
				t.Run(fmt.Sprintf("%s %s %d", row.step, kind, count), func(t *testing.T) {
					s := shelltest.New(t, 1)
					shelltest.Do(t, s, fmt.Sprintf("fault %s %s --count %d", row.step, order, count), "set check on")
					for use := range count + 1 {
						wrong := use < count
						id := fmt.Sprintf("op_%d", use)
						fill := strings.NewReplacer("$T", "t-"+id).Replace
						shelltest.Do(t, s, "session new "+id)
						for _, line := range row.before {
							shelltest.Do(t, s, fill(line))
						}
						began := s.World.Clock.Now()
						var stdout, stderr bytes.Buffer
						err := s.Line(t.Context(), fill(row.use), false, &stdout, &stderr)
						checkFault(t, row.use, kind, wrong, err, stderr.String())
						took, slow := s.World.Clock.Now().Sub(began), time.Duration(0)
						if wrong && kind == "slow" {
							slow = wire.Slowness
						}
						if took != slow {
							t.Errorf("use %d took %s, want %s", use+1, took, slow)
						}
						want := row.well
						if wrong {
							want = states[kind]
						}
						if got := reservationOf(s, row.service, id); got != want {
							t.Errorf("after use %d the reservation is %q, want %q", use+1, got, want)
						}
					}
					if left := s.World.Faults.List(); len(left) > 0 {
						t.Errorf("left over: %v", left)
					}
				})
			}
		}
	}
}

// checkFault holds what the asker heard against the kind.
func checkFault(t *testing.T, use, kind string, wrong bool, err error, stderr string) {
	t.Helper()
	if !wrong || use == "session close" || slices.Contains([]string{"slow", "duplicate", "meanwhile", "meanwhile-after"}, kind) { // a release that fails costs nothing
		if err != nil {
			t.Errorf("%s: %v", use, err)
		}
		return
	}
	if all := exit.Rejections(err); len(all) != 1 || all[0].Reason != "service_unavailable" {
		t.Errorf("%s: %v, want service_unavailable", use, err)
	}
	if kind != "refuse" && !strings.Contains(stderr, "no answer came in time") {
		t.Errorf("%s: %q does not say that there was no answer", use, stderr)
	}
}

// reservationOf gives the state of an order's reservation; empty without one.
func reservationOf(s *interp.Shell, service, order string) issuers.State {
	for _, p := range s.World.Parties {
		for _, e := range p.Entries() {
			if p.Name == service && e.Ref.Order == order {
				return e.State
			}
		}
	}
	return ""
}

// No step is missing in the table.
func TestFaultySteps(t *testing.T) {
	var all, listed []string
	for _, service := range shelltest.New(t, 1).World.ServiceNames() {
		for _, step := range wire.ServiceSteps {
			all = append(all, service+"."+step)
		}
	}
	for _, step := range wire.KMSSteps {
		all = append(all, "kms."+step)
	}
	for _, row := range faultySteps() {
		listed = append(listed, row.step)
	}
	slices.Sort(all)
	slices.Sort(listed)
	if diff := cmp.Diff(all, listed); diff != "" {
		t.Errorf("steps (-there are +listed):\n%s", diff)
	}
}

// What a fault on the way of a redemption costs: asked again after 1 and 2
// seconds when nobody answers, never when somebody refuses.
func TestFaultsInARedemption(t *testing.T) {
	t.Parallel()
	const open, fails = "", "fault payments.redeem refuse"
	for _, c := range []struct {
		fault, more string // the second makes the order fail behind points
		state       orchestrator.State
		took        time.Duration
		results     string // of points-1 and payment-1
	}{
		{"points.redeem refuse", open, orchestrator.Compensated, 0, "refused"},
		{"points.redeem timeout", open, orchestrator.Completed, time.Second, "redeemed redeemed"},
		{"points.redeem timeout --count 2", open, orchestrator.Completed, 3 * time.Second, "redeemed redeemed"},
		{"points.redeem timeout --count 3", open, orchestrator.Compensated, 3 * time.Second, "failed"},
		{"points.redeem lost-reply", open, orchestrator.Completed, time.Second, "repeated redeemed"},
		{"points.redeem lost-reply --count 2", open, orchestrator.Completed, 3 * time.Second, "repeated redeemed"},
		{"points.redeem lost-reply --count 3", open, orchestrator.Compensated, 3 * time.Second, "failed"},
		{"points.redeem slow", open, orchestrator.Completed, 2 * time.Second, "redeemed redeemed"},
		{"points.redeem slow --count 3", open, orchestrator.Completed, 2 * time.Second, "redeemed redeemed"},
		{"kms.decrypt refuse", open, orchestrator.Compensated, 0, "cancelled refused"},
		{"kms.decrypt timeout", open, orchestrator.Completed, time.Second, "redeemed redeemed"},
		{"kms.decrypt lost-reply --count 2", open, orchestrator.Completed, 3 * time.Second, "redeemed redeemed"},
		{"kms.decrypt lost-reply --count 3", open, orchestrator.Compensated, 3 * time.Second, "cancelled failed"},
		{"kms.decrypt slow", open, orchestrator.Completed, 2 * time.Second, "redeemed redeemed"},
		{"points.cancel refuse", fails, orchestrator.Stuck, 0, "failed refused"},
		{"points.cancel timeout", fails, orchestrator.Compensated, time.Second, "cancelled refused"},
		{"points.cancel timeout --count 2", fails, orchestrator.Compensated, 3 * time.Second, "cancelled refused"},
		{"points.cancel timeout --count 3", fails, orchestrator.Stuck, 3 * time.Second, "failed refused"},
		{"points.cancel lost-reply --count 2", fails, orchestrator.Compensated, 3 * time.Second, "cancelled refused"},
		{"points.cancel lost-reply --count 3", fails, orchestrator.Stuck, 3 * time.Second, "failed refused"},
		{"points.cancel slow", fails, orchestrator.Compensated, 2 * time.Second, "cancelled refused"},
	} {
		t.Run(c.fault, func(t *testing.T) {
			s := shelltest.New(t, 1)
			shelltest.Do(t, s, "set check on", "session new op_1", "points confirm 500", "payment confirm 80.00 --method visa", "fault "+c.fault)
			if c.more != "" {
				shelltest.Do(t, s, c.more)
			}
			began := s.World.Clock.Now()
			var stdout, stderr bytes.Buffer
			err := s.Line(t.Context(), "checkout --jq '[.results[].status] | join(\" \")'", false, &stdout, &stderr)
			if done := c.state == orchestrator.Completed; (err == nil) != done || !done && exit.Rejections(err) == nil {
				t.Errorf("it answers %v", err)
			}
			snap, err := s.World.Relay.Session("op_1")
			if err != nil {
				t.Fatal(err)
			}
			first, _, _ := strings.Cut(stdout.String(), "\n")
			if snap.State != c.state || first != c.results {
				t.Errorf("the session is %s: %s, want %s: %s", snap.State, first, c.state, c.results)
			}
			if took := s.World.Clock.Now().Sub(began); took != c.took {
				t.Errorf("it took %s, want %s", took, c.took)
			}
			if b := balance(t, s, "user_123"); snap.State == orchestrator.Compensated && (b.Balance != 1200 || b.Held != 0) {
				t.Errorf("compensated, and the account is %+v", b)
			}
		})
	}
}

// balance gives a customer's points.
func balance(t *testing.T, s *interp.Shell, customer string) points.Balance {
	t.Helper()
	p, err := s.World.Service("points")
	if err != nil {
		t.Fatal(err)
	}
	b, err := p.Domain.(interface {
		Balance(customer string) (points.Balance, error)
	}).Balance(customer)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Orders for one step wait in their order, and do not stand in each other's way.
func TestFaultsFirstComeFirstServed(t *testing.T) {
	s := shelltest.New(t, 1)
	shelltest.Do(t, s, "session new op_1", "fault points.confirm slow", "fault coupons.confirm refuse", "fault points.confirm refuse --count 2", "fault points.confirm timeout")
	var heard []string
	for range 6 {
		began := s.World.Clock.Now()
		err := s.Line(t.Context(), "points confirm 5", false, new(bytes.Buffer), new(bytes.Buffer))
		switch {
		case s.World.Clock.Now() != began:
			heard = append(heard, "slow")
		case err == nil:
			heard = append(heard, "well")
		case strings.Contains(err.Error(), "no answer"):
			heard = append(heard, "timeout")
		default:
			heard = append(heard, "refuse")
		}
	}
	if want := []string{"slow", "refuse", "refuse", "timeout", "well", "well"}; !slices.Equal(heard, want) {
		t.Errorf("heard %v, want %v", heard, want)
	}
	if got := shelltest.Do(t, s, "fault list"); got != "coupons.confirm: refuse, 1 time\n" {
		t.Errorf("left over:\n%s", got)
	}
}

func TestFaultListAndClear(t *testing.T) {
	s := shelltest.New(t, 1)
	if got := shelltest.Do(t, s, "fault list -o json"); got != `{"faults":[]}`+"\n" {
		t.Errorf("no faults are %s", got)
	}
	shelltest.Do(t, s, "fault coupon.redeem lost-reply --count 2", "fault payments.svc.cancel refuse", "fault kms.sign slow")
	want := `{"faults":[{"party":"coupons","step":"redeem","kind":"lost-reply","left":2},` +
		`{"party":"payments","step":"cancel","kind":"refuse","left":1},{"party":"kms","step":"sign","kind":"slow","left":1}]}` + "\n"
	if diff := cmp.Diff(want, shelltest.Do(t, s, "fault list -o json")); diff != "" {
		t.Errorf("fault list:\n%s", diff)
	}
	if got := shelltest.Do(t, s, "fault clear"); got != "no faults wait\n" {
		t.Errorf("fault clear says %s", got)
	}
	shelltest.Do(t, s, "session new op_1", "points confirm 5") // and nothing is slow
	if now := s.World.Clock.Now(); now != world.Epoch {
		t.Errorf("it is %s", now)
	}
}

func TestFaultUsage(t *testing.T) {
	s := shelltest.New(t, 1)
	for _, line := range []string{
		"fault", "fault points.redeem", "fault points refuse", "fault points. refuse", "fault .redeem refuse", "fault redeem refuse",
		"fault points.sign refuse", "fault points.decrypt slow", "fault kms.redeem refuse", "fault kms.verify refuse",
		"fault nobody.redeem refuse", "fault points.redeem.twice refuse", "fault Points.redeem refuse", "fault points.redeem explode",
		"fault points.redeem Refuse", "fault points.redeem ''", "fault points.redeem refuse --count 0", "fault points.redeem refuse --count -1",
		"fault points.redeem refuse --count 1.5", "fault points.redeem refuse --count many", "fault points.redeem refuse --count",
		"fault points.redeem refuse twice", "fault points.redeem refuse --after -1", "fault points.redeem meanwhile", "fault points.redeem meanwhile ''",
		"fault points.redeem meanwhile explode", "fault points.redeem meanwhile quit", "fault points.redeem meanwhile 'world reset'",
		"fault points.redeem meanwhile 'capture A world restore a'", "fault points.redeem meanwhile '! source x'", "fault points.redeem meanwhile 'expect expired exit'", "fault points.redeem meanwhile 'points balance; points balance'", "fault points.confirm crash-before", "fault kms.sign crash-after",
		"fault ledger.use refuse", "fault points.redeem unavailable", "fault relay.confirm refuse", "fault ledger.redeem slow", "deliver", "deliver points.redeem", "deliver points.sing",
		"restart", "restart points", "restart relay now", "fault list points", "fault clear points.redeem",
	} {
		if err := s.Line(t.Context(), line, false, new(bytes.Buffer), new(bytes.Buffer)); exit.Code(err) != exit.BadUsage {
			t.Errorf("%s: %v, exit code %d", line, err, exit.Code(err))
		}
	}
	if left := s.World.Faults.List(); len(left) > 0 {
		t.Errorf("ordered all the same: %v", left)
	}
}

// The same faults in the same world are the same story, word for word.
// What goes wrong with somebody else's verb is told, and is no part of a refusal that
// comes at the same time: whoever expects that has not expected this.
func TestWrongMeanwhileAndRefused(t *testing.T) {
	for _, negated := range []string{"", "! "} {
		s := shelltest.New(t, 1)
		for _, line := range []string{"session new op_1", "points confirm 5", "relay points-1", "revoke points-1", "fault points.redeem meanwhile 'revoke nothing'"} {
			shelltest.Do(t, s, line)
		}
		var stdout, stderr bytes.Buffer
		err := s.Line(t.Context(), negated+"redeem", false, &stdout, &stderr)
		want := "rejected: revoked: the reservation was revoked\nusage: there is no token \"nothing\"\n"
		if exit.Code(err) != exit.BadUsage || !strings.HasPrefix(stderr.String(), want) {
			t.Errorf("%sredeem: %d\n%s\nwant\n%s", negated, exit.Code(err), &stderr, want)
		}
	}
}

func TestFaultsRepeatThemselves(t *testing.T) {
	tell := func() string {
		s := shelltest.New(t, 1)
		var out bytes.Buffer
		for _, line := range []string{
			"session new op_1", "fault kms.sign slow", "fault points.confirm lost-reply", "coupon confirm TEN", "points confirm 5", "points confirm 6",
			"fault points.redeem lost-reply --count 3", "fault coupons.cancel timeout --count 3", "checkout", "session show", "redeem --resume", "log", "view points", "clock show",
		} {
			_ = s.Line(t.Context(), line, false, &out, &out) // what comes of it is printed
		}
		return out.String()
	}
	first := tell()
	if diff := cmp.Diff(first, tell()); diff != "" {
		t.Errorf("told twice:\n%s", diff)
	}
	if !strings.Contains(first, "session op_1 is stuck") || !strings.Contains(first, "session op_1 is compensated") {
		t.Errorf("another story:\n%s", first)
	}
}

// What is asked of an answer is not asked of what another client is told meanwhile.
func TestAFilterIsOfTheVerbThatRuns(t *testing.T) {
	s := shelltest.New(t, 1)
	shelltest.Do(t, s, "session new op_1", "points confirm 5", "relay points-1", "fault points.redeem meanwhile 'points balance'")
	if got := shelltest.Do(t, s, "redeem --jq '.results[0].status'"); got != "redeemed\n" {
		t.Errorf("it says %q", got)
	}
}

func TestThereIsOneOtherRelay(t *testing.T) {
	s := shelltest.New(t, 1)
	shelltest.Do(t, s, "session new op_1", "points confirm 5")
	for line, says := range map[string]string{
		"relay points-1 --at relay-3":           `there is no relay "relay-3"`,
		"redeem points-1 --direct --at relay-2": "--direct goes past every relay",
		"fault relay-2.confirm refuse":          `relay-2 has no step "confirm"`,
		"fault ledger.use meanwhile-after":      "meanwhile-after needs the verb that is run",
		"clock skew relay-3 --ahead 1s":         `nobody is called "relay-3"`,
		"fault points.redeem refuse 'relay x'":  "unexpected argument",
		"restart relay --at coupons":            `there is no relay "coupons"`,
		"session close --at relay-":             `there is no relay "relay-"`,
		"checkout --at 'relay-2 '":              `there is no relay "relay-2 "`,
	} {
		if code, printed := shelltest.Refused(t, s, line); code != exit.BadUsage || !strings.Contains(printed, says) {
			t.Errorf("%s: exit code %d, %s", line, code, printed)
		}
	}
	shelltest.Do(t, s, "fault relay-2.relay lost-reply", "relay points-1", "expect service_unavailable relay points-1 --at relay-2")
}
