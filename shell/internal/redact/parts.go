// Parts: the payloads and signatures of known tokens, as secret as the whole.

package redact

import (
	"regexp"
	"strings"
)

// leastPart is how long a part of a token is that says something.
const leastPart = 24

// longPiece finds what may be a part of a token.
var longPiece = regexp.MustCompile(`[A-Za-z0-9_-]{24,}`)

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
	return longPiece.ReplaceAllStringFunc(text, func(piece string) string {
		if p.known[piece] {
			return Token
		}
		return piece
	})
}
