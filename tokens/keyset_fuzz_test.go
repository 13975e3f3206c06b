package tokens

import (
	"errors"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
)

// Any text: no panic, an error that is fit to print, and no key that go-jose
// reads otherwise or that should have been refused.
func FuzzKeySet(f *testing.F) {
	ec, ed, rs := jwk(couponsKey.Key), jwk(paymentsKey.Key), jwk(rsaSigner("outside-k1", jose.RS256).Key)
	for _, set := range []string{
		jwks(ec), jwks(ed), jwks(rs), jwks(ec, ed, rs), jwks(ec, ec), jwks(rs.with("alg", `"PS256"`)), jwks(rs.with("e", `"Aw"`)), jwks(ed.with("x", `"`+low+`"`)),
		jwks(ec.with("d", `"AA"`)), jwks(ec.without("kid").with("KID", `"k"`)), jwks(ec.with("key_ops", `["verify"]`)), jwks(ec.with("use", `null`)), `{"keys":[null]}`, `{"keys":[]}`, "",
		jwks(ec.with("x5c", `["AA"]`)), jwks(ec.with("x5u", `":"`)), jwks(document{{"kty", `"AKP"`}, {"kid", `"k"`}, {"alg", `"ML-DSA-44"`}, {"pub", `"AA"`}}),
	} {
		f.Add([]byte(set))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		keys, err := ParseKeySet(text)
		if (err == nil) == (keys == nil) {
			t.Fatalf("%v and %v", keys, err)
		}
		if err != nil {
			if message := err.Error(); len(message) > 512 || strings.ContainsFunc(message, func(r rune) bool { return r < 0x20 || r > 0x7e }) {
				t.Fatalf("not fit to print: %q", message)
			}
			return
		}
		seen := map[string]bool{}
		for _, key := range keys {
			if seen[key.ID] || !isID(key.ID) {
				t.Fatalf("kid %q", key.ID)
			}
			seen[key.ID] = true
			if err := key.check(); err != nil {
				t.Fatal(err)
			}
			theirs := jose.JSONWebKey{Key: key.Public, KeyID: key.ID, Algorithm: string(key.Algorithm)}
			if !theirs.Valid() || !theirs.IsPublic() {
				t.Fatalf("go-jose takes %q for no public key", key.ID)
			}
			written, err := theirs.MarshalJSON()
			if err != nil {
				t.Fatal(err)
			}
			again, err := ParseKeySet([]byte(`{"keys":[` + string(written) + `]}`))
			if err != nil || again[0].ID != key.ID || again[0].Algorithm != key.Algorithm {
				t.Fatalf("written as %s, and then %v", written, err)
			}
			// Nothing verifies under it that nobody signed.
			if err := judgeBare(resigned(outside(couponsKey).head("alg", `"`+string(key.Algorithm)+`"`).raw(), make([]byte, 64)), StaticKeys{{"coupons-k1", key.Algorithm, key.Public}}, ""); err == nil {
				t.Fatal("a signature of zeros verifies")
			}
		}
	})
}

// Any text, explained: no panic, every check once and in order, and the
// verdict and reason of Judge.
func FuzzExplain(f *testing.F) {
	for _, fault := range faults {
		x := trial{forgery: control()}
		fault.apply(&x)
		f.Add(x.raw())
	}
	f.Add(control().raw())
	f.Add(payments().raw())
	f.Add(outside(outsideKey).head("x-tenant", "1").claim("nbf", "1").claim("azp", "1").raw())
	v := trusting(StaticKeys{outsideKey.Key}, &Profile{Types: []string{"", Type}, Header: []string{"x-tenant"}, Claims: map[string]string{"sealed": "azp"}})
	trusted, own := v.Issuers, relayAt(epoch).Issuers
	v.Issuers = func(iss string) (Issuer, bool) {
		if i, ok := trusted(iss); ok {
			return i, ok
		}
		return own(iss)
	}
	checks := v.Checks(Own{})
	f.Fuzz(func(t *testing.T, raw string) {
		_, err := Judge(raw, checks)
		var refusal *Refusal
		if err != nil && !errors.As(err, &refusal) {
			t.Fatalf("%T: %v", err, err)
		}
		for _, all := range []bool{false, true} {
			findings := Explain(raw, checks, all)
			if len(findings) != len(checks) {
				t.Fatalf("%d findings of %d checks", len(findings), len(checks))
			}
			first := Finding{}
			for i, finding := range findings {
				if finding.Check != checks[i].Name {
					t.Fatalf("finding %d is of %s", i, finding.Check)
				}
				if first.Status == "" && finding.Status != CheckPassed {
					first = finding
				}
				if problem := unprintable(&Refusal{Reason: finding.Reason, Detail: finding.Detail}, raw); problem != "" {
					t.Fatalf("%s: %s", finding.Check, problem)
				}
			}
			if refusal == nil && first.Status != "" || refusal != nil && (first.Status != CheckFailed || first.Reason != refusal.Reason || first.Detail != refusal.Detail) {
				t.Fatalf("judged %v, explained %+v", refusal, first)
			}
		}
	})
}
