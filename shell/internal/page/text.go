// Text: small things that many lines say.

package page

import (
	"fmt"
	"strings"
	"time"
)

// Elapsed formats a duration for people.
func Elapsed(d time.Duration) string { return d.Round(10 * time.Millisecond).String() }

// Prefixed gives a text with what stands before it; nothing when it is empty.
func Prefixed(prefix, text string) string {
	if text == "" {
		return ""
	}
	return prefix + text
}

// Some names a few of many.
func Some(names []string) string {
	const few = 6
	if len(names) <= few {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:few], ", "), len(names)-few)
}

// HowFar writes how far away a time is: 90 s, 2 min, 5 min 30 s, 3 h 20 min,
// 12 d.
func HowFar(d time.Duration) string {
	d = d.Round(time.Second)
	two := func(big, small time.Duration, bigName, smallName string) string {
		text := fmt.Sprintf("%d %s", d/big, bigName)
		if rest := d % big / small; rest > 0 {
			text += fmt.Sprintf(" %d %s", rest, smallName)
		}
		return text
	}
	switch {
	case d < 2*time.Minute:
		return fmt.Sprintf("%d s", d/time.Second)
	case d < 2*time.Hour:
		return two(time.Minute, time.Second, "min", "s")
	case d < 48*time.Hour:
		return two(time.Hour, time.Minute, "h", "min")
	default:
		return fmt.Sprintf("%d d", d/(24*time.Hour))
	}
}

// Count gives a number of things: 1 time, 2 times.
func Count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// OrDash gives a text, or a dash when it is empty.
func OrDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// YesNo says yes or no.
func YesNo(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}
