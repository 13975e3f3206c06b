// Package fates has the verbs by which messages go wrong, and what decides of them
// one by one.
package fates

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"tokenshell/shell/internal/answer"
	"tokenshell/shell/internal/client"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/page"
	"tokenshell/shell/internal/redact"
	"tokenshell/shell/internal/wire"
)

// Decision is what may become of a question, and how a person says so.
type Decision struct {
	Word, short string
	fate        wire.FaultKind // none lets it go
	Does        string
}

const stopWord = "stop"

// Decisions is the closed list of decisions.
func Decisions() []Decision {
	return []Decision{
		{"go", "", "", "the question is asked"},
		{"lose", "l", wire.LostReply, "the service does it, and its answer is lost"},
		{"refuse", "r", wire.Refuse, "the service says no, and does nothing"},
		{"timeout", "t", wire.Timeout, "the question never arrives"},
		{"late", "", wire.Late, "the question arrives when deliver says so"},
		{"crash", "c", wire.CrashBefore, "the relay stops before it asks, and is started again"},
		{"crash-after", "", wire.CrashAfter, "the relay stops after the answer, and is started again"},
		{stopWord, "q", "", "the redemption is interrupted; redeem goes on with it"},
	}
}

func decisionWords() []string {
	var words []string
	for _, row := range Decisions() {
		words = append(words, row.Word)
	}
	return words
}

// decisionOf reads a decision. The error says which there are.
func decisionOf(text string) (Decision, error) {
	rows := Decisions()
	at := slices.IndexFunc(rows, func(r Decision) bool {
		return text == r.Word || text == r.short || text == string(r.fate) && text != ""
	})
	if at < 0 {
		return Decision{}, exit.Usage(exit.Meant(text, decisionWords(), "one of "+strings.Join(decisionWords(), ", ")), "%q is no decision", text)
	}
	return rows[at], nil
}

// Stepping is a redemption under somebody's eyes.
type Stepping struct {
	Ctx  context.Context // of the redemption
	stop context.CancelFunc
	c    *client.Client
	out  *answer.Out
	ask  interp.Asker

	decided []Decision // beforehand; then a person is asked, or it goes on
	asked   int
	Stopped bool // somebody decided so
}

// Step has the redemption that its ctx is for stop before each question, until it
// ends. The error is a decision that is none, or
// that this relay cannot be stopped.
func Step(ctx context.Context, c *client.Client, out *answer.Out, ask interp.Asker, decide []string) (*Stepping, error) {
	if err := c.World.Ours(); err != nil {
		return nil, err
	}
	s := &Stepping{c: c, out: out, ask: ask}
	for _, word := range strings.FieldsFunc(strings.Join(decide, ","), func(r rune) bool { return r == ',' }) {
		row, err := decisionOf(word)
		if err != nil {
			return nil, err
		}
		s.decided = append(s.decided, row)
	}
	s.Ctx, s.stop = context.WithCancel(ctx)
	c.World.Wire.Decide = s.decide
	return s, nil
}

// End has redemptions go on as ever.
func (s *Stepping) End() {
	s.c.World.Wire.Decide = nil
	s.stop()
}

// decide shows a question, and says what becomes of it.
func (s *Stepping) decide(q wire.Question) wire.Fault {
	s.asked++
	s.show(q)
	row := Decision{Word: "go"}
	switch {
	case len(s.decided) > 0:
		row, s.decided = s.decided[0], s.decided[1:]
	case s.ask != nil:
		row = s.askPerson()
	}
	fmt.Fprintf(s.to(), "   %s\n", row.Word)
	if row.Word == stopWord {
		s.Stopped = true
		s.stop()
		return wire.Fault{Kind: wire.Timeout}
	}
	return wire.Fault{Kind: row.fate}
}

// askPerson asks until it is answered. Whoever is gone stops.
func (s *Stepping) askPerson() Decision {
	for {
		p := &page.Page{Width: s.out.Window.Width()}
		fmt.Fprintf(p, "   Enter lets it go; or %s\n", strings.Join(decisionWords()[1:], ", "))
		_, _ = io.WriteString(s.to(), p.InWindow()) // whoever is gone stops at the question
		text, err := s.ask("   ? ")
		if err != nil {
			return Decision{Word: stopWord}
		}
		row, err := decisionOf(strings.TrimSpace(text))
		if err == nil {
			return row
		}
		s.out.Report(err)
	}
}

// to is where a person reads: beside an answer that is for a machine.
func (s *Stepping) to() io.Writer {
	if s.out.Format == "text" && s.out.Filter == nil {
		return s.out.Stdout
	}
	return s.out.Stderr
}

// show says what the relay knows, what goes over the wire, and what the letter says
// to whom it is for.
func (s *Stepping) show(q wire.Question) {
	p := &page.Page{Width: s.out.Window.Width(), Color: s.out.Color, Hide: s.out.Redact}
	handle := "a token"
	var claims []wire.Field
	if seen, err := s.c.World.Peek(q.Token); err == nil {
		handle = s.c.LabelOf(seen.Ref)
		ctx := wire.OffTheRecord(context.WithoutCancel(s.Ctx))
		if object, err := s.c.SeenBy(ctx, q.To, seen); err == nil {
			claims = client.ObjectFields("", object)
		}
	}
	fmt.Fprintf(p, "%d. %s → %s: %s %s\n", s.asked, q.From, q.To, q.Text, p.In(page.ID, handle))
	if snap, err := s.c.World.Relay.Session(q.Session); err == nil {
		var stands []string
		for _, st := range snap.Steps {
			stands = append(stands, s.c.LabelOf(st.Ref)+" "+string(st.Status))
		}
		fmt.Fprintf(p, "   the %s knows: session %s is %s; %s\n", q.From, p.In(page.ID, snap.ID), p.State(string(snap.State)), strings.Join(stands, ", "))
	}
	said := func(title string, fields []wire.Field) {
		var all []string
		for _, f := range fields {
			all = append(all, f.Name+" "+redact.Printable(f.Value))
		}
		if len(all) > 0 {
			fmt.Fprintf(p, "   %s: %s\n", title, strings.Join(all, ", "))
		}
	}
	said("over the wire", q.Contents)
	said("the letter says", letter(claims))
	_, _ = io.WriteString(s.to(), s.out.Redact(p.InWindow()))
}

// letter gives what the letter says: of what is sealed the names alone, for this is
// read by more people than whom it is for. token show --as tells the rest.
func letter(claims []wire.Field) []wire.Field {
	var all []wire.Field
	for _, f := range claims {
		switch f.Name {
		case "constraints":
			all = append(all, f)
		case "sealed":
			var names []string
			for _, member := range client.ObjectFields("", []byte(f.Value)) {
				names = append(names, member.Name)
			}
			all = append(all, wire.Field{Name: "sealed", Value: "(" + strings.Join(names, ", ") + ")"})
		}
	}
	return all
}
