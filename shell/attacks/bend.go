// Bends: what is done to segments, signatures and finished tokens.

package attacks

import (
	"crypto/elliptic"
	"encoding/asn1"
	"encoding/hex"
	"math/big"
	"strings"
)

const urlAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// spare sets a spare bit at the end of a base64 segment (RFC 4648 3.5). A
// segment without a spare bit is left as it is, so a row has to make sure that
// there is one.
func spare(segment string) string {
	if len(segment)%4 == 0 {
		return segment
	}
	last := len(segment) - 1
	return segment[:last] + string(urlAlphabet[strings.IndexByte(urlAlphabet, segment[last])|1])
}

// spareAtEnd sets a spare bit at the end of a token's signature, of which 64 bytes
// leave some.
func spareAtEnd(token string) string {
	cut := strings.LastIndexByte(token, '.') + 1
	return token[:cut] + spare(token[cut:])
}

// lookAlikes are letters that look like others (UTS 39), the commonest first.
var lookAlikes = []struct{ latin, cyrillic string }{{"o", "\u043e"}, {"a", "\u0430"}, {"e", "\u0435"}, {"i", "\u0456"}, {"s", "\u0455"}, {"c", "\u0441"}, {"p", "\u0440"}, {"x", "\u0445"}, {"y", "\u0443"}}

// lookingAlike changes one letter for another that looks the same.
func lookingAlike(text string) string {
	for _, l := range lookAlikes {
		if strings.Contains(text, l.latin) {
			return strings.Replace(text, l.latin, l.cyrillic, 1)
		}
	}
	return text
}

func standardAlphabet(segment string) string {
	return strings.NewReplacer("-", "+", "_", "/").Replace(segment)
}

func padded(segment string) string { return segment + strings.Repeat("=", (4-len(segment)%4)%4) }

// prefixed, suffixed and inserted add a text in front, behind and in the middle.
func prefixed(with string) func(string) string {
	return func(text string) string { return with + text }
}
func suffixed(with string) func(string) string {
	return func(text string) string { return text + with }
}
func inserted(with string) func(string) string {
	return func(text string) string { return text[:len(text)/2] + with + text[len(text)/2:] }
}

// fixed gives the same text, whatever it is given.
func fixed(text string) func(string) string { return func(string) string { return text } }

// segments rebuilds a token: $1, $2 and $3 are its segments.
func segments(pattern string) func(string) string {
	return func(text string) string {
		parts := append(strings.Split(text, "."), "", "")
		return strings.NewReplacer("$1", parts[0], "$2", parts[1], "$3", parts[2]).Replace(pattern)
	}
}

// order gives the order of P-256's group.
func order() *big.Int { return elliptic.P256().Params().N }

// twin gives the other signature that verifies: S' = n - S.
func twin(signature []byte) []byte {
	r, s := halves(signature)
	return join(r, s.Sub(order(), s))
}

// flat puts fixed numbers in the place of R and S; nil keeps one.
func flat(r, s *big.Int) func([]byte) []byte {
	return func(signature []byte) []byte {
		oldR, oldS := halves(signature)
		if r != nil {
			oldR = r
		}
		if s != nil {
			oldS = s
		}
		return join(oldR, oldS)
	}
}

func swapped(signature []byte) []byte {
	r, s := halves(signature)
	return join(s, r)
}

func der(signature []byte) []byte {
	r, s := halves(signature)
	text, err := asn1.Marshal(struct{ R, S *big.Int }{r, s})
	if err != nil {
		return nil
	}
	return text
}

func hexed(signature []byte) []byte { return []byte(hex.EncodeToString(signature)) }

// wide puts one more byte, a zero, in front of each half.
func wide(signature []byte) []byte {
	return append(append([]byte{0}, signature[:32]...), append([]byte{0}, signature[32:]...)...)
}

func shorter(signature []byte) []byte { return signature[:len(signature)-1] }
func longer(signature []byte) []byte  { return append(append([]byte{}, signature...), 0) }

// flipped changes a bit of one byte.
func flipped(at int) func([]byte) []byte {
	return func(signature []byte) []byte {
		bent := append([]byte{}, signature...)
		bent[at%len(bent)] ^= 1
		return bent
	}
}

// jwe changes the n-th segment of a compact JWE (RFC 7516 7.1).
func jwe(n int, bend func(segment string) string) func(string) string {
	return func(text string) string {
		parts := strings.Split(text, ".")
		if n < len(parts) {
			parts[n] = bend(parts[n])
		}
		return strings.Join(parts, ".")
	}
}

// jweHeader gives a JWE another header.
func jweHeader(text string) func(string) string { return jwe(0, fixed(encode(text))) }

// bumped changes the first character, where no bit is spare.
func bumped(segment string) string {
	if segment == "" {
		return segment
	}
	return string(urlAlphabet[strings.IndexByte(urlAlphabet, segment[0])^1]) + segment[1:]
}

// cut takes n characters off the end; four of them are three bytes.
func cut(n int) func(string) string {
	return func(segment string) string { return segment[:max(0, len(segment)-n)] }
}
