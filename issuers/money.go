// Money: amounts of one currency, as people write them.

package issuers

import (
	"fmt"
	"regexp"
	"strings"
	"sync"

	"tokenshell/issuers/currency"
)

// ParseMoney reads an amount such as "140.00" in the currency (ISO 4217). It
// wants no more decimals than the currency has, and gives the amount with all
// of them. The error quotes the text and says what belongs there.
func ParseMoney(text, code string) (currency.Amount, error) {
	digits, ok := currency.Digits(code)
	if !ok {
		return currency.Amount{}, fmt.Errorf("unknown currency %q", code)
	}
	whole, decimals, dotted := strings.Cut(text, ".")
	if len(whole) > 12 && isDigits(whole, len(whole)) {
		return currency.Amount{}, fmt.Errorf("%q is not an amount of %s: write one such as %s, with at most 12 digits before its decimals", text, code, Like("140.00", code))
	}
	if !isDigits(whole, 12) || dotted && !isDigits(decimals, int(digits)) {
		most := fmt.Sprintf("with at most %d decimals", digits)
		if digits == 0 {
			most = "without decimals"
		}
		return currency.Amount{}, fmt.Errorf("%q is not an amount of %s: write one such as %s, %s", text, code, Like("140.00", code), most)
	}
	amount, err := currency.New(text, code)
	if err != nil {
		return currency.Amount{}, err
	}
	return amount.Round(), nil
}

// isDigits reports whether a text is digits, at least one and at most so many. A
// regular expression that counts costs every start 0.1 ms.
func isDigits(text string, most int) bool {
	return text != "" && len(text) <= most && strings.Trim(text, "0123456789") == ""
}

// Like writes an example of two decimals as people who use the currency write
// it: "80.00" is "80" in yen and "80.000" in dinars. What has no place behind
// the point becomes a whole unit.
func Like(example, code string) string {
	amount, err := currency.New(example, code)
	if err != nil {
		return example
	}
	return roundUp(amount).Number()
}

// price is an example of an amount in a text: 80.00, and not 0.01.
var price = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\b[1-9][0-9]*\.[0-9]{2}\b`) })

// LikeIn writes every example of an amount in a text as [Like] does. A part of
// one unit, such as the value of a point, stays.
func LikeIn(text, code string) string {
	return price().ReplaceAllStringFunc(text, func(example string) string { return Like(example, code) })
}

// OfUnits gives the amount of so many of the smallest units of a currency.
func OfUnits(n int64, code string) currency.Amount {
	amount, err := currency.OfUnits(n, code)
	must(err)
	return amount
}

// Least gives the smallest positive amount of a currency.
func Least(code string) currency.Amount { return OfUnits(1, code) }

// Part gives a share, such as "0.75", of an amount: rounded up, so that it is
// positive when the amount is.
func Part(amount currency.Amount, share string) currency.Amount {
	part, err := amount.Mul(share)
	must(err)
	return roundUp(part)
}

// roundUp rounds an amount that is not negative up to its currency's decimals.
// The library's own RoundUp makes nothing of 0.01 yen.
func roundUp(amount currency.Amount) currency.Amount {
	rounded := amount.RoundDown()
	if Less(rounded, amount) {
		return Add(rounded, Least(amount.CurrencyCode()))
	}
	return rounded
}

// A world has one currency, so sums of two do not happen; if they did, no
// amount would be right.

// Less reports a < b.
func Less(a, b currency.Amount) bool {
	c, err := a.Cmp(b)
	must(err)
	return c < 0
}

// Add gives a + b.
func Add(a, b currency.Amount) currency.Amount {
	sum, err := a.Add(b)
	must(err)
	return sum
}

// Sub gives a - b.
func Sub(a, b currency.Amount) currency.Amount {
	difference, err := a.Sub(b)
	must(err)
	return difference
}

func must(err error) {
	if err != nil {
		panic("issuers: " + err.Error())
	}
}
