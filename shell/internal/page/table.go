// The table: rows in columns, as wide as what they show, and no wider than the
// window. Where columns do not fit it is a list of cards.

package page

import (
	"fmt"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"tokenshell/shell/internal/redact"
	"tokenshell/tokens"
)

// Table is a heading, which may be empty, and rows.
type Table struct {
	Head []string
	Rows [][]cell
}

// cell is one value of a row.
type cell struct {
	text  string
	kind  cellKind
	style Style
	mark  Mark
}

type cellKind int

const (
	proseCell  cellKind = iota // may be folded
	whenCell                   // may be folded once more
	identCell                  // may be cut short
	signerCell                 // may be cut short, when nothing else helps
	rigidCell                  // neither
	numberCell                 // neither, and stands to the right
)

// What a value of a row is, when it is not prose.
type (
	Ident  string // an identifier that says enough when it is cut short
	Key    string // the id of a key
	Signer string // the id of a key that may be cut short: its beginning says which it is
	When   string // a time of day, and how far away it is
	Given  string // what somebody put there
	Rigid  string // a name to be typed
	Number string // of money or points
	State  string // of a session, a token, a key or a check: in its colour
	Good   string // a name of what is as it should be
	Faint  string // of less interest

	Outcome string // of a step: what begins with "ok" went well
)

// NewTable makes a table without rows.
func NewTable(head ...string) *Table { return &Table{Head: head} }

// Row adds a row.
func (t *Table) Row(values ...any) {
	cells := make([]cell, len(values))
	for i, value := range values {
		c := cell{text: redact.OneLine(fmt.Sprint(value))}
		switch v := value.(type) {
		case Ident:
			c.text = oneWord(string(v))
			c.kind, c.mark = identCell, ID
		case Key:
			c.text = oneWord(string(v))
			c.kind, c.mark = rigidCell, KeyID
		case Signer:
			c.text = oneWord(string(v))
			c.kind, c.mark = signerCell, KeyID
		case When:
			c.kind, c.mark = whenCell, Clock
		case Given:
			c.mark = Value
		case Rigid:
			c.kind = rigidCell
		case Number, int, int64:
			c.kind = numberCell
		case State:
			first, _, _ := strings.Cut(string(v), " ")
			c.kind, c.style = rigidCell, stateStyles[first]
		case Good:
			c.kind, c.style = rigidCell, GoodStyle
		case Faint:
			c.style = faintStyle
		case Outcome:
			if c.style = BadStyle; v == "ok" || strings.HasPrefix(string(v), "ok ") {
				c.style = GoodStyle
			}
		}
		cells[i] = c
	}
	t.Rows = append(t.Rows, cells)
}

// oneWord gives an id, which may come from outside, as one word; nothing is none.
func oneWord(id string) string {
	if id == "" {
		return ""
	}
	return tokens.Word(id)
}

// on gives a cell's text on a page; a dash is the same in every world, and not marked.
func (c cell) on(p *Page, shown string) string {
	painted := p.Paint(c.style, shown)
	if c.mark == Words || shown == "-" {
		return painted
	}
	return p.In(c.mark, painted)
}

// gap is what stands between two columns.
const gap = 2

// How narrow a column may become before the table is not a table any more.
const (
	leastIdent  = 10
	leastProse  = 16
	leastSigner = 13 // "payments-k1-…"
	leastWhen   = 9  // "00:02:00,"
)

// Write writes the table on a page.
func (t *Table) Write(p *Page) {
	for _, row := range t.Rows {
		for i := range row {
			row[i].text = p.hidden(row[i].text)
		}
	}
	widths := t.widths()
	if p.Width > 0 && !t.fit(widths, p.Width) {
		t.writeCards(p)
		return
	}
	right := make([]bool, len(widths))
	for i := range widths {
		right[i] = t.kind(i) == numberCell
	}
	line := func(cells []cell) {
		space := "" // that waits for something behind it
		for i, c := range cells {
			shown := strings.TrimRight(c.text, " ") // or a colour would keep the spaces at a line's end
			rest := strings.Repeat(" ", max(0, widths[i]-text.StringWidthWithoutEscSequences(shown)))
			if right[i] {
				space, rest = space+rest, ""
			}
			if shown != "" {
				p.WriteString(p.In(Gap, space) + c.on(p, shown))
				space = ""
			}
			space += rest + strings.Repeat(" ", gap)
		}
		p.WriteByte('\n')
	}
	if t.Head != nil {
		head := make([]cell, len(t.Head))
		for i, name := range t.Head {
			head[i] = cell{text: name, style: TitleStyle}
		}
		line(head)
	}
	for _, row := range t.Rows {
		for _, part := range folded(row, widths) {
			line(part)
		}
	}
}

// widths gives the width that each column would like.
func (t *Table) widths() []int {
	var widths []int
	grow := func(i int, what string) {
		if i == len(widths) {
			widths = append(widths, 0)
		}
		widths[i] = max(widths[i], text.StringWidthWithoutEscSequences(what))
	}
	for i, name := range t.Head {
		grow(i, name)
	}
	for _, row := range t.Rows {
		for i, c := range row {
			grow(i, c.text)
		}
	}
	return widths
}

// kind gives what a column is made of: the kind of its cells, a dash aside.
func (t *Table) kind(column int) cellKind {
	kind := proseCell
	for _, row := range t.Rows {
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
// first, then the widest prose, then who signed, and last of all the times. It
// reports whether that was enough.
func (t *Table) fit(widths []int, width int) bool {
	over := gap*(len(widths)-1) - width
	for _, w := range widths {
		over += w
	}
	for _, pass := range []struct {
		kind  cellKind
		least int
	}{{identCell, leastIdent}, {proseCell, leastProse}, {whenCell, leastProse}, {signerCell, leastSigner}, {whenCell, leastWhen}} {
		for over > 0 {
			widest := -1
			for i, w := range widths {
				least := pass.least
				if i < len(t.Head) {
					least = max(least, text.StringWidthWithoutEscSequences(t.Head[i]))
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
		if c.kind == proseCell || c.kind == whenCell {
			parts = Fold(c.text, widths[i])
		}
		for n, part := range parts {
			if n == len(lines) {
				lines = append(lines, make([]cell, len(row)))
			}
			lines[n][i] = cell{part, c.kind, c.style, c.mark}
		}
	}
	return lines
}

// writeCards writes each row as a card: a line for each column that says
// something.
func (t *Table) writeCards(p *Page) {
	label := 0
	for _, name := range t.Head {
		label = max(label, text.StringWidthWithoutEscSequences(name))
	}
	for n, row := range t.Rows {
		if n > 0 && len(t.Head) > 1 {
			fmt.Fprintln(p)
		}
		for i, c := range row {
			if c.text == "" || c.text == "-" {
				continue
			}
			name, indent := "", 0
			if i < len(t.Head) {
				name, indent = t.Head[i], label+gap
			} else if i > 0 {
				indent = 4
			}
			if p.Width-indent < leastIdent && name != "" { // what it is stands above
				fmt.Fprintln(p, p.Paint(TitleStyle, name))
				name, indent = "", 2
			}
			for _, part := range Fold(c.text, p.Width-indent) {
				fmt.Fprintln(p, p.Paint(TitleStyle, name)+strings.Repeat(" ", max(0, indent-text.StringWidthWithoutEscSequences(name)))+p.Paint(c.style, part))
				name = ""
			}
		}
	}
}
