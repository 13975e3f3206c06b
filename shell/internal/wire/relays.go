// Relays: which of those that share a store is asked, and asks.

package wire

import "context"

// The relays of a world: the first, and another process over the same store and
// ledger, of which most worlds have none.
const (
	Relay  = "relay"
	Relay2 = "relay-2"
)

// IsRelay reports whether a party is one of the relays.
func IsRelay(party string) bool { return party == Relay || party == Relay2 }

type relayKey struct{}

// At has the relay of a name be asked, and be the one that asks, from here on.
func At(ctx context.Context, relay string) context.Context {
	return context.WithValue(ctx, relayKey{}, relay)
}

// RelayOf gives the relay that is asked here, or asks: the first one unless At says
// another.
func RelayOf(ctx context.Context) string {
	if relay, ok := ctx.Value(relayKey{}).(string); ok {
		return relay
	}
	return Relay
}

// copyKey is where the attempt stands of which a copy is delivered.
type copyKey struct{}

// copied has it known, to whoever is asked, that this is the second of two copies of
// a question, whose answer goes to nobody.
func copied(ctx context.Context, attempt string) context.Context {
	return context.WithValue(ctx, copyKey{}, attempt)
}

// IsCopy reports whether what a party is asked in an attempt is such a copy.
func IsCopy(ctx context.Context, attempt string) bool {
	of, ok := ctx.Value(copyKey{}).(string)
	return ok && of == attempt
}
