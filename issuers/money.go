// Money: amounts of one currency, as people write them.

package issuers

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/bojanz/currency"
)

// moneyText is what an amount looks like: digits, and at most four decimals,
// the most that any currency has. No sign, no exponent, no separators.
var moneyText = regexp.MustCompile(`^[0-9]{1,12}(\.[0-9]{1,4})?$`)

// ParseMoney reads an amount such as "140.00" in the currency (ISO 4217). It
// wants no more decimals than the currency has, and gives the amount with all
// of them. The error quotes the text and says what belongs there.
func ParseMoney(text, code string) (currency.Amount, error) {
	digits, ok := currency.GetDigits(code)
	if !ok {
		return currency.Amount{}, fmt.Errorf("unknown currency %q", code)
	}
	_, decimals, _ := strings.Cut(text, ".")
	if !moneyText.MatchString(text) || len(decimals) > int(digits) {
		return currency.Amount{}, fmt.Errorf("%q is not an amount of %s: write one such as 140.00, with at most %d decimals", text, code, digits)
	}
	amount, err := currency.NewAmount(text, code)
	if err != nil {
		return currency.Amount{}, err
	}
	return amount.Round(), nil
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
