// Folding: long text in lines that fit a window.

package page

import (
	"regexp"
	"strings"
	"sync"

	"github.com/jedib0t/go-pretty/v6/text"
)

// FoldTo breaks text between words at a window's edge; without a window it is one
// line. A word that is wider than the window stays whole, to be copied.
func FoldTo(what string, width int) []string {
	if width == 0 {
		return []string{what}
	}
	return fold(what, width, true)
}

// Fold breaks text into lines of a width, between words where it can. A colour
// ends with its line and goes on in the next one.
func Fold(what string, width int) []string { return fold(what, width, false) }

func fold(what string, width int, whole bool) []string {
	f := &folder{width: max(width, 2), whole: whole} // a wide character must find its place
	words := strings.Split(what, " ")
	for i := 0; i < len(words); i++ {
		word := words[i]
		if n := durationOf(words[i:]); n > 1 {
			if whole := strings.Join(words[i:i+n], " "); text.StringWidthWithoutEscSequences(whole) <= f.width {
				f.word(whole, i > 0)
				i += n - 1
				continue
			}
		}
		f.word(word, i > 0)
	}
	return f.end()
}

// How durations are written, as [tokens.HowLong] does.
var (
	howMany = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^-?[0-9]+$`) })
	ofWhat  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(ms|s|min|h|d)\b`) })
)

// durationOf counts the words that are one duration, such as 1 min 59 s: they
// stand in one line, where it has the room.
func durationOf(words []string) int {
	n := 0
	for n+1 < len(words) && howMany().MatchString(words[n]) && ofWhat().MatchString(words[n+1]) {
		n += 2
	}
	return n
}

// folder makes lines.
type folder struct {
	width int
	whole bool // no word is broken
	lines []string
	line  strings.Builder
	used  int    // columns of the line
	gap   int    // spaces that wait for a word behind them
	color string // the sequences in force
}

// escapePiece is a colour, or a character.
var escapePiece = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\x1b\[[0-9;]*m|(?s:.)`) })

func (f *folder) word(word string, spaced bool) {
	if spaced && f.used > 0 {
		f.gap++
	}
	wide := text.StringWidthWithoutEscSequences(word)
	if f.used > 0 && f.used+f.gap+wide > f.width && wide > 0 {
		f.next()
	}
	if wide > 0 {
		f.line.WriteString(strings.Repeat(" ", f.gap))
		f.used += f.gap
		f.gap = 0
	}
	for _, piece := range escapePiece().FindAllString(word, -1) {
		n := text.StringWidthWithoutEscSequences(piece)
		switch {
		case piece == text.EscapeReset:
			f.color = ""
		case len(piece) > 1 && piece[0] == '\x1b':
			f.color += piece
		case f.used+n > f.width && !f.whole:
			f.next()
		}
		f.line.WriteString(piece)
		f.used += n
	}
}

// next begins a line.
func (f *folder) next() {
	if f.color != "" {
		f.line.WriteString(text.EscapeReset)
	}
	f.lines = append(f.lines, f.line.String())
	f.line.Reset()
	f.line.WriteString(f.color)
	f.used, f.gap = 0, 0
}

// end gives the lines: one at least.
func (f *folder) end() []string {
	if f.used > 0 || len(f.lines) == 0 || f.color == "" && f.line.Len() > 0 {
		return append(f.lines, f.line.String())
	}
	return f.lines
}
