package payments

import (
	"testing"

	"github.com/bojanz/currency"

	"tokenshell/issuers/issuerstest"
)

// Whatever does not add up is seen.
func TestTheAuditSees(t *testing.T) {
	euro := func(text string) currency.Amount { return issuerstest.Money(t, text, "EUR") }
	for name, tt := range map[string]struct{ authorised, captured, sumAuthorised, sumCaptured string }{
		"an authorisation nobody has": {"1.00", "0", "0", "0"},
		"a capture nobody has":        {"0", "1.00", "0", "0"},
		"a capture not counted":       {"0", "0", "0", "0.01"},
		"over the limit":              {"5.00", "5.01", "5.00", "5.01"},
	} {
		m := &method{Card: Card{ID: "visa", Limit: euro("10.00")}, taken: taken{authorised: euro(tt.authorised), captured: euro(tt.captured)}}
		if m.audit(euro(tt.sumAuthorised), euro(tt.sumCaptured)) == nil {
			t.Errorf("%s: passed", name)
		}
	}
	m := &method{Card: Card{ID: "visa", Limit: euro("10.00")}, taken: taken{authorised: euro("5"), captured: euro("5.00")}}
	if err := m.audit(euro("5.00"), euro("5")); err != nil {
		t.Error(err)
	}
}
