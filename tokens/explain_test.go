package tokens

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// statuses writes findings in short: p for passed, F for failed, - for skipped.
func statuses(findings []Finding) string {
	var b strings.Builder
	for _, f := range findings {
		b.WriteString(map[string]string{CheckPassed: "p", CheckFailed: "F", CheckSkipped: "-"}[f.Status])
	}
	return b.String()
}

func find(t *testing.T, findings []Finding, check string) Finding {
	t.Helper()
	for _, f := range findings {
		if f.Check == check {
			return f
		}
	}
	t.Fatalf("no finding for %s", check)
	return Finding{}
}

// looking is a party with all own checks, none of which records.
func looking() (Own, *[5]count) {
	n := &[5]count{}
	return Own{Session: n[0].check, Outcome: n[1].check, Replay: n[2].check, Books: n[3].check, Route: n[4].check}, n
}

func TestExplainAGoodToken(t *testing.T) {
	own, _ := looking()
	checks := relayAt(epoch.Add(30 * time.Second)).Checks(own)
	raw := control().raw()
	for _, all := range []bool{false, true} {
		got := Explain(raw, checks, all)
		want := []Finding{
			{"size", CheckPassed, "", "design", ""},
			{"structure", CheckPassed, "", "RFC 7515 5.2", ""},
			{"header", CheckPassed, "", "RFC 8725 3.11", `alg "ES256", kid "coupons-k1", typ "confirmation+jwt"`},
			{"issuer", CheckPassed, "", "RFC 8725 3.8", "coupons.svc"},
			{"key", CheckPassed, "", "RFC 8725 3.1", "coupons-k1 verifies ES256"},
			{"signature", CheckPassed, "", "RFC 8725 3.3", ""},
			{"claims", CheckPassed, "", "RFC 7519 4", ""},
			{"audience", CheckPassed, "", "RFC 8725 3.9", "aud names order-processing, coupons.svc"},
			{"session", CheckPassed, "", "RFC 8725 3.8", "order op_1 of user_123"},
			{"outcome", CheckPassed, "", "design", ""},
			{"time", CheckPassed, "", "RFC 7519 4.1.4", "expires at 2026-01-01T00:02:00Z, it is 2026-01-01T00:00:30Z: 1 min 30 s left"},
			{"capability", CheckPassed, "", "RFC 8725 3.8", "coupons:redeem"},
			{"replay", CheckPassed, "", "RFC 7519 4.1.7", "cpt_1 is unused in this session"},
			{"books", CheckPassed, "", "design", ""},
		}
		want[0].Detail = saySize(&Envelope{raw: raw})
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("all %v (-want +got):\n%s", all, diff)
		}
	}
}

// Every hostile token that these tests have: without all, the passed, then
// the one that failed with the reason that Judge gives, then the skipped.
func TestExplainGivesTheReasonOfJudge(t *testing.T) {
	texts := map[string]func() (string, Own){
		"empty":                func() (string, Own) { return "", Own{} },
		"three empty segments": func() (string, Own) { return "..", Own{} },
		"no signature":         func() (string, Own) { return resigned(control().raw(), nil), Own{} },
		"trailing newline":     func() (string, Own) { return control().raw() + "\n", Own{} },
		"alg none":             func() (string, Own) { return resigned(control().head("alg", `"none"`).raw(), nil), Own{} },
		"iss with an escape":   func() (string, Own) { return control().claim("iss", `"\u001b[31m"`).raw(), Own{} },
		"jti with an escape":   func() (string, Own) { return control().claim("jti", `"\u001b[31m"`).raw(), Own{} },
		"crit":                 func() (string, Own) { return control().head("crit", `["exp"]`).raw(), Own{} },
	}
	for _, fault := range faults {
		texts["fault: "+fault.name] = func() (string, Own) {
			x := trial{forgery: control()}
			fault.apply(&x)
			return x.raw(), x.own
		}
	}
	for _, tt := range refusals {
		texts["reason: "+string(tt.reason)] = func() (string, Own) { return tt.edit(control()).raw(), tt.own }
	}
	for name, make := range texts {
		t.Run(name, func(t *testing.T) {
			raw, own := make()
			checks := relayAt(epoch).Checks(own)
			refusal := mustRefuse(t, checks, raw, reasonOf(t, checks, raw))
			short := Explain(raw, checks, false)
			at := strings.IndexByte(statuses(short), 'F')
			if want := strings.Repeat("p", max(at, 0)) + "F" + strings.Repeat("-", len(checks)-at-1); at < 0 || statuses(short) != want {
				t.Fatalf("statuses %s", statuses(short))
			}
			if short[at].Reason != refusal.Reason || short[at].Detail != refusal.Detail {
				t.Errorf("explained as %s: %s; judged %v", short[at].Reason, short[at].Detail, refusal)
			}
			full := Explain(raw, checks, true)
			if diff := cmp.Diff(short[:at+1], full[:at+1]); diff != "" {
				t.Errorf("with all the beginning differs:\n%s", diff)
			}
			for i, f := range full {
				if f.Check != checks[i].Name || f.Source != checks[i].Source || (f.Reason != "") != (f.Status == CheckFailed) || f.Status == CheckSkipped && f.Detail != "" {
					t.Errorf("finding %+v", f)
				}
				if problem := unprintable(&Refusal{Reason: f.Reason, Detail: f.Detail}, raw); problem != "" {
					t.Errorf("%s: %s", f.Check, problem)
				}
			}
		})
	}
}

// reasonOf gives the reason that Judge refuses the token for.
func reasonOf(t *testing.T, checks []Check, raw string) Reason {
	t.Helper()
	_, err := Judge(raw, checks)
	refusal, ok := err.(*Refusal)
	if !ok {
		t.Fatalf("%v is not a refusal", err)
	}
	return refusal.Reason
}

// With all: what has all that it needs is checked, and nothing else. The
// order is size structure header issuer key signature claims audience session
// outcome time capability replay books.
func TestExplainAllGoesOnWhereItCan(t *testing.T) {
	expired := func(f forgery) forgery {
		return f.claim("iat", seconds(epoch.Add(-time.Hour))).claim("exp", seconds(epoch.Add(-time.Second)))
	}
	noExp := control()
	noExp.payload = noExp.payload.without("exp")
	badlySigned := control()
	badlySigned.signer = pointsKey
	for _, tt := range []struct{ name, raw, want string }{
		{"too large", strings.Repeat(".", MaxSize+1), "F-------------"},
		{"two segments", "a.b", "pF------------"},
		{"a header too many", control().head("jku", `"x"`).raw(), "ppFp--ppp-pp--"},
		{"wrong typ", control().head("typ", `"JWT"`).raw(), "ppFp--ppp-pp--"},
		{"unknown issuer", control().claim("iss", `"x.svc"`).raw(), "pppF----------"},
		{"wrong typ, unknown issuer", control().head("typ", `"JWT"`).claim("iss", `"x.svc"`).raw(), "ppFF----------"},
		{"unknown key", control().head("kid", `"x"`).raw(), "ppppF-ppp-pp--"},
		{"wrong alg", control().head("alg", `"none"`).raw(), "ppppF-ppp-pp--"},
		{"badly signed", badlySigned.raw(), "pppppFppp-pp--"},
		{"badly signed and expired", expired(badlySigned).raw(), "pppppFppp-Fp--"},
		{"no exp", noExp.raw(), "ppppppF-------"},
		{"a strange claim", control().claim("amount", "7").raw(), "ppppppF-------"},
		{"another audience", control().claim("aud", `"coupons.svc"`).raw(), "pppppppFpppppp"},
		{"expired", expired(control()).raw(), "ppppppppppFppp"},
		{"everything late", expired(control()).claim("aud", `[]`).claim("capabilities", `["points:redeem"]`).raw(), "pppppppFppFFpp"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			own, n := looking()
			findings := Explain(tt.raw, relayAt(epoch).Checks(own), true)
			if got := statuses(findings); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			// What records at the relay and what a service looks up see no unproven token.
			for i, at := range []int{8, 9, 12, 13} {
				if asked := n[i].n == 1; asked != (tt.want[at] != '-') {
					t.Errorf("%s was asked %d times", findings[at].Check, n[i].n)
				}
			}
		})
	}
	got := find(t, Explain(expired(badlySigned).raw(), relayAt(epoch).Checks(Own{}), true), "time")
	if got.Reason != Expired || !strings.HasSuffix(got.Detail, "1 s over") {
		t.Errorf("time: %+v", got)
	}
}

func TestExplainStopsAtAKnownAnswer(t *testing.T) {
	own, n := looking()
	own.Outcome = func(*Claims) error { return ErrDone }
	for _, all := range []bool{false, true} {
		findings := Explain(control().raw(), relayAt(epoch).Checks(own), all)
		if got := statuses(findings); got != "pppppppppp----" {
			t.Errorf("got %s", got)
		}
		if f := find(t, findings, "outcome"); f.Detail != ErrDone.Error() || f.Reason != "" {
			t.Errorf("outcome: %+v", f)
		}
	}
	if n[2].n != 0 || n[3].n != 0 {
		t.Error("what comes after the known answer was asked")
	}
}

// A party that cannot answer has no reason to give, and the check has failed.
func TestExplainAFailureIsNoRefusal(t *testing.T) {
	own := Own{Replay: func(*Claims) error { return &Failure{Party: "relay", Err: errLedger} }}
	f := find(t, Explain(control().raw(), relayAt(epoch).Checks(own), true), "replay")
	if f.Status != CheckFailed || f.Reason != "" || !strings.Contains(f.Detail, errLedger.Error()) {
		t.Errorf("%+v", f)
	}
}

var errLedger = LedgerUnavailable

// Explaining leaves nothing behind: the token is judged as before.
func TestExplainLeavesNothingBehind(t *testing.T) {
	v := relayAt(epoch)
	own, n := looking()
	var recorded count
	looks, judges := v.Checks(own), v.Checks(Own{Replay: recorded.check})
	raw := control().raw()
	bad := control()
	bad.signer = pointsKey
	for range 3 {
		Explain(raw, looks, true)
		Explain(bad.head("typ", `"confirmation\u002bjwt"`).raw(), looks, true)
	}
	if recorded.n != 0 {
		t.Errorf("recorded %d times", recorded.n)
	}
	if n[2].n != 3 {
		t.Errorf("looked %d times, want 3", n[2].n)
	}
	mustAccept(t, judges, raw)
	mustRefuse(t, judges, bad.raw(), SignatureInvalid)
	if recorded.n != 1 {
		t.Errorf("recorded %d times", recorded.n)
	}
}

// A verifier that leaves a check out never fails it; what it finds may be wrong,
// and nothing panics.
func TestExplainWithoutACheck(t *testing.T) {
	for _, name := range CheckNames()[2:] {
		v := relayAt(epoch)
		var err error
		if v.Weakness, err = UnsafeWithout(name); err != nil {
			t.Fatal(err)
		}
		own, _ := looking()
		for _, raw := range []string{control().raw(), control().head("kid", `"x"`).raw(), resigned(control().raw(), nil), "", control().claim("iss", `"x.svc"`).raw()} {
			for _, f := range Explain(raw, v.Checks(own), true) { // no panic, either
				if f.Check == name && f.Status == CheckFailed {
					t.Errorf("%s failed: %s", name, f.Detail)
				}
			}
		}
	}
}
