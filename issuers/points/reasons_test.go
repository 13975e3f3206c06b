package points_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"tokenshell/issuers"
	"tokenshell/issuers/points"
	"tokenshell/tokens"
)

// Every reason that is the service's own has a row, and every row says all.
func TestEveryReasonHasItsRow(t *testing.T) {
	var got []tokens.Reason
	for _, row := range points.Reasons() {
		got = append(got, row.Reason)
		if row.Meaning == "" || row.By != "points" || row.Source == "" {
			t.Errorf("got %+v", row)
		}
	}
	want := []tokens.Reason{points.Insufficient, issuers.AmountInvalid}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
