package payments_test

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tokenshell/issuers"
	"tokenshell/issuers/issuerstest"
	"tokenshell/issuers/payments"
	"tokenshell/tokens"
)

// stage is the service and what a test plays with.
type stage struct {
	*issuerstest.Stage[*payments.Service]
}

var order, orderOf = issuerstest.Order, issuerstest.OrderOf

// newStage is the service with a card of user_123 that is good for 500.00, and
// one that declines.
func newStage(t testing.TB) *stage { return newStageOf(t, "EUR", "500.00") }

func newStageOf(t testing.TB, code, limit string) *stage {
	t.Helper()
	return &stage{issuerstest.New(t, "payments", payments.Capability, func(c issuers.Config) (*payments.Service, error) {
		return payments.New(t.Context(), payments.Config{
			Config: c, Currency: code, Customers: []string{"user_123", "user_456"},
			Cards: map[string][]payments.Card{"user_123": {
				{ID: "visa", Number: "4242424242424242", Limit: issuerstest.Money(t, limit, code)},
				{ID: "broke", Number: "4000000000000002", Limit: issuerstest.Money(t, limit, code), Declines: true},
			}},
		})
	})}
}

func (s *stage) confirm(amount string) (tokens.Issued, error) {
	return s.Service.Confirm(s.T.Context(), order(), amount, "visa")
}

func (s *stage) mustConfirm(amount string) tokens.Issued {
	s.T.Helper()
	issued, err := s.confirm(amount)
	s.MustDo(err)
	return issued
}

// wantCard wants what is taken of the good card.
func (s *stage) wantCard(authorised, captured, available string) {
	s.T.Helper()
	methods, err := s.Service.Methods("user_123")
	s.MustDo(err)
	want := payments.Method{ID: "visa", Limit: methods[0].Limit, Authorised: authorised, Captured: captured, Available: available}
	if diff := cmp.Diff(want, methods[0]); diff != "" {
		s.T.Errorf("card (-want +got):\n%s", diff)
	}
	s.WantBooks()
}

func TestAuthoriseAndCapture(t *testing.T) {
	s := newStage(t)
	issued := s.mustConfirm("80.00")
	s.wantCard("80.00", "0.00", "420.00")
	receipt, err := s.Redeem(issued, order(), "a")
	s.MustDo(err)
	s.wantCard("0.00", "80.00", "420.00")
	if string(receipt.Body) != `{"captured":"80.00","authorised":"80.00"}` {
		t.Errorf("receipt %s", receipt.Body)
	}
	if holds := s.Service.Entries()[0].Holds; holds != "80.00 on visa, 80.00 captured" {
		t.Errorf("the books say %q", holds)
	}
	s.MustDo(s.Cancel(issued, "a"))
	s.wantCard("0.00", "0.00", "500.00")
}

// What is payable is captured, at most what was authorised; the rest is free.
func TestCaptures(t *testing.T) {
	for _, tt := range []struct {
		payable, captured, available string
		reason                       tokens.Reason
	}{
		{"80.00", "80.00", "420.00", ""},
		{"79.99", "79.99", "420.01", ""},
		{"79.9", "79.90", "420.10", ""},
		{"0", "0.00", "500.00", ""},
		{"80.01", "", "420.00", tokens.ConstraintViolated},
		{"80.001", "", "420.00", tokens.ConstraintViolated},
		{"-1", "", "420.00", tokens.ConstraintViolated},
		{"", "", "420.00", tokens.ConstraintViolated},
		{"80 EUR", "", "420.00", tokens.ConstraintViolated},
	} {
		t.Run(tt.payable, func(t *testing.T) {
			s := newStage(t)
			issued := s.mustConfirm("80.00")
			receipt, err := s.Redeem(issued, order(payments.Payable, tt.payable), "a")
			if tt.reason != "" {
				s.MustRefuse(err, tt.reason)
				s.wantCard("80.00", "0.00", tt.available) // and the hold stands
				return
			}
			s.MustDo(err)
			if got := s.Body(receipt, "captured"); got != tt.captured {
				t.Errorf("captured %s", got)
			}
			s.wantCard("0.00", tt.captured, tt.available)
			s.MustDo(s.Cancel(issued, "a"))
			s.wantCard("0.00", "0.00", "500.00")
		})
	}
}

// What is payable is captured once, however many authorisations the order has.
func TestWhatIsPayableIsCapturedOnce(t *testing.T) {
	s := newStage(t)
	o := order(payments.Payable, "70.00")
	first, second, third := s.mustConfirm("80.00"), s.mustConfirm("80.00"), s.mustConfirm("10.00")
	for _, tt := range []struct {
		issued   tokens.Issued
		captured string
	}{{first, "70.00"}, {second, "0.00"}, {third, "0.00"}} {
		receipt, err := s.Redeem(tt.issued, o, "a")
		s.MustDo(err)
		if got := s.Body(receipt, "captured"); got != tt.captured {
			t.Errorf("captured %s, want %s", got, tt.captured)
		}
	}
	s.wantCard("0.00", "70.00", "430.00")
	s.MustDo(s.Cancel(first, "a"))
	s.wantCard("0.00", "0.00", "500.00")
}

// An authorisation relies on no other: together they would do, but nobody says
// that the other one will be redeemed.
func TestOneAuthorisationMustDo(t *testing.T) {
	s := newStage(t)
	first, _ := s.mustConfirm("80.00"), s.mustConfirm("80.00")
	_, err := s.Redeem(first, order(payments.Payable, "150.00"), "a")
	s.MustRefuse(err, tokens.ConstraintViolated)
}

func TestAnAuthorisationIsVoided(t *testing.T) {
	for name, end := range map[string]func(*stage, tokens.Issued){
		"on expiry":       func(s *stage, _ tokens.Issued) { s.Advance(tokens.DefaultLifetime) },
		"on revocation":   func(s *stage, i tokens.Issued) { s.MustDo(s.Service.Revoke(s.T.Context(), i.Raw)) },
		"on cancellation": func(s *stage, i tokens.Issued) { s.MustDo(s.Cancel(i, "a")) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			issued := s.mustConfirm("500.00")
			s.wantCard("500.00", "0.00", "0.00")
			end(s, issued)
			s.wantCard("0.00", "0.00", "500.00")
		})
	}
}

func TestDeclinedOverTheLimit(t *testing.T) {
	s := newStage(t)
	_, err := s.confirm("500.01")
	s.MustRefuse(err, payments.Declined)
	_, err = s.Redeem(s.mustConfirm("300.00"), order(), "a")
	s.MustDo(err)
	s.mustConfirm("150.00")
	_, err = s.confirm("50.01") // 300 captured, 150 authorised
	s.MustRefuse(err, payments.Declined)
	s.mustConfirm("50.00")
	s.wantCard("200.00", "300.00", "0.00")
}

func TestDeclinedByTheCard(t *testing.T) {
	s := newStage(t)
	_, err := s.Service.Confirm(t.Context(), order(), "0.01", "broke")
	s.MustRefuse(err, payments.Declined)
}

func TestMethodUnknown(t *testing.T) {
	s := newStage(t)
	_, err := s.Service.Confirm(t.Context(), order(), "1.00", "amex")
	s.MustRefuse(err, payments.MethodUnknown)
	_, err = s.Service.Confirm(t.Context(), orderOf("op_1", "user_456"), "1.00", "visa") // another customer's card
	s.MustRefuse(err, payments.MethodUnknown)
}

func TestAmountInvalid(t *testing.T) {
	s := newStage(t)
	for _, amount := range []string{"", "0", "0.00", "-1.00", "+1.00", "1.001", "1,00", "1e2", "NaN", "1000000000000.00", "eighty"} {
		_, err := s.confirm(amount)
		s.MustRefuse(err, issuers.AmountInvalid)
	}
	s.wantCard("0.00", "0.00", "500.00")
}

func TestCustomerUnknown(t *testing.T) {
	s := newStage(t)
	_, err := s.Service.Confirm(t.Context(), orderOf("op_1", "nobody"), "1.00", "visa")
	s.MustRefuse(err, issuers.CustomerUnknown)
	_, err = s.Service.Methods("nobody")
	s.MustRefuse(err, issuers.CustomerUnknown)
}

func TestACustomerWithoutCards(t *testing.T) {
	s := newStage(t)
	methods, err := s.Service.Methods("user_456")
	s.MustDo(err)
	if methods == nil || len(methods) != 0 {
		t.Errorf("got %v", methods)
	}
}

func TestCurrenciesOfOtherDecimals(t *testing.T) {
	for _, tt := range []struct{ code, limit, amount, payable, captured, tooFine string }{
		{"JPY", "50000", "8000", "7999", "7999", "8000.0"},
		{"BHD", "50.000", "8.125", "8.1", "8.100", "8.1255"},
	} {
		t.Run(tt.code, func(t *testing.T) {
			s := newStageOf(t, tt.code, tt.limit)
			_, err := s.confirm(tt.tooFine)
			s.MustRefuse(err, issuers.AmountInvalid)
			receipt, err := s.Redeem(s.mustConfirm(tt.amount), order(payments.Payable, tt.payable), "a")
			s.MustDo(err)
			if got := s.Body(receipt, "captured"); got != tt.captured {
				t.Errorf("captured %s, want %s", got, tt.captured)
			}
			s.WantBooks()
		})
	}
}

func TestACurrencyThatIsNone(t *testing.T) {
	_, err := payments.New(t.Context(), payments.Config{Config: newStage(t).Config, Currency: "EURO"})
	if err == nil {
		t.Error("a service without a currency")
	}
}

// The reference and the card's number travel sealed or not at all.
func TestCardDataStaysInside(t *testing.T) {
	s := newStage(t)
	issued := s.mustConfirm("80.00")
	seen, err := tokens.Peek(issued.Raw)
	s.MustDo(err)
	_, rest, found := strings.Cut(string(seen.Payload), `"sealed":"`)
	sealed, _, _ := strings.Cut(rest, `"`)
	if !found || strings.Count(sealed, ".") != 4 {
		t.Fatalf("payload %s", seen.Payload)
	}
	opened, err := s.Service.Open(t.Context(), issued.Ref, []byte(sealed))
	s.MustDo(err)
	_, reference, _ := strings.Cut(string(opened), `"authorization":"`)
	reference, _, _ = strings.Cut(reference, `"`)
	if !strings.HasPrefix(reference, "auth_") || !strings.Contains(string(opened), `"last4":"4242"`) || strings.Contains(string(opened), "42424242") {
		t.Errorf("opened %s", opened)
	}
	receipt, err := s.Redeem(issued, order(), "a")
	s.MustDo(err)
	for name, text := range map[string]string{
		"payload": string(seen.Payload), "receipt": string(receipt.Body), "log": s.Log.String(), "books": s.Service.Entries()[0].Holds,
	} {
		if strings.Contains(text, reference) || strings.Contains(text, "4242") {
			t.Errorf("the %s tells: %s", name, text)
		}
	}
}

func TestCapturesStayWithinTheLimit(t *testing.T) {
	s := newStage(t) // 500.00
	var confirmed atomic.Int64
	issuerstest.Together(func(n int) {
		o := orderOf(fmt.Sprintf("op_%d", n), "user_123", payments.Payable, "29.50") // an order each
		issued, err := s.Service.Confirm(t.Context(), o, "30.00", "visa")
		switch {
		case errors.Is(err, payments.Declined):
			return
		case err != nil:
			t.Error(err)
			return
		}
		confirmed.Add(1)
		if n%2 == 0 {
			if _, err := s.Redeem(issued, o, "a"); err != nil {
				t.Error(err)
			}
		}
		if err := s.Service.Audit(); err != nil {
			t.Error(err)
		}
	})
	if n := confirmed.Load(); n < 16 || n > 17 { // 16 of 30.00; captures of less may make room for one more
		t.Errorf("%d confirmed", n)
	}
	s.WantBooks()
	s.Advance(issuers.Retention + tokens.MaxLifetime + time.Second)
	s.WantBooks()
}
