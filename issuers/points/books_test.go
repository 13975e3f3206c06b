package points

import (
	"strings"
	"testing"

	"tokenshell/issuers"
	"tokenshell/issuers/issuerstest"
	"tokenshell/tokens"
	"tokenshell/tokens/tokenstest"
)

// open makes a service that leaves rules out, with a hold of 300 points and
// 200 that were burned.
func open(t *testing.T, without ...string) *issuerstest.Stage[*Service] {
	t.Helper()
	s := issuerstest.New(t, "points", Capability, func(c issuers.Config) (*Service, error) {
		var err error
		if c.Weakness, err = tokens.UnsafeWithout(without...); err != nil {
			return nil, err
		}
		return New(t.Context(), Config{Config: c, Value: issuerstest.Money(t, "0.01", "EUR"), Balances: map[string]int64{"user_123": 1200}})
	})
	burned, err := s.Service.Confirm(t.Context(), issuerstest.Order(), "200")
	s.MustDo(err)
	_, err = s.Redeem(burned, issuerstest.Order(), "a")
	s.MustDo(err)
	_, err = s.Service.Confirm(t.Context(), issuerstest.Order(), "300")
	s.MustDo(err)
	s.WantBooks()
	return s
}

// What is wrong anywhere in the books comes out of the audit: here a reservation that
// is gone, and what it held or took is not.
func TestTheBooksAreAudited(t *testing.T) {
	s := open(t)
	s.Service.Each(func(r *issuers.Reservation[hold]) {
		was := r.State
		r.State = issuers.Released
		if err := s.Service.Audit(); err == nil || !strings.HasPrefix(err.Error(), "points: user_123 has ") {
			t.Errorf("what was %s: %v", was, err)
		}
		r.State = was
		s.WantBooks()
	})
}

// A hold that outlives its token is wrong, though the sums are right; it is
// named before a sum that is wrong because of it.
func TestAnOverdueHoldIsAudited(t *testing.T) {
	s := open(t, tokens.HoldReturns)
	s.Advance(tokens.DefaultLifetime - 1)
	s.WantBooks()
	s.Advance(1)
	for range 2 {
		if err := s.Service.Audit(); err == nil || !strings.Contains(err.Error(), "is still reserved") {
			t.Errorf("got %v", err)
		}
		s.Service.Hold(issuerstest.Order(), 1, s.Service.accounts["user_123"])
	}
}

// Whatever tells two books apart is written down: who holds how much, what it was worth,
// and that it was taken back.
func TestTheBooksAreWrittenDown(t *testing.T) {
	s := issuerstest.New(t, "points", Capability, func(c issuers.Config) (*Service, error) {
		return New(t.Context(), Config{Config: c, Value: issuerstest.Money(t, "0.01", "EUR"), Balances: map[string]int64{"user_123": 1200}})
	})
	text := func() string { return tokenstest.Written(s.Service.Canon) }
	empty := text()
	held, err := s.Service.Confirm(t.Context(), issuerstest.Order(), "200")
	s.MustDo(err)
	before := text()
	_, err = s.Redeem(held, issuerstest.Order(), "a")
	s.MustDo(err)
	after := text()
	s.MustDo(s.Cancel(held, "a"))
	for _, tt := range []struct{ what, text, has string }{
		{"held", before, `"user_123" "op_1" 200 0 false false`},
		{"burned", after, `"user_123" "op_1" 200 200 false true "2.00"`},
		{"taken back", text(), `"user_123" "op_1" 200 200 true false`},
	} {
		if !strings.Contains(tt.text, tt.has) || strings.Contains(empty, tt.has) {
			t.Errorf("%s: %s does not say %s", tt.what, tt.text, tt.has)
		}
	}
}
