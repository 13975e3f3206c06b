// Quoting: how text from a token gets into a message.

package tokens

import (
	"fmt"
	"strconv"
	"strings"
)

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

// quoteAll quotes the first few of some texts, and counts the others.
func quoteAll(texts []string) string {
	const few = 3
	if len(texts) == 0 {
		return "nobody"
	}
	quoted := make([]string, 0, few)
	for _, text := range texts[:min(few, len(texts))] {
		quoted = append(quoted, quote(text))
	}
	if more := len(texts) - few; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(quoted, ", "), more)
	}
	return strings.Join(quoted, ", ")
}
