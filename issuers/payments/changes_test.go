package payments_test

import (
	"strings"
	"testing"

	"tokenshell/issuers"
	"tokenshell/issuers/issuerstest"
	"tokenshell/issuers/payments"
	"tokenshell/tokens"
)

// When less is payable than was captured already, nothing more is captured,
// and nothing is paid back.
func TestLessIsPayableThanWasCaptured(t *testing.T) {
	s := newStage(t)
	first, second := s.mustConfirm("80.00"), s.mustConfirm("30.00")
	_, err := s.Redeem(first, order(payments.Payable, "70.00"), "a")
	s.MustDo(err)
	receipt, err := s.Redeem(second, order(payments.Payable, "50.00"), "a")
	s.MustDo(err)
	if got := s.Body(receipt, "captured"); got != "0.00" {
		t.Errorf("captured %s", got)
	}
	s.wantCard("0.00", "70.00", "430.00")
}

// The books say what is captured, as long as it is.
func TestWhatTheBooksSayOfACapture(t *testing.T) {
	s := newStage(t)
	issued := s.mustConfirm("80.00")
	want := func(holds string) {
		t.Helper()
		if got := s.Service.Entries()[0].Holds; got != holds {
			t.Errorf("the books say %q, want %q", got, holds)
		}
	}
	want("80.00 on visa")
	_, err := s.Redeem(issued, order(payments.Payable, "70.00"), "a")
	s.MustDo(err)
	want("80.00 on visa, 70.00 captured")
	s.MustDo(s.Cancel(issued, "a"))
	want("80.00 on visa")
}

// A number of fewer than four digits is sealed whole.
func TestAShortCardNumber(t *testing.T) {
	s := &stage{issuerstest.New(t, "payments", payments.Capability, func(c issuers.Config) (*payments.Service, error) {
		return payments.New(t.Context(), payments.Config{
			Config: c, Currency: "EUR", Customers: []string{"user_123"},
			Cards: map[string][]payments.Card{"user_123": {{ID: "visa", Number: "123", Limit: issuerstest.Money(t, "10.00", "EUR")}}},
		})
	})}
	issued := s.mustConfirm("1.00")
	seen, err := tokens.Peek(issued.Raw)
	s.MustDo(err)
	_, rest, _ := strings.Cut(string(seen.Payload), `"sealed":"`)
	sealed, _, _ := strings.Cut(rest, `"`)
	opened, err := s.Service.Open(t.Context(), issued.Ref, []byte(sealed))
	s.MustDo(err)
	if !strings.Contains(string(opened), `"last4":"123"`) {
		t.Errorf("opened %s", opened)
	}
}

func TestAServiceWithoutKeys(t *testing.T) {
	s := newStage(t)
	s.Config.SigningAlias = "alias/nobody"
	_, err := payments.New(t.Context(), payments.Config{Config: s.Config, Currency: "EUR"})
	s.MustRefuse(err, tokens.ServiceUnavailable)
}
