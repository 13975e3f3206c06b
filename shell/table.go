// The table: rows in columns, as wide as what they show, and no wider than the
// window. Where columns do not fit it is a list of cards.

package shell

import (
	"fmt"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
)

// table is a heading, which may be empty, and rows.
type table struct {
	head []string
	rows [][]cell
}

// cell is one value of a row.
type cell struct {
	text  string
	kind  cellKind
	style style
}

type cellKind int

const (
	proseCell  cellKind = iota // may be folded
	identCell                  // may be cut short
	rigidCell                  // neither
	numberCell                 // neither, and stands to the right
)

// What a value of a row is, when it is not prose.
type (
	ident  string // an identifier that says enough when it is cut short
	rigid  string // a name to be typed
	number string // of money or points
	state  string // of a session, a token, a key or a check: in its colour
	good   string // a name of what is as it should be
	faint  string // of less interest
)

func newTable(head ...string) *table { return &table{head: head} }

// row adds a row.
func (t *table) row(values ...any) {
	cells := make([]cell, len(values))
	for i, value := range values {
		c := cell{text: oneLine(fmt.Sprint(value))}
		switch v := value.(type) {
		case ident:
			c.kind = identCell
		case rigid:
			c.kind = rigidCell
		case number, int, int64:
			c.kind = numberCell
		case state:
			first, _, _ := strings.Cut(string(v), " ")
			c.kind, c.style = rigidCell, stateStyles[first]
		case good:
			c.kind, c.style = rigidCell, goodStyle
		case faint:
			c.style = faintStyle
		}
		cells[i] = c
	}
	t.rows = append(t.rows, cells)
}

// gap is what stands between two columns.
const gap = 2

// How narrow a column may become before the table is no table any more.
const (
	leastIdent = 10
	leastProse = 16
)

// write writes the table on a page.
func (t *table) write(p *page) {
	widths := t.widths()
	if p.width > 0 && !t.fit(widths, p.width) {
		t.writeCards(p)
		return
	}
	last := len(widths) - 1
	right := make([]bool, len(widths))
	for i := range widths {
		right[i] = t.kind(i) == numberCell
	}
	line := func(cells []cell) {
		var b strings.Builder
		for i, c := range cells {
			shown := strings.TrimRight(c.text, " ") // or a colour would keep the spaces at a line's end
			space := strings.Repeat(" ", max(0, widths[i]-text.StringWidthWithoutEscSequences(shown)))
			painted := p.paint(c.style, shown)
			switch {
			case right[i]:
				b.WriteString(space + painted)
			case i < last:
				b.WriteString(painted + space)
			default:
				b.WriteString(painted)
			}
			if i < last {
				b.WriteString(strings.Repeat(" ", gap))
			}
		}
		fmt.Fprintln(p, strings.TrimRight(b.String(), " "))
	}
	if t.head != nil {
		head := make([]cell, len(t.head))
		for i, name := range t.head {
			head[i] = cell{text: name, style: titleStyle}
		}
		line(head)
	}
	for _, row := range t.rows {
		for _, part := range folded(row, widths) {
			line(part)
		}
	}
}

// widths gives the width that each column would like.
func (t *table) widths() []int {
	var widths []int
	grow := func(i int, what string) {
		if i == len(widths) {
			widths = append(widths, 0)
		}
		widths[i] = max(widths[i], text.StringWidthWithoutEscSequences(what))
	}
	for i, name := range t.head {
		grow(i, name)
	}
	for _, row := range t.rows {
		for i, c := range row {
			grow(i, c.text)
		}
	}
	return widths
}

// kind gives what a column is made of: the kind of its cells, a dash aside.
func (t *table) kind(column int) cellKind {
	kind := proseCell
	for _, row := range t.rows {
		if column < len(row) && row[column].text != "-" {
			kind = row[column].kind
			if kind != numberCell {
				break
			}
		}
	}
	return kind
}

// fit narrows columns until the table is no wider than width: identifiers
// first, then the widest prose. It reports whether that was enough.
func (t *table) fit(widths []int, width int) bool {
	over := gap*(len(widths)-1) - width
	for _, w := range widths {
		over += w
	}
	for _, pass := range []struct {
		kind  cellKind
		least int
	}{{identCell, leastIdent}, {proseCell, leastProse}} {
		for over > 0 {
			widest := -1
			for i, w := range widths {
				least := pass.least
				if i < len(t.head) {
					least = max(least, text.StringWidthWithoutEscSequences(t.head[i]))
				}
				if t.kind(i) == pass.kind && w > least && (widest < 0 || w > widths[widest]) {
					widest = i
				}
			}
			if widest < 0 {
				break
			}
			widths[widest]--
			over--
		}
	}
	return over <= 0
}

// folded gives the lines that a row takes: prose is folded, identifiers are cut.
func folded(row []cell, widths []int) [][]cell {
	lines := [][]cell{make([]cell, len(row))}
	for i, c := range row {
		if text.StringWidthWithoutEscSequences(c.text) <= widths[i] {
			lines[0][i] = c
			continue
		}
		parts := []string{text.Snip(c.text, widths[i], "…")}
		if c.kind == proseCell {
			parts = fold(c.text, widths[i])
		}
		for n, part := range parts {
			if n == len(lines) {
				lines = append(lines, make([]cell, len(row)))
			}
			lines[n][i] = cell{part, c.kind, c.style}
		}
	}
	return lines
}

// writeCards writes each row as a card: a line for each column that says
// something.
func (t *table) writeCards(p *page) {
	label := 0
	for _, name := range t.head {
		label = max(label, text.StringWidthWithoutEscSequences(name))
	}
	for n, row := range t.rows {
		if n > 0 && len(t.head) > 1 {
			fmt.Fprintln(p)
		}
		for i, c := range row {
			if c.text == "" || c.text == "-" {
				continue
			}
			name, indent := "", 0
			if i < len(t.head) {
				name, indent = t.head[i], label+gap
			} else if i > 0 {
				indent = 4
			}
			if p.width-indent < leastIdent && name != "" { // what it is stands above
				fmt.Fprintln(p, p.paint(titleStyle, name))
				name, indent = "", 2
			}
			for _, part := range fold(c.text, p.width-indent) {
				fmt.Fprintln(p, p.paint(titleStyle, name)+strings.Repeat(" ", max(0, indent-text.StringWidthWithoutEscSequences(name)))+p.paint(c.style, part))
				name = ""
			}
		}
	}
}
