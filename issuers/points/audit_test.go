package points

import "testing"

// Whatever does not add up is seen.
func TestTheAuditSees(t *testing.T) {
	for name, tt := range map[string]struct {
		account      account
		held, burned int64
	}{
		"a hold nobody has":       {account{opening: 10, balance: 10, held: 3}, 0, 0},
		"a hold not counted":      {account{opening: 10, balance: 10}, 3, 0},
		"points made":             {account{opening: 10, balance: 11}, 0, 0},
		"points lost":             {account{opening: 10, balance: 6}, 0, 3},
		"more held than there is": {account{opening: 10, balance: 10, held: 11}, 11, 0},
		"less than nothing held":  {account{opening: 10, balance: 10, held: -1}, -1, 0},
	} {
		if tt.account.audit(tt.held, tt.burned) == nil {
			t.Errorf("%s: passed", name)
		}
	}
	if err := (&account{opening: 10, balance: 7, held: 2}).audit(2, 3); err != nil {
		t.Error(err)
	}
}
