package world_test

import (
	"slices"
	"strings"
	"testing"

	"tokenshell/shell/internal/shelltest"
	"tokenshell/shell/internal/world"
	"tokenshell/tokens"
)

// Behind the wire stands the witness: whoever asks a service, what an order redeemed
// first is taken back last.
func TestWhoReachesAServiceIsWatched(t *testing.T) {
	for name, row := range map[string]struct {
		backwards bool
		want      string
	}{"in reverse": {true, ""}, "in the same order": {false, "was taken back before"}} {
		t.Run(name, func(t *testing.T) {
			w, err := world.Build(t.Context(), shelltest.Plan(t, ""), world.Seeded(1))
			if err != nil {
				t.Fatal(err)
			}
			s := shelltest.Of(w)
			shelltest.Do(t, s, "set check on", "session new op_1 --customer user_123 --fact subtotal=120.00", "coupon confirm TEN", "points confirm 10")
			order, facts := tokens.Session{Order: "op_1", Customer: "user_123"}, tokens.Facts{"subtotal": "120.00"}
			services := []string{"coupons", "points"}
			handles, raw := map[string]string{"coupons": "coupon-1", "points": "points-1"}, map[string]string{}
			for _, service := range services {
				raw[service] = strings.TrimSpace(shelltest.Do(t, s, "token raw "+handles[service]))
				p, err := w.Service(service)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := w.Reach("relay", service, p).Redeem(t.Context(), tokens.Redemption{Token: raw[service], Session: order, Facts: facts, Attempt: "a1"}); err != nil {
					t.Fatal(err)
				}
			}
			if row.backwards {
				slices.Reverse(services)
			}
			for _, service := range services {
				p, _ := w.Service(service)
				if err := w.Reach("relay", service, p).Cancel(t.Context(), tokens.Cancellation{Token: raw[service], Session: order, Attempt: "a1"}); err != nil {
					t.Fatal(err)
				}
			}
			if got := w.Witness.Complaint(); (got == nil) != (row.want == "") || got != nil && !strings.Contains(got.Error(), row.want) {
				t.Errorf("%v, want %q", got, row.want)
			}
		})
	}
}
