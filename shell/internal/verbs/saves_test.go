// world: worlds that are put aside, and what is refused.

package verbs_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/shelltest"
	"tokenshell/shell/internal/world"
)

func TestNamesOfWorlds(t *testing.T) {
	s := shelltest.New(t, 1)
	for _, row := range []struct{ line, says string }{
		{"world restore before", "no world was put aside as \"before\"\nhint: world save NAME puts one aside"},
		{"world save 'a b'", `"a b" is not a name for a world`},
		{"world save ''", `"" is not a name for a world`},
		{"world save " + strings.Repeat("a", 65), "is not a name for a world"},
		{"world save", "NAME"},
	} {
		if code, printed := shelltest.Refused(t, s, row.line); code != exit.BadUsage || !strings.Contains(printed, row.says) {
			t.Errorf("%s: %d, %s", row.line, code, printed)
		}
	}
	shelltest.Do(t, s, "world save before", "world save after-all")
	wantMeant(t, s, "world restore befroe", "before")
	if code, printed := shelltest.Refused(t, s, "world restore x"); code != exit.BadUsage || !strings.Contains(printed, "there are after-all, before") {
		t.Errorf("%d, %s", code, printed)
	}
}

// What has a name gives it away; there is an end to how many there are.
func TestWorldsAreNotKeptForEver(t *testing.T) {
	s := shelltest.New(t, 1)
	shelltest.Do(t, s, "session new op_1", "world save w0", "points confirm 100", "world save w0", "points confirm 200", "world restore w0")
	if got := shelltest.Do(t, s, "points balance --jq .held"); got != "100\n" {
		t.Errorf("%s points are held", got)
	}
	for n := range 99 {
		shelltest.Do(t, s, fmt.Sprintf("world save w%d", n+1))
	}
	if code, printed := shelltest.Refused(t, s, "world save one-more"); code != exit.BadUsage || !strings.Contains(printed, "100 worlds are put aside already") {
		t.Errorf("%d, %s", code, printed)
	}
	shelltest.Do(t, s, "world save w7", "world restore w7")
}

func TestWorldsInJSON(t *testing.T) {
	s := shelltest.New(t, 1)
	shelltest.Do(t, s, "session new op_1", "points confirm 100", "world save a", "clock advance 1m")
	for _, row := range []struct{ line, want string }{
		{"world save b", `{"name":"b","now":"2026-01-01T00:01:00Z","sessions":1,"tokens":1,"saved":["a","b"]}`},
		{"world restore a", `{"name":"a","now":"2026-01-01T00:00:00Z","sessions":1,"tokens":1,"saved":["a","b"]}`},
	} {
		if diff := cmp.Diff(row.want+"\n", shelltest.Do(t, s, row.line+" -o json")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", row.line, diff)
		}
	}
	if got := shelltest.Do(t, s, "world reset --jq '[.now, .tokens]'"); got != "[\"2026-01-01T00:00:00Z\",0]\n" {
		t.Errorf("after a reset %s", got)
	}
}

// Whoever cannot be looked into cannot be put aside.
func TestAForeignRelayIsNotPutAside(t *testing.T) {
	s := foreignShell(t)
	for _, line := range []string{"world save a", "world reset"} {
		if code, printed := shelltest.Refused(t, s, line); code != exit.BadUsage || !strings.Contains(printed, "this relay cannot be looked into") {
			t.Errorf("%s: %d, %s", line, code, printed)
		}
	}
}

// The invariants hold in a world that was taken back: what was cancelled since is
// not, and whether they are checked is as it was set last.
func TestChecksStayRightInAWorldThatIsBack(t *testing.T) {
	s := shelltest.New(t, 1)
	if inside, err := s.World.Inspector(); err != nil {
		t.Fatal(err)
	} else if _, part := inside.(world.Part); !part {
		t.Skip("the relay is no part of what is put aside")
	}
	shelltest.Do(t, s, "world save unwatched", "set check on", "session new op_1", "coupon confirm FIVE", "points confirm 1", "world save before",
		"fault points.redeem refuse", "! checkout", "world restore before", "redeem --direct coupon-1", "redeem --direct points-1",
		"world restore unwatched", "session new op_2")
	if !s.World.Witness.Watching() {
		t.Error("a restore has switched the checks off")
	}
	shelltest.Do(t, s, "set check off", "world restore before")
	if s.World.Witness.Watching() {
		t.Error("a restore has switched the checks on")
	}
}

// A token that was taken back is hidden as before, and is the same when it comes
// again: one with a letter, too.
func TestTokensThatAreTakenBack(t *testing.T) {
	s := shelltest.New(t, 1)
	shelltest.Do(t, s, "session new op_1", "world save before", "payment confirm 80.00 --method visa")
	raw := s.Wallet.ByHandle["payment-1"].Raw
	shelltest.Do(t, s, "world restore before")
	if s.Wallet.ByHandle["payment-1"] != nil || slices.Contains(s.Handles(), "payment-1") {
		t.Error("it is still held")
	}
	for range 2 {
		if piece := raw[len(raw)-60:]; strings.Contains(s.Redact("it ends in "+piece), piece) {
			t.Error("a part of it is shown")
		}
		shelltest.Do(t, s, "world restore before", "payment confirm 80.00 --method visa")
		if s.Wallet.ByHandle["payment-1"].Raw != raw {
			t.Error("it comes back as another text")
		}
	}
}

// The log tells what was taken back; what a token went through does not.
func TestTheLogTellsWhatWasTakenBack(t *testing.T) {
	s := shelltest.New(t, 1)
	shelltest.Do(t, s, "session new op_1", "points confirm 5", "world save before", "revoke points-1", "world restore before", "clock advance 1s")
	if log := shelltest.Do(t, s, "log --party points"); !strings.Contains(log, "step=revoke outcome=ok") || strings.Count(log, "undone=true") != 1 {
		t.Errorf("the log: %s", log)
	}
	jti := s.Wallet.ByHandle["points-1"].Ref.ID
	if diff := cmp.Diff([]string{"confirm"}, s.Ways()[jti]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := shelltest.Do(t, s, "token list"); !strings.Contains(got, "issued") {
		t.Errorf("%s", got)
	}
}

// A trace goes on, with whom the world knew then.
func TestTheTraceTellsWhatWasTakenBack(t *testing.T) {
	s := shelltest.New(t, 1)
	s.Dir.Path = t.TempDir()
	for _, o := range shelltest.OutsideTokens() {
		shelltest.WriteFile(t, s.Dir.Full(o.File+".jws"), o.Raw(t))
	}
	shelltest.Do(t, s, "session new op_1", "world save before", shelltest.TrustClub(t)+" --service club", "redeem --direct @gift.jws", "world restore before", "points confirm 5")
	for _, row := range []struct{ line, want string }{
		{"trace", "redeem gift_gift, undone"},
		{"trace --format mermaid", "undone"},
		{"trace --format html", "undone"},
		{"trace --jq '[.messages[] | select(.undone) | .to] | unique'", `["client","club"]`},
	} {
		if got := shelltest.Do(t, s, row.line); !strings.Contains(got, row.want) {
			t.Errorf("%s does not say %q:\n%.3000s", row.line, row.want, got)
		}
	}
}
