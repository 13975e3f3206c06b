package tokens

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Every rule can be left out, and nothing else can.
func TestEveryRuleCanBeLeftOut(t *testing.T) {
	rules := []string{
		RedeemerRemembers, RetryIsAnswered, CancelOnce, CancelIsFinal, HoldReturns, RelayRemembers, RelayRecordsLast, UnknownIsUndone, RefusalCompensates,
	}
	var rows []string
	for _, row := range Weaknesses() {
		rows = append(rows, row.Rule)
		if row.Without == "" {
			t.Errorf("nothing is said of %s", row.Rule)
		}
	}
	if diff := cmp.Diff(rules, rows); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	var checks []string
	for _, row := range Unchecked() {
		checks = append(checks, row.Rule)
	}
	if diff := cmp.Diff(CheckNames(), checks); diff != "" {
		t.Errorf("of checks (-want +got):\n%s", diff)
	}
	for _, rule := range append(rules, CheckNames()...) {
		w, err := UnsafeWithout(rule)
		if err != nil || !w.Lacks(rule) || w.Lacks("") {
			t.Errorf("%s: %v, %v", rule, w, err)
		}
		if _, err := UnsafeWithout(rule, "nonsense"); err == nil || !strings.Contains(err.Error(), `"nonsense"`) {
			t.Errorf("nonsense beside %s: %v", rule, err)
		}
	}
}

// What is for somebody else, or no longer good, is genuine; what has claims that are
// none is not.
func TestGenuineAsksNothingAfterTheClaims(t *testing.T) {
	v := relayAt(epoch)
	for name, bent := range map[string]interface{ raw() string }{
		"audience": control().claim("aud", `["someone.svc"]`), "time": control().claim("exp", "1"), "capability": control().claim("capabilities", `["points:redeem"]`),
	} {
		if claims, err := v.Genuine(bent.raw()); err != nil || claims.ID == "" {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := v.Judge(bent.raw(), Own{}); err == nil {
			t.Errorf("%s is good", name)
		}
	}
	if _, err := v.Genuine(control().claim("jti", "7").raw()); !errors.Is(err, ClaimInvalid) {
		t.Errorf("a jti that is a number: %v", err)
	}
}

// Nobody is asked for an issuer without a name.
func TestANamelessIssuerIsNotLookedFor(t *testing.T) {
	v := relayAt(epoch)
	v.Issuers = func(iss string) (Issuer, bool) {
		if iss == "" {
			t.Error("asked for no name")
		}
		return Issuer{Name: iss, Keys: ringOf(couponsKey), Capabilities: []string{"coupons:redeem"}}, true
	}
	for _, iss := range []string{`7`, `["coupons.svc"]`, `{}`, `true`} {
		mustRefuse(t, v.Checks(Own{}), control().claim("iss", iss).raw(), IssuerUnknown)
	}
	for _, iss := range []string{`7`, `""`, `null`} {
		if _, err := (*Memory)(nil).PeekAs(control().claim("iss", iss).raw(), v.Issuers); err != nil {
			t.Error(err)
		}
	}
}

// Without the checks before it, the claims check still wants an issuer.
func TestTheClaimsWantAnIssuerThemselves(t *testing.T) {
	v := relayAt(epoch)
	var err error
	if v.Weakness, err = UnsafeWithout("issuer", "key", "signature"); err != nil {
		t.Fatal(err)
	}
	f := control()
	f.payload = f.payload.without("iss")
	if refusal := mustRefuse(t, v.Checks(Own{}), f.raw(), ClaimMissing); refusal.Detail != `claim "iss" is missing` {
		t.Error(refusal.Detail)
	}
}

// A key that says no algorithm verifies none, not even a token that says none.
func TestAKeyWithoutAlgorithmVerifiesNothing(t *testing.T) {
	key := couponsKey.Key
	key.Algorithm = ""
	v := trusting(StaticKeys{key}, nil)
	f := outside(couponsKey)
	mustRefuse(t, v.Checks(Own{}), f.raw(), AlgorithmNotAllowed)
	mustRefuse(t, v.Checks(Own{}), f.head("alg", `""`).raw(), AlgorithmNotAllowed)
	f.header = f.header.without("alg")
	mustRefuse(t, v.Checks(Own{}), f.raw(), AlgorithmNotAllowed)
}
