// Look-alikes: names that a reader would take for a party's.

package world

import (
	"slices"
	"strings"

	"tokenshell/tokens"
)

// LooksLike gives the party of this world that a name could be taken for; empty
// when there is none. Its own name is one of them.
func (w *World) LooksLike(name string) string {
	parties := []string{"client", "relay", "kms", "ledger", tokens.Audience}
	for _, p := range w.Parties {
		parties = append(parties, p.Name, p.Handle, p.Issuer(), p.Handle+".svc")
	}
	for _, s := range w.Standins {
		if s.Name != name { // whose it is, is asked elsewhere
			parties = append(parties, s.Name)
		}
	}
	at := slices.IndexFunc(parties, func(other string) bool { return skeleton(other) == skeleton(name) })
	if at < 0 {
		return ""
	}
	return parties[at]
}

// skeleton gives what is left of a name in the eyes of somebody who reads it
// quickly: its letters, without their case, and what looks like them.
func skeleton(name string) string {
	letters := strings.Map(func(r rune) rune {
		switch {
		case r == '0':
			return 'o'
		case r == '1' || r == 'i' || r == '|' || r == '!':
			return 'l'
		case r == '5' || r == '$':
			return 's'
		case r >= 'a' && r <= 'z' || r >= '2' && r <= '9':
			return r
		}
		return -1
	}, strings.ToLower(name))
	return strings.NewReplacer("rn", "m", "vv", "w").Replace(letters)
}
