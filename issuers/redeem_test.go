package issuers

import (
	"context"
	"errors"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"crypto/elliptic"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/google/go-cmp/cmp"

	"tokenshell/tokens"
)

func TestARedemptionAnswersWithAReceipt(t *testing.T) {
	s := newStage(t)
	issued := s.mustTake(t, 3)
	s.advance(t, time.Second)
	receipt, err := s.redeem(issued.Raw, "att_1")
	mustDo(t, err)
	want := tokens.Receipt{
		ID: receipt.ID, Service: "shelf", JTI: issued.Ref.ID, Order: "op_1", Attempt: "att_1",
		At: epoch.Add(time.Second), Body: []byte(`{"crates":3}`),
	}
	if diff := cmp.Diff(want, receipt); diff != "" {
		t.Error(diff)
	}
	s.wantBooks(t, 0, 3)

	s.advance(t, time.Hour) // the token has expired
	again, err := s.redeem(issued.Raw, "att_1")
	mustDo(t, err)
	want.Repeated = true
	if diff := cmp.Diff(want, again); diff != "" {
		t.Error(diff)
	}
	s.wantBooks(t, 0, 3)
}

// refusedRedemption are the ways in which the issuer itself says no. Each
// begins with a token for 3 crates; nothing of it may move the books.
func TestRefusedRedemptions(t *testing.T) {
	change := func(f func(*tokens.Claims)) func(*testing.T, *stage, tokens.Issued) tokens.Redemption {
		return func(t *testing.T, s *stage, issued tokens.Issued) tokens.Redemption {
			return redemption(s.signed(t, issued, f), "a")
		}
	}
	for name, tt := range map[string]struct {
		reason tokens.Reason
		ask    func(*testing.T, *stage, tokens.Issued) tokens.Redemption
	}{
		"another order": {tokens.SessionMismatch, func(_ *testing.T, _ *stage, issued tokens.Issued) tokens.Redemption {
			r := redemption(issued.Raw, "a")
			r.Session.Order = "op_2"
			return r
		}},
		"another customer": {tokens.SessionMismatch, func(_ *testing.T, _ *stage, issued tokens.Issued) tokens.Redemption {
			r := redemption(issued.Raw, "a")
			r.Session.Customer = "user_456"
			return r
		}},
		"the customer in capitals": {tokens.SessionMismatch, func(_ *testing.T, _ *stage, issued tokens.Issued) tokens.Redemption {
			r := redemption(issued.Raw, "a")
			r.Session.Customer = strings.ToUpper(r.Session.Customer)
			return r
		}},
		"the order in capitals": {tokens.SessionMismatch, func(_ *testing.T, _ *stage, issued tokens.Issued) tokens.Redemption {
			r := redemption(issued.Raw, "a")
			r.Session.Order = strings.ToUpper(r.Session.Order)
			return r
		}},
		"facts that do not hold": {tokens.ConstraintViolated, func(_ *testing.T, _ *stage, issued tokens.Issued) tokens.Redemption {
			r := redemption(issued.Raw, "a")
			r.Facts = tokens.Facts{"refuse": "not today"}
			return r
		}},
		"its last second": {tokens.Expired, func(t *testing.T, s *stage, issued tokens.Issued) tokens.Redemption {
			s.advance(t, tokens.DefaultLifetime)
			return redemption(issued.Raw, "a")
		}},
		"nothing": {tokens.Malformed, func(*testing.T, *stage, tokens.Issued) tokens.Redemption { return redemption("", "a") }},
		"a torn signature": {tokens.SignatureInvalid, func(_ *testing.T, _ *stage, issued tokens.Issued) tokens.Redemption {
			return redemption(issued.Raw[:strings.LastIndexByte(issued.Raw, '.')+1], "a")
		}},
		"a disabled key": {tokens.KeyUnknown, func(t *testing.T, s *stage, issued tokens.Issued) tokens.Redemption {
			mustDo(t, s.Keys().Disable(issued.KeyID))
			return redemption(issued.Raw, "a")
		}},
		"another issuer":     {tokens.IssuerUnknown, change(func(c *tokens.Claims) { c.Issuer = "coupons.svc" })},
		"another audience":   {tokens.AudienceMismatch, change(func(c *tokens.Claims) { c.Audience = []string{tokens.Audience} })},
		"another capability": {tokens.CapabilityNotAllowed, change(func(c *tokens.Claims) { c.Capabilities = []string{"shelf:burn"} })},
		"issued tomorrow":    {tokens.NotYetValid, change(func(c *tokens.Claims) { c.IssuedAt = epoch.Add(time.Second) })},
		"good for a day":     {tokens.LifetimeTooLong, change(func(c *tokens.Claims) { c.ExpiresAt = epoch.Add(24 * time.Hour) })},
		"a jti of no record": {tokens.NotIssuedHere, change(func(c *tokens.Claims) { c.ID = "cpt_9" })},
		"other constraints":  {tokens.ConstraintViolated, change(func(c *tokens.Claims) { c.Constraints = []byte(`{"n":"more"}`) })},
		"no letter":          {tokens.SealedUnreadable, change(func(c *tokens.Claims) { c.Sealed = nil })},
		// What its own key signed and nobody issued could not be taken back.
		"another exp":              {tokens.NotIssuedHere, change(func(c *tokens.Claims) { c.ExpiresAt = c.ExpiresAt.Add(time.Second) })},
		"another iat":              {tokens.NotIssuedHere, change(func(c *tokens.Claims) { c.IssuedAt = c.IssuedAt.Add(-time.Second) })},
		"another order of aud":     {tokens.NotIssuedHere, change(func(c *tokens.Claims) { slices.Reverse(c.Audience) })},
		"an aud said twice":        {tokens.NotIssuedHere, change(func(c *tokens.Claims) { c.Audience = append(c.Audience, c.Audience[0]) })},
		"an aud without the relay": {tokens.AudienceMismatch, change(func(c *tokens.Claims) { c.Audience = []string{"shelf.svc"} })},
		"a capability said twice":  {tokens.NotIssuedHere, change(func(c *tokens.Claims) { c.Capabilities = append(c.Capabilities, c.Capabilities[0]) })},
		"the same letter, sealed anew": {tokens.NotIssuedHere, func(t *testing.T, s *stage, issued tokens.Issued) tokens.Redemption {
			other, err := NewSealer(background, "shelf", sealingAlias, s.kms) // one that does not remember it
			mustDo(t, err)
			sealed, err := other.Seal(issued.Ref, "sesame")
			mustDo(t, err)
			return redemption(s.signed(t, issued, func(c *tokens.Claims) { c.Sealed = sealed }), "a")
		}},
		"another letter, other constraints": {tokens.SealedUnreadable, func(t *testing.T, s *stage, issued tokens.Issued) tokens.Redemption {
			sealed, err := s.sealer.Seal(issued.Ref, "open up")
			mustDo(t, err)
			return redemption(s.signed(t, issued, func(c *tokens.Claims) { c.Sealed, c.Constraints = sealed, []byte(`{"n":"more"}`) }), "a")
		}},
		"nonsense for a letter, other constraints": {tokens.SealedUnreadable, change(func(c *tokens.Claims) { c.Sealed, c.Constraints = []byte("a.b.c.d.e"), []byte(`{}`) })},
		"a letter of nonsense":                     {tokens.SealedUnreadable, change(func(c *tokens.Claims) { c.Sealed = []byte("a.b.c.d.e") })},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			request := tt.ask(t, s, s.mustTake(t, 3))
			_, err := s.Redeem(background, request)
			mustRefuse(t, err, tt.reason)
			if _, gone := s.books(t); gone != 0 {
				t.Errorf("%d crates are gone", gone)
			}
		})
	}
}

// A token of ours that another order's reservation signed for is not that one.
func TestAJTIUnderAnotherOrder(t *testing.T) {
	s := newStage(t)
	issued := s.mustTake(t, 3)
	r := redemption(s.signed(t, issued, func(c *tokens.Claims) { c.Order = "op_2" }), "a")
	r.Session.Order = "op_2"
	_, err := s.Redeem(background, r)
	mustRefuse(t, err, tokens.NotIssuedHere)
}

func TestARefusedRedemptionMayBeTriedAgain(t *testing.T) {
	s := newStage(t)
	issued := s.mustTake(t, 3)
	r := redemption(issued.Raw, "a")
	for _, facts := range []tokens.Facts{{"refuse": "not yet"}, {"body": "unwritable"}} {
		r.Facts = facts
		if _, err := s.Redeem(background, r); err == nil {
			t.Fatal("redeemed")
		}
	}
	s.wantBooks(t, 3, 0)
	_, err := s.redeem(issued.Raw, "a")
	mustDo(t, err)
	s.wantBooks(t, 0, 3)
}

// The S-twin of a signature is the same token.
func TestASignatureTwinIsTheSameToken(t *testing.T) {
	s := newStage(t)
	issued := s.mustTake(t, 3)
	cut := strings.LastIndexByte(issued.Raw, '.') + 1
	raw := unb64(issued.Raw[cut:])
	twin := new(big.Int).Sub(elliptic.P256().Params().N, new(big.Int).SetBytes(raw[32:]))
	twin.FillBytes(raw[32:])
	other := issued.Raw[:cut] + b64(raw)
	if other == issued.Raw {
		t.Fatal("no twin")
	}
	_, err := s.redeem(issued.Raw, "a")
	mustDo(t, err)
	_, err = s.redeem(other, "b")
	mustRefuse(t, err, tokens.AlreadyRedeemed)
	mustDo(t, s.cancel(other, "a"))
	s.wantBooks(t, 0, 0)
}

// The books are free while the letter is opened, so anything may happen then.
func TestWhileTheLetterIsOpened(t *testing.T) {
	for name, tt := range map[string]struct {
		happens func(*testing.T, *stage, tokens.Issued)
		reason  tokens.Reason
		gone    int
	}{
		"it expires":          {func(t *testing.T, s *stage, _ tokens.Issued) { s.advance(t, tokens.DefaultLifetime) }, tokens.Expired, 0},
		"it is revoked":       {func(t *testing.T, s *stage, i tokens.Issued) { mustDo(t, s.Revoke(background, i.Raw)) }, tokens.Revoked, 0},
		"it is cancelled":     {func(t *testing.T, s *stage, i tokens.Issued) { mustDo(t, s.cancel(i.Raw, "a")) }, tokens.Revoked, 0},
		"another redeems":     {func(t *testing.T, s *stage, i tokens.Issued) { _, err := s.redeem(i.Raw, "b"); mustDo(t, err) }, tokens.AlreadyRedeemed, 3},
		"the same redeems":    {func(t *testing.T, s *stage, i tokens.Issued) { _, err := s.redeem(i.Raw, "a"); mustDo(t, err) }, "", 3},
		"its key is disabled": {func(t *testing.T, s *stage, i tokens.Issued) { mustDo(t, s.Keys().Disable(i.KeyID)) }, tokens.KeyUnknown, 0},
		"its key is retired":  {func(t *testing.T, s *stage, i tokens.Issued) { mustDo(t, s.Keys().Retire(i.KeyID)) }, tokens.KeyUnknown, 0},
		"its key rotates":     {func(t *testing.T, s *stage, _ tokens.Issued) { s.rotate(t) }, "", 3},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			issued := s.mustTake(t, 3)
			s.kms.decrypt = func(_ *kms.DecryptInput, answer func() (*kms.DecryptOutput, error)) (*kms.DecryptOutput, error) {
				s.kms.decrypt = nil
				tt.happens(t, s, issued)
				return answer()
			}
			receipt, err := s.redeem(issued.Raw, "a")
			if tt.reason != "" {
				mustRefuse(t, err, tt.reason)
			} else {
				mustDo(t, err)
			}
			if want := name == "the same redeems"; receipt.Repeated != want {
				t.Errorf("repeated: %t, want %t", receipt.Repeated, want)
			}
			held := 0
			if tt.reason == tokens.KeyUnknown { // the reservation stands until it expires
				held = 3
			}
			s.wantBooks(t, held, tt.gone)
		})
	}
}

// A token that is refused before anything of it is believed is named in the log
// when it was issued here, and by its order when it was not.
func TestARefusalInTheLogNamesTheToken(t *testing.T) {
	s := newStage(t)
	issued := s.mustTake(t, 3)
	mustDo(t, s.Keys().Retire(issued.KeyID))
	for name, ask := range map[string]func() error{
		"redeem": func() error { _, err := s.redeem(issued.Raw, "a"); return err },
		"another's": func() error {
			forged := issued.Raw[:strings.LastIndexByte(issued.Raw, '.')-1] + "A" + issued.Raw[strings.LastIndexByte(issued.Raw, '.'):]
			_, err := s.redeem(forged, "a")
			return err
		},
	} {
		before := len(s.log.String())
		if ask() == nil {
			t.Fatal(name)
		}
		line := s.log.String()[before:]
		if known := name == "redeem"; !strings.Contains(line, "order_processing_id=op_1") || strings.Contains(line, "jti="+issued.Ref.ID) != known {
			t.Errorf("%s: %s", name, line)
		}
	}
}

// What an order owes for is remembered until it is settled, and its key with it.
func TestWhatIsOwedIsNotForgotten(t *testing.T) {
	s := newStage(t)
	owed := true
	s.Owed = func(string) bool { return owed }
	issued := s.mustTake(t, 3)
	_, err := s.redeem(issued.Raw, "a")
	mustDo(t, err)
	s.rotate(t)
	s.advance(t, 100*Retention)
	if until, yes := s.Remembers("op_1"); !yes || !until.IsZero() {
		t.Errorf("remembered: %t, until %s", yes, until)
	}
	mustDo(t, s.cancel(issued.Raw, "a"))
	s.wantBooks(t, 0, 0)
	owed = false
	if _, yes := s.Remembers("op_1"); yes {
		t.Error("it is remembered after it was settled")
	}
	if keys := s.Keys().List(); len(keys) != 1 {
		t.Errorf("the key is still there: %v", keys)
	}
}

// Nobody knows what a letter says when the KMS does not answer; the
// reservation stands, and the same attempt may ask again.
func TestARedemptionThatTheKMSFails(t *testing.T) {
	s := newStage(t)
	issued := s.mustTake(t, 3)
	s.kms.decrypt = func(*kms.DecryptInput, func() (*kms.DecryptOutput, error)) (*kms.DecryptOutput, error) {
		return nil, &types.KMSInternalException{}
	}
	_, err := s.redeem(issued.Raw, "a")
	mustFail(t, err)
	s.wantBooks(t, 3, 0)
	if want := "step=redeem outcome=failed jti=" + issued.Ref.ID; !strings.Contains(s.log.String(), want) {
		t.Errorf("the log lacks %q:\n%s", want, s.log)
	}
	s.kms.decrypt = nil
	_, err = s.redeem(issued.Raw, "a")
	mustDo(t, err)
}

func TestGivenUp(t *testing.T) {
	s := newStage(t)
	issued := s.mustTake(t, 3)
	ctx, cancel := context.WithCancel(background)
	s.kms.decrypt = func(*kms.DecryptInput, func() (*kms.DecryptOutput, error)) (*kms.DecryptOutput, error) {
		cancel()
		return nil, ctx.Err()
	}
	_, err := s.Redeem(ctx, redemption(issued.Raw, "a"))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("in the KMS: %v", err)
	}
	_, err = s.Redeem(ctx, redemption(issued.Raw, "a"))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("before: %v", err)
	}
	if err := s.Cancel(ctx, tokens.Cancellation{Token: issued.Raw}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelling: %v", err)
	}
	s.wantBooks(t, 3, 0)
}

// Who cancels or revokes shows the token: its jti alone is in every log.
func TestCancellingAndRevokingWantTheToken(t *testing.T) {
	s := newStage(t)
	issued := s.mustTake(t, 3)
	other := s.signed(t, issued, func(c *tokens.Claims) { c.Constraints = []byte(`{}`) })
	for name, raw := range map[string]string{"an unknown jti": s.signed(t, issued, func(c *tokens.Claims) { c.ID = "cpt_9" }), "another text of the jti": other} {
		mustRefuse(t, s.cancel(raw, "a"), tokens.NotIssuedHere)
		mustRefuse(t, s.Revoke(background, raw), tokens.NotIssuedHere)
		s.wantBooks(t, 3, 0)
		_ = name
	}
	mustRefuse(t, s.cancel("no token", "a"), tokens.Malformed)
	mustRefuse(t, s.Revoke(background, "no token"), tokens.Malformed)
	elsewhere := tokens.Cancellation{Token: issued.Raw, Session: tokens.Session{Order: "op_2"}, Attempt: "a"}
	mustRefuse(t, s.Cancel(background, elsewhere), tokens.NotIssuedHere)
	s.wantBooks(t, 3, 0)
}

// A cancel needs no key: that may be gone by then.
func TestCancellingAfterTheKeyIsGone(t *testing.T) {
	s := newStage(t)
	issued := s.mustTake(t, 3)
	_, err := s.redeem(issued.Raw, "a")
	mustDo(t, err)
	mustDo(t, s.Keys().Disable(issued.KeyID))
	mustDo(t, s.cancel(issued.Raw, "a"))
	s.wantBooks(t, 0, 0)
}

func TestTheLogHoldsNoSecret(t *testing.T) {
	s := newStage(t)
	issued := s.mustTake(t, 3)
	_, err := s.redeem(issued.Raw, "att_1")
	mustDo(t, err)
	_, err = s.redeem(issued.Raw, "att_2")
	mustRefuse(t, err, tokens.AlreadyRedeemed)
	mustDo(t, s.cancel(issued.Raw, "att_1"))
	mustDo(t, s.Revoke(background, issued.Raw))
	_, err = s.kms.DisableKey(background, &kms.DisableKeyInput{KeyId: aws.String(s.Keys().List()[0].KMSKey)})
	mustDo(t, err)
	_, err = s.take(1)
	mustRefuse(t, err, tokens.ServiceUnavailable)
	text := s.log.String()
	for _, segment := range strings.Split(issued.Raw, ".") {
		if strings.Contains(text, segment[:16]) {
			t.Errorf("the log holds a piece of the token:\n%s", text)
		}
	}
	if strings.Contains(text, "sesame") {
		t.Errorf("the log holds what is sealed:\n%s", text)
	}
	for _, want := range []string{
		"step=confirm outcome=ok jti=" + issued.Ref.ID + " order_processing_id=op_1", "step=redeem outcome=ok", "attempt=att_1",
		"outcome=already_redeemed", "step=cancel outcome=ok", "step=revoke outcome=ok", "outcome=service_unavailable",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the log lacks %q:\n%s", want, text)
		}
	}
}
