// Decoding: text as it was before a URL, a page or a log encoded it.

package redact

import (
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// view is a text with what was encoded in it decoded: only what may be a part of
// a token, and line breaks.
type view struct {
	plain string
	at    []int // where each byte of plain begins in the text, and its end; nil when nothing was encoded
}

// span gives a piece of the view as a piece of the text.
func (v view) span(from, to int, mark string) span {
	if v.at != nil {
		from, to = v.at[from], v.at[to]
	}
	return span{from, to, mark}
}

// encoded finds a character in a URL (also of one that is encoded twice), in the
// strings of JSON and others, and in HTML; and a line break in a string.
var encoded = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?:%(?:25)*([0-9A-Fa-f]{2})|\\+(?:u00|x)([0-9A-Fa-f]{2})|\\+u\{0*([0-9A-Fa-f]{1,2})\}|&#[xX]0*([0-9A-Fa-f]{2});|&#0*([0-9]{2,3});|(&period;)|(\\+[nr]))`)
})

// decode decodes a text.
func decode(text string) view {
	if !strings.ContainsAny(text, `%\&`) {
		return view{plain: text}
	}
	var plain []byte
	var at []int
	for i := 0; i < len(text); {
		c, size := text[i], 1
		if c == '%' || c == '\\' || c == '&' {
			c, size = unit(text[i:])
		}
		plain, at = append(plain, c), append(at, i)
		i += size
	}
	return view{string(plain), append(at, len(text))}
}

// longestUnit bounds how far an encoding is looked at, in bytes.
const longestUnit = 24

// unit decodes what text begins with: a character that a token may hold, or a
// line break. Anything else is its own first byte.
func unit(text string) (c byte, size int) {
	found := encoded().FindStringSubmatch(text[:min(len(text), longestUnit)])
	if found == nil {
		return text[0], 1
	}
	n, base := "", 16
	for i, group := range found[1:] {
		if group == "" {
			continue
		}
		switch i {
		case 4:
			n, base = group, 10
		case 5:
			n = "2e"
		case 6:
			n = "0a"
		default:
			n = group
		}
	}
	code, err := strconv.ParseUint(n, base, 8)
	if c = byte(code); err != nil || !isBase64URL[c] && c != '.' && c != '\n' && c != '\r' {
		return text[0], 1
	}
	return c, len(found[0])
}
