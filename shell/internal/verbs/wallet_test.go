// The wallet: what is held, of whatever many orders.

package verbs_test

import (
	"fmt"
	"strings"
	"testing"

	"tokenshell/shell/internal/shelltest"
)

// However many tokens are held, each order has its own: shown, checked out,
// revoked and put aside; and those of yesterday go.
func TestEachOrderHasItsTokensAmongMany(t *testing.T) {
	s := shelltest.New(t, 1)
	const orders = 40
	handles := func(n int) string { return fmt.Sprintf("points-%d points-%d", 2*n-1, 2*n) }
	show := func(n int) string {
		shown := shelltest.Do(t, s, fmt.Sprintf(`session show op_%d -o json --jq '[.tokens[] | .token + "=" + .status] | join(" ")'`, n))
		return strings.Trim(strings.TrimSpace(shown), `"`)
	}
	status := func(n int, status string) string {
		return strings.ReplaceAll(handles(n), " ", "="+status+" ") + "=" + status
	}
	for n := 1; n <= orders; n++ {
		shelltest.Do(t, s, fmt.Sprintf("session new op_%d", n), "points confirm 1", "points confirm 1")
		if got := show(n); got != status(n, "issued") {
			t.Fatalf("op_%d has %s", n, got)
		}
	}
	shelltest.Do(t, s, "world save before", "session use op_7", "checkout", "revoke points-41")
	if got := show(7); got != status(7, "redeemed") {
		t.Errorf("op_7 has %s", got)
	}
	if got := show(21); got != "points-41=revoked points-42=issued" {
		t.Errorf("op_21 has %s", got)
	}
	shelltest.Do(t, s, "world restore before")
	for _, n := range []int{1, 7, 21, orders} {
		if got := show(n); got != status(n, "issued") {
			t.Errorf("op_%d has %s", n, got)
		}
	}
	shelltest.Do(t, s, "session new last", "clock advance 26h", "session new today", "points confirm 1")
	if got := shelltest.Do(t, s, "token list"); !strings.Contains(got, "points-81") || strings.Contains(got, "points-80") {
		t.Errorf("held are\n%s", got)
	}
}
