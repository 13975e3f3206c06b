// The rows' own table: what one attack is, before its table gives it a group.

package attacks

import "tokenshell/tokens"

// tried is a row without its group. Its id is written in it, so that searching
// for an id finds the row, and rows can be moved and deleted. An id is never
// used again for something else: a new row takes the number after the highest
// that its prefix ever had.
type tried struct {
	id     string
	what   string
	expect tokens.Reason
	source string
	steps  []Step
}

// grouped gives the rows of a table their group.
func grouped(group Group, table []tried) []Row {
	rows := make([]Row, len(table))
	for i, t := range table {
		rows[i] = Row{t.id, group, t.what, t.expect, t.source, t.steps}
	}
	return rows
}
