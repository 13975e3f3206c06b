package orchestrator_test

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tokenshell/orchestrator"
	"tokenshell/tokens"
)

func TestAnAcceptedTokenIsRouted(t *testing.T) {
	s := newStage(t)
	service, err := s.relay.Relay(background, "op_1", signed(t, claimsOf("points", "p1", epoch)))
	mustDo(t, err)
	if service != "points" {
		t.Errorf("goes to %q", service)
	}
	want := []orchestrator.Step{{
		Ref: tokens.Ref{Issuer: "points.svc", ID: "p1", Order: "op_1"}, Service: "points",
		Expires: epoch.Add(tokens.DefaultLifetime), Status: orchestrator.Accepted,
	}}
	if diff := cmp.Diff(want, s.session().Steps); diff != "" {
		t.Error(diff)
	}
}

// broken is a ledger that does not answer while it is down.
type broken struct {
	orchestrator.Ledger
	down bool
}

func (b *broken) Use(ctx context.Context, use orchestrator.Use) (bool, error) {
	if b.down {
		return false, errors.New("connection refused by 10.0.0.7")
	}
	return b.Ledger.Use(ctx, use)
}

// What the relay itself refuses. None of it burns the jti: the good token is
// accepted afterwards, where the session still takes any.
func TestTheRelayRefuses(t *testing.T) {
	ledger := &broken{Ledger: orchestrator.NewMemoryLedger()}
	good := func() *tokens.Claims { return claimsOf("points", "p1", epoch) }
	for name, tt := range map[string]struct {
		reason  tokens.Reason
		claims  func(*tokens.Claims)
		prepare func(*stage)
		session string
	}{
		"an unknown session":           {reason: tokens.SessionUnknown, session: "op_9"},
		"a token of an unknown order":  {reason: tokens.SessionUnknown, claims: func(c *tokens.Claims) { c.Order = "op_9" }},
		"a token of another order":     {reason: tokens.SessionMismatch, claims: func(c *tokens.Claims) { c.Order = "op_2" }},
		"another customer's token":     {reason: tokens.SessionMismatch, claims: func(c *tokens.Claims) { c.Subject = "user_456" }},
		"the customer in capitals":     {reason: tokens.SessionMismatch, claims: func(c *tokens.Claims) { c.Subject = strings.ToUpper(c.Subject) }},
		"an order in capitals":         {reason: tokens.SessionUnknown, claims: func(c *tokens.Claims) { c.Order = strings.ToUpper(c.Order) }},
		"a capability nobody granted":  {reason: tokens.CapabilityNotAllowed, claims: func(c *tokens.Claims) { c.Capabilities = []string{"payments:capture"} }},
		"no capability":                {reason: tokens.CapabilityNotAllowed, claims: func(c *tokens.Claims) { c.Capabilities = []string{} }},
		"one capability too many":      {reason: tokens.CapabilityNotAllowed, claims: func(c *tokens.Claims) { c.Capabilities = append(c.Capabilities, "coupons:redeem") }},
		"a token that expires now":     {reason: tokens.Expired, claims: func(c *tokens.Claims) { c.IssuedAt, c.ExpiresAt = epoch.Add(-time.Minute), epoch }},
		"a token for the issuer alone": {reason: tokens.AudienceMismatch, claims: func(c *tokens.Claims) { c.Audience = []string{"points.svc"} }},
		"a ledger that is down":        {reason: tokens.LedgerUnavailable, prepare: func(*stage) { ledger.down = true }},
	} {
		t.Run(name, func(t *testing.T) {
			*ledger = broken{Ledger: orchestrator.NewMemoryLedger()}
			s := newStageWith(t, ledger)
			s.open("op_2")
			claims, session := good(), "op_1"
			if tt.claims != nil {
				tt.claims(claims)
			}
			if tt.prepare != nil {
				tt.prepare(s)
			}
			if tt.session != "" {
				session = tt.session
			}
			service, err := s.relay.Relay(background, session, signed(t, claims))
			mustRefuse(t, err, tt.reason)
			if service != "" || len(s.session().Steps) != 0 {
				t.Errorf("goes to %q, steps %v", service, s.session().Steps)
			}
			if strings.Contains(err.Error(), "10.0.0.7") {
				t.Errorf("%v tells what only the operator should know", err)
			}
			ledger.down = false
			_, err = s.relay.Relay(background, "op_1", signed(t, good()))
			mustDo(t, err)
		})
	}
}

// counting is a clock that knows how often it was read: once for each session
// that is looked at.
type counting struct {
	tokens.Clock
	reads int
}

func (c *counting) Now() time.Time {
	c.reads++
	return c.Clock.Now()
}

// The session that a token was handed in for has the first word, the order that
// the token names the second; neither is looked at twice.
func TestTheSessionIsAskedBeforeTheOrder(t *testing.T) {
	s := newStage(t)
	clock := &counting{Clock: s.clock}
	s.config.Clock = clock
	s.relay = s.anew()
	for _, id := range []string{"open", "other", "closed", "ended"} {
		s.open(id)
	}
	for _, id := range []string{"closed", "ended"} {
		_, err := s.relay.Close(background, id)
		mustDo(t, err)
	}
	for name, tt := range map[string]struct {
		session, order, customer string
		looks                    int
		want                     string
	}{
		"an unknown session and its own token":       {"none", "none", "user_456", 0, `session_unknown: there is no session "none"`},
		"an unknown session and an unknown order":    {"none", "nobody", "user_456", 0, `session_unknown: there is no session "none"`},
		"an unknown session and an order that ended": {"none", "ended", "user_456", 0, `session_unknown: there is no session "none"`},
		"a closed session and its own token":         {"closed", "closed", "user_456", 1, `session_closed: session "closed" is closed`},
		"a closed session and an unknown order":      {"closed", "none", "user_456", 1, `session_closed: session "closed" is closed`},
		"a closed session and an order that ended":   {"closed", "ended", "user_456", 1, `session_closed: session "closed" is closed`},
		"a closed session and an open order":         {"closed", "open", "user_456", 1, `session_closed: session "closed" is closed`},
		"an open session and an unknown order":       {"open", "none", "user_456", 1, `session_unknown: there is no session "none"`},
		"an open session and an order that ended":    {"open", "ended", "user_456", 2, `session_closed: session "ended" is closed`},
		"an open session and another open order":     {"open", "other", "user_456", 2, `session_mismatch: the token is for order "other", this is "open"`},
		"another customer's token":                   {"open", "open", "user_456", 1, `session_mismatch: the token is for customer "user_456", the session is of "user_123"`},
	} {
		t.Run(name, func(t *testing.T) {
			claims := claimsOf("points", "p1", epoch)
			claims.Order, claims.Subject = tt.order, tt.customer
			clock.reads = 0
			_, err := s.relay.Relay(background, tt.session, signed(t, claims))
			if err == nil || err.Error() != tt.want {
				t.Errorf("got %v, want %s", err, tt.want)
			}
			if clock.reads != tt.looks {
				t.Errorf("%d looks at sessions, want %d", clock.reads, tt.looks)
			}
		})
	}
}

func TestAReplay(t *testing.T) {
	s := newStage(t)
	s.accept("points")
	_, err := s.relay.Relay(background, "op_1", signed(t, claimsOf("points", "p1", epoch)))
	mustRefuse(t, err, tokens.Replayed)
	// Another exp makes no other token of it; another issuer does.
	later := claimsOf("points", "p1", epoch)
	later.ExpiresAt = later.ExpiresAt.Add(time.Second)
	_, err = s.relay.Relay(background, "op_1", signed(t, later))
	mustRefuse(t, err, tokens.Replayed)
	_, err = s.relay.Relay(background, "op_1", signed(t, claimsOf("coupons", "p1", epoch)))
	mustDo(t, err)
}

func TestAClosedSessionTakesNothing(t *testing.T) {
	s := newStage(t)
	s.open("op_2")
	s.accept("points")
	token := signed(t, claimsOf("coupons", "c1", epoch))
	_, err := s.relay.Close(background, "op_1")
	mustDo(t, err)
	_, err = s.relay.Relay(background, "op_1", token)
	mustRefuse(t, err, tokens.SessionClosed)
	_, err = s.relay.Relay(background, "op_2", token) // its order has ended
	mustRefuse(t, err, tokens.SessionClosed)
	_, err = s.relay.Redeem(background, "op_1", nil)
	mustRefuse(t, err, tokens.SessionClosed)
	_, err = s.relay.Resume(background, "op_1")
	mustRefuse(t, err, tokens.SessionClosed)
	_, err = s.relay.Close(background, "op_1")
	mustRefuse(t, err, tokens.SessionClosed)
	mustRefuse(t, s.relay.SetFact("op_1", "subtotal", "1.00"), tokens.SessionClosed)
	s.wantCalls("cancel p1")
}

func TestAnOrderThatEndedTakesNothing(t *testing.T) {
	for state, prepare := range map[orchestrator.State]script{
		orchestrator.Completed:   {},
		orchestrator.Compensated: {"points.redeem": {refuse}},
		orchestrator.Stuck:       {"points.redeem": {lost, lost, lost}, "points.cancel": {timeout, timeout, timeout}},
	} {
		t.Run(string(state), func(t *testing.T) {
			s := newStage(t)
			s.accept("points")
			prepare.on(s)
			if snap := s.redeem(); snap.State != state {
				t.Fatalf("it is %s", snap.State)
			}
			_, err := s.relay.Relay(background, "op_1", signed(t, claimsOf("coupons", "c1", s.clock.Now())))
			mustRefuse(t, err, tokens.SessionClosed)
			_, err = s.relay.Close(background, "op_1")
			mustRefuse(t, err, tokens.SessionClosed)
			mustRefuse(t, s.relay.SetFact("op_1", "subtotal", "1.00"), tokens.SessionClosed)
		})
	}
}

// A session may end between the look at it and the acceptance: the leeway is
// asked for just in between.
func TestASessionThatEndsWhileATokenIsJudged(t *testing.T) {
	s := newStage(t)
	s.config.Leeway = func() time.Duration {
		_, err := s.relay.Close(background, "op_1")
		mustDo(t, err)
		return 0
	}
	s.relay = s.anew()
	s.open("op_1")
	token := signed(t, claimsOf("points", "p1", epoch))
	_, err := s.relay.Relay(background, "op_1", token)
	mustRefuse(t, err, tokens.SessionClosed)
	if first, err := s.config.Ledger.Use(background, orchestrator.Use{Session: "op_1", Ref: tokens.Ref{Issuer: "points.svc", ID: "p1"}}); !first || err != nil {
		t.Error("the jti is burned")
	}
}

func TestRelayingGivenUp(t *testing.T) {
	s := newStage(t)
	ctx, cancel := context.WithCancel(background)
	cancel()
	token := signed(t, claimsOf("points", "p1", epoch))
	if _, err := s.relay.Relay(ctx, "op_1", token); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	_, err := s.relay.Relay(background, "op_1", token)
	mustDo(t, err)
}

// An issuer that may grant the capabilities of two services still means one.
func TestCapabilitiesOfTwoServices(t *testing.T) {
	s := newStage(t)
	s.config.Issuers[1].Capabilities = []string{"points:redeem", "coupons:redeem", "parking:pay"}
	relay := s.anew()
	_, err := relay.Open(background, "op_1", "user_123", nil)
	mustDo(t, err)
	for name, capabilities := range map[string][]string{"two services": {"points:redeem", "coupons:redeem"}, "no service": {"parking:pay"}} {
		claims := claimsOf("points", "p1", epoch)
		claims.Capabilities = capabilities
		_, err := relay.Relay(background, "op_1", signed(t, claims))
		if !errors.Is(err, tokens.CapabilityNotAllowed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	claims := claimsOf("points", "p1", epoch)
	claims.Capabilities = []string{"coupons:redeem"}
	service, err := relay.Relay(background, "op_1", signed(t, claims))
	mustDo(t, err)
	if service != "coupons" {
		t.Errorf("goes to %q", service)
	}
}

// The relay does not read the letter: whatever constraints and sealed say, it
// does, logs and asks the same.
func TestTheLetterChangesNothing(t *testing.T) {
	story := func(constraints, sealed string) (string, orchestrator.Snapshot, []string) {
		s := newStage(t)
		claims := claimsOf("points", "p1", epoch)
		claims.Constraints, claims.Sealed = []byte(constraints), []byte(sealed)
		token := signed(t, claims)
		_, err := s.relay.Relay(background, "op_1", token)
		mustDo(t, err)
		_, err = s.relay.Relay(background, "op_1", token)
		mustRefuse(t, err, tokens.Replayed)
		script{"points.redeem": {lost}}.on(s)
		snap := s.redeem()
		var lines []string // the log without its timestamps, which are the machine's
		for line := range strings.Lines(s.log.String()) {
			_, line, _ = strings.Cut(line, " ")
			lines = append(lines, line)
		}
		return strings.Join(lines, ""), snap, s.calls
	}
	log, snap, calls := story(`{}`, "")
	for _, letter := range [][2]string{
		{`{"amount":"0.00","order_processing_id":"op_2","aud":"nobody"}`, ""},
		{`{"deep":{"jti":"p2","exp":0,"capabilities":["payments:capture"]}}`, "a.b.c.d.e"},
		{`{"x":"` + strings.Repeat("y", 3000) + `"}`, strings.Repeat("z", 1000)},
	} {
		otherLog, otherSnap, otherCalls := story(letter[0], letter[1])
		if diff := cmp.Diff(log, otherLog) + cmp.Diff(snap, otherSnap) + cmp.Diff(calls, otherCalls); diff != "" {
			t.Errorf("with %.40s: %s", letter[0], diff)
		}
	}
}

// noting is a ledger that notes until when a use has to be remembered.
type noting struct {
	orchestrator.Ledger
	until time.Time
}

func (n *noting) Use(ctx context.Context, use orchestrator.Use) (bool, error) {
	n.until = use.Expires
	return n.Ledger.Use(ctx, use)
}

// A use is remembered for as long as its token could be accepted: while the session
// takes any, and until the token's leeway is over.
func TestAUseIsRememberedLongEnough(t *testing.T) {
	const leeway = 30 * time.Second
	for _, at := range []time.Duration{0, 29 * time.Minute} { // of a session of half an hour
		ledger := &noting{Ledger: orchestrator.NewMemoryLedger()}
		s := newStageWith(t, ledger)
		s.config.Leeway = func() time.Duration { return leeway }
		s.relay = orchestrator.New(s.config)
		s.advance(at)
		s.accept("coupons")
		exp := s.clock.Now().Add(tokens.DefaultLifetime)
		if want := exp.Add(leeway); ledger.until.Before(want) || ledger.until.Before(epoch.Add(30*time.Minute)) {
			t.Errorf("after %s: the use is remembered until %s, the token is good until %s", at, ledger.until, want)
		}
		partner := outside("partner", "points:redeem")
		partner.Profile = &tokens.Profile{Leeway: 50 * time.Minute} // which is past the session's end
		mustDo(t, s.relay.Trust(partner, nil))
		s.wantService("points")(s.relayed("partner", "x1", "points:redeem"))
		if want := exp.Add(leeway + partner.Profile.Leeway); !ledger.until.Equal(want) {
			t.Errorf("after %s: a use of an issuer with a leeway of its own is remembered until %s, want %s", at, ledger.until, want)
		}
	}
}

// A token that names no order is for the one that it is handed in for.
func TestATokenWithoutAnOrder(t *testing.T) {
	s := newStage(t)
	partner := outside("partner", "points:redeem")
	partner.Profile = &tokens.Profile{Optional: []string{"order_processing_id"}}
	mustDo(t, s.relay.Trust(partner, nil))
	header := `{"alg":"EdDSA","kid":"partner","typ":"confirmation+jwt"}`
	payload := fmt.Sprintf(`{"iss":"partner.svc","aud":"order-processing","sub":"user_123","iat":%d,"exp":%d,"jti":"x1","capabilities":["points:redeem"],"constraints":{}}`, epoch.Unix(), epoch.Unix()+60)
	b64 := base64.RawURLEncoding.EncodeToString
	input := b64([]byte(header)) + "." + b64([]byte(payload))
	raw := input + "." + b64(ed25519.Sign(keyOf("partner"), []byte(input)))
	s.open("op_2")
	mustDo(t, s.relay.SetFact("op_2", "subtotal", "20.00")) // its attempt has another name
	for _, id := range []string{"op_1", "op_2"} {           // one text, two orders: each is told once
		service, err := s.relay.Relay(background, id, raw)
		s.wantService("points")(service, err)
		_, err = s.relay.Relay(background, id, raw)
		mustRefuse(t, err, tokens.Replayed)
		snap, err := s.relay.Session(id)
		mustDo(t, err)
		if snap.Steps[0].Ref != (tokens.Ref{Issuer: "partner.svc", ID: "x1", Order: id}) {
			t.Errorf("%+v", snap.Steps[0].Ref)
		}
	}
}

// What was handed out of a session stays as it was when a fact is set.
func TestSettingAFactChangesNothingThatWasRead(t *testing.T) {
	s := newStage(t)
	kept, err := s.config.Store.Get(background, "op_1")
	mustDo(t, err)
	mustDo(t, s.relay.SetFact("op_1", "subtotal", "1.00"))
	if kept.Facts["subtotal"] != "140.00" || s.session().Facts["subtotal"] != "1.00" {
		t.Errorf("%v, and now %v", kept.Facts, s.session().Facts)
	}
}

// What a token says of itself is explained as it would be judged: before the ledger's
// memory, in a session that there is not, and once it was used.
func TestExplainingAReplay(t *testing.T) {
	s := newStage(t)
	raw := signed(t, claimsOf("points", "p1", epoch))
	replay := func(relay *orchestrator.Relay, id string) string {
		for _, f := range relay.Explain(id, raw, true) {
			if f.Check == "replay" {
				return string(f.Reason)
			}
		}
		return "not looked at"
	}
	if got := replay(s.relay, "op_1"); got != "" {
		t.Errorf("before its use: %s", got)
	}
	_, err := s.relay.Relay(background, "op_1", raw)
	mustDo(t, err)
	if got := replay(s.relay, "op_1"); got != string(tokens.Replayed) {
		t.Errorf("after its use: %q", got)
	}
	if got := replay(s.relay, "op_9"); got != string(tokens.SessionUnknown) {
		t.Errorf("in no session: %q", got)
	}
	forgetful := s.relay.Restarted(func(c *orchestrator.Config) {
		c.Store, c.Ledger, c.Since = orchestrator.NewMemoryStore(), orchestrator.NewMemoryLedger(), epoch
	})
	_, err = forgetful.Open(background, "op_1", "user_123", nil)
	mustDo(t, err)
	if got := replay(forgetful, "op_1"); got != string(tokens.LedgerUnavailable) {
		t.Errorf("before the ledger's memory begins: %q", got)
	}
}
