// Parts: the payloads and signatures of known tokens, as secret as the whole.

package redact

import "strings"

// leastPart is how long a part of a token must be to say something.
const leastPart = 24

// Parts are the parts of known tokens that a forger lacks. The zero value knows
// none. Not safe for concurrent use.
type Parts struct{ known map[string]bool }

// Know learns the parts of a token.
func (p *Parts) Know(raw string) {
	if p.known == nil {
		p.known = map[string]bool{}
	}
	for _, part := range secretParts(raw) {
		p.known[part] = true
	}
}

// Forget forgets the parts of a token.
func (p *Parts) Forget(raw string) {
	for _, part := range secretParts(raw) {
		delete(p.known, part)
	}
}

func secretParts(raw string) []string {
	_, rest, _ := strings.Cut(raw, ".")
	var parts []string
	for part := range strings.SplitSeq(rest, ".") {
		if len(part) >= leastPart {
			parts = append(parts, part)
		}
	}
	return parts
}

// Hide replaces tokens in a text, and the parts of those that are known.
func (p *Parts) Hide(text string) string {
	text = Tokens(text)
	if len(p.known) == 0 {
		return text
	}
	var b strings.Builder
	copied := 0
	for i := 0; i < len(text); i++ {
		begin := i
		for i < len(text) && isBase64URL[text[i]] {
			i++
		}
		if i-begin >= leastPart && p.known[text[begin:i]] {
			b.WriteString(text[copied:begin] + Token)
			copied = i
		}
	}
	if copied == 0 {
		return text
	}
	return b.String() + text[copied:]
}
