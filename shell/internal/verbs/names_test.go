// Names that come back: of orders, and of uses.

package verbs_test

import (
	"bytes"
	"strings"
	"testing"

	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/shelltest"
)

// An order's name is refused, with the time from which on it is free, until every
// service has forgotten the order.
func TestANameThatIsTaken(t *testing.T) {
	s := shelltest.New(t, 1)
	taken := func(want, hint string) {
		t.Helper()
		var stderr bytes.Buffer
		err := s.Line(t.Context(), "session new op_1", false, &stderr, &stderr)
		if exit.Code(err) != exit.BadUsage || !strings.Contains(stderr.String(), want) || !strings.Contains(stderr.String(), hint) {
			t.Errorf("exit code %d, want %q and %q: %s", exit.Code(err), want, hint, &stderr)
		}
	}
	shelltest.Do(t, s, "set check on", "session new op_1 --fact payable=5.00", "payment confirm 5.00 --method visa")
	taken(`there is a session "op_1" already`, "session use op_1")
	shelltest.Do(t, s, "checkout")
	taken("it is completed: its name is free after 2026-01-02T01:02:00Z", "session use op_1")
	shelltest.Do(t, s, "clock set 2026-01-02T00:30:01Z", "session new op_2", "expect session_unknown session use op_1")
	taken("its name is free after 2026-01-02T01:02:00Z", "choose another name")
	shelltest.Do(t, s, "clock set 2026-01-02T01:02:00Z")
	taken("its name is free after 2026-01-02T01:02:00Z", "choose another name")
	shelltest.Do(t, s, "clock advance 1s", "session new op_1")
}

// A stand-in takes a (iss, jti) once, whatever the order that it is used in, and
// whatever the service that its issuer is trusted for by then.
func TestOneUseInTwoOrders(t *testing.T) {
	use := func(order string) string {
		return shelltest.OutsideToken{File: "J", Alg: "EdDSA", Edits: []string{"op_1", order}}.Raw(t)
	}
	for name, between := range map[string][]string{
		"at the same service": nil,
		"at another service":  {"trust remove " + shelltest.Club, shelltest.TrustClub(t) + " --service other"},
	} {
		t.Run(name, func(t *testing.T) {
			s := shelltest.Trusting(t, "set check on", "let A "+use("op_1"), "let B "+use("op_2"), "relay $A", "redeem")
			shelltest.Do(t, s, between...)
			shelltest.Do(t, s, "session new op_2", "relay $B", "expect already_redeemed redeem", "expect already_redeemed redeem --direct $B")
		})
	}
}
