// Quoting: how text from a token gets into a message.

package tokens

import "strconv"

// quoteLimit is how many bytes of a foreign text a message shows.
const quoteLimit = 64

// quote gives text escaped to ASCII, quoted and cut, so that nothing in a
// token can write to a terminal or a log (CWE-117).
func quote(text string) string {
	if len(text) > quoteLimit {
		return strconv.QuoteToASCII(text[:quoteLimit]) + "..."
	}
	return strconv.QuoteToASCII(text)
}
