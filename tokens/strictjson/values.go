// Values: what a member that the scanner has accepted holds.

package strictjson

import (
	"strconv"
	"strings"
)

// String gives the string that raw is; ok is false for other values.
// raw must come from the scanner.
func String(raw string) (value string, ok bool) {
	if len(raw) < 2 || raw[0] != '"' {
		return "", false
	}
	inside := raw[1 : len(raw)-1]
	if strings.IndexByte(inside, '\\') >= 0 {
		return unescape(inside), true
	}
	return inside, true
}

// Strings gives the strings of an array; ok is false for other values.
// raw must come from the scanner.
func Strings(raw string) (values []string, ok bool) {
	if len(raw) < 2 || raw[0] != '[' {
		return nil, false
	}
	s := scanner{text: raw, at: 1}
	values = make([]string, 0, strings.Count(raw, ",")+1)
	for {
		s.space()
		switch s.peek() {
		case ']':
			return values, true
		case ',':
			s.at++
			continue
		case '"':
			value, _ := s.str(true)
			values = append(values, value)
		default:
			return nil, false
		}
	}
}

// Int gives the integer that raw is, written as one: no fraction, no
// exponent. ok is false for other values and beyond 2^62 either way, which
// leaves room for sums.
func Int(raw string) (value int64, ok bool) {
	n, err := strconv.ParseInt(raw, 10, 64)
	if err != nil || n > 1<<62 || n < -1<<62 {
		return 0, false
	}
	return n, true
}

// IsNull reports whether raw is null.
func IsNull(raw string) bool { return raw == "null" }
