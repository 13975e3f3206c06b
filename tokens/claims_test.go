package tokens

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tokenshell/tokens/strictjson"
)

// mandatory are the claims that must be there, in the order in which they are
// looked for.
var mandatory = []string{"iss", "aud", "sub", "iat", "exp", "jti", "order_processing_id", "capabilities", "constraints"}

// The claims of the contract, in the order of the check.
func TestClaimNames(t *testing.T) {
	if diff := cmp.Diff(append(slices.Clone(mandatory), "sealed"), ClaimNames()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestClaimMissing(t *testing.T) {
	checks := relayAt(epoch).Checks(Own{})
	for _, name := range mandatory {
		t.Run(name, func(t *testing.T) {
			f := control()
			f.payload = f.payload.without(name)
			for _, f := range []forgery{f, control().claim(name, "null"), control().claim(name, `""`), f.claim(strings.ToUpper(name), `"x"`)} {
				refusal := mustRefuse(t, checks, f.raw(), ClaimMissing)
				if want := `claim "` + name + `" is missing`; refusal.Detail != want {
					t.Errorf("got %s, want %s", refusal.Detail, want)
				}
			}
			mustAccept(t, checks, control().raw())
		})
	}
}

func TestClaimIDs(t *testing.T) {
	checks := relayAt(epoch).Checks(Own{})
	for _, name := range []string{"sub", "jti", "order_processing_id"} {
		for _, value := range []string{`"x"`, `" "`, `"~"`, `"a b"`, `"\u0041\/"`, `"` + strings.Repeat("x", 128) + `"`} {
			mustAccept(t, checks, control().claim(name, value).raw())
		}
		for _, value := range []string{
			`7`, `true`, `[]`, `{}`, `["x"]`, `"` + strings.Repeat("x", 129) + `"`, `"` + strings.Repeat(`\u0078`, 129) + `"`,
			`"\u0000"`, `"x\n"`, `"x\r\nGET /"`, `"\t"`, `"\u001b[31m"`, `"\u001f"`, `"\u007f"`, "\"\x7f\"", `"\u0080"`, `"\u009b2J"`,
			`"é"`, `"e\u0301"`, `"\u202ex"`, `"\u00a0"`, `"\ufffd"`, `"😀"`, `"\ud83d\ude00"`,
		} {
			refusal := mustRefuse(t, checks, control().claim(name, value).raw(), ClaimInvalid)
			if refusal.Token.Issuer != "coupons.svc" {
				t.Errorf("%s %s: ref %v without the issuer", name, value, refusal.Token)
			}
		}
	}
	mustAccept(t, checks, control().raw())
}

func TestClaimNumericDates(t *testing.T) {
	checks := relayAt(epoch).Checks(Own{})
	for _, name := range []string{"iat", "exp"} {
		for _, value := range []string{
			`"1767225600"`, `true`, `[]`, `{}`, `[1767225600]`, `1767225600.0`, `1767225600.5`, `1.7672256e9`, `1767225600e0`, `1E3`, `-0.0`, `1e300`, `1e999`,
			`4611686018427387905`, `9223372036854775807`, `-9223372036854775808`, `18446744073709551616`, `100000000000000000000`,
		} {
			mustRefuse(t, checks, control().claim(name, value).raw(), ClaimInvalid)
		}
	}
	mustAccept(t, checks, control().raw())
}

func TestClaimConstraintsAndSealed(t *testing.T) {
	checks := relayAt(epoch).Checks(Own{})
	for _, value := range []string{`7`, `[]`, `"{}"`, `true`} {
		mustRefuse(t, checks, control().claim("constraints", value).raw(), ClaimInvalid)
	}
	for _, value := range []string{`7`, `[]`, `{}`, `""`, `null`, `false`} {
		mustRefuse(t, checks, control().claim("sealed", value).raw(), ClaimInvalid)
	}
	// What the relay does not read stays as it came, byte for byte.
	const odd = "{ \"z\" : 1.0e+2,\t\"a\":\"\\u003c\" }"
	if claims := mustAccept(t, checks, control().claim("constraints", odd).raw()); string(claims.Constraints) != odd {
		t.Errorf("constraints %q, want %q", claims.Constraints, odd)
	}
	mustAccept(t, checks, control().claim("constraints", `{}`).raw())
}

func TestClaimNobodyKnows(t *testing.T) {
	checks := relayAt(epoch).Checks(Own{})
	for _, name := range []string{"nbf", "amount", "ISS", "Exp", "jti ", "", `\u0000`, `\u001b]0;x\u0007`, strings.Repeat("x", 3000)} {
		mustRefuse(t, checks, control().claim(name, `1`).raw(), ClaimInvalid)
	}
	mustAccept(t, checks, control().raw())
}

// What Payload writes, the checks read back as the same claims.
func TestPayloadRoundTrip(t *testing.T) {
	id := rapid.StringMatching(`[ -~]{1,128}`)
	rapid.Check(t, func(t *rapid.T) {
		seconds := rapid.Int64Range(-1<<62, 1<<62)
		want := Claims{
			Issuer: id.Draw(t, "iss"), Audience: rapid.SliceOfN(id, 0, 3).Draw(t, "aud"), Subject: id.Draw(t, "sub"),
			IssuedAt: time.Unix(seconds.Draw(t, "iat"), 0).UTC(), ExpiresAt: time.Unix(seconds.Draw(t, "exp"), 0).UTC(),
			ID: id.Draw(t, "jti"), Order: id.Draw(t, "order"), Capabilities: rapid.SliceOfN(id, 0, 3).Draw(t, "capabilities"),
			Constraints: []byte(`{"a":[1,{"b":null}]}`),
		}
		if rapid.Bool().Draw(t, "has a sealed part") {
			want.Sealed = []byte(id.Draw(t, "sealed"))
		}
		payload, err := want.Payload()
		if err != nil {
			t.Fatal(err)
		}
		e := begin("")
		if e.payload, err = strictjson.Parse(string(payload)); err != nil {
			t.Fatal(err)
		}
		if err := checkClaims(nil, e); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(&want, e.Claims()); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func TestPayloadRefusesConstraintsThatAreNoJSON(t *testing.T) {
	if payload, err := (&Claims{Constraints: []byte("{")}).Payload(); err == nil {
		t.Errorf("got %s", payload)
	}
}
