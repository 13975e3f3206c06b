package tokens

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// hook is an own check of a party that always says no.
func hook(reason Reason) func(*Claims) error {
	return func(*Claims) error { return Refuse(reason, "says the party") }
}

// refusals has, for each reason that everyone may give, one forgery that is
// refused for it at the relay. The other tests go into the breadth of each.
var refusals = []struct {
	reason Reason
	edit   func(forgery) forgery
	own    Own
}{
	{TooLarge, func(f forgery) forgery { return f.claim("constraints", `{"a":"`+strings.Repeat("x", MaxSize)+`"}`) }, Own{}},
	{Malformed, func(f forgery) forgery { f.payload = f.payload.twice("sub", `"user_456"`); return f }, Own{}},
	{HeaderNotAllowed, func(f forgery) forgery { return f.head("jku", `"https://evil.example"`) }, Own{}},
	{TypeNotAllowed, func(f forgery) forgery { return f.head("typ", `"JWT"`) }, Own{}},
	{ClaimMissing, func(f forgery) forgery { f.payload = f.payload.without("jti"); return f }, Own{}},
	{IssuerUnknown, func(f forgery) forgery { return f.claim("iss", `"strangers.svc"`) }, Own{}},
	{KeyUnknown, func(f forgery) forgery { return f.head("kid", `"coupons-k0"`) }, Own{}},
	{AlgorithmNotAllowed, func(f forgery) forgery { return f.head("alg", `"RS256"`) }, Own{}},
	{SignatureInvalid, func(f forgery) forgery { f.signer = pointsKey; return f }, Own{}},
	{ClaimInvalid, func(f forgery) forgery { return f.claim("exp", `"soon"`) }, Own{}},
	{AudienceMismatch, func(f forgery) forgery { return f.claim("aud", `["coupons.svc"]`) }, Own{}},
	{SessionMismatch, func(f forgery) forgery { return f }, Own{Session: hook(SessionMismatch)}},
	{NotYetValid, func(f forgery) forgery { return f.claim("iat", seconds(epoch.Add(time.Second))) }, Own{}},
	{Expired, func(f forgery) forgery {
		return f.claim("iat", seconds(epoch.Add(-time.Minute))).claim("exp", seconds(epoch))
	}, Own{}},
	{LifetimeTooLong, func(f forgery) forgery { return f.claim("exp", seconds(epoch.Add(MaxLifetime+time.Second))) }, Own{}},
	{CapabilityNotAllowed, func(f forgery) forgery { return f.claim("capabilities", `["points:redeem"]`) }, Own{}},
	{ServiceUnavailable, func(f forgery) forgery { return f }, Own{Replay: hook(ServiceUnavailable)}},
}

func TestEveryReasonOfEveryone(t *testing.T) {
	tested := map[Reason]bool{}
	for _, tt := range refusals {
		tested[tt.reason] = true
		t.Run(string(tt.reason), func(t *testing.T) {
			v := relayAt(epoch)
			checks, good := v.Checks(tt.own), v.Checks(Own{})
			mustRefuse(t, checks, tt.edit(control()).raw(), tt.reason)
			mustAccept(t, good, control().raw())
			mustRefuse(t, checks, tt.edit(control()).raw(), tt.reason) // with the header known, too
			mustAccept(t, good, control().raw())
		})
	}
	for _, row := range Reasons() {
		if row.By == "everyone" && !tested[row.Reason] {
			t.Errorf("no test of %s", row.Reason)
		}
	}
}

func TestVerifyGivesTheClaims(t *testing.T) {
	got := mustAccept(t, relayAt(epoch).Checks(Own{}), control().claim("sealed", `"a.b.c.d.e"`).raw())
	want := &Claims{
		Issuer: "coupons.svc", Audience: []string{Audience, "coupons.svc"}, Subject: "user_123",
		IssuedAt: epoch, ExpiresAt: epoch.Add(2 * time.Minute), ID: "cpt_1", Order: "op_1",
		Capabilities: []string{"coupons:redeem"}, Constraints: []byte(`{"coupon_ref":"c"}`), Sealed: []byte("a.b.c.d.e"),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestVerifyIssuer(t *testing.T) {
	checks := relayAt(epoch).Checks(Own{})
	for value, want := range map[string]Reason{
		`""`: ClaimMissing, `null`: ClaimMissing,
		`7`: IssuerUnknown, `["coupons.svc"]`: IssuerUnknown, `{}`: IssuerUnknown, `true`: IssuerUnknown,
		`"coupons.SVC"`: IssuerUnknown, `"coupons.svc "`: IssuerUnknown, `"coupons.svc\u0000"`: IssuerUnknown, `"coupon"`: IssuerUnknown,
		`"с\u043eupons.svc"`: IssuerUnknown, `"ｃoupons.svc"`: IssuerUnknown, `"\u202ecoupons.svc"`: IssuerUnknown,
		`"` + strings.Repeat("x", 4000) + `"`: IssuerUnknown,
		`"points.svc"`:                        KeyUnknown, // an issuer, but not the one with that key
	} {
		mustRefuse(t, checks, control().claim("iss", value).raw(), want)
	}
	f := control()
	f.payload = f.payload.without("iss")
	mustRefuse(t, checks, f.raw(), ClaimMissing)
	f.payload = f.payload.with("ISS", `"coupons.svc"`)
	mustRefuse(t, checks, f.raw(), ClaimMissing)
	mustAccept(t, checks, control().claim("iss", `"coupons\u002esvc"`).raw())
}

func TestVerifyKey(t *testing.T) {
	checks := relayAt(epoch).Checks(Own{})
	for _, kid := range []string{
		`""`, `"coupons-K1"`, `"coupons-k1 "`, `"points-k1"`, `"../../dev/null"`, `"' OR 1=1 --"`, `"$(id)"`, `"https://evil.example"`,
		`"\u0000"`, `"` + strings.Repeat("k", 3000) + `"`, `"\u001b[2J\u009b\u2028\u202e"`,
	} {
		mustRefuse(t, checks, control().head("kid", kid).raw(), KeyUnknown)
	}
	f := control()
	f.header = f.header.without("kid")
	mustRefuse(t, checks, f.raw(), KeyUnknown)
	mustAccept(t, checks, control().raw())

	// A key set that answers for no kid, and an issuer without a key set.
	v := relayAt(epoch)
	for _, keys := range []KeySet{ring{"": couponsKey.Key}, nil} {
		v.Issuers = func(iss string) (Issuer, bool) { return Issuer{iss, keys, []string{"coupons:redeem"}, nil}, true }
		if refusal := mustRefuse(t, v.Checks(Own{}), f.raw(), KeyUnknown); refusal.Detail != errNoKID.Error() {
			t.Errorf("without a kid: %s", refusal.Detail)
		}
	}
	for wants, v := range map[string]*Verifier{`there are no keys to look for "coupons-k9" in`: v, `coupons.svc has no key "coupons-k9": never there`: relayAt(epoch)} {
		if refusal := mustRefuse(t, v.Checks(Own{}), control().head("kid", `"coupons-k9"`).raw(), KeyUnknown); refusal.Detail != wants {
			t.Errorf("%s, want %s", refusal.Detail, wants)
		}
	}
}

func TestVerifyAudience(t *testing.T) {
	for _, tt := range []struct {
		party, aud string
		want       Reason // none: it is accepted
	}{
		{Audience, `"order-processing"`, ""}, {Audience, `["order-processing"]`, ""},
		{Audience, `["coupons.svc","order-processing"]`, ""}, {Audience, `["order-processing","order-processing"]`, ""},
		{Audience, `[]`, AudienceMismatch}, {Audience, `"coupons.svc"`, AudienceMismatch}, {Audience, `["coupons.svc"]`, AudienceMismatch},
		{Audience, `["order-processing","points.svc"]`, AudienceMismatch}, {Audience, `["order-processing","coupons.svc","points.svc"]`, AudienceMismatch},
		{Audience, `"order-processing.evil"`, AudienceMismatch}, {Audience, `"Order-Processing"`, AudienceMismatch}, {Audience, `"order-processing "`, AudienceMismatch},
		{Audience, `["order-processing","user_123"]`, AudienceMismatch}, {Audience, `["order-processing","coupons.svc","user_123"]`, AudienceMismatch}, // its own sub
		{Audience, `["order-processing","op_1"]`, AudienceMismatch}, {Audience, `["order-processing","coupons:redeem"]`, AudienceMismatch}, {Audience, `["order-processing","coupons-k1"]`, AudienceMismatch},
		{"coupons.svc", `["order-processing","coupons.svc","user_123"]`, AudienceMismatch},
		{Audience, `null`, ClaimMissing}, {Audience, `""`, ClaimMissing},
		{Audience, `{}`, ClaimInvalid}, {Audience, `7`, ClaimInvalid}, {Audience, `["order-processing",7]`, ClaimInvalid}, {Audience, `["order-processing",""]`, ClaimInvalid},
		{Audience, `["order-processing",null]`, ClaimInvalid}, {Audience, `[["order-processing"]]`, ClaimInvalid},
		{"coupons.svc", `["order-processing","coupons.svc"]`, ""},
		{"coupons.svc", `"coupons.svc"`, AudienceMismatch}, {"coupons.svc", `["coupons.svc"]`, AudienceMismatch}, // past the relay
		{"coupons.svc", `"order-processing"`, AudienceMismatch}, {"coupons.svc", `["order-processing"]`, AudienceMismatch},
		{"coupons.svc", `["order-processing","coupons.svc","points.svc"]`, AudienceMismatch},
		{"points.svc", `["order-processing","coupons.svc"]`, AudienceMismatch},
	} {
		checks := verifierAt(tt.party, epoch, 0).Checks(Own{})
		raw := control().claim("aud", tt.aud).raw()
		mustAccept(t, checks, control().claim("aud", `["order-processing","`+tt.party+`"]`).issuedBy(tt.party).raw())
		if tt.want == "" {
			mustAccept(t, checks, raw)
		} else if _, err := Judge(raw, checks); !errors.Is(err, tt.want) {
			t.Errorf("aud %s at %s: %v, want %s", tt.aud, tt.party, err, tt.want)
		}
	}
}

// issuedBy gives the token as points would issue it, when that is the party.
func (f forgery) issuedBy(party string) forgery {
	if party == "points.svc" {
		f = f.head("kid", `"points-k1"`).claim("iss", `"points.svc"`).claim("capabilities", `["points:redeem"]`)
		f.signer = pointsKey
	}
	return f
}

func TestVerifyTimeToTheNanosecond(t *testing.T) {
	const ns = time.Nanosecond
	iat, exp := epoch, epoch.Add(DefaultLifetime)
	for _, leeway := range []time.Duration{0, 5 * time.Second} {
		for _, tt := range []struct {
			name string
			now  time.Time
			want Reason
		}{
			{"before iat", iat.Add(-leeway - ns), NotYetValid},
			{"at iat", iat.Add(-leeway), ""},
			{"before exp", exp.Add(leeway - ns), ""},
			{"at exp", exp.Add(leeway), Expired},
			{"after exp", exp.Add(leeway + ns), Expired},
		} {
			t.Run(fmt.Sprintf("%s, leeway %s", tt.name, leeway), func(t *testing.T) {
				checks := verifierAt(Audience, tt.now, leeway).Checks(Own{})
				if tt.want == "" {
					mustAccept(t, checks, control().raw())
				} else {
					mustRefuse(t, checks, control().raw(), tt.want)
				}
			})
		}
	}
}

func TestVerifyLifetime(t *testing.T) {
	for _, leeway := range []time.Duration{0, 5 * time.Second, time.Hour} {
		checks := verifierAt(Audience, epoch, leeway).Checks(Own{})
		exact := control().claim("exp", seconds(epoch.Add(5*time.Minute)))
		mustAccept(t, checks, exact.raw())
		mustRefuse(t, checks, control().claim("exp", seconds(epoch.Add(5*time.Minute+time.Second))).raw(), LifetimeTooLong)
		mustRefuse(t, checks, exact.claim("iat", seconds(epoch.Add(-time.Second))).raw(), LifetimeTooLong)
	}
	// With leeway a token can be alive although it never was.
	checks := verifierAt(Audience, epoch, time.Minute).Checks(Own{})
	mustRefuse(t, checks, control().claim("exp", seconds(epoch)).raw(), LifetimeTooLong)
	mustRefuse(t, checks, control().claim("exp", seconds(epoch.Add(-time.Second))).raw(), LifetimeTooLong)
}

func TestVerifyFarTimes(t *testing.T) {
	const most = "4611686018427387904" // 2^62
	checks := relayAt(epoch).Checks(Own{})
	for _, tt := range []struct {
		iat, exp string
		want     Reason
	}{
		{seconds(epoch), most, LifetimeTooLong}, {"0", most, LifetimeTooLong}, {"-" + most, most, LifetimeTooLong},
		{seconds(epoch), "1767225600000", LifetimeTooLong}, {seconds(epoch), "1000000000000000000", LifetimeTooLong},
		{most, most, NotYetValid}, {"1767225600000", "1767225720000", NotYetValid},
		{seconds(epoch), "0", Expired}, {seconds(epoch), "-1", Expired}, {"-" + most, "-" + most, Expired}, {seconds(epoch), "-0", Expired},
	} {
		mustRefuse(t, checks, control().claim("iat", tt.iat).claim("exp", tt.exp).raw(), tt.want)
	}
}

func TestVerifyCapability(t *testing.T) {
	checks := relayAt(epoch).Checks(Own{})
	for value, want := range map[string]Reason{
		`[]`: CapabilityNotAllowed, `["coupons:redeem","points:redeem"]`: CapabilityNotAllowed, `["Coupons:redeem"]`: CapabilityNotAllowed,
		`["coupons:redeem "]`: CapabilityNotAllowed, `["*"]`: CapabilityNotAllowed, `["coupons:*"]`: CapabilityNotAllowed,
		`"coupons:redeem"`: ClaimInvalid, `["coupons:redeem",7]`: ClaimInvalid, `{"coupons:redeem":true}`: ClaimInvalid, `[""]`: ClaimInvalid,
	} {
		mustRefuse(t, checks, control().claim("capabilities", value).raw(), want)
	}
	mustAccept(t, checks, control().raw())
	mustRefuse(t, relayAt(epoch).Checks(Own{Route: hook(CapabilityNotAllowed)}), control().raw(), CapabilityNotAllowed)
	mustRefuse(t, relayAt(epoch).Checks(Own{Route: hook(ServiceUnavailable)}), control().raw(), ServiceUnavailable)
}

func TestJudgeStopsAtADoneAnswer(t *testing.T) {
	var after count
	v := relayAt(epoch.Add(time.Hour)) // long expired
	done := func(*Claims) error { return fmt.Errorf("stored: %w", ErrDone) }
	claims := mustAccept(t, v.Checks(Own{Outcome: done, Replay: after.check, Books: after.check}), control().raw())
	if claims.ID != "cpt_1" || after.n != 0 {
		t.Errorf("claims %v, %d checks after the answer", claims, after.n)
	}
}

func TestJudgePassesOtherErrorsOn(t *testing.T) {
	cause := errors.New("disk full")
	claims, err := Judge(control().raw(), relayAt(epoch).Checks(Own{Replay: func(*Claims) error { return cause }}))
	if err != cause || claims != nil {
		t.Errorf("got %v, %v", claims, err)
	}
}

func TestRefIsSetOnceTheSignatureWasVerified(t *testing.T) {
	own := Own{Replay: hook(Replayed)}
	for _, tt := range refusals {
		_, err := Judge(tt.edit(control()).raw(), relayAt(epoch).Checks(tt.own))
		var refusal *Refusal
		if !errors.As(err, &refusal) {
			t.Fatal(err)
		}
		want := Ref{"coupons.svc", "cpt_1", "op_1"}
		switch tt.reason {
		case TooLarge, Malformed, HeaderNotAllowed, TypeNotAllowed, IssuerUnknown, KeyUnknown, AlgorithmNotAllowed, SignatureInvalid, ClaimMissing:
			want = Ref{}
		case ClaimInvalid: // exp is read before jti
			want = Ref{Issuer: "coupons.svc"}
		}
		if refusal.Token != want {
			t.Errorf("%s: ref %v, want %v", tt.reason, refusal.Token, want)
		}
	}
	refusal := mustRefuse(t, relayAt(epoch).Checks(own), control().raw(), Replayed)
	NewJournal(slog.DiscardHandler, "relay").Step(context.Background(), "relay", Ref{}, refusal)
	if refusal.Token != (Ref{"coupons.svc", "cpt_1", "op_1"}) {
		t.Errorf("ref %v", refusal.Token)
	}
}

// Whatever a check is taken out for a demonstration, the rest must not panic,
// and only the signature's absence lets a forgery through.
func TestChecksSurviveWithoutOneOfThem(t *testing.T) {
	v := relayAt(epoch)
	for _, left := range v.Checks(Own{}) {
		var rest []Check
		for _, c := range v.Checks(Own{}) {
			if c.Name != left.Name {
				rest = append(rest, c)
			}
		}
		f := control()
		f.signer = pointsKey
		if claims, err := Judge(f.raw(), rest); (err == nil) != (left.Name == "signature") {
			t.Errorf("without %s: %v, %v", left.Name, claims, err)
		}
		// Unverified claims name no token, even when they were read.
		var refusal *Refusal
		if _, err := Judge(f.claim("capabilities", `[]`).raw(), rest); errors.As(err, &refusal) && refusal.Token != (Ref{}) {
			t.Errorf("without %s: ref %v", left.Name, refusal.Token)
		}
	}
}
