// Patterns: what a line of output says, without what is another each time.

package record

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"tokenshell/shell/internal/client"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/redact"
)

// volatile is what may be another in another run of the same verbs.
var volatile = []struct {
	name    string
	pattern string
}{
	{"id", `(?:op|cpt|att|rcp|auth)_[a-z2-7]{26}`},
	{"kid", `[a-z]+-k[0-9]+-[0-9a-f]{8}`},
	{"arn", `arn:aws:kms:[a-z0-9:/-]+`},
	{"time", `[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?Z`},
	{"clock", `[0-9]{2}:[0-9]{2}:[0-9]{2}(?:, (?:in )?[0-9]+ (?:s|min|h|d)(?: [0-9]+ (?:s|min))?(?: ago)?)?`},
	{"seconds", `\b1[0-9]{9}\b`},
	{"digest", `[A-Za-z0-9_-]{43,}`},
	{"size", `[0-9]+ bytes`},
	{"rest", `[0-9]+(?:\.[0-9]+)? ?(?:states/s|ms|s)\b`},
	{"space", ` +`},
}

// loose are the patterns that stand for what is volatile, by its name: shorter,
// for they are read by people.
var loose = map[string]string{
	"id": `\w+`, "kid": `[\w-]+`, "arn": `\S+`, "time": `\S+`, "clock": `\d\d:\d\d:\d\d.*`, "seconds": `\d+`, "digest": `[\w-]+`,
	"size": `\d+ bytes`, "rest": `\S+`, "space": ` +`,
}

// volatileText finds what is volatile; each kind is a group of its own.
func volatileText() *regexp.Regexp {
	parts := make([]string, len(volatile))
	for i, v := range volatile {
		parts[i] = "(" + v.pattern + ")"
	}
	return regexp.MustCompile(strings.Join(parts, "|"))
}

// patterns gives a line of stdout for each line that matters, if it was said
// before as it is now. same says whether everything was. While time stands still
// it is a part of what is said.
func (m *scenarioMaker) patterns(e *interp.Spoken, outputs [2]string, still bool) (lines []string, same bool) {
	_, _, matters := m.node(e.Words)
	if matters == 0 {
		return nil, true
	}
	heard := e.Heard.String()
	for id, name := range m.orders {
		heard = strings.ReplaceAll(heard, id, name)
	}
	for name, section := range m.names[e] {
		if strings.HasPrefix(heard, name+": ") { // keys jwks --out and others begin with it
			heard = section + strings.TrimPrefix(heard, name)
		}
	}
	before, now, other := outputPatterns(m.finder, heard), outputPatterns(m.finder, outputs[0]), outputPatterns(m.finder, outputs[1])
	looks := func(a, b saidLine) bool { return a.loose == b.loose }
	same = slices.EqualFunc(before, now, looks)
	var patterns []string
	for _, line := range now {
		alike := func(all []saidLine) bool {
			return slices.ContainsFunc(all, func(l saidLine) bool { return looks(l, line) })
		}
		switch {
		case still && slices.Contains(before, line) && slices.Contains(other, line):
			patterns = append(patterns, line.exact)
		case alike(before) && alike(other) && !slices.Contains(patterns, line.loose):
			patterns = append(patterns, line.loose)
		}
	}
	for _, pattern := range chosenPatterns(patterns, matters) {
		lines = append(lines, "stdout '"+pattern+"'")
	}
	return lines, same
}

// saidLine is what a line says, as regular expressions.
type saidLine struct {
	loose string // what is volatile may be anything
	exact string
}

// outputPatterns gives each line of output that says something, once. Of a
// picture only what stands below it does: how it is drawn is nobody's business.
func outputPatterns(finder *regexp.Regexp, output string) []saidLine {
	if strings.HasPrefix(output, "sequenceDiagram\n") {
		return nil
	}
	lines := strings.Split(strings.TrimSuffix(output, "\n"), "\n")
	for at := len(lines) - 1; at >= 0; at-- {
		if strings.Contains(lines[at], "│") {
			lines = lines[at+1:]
			break
		}
	}
	var all []saidLine
	seen := map[string]bool{}
	add := func(line saidLine) {
		if !seen[line.exact] {
			seen[line.exact] = true
			all = append(all, line)
		}
	}
	for _, line := range lines {
		if strings.HasPrefix(line, "{") && json.Valid([]byte(line)) {
			for _, pattern := range objectPatterns(finder, line) {
				add(saidLine{pattern, pattern})
			}
		} else if pattern, ok := linePattern(finder, line); ok {
			add(saidLine{pattern, exactPattern(line)})
		}
	}
	return all
}

// exactPattern is a pattern of a line of which nothing changes but the width of
// its columns.
func exactPattern(line string) string {
	return "^" + regexp.MustCompile(` {2,}`).ReplaceAllString(regexp.QuoteMeta(line), " +") + "$"
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

// linePattern gives a regular expression for a line of output: what it says as
// it is, what is volatile loosely. ok is false when nothing but that is left,
// when it is a table's heading, or when the line cannot stand in single quotes.
func linePattern(finder *regexp.Regexp, line string) (pattern string, ok bool) {
	var b strings.Builder
	said, at := 0, 0
	for _, m := range finder.FindAllStringSubmatchIndex(line, -1) {
		literal := line[at:m[0]]
		said += len(strings.TrimSpace(literal))
		b.WriteString(regexp.QuoteMeta(literal))
		for i, v := range volatile {
			if m[2+2*i] < 0 {
				continue
			}
			if found := line[m[0]:m[1]]; v.name == "space" && found == " " {
				b.WriteString(found)
			} else {
				b.WriteString(loose[v.name])
			}
		}
		at = m[1]
	}
	literal := line[at:]
	b.WriteString(regexp.QuoteMeta(literal))
	said += len(strings.TrimSpace(literal))
	heading := line == strings.ToUpper(line) && !strings.ContainsAny(line, "0123456789")
	return "^" + b.String() + "$", said >= 3 && line != "null" && !heading && writable(line)
}

// longestPattern is how much of a line somebody would still read.
const longestPattern = 240

// writable reports whether a line can stand in a scenario, in single quotes.
func writable(line string) bool {
	return len(line) <= longestPattern && !strings.ContainsAny(line, "'\t\r") && redact.Printable(line) == line && !redact.HasToken(line)
}

// objectPatterns give what a JSON object says, and each object in a list in it.
// More members may be added to what a verb says, so that only those which stay
// the same are named, in their order, and anything may be between them.
func objectPatterns(finder *regexp.Regexp, object string) []string {
	var (
		patterns []string
		said     []string
		inside   []string
	)
	for _, f := range client.ObjectFields("", json.RawMessage(object)) {
		text := `"` + f.Name + `":` + f.Value
		var list []json.RawMessage
		switch {
		case strings.HasPrefix(f.Value, "[{") && json.Unmarshal([]byte(f.Value), &list) == nil:
			for _, element := range list {
				inside = append(inside, objectPatterns(finder, string(element))...)
			}
		case slices.Contains([]string{`""`, "null", "[]", "{}"}, f.Value), f.Name == "detail", changes(finder, text), len(text) > 80, !writable(text):
		default:
			said = append(said, regexp.QuoteMeta(text))
		}
	}
	if len(said) > 0 {
		patterns = append(patterns, strings.Join(said, ".*"))
	}
	return append(patterns, inside...)
}

// changes reports whether something in a text is volatile.
func changes(finder *regexp.Regexp, text string) bool {
	return slices.ContainsFunc(finder.FindAllString(text, -1), func(found string) bool { return strings.TrimSpace(found) != "" })
}
