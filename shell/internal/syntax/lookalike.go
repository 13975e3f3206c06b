// Look-alikes: names that a reader would take for each other.

package syntax

import "strings"

// LookAlike reports whether somebody who reads quickly takes one name for the other.
func LookAlike(a, b string) bool { return skeleton(a) == skeleton(b) }

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
