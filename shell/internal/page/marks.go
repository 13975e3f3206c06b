// Marks: what a piece of text is. A page that is not a window keeps them, unseen,
// for whoever takes down what was said: a recording asserts what a line says,
// and lets what may differ in another world be anything.

package page

import (
	"strings"
	"unicode/utf8"
)

// Mark is what a piece of text is.
type Mark int

// The marks. What stands on a page without one is said in so many words.
const (
	Words   Mark = iota
	ID           // of an order, a token, an attempt or a receipt
	KeyID        // of a key
	Moment       // a time, as RFC 3339 has it
	Clock        // a time of day, and how far away it is
	Size         // a number of bytes
	Value        // whatever somebody put there
	Gap          // the space between two columns
	Picture      // a line of a drawing
	marks
)

// Marks are characters that no text of ours holds and that nothing may print
// (Unicode 23.7, noncharacters): one begins a piece of each kind, one ends it.
const (
	markBase = '\uFDD0'
	markEnd  = '\uFDEF'
)

// In gives a piece of text with its mark. In a window nobody takes anything
// down, and columns are counted.
func (p *Page) In(m Mark, what string) string {
	if p.Width > 0 || what == "" {
		return what
	}
	return string(markBase+rune(m)) + what + string(markEnd)
}

// String gives the page without its marks.
func (p *Page) String() string { return strip(p.Builder.String()) }

// Marked gives the page with its marks, for [Read].
func (p *Page) Marked() string { return p.Builder.String() }

func isMark(r rune) bool { return r >= markBase && r <= markEnd }

func strip(text string) string {
	if !strings.ContainsFunc(text, isMark) {
		return text
	}
	return strings.Map(func(r rune) rune {
		if isMark(r) {
			return -1
		}
		return r
	}, text)
}

// Piece is a piece of a line, and what it is.
type Piece struct {
	Mark Mark
	Text string
}

// Read takes a marked text apart: its lines, each in pieces.
func Read(marked string) [][]Piece {
	var lines [][]Piece
	for line := range strings.Lines(marked) {
		lines = append(lines, readLine(strings.TrimSuffix(line, "\n")))
	}
	return lines
}

func readLine(line string) []Piece {
	pieces, in, from := []Piece{}, Words, 0
	cut := func(to int) {
		if to > from {
			pieces = append(pieces, Piece{in, line[from:to]})
		}
	}
	for i, r := range line {
		if !isMark(r) {
			continue
		}
		cut(i)
		from = i + utf8.RuneLen(r)
		if in = Words; r != markEnd {
			in = Mark(r - markBase)
		}
	}
	cut(len(line))
	return pieces
}
