// A token in hand: pasted, piped, and judged at another time.

package verbs_test

import (
	"os"
	"strings"
	"testing"

	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/shelltest"
)

// Whatever stands around a token that somebody has copied is taken off; in a file
// it counts.
func TestExplainATokenInHand(t *testing.T) {
	text, err := os.ReadFile(trustFile(t, "gift.jws"))
	if err != nil {
		t.Fatal(err)
	}
	raw := strings.TrimSpace(string(text))
	judged := " --jwks " + trustFile(t, "club.json") + " --audience order-processing --jq .verdict"
	broken := raw[:40] + "\n" + raw[40:90] + "\r\n" + raw[90:]
	for _, around := range []string{raw, raw + "\n", `"` + raw + `"`, "Bearer " + raw, "bearer  " + raw + "\r\n", "Authorization: Bearer " + raw, "'Bearer " + raw + "'\n", "\ufeff" + raw, "`" + raw + "`", "<" + raw + ">,", broken, "DPoP " + raw} {
		for _, at := range []string{"1767225601", "2026-01-01T00:00:01Z"} {
			for _, word := range []string{"-", "@-"} {
				s := shelltest.New(t, 1)
				s.Stdin = strings.NewReader(around)
				if got := shelltest.Do(t, s, "token explain "+word+judged+" --at "+at); got != "accepted\n" {
					t.Errorf("%q is %s", around, got)
				}
			}
		}
	}
	s := shelltest.New(t, 1)
	if got := shelltest.Do(t, s, "token explain 'Bearer "+raw+"'"+judged); got != "accepted\n" {
		t.Errorf("with Bearer in front it is %s", got)
	}
	shelltest.WriteFile(t, t.TempDir()+"/bearer.jwt", "Bearer "+raw)
	for line, want := range map[string]string{
		"token explain -" + judged:                                                    "standard input",
		"token explain @" + trustFile(t, "gift.jws") + judged + " --at x":             "is not a time",
		"token explain @" + trustFile(t, "gift.jws") + judged + " --at 1767225601000": "in seconds it would be 1767225601",
		"token explain @" + trustFile(t, "gift.jws") + " --at 1767225601":             "add --jwks FILE",
		"token explain @" + trustFile(t, "gift.jws") + " --audience x":                "add --jwks FILE",
	} {
		if code, printed := shelltest.Refused(t, s, line); code != exit.BadUsage || !strings.Contains(printed, want) {
			t.Errorf("%s: %d, %q, want %q", line, code, printed, want)
		}
	}
	empty := shelltest.New(t, 1)
	empty.Stdin = strings.NewReader(" \n")
	if code, printed := shelltest.Refused(t, empty, "token explain -"); code != exit.BadInput || !strings.Contains(printed, "it is empty") {
		t.Errorf("%d, %q", code, printed)
	}
}

// A capability that no service does is said when it is trusted, and refused at its
// own row.
func TestTrustWithoutAService(t *testing.T) {
	s := shelltest.New(t, 1)
	said := shelltest.Do(t, s, "session new op_1", shelltest.TrustClub(t))
	if !strings.Contains(said, "warning: no service does club:redeem") || !strings.Contains(said, "--service NAME") {
		t.Error(said)
	}
	gift := "@" + trustFile(t, "gift.jws")
	shelltest.Do(t, s, "expect capability_not_allowed relay "+gift)
	if got := shelltest.Do(t, s, "token explain "+gift+" --jq '.checks[] | select(.status == \"failed\") | .check'"); got != "capability\n" {
		t.Errorf("the row is %s", got)
	}
	if said := shelltest.Do(t, shelltest.New(t, 1), "trust add https://a.example --jwks "+trustFile(t, "club.json")+" --capability coupons:redeem"); strings.Contains(said, "warning") {
		t.Error(said)
	}
}

// A weak world is a person's own choice, and says so.
func TestSetWithout(t *testing.T) {
	s := shelltest.New(t, 1)
	shelltest.Do(t, s, "session new one", "coupon confirm TEN", "relay coupon-1", "expect replayed relay coupon-1", "set without relay-remembers", "relay coupon-1", "restart relay", "relay coupon-1")
	if got := shelltest.Do(t, s, "set without audience,session"); !strings.Contains(got, "every party leaves out audience,session") {
		t.Error(got)
	}
	shelltest.Do(t, s, "session new two", "coupon confirm TEN --name other", "session use one", "relay other")
	if got := s.World.LeftOut(); len(got) != 2 || len(s.World.EverLeftOut()) != 3 {
		t.Errorf("%q", got)
	}
	shelltest.Do(t, s, "set without none", "session new three", "expect session_mismatch relay other")
	for _, value := range []string{"audienc", "''", "audience,", "none,audience"} {
		if code, printed := shelltest.Refused(t, s, "set without "+value); code != exit.BadUsage {
			t.Errorf("%s: %d, %s", value, code, printed)
		}
		if got := s.World.LeftOut(); len(got) != 0 {
			t.Errorf("after %s: %q", value, got)
		}
	}
}
