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
	"tokenshell/tokens"
)

// newStage is the service with these coupons, in EUR.
func newStage(t testing.TB, all ...coupons.Coupon) *stage { return newStageOf(t, "EUR", all...) }

func newStageOf(t testing.TB, code string, all ...coupons.Coupon) *stage {
	t.Helper()
	s := &stage{t: t, clock: tokens.FrozenClock(epoch), log: &strings.Builder{}}
	customers := []string{"user_123", "user_456"}
	for n := range goroutines {
		customers = append(customers, fmt.Sprintf("user_%d", n))
	}
	var err error
	s.Service, err = coupons.New(background, coupons.Config{
		Config: config(t, s.clock, s.log), Currency: code, Customers: customers, Coupons: all,
	})
	mustDo(t, err)
	return s
}

// fixed and percent make coupons; a minimum of "" is none.
func fixed(t testing.TB, code, amount, minimum, currency string) coupons.Coupon {
	a := money(t, amount, currency)
	c := coupons.Coupon{Code: code, Amount: &a}
	if minimum != "" {
		m := money(t, minimum, currency)
		c.Minimum = &m
	}
	return c
}

func percent(code string, n int) coupons.Coupon { return coupons.Coupon{Code: code, Percent: n} }

func (s *stage) mustConfirm(o issuers.Order, code string) tokens.Issued {
	s.t.Helper()
	issued, err := s.Confirm(background, o, code)
	mustDo(s.t, err)
	return issued
}

// wantUsed wants the uses of the first coupon, reserved and committed.
func (s *stage) wantUsed(used int) {
	s.t.Helper()
	if got := s.List("user_123")[0].Used; got != used {
		s.t.Errorf("%d uses, want %d", got, used)
	}
	s.audit()
}

func TestAUseIsReservedAndRedeemed(t *testing.T) {
	s := newStage(t, fixed(t, "SPRING25", "25.00", "100.00", "EUR"))
	o := order(coupons.Subtotal, "140.00")
	issued := s.mustConfirm(o, "SPRING25")
	s.wantUsed(1)
	receipt, err := s.redeem(issued, o, "a")
	mustDo(t, err)
	s.wantUsed(1)
	if string(receipt.Body) != `{"code":"SPRING25","terms":"25.00","discount":"25.00"}` {
		t.Errorf("receipt %s", receipt.Body)
	}
	mustDo(t, s.cancel(issued, "a"))
	s.wantUsed(0)
	if entry := s.Entries()[0]; entry.Holds != "one use of SPRING25" || entry.State != issuers.Cancelled {
		t.Errorf("got %+v", entry)
	}
}

func TestAUseReturns(t *testing.T) {
	for name, end := range map[string]func(*stage, tokens.Issued){
		"on expiry":       func(s *stage, _ tokens.Issued) { s.advance(tokens.DefaultLifetime) },
		"on revocation":   func(s *stage, i tokens.Issued) { mustDo(s.t, s.Revoke(background, i.Raw)) },
		"on cancellation": func(s *stage, i tokens.Issued) { mustDo(s.t, s.cancel(i, "a")) },
	} {
		t.Run(name, func(t *testing.T) {
			c := percent("TEN", 10)
			c.PerCustomer, c.Total = 1, 1
			s := newStage(t, c)
			issued := s.mustConfirm(order(), "TEN")
			_, err := s.Confirm(background, order(), "TEN")
			mustRefuse(t, err, coupons.Exhausted)
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
			receipt, err := s.redeem(s.mustConfirm(o, "C"), o, "a")
			mustDo(t, err)
			if got := s.body(receipt, "discount"); got != tt.want {
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
		receipt, err := s.redeem(issued, o, attempt)
		mustDo(t, err)
		return s.body(receipt, "discount")
	}
	if a, b := discount(first, "a"), discount(second, "a"); a != "60.00" || b != "20.00" {
		t.Errorf("%s and %s off", a, b)
	}
	mustDo(t, s.cancel(first, "a")) // and what was taken back counts no more
	if again := discount(s.mustConfirm(o, "SIXTY"), "b"); again != "60.00" {
		t.Errorf("%s off", again)
	}
}

// The minimum is held once more at redemption, and the use stays reserved.
func TestTheFactsAreHeldAtRedemption(t *testing.T) {
	s := newStage(t, fixed(t, "SPRING25", "25.00", "100.00", "EUR"))
	issued := s.mustConfirm(order(coupons.Subtotal, "140.00"), "SPRING25")
	for _, o := range []issuers.Order{order(), order(coupons.Subtotal, "99.99"), order(coupons.Subtotal, "much")} {
		_, err := s.redeem(issued, o, "a")
		mustRefuse(t, err, tokens.ConstraintViolated)
	}
	s.wantUsed(1)
	_, err := s.redeem(issued, order(coupons.Subtotal, "100.00"), "a")
	mustDo(t, err)
}

func TestTheList(t *testing.T) {
	one, other := fixed(t, "SPRING25", "25.00", "100.00", "EUR"), percent("TEN", 10)
	one.PerCustomer, one.Total = 1, 3
	other.Combinable, other.From = true, epoch.Add(time.Hour)
	s := newStage(t, one, other)
	s.mustConfirm(order(coupons.Subtotal, "100.00"), "SPRING25")
	want := []coupons.Listed{
		{Code: "SPRING25", Terms: "25.00", Minimum: "100.00", Limited: true, Left: 0, Used: 1},
		{Code: "TEN", Terms: "10%", Combinable: true, Inactive: "is valid from 2026-01-01T01:00:00Z"},
	}
	if diff := cmp.Diff(want, s.List("user_123")); diff != "" {
		t.Error(diff)
	}
	if left := s.List("user_456")[0].Left; left != 1 {
		t.Errorf("%d left for another", left)
	}
}

// The token says which coupon it is for to nobody but the service.
func TestTheConstraintsAreDigests(t *testing.T) {
	s := newStage(t, percent("TEN", 10))
	seen, err := tokens.Peek(s.mustConfirm(order(), "TEN").Raw)
	mustDo(t, err)
	if text := string(seen.Payload); strings.Contains(text, "TEN") || strings.Contains(text, "10%") || !strings.Contains(text, "coupon_ref") {
		t.Errorf("payload %s", text)
	}
}

func TestLimitsAreNeverOverbooked(t *testing.T) {
	c := percent("TEN", 10)
	c.Total, c.PerCustomer = 20, 1
	s := newStage(t, c)
	var confirmed atomic.Int64
	together(func(n int) {
		o := orderOf(fmt.Sprintf("op_%d", n), fmt.Sprintf("user_%d", n/2)) // two orders each
		switch issued, err := s.Confirm(background, o, "TEN"); {
		case err == nil:
			confirmed.Add(1)
			if n%3 == 0 {
				if _, err := s.redeem(issued, o, "a"); err != nil {
					t.Error(err)
				}
			}
		case !errors.Is(err, coupons.Exhausted):
			t.Error(err)
		}
		if err := s.Audit(); err != nil {
			t.Error(err)
		}
	})
	if confirmed.Load() != 20 {
		t.Errorf("%d of 20 uses", confirmed.Load())
	}
	redeemed := 0
	for _, entry := range s.Entries() {
		if entry.State == issuers.Committed {
			redeemed++
		}
	}
	s.advance(tokens.MaxLifetime)
	s.wantUsed(redeemed)
	s.advance(issuers.Retention + time.Second)
	s.wantUsed(redeemed) // though the reservations are forgotten
}

// Two that do not go together are never both in an order, however they come.
func TestOnlyOneOfTwoThatDoNotGoTogether(t *testing.T) {
	s := newStage(t, percent("ONE", 10), percent("OTHER", 10))
	var confirmed atomic.Int64
	together(func(n int) {
		if _, err := s.Confirm(background, order(), []string{"ONE", "OTHER"}[n%2]); err == nil {
			confirmed.Add(1)
		} else if !errors.Is(err, coupons.NotCombinable) {
			t.Error(err)
		}
	})
	if confirmed.Load() != 1 {
		t.Errorf("%d confirmed", confirmed.Load())
	}
}
