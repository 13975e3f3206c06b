package tokens

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// entry writes one step and reads the entry back, without its time.
func entry(t *testing.T, ref Ref, err error, attrs ...slog.Attr) map[string]any {
	t.Helper()
	var b bytes.Buffer
	NewJournal(slog.NewJSONHandler(&b, nil), "order-processing").Step(context.Background(), "relay", ref, err, attrs...)
	got := map[string]any{}
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatalf("%s: %v", b.Bytes(), err)
	}
	delete(got, "time")
	return got
}

func TestJournalEntry(t *testing.T) {
	ref := Ref{"coupons.svc", "cpt_1", "op_1"}
	refusal := Refuse(Replayed, "canary")
	refusal.Token = ref
	for _, tt := range []struct {
		name  string
		ref   Ref
		err   error
		attrs []slog.Attr
		want  map[string]any
	}{
		{"ok", ref, nil, nil, map[string]any{"level": "INFO", "outcome": "ok", "jti": "cpt_1", "order_processing_id": "op_1"}},
		{"ok without a token", Ref{}, nil, nil, map[string]any{"level": "INFO", "outcome": "ok"}},
		{"more attributes", ref, nil, []slog.Attr{slog.String("kid", "k1")}, map[string]any{"level": "INFO", "outcome": "ok", "jti": "cpt_1", "order_processing_id": "op_1", "kid": "k1"}},
		{"refused", ref, refusal, nil, map[string]any{"level": "WARN", "outcome": "replayed", "jti": "cpt_1", "order_processing_id": "op_1"}},
		{"the refusal knows the token", Ref{}, fmt.Errorf("wrapped: %w", refusal), nil, map[string]any{"level": "WARN", "outcome": "replayed", "jti": "cpt_1", "order_processing_id": "op_1"}},
		{"the caller knows better", Ref{ID: "cpt_2"}, refusal, nil, map[string]any{"level": "WARN", "outcome": "replayed", "jti": "cpt_2"}},
		{"refused before the signature", Ref{}, Refuse(Malformed, "canary"), nil, map[string]any{"level": "WARN", "outcome": "malformed"}},
		{"failed", ref, errors.New("canary"), nil, map[string]any{"level": "WARN", "outcome": "failed", "jti": "cpt_1", "order_processing_id": "op_1"}},
		{"no answer", ref, &Failure{"coupons.svc", errors.New("canary")}, nil, map[string]any{"level": "WARN", "outcome": "failed", "jti": "cpt_1", "order_processing_id": "op_1"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			want := map[string]any{"msg": "relay", "party": "order-processing", "step": "relay"}
			for k, v := range tt.want {
				want[k] = v
			}
			// The whole entry is compared: no error's text can stand in it.
			if diff := cmp.Diff(want, entry(t, tt.ref, tt.err, tt.attrs...)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
