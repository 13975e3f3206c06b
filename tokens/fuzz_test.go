package tokens

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"tokenshell/tokens/strictjson"
)

// Any text: no panic, a refusal with a reason that the relay may give, fit to
// print; and what the gate lets pass, go-jose takes apart in the same way.
func FuzzGate(f *testing.F) {
	good := control().raw()
	for _, raw := range []string{"", "..", good, payments().raw(), resigned(good, twin(signatureOf(good))), good + "\n", re(good, 1, looseTail), re(good, 2, func(string) string { return "" })} {
		f.Add(raw)
	}
	for _, fault := range faults {
		x := trial{forgery: control()}
		fault.apply(&x)
		f.Add(x.raw())
	}
	allowed := map[Reason]bool{}
	for _, row := range Reasons() {
		allowed[row.Reason] = row.By == "everyone"
	}
	delete(allowed, ServiceUnavailable)
	delete(allowed, SessionMismatch)
	checks := relayAt(epoch).Checks(Own{})
	f.Fuzz(func(t *testing.T, raw string) {
		claims, err := Judge(raw, checks)
		var refusal *Refusal
		switch {
		case (claims == nil) != (err != nil):
			t.Fatalf("%v and %v", claims, err)
		case err != nil && !errors.As(err, &refusal):
			t.Fatalf("%T: %v", err, err)
		case err != nil && !allowed[refusal.Reason]:
			t.Fatalf("reason %s", refusal.Reason)
		case err != nil:
			if problem := unprintable(refusal, ""); problem != "" {
				t.Fatal(problem)
			}
		}
		_, peeked := Peek(raw)
		if early := errors.Is(err, TooLarge) || errors.Is(err, Malformed); early != (peeked != nil) {
			t.Fatalf("judged %v, peeked %v", err, peeked)
		}
		e := begin(raw)
		if checkSize(e) != nil || checkStructure(nil, e) != nil || (&Verifier{Issuers: func(string) (Issuer, bool) { return Issuer{}, false }}).checkHeader(e) != nil {
			return
		}
		alg := jose.SignatureAlgorithm(e.alg)
		if !slices.Contains([]jose.SignatureAlgorithm{jose.ES256, jose.EdDSA, jose.RS256, jose.PS256}, alg) {
			return
		}
		parsed, err := jose.ParseSignedCompact(raw, []jose.SignatureAlgorithm{alg})
		if err != nil {
			t.Fatalf("go-jose refuses what the gate accepts: %v", err)
		}
		if !bytes.Equal(parsed.UnsafePayloadWithoutVerification(), []byte(e.body)) || !bytes.Equal(parsed.Signatures[0].Signature, e.signature) ||
			parsed.Signatures[0].Protected.KeyID != e.kid || parsed.Signatures[0].Protected.Algorithm != e.alg {
			t.Fatal("go-jose reads another token")
		}
	})
}

// Any payload under a good signature: accepted exactly when the contract,
// written a second time in [oracle], allows it; and what was accepted is the
// same claims after being written and read again.
func FuzzClaims(f *testing.F) {
	f.Add([]byte(control().payload.text()))
	f.Add([]byte(control().claim("sealed", `"a.b.c.d.e"`).payload.text()))
	for _, name := range mandatory {
		for _, value := range values {
			f.Add([]byte(control().claim(name, value).payload.text()))
		}
	}
	for _, fault := range faults {
		x := trial{forgery: control()}
		fault.apply(&x)
		f.Add([]byte(x.payload.text()))
	}
	checks := relayAt(epoch).Checks(Own{})
	header := control().header.text()
	f.Fuzz(func(t *testing.T, payload []byte) {
		raw := couponsKey.compact(header, string(payload))
		claims, err := Judge(raw, checks)
		if want := len(raw) <= MaxSize && StrictObject(payload) == nil && oracle(payload); want != (err == nil) {
			t.Fatalf("%q\naccepted by the contract: %v; here: %v", payload, want, err)
		}
		if err != nil {
			var refusal *Refusal
			if !errors.As(err, &refusal) {
				t.Fatalf("%T: %v", err, err)
			}
			if problem := unprintable(refusal, ""); problem != "" {
				t.Fatal(problem)
			}
			return
		}
		again, err := claims.Payload()
		if err != nil {
			t.Fatal(err)
		}
		e := begin("")
		if e.payload, err = strictjson.Parse(string(again)); err != nil {
			t.Fatal(err)
		}
		if err := checkClaims(nil, e); err != nil {
			t.Fatal(err)
		}
		if string(compacted(t, claims.Constraints)) != string(compacted(t, e.claims.Constraints)) {
			t.Fatalf("constraints %q became %q", claims.Constraints, e.claims.Constraints)
		}
		e.claims.Constraints = claims.Constraints // compared above: only spaces and escapes may differ
		if diff := cmp.Diff(claims, e.claims); diff != "" {
			t.Fatalf("(-read +written and read):\n%s", diff)
		}
	})
}

// compacted gives JSON in the form that json.Marshal writes it in.
func compacted(t *testing.T, text []byte) []byte {
	out, err := json.Marshal(json.RawMessage(text))
	if err != nil {
		t.Fatal(err)
	}
	return out
}
