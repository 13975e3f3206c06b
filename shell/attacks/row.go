// The rows' own table: what one attack is, before it has its number.

package attacks

import (
	"fmt"

	"tokenshell/tokens"
)

// tried is a row without its number. A row keeps its number for ever: new ones
// go to the end of their table.
type tried struct {
	what   string
	expect tokens.Reason
	source string
	steps  []Step
}

// numbered gives the rows of a table their numbers.
func numbered(prefix string, group Group, table []tried) []Row {
	rows := make([]Row, len(table))
	for i, t := range table {
		rows[i] = Row{fmt.Sprintf("%s-%02d", prefix, i+1), group, t.what, t.expect, t.source, t.steps}
	}
	return rows
}
