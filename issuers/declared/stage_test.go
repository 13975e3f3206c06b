package declared_test

import (
	"errors"
	"testing"
	"time"

	"tokenshell/issuers"
	"tokenshell/issuers/declared"
	"tokenshell/issuers/issuerstest"
	"tokenshell/tokens"
)

// expr is an expression in Go.
type expr func(*declared.Env) (any, error)

// Value computes it.
func (e expr) Value(env *declared.Env) (any, error) { return e(env) }

func argument(name string) expr {
	return func(env *declared.Env) (any, error) { return env.Arguments[name], nil }
}

func column(name string) expr {
	return func(env *declared.Env) (any, error) { return env.Thing.Columns[name], nil }
}

func digest(of expr) expr {
	return func(env *declared.Env) (any, error) {
		value, err := of(env)
		return env.Digest(value), err
	}
}

func fact(name string) expr {
	return func(env *declared.Env) (any, error) {
		if said, is := env.Facts[name]; is {
			return said, nil
		}
		return nil, errors.New("nobody said the fact " + name)
	}
}

func thingID(env *declared.Env) (any, error) { return env.Thing.ID, nil }

func some(n int64) *int64 { return &n }

// stock is goods: at most five of one at once, and none to nowhere.
func stock(t *testing.T) *declared.Declaration {
	return &declared.Declaration{
		Name: "stock", Capability: "stock:reserve", Holds: declared.Quota,
		Things: []declared.Thing{
			{ID: "TSHIRT", Units: some(3), Columns: map[string]any{"price": issuerstest.Money(t, "20.00", "EUR"), "supplier": "ACME"}},
			{ID: "MUG", Units: some(10), PerCustomer: some(2), Columns: map[string]any{"price": issuerstest.Money(t, "8.00", "EUR"), "supplier": "OTHER"}},
			{ID: "AIR", Columns: map[string]any{"price": issuerstest.Money(t, "0.00", "EUR"), "supplier": "NOBODY"}},
		},
		Arguments: []declared.Argument{{Name: "quantity", Type: declared.Integer, Default: int64(1)}},
		Amount:    argument("quantity"),
		Confirm: []declared.Rule{{Reason: "too_many", Says: "at most 5 of one thing", Holds: expr(func(env *declared.Env) (any, error) {
			return env.Arguments["quantity"].(int64) <= 5, nil
		})}},
		Constraints: []declared.Member{{Name: "sku", Value: expr(thingID)}, {Name: "quantity", Value: argument("quantity")}, {Name: "price_sha256", Value: digest(column("price"))}},
		Sealed:      []declared.Member{{Name: "supplier", Value: column("supplier")}},
		Redeem: []declared.Rule{
			{Reason: "cannot_ship", Says: "nothing goes there", Holds: expr(func(env *declared.Env) (any, error) { return env.Facts["country"] != "XX", nil })},
			{Reason: "price_moved", Says: "it costs something else", Holds: expr(func(env *declared.Env) (any, error) {
				return env.Constraints["price_sha256"] == env.Digest(env.Thing.Columns["price"]), nil
			})},
		},
		Receipt: []declared.Member{{Name: "sku", Value: expr(thingID)}, {Name: "reserved", Value: expr(func(env *declared.Env) (any, error) { return env.Amount, nil })}},
	}
}

// gifts are accounts of money.
func gifts() *declared.Declaration {
	return &declared.Declaration{
		Name: "gifts", Capability: "gifts:spend", Holds: declared.Balance, Money: true,
		Arguments: []declared.Argument{{Name: "amount", Type: declared.Money}},
		Amount:    argument("amount"), Accounts: map[string]int64{"user_123": 50_00, "user_456": 0},
	}
}

// cards are instruments of user_123, of which less may be captured.
func cards() *declared.Declaration {
	return &declared.Declaration{
		Name: "cards", Capability: "cards:capture", Holds: declared.Authorisation, Money: true,
		Things:    []declared.Thing{{ID: "visa", Customer: "user_123", Limit: 100_00}, {ID: "anybodys", Limit: 10_00}, {ID: "other", Customer: "user_456", Limit: 10_00}},
		Arguments: []declared.Argument{{Name: "amount", Type: declared.Money}},
		Amount:    argument("amount"),
		Capture: expr(func(env *declared.Env) (any, error) {
			if text, is := env.Facts["payable"]; is {
				return issuers.ParseMoney(text, "EUR")
			}
			return env.Amount, nil
		}),
	}
}

// quote is a word about somebody, given until a time and for so long.
func quote() *declared.Declaration {
	return &declared.Declaration{
		Name: "quote", Capability: "quote:use", Holds: declared.None,
		Things:      []declared.Thing{{ID: "car"}, {ID: "house"}},
		Arguments:   []declared.Argument{{Name: "from", Type: declared.Time}, {Name: "lasts", Type: declared.Duration, Default: time.Hour}, {Name: "with", Type: declared.ThingRef, Default: &declared.Thing{ID: "nothing"}}, {Name: "who", Type: declared.String, Default: ""}},
		Constraints: []declared.Member{{Name: "from", Value: argument("from")}, {Name: "lasts", Value: argument("lasts")}, {Name: "with", Value: argument("with")}, {Name: "country", Value: fact("country")}},
		Receipt:     []declared.Member{{Name: "country", Value: fact("country")}},
	}
}

// shelf is a quota that looks at the order's others: not twice the same, and three of
// a kind at most. A redemption comes to a tenth of what it is the next of.
func shelf(t *testing.T) *declared.Declaration {
	euro := func(n int64) any { return issuers.OfUnits(n*100, "EUR") }
	many := func(env *declared.Env) (n int64) {
		for _, o := range env.Others {
			n += o.Amount.(int64)
		}
		return n
	}
	return &declared.Declaration{
		Name: "shelf", Capability: "shelf:take", Holds: declared.Quota, Others: true,
		Things:    []declared.Thing{{ID: "A", Units: some(200)}, {ID: "B"}},
		Arguments: []declared.Argument{{Name: "quantity", Type: declared.Integer, Default: int64(1)}},
		Amount:    argument("quantity"),
		Confirm: []declared.Rule{
			{Reason: "twice", Says: "not twice the same", Holds: expr(func(env *declared.Env) (any, error) {
				for _, o := range env.Others {
					if o.Thing == env.Thing && o.Thing.ID == "B" {
						return false, nil
					}
				}
				return true, nil
			})},
		},
		Redeem: []declared.Rule{{Reason: "too_many", Says: "100 at most", Holds: expr(func(env *declared.Env) (any, error) { return many(env) <= 100, nil })}},
		Worth: expr(func(env *declared.Env) (any, error) {
			if env.Facts["worth"] != "" {
				return issuers.Sub(issuers.OfUnits(0, "EUR"), issuers.Least("EUR")), nil
			}
			sum := env.Taken.(int64)
			for _, o := range env.Others {
				if o.Redeemed != (o.Taken.(int64) > 0) || o.Redeemed == (declared.Text(o.Worth) == "0.00") || o.Arguments["quantity"] != o.Amount {
					t.Errorf("another is %+v", o)
				}
				sum += o.Taken.(int64)
			}
			return euro(sum), nil
		}),
	}
}

type stage struct {
	*issuerstest.Stage[*declared.Service]
}

func open(t *testing.T, d *declared.Declaration, without ...string) *stage {
	t.Helper()
	return &stage{issuerstest.New(t, d.Name, d.Capability, func(c issuers.Config) (*declared.Service, error) {
		var err error
		if c.Weakness, err = tokens.UnsafeWithout(without...); err != nil {
			return nil, err
		}
		return declared.New(t.Context(), declared.Config{Config: c, Currency: "EUR", Customers: []string{"user_123", "user_456", "user_789"}, Declaration: d})
	})}
}

// confirm asks for a thing; arguments are name, value, name, value.
func (s *stage) confirm(order issuers.Order, thing string, arguments ...any) (tokens.Issued, error) {
	ask := declared.Ask{Thing: thing, Arguments: map[string]any{}}
	for i := 0; i < len(arguments); i += 2 {
		ask.Arguments[arguments[i].(string)] = arguments[i+1]
	}
	return s.Service.Confirm(s.T.Context(), order, ask)
}

func (s *stage) must(issued tokens.Issued, err error) tokens.Issued {
	s.T.Helper()
	s.MustDo(err)
	s.WantBooks()
	return issued
}
