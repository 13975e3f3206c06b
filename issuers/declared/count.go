// Counting: amounts as whole numbers, whatever they are of.

package declared

import (
	"fmt"

	"github.com/bojanz/currency"
)

// Count gives an amount as books count it: a whole number as it is, money in the
// smallest units of its currency, rounded half up. The error says that it is neither, or too much.
func Count(amount any) (int64, error) {
	switch amount := amount.(type) {
	case int64:
		return amount, nil
	case currency.Amount:
		n, err := amount.Int64()
		if err != nil {
			return 0, fmt.Errorf("%s is too much to be counted", amount.Number())
		}
		return n, nil
	}
	return 0, fmt.Errorf("%v is not an amount", amount)
}
