// JSON values: what a member that the scanner has accepted holds.

package tokens

// decodeString gives the string that raw is; ok is false for other values.
// raw must come from the scanner.
func decodeString(raw []byte) (value string, ok bool) {
	if len(raw) < 2 || raw[0] != '"' {
		return "", false
	}
	inside := raw[1 : len(raw)-1]
	for _, c := range inside {
		if c == '\\' {
			return unescape(inside), true
		}
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
	digits, negative := raw, false
	if len(digits) > 0 && digits[0] == '-' {
		digits, negative = digits[1:], true
	}
	if len(digits) == 0 || len(digits) > 19 {
		return 0, false
	}
	var n uint64
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + uint64(c-'0')
	}
	if n > 1<<62 {
		return 0, false
	}
	if negative {
		return -int64(n), true
	}
	return int64(n), true
}

func isNull(raw []byte) bool { return string(raw) == "null" }
