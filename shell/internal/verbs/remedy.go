// Remedies: what to try next as things stand.

package verbs

import (
	"slices"
	"strings"

	"tokenshell/orchestrator"
	"tokenshell/shell/internal/client"
	"tokenshell/shell/internal/world"
	"tokenshell/tokens"
)

// Remedy says what to try next after a command was refused: the reason's lesson,
// as far as the state of the order that it was about allows it. TOKEN stands for
// the token that the command was about.
func Remedy(c *client.Client, kinds []*world.Kind, reason tokens.Reason, words []string) string {
	next := c.World.Plan.InCurrency(LessonOf(kinds, reason).Next)
	order, known := orderOf(c, words)
	switch {
	case !known || order.State == orchestrator.Open:
		return next
	case reason == tokens.SessionClosed:
		return remedyOfEnded(c, order, words)
	default: // nothing is confirmed for this order any more
		return strings.Replace(next, "confirm again", "session new and confirm again", 1)
	}
}

// remedyOfEnded says what to try with an order that accepts nothing any more: one
// whose redemption has not ended is taken to its end.
func remedyOfEnded(c *client.Client, order orchestrator.Snapshot, words []string) string {
	if order.State != orchestrator.Stuck && order.State != orchestrator.Redeeming {
		return anOrderEndsOnce
	}
	resume := "redeem --resume"
	if order.ID != c.Order {
		resume = "session use " + order.ID + " and " + resume
	}
	if slices.ContainsFunc(words, func(word string) bool { return slices.Contains([]string{"redeem", "checkout", "close"}, word) }) {
		return resume + " takes it to its end"
	}
	return "session new opens another; " + resume + " takes this one to its end"
}

// orderOf gives the order that a command was about: one that is named, or the
// current one, or the one of a token that is named when the current one is open.
func orderOf(c *client.Client, words []string) (order orchestrator.Snapshot, known bool) {
	var ids []string
	if len(words) > 2 && words[0] == "session" {
		ids = append(ids, words[2])
	}
	ids = append(ids, c.Order)
	for _, word := range words {
		if t := c.Wallet.ByHandle[word]; t != nil {
			ids = append(ids, t.Ref.Order)
		}
	}
	for _, id := range ids {
		if snap, err := c.World.Relay.Session(id); err == nil && (!known || order.State == orchestrator.Open) {
			order, known = snap, true
		}
	}
	return order, known
}
