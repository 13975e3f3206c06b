// Reasons: what points refuse to confirm with.

package points

import (
	"tokenshell/issuers"
	"tokenshell/tokens"
)

// The service's own reasons.
const (
	Insufficient tokens.Reason = "points_insufficient"
)

// Reasons gives the service's own reasons, beside those of the contract.
func Reasons() []tokens.ReasonRow {
	return []tokens.ReasonRow{
		{Reason: Insufficient, Meaning: "fewer points are available than asked for", By: "points", Source: "design"},
		issuers.AmountReason("points"),
	}
}
