package payments_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"tokenshell/issuers"
	"tokenshell/issuers/payments"
	"tokenshell/tokens"
)

// Every reason that is the service's own has a row, and every row says all.
func TestEveryReasonHasItsRow(t *testing.T) {
	var got []tokens.Reason
	for _, row := range payments.Reasons() {
		got = append(got, row.Reason)
		if row.Meaning == "" || row.By != "payments" || row.Source == "" {
			t.Errorf("got %+v", row)
		}
	}
	want := []tokens.Reason{issuers.AmountInvalid, payments.MethodUnknown, payments.Declined}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
