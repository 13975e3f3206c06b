// Package strictjson reads a JSON object in one pass that refuses what encoding/json
// lets through, and copies nothing: what a token says before anybody has verified it
// costs little to read, whatever it is.
package strictjson

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth is how deep objects and arrays may nest; the outermost counts.
const maxDepth = 32

// Member is one member of an object: its decoded name and its value as it
// stands in the text. Both are parts of the text, so that nothing is copied, but for
// a name with escapes: to keep one for long, clone it.
type Member struct{ Name, Raw string }

// Object is a JSON object whose members are known to have distinct names.
type Object []Member

// Get gives the value of the named member; ok is false when it is absent.
func (o Object) Get(name string) (raw string, ok bool) {
	for i := range o {
		if o[i].Name == name {
			return o[i].Raw, true
		}
	}
	return "", false
}

// Parse gives the members of a text that is exactly one JSON object (RFC 8259) in
// UTF-8, without lone surrogates, without duplicate members at any depth and nested
// at most 32 deep. The error says what is wrong and at which byte, quoting nothing.
func Parse(text string) (Object, error) {
	var o Object
	if err := o.Read(text); err != nil {
		return nil, err
	}
	return o, nil
}

// Read is [Parse] that puts the members behind what is there already; after an error
// they are worth nothing.
func (o *Object) Read(text string) error {
	s := scanner{text: text, names: nameRooms.Get().(*names)}
	defer s.names.release()
	s.space()
	if s.peek() != '{' {
		return s.errorf("no JSON object")
	}
	if err := s.object(1, o); err != nil {
		return err
	}
	s.space()
	if s.at < len(s.text) {
		return s.errorf("trailing bytes")
	}
	return nil
}

// scanner walks a text. Every method leaves at behind what it has read.
type scanner struct {
	text  string
	at    int
	names *names
	last  uint64 // number of an object
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
			if strings.HasPrefix(s.text[s.at:], word) {
				s.at += len(word)
				return nil
			}
		}
		return s.errorf("no JSON value")
	}
}

// object reads an object; its members are kept only when somebody wants them.
func (s *scanner) object(depth int, keep *Object) error {
	if depth > maxDepth {
		return s.errorf("nested over %d deep", maxDepth)
	}
	s.at++
	s.space()
	if s.peek() == '}' {
		s.at++
		return nil
	}
	s.last++
	this := s.last
	for {
		if s.peek() != '"' {
			return s.errorf("no member name")
		}
		name, err := s.str(true)
		if err != nil {
			return err
		}
		if !s.names.add(nameIn{this, name}) {
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
			*keep = append(*keep, Member{name, s.text[start:s.at]})
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
			if decode && !plain {
				return unescape(raw), nil
			}
			return raw, nil
		case c == '\\':
			plain = false
			if err := s.escape(); err != nil {
				return "", err
			}
		case c < 0x20:
			return "", s.errorf("control character in a string")
		default:
			r, size := utf8.DecodeRuneInString(s.text[s.at:])
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
func hex4(text string) (rune, bool) {
	if len(text) < 4 {
		return 0, false
	}
	n, err := strconv.ParseUint(text[:4], 16, 16)
	return rune(n), err == nil
}

// unescape decodes the inside of a string that the scanner has accepted.
func unescape(raw string) string {
	var room [64]byte
	text := room[:0]
	for {
		at := strings.IndexByte(raw, '\\')
		if at < 0 {
			return string(append(text, raw...))
		}
		text = append(text, raw[:at]...)
		c := raw[at+1]
		raw = raw[at+2:]
		if c != 'u' {
			text = append(text, escapes[c])
			continue
		}
		r, _ := hex4(raw)
		raw = raw[4:]
		if utf16.IsSurrogate(r) { // the first of a pair
			low, _ := hex4(raw[2:])
			r, raw = utf16.DecodeRune(r, low), raw[6:]
		}
		text = utf8.AppendRune(text, r)
	}
}

// escapes are what stands behind a backslash, and what it means.
var escapes = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}
