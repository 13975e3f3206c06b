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
	"tokenshell/shell/internal/wire"
)

// scenario writes a finding. It goes the way once more, in a world like the one in
// which it was found.
func (s *search) scenario(ctx context.Context, f *finding) (string, error) {
	stage, err := newStage(s.plan, s.weakness, s.bound)
	if err != nil {
		return "", err
	}
	stage.settleOn(s.customer)
	w := &writing{stage: stage}
	if s.bound.Leeway > 0 {
		w.line("set leeway %s", s.bound.Leeway)
	}
	for _, st := range f.Way {
		w.step(ctx, st)
	}
	text := fmt.Sprintf("# explore --bound %s: %s.\nset check on\n", s.bound, f.What) + strings.Join(w.lines, "\n") + "\n"
	archive := &txtar.Archive{Comment: []byte(text), Files: w.files}
	slices.SortFunc(archive.Files, func(a, b txtar.File) int { return strings.Compare(a.Name, b.Name) })
	archive.Files = slices.CompactFunc(archive.Files, func(a, b txtar.File) bool { return a.Name == b.Name })
	return string(txtar.Format(archive)), nil
}

// writing is a scenario that is being written.
type writing struct {
	stage *stage
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
func (w *writing) step(ctx context.Context, st step) {
	s := w.stage
	w.use(st.Move)
	line := w.spoken(st.Move)
	w.capture(st.Move)
	var inner []string
	for _, d := range st.Plan {
		text := ""
		if d.Fate == wire.Meanwhile {
			text = alphabet[d.Inner.verb].line(s, d.Inner)
			w.capture(d.Inner)
		}
		inner = append(inner, text)
	}
	at := len(w.lines)
	w.news = s.unrelayed(int(st.Move.order))
	broken := s.try(ctx, st.Move, st.Plan)
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
	w.line("%s%s", prefix(s.said), line)
	if st.Move.verb == opens && s.model.Session(orderName(int(st.Move.order))) != nil && s.said.Reasons == nil {
		w.order = orderName(int(st.Move.order))
	}
	var seen *parting
	if !errors.As(broken, &seen) {
		return
	}
	if w.lines[len(w.lines)-1] += seen.own; seen.ask != "" {
		w.line("%s", seen.ask)
	}
	w.line("stdout '^%s$'", regexp.QuoteMeta(seen.want))
}

// use makes the session of a move the current one.
func (w *writing) use(m Move) {
	name := orderName(int(m.order))
	if m.order == 0 || m.verb == opens || name == w.order {
		return
	}
	w.line("session use %s", name)
	w.order = name
}

// spoken gives the line of a move, and writes the file that it reads.
func (w *writing) spoken(m Move) string {
	line := alphabet[m.verb].line(w.stage, m)
	if m.verb == relaysForged {
		w.files = append(w.files, txtar.File{Name: forgedFile(m), Data: []byte(Spoiled(w.stage.held(m).Raw) + "\n")})
	}
	return line
}

// capture has a variable hold the kid that a move is about.
func (w *writing) capture(m Move) {
	if m.verb == retires || m.verb == disables {
		w.line("capture %s keys list %s --jq '.keys[0].kid'", kidVariable(m), w.stage.names[m.arg])
	}
}

// ordered gives the line that orders what became of a message: after so many others
// that the order would meet first.
func (w *writing) ordered(at int, d Decision, inner string) string {
	trace := w.stage.trace
	if at >= len(trace) {
		return fmt.Sprintf("# message %d was never sent", at+1)
	}
	m, after := trace[at], 0
	crash := d.Fate == wire.CrashBefore || d.Fate == wire.CrashAfter
	for _, other := range trace[:at] {
		taken := other.Made.Fate != "" && other.Made.Fate != bound.Interrupt
		if other.step() == m.step() && !taken && !(crash && other.From != "relay" && other.To != "relay") {
			after++
		}
	}
	text := fmt.Sprintf("fault %s %s", m.step(), d.Fate)
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
	for _, m := range w.stage.trace[:min(at, len(w.stage.trace))] {
		if m.From == "relay" && m.To != "ledger" {
			words = append(words, "go")
		}
	}
	return strings.Join(append(words, "stop"), ",")
}

// interrupted has a redemption stop between two messages.
func (w *writing) interrupted(m Move, line, decide string) string {
	if m.verb == checksOut {
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

// unrelayed gives the live tokens of an order that were not accepted yet.
func (s *stage) unrelayed(order int) []string {
	of := s.model.Session(orderName(order))
	if of == nil {
		return nil
	}
	var names []string
	for _, h := range s.model.Holds {
		if h.Handle != "" && !h.Gone && h.Order == of.ID && s.model.Status(h) == "issued" && !slices.ContainsFunc(of.Stands(), func(st spec.Stand) bool { return st.Hold == h }) {
			names = append(names, h.Handle)
		}
	}
	return names
}
