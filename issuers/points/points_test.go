package points_test

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tokenshell/issuers"
	"tokenshell/issuers/currency"
	"tokenshell/issuers/issuerstest"
	"tokenshell/issuers/points"
	"tokenshell/tokens"
)

// stage is the service and what a test plays with.
type stage struct {
	*issuerstest.Stage[*points.Service]
}

var order, orderOf = issuerstest.Order, issuerstest.OrderOf

// newStage is the service with 1200 points of user_123 at a cent each.
func newStage(t testing.TB) *stage { return newStageOf(t, "0.01", "EUR") }

func newStageOf(t testing.TB, value, code string) *stage {
	t.Helper()
	worth, err := currency.New(value, code)
	if err != nil {
		t.Fatal(err)
	}
	return &stage{issuerstest.New(t, "points", points.Capability, func(c issuers.Config) (*points.Service, error) {
		return points.New(t.Context(), points.Config{
			Config: c, Value: worth, Balances: map[string]int64{"user_123": 1200, "user_456": 0},
		})
	})}
}

func (s *stage) confirm(amount string) (tokens.Issued, error) {
	return s.Service.Confirm(s.T.Context(), order(), amount)
}

func (s *stage) mustConfirm(amount string) tokens.Issued {
	s.T.Helper()
	issued, err := s.confirm(amount)
	s.MustDo(err)
	return issued
}

// wantBalance wants the account of user_123.
func (s *stage) wantBalance(balance, held int64) {
	s.T.Helper()
	got, err := s.Service.Balance("user_123")
	s.MustDo(err)
	if diff := cmp.Diff(points.Balance{Customer: "user_123", Balance: balance, Held: held, Available: balance - held}, got); diff != "" {
		s.T.Errorf("balance (-want +got):\n%s", diff)
	}
	s.WantBooks()
}

func TestConfirmingHoldsAndRedeemingBurns(t *testing.T) {
	s := newStage(t)
	issued := s.mustConfirm("500")
	s.wantBalance(1200, 500)
	receipt, err := s.Redeem(issued, order(), "a")
	s.MustDo(err)
	s.wantBalance(700, 0)
	if string(receipt.Body) != `{"burned":500,"worth":"5.00"}` {
		t.Errorf("receipt %s", receipt.Body)
	}
	s.MustDo(s.Cancel(issued, "a"))
	s.wantBalance(1200, 0)
	if entries := s.Service.Entries(); len(entries) != 1 || entries[0].Holds != "500 points" || entries[0].State != issuers.Cancelled {
		t.Errorf("got %+v", entries)
	}
}

func TestAHoldReturns(t *testing.T) {
	for name, end := range map[string]func(*stage, tokens.Issued){
		"on expiry":       func(s *stage, _ tokens.Issued) { s.Advance(tokens.DefaultLifetime) },
		"on revocation":   func(s *stage, i tokens.Issued) { s.MustDo(s.Service.Revoke(s.T.Context(), i.Raw)) },
		"on cancellation": func(s *stage, i tokens.Issued) { s.MustDo(s.Cancel(i, "a")) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			issued := s.mustConfirm("1200")
			s.wantBalance(1200, 1200)
			end(s, issued)
			s.wantBalance(1200, 0)
			s.mustConfirm("1200")
		})
	}
}

func TestPointsInsufficient(t *testing.T) {
	s := newStage(t)
	s.mustConfirm("1000")
	_, err := s.confirm("201")
	s.MustRefuse(err, points.Insufficient)
	s.wantBalance(1200, 1000)
	s.mustConfirm("200")
	_, err = s.confirm("9223372036854775807")
	s.MustRefuse(err, points.Insufficient)
}

func TestAmountInvalid(t *testing.T) {
	s := newStage(t)
	for _, amount := range []string{"", "0", "-5", "+5", "5.0", "05", "1e2", " 5", "5 ", "５", "9223372036854775808", "all"} {
		_, err := s.confirm(amount)
		s.MustRefuse(err, issuers.AmountInvalid)
	}
	for amount, want := range map[string]string{
		"99999999999999999999": "more points than there can be", "-99999999999999999999": "write a positive whole number", "9_999_999_999_999_999_999_999": "write a positive whole number",
	} {
		if _, err := s.confirm(amount); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", amount, err, want)
		}
	}
	s.wantBalance(1200, 0)
}

func TestCustomerUnknown(t *testing.T) {
	s := newStage(t)
	_, err := s.Service.Confirm(t.Context(), orderOf("op_1", "nobody"), "five")
	s.MustRefuse(err, issuers.CustomerUnknown)
	_, err = s.Service.Balance("nobody")
	s.MustRefuse(err, issuers.CustomerUnknown)
}

func TestACustomerWithoutPoints(t *testing.T) {
	s := newStage(t)
	_, err := s.Service.Confirm(t.Context(), orderOf("op_1", "user_456"), "1")
	s.MustRefuse(err, points.Insufficient)
}

// What points are worth has the decimals of the currency.
func TestWorth(t *testing.T) {
	for _, tt := range []struct{ value, code, points, worth string }{
		{"0.01", "EUR", "1", "0.01"}, {"0.01", "EUR", "1200", "12.00"}, {"1", "JPY", "999", "999"}, {"0.005", "BHD", "3", "0.015"},
	} {
		s := newStageOf(t, tt.value, tt.code)
		receipt, err := s.Redeem(s.mustConfirm(tt.points), order(), "a")
		s.MustDo(err)
		if got := s.Body(receipt, "worth"); got != tt.worth {
			t.Errorf("%s points at %s %s are worth %s, want %s", tt.points, tt.value, tt.code, got, tt.worth)
		}
	}
}

// What the points of an order are worth together does not depend on how many
// tokens they came in, nor on which came first.
func TestWorthDoesNotDependOnTheSplit(t *testing.T) {
	for _, tt := range []struct {
		value, code, worth string // together
		splits             [][]string
	}{
		{"0.005", "EUR", "0.02", [][]string{{"3"}, {"1", "1", "1"}, {"2", "1"}, {"1", "2"}}},
		{"0.004", "EUR", "0.04", [][]string{{"10"}, {"1", "1", "1", "1", "1", "1", "1", "1", "1", "1"}, {"9", "1"}, {"4", "6"}}},
		{"0.01", "EUR", "3.00", [][]string{{"300"}, {"299", "1"}, {"100", "200"}}},
		{"0.5", "JPY", "2", [][]string{{"3"}, {"1", "1", "1"}, {"1", "2"}, {"2", "1"}}},
		{"0.333333", "JPY", "1", [][]string{{"3"}, {"1", "1", "1"}, {"2", "1"}}},
		{"0.0005", "KWD", "0.002", [][]string{{"3"}, {"1", "1", "1"}, {"2", "1"}}},
		{"0", "EUR", "0.00", [][]string{{"3"}, {"1", "1", "1"}}},
	} {
		for _, split := range tt.splits {
			s := newStageOf(t, tt.value, tt.code)
			if got := s.worth(tt.code, order(), split...); got != tt.worth {
				t.Errorf("%v points at %s %s are worth %s, want %s", split, tt.value, tt.code, got, tt.worth)
			}
			if got := s.worth(tt.code, orderOf("op_2", "user_123"), split...); got != tt.worth {
				t.Errorf("in a second order %v points at %s %s are worth %s, want %s", split, tt.value, tt.code, got, tt.worth)
			}
		}
	}
}

// worth redeems points for an order, a token for each amount, and adds up what
// the receipts say.
func (s *stage) worth(code string, o issuers.Order, amounts ...string) string {
	s.T.Helper()
	sum := issuerstest.Money(s.T, "0", code)
	for _, amount := range amounts {
		issued, err := s.Service.Confirm(s.T.Context(), o, amount)
		s.MustDo(err)
		receipt, err := s.Redeem(issued, o, "a")
		s.MustDo(err)
		sum = issuers.Add(sum, issuerstest.Money(s.T, s.Body(receipt, "worth"), code))
	}
	return sum.Number()
}

// Points that were given back count no more: what comes after is worth what it
// would have been without them.
func TestWorthAfterACancellation(t *testing.T) {
	s := newStageOf(t, "0.005", "EUR")
	issued := s.mustConfirm("1")
	_, err := s.Redeem(issued, order(), "a")
	s.MustDo(err)
	s.MustDo(s.Cancel(issued, "a"))
	if got := s.worth("EUR", order(), "1", "1", "1"); got != "0.02" {
		t.Errorf("3 points after one that was given back are worth %s", got)
	}
}

// However tokens are redeemed and given back, no receipt says less than nothing.
func TestWorthIsNeverNegative(t *testing.T) {
	s := newStageOf(t, "0.001", "EUR")
	redeem := func(amount, attempt, want string) tokens.Issued {
		t.Helper()
		issued := s.mustConfirm(amount)
		receipt, err := s.Redeem(issued, order(), attempt)
		s.MustDo(err)
		if got := s.Body(receipt, "worth"); got != want {
			t.Errorf("%s points are worth %s, want %s", amount, got, want)
		}
		return issued
	}
	redeem("5", "a", "0.01")
	back := redeem("9", "b", "0.00")
	redeem("1", "c", "0.01") // 15 points
	s.MustDo(s.Cancel(back, "b"))
	redeem("1", "d", "0.00") // 7 points, and 0.02 has been said
	redeem("8", "e", "0.00")
	redeem("10", "f", "0.01") // 25
}

// The token holds no customer's account and no amount that could be guessed.
func TestTheConstraintsAreDigests(t *testing.T) {
	s := newStage(t)
	one, err := tokens.Peek(s.mustConfirm("500").Raw)
	s.MustDo(err)
	other, err := tokens.Peek(s.mustConfirm("500").Raw)
	s.MustDo(err)
	constraints := func(u tokens.Unverified) string {
		_, after, _ := strings.Cut(string(u.Payload), `"constraints":`)
		return after
	}
	if a, b := constraints(one), constraints(other); a == b || strings.Contains(a, "500") || !strings.Contains(a, "amount_sha256") {
		t.Errorf("constraints %s and %s", a, b)
	}
}

func TestPointsAreConserved(t *testing.T) {
	s := newStage(t)
	var confirmed atomic.Int64
	issuerstest.Together(func(n int) {
		issued, err := s.confirm("50")
		switch {
		case errors.Is(err, points.Insufficient):
			return
		case err != nil:
			t.Error(err)
			return
		}
		confirmed.Add(1)
		switch n % 4 {
		case 0:
			_, err = s.Redeem(issued, order(), "a")
		case 1:
			if _, err = s.Redeem(issued, order(), "a"); err == nil {
				err = s.Cancel(issued, "a")
			}
		case 2:
			err = s.Service.Revoke(s.T.Context(), issued.Raw)
		}
		if err != nil {
			t.Error(err)
		}
		if err := s.Service.Audit(); err != nil {
			t.Error(err)
		}
	})
	if confirmed.Load() < 24 { // 1200 points, 50 each, if nothing ever came back
		t.Errorf("%d confirmed", confirmed.Load())
	}
	burned := int64(0)
	for _, entry := range s.Service.Entries() {
		if entry.State == issuers.Committed {
			burned += 50
		}
	}
	s.Advance(tokens.MaxLifetime)
	s.wantBalance(1200-burned, 0)
}

// The sums stay right when a reservation is forgotten.
func TestBurnedPointsStayBurned(t *testing.T) {
	s := newStage(t)
	_, err := s.Redeem(s.mustConfirm("500"), order(), "a")
	s.MustDo(err)
	s.Advance(issuers.Retention + tokens.MaxLifetime + time.Second)
	s.wantBalance(700, 0)
	if entries := s.Service.Entries(); len(entries) != 0 {
		t.Errorf("%d are remembered", len(entries))
	}
}

func TestAServiceWithoutKeys(t *testing.T) {
	s := newStage(t)
	s.Config.SigningAlias = "alias/nobody"
	_, err := points.New(t.Context(), points.Config{Config: s.Config})
	s.MustRefuse(err, tokens.ServiceUnavailable)
}
