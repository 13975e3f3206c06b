package coupons_test

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tokenshell/issuers"
	"tokenshell/issuers/coupons"
	"tokenshell/issuers/issuerstest"
	"tokenshell/tokens"
)

// stage is the service and what a test plays with.
type stage struct {
	*issuerstest.Stage[*coupons.Service]
}

var order, orderOf = issuerstest.Order, issuerstest.OrderOf

// newStage is the service with these coupons, in EUR.
func newStage(t testing.TB, all ...coupons.Coupon) *stage { return newStageOf(t, "EUR", all...) }

func newStageOf(t testing.TB, code string, all ...coupons.Coupon) *stage {
	t.Helper()
	customers := []string{"user_123", "user_456"}
	for n := range issuerstest.Goroutines {
		customers = append(customers, fmt.Sprintf("user_%d", n))
	}
	return &stage{issuerstest.New(t, "coupons", coupons.Capability, func(c issuers.Config) (*coupons.Service, error) {
		return coupons.New(t.Context(), coupons.Config{Config: c, Currency: code, Customers: customers, Coupons: all})
	})}
}

// fixed and percent make coupons; a minimum of "" is none.
func fixed(t testing.TB, code, amount, minimum, currency string) coupons.Coupon {
	a := issuerstest.Money(t, amount, currency)
	c := coupons.Coupon{Code: code, Amount: &a}
	if minimum != "" {
		m := issuerstest.Money(t, minimum, currency)
		c.Minimum = &m
	}
	return c
}

func percent(code string, n int) coupons.Coupon { return coupons.Coupon{Code: code, Percent: n} }

func (s *stage) confirm(o issuers.Order, code string) (tokens.Issued, error) {
	return s.Service.Confirm(s.T.Context(), o, code)
}

func (s *stage) mustConfirm(o issuers.Order, code string) tokens.Issued {
	s.T.Helper()
	issued, err := s.confirm(o, code)
	s.MustDo(err)
	return issued
}

// wantUsed wants the uses of the first coupon, reserved and committed.
func (s *stage) wantUsed(used int) {
	s.T.Helper()
	if got := s.Service.List("user_123")[0].Used; got != used {
		s.T.Errorf("%d uses, want %d", got, used)
	}
	s.WantBooks()
}

func TestAUseIsReservedAndRedeemed(t *testing.T) {
	s := newStage(t, fixed(t, "SPRING25", "25.00", "100.00", "EUR"))
	o := order(coupons.Subtotal, "140.00")
	issued := s.mustConfirm(o, "SPRING25")
	s.wantUsed(1)
	receipt, err := s.Redeem(issued, o, "a")
	s.MustDo(err)
	s.wantUsed(1)
	if string(receipt.Body) != `{"code":"SPRING25","terms":"25.00","discount":"25.00"}` {
		t.Errorf("receipt %s", receipt.Body)
	}
	s.MustDo(s.Cancel(issued, "a"))
	s.wantUsed(0)
	if entry := s.Service.Entries()[0]; entry.Holds != "one use of SPRING25" || entry.State != issuers.Cancelled {
		t.Errorf("got %+v", entry)
	}
}

func TestAUseReturns(t *testing.T) {
	for name, end := range map[string]func(*stage, tokens.Issued){
		"on expiry":       func(s *stage, _ tokens.Issued) { s.Advance(tokens.DefaultLifetime) },
		"on revocation":   func(s *stage, i tokens.Issued) { s.MustDo(s.Service.Revoke(s.T.Context(), i.Raw)) },
		"on cancellation": func(s *stage, i tokens.Issued) { s.MustDo(s.Cancel(i, "a")) },
	} {
		t.Run(name, func(t *testing.T) {
			c := percent("TEN", 10)
			c.PerCustomer, c.Total = 1, 1
			s := newStage(t, c)
			issued := s.mustConfirm(order(), "TEN")
			_, err := s.confirm(order(), "TEN")
			s.MustRefuse(err, coupons.Exhausted)
			end(s, issued)
			s.wantUsed(0)
			s.mustConfirm(order(), "TEN")
		})
	}
}

// What a coupon takes off, rounded half up to the currency's decimals, and
// never more than the subtotal.
func TestDiscounts(t *testing.T) {
	for _, tt := range []struct {
		code, currency string
		coupon         coupons.Coupon
		subtotal, want string
	}{
		{"fixed", "EUR", fixed(t, "C", "25.00", "", "EUR"), "140.00", "25.00"},
		{"fixed, over the subtotal", "EUR", fixed(t, "C", "25.00", "", "EUR"), "9.99", "9.99"},
		{"fixed, of nothing", "EUR", fixed(t, "C", "25.00", "", "EUR"), "0", "0.00"},
		{"fixed, of an unknown subtotal", "EUR", fixed(t, "C", "25.00", "", "EUR"), "", "25.00"},
		{"percent", "EUR", percent("C", 10), "140.00", "14.00"},
		{"percent, half a cent", "EUR", percent("C", 10), "0.05", "0.01"},
		{"percent, under half a cent", "EUR", percent("C", 10), "0.04", "0.00"},
		{"a third", "EUR", percent("C", 33), "9.99", "3.30"},
		{"all of it", "EUR", percent("C", 100), "140.01", "140.01"},
		{"percent, of an unknown subtotal", "EUR", percent("C", 10), "", ""},
		{"percent, of a fortune", "EUR", percent("C", 99), "999999999999.99", "989999999999.99"},
		{"yen", "JPY", percent("C", 10), "105", "11"},
		{"yen, under half", "JPY", percent("C", 10), "104", "10"},
		{"dinar", "BHD", percent("C", 10), "1.005", "0.101"},
	} {
		t.Run(tt.code, func(t *testing.T) {
			s := newStageOf(t, tt.currency, tt.coupon)
			o := order()
			if tt.subtotal != "" {
				o = order(coupons.Subtotal, tt.subtotal)
			}
			receipt, err := s.Redeem(s.mustConfirm(o, "C"), o, "a")
			s.MustDo(err)
			if got := s.Body(receipt, "discount"); got != tt.want {
				t.Errorf("%q off, want %q", got, tt.want)
			}
		})
	}
}

// Together, too, coupons take off no more than the subtotal.
func TestTwoDiscountsNeverExceedTheSubtotal(t *testing.T) {
	one, other := fixed(t, "SIXTY", "60.00", "", "EUR"), percent("HALF", 50)
	one.Combinable, other.Combinable = true, true
	s := newStage(t, one, other)
	o := order(coupons.Subtotal, "80.00")
	first, second := s.mustConfirm(o, "SIXTY"), s.mustConfirm(o, "HALF")
	discount := func(issued tokens.Issued, attempt string) string {
		receipt, err := s.Redeem(issued, o, attempt)
		s.MustDo(err)
		return s.Body(receipt, "discount")
	}
	if a, b := discount(first, "a"), discount(second, "a"); a != "60.00" || b != "20.00" {
		t.Errorf("%s and %s off", a, b)
	}
	s.MustDo(s.Cancel(first, "a")) // and what was taken back counts no more
	if again := discount(s.mustConfirm(o, "SIXTY"), "b"); again != "60.00" {
		t.Errorf("%s off", again)
	}
}

// The minimum is held once more at redemption, and the use stays reserved.
func TestTheFactsAreHeldAtRedemption(t *testing.T) {
	s := newStage(t, fixed(t, "SPRING25", "25.00", "100.00", "EUR"))
	issued := s.mustConfirm(order(coupons.Subtotal, "140.00"), "SPRING25")
	for _, o := range []issuers.Order{order(), order(coupons.Subtotal, "99.99"), order(coupons.Subtotal, "much")} {
		_, err := s.Redeem(issued, o, "a")
		s.MustRefuse(err, tokens.ConstraintViolated)
	}
	s.wantUsed(1)
	_, err := s.Redeem(issued, order(coupons.Subtotal, "100.00"), "a")
	s.MustDo(err)
}

func TestTheList(t *testing.T) {
	one, other := fixed(t, "SPRING25", "25.00", "100.00", "EUR"), percent("TEN", 10)
	one.PerCustomer, one.Total = 1, 3
	other.Combinable, other.From = true, issuerstest.Epoch.Add(time.Hour)
	s := newStage(t, one, other)
	s.mustConfirm(order(coupons.Subtotal, "100.00"), "SPRING25")
	want := []coupons.Listed{
		{Code: "SPRING25", Terms: "25.00", Minimum: "100.00", Limited: true, Left: 0, Used: 1},
		{Code: "TEN", Terms: "10%", Combinable: true, Inactive: "is valid from 2026-01-01T01:00:00Z"},
	}
	if diff := cmp.Diff(want, s.Service.List("user_123")); diff != "" {
		t.Error(diff)
	}
	if left := s.Service.List("user_456")[0].Left; left != 1 {
		t.Errorf("%d left for another", left)
	}
}

// The token says which coupon it is for to nobody but the service.
func TestTheConstraintsAreDigests(t *testing.T) {
	s := newStage(t, percent("TEN", 10))
	seen, err := tokens.Peek(s.mustConfirm(order(), "TEN").Raw)
	s.MustDo(err)
	if text := string(seen.Payload); strings.Contains(text, "TEN") || strings.Contains(text, "10%") || !strings.Contains(text, "coupon_ref") {
		t.Errorf("payload %s", text)
	}
}

func TestLimitsAreNeverOverbooked(t *testing.T) {
	c := percent("TEN", 10)
	c.Total, c.PerCustomer = 20, 1
	s := newStage(t, c)
	var confirmed atomic.Int64
	issuerstest.Together(func(n int) {
		o := orderOf(fmt.Sprintf("op_%d", n), fmt.Sprintf("user_%d", n/2)) // two orders each
		switch issued, err := s.confirm(o, "TEN"); {
		case err == nil:
			confirmed.Add(1)
			if n%3 == 0 {
				if _, err := s.Redeem(issued, o, "a"); err != nil {
					t.Error(err)
				}
			}
		case !errors.Is(err, coupons.Exhausted):
			t.Error(err)
		}
		if err := s.Service.Audit(); err != nil {
			t.Error(err)
		}
	})
	if confirmed.Load() != 20 {
		t.Errorf("%d of 20 uses", confirmed.Load())
	}
	redeemed := 0
	for _, entry := range s.Service.Entries() {
		if entry.State == issuers.Committed {
			redeemed++
		}
	}
	s.Advance(tokens.MaxLifetime)
	s.wantUsed(redeemed)
	s.Advance(issuers.Retention + time.Second)
	s.wantUsed(redeemed) // though the reservations are forgotten
}

// Two that do not go together are never both in an order, however they come.
func TestOnlyOneOfTwoThatDoNotGoTogether(t *testing.T) {
	s := newStage(t, percent("ONE", 10), percent("OTHER", 10))
	var confirmed atomic.Int64
	issuerstest.Together(func(n int) {
		if _, err := s.confirm(order(), []string{"ONE", "OTHER"}[n%2]); err == nil {
			confirmed.Add(1)
		} else if !errors.Is(err, coupons.NotCombinable) {
			t.Error(err)
		}
	})
	if confirmed.Load() != 1 {
		t.Errorf("%d confirmed", confirmed.Load())
	}
}
