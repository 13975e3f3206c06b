// The page: a run for people, in one file.

package report

import (
	"bytes"
	_ "embed"
	"html/template"
	"slices"
)

//go:embed page.html.tmpl
var pageText string

// cell counts the cases of two names.
type cell struct{ Good, Bad, Known, Left int }

// table is how many cases there are by whom and about what.
type table struct {
	By   []string
	Rows []tableRow
}

type tableRow struct {
	About string
	Cells []cell
}

// counted gives the part of a page that a case stands in.
func (c *Case) counted() string {
	switch {
	case c.Verdict == Left:
		return "left"
	case c.Verdict != Passed:
		return "bad"
	case c.Excuse != "":
		return "known"
	}
	return "good"
}

// tabled counts cases, names in the order in which they come. What was not tried
// at all is no row.
func (r *Run) tabled() table {
	var t table
	for _, c := range r.Cases {
		if !slices.Contains(t.By, c.By) {
			t.By = append(t.By, c.By)
		}
	}
	for i := range r.Cases {
		c := &r.Cases[i]
		at := slices.IndexFunc(t.Rows, func(row tableRow) bool { return row.About == c.About })
		if at < 0 {
			at = len(t.Rows)
			t.Rows = append(t.Rows, tableRow{c.About, make([]cell, len(t.By))})
		}
		to := &t.Rows[at].Cells[slices.Index(t.By, c.By)]
		*map[string]*int{"left": &to.Left, "bad": &to.Bad, "known": &to.Known, "good": &to.Good}[c.counted()]++
	}
	t.Rows = slices.DeleteFunc(t.Rows, func(row tableRow) bool {
		return !slices.ContainsFunc(row.Cells, func(c cell) bool { return c.Good+c.Bad+c.Known > 0 })
	})
	return t
}

// section is a part of the page: cases of a kind.
type section struct {
	Title string
	Class string
	Open  bool
	Cases []*Case
}

// sections gives the cases, what failed first.
func (r *Run) sections() []section {
	all := []section{
		{Title: "Did not go as it has to", Class: "bad", Open: true}, {Title: "Known", Class: "known"},
		{Title: "Refused, as it has to be", Class: "good"}, {Title: "Not tried", Class: "left"},
	}
	for i := range r.Cases {
		at := slices.IndexFunc(all, func(s section) bool { return s.Class == r.Cases[i].counted() })
		all[at].Cases = append(all[at].Cases, &r.Cases[i])
	}
	return slices.DeleteFunc(all, func(s section) bool { return len(s.Cases) == 0 })
}

// arrow is a step in a diagram of two columns a party: a message goes from the
// middle of one to the middle of another. Rows and columns are those of a grid,
// whose first is 1, and whose first row has the names.
type arrow struct {
	Row, From, To int
	Left          bool
	Note          bool
	Text          string
}

// Arrows gives the steps of a case as a diagram of parties has them.
func (c *Case) Arrows(parties []string) []arrow {
	middle := func(party string) int { return 2*slices.Index(parties, party) + 2 }
	var all []arrow
	for i, s := range c.Steps {
		a := arrow{Row: i + 2, Text: s.Text}
		switch from, to := middle(s.From), middle(s.To); {
		case s.From == "":
			a.From, a.To, a.Note = 1, 2*len(parties)+1, true
		case from == to:
			a.From, a.To, a.Note = from-1, from+1, true
		default:
			a.From, a.To, a.Left = min(from, to), max(from, to), to < from
		}
		all = append(all, a)
	}
	return all
}

// HTML writes a run as a page that needs nothing else.
func HTML(r Run) ([]byte, error) {
	t, err := template.New("page").Parse(pageText)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = t.Execute(&b, map[string]any{"Run": r, "Table": r.tabled(), "Sections": r.sections()})
	return b.Bytes(), err
}
