package coupons_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"tokenshell/issuers/coupons"
	"tokenshell/tokens"
)

// Every reason that is the service's own has a row, and every row says all.
func TestEveryReasonHasItsRow(t *testing.T) {
	var got []tokens.Reason
	for _, row := range coupons.Reasons() {
		got = append(got, row.Reason)
		if row.Meaning == "" || row.By != "coupons" || row.Source == "" {
			t.Errorf("got %+v", row)
		}
	}
	want := []tokens.Reason{coupons.Unknown, coupons.Inactive, coupons.Exhausted, coupons.MinimumNotMet, coupons.NotCombinable}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
