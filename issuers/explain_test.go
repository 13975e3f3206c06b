// What an issuer says of a token without redeeming it, and what it does when a rule is
// left out.

package issuers

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tokenshell/tokens"
)

// found gives what an explanation found: the checks that failed, with their reasons.
func (s *stage) found(raw string, session tokens.Session) (failed []string) {
	for _, f := range s.Explain(background, raw, session, true) {
		if f.Status == "failed" {
			failed = append(failed, f.Check+" "+string(f.Reason))
		}
	}
	return failed
}

// An explanation says of a token what its redemption would, and changes nothing.
func TestAnExplanationSaysWhatARedemptionWould(t *testing.T) {
	s := newStage(t)
	session := redemption("", "").Session
	issued := s.mustTake(t, 3)
	raw := issued.Raw
	want := func(raw string, session tokens.Session, failed ...string) {
		t.Helper()
		if diff := cmp.Diff(failed, s.found(raw, session)); diff != "" {
			t.Errorf("failed (-want +got):\n%s", diff)
		}
	}
	for range 2 {
		want(raw, session)
	}
	s.wantBooks(t, 3, 0)
	want(raw, tokens.Session{Order: "op_2", Customer: session.Customer}, "session session_mismatch")
	want(raw, tokens.Session{Order: session.Order, Customer: "user_456"}, "session session_mismatch")
	want(s.signed(t, issued, func(c *tokens.Claims) { c.ID = "cpt_strange" }), session, "books not_issued_here")
	strange := `{"alg":"ES256","kid":"shelf-k9","typ":"confirmation+jwt"}`
	_, rest, _ := strings.Cut(raw, ".")
	_, err := s.redeem(base64.RawURLEncoding.EncodeToString([]byte(strange))+"."+rest, "a")
	if mustRefuse(t, err, tokens.KeyUnknown); !strings.Contains(err.Error(), "shelf.svc has no key") {
		t.Errorf("it does not say whose key: %v", err)
	}
	_, err = s.redeem(raw, "a")
	mustDo(t, err)
	want(raw, session, "outcome already_redeemed")
	revoked := s.mustTake(t, 1).Raw
	mustDo(t, s.Revoke(background, revoked))
	want(revoked, session, "books revoked")
	s.wantBooks(t, 0, 3)
}

// Weakened, an issuer leaves a rule out in whatever it judges, and takes it up again.
func TestAWeakenedIssuer(t *testing.T) {
	s := newStage(t)
	raw := s.mustTake(t, 1).Raw
	forged := raw[:strings.LastIndexByte(raw, '.')+1] + strings.Repeat("A", 86)
	weakness, err := tokens.UnsafeWithout("signature")
	mustDo(t, err)
	refused := func() {
		t.Helper()
		_, err := s.redeem(forged, "a")
		mustRefuse(t, err, tokens.SignatureInvalid)
		mustRefuse(t, s.cancel(forged, "a"), tokens.SignatureInvalid)
		mustRefuse(t, s.Revoke(background, forged), tokens.SignatureInvalid)
	}
	refused()
	s.Weaken(weakness)
	for range 2 { // the second is answered as the first was, when the key has left with its last token, too
		if _, err := s.redeem(forged, "a"); err != nil {
			t.Errorf("without the check: %v", err)
		}
		if len(s.states()) == 1 {
			s.rotate(t)
			s.advance(t, 2*tokens.DefaultLifetime)
		}
	}
	if err := s.cancel(forged, "a"); err != nil {
		t.Errorf("without the check: %v", err)
	}
	s.wantBooks(t, 0, 0)
	s.Weaken(tokens.Weakness{})
	raw = s.mustTake(t, 1).Raw
	forged = raw[:strings.LastIndexByte(raw, '.')+1] + strings.Repeat("A", 86)
	refused()
}

// One that gives nothing back holds what has expired for ever.
func TestAnIssuerThatGivesNothingBack(t *testing.T) {
	weakness, err := tokens.UnsafeWithout(tokens.HoldReturns)
	mustDo(t, err)
	s := newStage(t)
	s.Weaken(weakness)
	s.mustTake(t, 3)
	s.advance(t, 2*tokens.DefaultLifetime)
	s.wantBooks(t, 3, 0)
	s = newStage(t)
	s.mustTake(t, 3)
	s.advance(t, 2*tokens.DefaultLifetime)
	s.wantBooks(t, 0, 0)
}

// Of what is forgotten a domain is told what was redeemed and not taken back, and
// nothing else.
func TestWhatIsArchived(t *testing.T) {
	s := newStage(t)
	for n, end := range []func(raw string){
		func(string) {},
		func(raw string) { mustDo(t, s.Revoke(background, raw)) },
		func(raw string) { _, err := s.redeem(raw, "a"); mustDo(t, err) },
		func(raw string) { _, err := s.redeem(raw, "a"); mustDo(t, err); mustDo(t, s.cancel(raw, "a")) },
	} {
		end(s.mustTake(t, 1<<n).Raw)
	}
	s.advance(t, tokens.DefaultLifetime+Retention)
	if s.wantBooks(t, 0, 4); s.archived != 0 {
		t.Errorf("%d are archived while they are remembered", s.archived)
	}
	s.advance(t, time.Second)
	if s.wantBooks(t, 0, 4); s.archived != 4 {
		t.Errorf("%d are archived, want 4", s.archived)
	}
}

// One that cancels again and again takes back what was redeemed, each time; what was
// never redeemed, or by another attempt, it leaves alone.
func TestAnIssuerThatCancelsTwice(t *testing.T) {
	weakness, err := tokens.UnsafeWithout(tokens.CancelOnce)
	mustDo(t, err)
	for want, change := range map[int]func(*stage){
		4: func(*stage) {},
		2: func(s *stage) { s.Weaken(weakness) },
	} {
		s := newStage(t)
		s.gone = 4 // as much as others have taken
		change(s)
		for n, end := range []func(raw string){
			func(raw string) { mustDo(t, s.cancel(raw, "a")) },
			func(raw string) { mustDo(t, s.Revoke(background, raw)) },
			func(raw string) { _, err := s.redeem(raw, "b"); mustDo(t, err); s.gone -= 2 }, // which is not to count here
			func(raw string) { _, err := s.redeem(raw, "a"); mustDo(t, err) },
		} {
			raw := s.mustTake(t, 2).Raw
			end(raw)
			for range 2 {
				mustDo(t, s.cancel(raw, "a"))
			}
			want := map[bool]int{true: want, false: 4}[n == 3]
			if s.wantBooks(t, 0, want); t.Failed() {
				t.Fatalf("after the end %d, want %d gone", n, want)
			}
		}
	}
}

// An issuer that is made without a rule is as one from which it is taken.
func TestAnIssuerThatIsMadeWithoutARule(t *testing.T) {
	weakness, err := tokens.UnsafeWithout("signature")
	mustDo(t, err)
	for _, without := range []tokens.Weakness{{}, weakness} {
		s := newStage(t)
		c := s.Config
		c.Weakness = without
		s.Issuer, err = New[crate](background, c, s.shelf)
		mustDo(t, err)
		raw := s.mustTake(t, 1).Raw
		_, err := s.redeem(raw[:strings.LastIndexByte(raw, '.')+1]+strings.Repeat("A", 86), "a")
		if sound := without.Lacks("signature") == false; sound != (err != nil) {
			t.Errorf("sound is %t: %v", sound, err)
		}
	}
}

// What an issuer is told of orders that owe holds from its making.
func TestAnIssuerAsksWhoOwes(t *testing.T) {
	s := newStage(t)
	c := s.Config
	c.Owed = func(order string) bool { return order == "op_1" }
	var err error
	s.Issuer, err = New[crate](background, c, s.shelf)
	mustDo(t, err)
	s.mustTake(t, 1)
	s.advance(t, 2*Retention)
	if _, yes := s.Remembers("op_1"); !yes {
		t.Error("an order that owes is forgotten")
	}
}

// A cancellation and a revocation that are refused name the token as far as it is
// known, and those that are done name it, too.
func TestTheLogNamesWhatIsTakenBack(t *testing.T) {
	s := newStage(t)
	issued := s.mustTake(t, 1)
	mustDo(t, s.cancel(issued.Raw, "a"))
	other := tokens.Cancellation{Token: issued.Raw, Session: tokens.Session{Order: "op_2", Customer: "user_123"}, Attempt: "b"}
	mustRefuse(t, s.Cancel(background, other), tokens.NotIssuedHere)
	strange := s.signed(t, issued, func(c *tokens.Claims) { c.ID = "cpt_strange" })
	mustRefuse(t, s.Revoke(background, strange), tokens.NotIssuedHere)
	mustRefuse(t, s.Revoke(background, "no token"), tokens.Malformed)
	redeemed := s.mustTake(t, 1)
	_, err := s.redeem(redeemed.Raw, "a")
	mustDo(t, err)
	mustRefuse(t, s.Revoke(background, redeemed.Raw), tokens.AlreadyRedeemed)
	for _, want := range []string{
		"step=cancel outcome=ok jti=" + issued.Ref.ID + " order_processing_id=op_1 attempt=a",
		"step=cancel outcome=not_issued_here jti=" + issued.Ref.ID + " ",
		"step=revoke outcome=not_issued_here",
		"step=revoke outcome=malformed",
		"step=revoke outcome=already_redeemed jti=" + redeemed.Ref.ID + " order_processing_id=op_1",
	} {
		if !strings.Contains(s.log.String(), want) {
			t.Errorf("the log does not say %q:\n%s", want, s.log)
		}
	}
	if strings.Contains(s.log.String(), "step=revoke outcome=malformed jti") {
		t.Error("what is no token has a name")
	}
}

// An entry says which key signed its token, and the states of the keys are as the list
// of them has it.
func TestEntriesAndStatesOfKeys(t *testing.T) {
	s := newStage(t)
	s.mustTake(t, 1)
	first := s.Keys().List()[0].ID
	s.kms.newKey(t, shelfAlias, "ECC_NIST_P256", "SIGN_VERIFY")
	second, err := s.Keys().Rotate(background)
	mustDo(t, err)
	s.advance(t, time.Second)
	s.mustTake(t, 1)
	var kids []string
	for _, e := range s.Entries(func(*crate) string { return "" }) {
		kids = append(kids, e.KeyID)
	}
	if diff := cmp.Diff([]string{first, second}, kids); diff != "" {
		t.Errorf("keys of the entries (-want +got):\n%s", diff)
	}
	states := func() {
		t.Helper()
		are := s.Keys().States() // first, for nobody has looked before
		var listed []KeyState
		for _, k := range s.Keys().List() {
			listed = append(listed, k.State)
		}
		if diff := cmp.Diff(listed, are); diff != "" {
			t.Errorf("states (-listed +got):\n%s", diff)
		}
	}
	states()
	s.advance(t, 2*tokens.DefaultLifetime)
	states()
	if got := s.Keys().States()[0]; got != KeyRetired {
		t.Errorf("the first key is %s when all of its tokens have expired", got)
	}
}

// The books of an order are remembered for a day after its last token, and for as long
// as the order owes.
func TestHowLongAnOrderIsRemembered(t *testing.T) {
	s := newStage(t)
	owes := false
	s.Owed = func(string) bool { return owes }
	if until, yes := s.Remembers("op_1"); yes || !until.IsZero() {
		t.Errorf("an order that nobody knows is remembered until %s", until)
	}
	s.mustTake(t, 1)
	s.advance(t, time.Minute)
	last := s.mustTake(t, 1)
	want := last.ExpiresAt.Add(Retention)
	if until, yes := s.Remembers("op_1"); !yes || !until.Equal(want) {
		t.Errorf("until %s, %v; want %s", until, yes, want)
	}
	if _, yes := s.Remembers("op_2"); yes {
		t.Error("so is another order")
	}
	short := order
	short.TTL = 10 * time.Second
	if _, err := s.takeFor(short, 1, ""); err != nil {
		t.Fatal(err)
	}
	if until, _ := s.Remembers("op_1"); !until.Equal(want) {
		t.Errorf("until %s when one more came that expires before, want %s", until, want)
	}
	owes = true
	s.advance(t, 2*Retention)
	if until, yes := s.Remembers("op_1"); !yes || !until.IsZero() {
		t.Errorf("an order that owes: until %s, %v", until, yes)
	}
	owes = false
	if _, yes := s.Remembers("op_1"); yes {
		t.Error("an order that owes no more is remembered")
	}
}
