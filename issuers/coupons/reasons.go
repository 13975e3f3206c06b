// Reasons: what coupons refuse to confirm with.

package coupons

import (
	"tokenshell/tokens"
)

// The service's own reasons.
const (
	Unknown       tokens.Reason = "coupon_unknown"
	Inactive      tokens.Reason = "coupon_inactive"
	Exhausted     tokens.Reason = "coupon_exhausted"
	MinimumNotMet tokens.Reason = "minimum_not_met"
	NotCombinable tokens.Reason = "not_combinable"
)

// Reasons gives the service's own reasons, beside those of the contract.
func Reasons() []tokens.ReasonRow {
	return []tokens.ReasonRow{
		{Reason: Unknown, Meaning: "no such coupon", By: "coupons", Source: "design"},
		{Reason: Inactive, Meaning: "the coupon is not valid now", By: "coupons", Source: "design"},
		{Reason: Exhausted, Meaning: "the coupon is used up, in total or by this customer", By: "coupons", Source: "design"},
		{Reason: MinimumNotMet, Meaning: "the order's subtotal is below the coupon's minimum", By: "coupons", Source: "design"},
		{Reason: NotCombinable, Meaning: "another coupon is in this order, and not both can be combined", By: "coupons", Source: "design"},
	}
}
