package orchestrator_test

import (
	"strings"
	"testing"

	"tokenshell/orchestrator"
	"tokenshell/tokens"
)

// outsideToken is one of an issuer that the relay is told to trust, signed with
// the key of service.
func outsideToken(t *testing.T, service string, capabilities ...string) string {
	claims := claimsOf(service, "x1", epoch)
	claims.Capabilities = append([]string{}, capabilities...)
	return signed(t, claims)
}

// An issuer that may grant nothing has nothing relayed: not to where its token's
// capabilities would lead, not when the token has none, and not when nobody
// looks at capabilities.
func TestATrustedIssuerWithoutCapabilities(t *testing.T) {
	lacking := func(check string) tokens.Weakness {
		w, err := tokens.UnsafeWithout(check)
		mustDo(t, err)
		return w
	}
	for _, weakness := range []tokens.Weakness{{}, lacking("capability")} {
		s := newStage(t)
		c := s.config
		c.Weakness = weakness
		for i := range c.Issuers {
			c.Issuers[i].Capabilities = nil
		}
		s.config = c
		relay := s.anew()
		_, err := relay.Open(background, "op_1", "user_123", nil)
		mustDo(t, err)
		_, err = relay.Relay(background, "op_1", outsideToken(t, "points"))
		mustRefuse(t, err, tokens.CapabilityNotAllowed)
		if weakness.Lacks("capability") {
			continue
		}
		_, err = relay.Relay(background, "op_1", outsideToken(t, "points", "points:redeem"))
		mustRefuse(t, err, tokens.CapabilityNotAllowed)
	}
}

// A stand-in takes no domain's name, and none that another issuer's has; the name
// of one whose issuer is trusted no more is free.
func TestAStandinTakesNobodysName(t *testing.T) {
	s := newStage(t)
	outside := func(name string) tokens.Issuer {
		return tokens.Issuer{Name: name, Keys: oneKey(name), Profile: &tokens.Profile{}}
	}
	to := func(name string) *orchestrator.Service {
		return &orchestrator.Service{Name: name, Redeemer: s.services["points"]}
	}
	for _, name := range names {
		if err := s.relay.Trust(outside("a.example"), to(name)); err == nil || !strings.Contains(err.Error(), "is a service already") {
			t.Errorf("%s: %v", name, err)
		}
	}
	mustDo(t, s.relay.Trust(outside("a.example"), to("club")))
	if err := s.relay.Trust(outside("b.example"), to("club")); err == nil || !strings.Contains(err.Error(), "is a service already") {
		t.Errorf("club again: %v", err)
	}
	if err := s.relay.Trust(outside("points.svc"), nil); err == nil || !strings.Contains(err.Error(), "is an issuer already") {
		t.Errorf("points.svc: %v", err)
	}
	s.relay.Distrust("a.example")
	mustDo(t, s.relay.Trust(outside("b.example"), to("club")))
}
