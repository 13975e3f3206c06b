package tokens

import (
	"strings"
	"testing"
	"time"
)

// trial is a forgery together with the parties' own checks.
type trial struct {
	forgery
	own Own
}

// faults stand in the order of the table of checks; each leaves the others
// possible, as far as they can be.
var faults = []struct {
	name   string
	reason Reason
	apply  func(*trial)
}{
	{"too large", TooLarge, func(x *trial) {
		x.payload = x.payload.with("constraints", `{"a":"`+strings.Repeat("x", MaxSize)+`"}`)
	}},
	{"duplicate member", Malformed, func(x *trial) { x.payload = x.payload.twice("sub", `"x"`) }},
	{"jku", HeaderNotAllowed, func(x *trial) { x.header = x.header.with("jku", `""`) }},
	{"typ", TypeNotAllowed, func(x *trial) { x.header = x.header.with("typ", `"JWT"`) }},
	{"no iss", ClaimMissing, func(x *trial) { x.payload = x.payload.without("iss") }},
	{"strange iss", IssuerUnknown, func(x *trial) { x.payload = x.payload.with("iss", `"x.svc"`) }},
	{"strange kid", KeyUnknown, func(x *trial) { x.header = x.header.with("kid", `"x"`) }},
	{"wrong alg", AlgorithmNotAllowed, func(x *trial) { x.header = x.header.with("alg", `"RS256"`) }},
	{"bad signature", SignatureInvalid, func(x *trial) { x.signer = pointsKey }},
	{"no jti", ClaimMissing, func(x *trial) { x.payload = x.payload.without("jti") }},
	{"sub a number", ClaimInvalid, func(x *trial) { x.payload = x.payload.with("sub", "7") }},
	{"strange claim", ClaimInvalid, func(x *trial) { x.payload = x.payload.with("amount", "7") }},
	{"another audience", AudienceMismatch, func(x *trial) { x.payload = x.payload.with("aud", `"coupons.svc"`) }},
	{"no session", SessionUnknown, func(x *trial) { x.own.Session = hook(SessionUnknown) }},
	{"redeemed", AlreadyRedeemed, func(x *trial) { x.own.Outcome = hook(AlreadyRedeemed) }},
	{"iat in the future", NotYetValid, func(x *trial) { x.payload = x.payload.with("iat", seconds(epoch.Add(time.Minute))) }},
	{"exp now", Expired, func(x *trial) { x.payload = x.payload.with("exp", seconds(epoch)) }},
	{"two hours", LifetimeTooLong, func(x *trial) {
		x.payload = x.payload.with("iat", seconds(epoch.Add(-time.Hour))).with("exp", seconds(epoch.Add(time.Hour)))
	}},
	{"foreign capability", CapabilityNotAllowed, func(x *trial) { x.payload = x.payload.with("capabilities", `["points:redeem"]`) }},
	{"replayed", Replayed, func(x *trial) { x.own.Replay = hook(Replayed) }},
	{"revoked", Revoked, func(x *trial) { x.own.Books = hook(Revoked) }},
}

// Every pair of faults, the later one applied first so that neither takes the
// other away: the earlier check decides.
func TestEarlierCheckDecides(t *testing.T) {
	for i, first := range faults {
		alone := trial{forgery: control()}
		first.apply(&alone)
		mustRefuse(t, relayAt(epoch).Checks(alone.own), alone.raw(), first.reason)
		for _, second := range faults[i+1:] {
			t.Run(first.name+", "+second.name, func(t *testing.T) {
				both := trial{forgery: control()}
				second.apply(&both)
				first.apply(&both)
				mustRefuse(t, relayAt(epoch).Checks(both.own), both.raw(), first.reason)
			})
		}
	}
}

// All faults at once, then one less at a time: every reason gets its turn.
func TestFaultsSurfaceInOrder(t *testing.T) {
	for i := range faults {
		x := trial{forgery: control()}
		for j := len(faults) - 1; j >= i; j-- {
			faults[j].apply(&x)
		}
		mustRefuse(t, relayAt(epoch).Checks(x.own), x.raw(), faults[i].reason)
	}
}

// A bad token burns no jti: no own check runs before those that stand above
// it, and the use is recorded after everything else at the relay.
func TestUseIsRecordedLast(t *testing.T) {
	for _, fault := range faults {
		var session, outcome, replay, books count
		x := trial{forgery: control(), own: Own{Session: session.check, Outcome: outcome.check, Replay: replay.check, Books: books.check}}
		fault.apply(&x)
		mustRefuse(t, relayAt(epoch).Checks(x.own), x.raw(), fault.reason)
		if fault.reason != Revoked && (replay.n != 0 || books.n != 0) {
			t.Errorf("%s: recorded %d times, booked %d times", fault.name, replay.n, books.n)
		}
		before := fault.reason != Revoked && fault.reason != Replayed && fault.reason != CapabilityNotAllowed && fault.reason != LifetimeTooLong &&
			fault.reason != Expired && fault.reason != NotYetValid && fault.reason != AlreadyRedeemed
		if before && (session.n != 0 || outcome.n != 0) {
			t.Errorf("%s: own checks ran %d and %d times before it", fault.name, session.n, outcome.n)
		}
	}
}

func TestChecksStandInTheOrderOfTheContract(t *testing.T) {
	const all = "size structure header issuer key signature claims audience session outcome time capability replay books"
	var n count
	var names []string
	for _, c := range relayAt(epoch).Checks(Own{n.check, n.check, n.check, n.check, n.check}) {
		names = append(names, c.Name)
		if c.Source == "" || c.Judge == nil {
			t.Errorf("check %s is incomplete", c.Name)
		}
	}
	if got := strings.Join(names, " "); got != all {
		t.Errorf("got  %s\nwant %s", got, all)
	}
	if got := len(relayAt(epoch).Checks(Own{})); got != 10 {
		t.Errorf("%d checks without own ones, want 10", got)
	}
}
