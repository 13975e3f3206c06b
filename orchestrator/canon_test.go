package orchestrator

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"tokenshell/tokens"
	"tokenshell/tokens/tokenstest"
)

// A use bears on what comes as long as it is known and somebody may hand the token in:
// while its session is open, or outlives it, or is forgotten before it has expired.
func TestWhichUsesAreWrittenDown(t *testing.T) {
	ctx, now := context.Background(), ledgerEpoch
	for name, tt := range map[string]struct {
		state   State // empty is a session that is forgotten
		expires time.Time
		written bool
	}{
		"open":                            {Open, now.Add(time.Minute), true},
		"closed":                          {Closed, now.Add(time.Minute), false},
		"closed, and it outlives that":    {Closed, now.Add(time.Hour), true},
		"closed, and it stays":            {Closed, time.Time{}, true},
		"forgotten":                       {"", now.Add(time.Minute), true},
		"forgotten, and it stays":         {"", time.Time{}, true},
		"forgotten, and expires just now": {"", now, false},
	} {
		store, ledger := NewMemoryStore(), NewNamingLedger()
		if tt.state != "" {
			if err := store.Put(ctx, &Record{ID: "op_1", State: tt.state, Ends: now.Add(time.Minute), Due: now.Add(30 * time.Minute)}); err != nil {
				t.Fatal(err)
			}
		}
		use(t, ledger, Use{Session: "op_1", Ref: tokens.Ref{Issuer: "a", ID: "1"}, Attempt: "relay 1", Expires: tt.expires})
		use(t, ledger, Use{Session: "op_2", Ref: tokens.Ref{Issuer: "a", ID: "2"}, Attempt: "relay 1", Expires: now}) // of nobody any more
		text := tokenstest.Written(func(w tokens.Canon) { Canon(w, []string{"relay"}, now, store, ledger) })
		if strings.Contains(text, "[a 2 ") {
			t.Errorf("%s: so is what is long past\n%s", name, text)
		}
		if got := strings.Contains(text, "[a 1 op_1]"); got != tt.written {
			t.Errorf("%s: it is written down: %t\n%s", name, got, text)
		}
	}
}

// Uses by name come in an order of their own, whatever they were recorded in.
func TestUsesAreInOrder(t *testing.T) {
	l := NewNamingLedger()
	var want []string
	for _, session := range []string{"op_1", "op_2"} {
		for _, issuer := range []string{"a", "b"} {
			for _, id := range []string{"1", "2"} {
				want = append(want, session+issuer+id)
			}
		}
	}
	for n := range want {
		it := want[n*5%len(want)]
		use(t, l, Use{Session: it[:4], Ref: tokens.Ref{Issuer: it[4:5], ID: it[5:]}, Now: ledgerEpoch, Expires: ledgerEpoch.Add(time.Duration(n%3+1) * time.Hour)})
	}
	var got []string
	for _, u := range l.uses() {
		got = append(got, u.session+u.ref.Issuer+u.ref.ID)
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
