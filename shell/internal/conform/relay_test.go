// What a relay is seen to do, whatever it says.

package conform

import (
	"context"
	"errors"
	"strings"
	"testing"

	"tokenshell/orchestrator"
	"tokenshell/shell/internal/foreign"
	"tokenshell/tokens"
)

// scripted is a relay that takes every token, and ends a redemption as it is told.
type scripted struct {
	foreign.Driver
	end   foreign.End
	calls func() // what it asks of services, before it ends
}

func (s *scripted) Open(_ context.Context, session, _ string, _ tokens.Facts) (string, error) {
	return session, nil
}

func (s *scripted) Relay(context.Context, string, string) (foreign.Verdict, error) {
	return foreign.Verdict{Accepted: true, Service: "coupons"}, nil
}

func (s *scripted) Redeem(context.Context, string, []string) (foreign.End, error) {
	if s.calls != nil {
		s.calls()
	}
	return s.end, nil
}

// willing redeems whatever it is handed.
type willing struct{}

func (willing) Redeem(context.Context, tokens.Redemption) (tokens.Receipt, error) {
	return tokens.Receipt{}, nil
}
func (willing) Cancel(context.Context, tokens.Cancellation) error { return nil }

// accepting gives a relay that has accepted tokens, by the ids that they have.
func accepting(t *testing.T, d *scripted, tokens ...string) *Relay {
	t.Helper()
	r := newRelay(d, foreign.Adapter([]string{"x"}), orchestrator.Config{
		Services: []orchestrator.Service{{Name: "coupons", Redeemer: willing{}}}, Clock: clock(t),
	}, reasons{})
	r.peek = peek
	if _, err := r.Open(t.Context(), "order", "ada", nil); err != nil {
		t.Fatal(err)
	}
	for _, token := range tokens {
		if _, err := r.Relay(t.Context(), "order", token); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

func clock(t *testing.T) tokens.Clock {
	t.Helper()
	return tokens.LiveClock().Of("relay")
}

func peek(raw string) (tokens.Unverified, error) { return tokens.Unverified{Ref: ref(raw)}, nil }

func ref(token string) tokens.Ref { return tokens.Ref{Issuer: "coupons.svc", ID: token} }

// A relay need not say why it does not begin: it is a refusal all the same.
func TestRefusedBeforeItBegan(t *testing.T) {
	for said, want := range map[foreign.End]string{
		{State: "rejected"}:                       "gave no reason",
		{State: "rejected", Detail: "no such"}:    "no such",
		{State: "rejected", Reason: "OTHER_CART"}: "the relay says no more",
	} {
		_, err := accepting(t, &scripted{end: said}, "a").Redeem(t.Context(), "order", nil)
		var refusal *tokens.Refusal
		if !errors.As(err, &refusal) || !strings.Contains(refusal.Detail, want) {
			t.Errorf("%+v: %v, want a refusal with %q", said, err, want)
		}
	}
}

// What the client did not name is not redeemed.
func TestOnlyWhatWasNamed(t *testing.T) {
	for _, c := range []struct {
		named  []tokens.Ref
		broken bool
	}{{nil, false}, {[]tokens.Ref{ref("a"), ref("b")}, false}, {[]tokens.Ref{ref("a")}, true}} {
		d := &scripted{end: foreign.End{State: "completed"}}
		r := accepting(t, d, "a", "b")
		d.calls = func() {
			for _, token := range []string{"a", "b"} {
				r.Call(t.Context(), foreign.Call{Action: "redeem", Service: "coupons", Session: "order", Token: token, Attempt: token})
			}
		}
		if _, err := r.Redeem(t.Context(), "order", c.named); err != nil {
			t.Fatal(err)
		}
		if got := r.Broken(); (got != "") != c.broken || c.broken && !strings.Contains(got, "to redeem b, which the client had not named") {
			t.Errorf("%v: %q", c.named, got)
		}
	}
}

// A call that reached no service says why a redemption went back, where no service does.
func TestWhyItWentBack(t *testing.T) {
	d := &scripted{end: foreign.End{State: "compensated"}}
	r := accepting(t, d, "a")
	d.calls = func() { r.Missed("PUT /coupons: no such request") }
	snap, err := r.Redeem(t.Context(), "order", nil)
	if trouble := foreign.IsTrouble(err); trouble == nil || trouble.Status != foreign.Errored || !strings.Contains(trouble.What, "PUT /coupons: no such request") || snap.State != orchestrator.Compensated {
		t.Errorf("%v, %s", err, snap.State)
	}
	d.calls = nil // and that was then
	if _, err := r.Redeem(t.Context(), "order", nil); err != nil {
		t.Error(err)
	}
}

// A segment of a token that was handed in is a leak, but for the header, which says
// what everybody knows.
func TestPartsOfTokens(t *testing.T) {
	header, payload := strings.Repeat("h", 60), strings.Repeat("p", 60)
	for said, leaks := range map[string]bool{"cannot read " + payload: true, "cannot read " + header: false, "no": false, "cannot read " + payload[1:]: false, "": false} {
		r := accepting(t, &scripted{}, header+"."+payload+".c2ln")
		r.hear("the detail", said)
		if (r.leaked != "") != leaks {
			t.Errorf("%q: %q", said, r.leaked)
		}
	}
}

// What was redeemed in a session that is said to be completed stays so.
func TestTakenBackAfterwards(t *testing.T) {
	d := &scripted{end: foreign.End{State: "completed"}}
	r := accepting(t, d, "a")
	call := func(action string) {
		r.Call(t.Context(), foreign.Call{Action: action, Service: "coupons", Session: "order", Token: "a", Attempt: "1"})
	}
	d.calls = func() { call("redeem") }
	if _, err := r.Redeem(t.Context(), "order", nil); err != nil || r.Broken() != "" {
		t.Fatal(err, r.Broken())
	}
	call("cancel")
	if got := r.Broken(); !strings.Contains(got, "took a back from coupons, of a session that it had said is completed") {
		t.Error(got)
	}
}

// A name that is given twice is one session still: what the first has accepted may
// be redeemed.
func TestANameGivenTwice(t *testing.T) {
	d := &scripted{end: foreign.End{State: "completed"}}
	r := accepting(t, d, "a")
	if _, err := r.Open(t.Context(), "order", "bob", nil); err != nil {
		t.Fatal(err)
	}
	d.calls = func() {
		r.Call(t.Context(), foreign.Call{Action: "redeem", Service: "coupons", Session: "order", Token: "a", Attempt: "1"})
	}
	snap, err := r.Redeem(t.Context(), "order", nil)
	if err != nil || snap.Customer != "ada" || r.Broken() != "" {
		t.Error(err, snap.Customer, r.Broken())
	}
}
