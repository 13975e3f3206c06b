// Money: amounts as CEL computes with them, exactly.

package rules

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"

	"tokenshell/issuers/currency"
)

// moneyType is money's type in CEL.
var moneyType = types.NewObjectType("money", traits.AdderType|traits.SubtractorType|traits.MultiplierType|traits.DividerType|traits.ComparerType)

// money is an amount of the world's currency.
type money struct{ currency.Amount }

// mostMoney is more than any amount that is computed: below it every sum and
// product is exact.
const mostMoney = "1000000000000000"

var errTooMuch = errors.New("the sum is too large")

// computed gives an amount as a value, or says that it is too large.
func computed(amount currency.Amount, err error) ref.Val {
	if err == nil {
		most, _ := currency.New(mostMoney, amount.CurrencyCode()) // both are good
		least, _ := currency.New("-"+mostMoney, amount.CurrencyCode())
		above, aboveErr := amount.Cmp(most)
		below, belowErr := amount.Cmp(least)
		if aboveErr != nil || belowErr != nil || above >= 0 || below <= 0 {
			err = errTooMuch
		}
	}
	if err != nil {
		return types.WrapErr(err)
	}
	return money{amount}
}

// Add adds money; see [traits.Adder].
func (m money) Add(other ref.Val) ref.Val {
	o, ok := other.(money)
	if !ok {
		return types.MaybeNoSuchOverloadErr(other)
	}
	return computed(m.Amount.Add(o.Amount))
}

// Subtract subtracts money; see [traits.Subtractor].
func (m money) Subtract(other ref.Val) ref.Val {
	o, ok := other.(money)
	if !ok {
		return types.MaybeNoSuchOverloadErr(other)
	}
	return computed(m.Amount.Sub(o.Amount))
}

// Multiply takes an amount so many times; see [traits.Multiplier].
func (m money) Multiply(other ref.Val) ref.Val {
	n, ok := other.(types.Int)
	if !ok {
		return types.MaybeNoSuchOverloadErr(other)
	}
	return computed(m.Mul(strconv.FormatInt(int64(n), 10)))
}

// Divide gives a part of an amount, rounded half up to the currency's decimals; see
// [traits.Divider].
func (m money) Divide(by ref.Val) ref.Val {
	n, ok := by.(types.Int)
	switch {
	case !ok:
		return types.MaybeNoSuchOverloadErr(by)
	case n == 0:
		return types.NewErr("division by zero")
	}
	return computed(m.Div(int64(n)), nil)
}

// Compare compares money; see [traits.Comparer].
func (m money) Compare(other ref.Val) ref.Val {
	o, ok := other.(money)
	if !ok {
		return types.MaybeNoSuchOverloadErr(other)
	}
	c, err := m.Cmp(o.Amount)
	if err != nil {
		return types.WrapErr(err)
	}
	return types.Int(c)
}

// ConvertToNative gives the amount; see [ref.Val].
func (m money) ConvertToNative(to reflect.Type) (any, error) {
	if to == reflect.TypeFor[currency.Amount]() {
		return m.Amount, nil
	}
	return nil, fmt.Errorf("money is no %v", to)
}

// ConvertToType gives the amount as a string; see [ref.Val].
func (m money) ConvertToType(to ref.Type) ref.Val {
	switch to {
	case types.StringType:
		return types.String(m.Number())
	case moneyType:
		return m
	case types.TypeType:
		return moneyType
	}
	return types.NewErr("money is no %s", to.TypeName())
}

// Equal compares money: 5.0 is 5.00; see [ref.Val].
func (m money) Equal(other ref.Val) ref.Val {
	o, ok := other.(money)
	if !ok {
		return types.False
	}
	c, err := m.Cmp(o.Amount)
	return types.Bool(err == nil && c == 0)
}

// Type is money's; see [ref.Val].
func (m money) Type() ref.Type { return moneyType }

// Value is the amount; see [ref.Val].
func (m money) Value() any { return m.Amount }
