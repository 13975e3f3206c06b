// The span: a duration in a line or a file.

package syntax

import (
	"fmt"
	"math"
	"regexp"
	"strings"
	"sync"
	"time"
)

// Span is a duration as people write it: 90s, 1m30s, 1d12h, 2w.
type Span time.Duration

// UnmarshalText reads a span.
func (s *Span) UnmarshalText(text []byte) error {
	d, err := ParseSpan(string(text))
	*s = Span(d)
	return err
}

// String writes a span so that it can be typed: 90 s are 1m30s.
func (s Span) String() string {
	text := time.Duration(s).String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// longUnits are the units that Go does not know, in hours.
var longUnits = map[string]int64{"d": 24, "w": 7 * 24}

// longPart is a part of a span in such a unit.
var longPart = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`([0-9]+(?:\.[0-9]*)?|\.[0-9]+)([dw])`) })

// plainSpan is a duration as it is written, however long it is.
var plainSpan = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^([0-9]+[hms])+$`) })

// ParseSpan reads a duration: Go's, and days of 24 hours and weeks. The error
// says how to write it.
func ParseSpan(text string) (time.Duration, error) {
	unsigned, negative := strings.CutPrefix(text, "-")
	if !negative {
		unsigned = strings.TrimPrefix(text, "+")
	}
	var total time.Duration
	bad, long := strings.ContainsAny(unsigned, "+-"), false
	add := func(part string, times int64) {
		d, err := time.ParseDuration(part)
		if err != nil || int64(d) > (math.MaxInt64-int64(total))/times {
			bad = true
			long = long || plainSpan().MatchString(part)
			return
		}
		total += d * time.Duration(times)
	}
	rest := longPart().ReplaceAllStringFunc(unsigned, func(part string) string {
		unit := part[len(part)-1:]
		add(strings.TrimSuffix(part, unit)+"h", longUnits[unit])
		return ""
	})
	if rest != "" || unsigned == "" {
		add(rest, 1)
	}
	if bad && long {
		return 0, fmt.Errorf("%q is too long: a duration has at most 292 years", text)
	}
	if bad {
		return 0, fmt.Errorf("%q is not a duration: write %s", text, spelling(unsigned))
	}
	if negative {
		total = -total
	}
	return total, nil
}

// spokenUnits are units as they are said, and how each is written.
var spokenUnits = map[string]string{
	"sec": "s", "secs": "s", "second": "s", "seconds": "s", "min": "m", "mins": "m", "minute": "m", "minutes": "m",
	"hr": "h", "hrs": "h", "hour": "h", "hours": "h", "day": "d", "days": "d", "week": "w", "weeks": "w",
	"s": "s", "m": "m", "h": "h", "d": "d", "w": "w",
}

// spoken is a duration as it is said: a number and a unit.
var spoken = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^([0-9]+) *([a-zA-Z]+)$`) })

// spelling says how a duration is written that was written in another way.
func spelling(text string) string {
	if m := spoken().FindStringSubmatch(text); m != nil {
		if unit := spokenUnits[strings.ToLower(m[2])]; unit != "" && m[1]+unit != text {
			return m[1] + unit
		}
	}
	return "one such as 90s, 1h30m or 1d"
}
