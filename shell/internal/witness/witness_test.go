package witness_test

import (
	"errors"
	"testing"

	"tokenshell/orchestrator"
	"tokenshell/shell/internal/witness"
	"tokenshell/tokens"
)

var (
	ref     = tokens.Ref{Issuer: "coupons.svc", ID: "cpt_1", Order: "op_1"}
	later   = tokens.Ref{Issuer: "points.svc", ID: "pts_1", Order: "op_1"}
	receipt = tokens.Receipt{ID: "rcp_1"}
)

// redeemed is that some tokens were, one after the other.
func redeemed(w *witness.Witness, all ...tokens.Ref) {
	for _, ref := range all {
		w.Redeemed(ref, "a", receipt, nil, false)
	}
}

// watching is a witness whose tokens are all the same one.
func watching() *witness.Witness {
	w := &witness.Witness{Peek: func(string) (tokens.Unverified, error) { return tokens.Unverified{Ref: ref}, nil }}
	w.Watch(true)
	return w
}

// Each promise, and what breaks it; "" is that all is well.
func TestPromises(t *testing.T) {
	replay, forged := tokens.Refuse(tokens.Replayed, "used"), tokens.Refuse(tokens.SignatureInvalid, "bad")
	open := orchestrator.Snapshot{ID: "op_1"}
	used := orchestrator.Use{Session: "op_1", Ref: ref}
	for name, tt := range map[string]struct {
		do   func(w *witness.Witness)
		want string
	}{
		"redeemed after a cancel": {func(w *witness.Witness) {
			w.Cancelled(ref, "a")
			w.Redeemed(ref, "a", receipt, nil, false)
		}, "cpt_1 was redeemed after it was cancelled"},
		"redeemed, and cancelled": {func(w *witness.Witness) {
			w.Redeemed(ref, "a", receipt, nil, false)
			w.Cancelled(ref, "a")
		}, ""},
		"another attempt's cancel undoes nothing": {func(w *witness.Witness) {
			w.Redeemed(ref, "a", receipt, nil, false)
			w.Cancelled(ref, "b")
			w.Redeemed(ref, "a", receipt, nil, false)
		}, ""},
		"redeemed twice": {func(w *witness.Witness) {
			w.Redeemed(ref, "a", receipt, nil, false)
			w.Redeemed(ref, "b", tokens.Receipt{ID: "rcp_2"}, nil, false)
		}, "cpt_1 was redeemed twice"},
		"a retry": {func(w *witness.Witness) {
			w.Redeemed(ref, "a", receipt, nil, false)
			w.Redeemed(ref, "a", tokens.Receipt{}, tokens.Refuse(tokens.AlreadyRedeemed, "it is"), false)
		}, "a retry of the redemption of cpt_1 was taken for a replay"},
		"somebody else's": {func(w *witness.Witness) {
			w.Redeemed(ref, "a", receipt, nil, false)
			w.Redeemed(ref, "b", tokens.Receipt{}, tokens.Refuse(tokens.AlreadyRedeemed, "it is"), false)
		}, ""},
		"taken back in the order of redemption": {func(w *witness.Witness) {
			redeemed(w, ref, later)
			w.Asked(ref, "a")
			w.Asked(later, "a")
		}, "cpt_1 was taken back before pts_1, which was redeemed after it"},
		"taken back in reverse, and asked again": {func(w *witness.Witness) {
			redeemed(w, ref, later)
			w.Asked(later, "a") // which is lost
			w.Asked(ref, "a")
			w.Cancelled(ref, "a")
			w.Asked(later, "a")
			w.Cancelled(later, "a")
		}, ""},
		"taken back before what its asker was refused": {func(w *witness.Witness) {
			redeemed(w, ref)
			w.Redeemed(later, "a", tokens.Receipt{}, tokens.Refuse(tokens.ServiceUnavailable, "no"), false)
			w.Redeemed(later, "a", receipt, nil, true)
			w.Asked(ref, "a")
			w.Asked(later, "a")
		}, ""},
		"taken back before what was redeemed in two copies": {func(w *witness.Witness) {
			redeemed(w, ref, later)
			w.Redeemed(later, "a", receipt, nil, true)
			w.Asked(ref, "a")
			w.Asked(later, "a")
		}, "cpt_1 was taken back before pts_1, which was redeemed after it"},
		"taken back, and then another attempt's": {func(w *witness.Witness) {
			redeemed(w, ref, later)
			w.Asked(ref, "a")
			w.Asked(later, "b")
		}, ""},
		"taken back of two orders": {func(w *witness.Witness) {
			redeemed(w, ref, tokens.Ref{Issuer: later.Issuer, ID: later.ID, Order: "op_2"})
			w.Asked(ref, "a")
			w.Asked(later, "a")
		}, ""},
		"taken back before what was cancelled": {func(w *witness.Witness) {
			redeemed(w, ref, later)
			w.Asked(ref, "a")
			w.Cancelled(ref, "a")
			w.Asked(later, "a")
		}, "cpt_1 was taken back before pts_1, which was redeemed after it"},
		"a replay of nothing": {func(w *witness.Witness) { w.Relayed(ref, open, replay) }, "the relay called cpt_1 a replay, and had never accepted it"},
		"a replay of a step": {func(w *witness.Witness) {
			w.Relayed(ref, orchestrator.Snapshot{ID: "op_1", Steps: []orchestrator.Step{{Ref: ref}}}, replay)
		}, ""},
		"used, and not accepted yet": {func(w *witness.Witness) {
			w.Used(used)
			w.Relayed(ref, open, replay)
		}, ""},
		"used, and a forgery is refused": {func(w *witness.Witness) {
			w.Used(used)
			w.Judged("op_1", "forged", forged)
			w.Relayed(ref, open, replay)
		}, ""},
		"used by another session": {func(w *witness.Witness) {
			w.Used(orchestrator.Use{Session: "op_2", Ref: ref})
			w.Relayed(ref, open, replay)
		}, "the relay called cpt_1 a replay, and had never accepted it"},
		"accepted, and lost": {func(w *witness.Witness) {
			w.Used(used)
			w.Judged("op_1", "good", nil)
			w.Relayed(ref, open, replay)
		}, "the relay called cpt_1 a replay, and had never accepted it"},
		"nobody watches": {func(w *witness.Witness) {
			w.Watch(false)
			w.Relayed(ref, open, replay)
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := watching()
			tt.do(w)
			want(t, w.Complaint(), tt.want)
		})
	}
}

// A stuck session is remembered until it is settled.
func TestDebts(t *testing.T) {
	w := watching()
	stuck := []orchestrator.Snapshot{{ID: "op_1", State: orchestrator.Stuck}}
	want(t, w.Owing(stuck), "")
	want(t, w.Owing(nil), `order "op_1" was stuck, and the relay has forgotten it`)
	want(t, w.Owing([]orchestrator.Snapshot{{ID: "op_1", State: orchestrator.Compensated}}), "")
	want(t, w.Owing(nil), "")
}

// What was put aside stays as it was, whatever happens next, and comes back.
func TestPutAside(t *testing.T) {
	replay := tokens.Refuse(tokens.Replayed, "used")
	for name, tt := range map[string]struct {
		next, then func(w *witness.Witness)
		want       string // then, when nothing is taken back
	}{
		"redeemed": {
			func(w *witness.Witness) { w.Redeemed(ref, "a", receipt, nil, false) },
			func(w *witness.Witness) { w.Redeemed(ref, "b", tokens.Receipt{ID: "rcp_2"}, nil, false) },
			"cpt_1 was redeemed twice",
		},
		"cancelled": {
			func(w *witness.Witness) { w.Cancelled(ref, "a") },
			func(w *witness.Witness) { w.Redeemed(ref, "a", receipt, nil, false) },
			"cpt_1 was redeemed after it was cancelled",
		},
		"stuck": {
			func(w *witness.Witness) {
				_ = w.Owing([]orchestrator.Snapshot{{ID: "op_1", State: orchestrator.Stuck}})
			},
			func(w *witness.Witness) {
				if err := w.Owing(nil); err != nil {
					w.Breach("%v", err)
				}
			},
			`order "op_1" was stuck, and the relay has forgotten it`,
		},
		"a broken promise": {
			func(w *witness.Witness) { w.Relayed(ref, orchestrator.Snapshot{ID: "op_1"}, replay) },
			func(*witness.Witness) {},
			"the relay called cpt_1 a replay, and had never accepted it",
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := watching()
			before := w.Save()
			tt.next(w)
			after := w.Save()
			w.Restore(before)
			tt.then(w)
			want(t, w.Complaint(), "")
			w.Restore(after)
			tt.then(w)
			want(t, w.Complaint(), tt.want)
		})
	}
	w := watching()
	before := w.Save()
	w.Used(orchestrator.Use{Session: "op_1", Ref: ref})
	w.Restore(before)
	w.Relayed(ref, orchestrator.Snapshot{ID: "op_1"}, replay)
	want(t, w.Complaint(), "the relay called cpt_1 a replay, and had never accepted it")
}

func want(t *testing.T, err error, text string) {
	t.Helper()
	if err == nil {
		err = errors.New("")
	}
	if err.Error() != text {
		t.Errorf("got %q, want %q", err, text)
	}
}
