// A trace as a mermaid sequence diagram.

package trace

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf16"

	"tokenshell/shell/internal/page"
	"tokenshell/tokens"
)

// mermaidLimit is mermaid's default maxTextSize, in UTF-16 code units. A diagram
// cannot raise it for itself: only the page around it can.
const mermaidLimit = 50_000

// mermaidNote is how wide a note may become, in characters. Mermaid folds
// nothing by itself.
const mermaidNote = 48

// writeMermaid writes a trace in mermaid's language.
func (t *Trace) writeMermaid(w io.Writer) {
	var b strings.Builder
	ids := t.writeParticipants(&b)
	over := "p1"
	if len(ids) > 1 {
		over = fmt.Sprintf("p1,p%d", len(ids))
	}
	var last time.Time
	next := 0
	for _, m := range t.Messages {
		if moment, moved := moment(m.at, last); moved {
			last = m.at
			fmt.Fprintf(&b, "    Note over %s: %s\n", over, moment)
		}
		if m.Number != next { // those of other sessions have numbers, too
			fmt.Fprintf(&b, "    autonumber %d\n", m.Number)
		}
		next = m.Number + 1
		from, to := ids[m.From], ids[m.To]
		fmt.Fprintf(&b, "    %s%s%s: %s\n", from, m.mermaidArrow(), to, m.mermaidText())
		if m.failed() && m.Detail != "" {
			fmt.Fprintf(&b, "    Note over %s,%s: %s\n", from, to, mermaidLines(m.Detail))
		}
	}
	fmt.Fprintln(w, "sequenceDiagram")
	if size := len(utf16.Encode([]rune(b.String()))); size > mermaidLimit {
		fmt.Fprintf(w, "    %%%% %d characters: mermaid draws up to %d unless its maxTextSize says more.\n", size, mermaidLimit)
		fmt.Fprintln(w, "    %% One session is shorter: trace --format mermaid --session ID")
	}
	_, _ = io.WriteString(w, b.String())
}

// writeParticipants gives each party an id of its own: its name may be a word of
// mermaid's language.
func (t *Trace) writeParticipants(w io.Writer) map[string]string {
	fmt.Fprintf(w, "    title %s\n", mermaidEscape(t.Title))
	ids := map[string]string{}
	for _, name := range t.everyone() {
		kind := "participant"
		if name == "client" {
			kind = "actor"
		}
		ids[name] = fmt.Sprintf("p%d", len(ids)+1)
		fmt.Fprintf(w, "    %s %s as %s\n", kind, ids[name], mermaidEscape(name))
	}
	return ids
}

// everyone gives the parties, and after them whoever sends or receives without
// being one: a message needs both its ends.
func (t *Trace) everyone() []string {
	all := slices.Clone(t.Parties)
	for _, m := range t.Messages {
		for _, name := range []string{m.From, m.To} {
			if !slices.Contains(all, name) {
				all = append(all, name)
			}
		}
	}
	return all
}

// mermaidArrow is dashed for an answer, and ends in a cross when the message
// was lost.
func (m *traced) mermaidArrow() string {
	line, head := "-", ">>"
	if m.Kind == "answer" {
		line = "--"
	}
	if m.Lost {
		head = "x"
	}
	return line + head
}

// mermaidText is what stands at the arrow. No colon follows what comes from
// outside; mermaidEscape says why.
func (m *traced) mermaidText() string {
	text := mermaidEscape(m.short())
	if sign := m.sign(); sign != "" {
		text = sign + " " + text
	}
	for _, mark := range m.marks() {
		text += ", " + mark
	}
	return text
}

// sign shows at a glance what was not done, and what is taken back.
func (m *traced) sign() string {
	switch {
	case m.failed():
		return "✗"
	case m.Step == "cancel":
		return "↩"
	}
	return ""
}

// short is the text without what a cross in front of it says already.
func (m *traced) short() string {
	if m.Text == "rejected: "+m.Outcome {
		return m.Outcome
	}
	return m.Text
}

// marks say what was out of the ordinary on the way.
func (m *traced) marks() []string {
	var marks []string
	if m.Again > 1 {
		marks = append(marks, fmt.Sprintf("again (%d)", m.Again))
	}
	if m.Late != "" {
		marks = append(marks, m.Late+" late")
	}
	if m.Lost {
		marks = append(marks, "lost")
	}
	if m.Undone {
		marks = append(marks, "undone")
	}
	return marks
}

// moment says what time it is when that is worth a line: at first, and when at
// least a second has gone by since it was said last.
func moment(at, last time.Time) (text string, moved bool) {
	at, passed := at.UTC(), at.Sub(last)
	switch {
	case last.IsZero():
		return at.Format(time.DateTime) + " UTC", true
	case passed < time.Second:
		return "", false
	case at.Format(time.DateOnly) != last.UTC().Format(time.DateOnly):
		return at.Format(time.DateTime) + " UTC, " + tokens.HowLong(passed) + " later", true
	}
	return at.Format(time.TimeOnly) + ", " + tokens.HowLong(passed) + " later", true
}

// mermaidLines folds a text, and escapes it.
func mermaidLines(text string) string {
	lines := page.Fold(text, mermaidNote)
	for i := range lines {
		lines[i] = mermaidEscape(lines[i])
	}
	return strings.Join(lines, "<br/>")
}

// mermaidEscape leaves ASCII letters, digits and signs that mermaid does not
// look at, and writes anything else as an entity code. What it looks at: "#" and
// ";" end a text, "%%" begins a comment or a directive, "$$" is mathematics,
// "wrap:" an option, "<" is HTML, "ﬂ°" is how it writes "&" inside. And of a line
// such as "style …:…#…;" it drops the last semicolon, which may be an entity's:
// so nothing of ours may put a colon behind a text from outside.
func mermaidEscape(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', strings.ContainsRune(" .,_-=/()'", r):
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, "#%d;", r)
		}
	}
	return b.String()
}
