// Package logbook keeps the log of a world in memory: what each party did, step by
// step, by the world's time.
package logbook

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"tokenshell/shell/internal/page"
	"tokenshell/shell/internal/ring"
	"tokenshell/tokens"
)

// limit is how many entries a logbook keeps; older ones leave.
const limit = 10_000

// Entry is one step of one party.
type Entry struct {
	Time    time.Time         `json:"time"`
	Party   string            `json:"party"`
	Step    string            `json:"step"`
	Outcome string            `json:"outcome"`
	JTI     string            `json:"jti,omitempty"`
	Order   string            `json:"order_processing_id,omitempty"`
	More    map[string]string `json:"more,omitempty"`
	Names   []string          `json:"-"` // of More, in their order

	// Undone says that it happened after the moment to which the world was taken back.
	Undone bool `json:"undone,omitempty"`
}

// Logbook is a slog.Handler that keeps entries, stamped with the world's time.
type Logbook struct {
	clock tokens.Clock
	attrs []slog.Attr
	kept  *keptEntries
}

type keptEntries struct {
	silent  bool // nobody will ask
	mu      sync.Mutex
	entries *ring.Ring[Entry]
}

// New gives an empty one.
func New(clock tokens.Clock) *Logbook {
	return &Logbook{clock: clock, kept: &keptEntries{entries: ring.New[Entry](limit)}}
}

// Silence has it keep nothing more, for nobody will ask.
func (l *Logbook) Silence() { l.kept.silent = true }

// Enabled takes every level, or nothing.
func (l *Logbook) Enabled(context.Context, slog.Level) bool { return !l.kept.silent }

// WithAttrs keeps attributes for every entry of a party.
func (l *Logbook) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &Logbook{l.clock, append(l.attrs[:len(l.attrs):len(l.attrs)], attrs...), l.kept}
}

// WithGroup is not used by any party.
func (l *Logbook) WithGroup(string) slog.Handler { return l }

// Handle keeps one entry.
func (l *Logbook) Handle(_ context.Context, record slog.Record) error {
	e := Entry{Time: l.clock.Now(), More: map[string]string{}}
	take := func(a slog.Attr) bool {
		switch value := a.Value.String(); a.Key {
		case "party":
			e.Party = value
		case "step":
			e.Step = value
		case "outcome":
			e.Outcome = value
		case "jti":
			e.JTI = value
		case "order_processing_id":
			e.Order = value
		default:
			if value != "" && value != "false" {
				e.More[a.Key] = value
				e.Names = append(e.Names, a.Key)
			}
		}
		return true
	}
	for _, a := range l.attrs {
		take(a)
	}
	record.Attrs(take)
	l.kept.mu.Lock()
	defer l.kept.mu.Unlock()
	l.kept.entries.Add(e)
	return nil
}

// All gives the entries that are kept, oldest first.
func (l *Logbook) All() []Entry {
	l.kept.mu.Lock()
	defer l.kept.mu.Unlock()
	all := l.kept.entries.All()
	for i := range all {
		all[i].Undone = l.kept.entries.Undone(l.kept.entries.Dropped() + i)
	}
	return all
}

// Save puts aside what happened so far.
func (l *Logbook) Save() any {
	l.kept.mu.Lock()
	defer l.kept.mu.Unlock()
	return l.kept.entries.Past()
}

// Restore takes back what Save gave. What happened is still told, as undone.
func (l *Logbook) Restore(saved any) {
	l.kept.mu.Lock()
	defer l.kept.mu.Unlock()
	l.kept.entries.Return(saved.(ring.Past))
}

// Canon writes nothing: a log is told, and decides nothing.
func (l *Logbook) Canon(tokens.Canon) {}

// String is the entry as one greppable line.
func (e Entry) String() string {
	return e.Line(func(_ page.Mark, text string) string { return text })
}

// Line is the entry as one greppable line, on a page that marks its pieces.
func (e Entry) Line(in func(page.Mark, string) string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s party=%s step=%s outcome=%s", in(page.Moment, e.Time.Format(time.RFC3339)), tokens.Word(e.Party), tokens.Word(e.Step), tokens.Word(e.Outcome))
	if e.JTI != "" {
		fmt.Fprintf(&b, " jti=%s", in(page.ID, tokens.Word(e.JTI)))
	}
	if e.Order != "" {
		fmt.Fprintf(&b, " order_processing_id=%s", in(page.ID, tokens.Word(e.Order)))
	}
	for _, name := range e.Names {
		fmt.Fprintf(&b, " %s=%s", name, in(page.Value, tokens.Word(e.More[name])))
	}
	if e.Undone {
		b.WriteString(" undone=true")
	}
	return b.String()
}
