// Strict JSON: one pass over a JSON text that refuses what encoding/json lets
// through.

package tokens

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth is how deep objects and arrays may nest; the outermost counts.
const maxDepth = 32

// member is one member of an object: its decoded name and its value as it
// stands in the text.
type member struct {
	name string
	raw  []byte
}

// object is a JSON object whose members are known to have distinct names.
type object []member

// get gives the value of the named member; ok is false when it is absent.
func (o object) get(name string) (raw []byte, ok bool) {
	for i := range o {
		if o[i].name == name {
			return o[i].raw, true
		}
	}
	return nil, false
}

// StrictObject reports whether text is exactly one JSON object (RFC 8259) in
// UTF-8, without lone surrogates, without duplicate members at any depth and
// nested at most 32 deep. The error says what is wrong and at which byte,
// quoting nothing.
func StrictObject(text []byte) error {
	_, err := parseObject(nil, text)
	return err
}

// parseObject gives the members of an object, behind what to holds.
func parseObject(to object, text []byte) (object, error) {
	s := scanner{text: text}
	s.space()
	if s.peek() != '{' {
		return nil, s.errorf("no JSON object")
	}
	if err := s.object(1, &to); err != nil {
		return nil, err
	}
	s.space()
	if s.at < len(s.text) {
		return nil, s.errorf("trailing bytes")
	}
	return to, nil
}

// scanner walks a text. Every method leaves at behind what it has read.
type scanner struct {
	text []byte
	at   int
}

func (s *scanner) errorf(format string, args ...any) error {
	return fmt.Errorf("%s at byte %d", fmt.Sprintf(format, args...), s.at)
}

// peek gives the next byte, 0 at the end (0 is never legal in a JSON text).
func (s *scanner) peek() byte {
	if s.at < len(s.text) {
		return s.text[s.at]
	}
	return 0
}

func (s *scanner) space() {
	for s.at < len(s.text) {
		switch s.text[s.at] {
		case ' ', '\t', '\n', '\r':
			s.at++
		default:
			return
		}
	}
}

func (s *scanner) value(depth int) error {
	switch c := s.peek(); {
	case c == '{':
		return s.object(depth+1, nil)
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

// object reads an object; its members are kept only when somebody wants them.
func (s *scanner) object(depth int, keep *object) error {
	if depth > maxDepth {
		return s.errorf("nested over %d deep", maxDepth)
	}
	s.at++
	s.space()
	if s.peek() == '}' {
		s.at++
		return nil
	}
	var seen nameSet
	for {
		if s.peek() != '"' {
			return s.errorf("no member name")
		}
		name, err := s.str(true)
		if err != nil {
			return err
		}
		if !seen.add(name) {
			return s.errorf("duplicate member")
		}
		s.space()
		if s.peek() != ':' {
			return s.errorf("no colon")
		}
		s.at++
		s.space()
		start := s.at
		if err := s.value(depth); err != nil {
			return err
		}
		if keep != nil {
			*keep = append(*keep, member{name, s.text[start:s.at]})
		}
		s.space()
		switch s.peek() {
		case ',':
			s.at++
			s.space()
		case '}':
			s.at++
			return nil
		default:
			return s.errorf("no comma and no closing brace")
		}
	}
}

func (s *scanner) array(depth int) error {
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

func (s *scanner) digits() bool {
	start := s.at
	for c := s.peek(); c >= '0' && c <= '9'; c = s.peek() {
		s.at++
	}
	return s.at > start
}

func (s *scanner) number() error {
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
func (s *scanner) str(decode bool) (string, error) {
	s.at++
	start, plain := s.at, true
	for s.at < len(s.text) {
		switch c := s.text[s.at]; {
		case c >= 0x20 && c < utf8.RuneSelf && c != '"' && c != '\\':
			s.at++
		case c == '"':
			raw := s.text[start:s.at]
			s.at++
			switch {
			case !decode:
				return "", nil
			case !plain:
				return unescape(raw), nil
			}
			return string(raw), nil
		case c == '\\':
			plain = false
			if err := s.escape(); err != nil {
				return "", err
			}
		case c < 0x20:
			return "", s.errorf("control character in a string")
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
func (s *scanner) escape() error {
	s.at++
	switch s.peek() {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		s.at++
		return nil
	case 'u':
		unit, ok := hex4(s.text[s.at+1:])
		if !ok {
			return s.errorf("no hexadecimal escape")
		}
		if !utf16.IsSurrogate(unit) {
			s.at += 5
			return nil
		}
		rest := s.text[s.at+5:]
		if len(rest) >= 6 && rest[0] == '\\' && rest[1] == 'u' {
			if low, ok := hex4(rest[2:]); ok && utf16.DecodeRune(unit, low) != utf8.RuneError {
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
func hex4(b []byte) (rune, bool) {
	if len(b) < 4 {
		return 0, false
	}
	n, err := strconv.ParseUint(string(b[:4]), 16, 16)
	return rune(n), err == nil
}

// unescape decodes the inside of a string that the scanner has accepted.
func unescape(raw []byte) (text string) {
	_ = json.Unmarshal(slices.Concat([]byte{'"'}, raw, []byte{'"'}), &text) // which has no way to fail
	return text
}

// nameSet finds duplicates: by looking for the first few names, by a map
// beyond, so that the time does not grow with the square of their number.
type nameSet struct {
	few  [16]string // our payload has ten
	n    int
	many map[string]bool
}

func (s *nameSet) add(name string) bool {
	if slices.Contains(s.few[:s.n], name) || s.many[name] {
		return false
	}
	if s.n < len(s.few) {
		s.few[s.n] = name
		s.n++
		return true
	}
	if s.many == nil {
		s.many = make(map[string]bool, 32)
	}
	s.many[name] = true
	return true
}
