// Look-alikes: names that a reader would take for a party's.

package world

import (
	"slices"

	"tokenshell/shell/internal/syntax"
	"tokenshell/shell/internal/wire"
	"tokenshell/tokens"
)

// LooksLike gives the party of this world that a name could be taken for; empty
// when there is none. Its own name is one of them.
func (w *World) LooksLike(name string) string {
	parties := []string{"client", wire.Relay, wire.Relay2, "kms", "ledger", tokens.Audience}
	for _, p := range w.Parties {
		parties = append(parties, p.Name, p.Handle, p.Issuer(), p.Handle+".svc")
	}
	for _, s := range w.Standins {
		if s.Name != name { // whose it is, is asked elsewhere
			parties = append(parties, s.Name)
		}
	}
	at := slices.IndexFunc(parties, func(other string) bool { return syntax.LookAlike(other, name) })
	if at < 0 {
		return ""
	}
	return parties[at]
}
