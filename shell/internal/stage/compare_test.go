// Comparing: what belongs to a redemption, and what is tried at the end of a bound.

package stage

import (
	"slices"
	"testing"

	"tokenshell/orchestrator"
	"tokenshell/shell/internal/bound"
	"tokenshell/shell/internal/domains"
	"tokenshell/shell/internal/world"
	"tokenshell/tokens"
)

// A receipt is of its redemption when it names all of it.
func TestReceiptsAreOfTheirRedemption(t *testing.T) {
	ref := tokens.Ref{Issuer: "points.svc", ID: "cpt_1", Order: "op_1"}
	good := tokens.Receipt{Service: "points", JTI: "cpt_1", Order: "op_1", Attempt: "att_1"}
	for name, bend := range map[string]func(*tokens.Receipt){
		"": func(*tokens.Receipt) {}, "service": func(r *tokens.Receipt) { r.Service = "coupons" }, "jti": func(r *tokens.Receipt) { r.JTI = "cpt_2" },
		"order": func(r *tokens.Receipt) { r.Order = "op_2" }, "attempt": func(r *tokens.Receipt) { r.Attempt = "att_2" },
	} {
		r := good
		bend(&r)
		step := orchestrator.Step{Ref: ref, Service: "points", Attempt: "att_1", Receipt: &r}
		if about(step) != (name == "") {
			t.Errorf("another %q: %v", name, about(step))
		}
	}
}

// A key that is disabled may be retired, which changes nothing: it is tried last.
func TestADisabledKeyIsRetired(t *testing.T) {
	plan, err := world.Read(domains.Kinds(domains.All()), "")
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(plan, tokens.Weakness{}, bound.Bound{Sessions: 1, Tokens: 1, Choices: 1, Clock: 2})
	if err != nil {
		t.Fatal(err)
	}
	s.SettleOn("user_123")
	disables := Move{Verb: Disables, Arg: uint8(slices.Index(s.Names, "payments"))}
	for _, m := range []Move{{Verb: Opens, Order: 1}, {Verb: Confirms, Order: 1, Token: 1}, disables} {
		if err := s.Try(t.Context(), m, nil); err != nil {
			t.Fatal(err)
		}
	}
	if retires := (Move{Verb: Retires, Arg: disables.Arg}); !slices.Contains(s.Moves(nil), retires) {
		t.Error("nobody retires it")
	} else if err := s.Try(t.Context(), retires, nil); err != nil {
		t.Error(err)
	}
}
