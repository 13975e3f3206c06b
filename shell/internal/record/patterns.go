// Patterns: what a line of output says, without what differs each time. The
// page says of each piece what it is, and three worlds say which of them are the
// same: the one that was recorded, and the two on the stage.

package record

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"sync"

	"tokenshell/shell/internal/answer"
	"tokenshell/shell/internal/client"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/page"
	"tokenshell/shell/internal/redact"
)

// loose are the patterns that stand for what may differ: short, for they are
// read by people.
var loose = map[page.Mark]string{
	page.ID: `\w+`, page.KeyID: `[\w-]+`, page.Moment: `\S+`, page.Clock: `\d\d:\d\d:\d\d.*`, page.Size: `\d+`, page.Value: `.*`, page.Gap: ` +`,
}

// patterns gives a line of stdout for each line that matters, if it was said
// before as it is now, and how many lines are left out. same says whether
// everything was. While time stands still it is a part of what is said.
func (m *scenarioMaker) patterns(e *interp.Spoken, heard [2]*answer.Heard, still bool) (lines []string, left int, same bool) {
	_, _, matters := m.node(e.Words)
	before := func(text string) []saidLine {
		for id, name := range m.orders {
			text = strings.ReplaceAll(text, id, name)
		}
		for name, section := range m.names[e] {
			if strings.HasPrefix(text, name+": ") { // keys jwks --out and others begin with it
				text = section + strings.TrimPrefix(text, name)
			}
		}
		return said(text)
	}
	worlds := [3][]saidLine{before(e.Heard.Page.Marked()), said(heard[0].Page.Marked()), said(heard[1].Page.Marked())}
	same = slices.EqualFunc(worlds[0], worlds[1], func(a, b saidLine) bool { return a.shape == b.shape })
	if heard[0].InJSON {
		worlds = [3][]saidLine{before(e.Heard.JSON.String()), said(heard[0].JSON.String()), said(heard[1].JSON.String())}
	}
	var patterns []string
	of := make([][]string, len(worlds[1])) // of each line
	for i, line := range worlds[1] {
		was, other := alike(worlds[0], line), alike(worlds[2], line)
		if was == nil || other == nil {
			continue
		}
		of[i] = line.patterns(was, other, still)
		for _, pattern := range of[i] {
			if !slices.Contains(patterns, pattern) {
				patterns = append(patterns, pattern)
			}
		}
	}
	chosen := chosenPatterns(patterns, matters)
	for _, pattern := range chosen {
		lines = append(lines, "stdout '"+pattern+"'")
	}
	left = e.Heard.Lost
	for _, mine := range of {
		if !slices.ContainsFunc(mine, func(pattern string) bool { return slices.Contains(chosen, pattern) }) {
			left++
		}
	}
	return lines, left, matters == 0 || same
}

// saidLine is a line of output that says something.
type saidLine struct {
	shape  string // what it says whatever its marked pieces are
	pieces []page.Piece
	object json.RawMessage // when it is one
}

// said gives the lines of an output that say something. Of a picture none does:
// what stands below it does.
func said(marked string) []saidLine {
	var all []saidLine
	for _, pieces := range page.Read(marked) {
		line := saidLine{pieces: pieces}
		words := 0
		for _, p := range pieces {
			if p.Mark == page.Words {
				line.shape += p.Text
				words += len(strings.TrimSpace(p.Text))
			} else {
				line.shape += "\x00" + string(rune('0'+int(p.Mark)))
			}
		}
		text := textOf(pieces)
		heading := text == strings.ToUpper(text) && !strings.ContainsAny(text, "0123456789")
		switch {
		case len(pieces) == 1 && pieces[0].Mark == page.Picture:
		case strings.HasPrefix(text, "{") && json.Valid([]byte(text)):
			line.object, line.shape = json.RawMessage(text), "{}"
			all = append(all, line)
		case words >= 2 && len(text) >= 3 && text != "null" && !heading: // "X=" says something, "]" and "[]" do not
			all = append(all, line)
		}
	}
	return all
}

func textOf(pieces []page.Piece) string {
	var b strings.Builder
	for _, p := range pieces {
		b.WriteString(p.Text)
	}
	return b.String()
}

// alike finds the line of another world that says the same; the very same one if
// there is one.
func alike(all []saidLine, line saidLine) *saidLine {
	var found *saidLine
	for i := range all {
		if all[i].shape != line.shape {
			continue
		}
		if found == nil || textOf(all[i].pieces) == textOf(line.pieces) {
			found = &all[i]
		}
	}
	return found
}

// patterns gives regular expressions for a line: what is the same in three
// worlds as it is, the rest loosely.
func (l *saidLine) patterns(was, other *saidLine, still bool) []string {
	if l.object != nil {
		if !still { // a member may be a time
			return nil
		}
		return objectPatterns(l.object, was.object, other.object)
	}
	if !writable(textOf(l.pieces)) {
		return nil
	}
	var b strings.Builder
	for i, p := range l.pieces {
		if b.Len()+len(p.Text) > longestPattern { // how it begins says enough
			b.WriteString(quoted(p.Text[:max(0, longestPattern-b.Len())]))
			return []string{"^" + b.String()}
		}
		timed := p.Mark == page.Moment || p.Mark == page.Clock
		switch same := was.pieces[i].Text == p.Text && other.pieces[i].Text == p.Text; {
		case p.Mark == page.Words, p.Mark != page.Gap && same && (still || !timed):
			b.WriteString(quoted(p.Text))
		case p.Mark == page.Value:
			b.WriteString(looseValue(was.pieces[i].Text, p.Text, other.pieces[i].Text))
		default:
			b.WriteString(loose[p.Mark])
		}
	}
	return []string{"^" + b.String() + "$"}
}

// quoted is a pattern for a text; no word of a line holds a single quote.
func quoted(text string) string {
	return strings.ReplaceAll(regexp.QuoteMeta(strings.ToValidUTF8(text, "")), "'", ".")
}

var oneWord = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[\w-]+$`) })

// looseValue is a pattern for values of which nothing is known.
func looseValue(values ...string) string {
	if slices.ContainsFunc(values, func(v string) bool { return !oneWord().MatchString(v) }) {
		return loose[page.Value]
	}
	return loose[page.KeyID]
}

// chosenPatterns gives at most so many patterns: the first, and the last, which is
// where a sum or the newest stands.
func chosenPatterns(patterns []string, most int) []string {
	switch {
	case len(patterns) <= most:
		return patterns
	case most < 2:
		return patterns[:most]
	}
	return append(slices.Clone(patterns[:most-1]), patterns[len(patterns)-1])
}

// longestPattern is how much of a line somebody would still read.
const longestPattern = 240

// writable reports whether a line can stand in a scenario.
func writable(line string) bool {
	return !strings.ContainsAny(line, "\t\r") && redact.Printable(line) == line && !redact.HasToken(line)
}

// objectPatterns give what a JSON object says in three worlds, and each object in
// a list in it. More members may be added to what a verb says, so only those
// that are the same are named, in their order, and anything may be between them.
func objectPatterns(object, was, other json.RawMessage) []string {
	var (
		patterns []string
		said     []string
		inside   []string
	)
	for _, f := range client.ObjectFields("", object) {
		text := `"` + f.Name + `":` + f.Value
		before, beside := memberOf(was, f.Name), memberOf(other, f.Name)
		if list := objectsIn(f.Value); list != nil {
			for i, element := range list {
				if old, else_ := objectsIn(before), objectsIn(beside); i < len(old) && i < len(else_) {
					inside = append(inside, objectPatterns(element, old[i], else_[i])...)
				}
			}
			continue
		}
		nothing := slices.Contains([]string{`""`, "null", "[]", "{}"}, f.Value) || f.Name == "detail"
		if !nothing && f.Value == before && f.Value == beside && len(text) <= 80 && writable(text) {
			said = append(said, quoted(text))
		}
	}
	if len(said) > 0 {
		patterns = append(patterns, strings.Join(said, ".*"))
	}
	return append(patterns, inside...)
}

// memberOf gives the text of an object's member; empty when there is none.
func memberOf(object json.RawMessage, name string) string {
	for _, f := range client.ObjectFields("", object) {
		if f.Name == name {
			return f.Value
		}
	}
	return ""
}

// objectsIn gives the objects of a list; nil when value is not a list.
func objectsIn(value string) []json.RawMessage {
	var list []json.RawMessage
	if !strings.HasPrefix(value, "[{") || json.Unmarshal([]byte(value), &list) != nil {
		return nil
	}
	return list
}
