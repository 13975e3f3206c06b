// What the external tests of this room look at.

package trace

import (
	"io"
	"time"

	"tokenshell/shell/internal/page"
	"tokenshell/shell/internal/world"
)

// Traced is one message in a trace.
type Traced = traced

// Sent gives a message as if it had been sent at that time.
func (t traced) Sent(at time.Time) Traced {
	t.at = at
	return t
}

// Failed reports whether the message says that something was not done.
func (t *traced) Failed() bool { return t.failed() }

// Short is the text without what a cross in front of it says already.
func (t *traced) Short() string { return t.short() }

// Everyone gives whoever is in a trace.
func (t *Trace) Everyone() []string { return t.everyone() }

// WriteText, WriteHTML and WriteMermaid write a trace in the three formats.
func (t *Trace) WriteText(w *page.Page) { t.writeText(w) }

func (t *Trace) WriteHTML(w io.Writer) error { return t.writeHTML(w) }

func (t *Trace) WriteMermaid(w io.Writer) { t.writeMermaid(w) }

// Page is what the template shows of a trace.
func (t *Trace) Page() tracePage { return t.page() }

// MermaidNote is how wide a note may become, in characters.
const MermaidNote = mermaidNote

var (
	Template      = traceTemplate
	EnvelopeOf    = envelopeOf
	MermaidEscape = mermaidEscape
)

// Small has one message of every kind.
func Small() Trace {
	at := func(seconds int) time.Time { return world.Epoch.Add(time.Duration(seconds) * time.Second) }
	return Trace{
		Title:   "session o#1",
		Parties: []string{"client", "relay", "end"},
		Messages: []traced{
			{Number: 3, at: at(0), From: "client", To: "relay", Kind: "question", Step: "relay", Text: "relay a;b"},
			{Number: 4, at: at(0), From: "relay", To: "client", Kind: "answer", Step: "relay", Text: "rejected: replayed", Outcome: "replayed", Detail: "used before"},
			{Number: 7, at: at(0), From: "relay", To: "end", Kind: "question", Step: "redeem", Text: "redeem it", Lost: true},
			{Number: 8, at: at(1), From: "relay", To: "end", Kind: "question", Step: "redeem", Text: "redeem it", Again: 2, Late: "2s"},
			{Number: 9, at: at(3), From: "end", To: "relay", Kind: "answer", Step: "redeem", Text: "redeemed", Outcome: "ok", Lost: true},
			{Number: 10, at: at(90_000), From: "relay", To: "end", Kind: "question", Step: "cancel", Text: "cancel it"},
		},
	}
}
