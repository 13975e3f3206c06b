package coupons

import "testing"

// Whatever does not add up is seen.
func TestTheAuditSees(t *testing.T) {
	for name, tt := range map[string]struct {
		used, by int
		counted  int
	}{
		"a use that no reservation has": {1, 1, 0},
		"a use not counted":             {0, 0, 1},
		"a use of nobody":               {2, 1, 1},
		"more than a customer may":      {2, 2, 2},
		"more than all may":             {4, 4, 4},
	} {
		o := &offer{Coupon: Coupon{Code: "TEN", PerCustomer: 1, Total: 3}, used: tt.used, by: map[string]int{"user_123": tt.by}}
		if name == "more than all may" {
			o.PerCustomer = 0
		}
		if o.audit(map[string]int{"user_123": tt.counted}) == nil {
			t.Errorf("%s: passed", name)
		}
	}
	o := &offer{Coupon: Coupon{Code: "TEN", PerCustomer: 1, Total: 3}, used: 1, by: map[string]int{"user_123": 1}}
	if err := o.audit(map[string]int{"user_123": 1}); err != nil {
		t.Error(err)
	}
}
