// A relay that is not ours: it has the path of an order, and nobody can look
// into it.

package verbs_test

import (
	"strings"
	"testing"

	"tokenshell/orchestrator"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/shelltest"
	"tokenshell/shell/internal/world"
)

// path is the interface under another name: what has a method Relay cannot be
// embedded as Relay.
type path = world.Relay

// foreign hides whatever its relay can do beyond an order's path.
type foreign struct{ path }

func foreignShell(t *testing.T) *interp.Shell {
	t.Helper()
	making := world.Seeded(1)
	making.Relay = func(c orchestrator.Config) world.Relay { return foreign{orchestrator.New(c)} }
	w, err := world.Build(t.Context(), shelltest.Plan(t, ""), making)
	if err != nil {
		t.Fatal(err)
	}
	return shelltest.Of(w)
}

// An order goes its way on any relay, and is seen: in a trace, in the services'
// books, in what the client knows.
func TestAnOrderOnAForeignRelay(t *testing.T) {
	s := foreignShell(t)
	shelltest.Do(t, s, "set check on", "session new op_1 --fact subtotal=120.00", "session set payable=60.00", "coupon confirm TEN", "points confirm 10",
		"payment confirm 60.00 --method visa", "relay coupon-1", "expect replayed relay coupon-1", "fault payments.redeem lost-reply")
	for _, row := range []struct{ line, want string }{
		{"checkout", "payment-1: repeated by payments"},
		{"session show", "session op_1 of user_123 is completed"},
		{"token list", "redeemed"},
		{"trace", "redeemed, lost"},
		{"view coupons", "committed"},
		{"log --party relay", "step=relay"},
		{"token show payment-1 --as relay", "(sealed, "},
	} {
		if got := shelltest.Do(t, s, row.line); !strings.Contains(got, row.want) {
			t.Errorf("%s: no %q in\n%s", row.line, row.want, got)
		}
	}
	shelltest.Do(t, s, "session new op_2", "points confirm 10", "relay points-2", "session close", "session use op_1", "redeem --resume",
		"keys rotate coupons", "session new op_3", "coupon confirm FIVE", "revoke coupon-2", "expect revoked redeem --direct coupon-2")
}

// What only ours can do is refused as a wrong use, with a hint, and changes
// nothing.
func TestNobodyLooksIntoAForeignRelay(t *testing.T) {
	s := foreignShell(t)
	shelltest.Do(t, s, "session new op_1", "coupon confirm TEN")
	for _, line := range []string{
		"session list", "view relay", "trust list", shelltest.TrustClub(t), "trust remove " + shelltest.Club, "token explain coupon-1", "explore --bound tokens=1", "attack run ALG-01",
	} {
		code, printed := shelltest.Refused(t, s, line)
		if code != exit.BadUsage || !strings.Contains(printed, "usage: this relay cannot be looked into") || !strings.Contains(printed, "hint: ") {
			t.Errorf("%s: exit code %d: %s", line, code, printed)
		}
	}
	if code, printed := shelltest.Refused(t, s, "! view relay"); code != exit.BadUsage {
		t.Errorf("! takes a wrong use for a refusal: %d %s", code, printed)
	}
}

// Somebody else's relay does not run in this process: it is not stopped between two
// messages, and nothing of what was ordered is half done.
func TestAForeignRelayIsNotStopped(t *testing.T) {
	s := foreignShell(t)
	shelltest.Do(t, s, "session new op_1", "points confirm 10", "relay points-1")
	for _, line := range []string{
		"restart relay", "restart relay --forget", "fault points.redeem crash-before", "fault points.cancel crash-after", "fault relay.redeem crash-after", "redeem --step",
	} {
		if code, printed := shelltest.Refused(t, s, line); code != exit.BadUsage || !strings.Contains(printed, "usage: this relay cannot be") || !strings.Contains(printed, "hint: ") {
			t.Errorf("%s: exit code %d: %s", line, code, printed)
		}
	}
	if got := shelltest.Do(t, s, "fault list", "redeem"); !strings.Contains(got, "session op_1 is completed") {
		t.Error(got)
	}
}
