// Journal: what a party writes down of a step. Identifiers, never tokens.

package tokens

import (
	"context"
	"errors"
	"log/slog"
	"strings"
)

// Journal is a party's log. Its entries say party, step, outcome, the jti and
// the order, and nothing that a reader of logs could use.
type Journal struct{ log *slog.Logger }

// NewJournal gives the party's journal over a handler.
func NewJournal(h slog.Handler, party string) Journal {
	return Journal{slog.New(h).With("party", party)}
}

// Step writes one entry: outcome is "ok", a refusal's reason, or "failed".
// More attributes are identifiers of the caller's choice.
func (j Journal) Step(ctx context.Context, step string, ref Ref, err error, attrs ...slog.Attr) {
	level, outcome := slog.LevelInfo, "ok"
	if err != nil {
		level, outcome = slog.LevelWarn, "failed"
		var refusal *Refusal
		if errors.As(err, &refusal) {
			outcome = string(refusal.Reason)
			if ref == (Ref{}) {
				ref = refusal.Token
			}
		}
	}
	if !j.log.Enabled(ctx, level) {
		return
	}
	// A ref may be a part of a token, of which a log must keep nothing else.
	all := []slog.Attr{slog.String("step", step), slog.String("outcome", outcome)}
	if ref.ID != "" {
		all = append(all, slog.String("jti", strings.Clone(ref.ID)))
	}
	if ref.Order != "" {
		all = append(all, slog.String("order_processing_id", strings.Clone(ref.Order)))
	}
	j.log.LogAttrs(ctx, level, step, append(all, attrs...)...)
}
