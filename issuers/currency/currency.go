// Package currency is exact amounts of money: a decimal, and the ISO 4217 code of
// the currency that it is of.
package currency

import (
	"fmt"

	"github.com/shopspring/decimal"
)

// Amount is an amount of one currency. It keeps as many decimals as it was given,
// zeros too. The zero value is nothing, of no currency.
type Amount struct {
	number decimal.Decimal
	code   string
}

// New reads an amount such as "140.00". The error says that it is none, or that
// the currency is unknown.
func New(text, code string) (Amount, error) {
	number, err := decimal.NewFromString(text)
	if err != nil {
		return Amount{}, fmt.Errorf("invalid number %q", text)
	}
	if !IsKnown(code) {
		return Amount{}, unknown(code)
	}
	return Amount{number, code}, nil
}

// OfUnits gives so many of a currency's smallest units. The error says that the
// currency is unknown.
func OfUnits(n int64, code string) (Amount, error) {
	digits, ok := Digits(code)
	if !ok {
		return Amount{}, unknown(code)
	}
	return Amount{decimal.New(n, -int32(digits)), code}, nil
}

func unknown(code string) error { return fmt.Errorf("unknown currency %q", code) }

// Number writes the amount with all decimals that it has.
func (a Amount) Number() string { return a.number.StringFixed(-a.number.Exponent()) }

// CurrencyCode gives the code of its currency.
func (a Amount) CurrencyCode() string { return a.code }

// String writes the amount and its currency.
func (a Amount) String() string { return a.Number() + " " + a.code }

// Units gives the amount in its currency's smallest units, rounded half up. The
// error says that they are too many for an int64.
func (a Amount) Units() (int64, error) {
	units := a.Round().number
	units = units.Shift(-units.Exponent())
	if n := units.BigInt(); n.IsInt64() {
		return n.Int64(), nil
	}
	return 0, fmt.Errorf("%s is too much to be counted", a.Number())
}

// Add gives a + b. The error says that they are of two currencies.
func (a Amount) Add(b Amount) (Amount, error) {
	return Amount{a.number.Add(b.number), a.code}, a.alike(b)
}

// Sub gives a - b. The error says that they are of two currencies.
func (a Amount) Sub(b Amount) (Amount, error) {
	return Amount{a.number.Sub(b.number), a.code}, a.alike(b)
}

// Mul gives the amount so many times, which need be no whole number: "0.75". The
// error says that it is none.
func (a Amount) Mul(times string) (Amount, error) {
	n, err := decimal.NewFromString(times)
	if err != nil {
		return Amount{}, fmt.Errorf("invalid number %q", times)
	}
	return Amount{a.number.Mul(n), a.code}, nil
}

// Div gives a part of the amount with the decimals that its currency has, rounded
// half up. n is not 0.
func (a Amount) Div(n int64) Amount {
	digits, _ := Digits(a.code) // which it has, or it has none
	return Amount{a.number.DivRound(decimal.NewFromInt(n), int32(digits)), a.code}
}

// Cmp gives -1, 0 or 1, as a is less than b, equal, or more. The error says that
// they are of two currencies.
func (a Amount) Cmp(b Amount) (int, error) { return a.number.Cmp(b.number), a.alike(b) }

// Equal reports whether they are as much, of one currency: 5.0 is 5.00.
func (a Amount) Equal(b Amount) bool { return a.code == b.code && a.number.Equal(b.number) }

// IsPositive reports a > 0.
func (a Amount) IsPositive() bool { return a.number.IsPositive() }

// IsNegative reports a < 0.
func (a Amount) IsNegative() bool { return a.number.IsNegative() }

// Round gives the amount with the decimals that its currency has, rounded half up.
func (a Amount) Round() Amount {
	digits, _ := Digits(a.code) // which it has, or it has none
	return Amount{a.number.Round(int32(digits)), a.code}
}

// RoundDown gives the amount with the decimals that its currency has, without the
// others.
func (a Amount) RoundDown() Amount {
	digits, _ := Digits(a.code) // which it has, or it has none
	return Amount{a.number.RoundDown(int32(digits)), a.code}
}

// alike says that two amounts are of two currencies.
func (a Amount) alike(b Amount) error {
	if a.code != b.code {
		return fmt.Errorf("amounts %q and %q have mismatched currency codes", a, b)
	}
	return nil
}
