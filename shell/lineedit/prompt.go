package lineedit

// The prompt, in a form that readline measures rightly.

import (
	"regexp"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/jedib0t/go-pretty/v6/text"
)

var colour = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\x1b\[[0-9;:]*m`) })

// cleanPrompt keeps the colours and the printable runes of a prompt.
func cleanPrompt(prompt string) string {
	var out strings.Builder
	for len(prompt) > 0 {
		if sgr := colour().FindString(prompt); sgr != "" {
			out.WriteString(sgr)
			prompt = prompt[len(sgr):]
			continue
		}
		r, size := utf8.DecodeRuneInString(prompt)
		if !unicode.IsControl(r) {
			out.WriteRune(r)
		}
		prompt = prompt[size:]
	}
	return out.String()
}

// fitPrompt leaves at least a quarter of the width to the line: readline loops for ever over a prompt
// that is as wide as its terminal. What is cut goes at the front, and the colours with it.
func fitPrompt(prompt string, width int) string {
	room := width * 3 / 4
	if displayWidth(prompt) <= room {
		return prompt
	}
	if room == 0 {
		return ""
	}
	runes := []rune(text.StripEscape(prompt))
	for len(runes) > 0 && displayWidth(string(runes)) > room-1 {
		runes = runes[1:]
	}
	return "…" + string(runes)
}
