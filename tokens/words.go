// Words: numbers and durations as every party writes them for people.

package tokens

import (
	"fmt"
	"math"
	"time"
)

// Count writes a number of things: 1 time, 2 times.
func Count[N int | int64](n N, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// HowLong writes a duration: 400 ms, 30 s, 1 min 53 s, 3 h 20 min, 12 d. It says
// no more than two units, and no fractions.
func HowLong(d time.Duration) string {
	d = d.Round(time.Millisecond)
	switch {
	case d < 0:
		return "-" + HowLong(-max(d, -math.MaxInt64))
	case d > 0 && d < time.Second:
		return fmt.Sprintf("%d ms", d/time.Millisecond)
	}
	d = d.Round(time.Second)
	two := func(big, small time.Duration, bigName, smallName string) string {
		text := fmt.Sprintf("%d %s", d/big, bigName)
		if rest := d % big / small; rest > 0 {
			text += fmt.Sprintf(" %d %s", rest, smallName)
		}
		return text
	}
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", d/time.Second)
	case d < time.Hour:
		return two(time.Minute, time.Second, "min", "s")
	case d < 48*time.Hour:
		return two(time.Hour, time.Minute, "h", "min")
	default:
		return two(24*time.Hour, time.Hour, "d", "h")
	}
}
