// Package trace makes a conversation ready to be shown, each message as its
// receiver saw it: as text, as a mermaid diagram, as a page.
package trace

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"tokenshell/issuers"
	"tokenshell/shell/internal/client"
	"tokenshell/shell/internal/redact"
	"tokenshell/shell/internal/wire"
	"tokenshell/tokens"
)

// Trace is a conversation between parties, without any token.
type Trace struct {
	Title    string   `json:"title"`
	Parties  []string `json:"parties"` // who takes part, from left to right
	Messages []traced `json:"messages"`
}

// traced is one message in a trace, and in the JSON of the verb.
type traced struct {
	Number  int          `json:"n"`
	Time    string       `json:"time"` // RFC 3339
	From    string       `json:"from"`
	To      string       `json:"to"`
	Kind    string       `json:"kind"` // question or answer
	Step    string       `json:"step"` // what the question asks for
	Text    string       `json:"text"` // in a few words: "relay coupon-1"
	Answers int          `json:"answers,omitempty"`
	Outcome string       `json:"outcome,omitempty"` // of an answer: ok, a reason, or how it ended
	Detail  string       `json:"detail,omitempty"`
	Lost    bool         `json:"lost,omitempty"`   // it never arrived
	Late    string       `json:"late,omitempty"`   // how late it arrived
	Again   int          `json:"again,omitempty"`  // from 2: which try it is
	Undone  bool         `json:"undone,omitempty"` // the world was taken back to before it
	Token   string       `json:"token,omitempty"`
	JTI     string       `json:"jti,omitempty"`
	Order   string       `json:"order_processing_id,omitempty"`
	Saw     []wire.Field `json:"saw,omitempty"` // what its receiver saw in it

	at time.Time
}

// failed reports whether the message says that something was not done.
func (t *traced) failed() bool { return t.Kind == "answer" && t.Outcome != "ok" }

// New makes the conversation about a session ready; about all when it is "".
// What the receivers saw is worth its time only where somebody looks at it.
func New(ctx context.Context, s *client.Client, session string, saw bool) Trace {
	messages := s.World.Wire.Conversation.All()
	if session != "" {
		messages = slices.DeleteFunc(messages, func(m wire.Message) bool { return m.Session != session })
	}
	tr := Trace{Title: "the conversation", Messages: make([]traced, 0, len(messages))}
	if session != "" {
		tr.Title = "session " + session
	}
	present := map[string]bool{}
	known := map[string]tokens.Unverified{} // by token: one stands in many messages
	handles := map[string]string{}          // by jti
	for _, t := range s.Wallet.Held {
		handles[t.Ref.ID] = t.Handle
	}
	opened := opened(messages)
	for _, m := range messages {
		present[m.From], present[m.To] = true, true
		t := newTraced(s, m, known, handles)
		if saw && !m.Lost {
			t.Saw = sawIn(ctx, s, m, known, opened[m.Number])
		}
		tr.Messages = append(tr.Messages, t)
	}
	for _, name := range append([]string{"client", wire.Relay, wire.Relay2}, s.World.ServiceNames()...) {
		if present[name] {
			tr.Parties = append(tr.Parties, name)
		}
	}
	for _, o := range s.World.Standins {
		if present[o.Name] {
			tr.Parties = append(tr.Parties, o.Name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(present)) { // stand-ins that the world was taken back to before
		if name != "kms" && name != "ledger" && !slices.Contains(tr.Parties, name) {
			tr.Parties = append(tr.Parties, name)
		}
	}
	for _, name := range []string{"kms", "ledger"} {
		if present[name] {
			tr.Parties = append(tr.Parties, name)
		}
	}
	return tr
}

// opened gives the questions over which a letter was opened: the KMS unwrapped
// its key next.
func opened(messages []wire.Message) map[int]bool {
	opened, asked := map[int]bool{}, map[string]int{} // the last question to each party
	for _, m := range messages {
		switch {
		case m.Answers == 0:
			asked[m.To] = m.Number
		case m.Step == "decrypt" && m.Outcome == "ok" && !m.Lost:
			opened[asked[m.To]] = true
		}
	}
	return opened
}

func newTraced(s *client.Client, m wire.Message, known map[string]tokens.Unverified, handles map[string]string) traced {
	t := traced{
		Number: m.Number, Time: m.Time.Format(time.RFC3339), From: m.From, To: m.To, Kind: "question", Step: m.Step, Text: m.Text,
		Answers: m.Answers, Outcome: m.Outcome, Detail: m.Detail, Lost: m.Lost, Undone: m.Undone, Order: m.Session, at: m.Time,
	}
	if m.Late > 0 {
		t.Late = tokens.HowLong(m.Late)
	}
	if m.Again > 1 {
		t.Again = m.Again
	}
	switch {
	case m.From == m.To:
		t.Kind = "event"
	case m.Answers > 0:
		t.Kind = "answer"
	}
	if t.failed() && t.Text == "" {
		t.Text = "rejected: " + m.Outcome
	} else if t.Kind == "answer" && t.Text == "" && m.Token == "" {
		t.Text = "done"
	}
	if m.Token != "" {
		seen, ok := known[m.Token]
		if !ok {
			seen, _ = s.World.Peek(m.Token) // what cannot be read has no name
			known[m.Token] = seen
		}
		t.JTI, t.Token = seen.Ref.ID, s.LabelOf(seen.Ref)
		called := "a token"
		if t.Token != "" {
			called = tokens.Word(t.Token)
		}
		t.Text = strings.TrimSpace(t.Text + " " + called)
		t.Token = cmp.Or(t.Token, called)
	}
	t.Detail = anyID().ReplaceAllStringFunc(t.Detail, func(id string) string { return cmp.Or(handles[id], id) })
	for _, text := range []*string{&t.Text, &t.Token, &t.JTI, &t.Detail} {
		*text = redact.Short(redact.OneLine(s.Redact(*text)), redact.MostShown)
	}
	return t
}

// anyID finds the jtis that our services give.
var anyID = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`cpt_[a-z2-7]{26}`) })

// sawIn gives what the receiver of a message saw in it.
func sawIn(ctx context.Context, s *client.Client, m wire.Message, known map[string]tokens.Unverified, opened bool) []wire.Field {
	saw := slices.Clone(m.Contents)
	if m.Token != "" {
		saw = append(saw, sawToken(ctx, s, m.To, m.Token, known[m.Token], opened)...)
	}
	if m.Detail != "" {
		saw = append(saw, wire.Field{Name: "reason", Value: m.Outcome}, wire.Field{Name: "detail", Value: m.Detail})
	}
	for i := range saw {
		saw[i] = wire.Field{Name: redact.OneLine(s.Redact(saw[i].Name)), Value: redact.Short(redact.OneLine(s.Redact(saw[i].Value)), redact.MostShown)}
	}
	return saw
}

// sawToken gives what a party sees of a token: the envelope for the relay, for
// its issuer the letter too. What an opened letter says is not for a report;
// that it was opened, and what stands in it, is.
func sawToken(ctx context.Context, s *client.Client, viewer, raw string, seen tokens.Unverified, opened bool) []wire.Field {
	if seen.Payload == nil {
		return []wire.Field{{Name: "token", Value: fmt.Sprintf("(unreadable, %s)", tokens.Count(len(raw), "byte"))}}
	}
	claims, err := s.SeenBy(wire.OffTheRecord(ctx), viewer, seen)
	if err != nil { // a letter that its issuer cannot open is closed for it, too
		if claims, err = s.SeenBy(wire.OffTheRecord(ctx), "relay", seen); err != nil {
			return []wire.Field{{Name: "token", Value: fmt.Sprintf("(%s)", tokens.Count(len(raw), "byte"))}}
		}
		opened = false
	}
	all := client.ObjectFields("header ", seen.Header)
	for _, f := range client.ObjectFields("claim ", claims) {
		switch own := issuers.IssuerName(viewer) == seen.Ref.Issuer; {
		case f.Name == "claim sealed" && own && !opened:
			f.Value = "(sealed, not opened here)"
		case f.Name == "claim sealed" && own:
			var names []string
			for _, inner := range client.ObjectFields("", json.RawMessage(f.Value)) {
				names = append(names, inner.Name)
			}
			f.Value = "(opened: " + strings.Join(names, ", ") + ")"
		}
		all = append(all, f)
	}
	return all
}
