package lineedit

// Candidates on the screen.

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/jedib0t/go-pretty/v6/text"
)

const (
	maxRows   = 50
	gap       = 2 // columns between columns
	minDetail = 8 // columns below which a description says nothing
)

// listing lays candidates out in rows that end before the last of width columns, so that no terminal
// wraps one: with descriptions one a row, else in columns, read downwards.
func listing(all []Candidate, width int, color bool) string {
	room := max(width-1, 1)
	column, described := 0, false
	for _, c := range all {
		column = max(column, displayWidth(c.Value))
		described = described || c.Description != ""
	}
	column, perRow := min(column, room), 1
	if described {
		column = min(column, room/2)
	} else {
		perRow = max((room+gap)/(column+gap), 1)
	}
	shown := all[:min(len(all), maxRows*perRow)]
	rows := (len(shown) + perRow - 1) / perRow

	var out strings.Builder
	for row := range rows {
		var line strings.Builder
		for i := row; i < len(shown); i += rows {
			line.WriteString(text.Pad(snip(shown[i].Value, room), column+gap, ' '))
		}
		if described {
			line.WriteString(detail(shown[row], column, room, color))
		}
		out.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	if more := len(all) - len(shown); more > 0 {
		fmt.Fprintf(&out, "... and %d more\n", more)
	}
	return out.String()
}

// detail is what fits of c's description behind a column of values. A value that is wider than the
// column takes its place.
func detail(c Candidate, column, room int, color bool) string {
	left := room - column - gap
	what := strings.Join(strings.FieldsFunc(c.Description, isBlank), " ")
	if what == "" || left < minDetail || displayWidth(c.Value) > column {
		return ""
	}
	return dim(snip(what, left), color)
}

// snip cuts s to width columns.
func snip(s string, width int) string {
	if displayWidth(s) <= width {
		return s
	}
	return text.Trim(s, width-1) + "…"
}

func dim(s string, color bool) string {
	if !color {
		return s
	}
	return "\x1b[2m" + s + "\x1b[0m"
}

func isBlank(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }

// displayWidth is how many columns s takes, colours not counted.
func displayWidth(s string) int { return text.StringWidthWithoutEscSequences(s) }
