// Coverage: what an exploration met and what it did not, for people, in one file.

package report

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"math"
	"strconv"
	"sync"
)

//go:embed coverage.html.tmpl
var coverageText string

var coverage = sync.OnceValues(func() (*template.Template, error) {
	return template.New("coverage").Funcs(template.FuncMap{"grouped": Grouped}).Parse(coverageText)
})

// Coverage is what an exploration met.
type Coverage struct {
	Title, Summary, Tool string
	Verdict              string // held, found, stopped
	Facts                []Fact
	Bounds               []BoundRow
	Met, Wanted          int // of what has to be met; Wanted is 0 when nothing has to be
	Never                []string
	Excused              []Fact
	Monitors             []Fact
	Diagrams             []Diagram
	Tables               []CrossTable
	Groups               []Group
	Found                *Counterexample // nil when nothing was found
	Style                template.CSS
}

// BoundRow is what came of one bound.
type BoundRow struct {
	Name, Bound, LeavesOut, End, Digest     string
	Exhausted                               bool
	Depth, States, Waiting, Verbs, Messages int
}

// Count is how often a thing was met.
type Count struct {
	Name   string
	N      int
	Has    bool   // to be met
	Excuse string // why it need not be
}

// Class says how a count is meant.
func (c Count) Class() string {
	switch {
	case c.N > 0:
		return "met"
	case c.Excuse != "":
		return "known"
	case c.Has:
		return "never"
	}
	return "none"
}

// Group is counts of a kind.
type Group struct {
	Title  string
	Counts []Count
}

// CrossTable counts pairs.
type CrossTable struct {
	Title, About, Corner string
	Columns              []string
	Rows                 []CrossRow
}

// CrossRow is a row, a count for each column; one that cannot be has no name.
type CrossRow struct {
	Name   string
	Counts []Count
}

// Counterexample is what was found, and the way there.
type Counterexample struct {
	What     string
	Monitor  string // who noticed; may be empty
	Scenario string
	Figure   template.HTML // the sequence diagram
}

// Diagram is states, and the turns between them.
type Diagram struct {
	Title, About string
	States       []State
	Turns        []Turn
}

// State is a state at a place of a grid, whose columns and rows may be halves.
type State struct {
	Count
	X, Y float64
	Pale bool // it is no state, but before and after all
}

// Turn leads from one state to another.
type Turn struct {
	Count
	From, To string
}

// The size of a diagram's parts.
const (
	columnWidth, rowHeight = 190.0, 92.0
	stateWidth, stateHigh  = 118.0, 46.0
	bend                   = 15.0 // how far a turn bends when another leads back
)

// Width and Height are those of the picture.
func (d Diagram) Width() float64 {
	return d.most(func(s State) float64 { return s.X })*columnWidth + stateWidth + 16
}

// Height is likewise.
func (d Diagram) Height() float64 {
	return d.most(func(s State) float64 { return s.Y })*rowHeight + stateHigh + 16
}

func (d Diagram) most(of func(State) float64) (most float64) {
	for _, s := range d.States {
		most = max(most, of(s))
	}
	return most
}

// Left and Top are where a state's box begins.
func (s State) Left() float64 { return s.X*columnWidth + 8 }

// Top is likewise.
func (s State) Top() float64 { return s.Y*rowHeight + 8 }

// Middle is the middle of its box.
func (s State) Middle() float64 { return s.Left() + stateWidth/2 }

// Line is a turn as it is drawn.
type Line struct {
	Turn
	Path   string
	X, Y   float64 // of its count
	Weight float64
}

// Lines gives the turns as they are drawn.
func (d Diagram) Lines() []Line {
	at := map[string]State{}
	for _, s := range d.States {
		at[s.Name] = s
	}
	leads := map[[2]string]bool{}
	for _, t := range d.Turns {
		leads[[2]string{t.From, t.To}] = true
	}
	var all []Line
	for _, t := range d.Turns {
		from, to := at[t.From], at[t.To]
		x1, y1, x2, y2 := from.Middle(), from.Top()+stateHigh/2, to.Middle(), to.Top()+stateHigh/2
		dx, dy := x2-x1, y2-y1
		length := math.Hypot(dx, dy)
		if length == 0 {
			continue
		}
		off := 0.0
		if leads[[2]string{t.To, t.From}] {
			off = bend
		}
		x1, y1, x2, y2 = x1-dy/length*off, y1+dx/length*off, x2-dy/length*off, y2+dx/length*off
		from1, to1 := edgeOf(x2-x1, y2-y1), edgeOf(x2-x1, y2-y1)
		bx, by := x1+(x2-x1)*from1, y1+(y2-y1)*from1
		ex, ey := x2-(x2-x1)*to1, y2-(y2-y1)*to1
		part := 0.42 // of the way, where its count stands: beside those that it crosses
		switch {
		case dx == 0 && length > 1.5*rowHeight:
			part = 0.7
		case dx > 0 && dy > 0, dy == 0 && length > 1.5*columnWidth:
			part = 0.6
		case dy < 0 && length > columnWidth*1.15:
			part = 0.25
		}
		all = append(all, Line{
			Turn: t, Path: fmt.Sprintf("M%.1f %.1f L%.1f %.1f", bx, by, ex, ey), X: bx + (ex-bx)*part, Y: by + (ey-by)*part + 4,
			Weight: 1.2 + math.Log10(float64(max(t.N, 1)))*0.35,
		})
	}
	return all
}

// edgeOf gives the part of a way that is in the box from whose middle it begins.
func edgeOf(dx, dy float64) float64 {
	part := 1.0
	if dx != 0 {
		part = min(part, (stateWidth/2+2)/math.Abs(dx))
	}
	if dy != 0 {
		part = min(part, (stateHigh/2+2)/math.Abs(dy))
	}
	return part
}

// StateWidth and StateHeight are those of a box.
func (d Diagram) StateWidth() float64 { return stateWidth }

// StateHeight is likewise.
func (d Diagram) StateHeight() float64 { return stateHigh }

// Grouped writes a number with its thousands apart.
func Grouped(n int) string {
	text := strconv.Itoa(n)
	for at := len(text) - 3; at > 0; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}

// HTML writes a coverage as a page that needs nothing else.
func (c Coverage) HTML() ([]byte, error) {
	t, err := coverage()
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = t.Execute(&b, c)
	return b.Bytes(), err
}
