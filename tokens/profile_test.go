package tokens

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

var outsideKey = es256("outside-k1")

// under gives the relay's checks for an outside issuer with the profile.
func under(profile *Profile) []Check {
	return trusting(StaticKeys{outsideKey.Key}, profile).Checks(Own{})
}

func TestProfileTypes(t *testing.T) {
	absent := outside(outsideKey)
	absent.header = absent.header.without("typ")
	typed := func(typ string) forgery { return outside(outsideKey).head("typ", typ) }
	for _, tt := range []struct {
		name     string
		types    []string
		accepted []forgery
		refused  []forgery
	}{
		{"none: ours", nil, []forgery{typed(`"confirmation+jwt"`)}, []forgery{absent, typed(`"JWT"`), typed(`""`)}},
		{"one", []string{"JWT"}, []forgery{typed(`"JWT"`)}, []forgery{absent, typed(`"confirmation+jwt"`), typed(`"jwt"`), typed(`"application/JWT"`), typed(`"JWT "`)}},
		{"two", []string{"JWT", "at+jwt"}, []forgery{typed(`"JWT"`), typed(`"at+jwt"`)}, []forgery{absent, typed(`"confirmation+jwt"`)}},
		{"or none at all", []string{"JWT", ""}, []forgery{typed(`"JWT"`), absent}, []forgery{typed(`"at+jwt"`), typed(`"confirmation+jwt"`)}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			checks := under(&Profile{Types: tt.types})
			for _, f := range tt.accepted {
				mustAccept(t, checks, f.raw())
			}
			for _, f := range tt.refused {
				mustRefuse(t, checks, f.raw(), TypeNotAllowed)
			}
			mustRefuse(t, checks, typed(`7`).raw(), HeaderNotAllowed)
			mustRefuse(t, checks, typed(`null`).raw(), HeaderNotAllowed)
		})
	}
}

func TestProfileHeader(t *testing.T) {
	checks := under(&Profile{Header: []string{"cty", "x-tenant", "nonce"}})
	for _, value := range []string{`"JWT"`, `7`, `null`, `{"a":[1]}`, `"\u001b"`} {
		mustAccept(t, checks, outside(outsideKey).head("x-tenant", value).raw())
	}
	mustAccept(t, checks, outside(outsideKey).head("cty", `"json"`).head("nonce", `"n"`).raw())
	mustRefuse(t, checks, outside(outsideKey).head("X-Tenant", `"x"`).raw(), HeaderNotAllowed)
	mustRefuse(t, checks, outside(outsideKey).head("tenant", `"x"`).raw(), HeaderNotAllowed)
	for _, member := range []string{"crit", "b64", "zip", "enc", "jwk", "jku", "x5u", "x5c", "x5t"} {
		mustRefuse(t, checks, outside(outsideKey).head(member, `"x"`).raw(), HeaderNotAllowed)
	}
	twice := outside(outsideKey).head("x-tenant", `1`)
	twice.header = twice.header.twice("x-tenant", `2`)
	mustRefuse(t, checks, twice.raw(), Malformed)

	// Even a profile that nobody checked does not get past go-jose with crit.
	unchecked := under(&Profile{Header: []string{"crit", "jwk", "b64"}})
	mustRefuse(t, unchecked, outside(outsideKey).head("crit", `["exp"]`).raw(), SignatureInvalid)
	other := es256("attacker")
	smuggled := outside(outsideKey).head("jwk", jwk(other.Key).text())
	smuggled.signer = other
	mustRefuse(t, unchecked, smuggled.raw(), SignatureInvalid)
}

func TestProfileAudience(t *testing.T) {
	checks := under(&Profile{Audience: "https://shop.example"})
	for _, aud := range []string{`"https://shop.example"`, `["https://shop.example","outside.example"]`, `["order-processing","https://shop.example"]`} {
		mustAccept(t, checks, outside(outsideKey).claim("aud", aud).raw())
	}
	for _, aud := range []string{`"order-processing"`, `["order-processing","outside.example"]`, `["https://shop.example","https://other.example"]`, `"https://shop.example/"`, `[]`} {
		mustRefuse(t, checks, outside(outsideKey).claim("aud", aud).raw(), AudienceMismatch)
	}
	mustRefuse(t, under(&Profile{}), outside(outsideKey).claim("aud", `"https://shop.example"`).raw(), AudienceMismatch)
}

func TestProfileClaimNames(t *testing.T) {
	names := map[string]string{"order_processing_id": "https://x.example/order", "capabilities": "scp", "jti": "id", "exp": "until"}
	checks := under(&Profile{Claims: names})
	renamed := func() forgery {
		f := outside(outsideKey)
		for i, m := range f.payload {
			if theirs := names[m.name]; theirs != "" {
				f.payload[i].name = theirs
			}
		}
		return f
	}
	claims := mustAccept(t, checks, renamed().raw())
	if claims.Order != "op_1" || claims.ID != "cpt_1" || claims.Capabilities[0] != "coupons:redeem" || !claims.ExpiresAt.Equal(epoch.Add(DefaultLifetime)) {
		t.Errorf("read %+v", claims)
	}
	for ours, theirs := range names {
		f := renamed()
		f.payload = f.payload.without(theirs)
		if refusal := mustRefuse(t, checks, f.raw(), ClaimMissing); !strings.Contains(refusal.Detail, theirs) {
			t.Errorf("%s: %s", ours, refusal.Detail)
		}
		mustRefuse(t, checks, renamed().claim(theirs, `{}`).raw(), ClaimInvalid)
		// Our name is one that nobody knows, then: it has no say.
		claims := mustAccept(t, checks, renamed().claim(ours, `"op_2"`).raw())
		if claims.Order != "op_1" || claims.ID != "cpt_1" {
			t.Errorf("%s was read: %+v", ours, claims)
		}
	}
	mustRefuse(t, checks, outside(outsideKey).raw(), ClaimMissing)
}

func TestProfileIgnoresUnknownClaims(t *testing.T) {
	f := outside(outsideKey).claim("azp", `"client-7"`).claim("roles", `["x",{"y":null}]`).claim("ISS", `"coupons.svc"`)
	mustAccept(t, under(&Profile{}), f.raw())
	refusal := mustRefuse(t, under(nil), f.raw(), ClaimInvalid)
	if !strings.Contains(refusal.Detail, `"azp"`) {
		t.Error(refusal.Detail)
	}
	f.payload = f.payload.twice("azp", `"client-8"`)
	mustRefuse(t, under(&Profile{}), f.raw(), Malformed)
	for _, name := range []string{"sub", "jti", "exp", "capabilities", "constraints", "order_processing_id"} {
		f := outside(outsideKey)
		f.payload = f.payload.without(name)
		mustRefuse(t, under(&Profile{}), f.raw(), ClaimMissing)
		mustRefuse(t, under(&Profile{}), outside(outsideKey).claim(name, `7.5`).raw(), ClaimInvalid)
	}
}

func TestProfileMaxLifetime(t *testing.T) {
	lasting := func(d time.Duration) string {
		return outside(outsideKey).claim("exp", seconds(epoch.Add(d))).raw()
	}
	for _, tt := range []struct{ profile, longest time.Duration }{{0, MaxLifetime}, {time.Minute, time.Minute}, {time.Hour, time.Hour}} {
		checks := under(&Profile{MaxLifetime: tt.profile})
		mustAccept(t, checks, lasting(tt.longest))
		mustRefuse(t, checks, lasting(tt.longest+time.Second), LifetimeTooLong)
	}
}

func TestProfileLeeway(t *testing.T) {
	at := func(d, own time.Duration) []Check {
		v := trusting(StaticKeys{outsideKey.Key}, &Profile{Leeway: 10 * time.Second})
		v.Clock, v.Leeway = FrozenClock(epoch.Add(d)), func() time.Duration { return own }
		return v.Checks(Own{})
	}
	raw := outside(outsideKey).raw()
	mustAccept(t, at(DefaultLifetime+10*time.Second-1, 0), raw)
	mustRefuse(t, at(DefaultLifetime+10*time.Second, 0), raw, Expired)
	mustAccept(t, at(-10*time.Second, 0), raw)
	mustRefuse(t, at(-10*time.Second-1, 0), raw, NotYetValid)
	mustAccept(t, at(DefaultLifetime+12*time.Second, 3*time.Second), raw) // added to the party's own
	mustRefuse(t, at(DefaultLifetime+13*time.Second, 3*time.Second), raw, Expired)
}

func TestProfileHonoursNotBefore(t *testing.T) {
	for _, tt := range []struct {
		after, leeway time.Duration
		accepted      bool
	}{{-time.Hour, 0, true}, {0, 0, true}, {time.Second, 0, false}, {time.Second, time.Second, true}, {2 * time.Second, time.Second, false}, {time.Hour, 0, false}} {
		checks := under(&Profile{Leeway: tt.leeway})
		raw := outside(outsideKey).claim("nbf", seconds(epoch.Add(tt.after))).raw()
		if tt.accepted {
			mustAccept(t, checks, raw)
			continue
		}
		refusal := mustRefuse(t, checks, raw, NotYetValid)
		if !strings.Contains(refusal.Detail, "not valid before 2026-01-01T0") || !strings.HasSuffix(refusal.Detail, HowLong(tt.after-tt.leeway)+" too early") {
			t.Error(refusal.Detail)
		}
	}
	for _, value := range []string{`null`, `"1767225600"`, `1767225600.5`, `true`, `[]`, `1e10`} {
		mustRefuse(t, under(&Profile{}), outside(outsideKey).claim("nbf", value).raw(), ClaimInvalid)
	}
	// expired as well: iat and nbf come first
	mustRefuse(t, under(&Profile{}), outside(outsideKey).claim("nbf", seconds(epoch.Add(1))+"0").claim("exp", seconds(epoch)).raw(), NotYetValid)
}

// Our own issuers have no profile, and what an outside one is allowed rubs
// off on nobody: one verifier knows both.
func TestProfileIsTheIssuersOwn(t *testing.T) {
	profile := &Profile{
		Types: []string{"JWT", ""}, Header: []string{"cty"}, Audience: "https://shop.example", Claims: map[string]string{"order_processing_id": "order"},
		MaxLifetime: time.Hour, Leeway: time.Minute,
	}
	v := relayAt(epoch)
	own := v.Issuers
	v.Issuers = func(iss string) (Issuer, bool) {
		if iss == "outside.example" {
			return Issuer{iss, StaticKeys{outsideKey.Key}, []string{"coupons:redeem"}, profile}, true
		}
		return own(iss)
	}
	checks := v.Checks(Own{})
	theirs := outside(outsideKey).head("typ", `"JWT"`).head("cty", `"x"`).claim("aud", `"https://shop.example"`).claim("order", `"op_1"`).claim("exp", seconds(epoch.Add(time.Hour)))
	mustAccept(t, checks, theirs.raw())
	mustAccept(t, checks, control().raw())
	mustRefuse(t, checks, control().head("typ", `"JWT"`).raw(), TypeNotAllowed)
	mustRefuse(t, checks, control().head("cty", `"x"`).raw(), HeaderNotAllowed)
	mustRefuse(t, checks, control().claim("aud", `"https://shop.example"`).raw(), AudienceMismatch)
	mustRefuse(t, checks, control().claim("order", `"op_1"`).raw(), ClaimInvalid)
	mustRefuse(t, checks, control().claim("nbf", seconds(epoch)).raw(), ClaimInvalid)
	mustRefuse(t, checks, control().claim("exp", seconds(epoch.Add(time.Hour))).raw(), LifetimeTooLong)
	mustRefuse(t, checks, control().claim("iat", seconds(epoch.Add(time.Second))).raw(), NotYetValid)

	// The rules of the issuer that a token names, and that issuer's keys.
	forged := theirs
	forged.signer = couponsKey
	mustRefuse(t, checks, forged.raw(), SignatureInvalid)
	mustRefuse(t, checks, forged.head("kid", `"coupons-k1"`).raw(), KeyUnknown)
	mustRefuse(t, checks, theirs.claim("iss", `"coupons.svc"`).raw(), HeaderNotAllowed)
	mustRefuse(t, checks, theirs.claim("capabilities", `["points:redeem"]`).raw(), CapabilityNotAllowed)
}

func TestProfileWithEveryAlgorithm(t *testing.T) {
	for _, s := range []signer{outsideKey, eddsa("outside-ed"), rsaSigner("outside-rs", jose.RS256), rsaSigner("outside-ps", jose.PS256)} {
		checks := trusting(StaticKeys{s.Key}, &Profile{Types: []string{"JWT"}}).Checks(Own{})
		f := outside(s).head("typ", `"JWT"`)
		for range 2 { // with the header unknown, and known
			mustAccept(t, checks, f.raw())
			bent := signatureOf(f.raw())
			bent[len(bent)-1] ^= 1
			if _, err := Judge(resigned(f.raw(), bent), checks); !errors.Is(err, SignatureInvalid) {
				t.Errorf("%s: %v", s.Algorithm, err)
			}
		}
	}
}
