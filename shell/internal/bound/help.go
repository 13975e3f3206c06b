// Help: the bounds that have names, and what may become of a message.

package bound

import (
	"fmt"
	"strings"

	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/page"
)

// boundRow is a bound as help lists it.
type boundRow struct {
	Name    string   `json:"name"`
	About   string   `json:"about"`
	Bound   string   `json:"bound"`
	Leave   []string `json:"without"` // the fates and families of moves that are left out
	Default bool     `json:"default"` // explore exhausts it unless a bound is given
}

// wordRow is a word as help explains it.
type wordRow struct {
	Name string `json:"name"`
	Is   string `json:"is"`
}

// Topic is the topic of help about them.
var Topic = interp.Topic{Name: "bounds", Short: "how much explore lets happen", List: func(*interp.Language) (any, func(*page.Page)) {
	var rows []boundRow
	add := func(all []Bound, unasked bool) {
		for _, b := range all {
			rows = append(rows, boundRow{b.Name, b.About, b.String(), append([]string{}, b.Leave...), unasked})
		}
	}
	add(Portfolio(), true)
	add(Large(), false)
	var fates, families, numbers []wordRow
	for _, row := range NumberRows() {
		numbers = append(numbers, wordRow{row.Name, row.Is})
	}
	for _, row := range SpanRows() {
		numbers = append(numbers, wordRow{row.Name, row.Is})
	}
	for _, row := range FateRows() {
		fates = append(fates, wordRow{row.Name, row.Is})
	}
	for _, row := range FamilyRows() {
		families = append(families, wordRow(row))
	}
	return map[string]any{"bounds": rows, "fates": fates, "families": families, "numbers": numbers}, func(w *page.Page) { writeBounds(w, rows, numbers, fates, families) }
}}

func writeBounds(w *page.Page, rows []boundRow, numbers, fates, families []wordRow) {
	shown := page.NewTable("BOUND", "ABOUT", "HOW MUCH", "WITHOUT")
	for _, row := range rows {
		without := strings.Join(row.Leave, " ")
		if without == "" {
			without = "nothing"
		}
		shown.Row(page.Rigid(row.Name), row.About, strings.ReplaceAll(row.Bound, ",", " "), without)
	}
	shown.Write(w)
	var large []string
	for _, row := range rows {
		if !row.Default {
			large = append(large, row.Name)
		}
	}
	fmt.Fprintf(w, "\nexplore exhausts them one after the other, but for the large ones, %s; explore --bound A,%s looks at some, explore --bound sessions=1,tokens=2,faults=1 at one of yours. "+
		"Each is exhausted by itself: what takes more than every one of them allows was not looked at.\n\n", strings.Join(large, ", "), large[0])
	writeWords(w, "NUMBER", "HOW MUCH THERE IS", numbers)
	fmt.Fprintln(w)
	writeWords(w, "FATE", "WHAT BECOMES OF A MESSAGE", fates)
	fmt.Fprintln(w)
	writeWords(w, "WITHOUT", "IT DOES NOT HAPPEN THAT", families)
}

func writeWords(w *page.Page, word, is string, rows []wordRow) {
	shown := page.NewTable(word, is)
	for _, row := range rows {
		shown.Row(page.Rigid(row.Name), row.Is)
	}
	shown.Write(w)
}
