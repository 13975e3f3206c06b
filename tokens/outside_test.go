package tokens

import (
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// What may be absent is what the profile says, and what is absent gives nothing
// away.
func TestWaivedClaims(t *testing.T) {
	all := &Profile{Optional: []string{"jti", "order_processing_id", "capabilities", "constraints"}}
	without := func(names ...string) forgery {
		f := outside(outsideKey)
		for _, name := range names {
			f.payload = f.payload.without(name)
		}
		return f
	}
	bare := without(all.Optional...).raw()
	claims := mustAccept(t, under(all), bare)
	if !claims.Unbound || claims.Order != "" || string(claims.Constraints) != "{}" || !strings.HasPrefix(claims.ID, "sha256.") || len(claims.Capabilities) != 1 {
		t.Errorf("%+v", claims)
	}
	if again := mustAccept(t, under(all), without(all.Optional...).head("typ", `"confirmation+jwt"`).raw()); again.ID != claims.ID {
		t.Errorf("the same payload is %s, and then %s", claims.ID, again.ID)
	}
	if other := mustAccept(t, under(all), without(all.Optional...).claim("nonce", `"x"`).raw()); other.ID == claims.ID {
		t.Error("two payloads have one name")
	}
	for _, name := range all.Optional {
		raw := without(name).raw()
		mustRefuse(t, under(&Profile{}), raw, ClaimMissing)
		mustRefuse(t, under(&Profile{Optional: []string{"sealed"}}), raw, ClaimMissing)
		mustAccept(t, under(&Profile{Optional: []string{name}}), raw)
		for _, value := range []string{`null`, `""`, `7`} { // what stands there counts
			mustRefuse(t, under(all), outside(outsideKey).claim(name, value).raw(), ClaimInvalid)
		}
	}
	if bound := mustAccept(t, under(all), outside(outsideKey).raw()); bound.Unbound || bound.Order != "op_1" || bound.ID != "cpt_1" {
		t.Errorf("%+v", bound)
	}
	mustRefuse(t, under(nil), bare, ClaimMissing)
}

func TestScope(t *testing.T) {
	checks := under(&Profile{Scope: "scope", Ignored: []string{"openid"}})
	scoped := func(raw string) string {
		f := outside(outsideKey).claim("scope", raw)
		f.payload = f.payload.without("capabilities")
		return f.raw()
	}
	for _, raw := range []string{`"coupons:redeem"`, `"openid coupons:redeem"`} {
		if c := mustAccept(t, checks, scoped(raw)); len(c.Capabilities) != 1 || c.Capabilities[0] != "coupons:redeem" {
			t.Errorf("%s: %q", raw, c.Capabilities)
		}
	}
	for _, raw := range []string{`"openid"`, `"coupons:redeem points:redeem"`, `"coupons:redeem email"`, `"Coupons:redeem"`, `"coupons:redeem,openid"`} {
		mustRefuse(t, checks, scoped(raw), CapabilityNotAllowed)
	}
	for _, raw := range []string{`["coupons:redeem"]`, `7`, `"coupons:redeem "`, `" coupons:redeem"`, `"coupons:redeem  openid"`, `"coupons:redeem\u000aopenid"`} {
		mustRefuse(t, checks, scoped(raw), ClaimInvalid)
	}
	mustRefuse(t, checks, scoped(`""`), ClaimMissing)
	mustRefuse(t, under(&Profile{}), outside(outsideKey).claim("capabilities", `"coupons:redeem"`).raw(), ClaimInvalid)
}

// A time with a fraction counts to the nanosecond, and only where it may have one.
func TestFractions(t *testing.T) {
	at := func(d time.Duration, profile *Profile) []Check {
		v := trusting(StaticKeys{outsideKey.Key}, profile)
		v.Clock = FrozenClock(epoch.Add(d))
		return v.Checks(Own{})
	}
	allowed := &Profile{Fractions: true}
	exp := outside(outsideKey).claim("exp", seconds(epoch.Add(60*time.Second))+".5").raw()
	mustAccept(t, at(60*time.Second+499*time.Millisecond, allowed), exp)
	mustRefuse(t, at(60*time.Second+500*time.Millisecond, allowed), exp, Expired)
	mustRefuse(t, at(0, &Profile{}), exp, ClaimInvalid)
	nothing := outside(outsideKey).claim("exp", seconds(epoch)+".000000001").raw() // a nanosecond of life is life
	mustAccept(t, at(0, allowed), nothing)
	mustRefuse(t, at(0, allowed), outside(outsideKey).claim("iat", seconds(epoch)+".0").claim("exp", seconds(epoch)+".0").raw(), Expired)
	for _, name := range []string{"iat", "nbf"} {
		raw := outside(outsideKey).claim(name, seconds(epoch)+".250000000999").raw()
		mustRefuse(t, at(249*time.Millisecond, allowed), raw, NotYetValid)
		mustAccept(t, at(250*time.Millisecond, allowed), raw)
		mustRefuse(t, at(time.Second, &Profile{}), raw, ClaimInvalid)
		for _, odd := range []string{`"1767225600.5"`, `-1.5`, `1e9`, `1.5e9`, `1767225600.` + strings.Repeat("0", 40)} {
			mustRefuse(t, at(0, allowed), outside(outsideKey).claim(name, odd).raw(), ClaimInvalid)
		}
	}
}

func TestAudiences(t *testing.T) {
	checks := under(&Profile{Audience: "https://a.example", Audiences: []string{"https://b.example"}})
	for _, aud := range []string{`"https://a.example"`, `"https://b.example"`, `["https://b.example","https://a.example","outside.example"]`} {
		mustAccept(t, checks, outside(outsideKey).claim("aud", aud).raw())
	}
	for _, aud := range []string{`"order-processing"`, `["https://a.example","https://c.example"]`, `[]`, `"https://b.example/"`} {
		mustRefuse(t, checks, outside(outsideKey).claim("aud", aud).raw(), AudienceMismatch)
	}
}

// One kid for two algorithms is two keys, each for its own; a key without a name is
// found by any; neither makes another key's token good.
func TestKeysOfOneName(t *testing.T) {
	rs, ps, ed := rsaSigner("one", jose.RS256), rsaSigner("one", jose.PS256), eddsa("one")
	checks := trusting(StaticKeys{rs.Key, ps.Key, ed.Key}, &Profile{}).Checks(Own{})
	for _, s := range []signer{rs, ps, ed} {
		mustAccept(t, checks, outside(s).raw())
	}
	for _, alg := range []string{"ES256", "HS256", "none", "RS512", "", "ed25519"} {
		mustRefuse(t, checks, outside(rs).head("alg", `"`+alg+`"`).raw(), AlgorithmNotAllowed)
	}
	mustRefuse(t, checks, outside(rs).head("alg", `"PS256"`).raw(), SignatureInvalid)
	mustRefuse(t, checks, outside(ps).head("alg", `"RS256"`).raw(), SignatureInvalid)
	mustRefuse(t, checks, outside(rs).head("alg", `"Ed25519"`).raw(), SignatureInvalid)
	mustAccept(t, checks, outside(ed).head("alg", `"Ed25519"`).raw())
	mustRefuse(t, trusting(StaticKeys{outsideKey.Key}, &Profile{}).Checks(Own{}), outside(outsideKey).head("alg", `"Ed25519"`).raw(), AlgorithmNotAllowed)
	mustRefuse(t, trusting(StaticKeys{ed.Key}, nil).Checks(Own{}), outside(ed).head("alg", `"Ed25519"`).raw(), AlgorithmNotAllowed)
	noKID := func(s signer) forgery {
		f := outside(s)
		f.header = f.header.without("kid")
		return f
	}
	mustRefuse(t, checks, noKID(rs).raw(), KeyUnknown)
	mustRefuse(t, trusting(StaticKeys{rs.Key}, &Profile{}).Checks(Own{}), noKID(rs).raw(), KeyUnknown)
	nameless := rs.Key
	nameless.ID = ""
	lone := trusting(StaticKeys{nameless}, &Profile{}).Checks(Own{})
	mustAccept(t, lone, noKID(rs).raw())
	mustAccept(t, lone, outside(rs).raw())
	mustRefuse(t, lone, outside(ed).raw(), AlgorithmNotAllowed)
	mustRefuse(t, lone, outside(rsaSigner("one", jose.PS256)).head("alg", `"RS256"`).raw(), SignatureInvalid)
	mustRefuse(t, trusting(StaticKeys{nameless, ed.Key}, &Profile{}).Checks(Own{}), noKID(rs).raw(), KeyUnknown)
}
