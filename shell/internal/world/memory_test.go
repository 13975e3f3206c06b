// One memory for several worlds: it spares work, and changes no verdict.

package world_test

import (
	"strings"
	"testing"

	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/shelltest"
	"tokenshell/shell/internal/world"
	"tokenshell/tokens"
)

// A world judges by its own books and keys a token that another one of the same
// memory has accepted.
func TestWorldsShareAMemory(t *testing.T) {
	memory := tokens.NewMemory()
	confirmed := func(seed uint64) (*interp.Shell, string) {
		m := world.Seeded(seed)
		m.Memory = memory
		w, err := world.Build(t.Context(), shelltest.Plan(t, ""), m)
		if err != nil {
			t.Fatal(err)
		}
		s := shelltest.Of(w)
		shelltest.Do(t, s, "session new op_1 --fact subtotal=120.00", "coupon confirm TEN")
		return s, strings.TrimSpace(shelltest.Do(t, s, "token raw coupon-1"))
	}
	first, raw := confirmed(1)
	second, same := confirmed(1)
	third, other := confirmed(2)
	if raw != same || raw == other {
		t.Fatal("worlds of one seed make the same token, and others another")
	}
	shelltest.Do(t, first, "relay coupon-1", "expect replayed relay coupon-1", "redeem")
	shelltest.Do(t, second, "relay coupon-1", "clock advance 2m", "expect expired redeem --direct coupon-1")
	shelltest.Do(t, third, "expect key_unknown relay "+raw, "expect key_unknown redeem --direct "+raw, "relay coupon-1")
}
