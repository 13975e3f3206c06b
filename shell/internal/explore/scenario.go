// The scenario: what was found, as lines that pass in a sound world and fail where
// it was found.

package explore

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"

	"tokenshell/shell/internal/bound"
	"tokenshell/shell/internal/spec"
	"tokenshell/shell/internal/stage"
	"tokenshell/shell/internal/wire"
)

// scenario writes a finding. It goes the way once more, in a world like the one in
// which it was found.
func (c *course) scenario(ctx context.Context, f *finding) (string, error) {
	on, err := stage.New(c.plan, c.weakness, f.Bound)
	if err != nil {
		return "", err
	}
	on.SettleOn(c.customer)
	w := &writing{stage: on}
	if f.Bound.Leeway > 0 {
		w.line("set leeway %s", f.Bound.Leeway)
	}
	for _, st := range f.Way {
		w.step(ctx, st)
	}
	if !stage.ShowsItself(f.Monitor) {
		w.lines = slices.Insert(w.lines, 0, "set check on")
	}
	text := fmt.Sprintf("# explore --bound %s: %s.\n", f.Bound, f.What) + strings.Join(w.lines, "\n") + "\n"
	archive := &txtar.Archive{Comment: []byte(text), Files: w.files}
	slices.SortFunc(archive.Files, func(a, b txtar.File) int { return strings.Compare(a.Name, b.Name) })
	archive.Files = slices.CompactFunc(archive.Files, func(a, b txtar.File) bool { return a.Name == b.Name })
	return string(txtar.Format(archive)), nil
}

// writing is a scenario that is being written.
type writing struct {
	stage *stage.Stage
	order string   // the current one
	news  []string // the tokens that a checkout would relay
	lines []string
	files []txtar.File
}

func (w *writing) line(format string, args ...any) {
	w.lines = append(w.lines, fmt.Sprintf(format, args...))
}

// step writes one step: what goes wrong, the verb with what a sound world answers,
// and whatever shows where it parts.
func (w *writing) step(ctx context.Context, st stage.Step) {
	s := w.stage
	w.use(st.Move)
	line := w.spoken(st.Move)
	w.capture(st.Move)
	var inner []string
	for _, d := range st.Plan {
		text := ""
		if d.Fate.HasLine() {
			text = w.spoken(d.Inner)
			w.capture(d.Inner)
		}
		inner = append(inner, text)
	}
	at := len(w.lines)
	w.news = s.Unrelayed(int(st.Move.Order))
	broken := s.Try(ctx, st.Move, st.Plan)
	decide := ""
	for i, d := range st.Plan {
		switch d.Fate {
		case "":
		case bound.Interrupt:
			decide = w.decide(i)
		default:
			w.lines = slices.Insert(w.lines, at, w.ordered(i, d, inner[i]))
			at++
		}
	}
	if decide != "" {
		line = w.interrupted(st.Move, line, decide)
	}
	w.line("%s%s", prefix(s.Said), line)
	if st.Move.Verb == stage.Opens && s.Model.Session(stage.OrderName(int(st.Move.Order))) != nil && s.Said.Reasons == nil {
		w.order = stage.OrderName(int(st.Move.Order))
	}
	var seen *stage.Parting
	if !errors.As(broken, &seen) {
		return
	}
	if w.lines[len(w.lines)-1] += seen.Own; seen.Ask != "" {
		w.line("%s", seen.Ask)
	}
	w.line("%s", says(seen.Want))
}

// says is the line that a verb has printed exactly this line, or nothing.
func says(want string) string {
	if want == "" {
		return "! stdout ." // '^$' is at the end of whatever is said
	}
	return fmt.Sprintf("stdout '^%s$'", regexp.QuoteMeta(want))
}

// use makes the session of a move the current one.
func (w *writing) use(m stage.Move) {
	name := stage.OrderName(int(m.Order))
	if m.Order == 0 || m.Verb == stage.Opens || name == w.order {
		return
	}
	w.line("session use %s", name)
	w.order = name
}

// spoken gives the line of a move, and writes the files that it reads.
func (w *writing) spoken(m stage.Move) string {
	add := func(name, text string) { w.files = append(w.files, txtar.File{Name: name, Data: []byte(text)}) }
	switch m.Verb {
	case stage.RelaysForged:
		add(stage.ForgedFile(m), stage.Spoiled(w.stage.Held(m).Raw)+"\n")
	case stage.Imports:
		add(stage.TokenFile(m), w.stage.Outside(m)+"\n")
	case stage.Trusts:
		for name, text := range stage.TrustFiles() {
			add(name, text)
		}
	}
	return stage.Alphabet[m.Verb].Line(w.stage, m)
}

// capture has a variable hold the kid that a move is about.
func (w *writing) capture(m stage.Move) {
	if m.Verb == stage.Retires || m.Verb == stage.Disables {
		w.line("capture %s keys list %s --jq '.keys[0].kid'", stage.KidVariable(m), w.stage.Names[m.Arg])
	}
}

// ordered gives the line that orders what became of a message: after so many others
// that the order would meet first.
func (w *writing) ordered(at int, d stage.Decision, inner string) string {
	trace := w.stage.Trace
	if at >= len(trace) {
		return fmt.Sprintf("# message %d was never sent", at+1)
	}
	m, after := trace[at], 0
	crash := d.Fate == wire.CrashBefore || d.Fate == wire.CrashAfter
	for _, other := range trace[:at] {
		taken := other.Made.Fate != "" && other.Made.Fate != bound.Interrupt
		if other.Asked() == m.Asked() && !taken && !(crash && !wire.IsRelay(other.From) && !wire.IsRelay(other.To)) {
			after++
		}
	}
	text := fmt.Sprintf("fault %s %s", m.Asked(), d.Fate)
	if inner != "" {
		text += " '" + inner + "'"
	}
	if after > 0 {
		text += fmt.Sprintf(" --after %d", after)
	}
	return text
}

// decide gives what redeem --step decides so that the message is not sent.
func (w *writing) decide(at int) string {
	var words []string
	for _, m := range w.stage.Trace[:min(at, len(w.stage.Trace))] {
		if wire.IsRelay(m.From) && m.To != "ledger" {
			words = append(words, "go")
		}
	}
	return strings.Join(append(words, "stop"), ",")
}

// interrupted has a redemption stop between two messages.
func (w *writing) interrupted(m stage.Move, line, decide string) string {
	if m.Verb == stage.ChecksOut {
		if len(w.news) > 0 {
			w.line("relay %s", strings.Join(w.news, " "))
		}
		line = "redeem"
	}
	return strings.Replace(line, "redeem", "redeem --step --decide "+decide, 1)
}

// prefix is how a line says what a sound world answers.
func prefix(said spec.Answer) string {
	switch all := slices.Compact(slices.Clone(said.Reasons)); {
	case said.Wrong:
		return "# nothing of the kind: "
	case len(all) == 1:
		return "expect " + all[0] + " "
	case len(all) > 1:
		return "! "
	}
	return ""
}
