// Nearest: did you mean?

package exit

import (
	"fmt"
	"strings"
)

// Nearest gives the name that text was probably meant to be; empty when none
// is near.
func Nearest(text string, names []string) string {
	best, limit := "", 1+len(text)/4
	for _, name := range names {
		if max(len(text)-len(name), len(name)-len(text)) > limit {
			continue // and no long rubbish is compared
		}
		d := distance(text, name)
		if strings.EqualFold(text, name) {
			d = min(d, 1) // alg-12 for ALG-12 is one mistake
		}
		if d <= limit {
			best, limit = name, d-1
		}
	}
	return best
}

// Meant gives a hint: the nearest of the names, or else what is said otherwise.
func Meant(text string, names []string, otherwise string) string {
	if near := Nearest(text, names); near != "" {
		return fmt.Sprintf("did you mean %s?", near)
	}
	return otherwise
}

// distance counts the edits between two words: characters added, left out,
// changed, or two that changed places (optimal string alignment).
func distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
