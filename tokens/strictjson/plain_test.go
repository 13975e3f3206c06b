// The plain reading: strict JSON as it was written first, without any means of
// being fast. What [Parse] answers is held against it.

package strictjson

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// FuzzScanner: both readings of any text say the same, to the last word.
func FuzzScanner(f *testing.F) {
	for _, tt := range strictTexts {
		if len(tt.text) <= 8192 {
			f.Add([]byte(tt.text))
		}
	}
	f.Add([]byte(`{"iss":"coupons.svc","aud":["order-processing","coupons.svc"],"iat":1767225600,"constraints":{"coupon_ref":"c"}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		fast, err := Parse(string(text))
		plain, plainErr := plainObject(text)
		if fmt.Sprint(err) != fmt.Sprint(plainErr) {
			t.Fatalf("%q: %v, plainly %v", text, err, plainErr)
		}
		if diff := cmp.Diff(plain, fast); diff != "" {
			t.Fatalf("%q (-plain +fast):\n%s", text, diff)
		}
	})
}

func plainObject(text []byte) (Object, error) {
	s := plainScanner{text: text}
	s.space()
	if s.peek() != '{' {
		return nil, s.errorf("no JSON object")
	}
	o, err := s.object(1, true)
	if err != nil {
		return nil, err
	}
	s.space()
	if s.at < len(s.text) {
		return nil, s.errorf("trailing bytes")
	}
	return o, nil
}

// plainScanner walks a text. Every method leaves at behind what it has read.
type plainScanner struct {
	text []byte
	at   int
}

func (s *plainScanner) errorf(format string, args ...any) error {
	return fmt.Errorf("%s at byte %d", fmt.Sprintf(format, args...), s.at)
}

// peek gives the next byte, 0 at the end (0 is never legal in a JSON text).
func (s *plainScanner) peek() byte {
	if s.at < len(s.text) {
		return s.text[s.at]
	}
	return 0
}

func (s *plainScanner) space() {
	for s.at < len(s.text) {
		switch s.text[s.at] {
		case ' ', '\t', '\n', '\r':
			s.at++
		default:
			return
		}
	}
}

func (s *plainScanner) value(depth int) error {
	switch c := s.peek(); {
	case c == '{':
		_, err := s.object(depth+1, false)
		return err
	case c == '[':
		return s.array(depth + 1)
	case c == '"':
		_, err := s.str(false)
		return err
	case c == '-' || c >= '0' && c <= '9':
		return s.number()
	default:
		for _, word := range [...]string{"true", "false", "null"} {
			if strings.HasPrefix(string(s.text[s.at:min(s.at+len(word), len(s.text))]), word) {
				s.at += len(word)
				return nil
			}
		}
		return s.errorf("no JSON value")
	}
}

// object reads an object; its members are kept only when asked for.
func (s *plainScanner) object(depth int, keep bool) (Object, error) {
	if depth > maxDepth {
		return nil, s.errorf("nested over %d deep", maxDepth)
	}
	s.at++
	s.space()
	if s.peek() == '}' {
		s.at++
		return nil, nil
	}
	var (
		seen  plainNames
		found Object
	)
	if keep {
		found = make(Object, 0, 12)
	}
	for {
		if s.peek() != '"' {
			return nil, s.errorf("no member name")
		}
		name, err := s.str(true)
		if err != nil {
			return nil, err
		}
		if !seen.add(name) {
			return nil, s.errorf("duplicate member")
		}
		s.space()
		if s.peek() != ':' {
			return nil, s.errorf("no colon")
		}
		s.at++
		s.space()
		start := s.at
		if err := s.value(depth); err != nil {
			return nil, err
		}
		if keep {
			found = append(found, Member{name, string(s.text[start:s.at])})
		}
		s.space()
		switch s.peek() {
		case ',':
			s.at++
			s.space()
		case '}':
			s.at++
			return found, nil
		default:
			return nil, s.errorf("no comma and no closing brace")
		}
	}
}

func (s *plainScanner) array(depth int) error {
	if depth > maxDepth {
		return s.errorf("nested over %d deep", maxDepth)
	}
	s.at++
	s.space()
	if s.peek() == ']' {
		s.at++
		return nil
	}
	for {
		if err := s.value(depth); err != nil {
			return err
		}
		s.space()
		switch s.peek() {
		case ',':
			s.at++
			s.space()
		case ']':
			s.at++
			return nil
		default:
			return s.errorf("no comma and no closing bracket")
		}
	}
}

func (s *plainScanner) digits() bool {
	start := s.at
	for c := s.peek(); c >= '0' && c <= '9'; c = s.peek() {
		s.at++
	}
	return s.at > start
}

func (s *plainScanner) number() error {
	if s.peek() == '-' {
		s.at++
	}
	zero := s.peek() == '0'
	start := s.at
	if !s.digits() || zero && s.at > start+1 {
		return s.errorf("no JSON number")
	}
	if s.peek() == '.' {
		s.at++
		if !s.digits() {
			return s.errorf("no JSON number")
		}
	}
	if c := s.peek(); c == 'e' || c == 'E' {
		s.at++
		if c := s.peek(); c == '+' || c == '-' {
			s.at++
		}
		if !s.digits() {
			return s.errorf("no JSON number")
		}
	}
	return nil
}

// str reads a string and gives it decoded when asked to.
func (s *plainScanner) str(decode bool) (string, error) {
	s.at++
	start, plain := s.at, true
	for s.at < len(s.text) {
		switch c := s.text[s.at]; {
		case c == '"':
			raw := s.text[start:s.at]
			s.at++
			if !decode {
				return "", nil
			}
			if plain {
				return string(raw), nil
			}
			return plainUnescape(raw), nil
		case c == '\\':
			plain = false
			if err := s.escape(); err != nil {
				return "", err
			}
		case c < 0x20:
			return "", s.errorf("control character in a string")
		case c < utf8.RuneSelf:
			s.at++
		default:
			r, size := utf8.DecodeRune(s.text[s.at:])
			if r == utf8.RuneError && size == 1 {
				return "", s.errorf("invalid UTF-8")
			}
			s.at += size
		}
	}
	return "", s.errorf("unclosed string")
}

// escape steps over one escape; a surrogate must come as a pair.
func (s *plainScanner) escape() error {
	s.at++
	switch s.peek() {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		s.at++
		return nil
	case 'u':
		unit, ok := plainHex4(s.text[s.at+1:])
		if !ok {
			return s.errorf("no hexadecimal escape")
		}
		if !utf16.IsSurrogate(unit) {
			s.at += 5
			return nil
		}
		rest := s.text[s.at+5:]
		if len(rest) >= 6 && rest[0] == '\\' && rest[1] == 'u' {
			if low, ok := plainHex4(rest[2:]); ok && utf16.DecodeRune(unit, low) != utf8.RuneError {
				s.at += 11
				return nil
			}
		}
		return s.errorf("lone surrogate")
	default:
		return s.errorf("unknown escape")
	}
}

// hex4 reads four hexadecimal digits.
func plainHex4(b []byte) (rune, bool) {
	if len(b) < 4 {
		return 0, false
	}
	n, err := strconv.ParseUint(string(b[:4]), 16, 16)
	return rune(n), err == nil
}

// unescape decodes the inside of a string that the plainScanner has accepted.
func plainUnescape(raw []byte) (text string) {
	_ = json.Unmarshal(slices.Concat([]byte{'"'}, raw, []byte{'"'}), &text) // which has no way to fail
	return text
}

// plainNames finds duplicates: by looking for the first few names, by a map
// beyond, so that the time does not grow with the square of their number.
type plainNames struct {
	few  []string
	room [8]string
	many map[string]bool
}

func (s *plainNames) add(name string) bool {
	if slices.Contains(s.few, name) || s.many[name] {
		return false
	}
	if len(s.few) < len(s.room) {
		s.few = append(s.room[:len(s.few)], name)
		return true
	}
	if s.many == nil {
		s.many = make(map[string]bool, 32)
	}
	s.many[name] = true
	return true
}
