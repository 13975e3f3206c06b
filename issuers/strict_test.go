// What an issuer is strict about, though something behind it would notice, too: which
// check says no, and that none is left out by half.

package issuers

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"tokenshell/tokens"
)

// Whoever holds an issuer's key and says something else than was issued is found out
// before any letter is opened; so is a letter that was written anew, behind it.
func TestWhatWasNotIssuedSaysHow(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*tokens.Claims)
		says   string
	}{
		"another jti":             {func(c *tokens.Claims) { c.ID = "cpt_9" }, "shelf has no reservation for this token"},
		"another order":           {func(c *tokens.Claims) { c.Order = "op_2" }, "shelf has no reservation for this token"},
		"another customer":        {func(c *tokens.Claims) { c.Subject = "user_456" }, "with other claims"},
		"another exp":             {func(c *tokens.Claims) { c.ExpiresAt = c.ExpiresAt.Add(time.Second) }, "with other claims"},
		"another iat":             {func(c *tokens.Claims) { c.IssuedAt = c.IssuedAt.Add(-time.Second) }, "with other claims"},
		"another order of aud":    {func(c *tokens.Claims) { c.Audience[0], c.Audience[1] = c.Audience[1], c.Audience[0] }, "with other claims"},
		"a capability said twice": {func(c *tokens.Claims) { c.Capabilities = append(c.Capabilities, c.Capabilities[0]) }, "with other claims"},
	} {
		s := newStage(t)
		issued := s.mustTake(t, 3)
		asked := 0
		s.kms.decrypt = func(_ *kms.DecryptInput, answer func() (*kms.DecryptOutput, error)) (*kms.DecryptOutput, error) {
			asked++
			return answer()
		}
		request := tokens.Redemption{Attempt: "a", Token: s.signed(t, issued, func(c *tokens.Claims) {
			tt.change(c)
			c.Sealed = []byte("a.b.c.d.e") // which nobody looks at
		})}
		seen, err := tokens.Peek(request.Token)
		mustDo(t, err)
		request.Session = tokens.Session{Order: seen.Ref.Order, Customer: order.Customer}
		if name == "another customer" {
			request.Session.Customer = "user_456"
		}
		_, err = s.Redeem(background, request)
		if mustRefuse(t, err, tokens.NotIssuedHere); !strings.Contains(err.Error(), tt.says) || asked != 0 {
			t.Errorf("%s: the KMS was asked %d times: %v", name, asked, err)
		}
	}
	s := newStage(t)
	other, err := NewSealer(background, "shelf", sealingAlias, s.kms)
	mustDo(t, err)
	issued := s.mustTake(t, 3)
	sealed, err := other.Seal(issued.Ref, "sesame")
	mustDo(t, err)
	anew := s.signed(t, issued, func(c *tokens.Claims) { c.Sealed = sealed })
	if _, err = s.redeem(anew, "a"); err == nil || !strings.Contains(err.Error(), "as another text") {
		t.Errorf("a letter that was sealed anew: %v", err)
	}
	session := redemption("", "").Session
	for name, tt := range map[string]struct{ raw, want string }{
		"as issued":         {issued.Raw, ""},
		"sealed anew":       {anew, "books not_issued_here"},
		"other constraints": {s.signed(t, issued, func(c *tokens.Claims) { c.Constraints = []byte(`{}`) }), "books constraint_violated"},
		"a bad letter":      {s.signed(t, issued, func(c *tokens.Claims) { c.Sealed = []byte("a.b.c.d.e") }), "books sealed_unreadable"},
	} {
		if got := strings.Join(s.found(tt.raw, session), ", "); got != tt.want {
			t.Errorf("%s: the explanation found %q, want %q", name, got, tt.want)
		}
	}
}

// Nothing is redeemed for who has given up, though no letter has to be opened.
func TestGivenUpBeforeItBegan(t *testing.T) {
	s := newStage(t)
	issued, err := s.take(3)
	mustDo(t, err)
	ctx, cancel := context.WithCancel(background)
	cancel()
	if _, err := s.Redeem(ctx, redemption(issued.Raw, "a")); !errors.Is(err, context.Canceled) {
		t.Errorf("it came to %v", err)
	}
	s.wantBooks(t, 3, 0)
}

// A key that has left with its last token answers the retry of who redeemed, in the
// order and for the customer it was for, and vouches for nothing else.
func TestWhatALateKeyAnswers(t *testing.T) {
	s := newStage(t)
	redeemed, open := s.mustTake(t, 3), s.mustTake(t, 2)
	first, err := s.redeem(redeemed.Raw, "a")
	mustDo(t, err)
	if first.ID == "" {
		t.Error("the receipt has no id")
	}
	s.rotate(t)
	s.advance(t, 2*tokens.DefaultLifetime)
	again, err := s.redeem(redeemed.Raw, "a")
	mustDo(t, err)
	if again.ID != first.ID || !again.Repeated {
		t.Errorf("%+v, want %+v again", again, first)
	}
	_, err = s.redeem(redeemed.Raw, "b")
	mustRefuse(t, err, tokens.AlreadyRedeemed)
	for _, session := range []tokens.Session{{Order: "op_2", Customer: order.Customer}, {Order: order.ID, Customer: "user_456"}} {
		_, err = s.Redeem(background, tokens.Redemption{Token: redeemed.Raw, Session: session, Attempt: "a"})
		mustRefuse(t, err, tokens.KeyUnknown)
	}
	_, err = s.redeem(open.Raw, "a")
	mustRefuse(t, err, tokens.KeyUnknown)
	s.wantBooks(t, 0, 3)
}

// What an issuer without a rule does, so that others can be seen to notice.
func TestAnIssuerWithoutARule(t *testing.T) {
	for rule, do := range map[string]func(s *stage, raw string) error{
		tokens.RedeemerRemembers: func(s *stage, raw string) error {
			if _, err := s.redeem(raw, "a"); err != nil {
				return err
			}
			_, err := s.redeem(raw, "b")
			return err
		},
		tokens.RetryIsAnswered: func(s *stage, raw string) error { // the rule is to answer
			if _, err := s.redeem(raw, "a"); err != nil {
				return err
			}
			if _, err := s.redeem(raw, "a"); !errors.Is(err, tokens.AlreadyRedeemed) {
				return tokens.AlreadyRedeemed
			}
			return nil
		},
		tokens.CancelIsFinal: func(s *stage, raw string) error {
			if err := s.cancel(raw, "a"); err != nil {
				return err
			}
			_, err := s.redeem(raw, "a")
			return err
		},
		"key": func(s *stage, raw string) error {
			s.kms.decrypt = func(_ *kms.DecryptInput, answer func() (*kms.DecryptOutput, error)) (*kms.DecryptOutput, error) {
				if err := s.Keys().Disable(s.Keys().List()[0].ID); err != nil { // while the letter is opened
					return nil, err
				}
				return answer()
			}
			_, err := s.redeem(raw, "a")
			return err
		},
	} {
		weakness, err := tokens.UnsafeWithout(rule)
		mustDo(t, err)
		for _, without := range []bool{false, true} {
			s := newStage(t)
			if without {
				s.Weaken(weakness)
			}
			if err := do(s, s.mustTake(t, 1).Raw); (err == nil) != without {
				t.Errorf("%s is left out: %t: %v", rule, without, err)
			}
		}
	}
}

// In the log a token has the name that it was verified under, or issued under; who
// only claims the jti of one has none.
func TestOnlyWhatIsKnownIsNamed(t *testing.T) {
	s := newStage(t)
	issued := s.mustTake(t, 1)
	said := func(raw string) string {
		before := len(s.log.String())
		if _, err := s.redeem(raw, "a"); err == nil {
			t.Fatal("it was redeemed")
		}
		return s.log.String()[before:]
	}
	if line := said(s.signed(t, issued, func(c *tokens.Claims) { c.ID = "cpt_strange" })); !strings.Contains(line, "jti=cpt_strange") {
		t.Errorf("what the own key signed has no name: %s", line)
	}
	other := s.signed(t, issued, func(c *tokens.Claims) { c.ExpiresAt = c.ExpiresAt.Add(time.Second) })
	forged := other[:strings.LastIndexByte(other, '.')+1] + strings.Repeat("A", 86)
	if line := said(forged); strings.Contains(line, "jti=") {
		t.Errorf("a forgery has a name: %s", line)
	}
}

// What expires first is given back first, and what is forgotten first, whenever it was
// issued; what is dropped takes nothing with it.
func TestWhatExpiresFirstIsGivenBackFirst(t *testing.T) {
	s := newStage(t)
	for n, ttl := range []time.Duration{5 * time.Minute, 4 * time.Minute, 3 * time.Minute, time.Minute, 2 * time.Minute} {
		o := order
		o.TTL = ttl
		_, err := s.takeFor(o, 1<<n, "")
		mustDo(t, err)
	}
	for _, held := range []int{1 + 2 + 4 + 16, 1 + 2 + 4, 1 + 2, 1, 0} {
		s.advance(t, time.Minute)
		s.wantBooks(t, held, 0)
	}
	s.advance(t, Retention-5*time.Minute)
	for left := 5; left >= 0; left-- {
		s.advance(t, time.Minute)
		if n := len(s.Entries(func(*crate) string { return "" })); left < 5 && n != left && n != left+1 {
			t.Errorf("%d are remembered, want %d", n, left)
		}
	}
	s.kms.sign = func(*kms.SignInput, func() (*kms.SignOutput, error)) (*kms.SignOutput, error) {
		return nil, &types.KMSInternalException{}
	}
	_, err := s.take(1)
	mustFail(t, err)
	s.kms.sign = nil
	s.mustTake(t, 1)
	s.kms.sign = func(*kms.SignInput, func() (*kms.SignOutput, error)) (*kms.SignOutput, error) {
		return nil, &types.KMSInternalException{}
	}
	_, err = s.take(1)
	mustFail(t, err)
	if _, yes := s.Remembers(order.ID); !yes {
		t.Error("what was dropped took another of its order along")
	}
}

// A letter that is opened again is opened by its key again: one that the KMS does not
// give, or another, opens nothing.
func TestAnOpenedLetterWantsItsKeyAgain(t *testing.T) {
	for name, tt := range map[string]struct {
		answer func(answer func() (*kms.DecryptOutput, error)) (*kms.DecryptOutput, error)
		fine   bool
		reason tokens.Reason
	}{
		"the key": {func(answer func() (*kms.DecryptOutput, error)) (*kms.DecryptOutput, error) { return answer() }, true, ""},
		"another": {func(func() (*kms.DecryptOutput, error)) (*kms.DecryptOutput, error) {
			return &kms.DecryptOutput{Plaintext: make([]byte, 32)}, nil
		}, false, tokens.SealedUnreadable},
		"none": {func(func() (*kms.DecryptOutput, error)) (*kms.DecryptOutput, error) {
			return nil, &types.InvalidCiphertextException{}
		}, false, tokens.SealedUnreadable},
		"no answer": {func(func() (*kms.DecryptOutput, error)) (*kms.DecryptOutput, error) {
			return nil, &types.KMSInternalException{}
		}, false, tokens.ServiceUnavailable},
	} {
		s, k := newSealer(t)
		s.opened = map[string]opened{}
		sealed, err := s.Seal(letterRef, "sesame")
		mustDo(t, err)
		for n := range 2 {
			var asked []byte
			k.decrypt = func(in *kms.DecryptInput, answer func() (*kms.DecryptOutput, error)) (*kms.DecryptOutput, error) {
				asked = in.CiphertextBlob
				if n == 1 {
					return tt.answer(answer)
				}
				return answer()
			}
			content, err := s.Open(background, letterRef, sealed)
			switch {
			case len(asked) != s.wrapped:
				t.Errorf("%s: the KMS is asked for %d bytes", name, len(asked))
			case (n == 0 || tt.fine) && (err != nil || string(content) != `"sesame"`):
				t.Errorf("%s: %s, %v", name, content, err)
			case n == 1 && !tt.fine && (err == nil || !errors.Is(err, tt.reason) || content != nil):
				t.Errorf("%s: %s, %v; want %s", name, content, err, tt.reason)
			}
		}
		if len(s.opened) != 1 {
			t.Errorf("%d letters are remembered", len(s.opened))
		}
	}
}

// A header may say nothing twice, though whoever has the public key has sealed it so.
func TestAHeaderThatSaysItTwice(t *testing.T) {
	s, k := newSealer(t)
	seal := func(header string) []byte {
		t.Helper()
		answer, err := k.GetPublicKey(background, &kms.GetPublicKeyInput{KeyId: aws.String(sealingAlias)})
		mustDo(t, err)
		public, err := x509.ParsePKIXPublicKey(answer.PublicKey)
		mustDo(t, err)
		key := make([]byte, 32)
		wrapped, err := rsa.EncryptOAEP(sha256.New(), rand.Reader, public.(*rsa.PublicKey), key, nil)
		mustDo(t, err)
		block, err := aes.NewCipher(key)
		mustDo(t, err)
		gcm, err := cipher.NewGCM(block)
		mustDo(t, err)
		nonce := make([]byte, nonceSize)
		out := gcm.Seal(nil, nonce, []byte(goodLetter), []byte(b64([]byte(header))))
		text, tag := out[:len(out)-tagSize], out[len(out)-tagSize:]
		return []byte(strings.Join([]string{b64([]byte(header)), b64(wrapped), b64(nonce), b64(text), b64(tag)}, "."))
	}
	if _, err := s.Open(background, letterRef, seal(`{"alg":"RSA-OAEP-256","enc":"A256GCM"}`)); err != nil {
		t.Errorf("said once: %v", err)
	}
	for _, header := range []string{`{"alg":"RSA-OAEP-256","alg":"RSA-OAEP-256","enc":"A256GCM"}`, `{"alg":"none","alg":"RSA-OAEP-256","enc":"A256GCM"}`, `{"alg":"RSA-OAEP-256","enc":"A256GCM","Enc":"A256GCM"}`} {
		_, err := s.Open(background, letterRef, seal(header))
		mustRefuse(t, err, tokens.SealedUnreadable)
	}
}
