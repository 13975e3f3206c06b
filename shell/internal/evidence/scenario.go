// Package evidence writes down what was found, as a scenario that passes in a sound
// world and fails where it was found, and plays it there to see that it does.
package evidence

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
	"tokenshell/shell/internal/world"
	"tokenshell/tokens"
)

// Finding is what broke, and the way there.
type Finding struct {
	What    string
	Way     []stage.Step
	Bound   bound.Bound
	Monitor string // whose it is; empty of a panic
}

// Of makes a finding of what broke at the end of a way.
func Of(broken error, way []stage.Step, b bound.Bound) *Finding {
	f := &Finding{What: broken.Error(), Way: way, Bound: b}
	if by := new(stage.Complaint); errors.As(broken, &by) {
		f.Monitor = by.Monitor
	}
	return f
}

// In is where something was found.
type In struct {
	Plan     *world.Plan
	Weakness tokens.Weakness
	Customer string // whose orders were explored
}

// Scenario writes a finding. It goes the way once more, in a world like the one in
// which it was found.
func (in In) Scenario(ctx context.Context, f *Finding) (string, error) {
	w, err := in.written(ctx, f, nil)
	if err != nil {
		return "", err
	}
	return w.text(f), nil
}

// detour is that the world is put aside before a step of a way, or behind the last, and
// taken back, perhaps after a move.
type detour struct {
	at    int
	move  stage.Move
	moves bool
}

// aside is the name of the world that is put aside before a detour.
const aside = "before"

// written goes the way of a finding, and writes it.
func (in In) written(ctx context.Context, f *Finding, by *detour) (*writing, error) {
	on, err := stage.New(in.Plan, in.Weakness, f.Bound)
	if err != nil {
		return nil, err
	}
	on.SettleOn(in.Customer)
	w := &writing{stage: on, checked: !stage.ShowsItself(f.Monitor), strays: f.Bound.Relays > 1 || by != nil}
	if f.Bound.Rounds > 0 { // it is another world
		text, err := on.World.Plan.WithoutNumbers()
		if err != nil {
			return nil, err
		}
		w.files = append(w.files, txtar.File{Name: "world.yaml", Data: text})
	}
	if f.Bound.Leeway > 0 {
		w.line("set leeway %s", f.Bound.Leeway)
	}
	for at, st := range f.Way {
		if by != nil && by.at == at {
			w.detour(ctx, by)
		}
		w.step(ctx, st)
	}
	if by != nil && by.at == len(f.Way) {
		w.detour(ctx, by)
	}
	return w, nil
}

// detour writes one.
func (w *writing) detour(ctx context.Context, by *detour) {
	here, order := w.stage.Save(), w.order
	w.line("world save %s", aside)
	if by.moves {
		w.step(ctx, stage.Step{Move: by.move})
	}
	w.line("world restore %s", aside)
	w.stage.Restore(here)
	w.order = order
}

// text is the scenario, with more lines at its end.
func (w *writing) text(f *Finding, more ...string) string {
	lines := slices.Concat(w.lines, more)
	if w.checked {
		lines = slices.Insert(lines, 0, "set check on")
	}
	text := fmt.Sprintf("# explore --bound %s: %s.\n", f.Bound, f.What) + strings.Join(lines, "\n") + "\n"
	archive := &txtar.Archive{Comment: []byte(text), Files: slices.Clone(w.files)}
	slices.SortFunc(archive.Files, func(a, b txtar.File) int { return strings.Compare(a.Name, b.Name) })
	archive.Files = slices.CompactFunc(archive.Files, func(a, b txtar.File) bool { return a.Name == b.Name })
	return string(txtar.Format(archive))
}

// writing is a scenario that is being written.
type writing struct {
	stage     *stage.Stage
	order     string   // the current one
	news      []string // the tokens that a checkout would relay
	lines     []string
	files     []txtar.File
	kids      map[string]string // what variables hold
	checked   bool              // the invariants are looked at after every verb
	parted    int               // how many lines there were when something else was seen than the model says; 0 when nothing was
	asks      []string          // what the relay asks services for, as the model says
	senseless bool              // a verb on the way is for nothing in a sound world
	strays    bool              // the relay's log may say something else
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
	s.Asks = func(from, step string) {
		if wire.IsRelay(from) && !strings.HasPrefix(step, "ledger.") {
			w.asks = append(w.asks, step)
		}
	}
	broken := s.Try(ctx, st.Move, st.Plan)
	w.strays = w.strays || s.Strays()
	decide := ""
	for i, d := range st.Plan {
		if d.Fate != "" {
			w.strays = w.strays || !slices.Contains(asAsked, d.Fate)
		}
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
	w.senseless = w.senseless || s.Said.Wrong
	if st.Move.Verb == stage.Opens && s.Model.Session(stage.OrderName(int(st.Move.Order))) != nil && s.Said.Reasons == nil {
		w.order = stage.OrderName(int(st.Move.Order))
	}
	var seen *stage.Parting
	if !errors.As(broken, &seen) {
		return
	}
	w.parted = len(w.lines)
	if w.lines[len(w.lines)-1] += seen.Own; seen.Ask != "" {
		w.line("%s", seen.Ask)
	}
	if !seen.Bare {
		w.line("%s", says(seen.Want))
	}
}

// asAsked are the fates with which the relay logs each question that it asks, once.
var asAsked = []wire.FaultKind{wire.Timeout, wire.LostReply, wire.Refuse, wire.Unavailable, wire.Slow}

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
	if m.Order == 0 || m.Verb == stage.Opens || name == w.order || w.stage.Model.Session(name) == nil { // nobody can use what is forgotten
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
	if m.Verb != stage.Retires && m.Verb != stage.Disables {
		return
	}
	kid := w.stage.Kid(m)
	if name := stage.KidVariable(m); w.kids[name] != kid {
		if w.kids == nil {
			w.kids = map[string]string{}
		}
		w.kids[name] = kid
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
