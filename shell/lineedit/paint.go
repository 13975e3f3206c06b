package lineedit

// What is drawn beyond the line itself: the hint, and the cursor's true place.

import (
	"strconv"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
)

// Paint is called by readline for each drawing; what it returns is written after the prompt. readline
// goes on from where that ends, by one column back for each rune behind the cursor.
func (t *terminal) Paint(line []rune, pos int) []rune {
	defer t.restoreOnPanic()
	t.line, t.pos = line, pos
	if n := len(line); n > 0 && line[n-1] == '\n' {
		return line // given up, or done
	}
	extra := ""
	if pos < len(line) {
		extra = t.correction(line, pos)
	} else {
		extra = t.hint(string(line))
	}
	if extra == "" {
		return line
	}
	return append(line[:len(line):len(line)], []rune(extra)...)
}

// correction moves the cursor by what readline gets wrong behind it: a wide rune is two columns and a
// combining one none. Only within one row; over several, readline counts rows by its own widths.
func (t *terminal) correction(line []rune, pos int) string {
	if t.used(string(line)) >= t.width {
		return ""
	}
	behind := line[pos:]
	switch off := displayWidth(string(behind)) - len(behind); {
	case off > 0:
		return strings.Repeat("\b", off)
	case off < 0:
		return "\x1b[" + strconv.Itoa(-off) + "C"
	}
	return ""
}

// hint is what is still to come, dim, with the cursor put back: cut so that it never reaches the last
// column, from where a terminal may wrap.
func (t *terminal) hint(line string) string {
	if t.config.Hint == nil || !t.config.Color || t.asking {
		return ""
	}
	room := t.width - t.used(line) - 1
	if room < 1 {
		return ""
	}
	what := t.config.Hint(line, len(line))
	if !printable(what) {
		return ""
	}
	if what = text.Trim(what, room); what == "" {
		return ""
	}
	return "\x1b7" + dim(what, true) + "\x1b8"
}

// used is how many columns the prompt and the line take.
func (t *terminal) used(line string) int {
	return displayWidth(t.prompt) + displayWidth(line)
}
