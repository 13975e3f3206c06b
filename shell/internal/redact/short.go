// Short: lines that nobody reads to their end.

package redact

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// MostShown is how much a report shows of a line, in bytes.
const MostShown = 2000

// Short cuts each line of a text behind so many bytes, between characters, and says
// how much was left out. It is for what is free of tokens already: a half of one
// would not be recognised.
func Short(text string, most int) string {
	if len(text) <= most {
		return text
	}
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		cut := most
		for cut > 0 && cut < len(line) && !utf8.RuneStart(line[cut]) {
			cut--
		}
		if cut < len(line)-1 { // a single byte is shorter than what would be said of it
			lines[i] = fmt.Sprintf("%s… and %d bytes more", line[:cut], len(line)-cut)
		}
	}
	return strings.Join(lines, "\n")
}
