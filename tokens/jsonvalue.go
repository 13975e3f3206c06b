// JSON values: what a member that the scanner has accepted holds.

package tokens

import (
	"bytes"
	"strconv"
)

// decodeString gives the string that raw is; ok is false for other values.
// raw must come from the scanner.
func decodeString(raw []byte) (value string, ok bool) {
	if len(raw) < 2 || raw[0] != '"' {
		return "", false
	}
	inside := raw[1 : len(raw)-1]
	if bytes.IndexByte(inside, '\\') >= 0 {
		return unescape(inside), true
	}
	return string(inside), true
}

// decodeStrings gives the strings of an array; ok is false for other values.
// raw must come from the scanner.
func decodeStrings(raw []byte) (values []string, ok bool) {
	if len(raw) < 2 || raw[0] != '[' {
		return nil, false
	}
	s := scanner{text: raw, at: 1}
	values = []string{}
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

// decodeInt gives the integer that raw is, written as one: no fraction, no
// exponent. ok is false for other values and beyond 2^62 either way, which
// leaves room for sums.
func decodeInt(raw []byte) (value int64, ok bool) {
	n, err := strconv.ParseInt(string(raw), 10, 64)
	if err != nil || n > 1<<62 || n < -1<<62 {
		return 0, false
	}
	return n, true
}

func isNull(raw []byte) bool { return string(raw) == "null" }
