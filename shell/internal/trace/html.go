// A trace as one HTML page that needs nothing else: no script, no file beside
// it, no network. Its look is in trace.html.tmpl.

package trace

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"tokenshell/shell/internal/wire"
)

//go:embed trace.html.tmpl
var traceTemplate string

// traceTemplates is the page and its parts: read once, for a report has many.
var traceTemplates = sync.OnceValues(func() (*template.Template, error) { return template.New("trace").Parse(traceTemplate) })

// tracePage is what the template shows.
type tracePage struct {
	ID             string // begins the ids of its messages; empty where it is alone
	Title, Summary string
	Parties        []string
	Names          string // of the parties, as a sentence lists them
	First, Last    string // RFC 3339
	Began, Ended   string // for people
	Legend         []traceExample
	Rows           []traceRow
}

// traceExample is an arrow of the legend.
type traceExample struct {
	traceArrow
	Class, Says string
}

// traceArrow is where an arrow stands: percents of the width of all columns, so
// that arrows keep to the lifelines however wide the window is.
type traceArrow struct {
	From, Middle, To float64
	Lost             bool
}

// traceRow is one message of the page.
type traceRow struct {
	*traced
	Moment      string // what time it has become before it; empty if it did not
	Class       string // for the style sheet
	Lead        string // who says it to whom, for those who do not see the arrow
	Words       string
	Sign        string
	Marks       []string
	Letter      string // open or closed for its receiver; empty when it holds none
	LeftColumn  int    // of the grid, in which the words stand
	RightColumn int
	Arrow       traceArrow
	Seen        []seenGroup
}

// seenGroup is a part of what a receiver saw.
type seenGroup struct {
	Title  string // empty for what needs none
	Fields []seenField
}

type seenField struct {
	Name, Value string
	Envelope    string // open or closed; empty for what has none
	Moment      string // what a NumericDate is for people
}

// writeHTML writes a trace as a page.
func (t *Trace) writeHTML(w io.Writer) error {
	tmpl, err := traceTemplates()
	if err != nil {
		return err
	}
	return tmpl.Execute(w, t.page())
}

// Figure gives the diagram and its legend alone, for a page that holds several, each
// with an id of its own, and [FigureStyle].
func (t *Trace) Figure(id string) (template.HTML, error) {
	p := t.page()
	p.ID = id
	text, err := partOf("figure", p)
	if err != nil {
		return "", err
	}
	legend := ""
	if len(p.Rows) > 0 {
		legend, err = partOf("legend", p)
	}
	return template.HTML(fmt.Sprintf("%s<div class=\"figure\" style=\"--parties: %d\">%s</div>", legend, len(p.Parties), text)), err // the template has escaped it
}

// FigureStyle gives the style sheet of diagrams.
func FigureStyle() (template.CSS, error) {
	text, err := partOf("style", nil)
	return template.CSS(text), err
}

// partOf fills a part of the template.
func partOf(name string, data any) (string, error) {
	tmpl, err := traceTemplates()
	if err != nil {
		return "", err
	}
	var b strings.Builder
	err = tmpl.ExecuteTemplate(&b, name, data)
	return b.String(), err
}

func (t *Trace) page() tracePage {
	p := tracePage{Title: t.Title, Parties: t.everyone(), Summary: t.summary(), Legend: traceLegend()}
	p.Names = listed(p.Parties)
	var last time.Time
	for i := range t.Messages {
		m := &t.Messages[i]
		row := newTraceRow(m, p.Parties)
		if text, moved := moment(m.at, last); moved {
			row.Moment, last = text, m.at
		}
		p.Rows = append(p.Rows, row)
	}
	if len(t.Messages) > 0 {
		first, end := t.Messages[0], t.Messages[len(t.Messages)-1]
		p.First, p.Last = first.Time, end.Time
		p.Began, p.Ended = first.at.UTC().Format(time.DateTime), end.at.UTC().Format(time.DateTime)+" UTC"
	}
	return p
}

func traceLegend() []traceExample {
	whole, lost := traceArrow{4, 50, 96, false}, traceArrow{4, 50, 96, true}
	return []traceExample{
		{whole, "question", "question"},
		{whole, "answer", "answer"},
		{whole, "answer refused", "✗ refused or failed"},
		{lost, "question lost", "lost on its way"},
		{whole, "question cancel", "↩ taken back"},
	}
}

// listed writes names as a sentence does.
func listed(names []string) string {
	if last := len(names) - 1; last > 0 {
		return strings.Join(names[:last], ", ") + " and " + names[last]
	}
	return strings.Join(names, "")
}

func newTraceRow(m *traced, parties []string) traceRow {
	from, to := slices.Index(parties, m.From), slices.Index(parties, m.To)
	middle := func(column float64) float64 { return math.Round((column+0.5)*1e4/float64(len(parties))) / 100 }
	return traceRow{
		traced: m, Class: m.class(), Lead: m.lead(), Words: m.short(), Sign: m.sign(), Marks: m.marks(), Letter: m.letter(), Seen: m.seen(),
		LeftColumn: min(from, to) + 1, RightColumn: max(from, to) + 2,
		Arrow: traceArrow{middle(float64(from)), middle(float64(from+to) / 2), middle(float64(to)), m.Lost},
	}
}

// class gives the classes of a message; the style sheet lets the gravest decide
// its colour.
func (m *traced) class() string {
	class := m.Kind
	if m.Step == "cancel" {
		class += " cancel"
	}
	if m.Lost {
		class += " lost"
	}
	if m.failed() {
		class += " refused"
	}
	return class
}

func (m *traced) lead() string {
	switch {
	case m.failed():
		return m.From + " answers " + m.To + ", it was not done: "
	case m.Kind == "answer":
		return m.From + " answers " + m.To + ": "
	}
	return m.From + " asks " + m.To + ": "
}

// letter says whether the receiver reads all of the token in a message. One that
// never arrived is nobody's to read.
func (m *traced) letter() string {
	letter := ""
	for _, f := range m.Saw {
		switch {
		case envelopeOf(f) == "closed":
			return "closed"
		case strings.HasPrefix(f.Name, "claim "):
			letter = "open"
		}
	}
	return letter
}

// envelopeOf says whether a claim is shown as one, and how. Only these claims are:
// others may say the same words, and mean nothing by it.
func envelopeOf(f wire.Field) string {
	value := strings.Trim(f.Value, `"`)
	switch {
	case f.Name != "claim sealed" && f.Name != "claim constraints":
		return ""
	case strings.HasPrefix(value, "(unread,"), strings.HasPrefix(value, "(sealed,"):
		return "closed"
	case strings.HasPrefix(value, "(opened:"):
		return "open"
	}
	return ""
}

// seen puts what a receiver saw in groups, in the order of the message.
func (m *traced) seen() []seenGroup {
	var groups []seenGroup
	for _, f := range m.Saw {
		prefix, name, _ := strings.Cut(f.Name, " ")
		title := ""
		switch prefix {
		case "header":
			title = "header of " + m.Token
		case "claim":
			title = "claims of " + m.Token
		case "fact":
			title = "facts"
		default:
			name = f.Name
		}
		if last := len(groups) - 1; last < 0 || groups[last].Title != title {
			groups = append(groups, seenGroup{Title: title})
		}
		shown := seenField{Name: name, Value: f.Value, Envelope: envelopeOf(f)}
		if shown.Envelope != "" {
			shown.Value = strings.Trim(f.Value, `"`)
		}
		if slices.Contains([]string{"claim iat", "claim nbf", "claim exp"}, f.Name) {
			shown.Moment = numericDate(f.Value)
		}
		last := len(groups) - 1
		groups[last].Fields = append(groups[last].Fields, shown)
	}
	return groups
}

// numericDate writes a NumericDate (RFC 7519 2) for people; empty when it is
// not one, or before 1970 or after 9999.
func numericDate(value string) string {
	seconds, err := strconv.ParseInt(value, 10, 64)
	if err != nil || seconds < 0 || seconds > 253402300799 { // the end of year 9999
		return ""
	}
	return time.Unix(seconds, 0).UTC().Format(time.RFC3339)
}
