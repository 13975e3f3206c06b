// The logbook: the log of a world, kept in memory.

package shell

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

// logLimit is how many entries a logbook keeps; older ones leave.
const logLimit = 10_000

// logEntry is one step of one party.
type logEntry struct {
	Time    time.Time         `json:"time"`
	Party   string            `json:"party"`
	Step    string            `json:"step"`
	Outcome string            `json:"outcome"`
	JTI     string            `json:"jti,omitempty"`
	Order   string            `json:"order_processing_id,omitempty"`
	More    map[string]string `json:"more,omitempty"`
	order   []string          // of the names in More
}

// logbook is a slog.Handler that keeps entries, stamped with the world's time.
type logbook struct {
	clock tokens.Clock
	attrs []slog.Attr
	kept  *keptEntries
}

type keptEntries struct {
	mu      sync.Mutex
	entries *ring.Ring[logEntry]
}

func newLogbook(clock tokens.Clock) *logbook {
	return &logbook{clock: clock, kept: &keptEntries{entries: ring.New[logEntry](logLimit)}}
}

// Enabled takes every level.
func (l *logbook) Enabled(context.Context, slog.Level) bool { return true }

// WithAttrs keeps attributes for every entry of a party.
func (l *logbook) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &logbook{l.clock, append(l.attrs[:len(l.attrs):len(l.attrs)], attrs...), l.kept}
}

// WithGroup is not used by any party.
func (l *logbook) WithGroup(string) slog.Handler { return l }

// Handle keeps one entry.
func (l *logbook) Handle(_ context.Context, record slog.Record) error {
	e := logEntry{Time: l.clock.Now(), More: map[string]string{}}
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
				e.order = append(e.order, a.Key)
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

// all gives the entries that are kept, oldest first.
func (l *logbook) all() []logEntry {
	l.kept.mu.Lock()
	defer l.kept.mu.Unlock()
	return l.kept.entries.All()
}

// String is the entry as one greppable line.
func (e logEntry) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s party=%s step=%s outcome=%s", e.Time.Format(time.RFC3339), e.Party, e.Step, e.Outcome)
	if e.JTI != "" {
		fmt.Fprintf(&b, " jti=%s", e.JTI)
	}
	if e.Order != "" {
		fmt.Fprintf(&b, " order_processing_id=%s", e.Order)
	}
	for _, name := range e.order {
		fmt.Fprintf(&b, " %s=%s", name, e.More[name])
	}
	return b.String()
}

// writeLog shows entries to a person; a pipe gets the lines themselves.
func writeLog(w *page.Page, entries []logEntry) {
	rows := page.NewTable("TIME", "PARTY", "STEP", "OUTCOME", "ORDER", "JTI", "MORE")
	for _, e := range entries {
		var more []string
		for _, name := range e.order {
			more = append(more, name+"="+e.More[name])
		}
		outcome := page.State(e.Outcome)
		switch {
		case e.Outcome == "ok":
			outcome = "done"
		case e.Outcome != "failed":
			outcome, more = "refused", append([]string{e.Outcome}, more...)
		}
		rows.Row(page.Rigid(e.Time.Format("15:04:05")), page.Rigid(e.Party), page.Rigid(e.Step), outcome, page.Ident(page.OrDash(e.Order)), page.Ident(page.OrDash(e.JTI)), page.Faint(strings.Join(more, " ")))
	}
	rows.Write(w)
}
