// Cases: one story, many rows. Each row gives the story's variables other values.

package story

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/redact"
	"tokenshell/shell/internal/syntax"
	"tokenshell/shell/internal/yamlfile"
)

// Sections that a scenario's run reads by itself.
const (
	WorldFile = "world.yaml"
	CasesCSV  = "cases.csv"
	CasesYAML = "cases.yaml"
)

func isCases(name string) bool { return name == CasesCSV || name == CasesYAML }

// Row is one row of a scenario's cases.
type Row struct {
	Number int // from 1, without the heading
	Names  []string
	Values []string
}

// shownRow is how much of a row is shown in its name, in characters.
const shownRow = 60

// String names a row: its number and what it says.
func (r Row) String() string {
	text := redact.OneLine(strings.Join(r.Pairs(), " "))
	if utf8.RuneCountInString(text) > shownRow {
		text = string([]rune(text)[:shownRow-1]) + "…"
	}
	return fmt.Sprintf("row %d: %s", r.Number, text)
}

// Pairs gives NAME=VALUE for each of its names.
func (r Row) Pairs() []string {
	pairs := make([]string, len(r.Names))
	for i, name := range r.Names {
		pairs[i] = name + "=" + r.Values[i]
	}
	return pairs
}

// readCases reads the section that holds the cases, if there is one.
func (s *Story) readCases() error {
	table, list := s.Section(CasesCSV), s.Section(CasesYAML)
	switch {
	case table != nil && list != nil:
		return exit.Input(list.File, list.At, "cases stand in "+CasesCSV+" already: leave one of the two out")
	case table != nil:
		return s.readTable(table)
	case list != nil:
		return s.readList(list)
	}
	return nil
}

// readTable reads cases.csv: a heading of names, and a row for each case.
func (s *Story) readTable(section *Section) error {
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(section.Data, mark)))
	r.TrimLeadingSpace = true
	wrong := func(line int, format string, args ...any) error {
		return exit.Input(section.File, section.At+line, fmt.Sprintf(format, args...))
	}
	rows, err := r.ReadAll()
	if bad := (*csv.ParseError)(nil); errors.As(err, &bad) {
		if errors.Is(bad.Err, csv.ErrFieldCount) {
			return wrong(bad.StartLine, "this row has more or fewer values than the heading has names")
		}
		return wrong(bad.Line, "column %d: %v", bad.Column, bad.Err)
	} else if err != nil {
		return wrong(0, "%v", err)
	}
	if len(rows) < 2 {
		return wrong(0, "%s has a heading of names and a row for each case; here there is no case", CasesCSV)
	}
	names := rows[0]
	if why := wrongNames(names); why != "" {
		return wrong(1, "%s", why)
	}
	for i, values := range rows[1:] {
		s.Rows = append(s.Rows, Row{i + 1, names, values})
	}
	return nil
}

// readList reads cases.yaml: a list of NAME: VALUE, the same names in each.
func (s *Story) readList(section *Section) error {
	rows, err := yamlfile.Rows(section.Data)
	if err != nil {
		place := yamlfile.Error(section.File, err).(*exit.InputError)
		place.Line += section.At
		return place
	}
	if len(rows) == 0 {
		return exit.Input(section.File, section.At, CasesYAML+" is a list with an item for each case; here there is none")
	}
	for i, cells := range rows {
		row := Row{Number: i + 1}
		for _, cell := range cells {
			row.Names, row.Values = append(row.Names, cell.Name), append(row.Values, cell.Value)
		}
		line := section.At + cells[0].Line
		if why := wrongNames(row.Names); why != "" {
			return exit.Input(section.File, line, why)
		}
		if i > 0 && !slices.Equal(slices.Sorted(slices.Values(row.Names)), slices.Sorted(slices.Values(s.Rows[0].Names))) {
			return exit.Input(section.File, line, "each case has the same names, the first has "+strings.Join(s.Rows[0].Names, ", "))
		}
		s.Rows = append(s.Rows, row)
	}
	return nil
}

// wrongNames says what is wrong with the names of a row; empty when nothing is.
func wrongNames(names []string) string {
	for i, name := range names {
		switch {
		case !syntax.IsVariable(name) || slices.Contains(syntax.Reserved(), name):
			return fmt.Sprintf("\"%s\" is not a name for a variable: write A-Z, 0-9 and _, and not %s", redact.OneLine(name), strings.Join(syntax.Reserved(), ", "))
		case slices.Contains(names[:i], name):
			return name + " stands here twice"
		}
	}
	return ""
}
