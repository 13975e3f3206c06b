// Text: small things that many lines say.

package page

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"

	"tokenshell/tokens"
)

// Elapsed writes how long something took: as [tokens.HowLong], and below a
// minute to the hundredth of a second.
func Elapsed(d time.Duration) string {
	if d = d.Round(10 * time.Millisecond); d < time.Second || d >= time.Minute {
		return tokens.HowLong(d)
	}
	return strconv.FormatFloat(float64(d.Milliseconds())/1000, 'f', -1, 64) + " s"
}

// Prefixed gives a text with what stands before it; nothing when it is empty.
func Prefixed(prefix, what string) string {
	if what == "" {
		return ""
	}
	return prefix + what
}

// Some names a few of many.
func Some(names []string) string {
	const few = 6
	if len(names) <= few {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:few], ", "), len(names)-few)
}

// Count gives a number of things: 1 time, 2 times.
func Count(n int, what string) string { return tokens.Count(n, what) }

// OrDash gives a text, or a dash when it is empty.
func OrDash(what string) string {
	if what == "" {
		return "-"
	}
	return what
}

// YesNo says yes or no.
func YesNo(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}

// Columns counts the columns that a text takes.
func Columns(what string) int { return text.StringWidthWithoutEscSequences(what) }
