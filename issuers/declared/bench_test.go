package declared_test

import (
	"strconv"
	"testing"

	"tokenshell/issuers"
	"tokenshell/issuers/coupons"
	"tokenshell/issuers/declared"
	"tokenshell/issuers/issuerstest"
	"tokenshell/issuers/payments"
	"tokenshell/tokens"
)

// A declared service beside the built-in one that holds the same, in one run: each
// operation confirms and redeems.
func BenchmarkConfirmAndRedeem(b *testing.B) {
	many := issuerstest.Money(b, "900000000.00", "EUR")
	card, units := int64(900_000_000_00), int64(1_000_000_000)
	for _, tt := range []struct {
		name    string
		confirm func(b *testing.B) (s redeemer, confirm func(issuers.Order) (tokens.Issued, error))
	}{
		{"quota/coupons", func(b *testing.B) (redeemer, func(issuers.Order) (tokens.Issued, error)) {
			s := issuerstest.New(b, "coupons", coupons.Capability, func(c issuers.Config) (*coupons.Service, error) {
				return coupons.New(b.Context(), coupons.Config{Config: c, Currency: "EUR", Customers: []string{"user_123"}, Coupons: []coupons.Coupon{{Code: "TEN", Percent: 10, Combinable: true, Total: int(units)}}})
			})
			return s, func(o issuers.Order) (tokens.Issued, error) {
				return s.Service.Confirm(b.Context(), o, "TEN")
			}
		}},
		{"quota/declared", func(b *testing.B) (redeemer, func(issuers.Order) (tokens.Issued, error)) {
			s := bench(b, &declared.Declaration{
				Name: "stock", Capability: "stock:reserve", Holds: declared.Quota, Things: []declared.Thing{{ID: "TEN", Units: &units}},
				Constraints: []declared.Member{{Name: "thing", Value: digest(thingID)}, {Name: "amount", Value: digest(func(env *declared.Env) (any, error) { return env.Amount, nil })}},
			})
			return s, func(o issuers.Order) (tokens.Issued, error) {
				return s.Service.Confirm(b.Context(), o, declared.Ask{Thing: "TEN"})
			}
		}},
		{"authorisation/payments", func(b *testing.B) (redeemer, func(issuers.Order) (tokens.Issued, error)) {
			s := issuerstest.New(b, "payments", payments.Capability, func(c issuers.Config) (*payments.Service, error) {
				return payments.New(b.Context(), payments.Config{Config: c, Currency: "EUR", Customers: []string{"user_123"}, Cards: map[string][]payments.Card{"user_123": {{ID: "visa", Number: "4242424242424242", Limit: many}}}})
			})
			return s, func(o issuers.Order) (tokens.Issued, error) {
				return s.Service.Confirm(b.Context(), o, "1.00", "visa")
			}
		}},
		{"authorisation/declared", func(b *testing.B) (redeemer, func(issuers.Order) (tokens.Issued, error)) {
			d := cards()
			d.Things[0].Limit = card
			d.Constraints = []declared.Member{{Name: "thing", Value: digest(thingID)}, {Name: "amount", Value: digest(argument("amount"))}}
			d.Sealed = []declared.Member{{Name: "thing", Value: expr(thingID)}}
			s := bench(b, d)
			return s, func(o issuers.Order) (tokens.Issued, error) {
				return s.Service.Confirm(b.Context(), o, declared.Ask{Thing: "visa", Arguments: map[string]any{"amount": "1.00"}})
			}
		}},
	} {
		b.Run(tt.name, func(b *testing.B) {
			s, confirm := tt.confirm(b)
			b.ReportAllocs()
			for n := 0; b.Loop(); n++ {
				order := issuerstest.OrderOf("op_"+strconv.Itoa(n), "user_123")
				issued, err := confirm(order)
				if err == nil {
					_, err = s.Redeem(issued, order, "a")
				}
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// redeemer is a stage of any service.
type redeemer interface {
	Redeem(tokens.Issued, issuers.Order, string) (tokens.Receipt, error)
}

func bench(b *testing.B, d *declared.Declaration) *issuerstest.Stage[*declared.Service] {
	return issuerstest.New(b, d.Name, d.Capability, func(c issuers.Config) (*declared.Service, error) {
		return declared.New(b.Context(), declared.Config{Config: c, Currency: "EUR", Customers: []string{"user_123"}, Declaration: d})
	})
}
