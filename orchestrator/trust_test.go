// Issuers from outside: whom the relay trusts, and where their tokens go.

package orchestrator_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tokenshell/orchestrator"
	"tokenshell/tokens"
)

// recorder is a service that says yes and remembers what it was asked.
type recorder struct {
	name        string
	redemptions []tokens.Redemption
	cancels     []tokens.Cancellation
	err         error // its answer to redemptions, if any
}

func (r *recorder) Redeem(_ context.Context, request tokens.Redemption) (tokens.Receipt, error) {
	r.redemptions = append(r.redemptions, request)
	return tokens.Receipt{ID: "rcp_" + r.name, Service: r.name}, r.err
}

func (r *recorder) Cancel(_ context.Context, request tokens.Cancellation) error {
	r.cancels = append(r.cancels, request)
	return nil
}

// outside is an issuer of tokens with these capabilities.
func outside(name string, capabilities ...string) tokens.Issuer {
	return tokens.Issuer{Name: name + ".svc", Keys: oneKey(name), Capabilities: capabilities}
}

// relayed hands in a token of that issuer with these capabilities.
func (s *stage) relayed(issuer, jti string, capabilities ...string) (service string, err error) {
	s.t.Helper()
	claims := claimsOf(issuer, jti, s.clock.Now())
	claims.Capabilities = capabilities
	return s.relay.Relay(background, "op_1", signed(s.t, claims))
}

func (s *stage) wantService(want string) func(got string, err error) {
	return func(got string, err error) {
		s.t.Helper()
		if err != nil || got != want {
			s.t.Errorf("goes to %q, %v; want %s", got, err, want)
		}
	}
}

func TestATrustedIssuersTokensAreRouted(t *testing.T) {
	s := newStage(t)
	_, err := s.relayed("partner", "x1", "points:redeem")
	mustRefuse(t, err, tokens.IssuerUnknown)
	mustDo(t, s.relay.Trust(outside("partner", "points:redeem", "points:gift"), nil))
	s.wantService("points")(s.relayed("partner", "x1", "points:redeem"))

	// One of its own takes whatever it grants, and comes last.
	gifts := &recorder{name: "gifts"}
	mustDo(t, s.relay.Trust(outside("giver", "gifts:redeem", "coupons:redeem"), &orchestrator.Service{Name: "gifts", Redeemer: gifts}))
	s.wantService("gifts")(s.relayed("giver", "g1", "gifts:redeem"))
	s.wantService("gifts")(s.relayed("giver", "g2", "coupons:redeem"))
	s.accept("payments")
	script{"payments.redeem": {refuse}}.on(s)
	s.wantState(s.redeem(), orchestrator.Compensated, "x1 cancelled cancelled", "g1 released", "g2 released", "y1 refused refused")

	if diff := cmp.Diff([]string{"coupons.svc", "giver.svc", "partner.svc", "payments.svc", "points.svc"}, s.relay.Trusted()); diff != "" {
		t.Errorf("trusted (-want +got):\n%s", diff)
	}
}

func TestWhatCanNotBeTrusted(t *testing.T) {
	s := newStage(t)
	if n := len(s.relay.Trusted()); n != len(names) { // and looking stands in nobody's way
		t.Errorf("%d are trusted", n)
	}
	service := func(name string) *orchestrator.Service {
		return &orchestrator.Service{Name: name, Redeemer: &recorder{name: name}}
	}
	mustDo(t, s.relay.Trust(outside("giver", "gifts:redeem"), service("gifts")))
	for want, try := range map[string]func() error{
		`"points.svc" is an issuer already`: func() error { return s.relay.Trust(outside("points", "points:redeem"), nil) },
		`"giver.svc" is an issuer already`:  func() error { return s.relay.Trust(outside("giver", "gifts:redeem"), service("more")) },
		`"coupons" is a service already`:    func() error { return s.relay.Trust(outside("other", "x:y"), service("coupons")) },
		`"points" is a service already`:     func() error { return s.relay.Trust(outside("other", "x:y"), service("points")) },
		`"gifts" is a service already`:      func() error { return s.relay.Trust(outside("other", "x:y"), service("gifts")) },
	} {
		if err := try(); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	// What was refused left nothing behind.
	if diff := cmp.Diff([]string{"coupons.svc", "giver.svc", "payments.svc", "points.svc"}, s.relay.Trusted()); diff != "" {
		t.Errorf("trusted (-want +got):\n%s", diff)
	}
	s.wantService("points")(s.relayed("points", "p1", "points:redeem"))
	s.wantService("gifts")(s.relayed("giver", "g1", "gifts:redeem"))
}

// Trusted no more, an issuer hands in nothing; what was accepted goes its way,
// and its service's name is free for another.
func TestAnIssuerIsTrustedNoMore(t *testing.T) {
	s := newStage(t)
	first, second := &recorder{name: "first"}, &recorder{name: "second"}
	mustDo(t, s.relay.Trust(outside("giver", "gifts:redeem"), &orchestrator.Service{Name: "gifts", Redeemer: first}))
	s.wantService("gifts")(s.relayed("giver", "g1", "gifts:redeem"))
	s.relay.Distrust("giver.svc")
	_, err := s.relayed("giver", "g2", "gifts:redeem")
	mustRefuse(t, err, tokens.IssuerUnknown)
	s.wantState(s.redeem(), orchestrator.Completed, "g1 redeemed redeemed")
	if len(first.redemptions) != 1 {
		t.Errorf("it was asked %d times", len(first.redemptions))
	}

	mustDo(t, s.relay.Trust(outside("donor", "gifts:redeem"), &orchestrator.Service{Name: "gifts", Redeemer: second}))
	s.open("op_2")
	claims := claimsOf("donor", "d1", s.clock.Now())
	claims.Order, claims.Capabilities = "op_2", []string{"gifts:redeem"}
	s.wantService("gifts")(s.relay.Relay(background, "op_2", signed(t, claims)))
	_, err = s.relay.Redeem(background, "op_2", nil)
	mustDo(t, err)
	if len(first.redemptions) != 1 || len(second.redemptions) != 1 {
		t.Errorf("the first was asked %d times, the second %d times", len(first.redemptions), len(second.redemptions))
	}

	// Without its service, the issuer goes where its capabilities lead.
	s.relay.Distrust("donor.svc")
	mustDo(t, s.relay.Trust(outside("donor", "points:redeem"), nil))
	s.open("op_3")
	claims = claimsOf("donor", "d2", s.clock.Now())
	claims.Order, claims.Capabilities = "op_3", []string{"points:redeem"}
	s.wantService("points")(s.relay.Relay(background, "op_3", signed(t, claims)))
}

// A token goes to one service, where all that it may do is done.
func TestCapabilitiesLeadToOneService(t *testing.T) {
	s := newStage(t)
	s.config.Services[1].Capabilities = append(s.config.Services[1].Capabilities, "points:gift")
	s.relay = s.anew()
	s.open("op_1")
	mustDo(t, s.relay.Trust(outside("partner", "points:redeem", "points:gift", "coupons:redeem", "moon:land"), nil))
	s.wantService("points")(s.relayed("partner", "x1", "points:redeem", "points:gift"))
	for detail, capabilities := range map[string][]string{
		"the capabilities lead to both points and coupons": {"points:gift", "points:redeem", "coupons:redeem"},
		`no service does "moon:land"`:                      {"points:redeem", "moon:land"},
	} {
		_, err := s.relayed("partner", "x2", capabilities...)
		mustRefuse(t, err, tokens.CapabilityNotAllowed)
		if !strings.HasSuffix(err.Error(), detail) {
			t.Errorf("got %v, want %s", err, detail)
		}
	}
}
