// Explaining: where and why a script failed, and what led there, as testscript's
// log has it.

package scenario

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/txtar"

	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/syntax"
)

// Bounds of what is told of a script that failed.
const (
	besides    = 1    // lines shown on either side of the one that failed
	beforeThat = 4    // lines that ran before it
	saidOf     = 600  // bytes of what one of those said
	saidLast   = 8000 // bytes of what the last one said
	valueShown = 200  // bytes of a variable
)

// logged is what testscript logged of a script.
type logged struct {
	text string                          // without what is secret
	file string                          // as testscript knows it
	line func(n int, text string) string // a line of the script as testscript read it; nil is as it stands
}

// found is a failure as it stands in a log.
type found struct {
	line int // 0 when it is about the whole file
	why  string
	upTo int // where in the log it stands
}

// failure finds it: what the log says last, for what verbs print may look like
// anything.
func (l logged) failure(file string) found {
	f := found{why: strings.TrimSpace(l.text), upTo: len(l.text)}
	mark := "FAIL: " + l.file + ":"
	if at := strings.LastIndex("\n"+l.text, "\n"+mark); at >= 0 {
		number, why, _ := strings.Cut(l.text[at+len(mark):], ": ")
		f.line, _ = strconv.Atoi(number)
		f.why, f.upTo = strings.TrimSpace(why), at
	} else if _, bug, ok := strings.Cut(l.text, "this is a bug in tokenshell: "); ok {
		f.why = "this is a bug in tokenshell: " + bug
	}
	// What the shell found before the first line says the place itself.
	if rest, ok := strings.CutPrefix(f.why, file+":"); ok && f.line == 0 {
		if number, why, ok := strings.Cut(rest, ": "); ok {
			if n, err := strconv.Atoi(number); err == nil {
				f.line, f.why = n, why
			}
		}
	}
	return f
}

// steps gives the lines that ran up to the one that failed, it among them, each
// with what was said.
func (l logged) steps(lines []string, upTo found) []Step {
	text, from := "\n"+l.text[:upTo.upTo], 0
	var ran []Step
	var begins, ends []int // of what each said
	for n := 1; n <= upTo.line && n <= len(lines); n++ {
		as := lines[n-1]
		if len(syntax.ReadScript(as).Words) == 0 {
			continue
		}
		if l.line != nil {
			as = l.line(n, as)
		}
		mark := "\n> " + as + "\n"
		at := strings.Index(text[from:], mark)
		if at < 0 { // its condition did not hold, or it is not reached
			continue
		}
		ran, ends = append(ran, Step{Line: n, Text: strings.TrimSpace(lines[n-1])}), append(ends, from+at)
		from += at + len(mark) - 1
		begins = append(begins, from)
	}
	ends = append(ends, len(text))
	for i := range ran {
		ran[i].Said = strings.Trim(text[begins[i]:ends[i+1]], "\n")
	}
	return ran
}

// said takes out of a part of the log the signs that testscript sets.
func said(part string) string {
	var b strings.Builder
	for line := range strings.Lines(part) {
		switch strings.TrimSuffix(line, "\n") {
		case "[stdout]", "[stderr]", "":
		default:
			if !strings.HasPrefix(line, "# ") {
				b.WriteString(line)
			}
		}
	}
	return strings.TrimRight(b.String(), "\n")
}

// shortened cuts a text between lines, and says so.
func shortened(text string, most int) string {
	if len(text) <= most {
		return text
	}
	cut := strings.LastIndexByte(text[:most], '\n')
	if cut < 0 {
		cut = most
	}
	return strings.ToValidUTF8(text[:cut], "") + fmt.Sprintf("\n… and %d bytes more", len(text)-cut)
}

// explain says where and why a script failed.
func (o *Outcome) explain(log logged, sc *script, text []byte) {
	f := log.failure(o.File)
	o.Line, o.Why = f.line, f.why
	archive := txtar.Parse(text)
	lines := strings.Split(string(archive.Comment), "\n")
	ran := log.steps(lines, f)
	if n := len(ran); n > 0 && ran[n-1].Line == f.line {
		o.lastSaid(ran)
		ran = ran[:n-1]
	}
	for _, step := range ran[max(0, len(ran)-beforeThat):] {
		step.Said = shortened(said(step.Said), saidOf)
		o.Before = append(o.Before, step)
	}
	o.judge(sc)
	o.within(text, archive)
	o.look(strings.Split(string(text), "\n"))
	o.variables(sc)
}

// lastSaid keeps what the line that failed is about: a diff, or what was printed
// last.
func (o *Outcome) lastSaid(ran []Step) {
	last := ran[len(ran)-1].Said
	if at := diffBegins().FindStringIndex("\n" + last); at != nil {
		o.Diff = shortened(strings.TrimSuffix(("\n" + last)[at[0]+1:], "\n"), saidLast)
	}
	for i := len(ran) - 1; i >= 0 && o.Diff == ""; i-- {
		if strings.Contains("\n"+ran[i].Said, "\n[std") {
			o.Output = shortened(said(ran[i].Said), saidLast)
			break
		}
	}
	if strings.HasPrefix(o.Why, failedFor) {
		o.Expected, o.Got = "the program to succeed", "it failed"
		if lines := strings.Split(last, "\n"); strings.HasPrefix(lines[len(lines)-1], "[") {
			o.Got = strings.Trim(lines[len(lines)-1], "[]")
			o.Output = strings.TrimSuffix(strings.TrimSuffix(o.Output, lines[len(lines)-1]), "\n")
		}
	}
}

var (
	diffBegins = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\ndiff \S+ \S+\n--- `) })
	hunkBegins = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@`) })
	noMatch    = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile("^no match for ([\"`].*[\"`]) found in (.+)$") })
	oneMatch   = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile("^unexpected match for ([\"`].*[\"`]) found in ([a-z]+): ")
	})
	manyMatch  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^have (\d+) matches for (.+), want (\d+)$`) })
	ownColumn  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^column (\d+): `) })
	quotedPart = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile("[`\"]([^`\"]+)[`\"]|(\\$[A-Z_][A-Z0-9_]*) is not set|unknown flag (--?[^\\s,;]+)|unexpected argument ([^\\s;]+)")
	})
)

// judge says apart what was expected and what came.
func (o *Outcome) judge(sc *script) {
	var surprised *exit.Surprise
	if sc != nil && errors.As(sc.failed, &surprised) {
		o.Expected, o.Got = surprised.Expected, surprised.Came
		return
	}
	if all := expectedDone(sc); all != "" {
		o.Expected, o.Got = "it to be done", all
		return
	}
	if m := noMatch().FindStringSubmatch(o.Why); m != nil {
		o.Expected, o.Got = "a line of "+m[2]+" to match "+m[1], "no line matches"
		if inside := strings.Trim(m[1], "`"); len(inside) > 2 && strings.HasPrefix(inside, `"`) && strings.HasSuffix(inside, `"`) {
			o.Got += ": the double quotes are looked for, too; 'single quotes' only hold a pattern together"
		}
	}
	if m := oneMatch().FindStringSubmatch(o.Why); m != nil {
		o.Expected, o.Got = "no line of "+m[2]+" to match "+m[1], "one does"
	}
	if m := manyMatch().FindStringSubmatch(o.Why); m != nil {
		o.Expected, o.Got = m[3]+" matches for "+m[2], m[1]
	}
	if o.Diff != "" {
		o.Expected, o.Got = "the same text", o.Why
	}
}

// expectedDone says how a verb was refused that nobody expected to be.
func expectedDone(sc *script) string {
	if sc == nil || exit.Rejections(sc.failed) == nil {
		return ""
	}
	texts := []string{}
	for _, r := range exit.Rejections(sc.failed) {
		texts = append(texts, fmt.Sprintf("rejected: %s: %s", r.Reason, r.Detail))
	}
	return strings.Join(texts, "\n")
}

// look shows the line that failed between its neighbours, and points at what it is
// about.
func (o *Outcome) look(lines []string) {
	if o.Line < 1 || o.Line > len(lines) {
		return
	}
	whole := strings.TrimSuffix(lines[o.Line-1], "\r")
	o.Text = strings.TrimSpace(whole)
	for n := max(1, o.Line-besides); n <= min(len(lines), o.Line+besides); n++ {
		if n == len(lines) && lines[n-1] == "" {
			break
		}
		o.Around = append(o.Around, Step{Line: n, Text: strings.TrimSuffix(lines[n-1], "\r")})
	}
	if o.Column > 0 {
		return
	}
	if m := ownColumn().FindStringSubmatch(o.Why); m != nil { // the place says it
		n, _ := strconv.Atoi(m[1])
		o.Column, o.Why = inBytes(whole, n), o.Why[len(m[0]):]
		return
	}
	for _, m := range quotedPart().FindAllStringSubmatch(o.Why, -1) {
		if at := strings.Index(whole, strings.Join(m[1:], "")); at >= 0 {
			o.Column = at + 1
			return
		}
	}
	o.Column = 1 + verbBegins(whole)
}

// inBytes turns a column in characters into one in bytes.
func inBytes(line string, column int) int {
	for at := range line {
		if column--; column == 0 {
			return at + 1
		}
	}
	return len(line) + 1
}

// verbBegins finds the first word that is no condition and no !.
func verbBegins(line string) int {
	at := 0
	for {
		at += len(line[at:]) - len(strings.TrimLeft(line[at:], " \t"))
		word, _, _ := strings.Cut(line[at:], " ")
		if word != "!" && !(strings.HasPrefix(word, "[") && strings.HasSuffix(word, "]")) {
			return at
		}
		at += len(word)
	}
}

// variables keeps what the variables of the line that failed held.
func (o *Outcome) variables(sc *script) {
	for _, name := range syntax.ReadScript(o.Text).Variables {
		if sc == nil || sc.ts == nil {
			return
		}
		value := sc.ts.Getenv(name)
		if unsetIn(value) != "" {
			value = "(not set)"
		}
		if sc.shell != nil {
			value = sc.shell.Redact(value)
		}
		o.Variables = append(o.Variables, Variable{name, shortened(value, valueShown)})
	}
}

// within finds the place in a section that a failure is about.
func (o *Outcome) within(text []byte, archive *txtar.Archive) {
	for _, section := range archive.Files {
		name := section.Name
		begins := lineOf(text, name)
		if begins == 0 {
			continue
		}
		place, why := Place{Section: name}, o.Why
		if m := regexp.MustCompile(`(^\$WORK/|^|[\s/])` + regexp.QuoteMeta(name) + `:(\d+): (?:column (\d+): )?`).FindStringSubmatch(o.Why); m != nil {
			n, _ := strconv.Atoi(m[2])
			place.Column, _ = strconv.Atoi(m[3])
			place.Line = begins + n
			why = strings.TrimPrefix(o.Why, m[0])
		} else if o.Diff != "" {
			if n := differsAt(o.Diff, name); n > 0 {
				place.Line, place.Column = begins+n, 1
			}
		}
		if place.Line == 0 {
			continue
		}
		if lines := strings.Split(string(text), "\n"); place.Line <= len(lines) {
			place.Text = strings.TrimSuffix(lines[place.Line-1], "\r")
			if place.Column > 0 {
				place.Column = inBytes(place.Text, place.Column)
			}
		}
		o.Within = &place
		if o.Line == 0 { // it is about nothing else
			o.Line, o.Column, o.Why = place.Line, place.Column, why
		}
		return
	}
}

// differsAt gives the first line of a compared file that a diff is about; 0 when
// the file is not one of its two.
func differsAt(diff, name string) int {
	head, _, _ := strings.Cut(diff, "\n")
	words := strings.Fields(head)
	if len(words) != 3 {
		return 0
	}
	side := 0
	switch name {
	case words[2]:
		side = 2
	case words[1]:
		side = 1
	default:
		return 0
	}
	at := 0
	for line := range strings.Lines(diff) {
		if m := hunkBegins().FindStringSubmatch(line); m != nil {
			at, _ = strconv.Atoi(m[side])
			continue
		}
		if at > 0 && line[0] != ' ' {
			return at
		}
		if at > 0 {
			at++
		}
	}
	return 0
}
