package currency_test

import (
	"fmt"
	"testing"

	other "github.com/bojanz/currency"
	"pgregory.net/rapid"

	"tokenshell/issuers/currency"
)

// Another library, whose table is made from ISO 4217, knows the same currencies.
func TestCurrencies(t *testing.T) {
	known := 0
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			for c := 'A'; c <= 'Z'; c++ {
				code := string([]rune{a, b, c})
				digits, ok := currency.Digits(code)
				want, is := other.GetDigits(code)
				if digits != want || ok != is || currency.IsKnown(code) != is {
					t.Errorf("%s: %d decimals, %t; want %d, %t", code, digits, ok, want, is)
				}
				if ok {
					known++
				}
			}
		}
	}
	if known != len(other.GetCurrencyCodes()) {
		t.Errorf("%d currencies are known, and there are %d", known, len(other.GetCurrencyCodes()))
	}
	for _, code := range []string{"", "eur", "EU", "EURO"} {
		if _, err := currency.New("1", code); err == nil || currency.IsKnown(code) {
			t.Errorf("%q is a currency", code)
		}
		if _, err := currency.OfUnits(1, code); err == nil {
			t.Errorf("%q has units", code)
		}
	}
}

// same holds an amount against what the other library makes of it.
func same(t interface{ Errorf(string, ...any) }, what string, got currency.Amount, want other.Amount) {
	written := want.Number()
	if want.IsZero() && written[0] == '-' { // theirs has a nothing below nothing
		written = written[1:]
	}
	if got.Number() != written || got.CurrencyCode() != want.CurrencyCode() || got.IsPositive() != want.IsPositive() || got.IsNegative() != want.IsNegative() {
		t.Errorf("%s is %s, want %s", what, got, want)
	}
}

// Sums, differences, products, roundings, units and comparisons are those of
// another library, which computes with 19 or 39 digits: of amounts within what a
// world file may say, and of sums that are larger.
func TestAmountsAreThoseOfAnotherLibrary(t *testing.T) {
	codes := rapid.SampledFrom([]string{"EUR", "JPY", "KWD", "CLF"})
	numbers := rapid.StringMatching(`-?[0-9]{1,15}(\.[0-9]{1,4})?`)
	times := rapid.OneOf(rapid.StringMatching(`-?[0-9]{1,6}(\.[0-9]{1,6})?`), rapid.Map(rapid.Int64(), func(n int64) string { return fmt.Sprint(n) }))
	rapid.Check(t, func(t *rapid.T) {
		code := codes.Draw(t, "code")
		read := func(text string) (currency.Amount, other.Amount) {
			a, err := currency.New(text, code)
			b, otherErr := other.NewAmount(text, code)
			if err != nil || otherErr != nil {
				t.Fatalf("%s: %v; %v", text, err, otherErr)
			}
			same(t, text, a, b)
			return a, b
		}
		x, y := numbers.Draw(t, "x"), numbers.Draw(t, "y")
		ax, bx := read(x)
		ay, by := read(y)
		n := times.Draw(t, "n")
		for _, row := range []struct {
			what string
			of   func() (currency.Amount, error)
			want func() (other.Amount, error)
		}{
			{x + " + " + y, func() (currency.Amount, error) { return ax.Add(ay) }, func() (other.Amount, error) { return bx.Add(by) }},
			{x + " - " + y, func() (currency.Amount, error) { return ax.Sub(ay) }, func() (other.Amount, error) { return bx.Sub(by) }},
			{x + " * " + n, func() (currency.Amount, error) { return ax.Mul(n) }, func() (other.Amount, error) { return bx.Mul(n) }},
		} {
			got, err := row.of()
			want, otherErr := row.want()
			if err != nil || otherErr != nil {
				t.Fatalf("%s: %v; %v", row.what, err, otherErr)
			}
			same(t, row.what, got, want)
			same(t, row.what+", rounded", got.Round(), want.Round())
			same(t, row.what+", rounded down", got.RoundDown(), want.RoundTo(other.DefaultDigits, other.RoundDown))
			units, err := got.Units()
			wanted, otherErr := want.Int64()
			if (err == nil) != (otherErr == nil) || err == nil && units != wanted {
				t.Errorf("%s is %d units, %v; want %d, %v", row.what, units, err, wanted, otherErr)
			}
			if err == nil {
				again, _ := currency.OfUnits(units, code)
				if !again.Equal(got.Round()) {
					t.Errorf("%d units are %s", units, again)
				}
			}
		}
		by64 := rapid.Int64Range(-1000, 1000).Filter(func(n int64) bool { return n != 0 }).Draw(t, "parts")
		part, otherErr := bx.Div(fmt.Sprint(by64))
		if otherErr != nil {
			t.Fatal(otherErr)
		}
		same(t, fmt.Sprintf("%s / %d", x, by64), ax.Div(by64), part.Round())
		c, err := ax.Cmp(ay)
		want, otherErr := bx.Cmp(by)
		if c != want || err != nil || otherErr != nil || ax.Equal(ay) != bx.Equal(by) {
			t.Errorf("%s beside %s is %d, want %d", x, y, c, want)
		}
	})
}

func TestTwoCurrencies(t *testing.T) {
	euro, _ := currency.New("1.00", "EUR")
	yen, _ := currency.New("1", "JPY")
	if _, err := euro.Add(yen); err == nil {
		t.Error("they were added")
	}
	if _, err := euro.Sub(yen); err == nil {
		t.Error("they were subtracted")
	}
	if _, err := euro.Cmp(yen); err == nil || euro.Equal(yen) {
		t.Error("they were compared")
	}
	if got := fmt.Sprint(euro, currency.Amount{}); got != "1.00 EUR 0 " {
		t.Errorf("got %q", got)
	}
}

func TestWhatIsNoNumber(t *testing.T) {
	one, _ := currency.New("1", "EUR")
	for _, text := range []string{"", "one", "NaN", "Infinity", "1,5", "0x10", "１", "1\n", "1 000", "--1", "1.2.3"} {
		if a, err := currency.New(text, "EUR"); err == nil {
			t.Errorf("%q is %s", text, a)
		}
		if a, err := one.Mul(text); err == nil {
			t.Errorf("%q times one is %s", text, a)
		}
	}
}
