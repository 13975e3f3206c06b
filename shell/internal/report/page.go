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
	About []string
	Rows  []tableRow
}

type tableRow struct {
	By    string
	Cells []cell
}

// tabled counts cases, names in the order in which they come.
func (r *Run) tabled() table {
	var t table
	var by []string
	for _, c := range r.Cases {
		if !slices.Contains(by, c.By) {
			by = append(by, c.By)
		}
		if !slices.Contains(t.About, c.About) {
			t.About = append(t.About, c.About)
		}
	}
	for _, name := range by {
		t.Rows = append(t.Rows, tableRow{name, make([]cell, len(t.About))})
	}
	for _, c := range r.Cases {
		to := &t.Rows[slices.Index(by, c.By)].Cells[slices.Index(t.About, c.About)]
		switch {
		case c.Verdict == Left:
			to.Left++
		case c.Verdict != Passed:
			to.Bad++
		case c.Excuse != "":
			to.Known++
		default:
			to.Good++
		}
	}
	return t
}

// HTML writes a run as a page that needs nothing else.
func HTML(r Run) ([]byte, error) {
	t, err := template.New("page").Parse(pageText)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = t.Execute(&b, map[string]any{"Run": r, "Table": r.tabled()})
	return b.Bytes(), err
}
