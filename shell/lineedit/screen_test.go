package lineedit

// A terminal's screen, as far as readline and this package use one.

import (
	"strconv"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
)

type screen struct {
	cols, rows int
	cells      [][]string // "" is the right half of a wide rune
	row, col   int
	wrap       bool // the last column is written; the next rune wraps
	saved      [2]int
	held       string // an escape sequence that has not ended
	written    int    // bytes
	bells      int
	dim        bool
	dimmed     strings.Builder // what was written dim
	raw        strings.Builder
}

func newScreen(cols, rows int) *screen {
	s := &screen{cols: cols, rows: rows}
	for range rows {
		s.cells = append(s.cells, blank(cols))
	}
	return s
}

func blank(n int) []string { return strings.Split(strings.Repeat(" ", n), "") }

func (s *screen) write(b []byte) {
	s.written += len(b)
	s.raw.Write(b)
	for _, r := range string(b) {
		switch {
		case s.held != "":
			s.held += string(r)
			s.escape()
		case r == '\x1b':
			s.held = "\x1b"
		default:
			s.put(r)
		}
	}
}

func (s *screen) put(r rune) {
	switch r {
	case '\r':
		s.col, s.wrap = 0, false
	case '\n':
		s.lineFeed()
	case '\b':
		s.col, s.wrap = max(s.col-1, 0), false
	case '\a':
		s.bells++
	default:
		s.print(r)
	}
}

func (s *screen) print(r rune) {
	width := text.RuneWidth(r)
	if width == 0 {
		return
	}
	if s.wrap || s.col+width > s.cols {
		s.col = 0
		s.lineFeed()
	}
	if s.dim {
		s.dimmed.WriteRune(r)
	}
	s.cells[s.row][s.col] = string(r)
	for i := 1; i < width && s.col+i < s.cols; i++ {
		s.cells[s.row][s.col+i] = ""
	}
	s.col += width
	if s.wrap = s.col >= s.cols; s.wrap {
		s.col = s.cols - 1
	}
}

func (s *screen) lineFeed() {
	s.wrap = false
	if s.row++; s.row < s.rows {
		return
	}
	s.row = s.rows - 1
	s.cells = append(s.cells[1:], blank(s.cols))
}

func (s *screen) escape() {
	seq := s.held
	final := seq[len(seq)-1]
	switch {
	case seq == "\x1b7":
		s.saved = [2]int{s.row, s.col}
	case seq == "\x1b8":
		s.row, s.col, s.wrap = s.saved[0], s.saved[1], false
		s.dim = false
	case len(seq) == 2 && final == '[':
		return
	case len(seq) > 2 && (final < '@' || final > '~'):
		return
	case len(seq) > 2:
		s.csi(seq[2:len(seq)-1], final)
	}
	s.held = ""
}

func (s *screen) csi(params string, final byte) {
	n, err := strconv.Atoi(params)
	if err != nil || n == 0 {
		n = 1
	}
	switch final {
	case 'A':
		s.row, s.wrap = max(s.row-n, 0), false
	case 'C':
		s.col, s.wrap = min(s.col+n, s.cols-1), false
	case 'D':
		s.col, s.wrap = max(s.col-n, 0), false
	case 'H':
		s.row, s.col, s.wrap = 0, 0, false
	case 'J':
		copy(s.cells[s.row][s.col:], blank(s.cols-s.col))
		for r := s.row + 1; r < s.rows; r++ {
			s.cells[r] = blank(s.cols)
		}
	case 'K':
		s.cells[s.row] = blank(s.cols)
	case 'm':
		s.dim = params == "2"
	}
}

func (s *screen) line(row int) string {
	return strings.TrimRight(strings.Join(s.cells[row], ""), " ")
}

func (s *screen) String() string {
	var all []string
	for row := range s.cells {
		all = append(all, s.line(row))
	}
	return strings.TrimRight(strings.Join(all, "\n"), "\n")
}
