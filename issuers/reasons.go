// Reasons: what every domain may refuse to confirm with.

package issuers

import "tokenshell/tokens"

// The reasons that domains share.
const (
	AmountInvalid       tokens.Reason = "amount_invalid"
	ArgumentInvalid     tokens.Reason = "argument_invalid"
	BalanceInsufficient tokens.Reason = "balance_insufficient"
	CustomerUnknown     tokens.Reason = "customer_unknown"
	Declined            tokens.Reason = "declined"
	QuotaExhausted      tokens.Reason = "quota_exhausted"
	ThingUnknown        tokens.Reason = "thing_unknown"
)

// Reasons gives the reason that any domain may have.
func Reasons() []tokens.ReasonRow {
	return []tokens.ReasonRow{{Reason: CustomerUnknown, Meaning: "the service knows no such customer", By: "every service", Source: "design"}}
}

// AmountReason gives the row of amount_invalid, for a service that takes amounts.
func AmountReason(service string) tokens.ReasonRow {
	return tokens.ReasonRow{Reason: AmountInvalid, Meaning: "an amount, or a whole number, is not written as one; or the amount is not positive", By: service, Source: "design"}
}
