// Covered: what was met and what was not, as a page for people.

package explore

import (
	"context"
	"fmt"
	"html/template"
	"slices"
	"strings"

	"tokenshell/shell/internal/bound"
	"tokenshell/shell/internal/reached"
	"tokenshell/shell/internal/redact"
	"tokenshell/shell/internal/report"
	"tokenshell/shell/internal/stage"
	"tokenshell/shell/internal/trace"
	"tokenshell/shell/internal/wire"
	"tokenshell/tokens"
)

// spot is where a state stands in a diagram.
type spot struct {
	name string
	x, y float64
}

// sessionSpots and reservationSpots draw the diagrams: what is not there yet is
// elsewhere than what is not there any more.
var (
	sessionSpots = []spot{
		{"not yet", 0, 1}, {"open", 1, 1}, {"redeeming", 2, 0}, {"stuck", 2, 2}, {"completed", 3.3, 0}, {"compensated", 3.3, 1}, {"closed", 1, 3}, {"forgotten", 4.4, 2.4},
	}
	reservationSpots = []spot{
		{"not yet", 0, 1}, {"reserved", 1, 1}, {"committed", 2.2, 0}, {"cancelled", 2.2, 1}, {"revoked", 2.2, 2}, {"expired", 2.2, 3}, {"forgotten", 3.4, 1},
	}
)

// spotOf gives the name of a state in a diagram, on either end of a turn.
func spotOf(state string, after bool) string {
	switch {
	case state != reached.Nothing:
		return state
	case after:
		return "forgotten"
	}
	return "not yet"
}

// covered is what has been met, beside what has to be.
type covered struct {
	reach *reached.Tally
	want  []reached.Met // nothing when the bound was somebody's own
}

// count gives how often something was met.
func (c covered) count(name string, what reached.Met) report.Count {
	n := report.Count{Name: name, N: c.reach.Counts[what], Has: slices.Contains(c.want, what)}
	for _, e := range reached.Excuses {
		if e.What == what {
			n.Excuse = e.Why
		}
	}
	return n
}

// group gives the counts of a kind: what has to be met, and what else was.
func (c covered) group(title, kind string) report.Group {
	g := report.Group{Title: title}
	var names []string
	for _, what := range c.want {
		if what.Kind == kind {
			names = append(names, what.Name)
		}
	}
	var others []string
	for what := range c.reach.Counts {
		if what.Kind == kind && !slices.Contains(names, what.Name) {
			others = append(others, what.Name)
		}
	}
	slices.Sort(others)
	for _, name := range append(names, others...) {
		g.Counts = append(g.Counts, c.count(name, reached.Of(kind, name, "")))
	}
	return g
}

// diagram draws the states of a kind, and the turns between them.
func (c covered) diagram(title, about, states, turns string, spots []spot) report.Diagram {
	d := report.Diagram{Title: title, About: about}
	for _, at := range spots {
		d.States = append(d.States, report.State{Count: c.count(at.name, reached.Of(states, at.name, "")), X: at.x, Y: at.y, Pale: at.name == "not yet" || at.name == "forgotten"})
	}
	var all []reached.Met
	for what := range c.reach.Counts {
		all = append(all, what)
	}
	for _, what := range c.want {
		if c.reach.Counts[what] == 0 {
			all = append(all, what)
		}
	}
	all = slices.DeleteFunc(all, func(what reached.Met) bool { return what.Kind != turns })
	slices.SortFunc(all, func(a, b reached.Met) int { return strings.Compare(a.String(), b.String()) })
	for _, what := range all {
		d.Turns = append(d.Turns, report.Turn{Count: c.count(what.String(), what), From: spotOf(what.Name, false), To: spotOf(what.By, true)})
	}
	return d
}

// fates counts what became of each message.
func (c covered) fates(s *stage.Stage) report.CrossTable {
	t := report.CrossTable{
		Title: "Messages, and what became of them", Corner: "message",
		About: "How often each message met each fate. A dot is a fate that a message cannot have.",
	}
	var kinds []wire.FaultKind
	for _, row := range bound.FateRows() {
		kinds = append(kinds, row.Kinds...)
	}
	for _, kind := range kinds {
		t.Columns = append(t.Columns, string(kind))
	}
	for _, step := range s.World.Steps() {
		row := report.CrossRow{Name: step.String()}
		for _, kind := range kinds {
			row.Counts = append(row.Counts, c.count(string(kind), reached.Of("fate", step.String(), string(kind))))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// answers counts what each verb was answered.
func (c covered) answers() report.CrossTable {
	t := report.CrossTable{
		Title: "Verbs, and what they were answered", Corner: "verb", Columns: []string{"tried", "done"},
		About: "How often each verb was tried, done, and refused for each reason. One verb may be refused for several; one that was interrupted, or makes no sense, has no answer.",
	}
	var reasons []string
	for what := range c.reach.Counts {
		if what.Kind == "reason" {
			reasons = append(reasons, what.Name)
		}
	}
	slices.Sort(reasons)
	t.Columns = append(t.Columns, reasons...)
	var names []string
	for _, l := range stage.Alphabet {
		if slices.Contains(names, l.Name) {
			continue
		}
		names = append(names, l.Name)
		row := report.CrossRow{Name: l.Name, Counts: []report.Count{c.count("tried", reached.Of("verb", l.Name, ""))}}
		for _, answer := range t.Columns[1:] {
			row.Counts = append(row.Counts, c.count(answer, reached.Of("answer", l.Name, answer)))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// page gives what was covered as a page.
func (c *course) page(ctx context.Context, r exploration, facts []report.Fact, whole bool) ([]byte, error) {
	s, err := stage.New(c.plan, tokens.Weakness{}, bound.Bound{})
	if err != nil {
		return nil, err
	}
	style, err := trace.FigureStyle()
	if err != nil {
		return nil, err
	}
	all := covered{reach: c.reached()}
	p := report.Coverage{Title: "What was explored", Summary: r.summary(), Verdict: "held", Tool: "tokenshell " + newIdentity(c.plan, "", nil).Version, Facts: facts, Style: style}
	if whole {
		all.want = reached.Wanted(s)
		p.Wanted, p.Never = len(all.want), r.Unreached
		p.Met = p.Wanted - len(p.Never)
		for _, e := range reached.Excuses {
			p.Met--
			p.Excused = append(p.Excused, report.Fact{Name: e.What.String(), Value: e.Why})
		}
	}
	switch {
	case r.Found != "":
		p.Verdict = "found"
		figure, err := c.figure(ctx, c.finding())
		if err != nil {
			return nil, err
		}
		p.Found = &report.Counterexample{What: r.Found, Monitor: r.Monitor, Scenario: redact.Tokens(r.Scenario), Figure: figure}
	case !r.Exhausted || r.empty != nil:
		p.Verdict = "stopped"
	}
	for _, b := range r.Bounds {
		p.Bounds = append(p.Bounds, report.BoundRow{
			Name: b.Name, Bound: b.Bound, LeavesOut: strings.Join(b.Without, ", "), End: b.end(), Digest: b.Digest, Exhausted: b.Exhausted,
			Depth: b.Depth, States: b.States, Waiting: b.Waiting, Verbs: b.Verbs, Messages: b.Messages,
		})
	}
	for _, m := range stage.Monitors() {
		p.Monitors = append(p.Monitors, report.Fact{Name: m.Name, Value: m.What})
	}
	p.Diagrams = []report.Diagram{
		all.diagram("Sessions", "The states of sessions, in how many states of the world each was seen, and how often one verb, with all that it leads to, took a session from one to another. What is dashed was never met: red where these bounds should have met it, pale where they need not.", "session", "turn", sessionSpots),
		all.diagram("Reservations", "Likewise, the states of what services hold for a token.", "reservation", "entry", reservationSpots),
	}
	p.Tables = []report.CrossTable{all.fates(s), all.answers()}
	p.Groups = []report.Group{
		all.group("Reasons", "reason"), all.group("Accepted tokens", "step"), all.group("What redemptions came to", "result"),
		all.group("Services that redeemed something", "redeemed"),
	}
	return p.HTML()
}

// figure draws what the parties said to each other on the way to a finding.
func (c *course) figure(ctx context.Context, f *finding) (drawn template.HTML, err error) {
	on, err := stage.NewHeard(c.plan, c.weakness, f.Bound)
	if err != nil {
		return "", err
	}
	on.SettleOn(c.customer)
	before := len(on.World.Wire.Conversation.All())
	for _, st := range f.Way {
		_ = on.Try(ctx, st.Move, st.Plan) // what breaks is why it is drawn
	}
	t := trace.New(ctx, on.Client, "", false)
	return t.Last(max(1, len(t.Messages)-before)).Figure("found")
}

// end says how far a bound was looked at.
func (b boundReport) end() string {
	if b.Exhausted {
		return "exhausted"
	}
	return fmt.Sprintf("not exhausted, %s left", tokens.Count(b.Waiting, "state"))
}
