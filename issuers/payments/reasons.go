// Reasons: what payments refuse to confirm with.

package payments

import (
	"tokenshell/issuers"
	"tokenshell/tokens"
)

// The service's own reasons.
const (
	MethodUnknown tokens.Reason = "method_unknown"
	Declined                    = issuers.Declined
)

// Reasons gives the service's own reasons, beside those of the contract.
func Reasons() []tokens.ReasonRow {
	return []tokens.ReasonRow{
		issuers.AmountReason("payments"),
		{Reason: MethodUnknown, Meaning: "the customer has no such payment method", By: "payments", Source: "design"},
		{Reason: Declined, Meaning: "the card declines the authorisation", By: "payments", Source: "design"},
	}
}
