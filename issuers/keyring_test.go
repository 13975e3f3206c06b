package issuers

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"tokenshell/tokens"
)

// rotate makes a new key and the ring's alias point at it.
func (s *stage) rotate(t *testing.T) (kid string) {
	t.Helper()
	s.kms.newKey(t, shelfAlias, types.KeySpecEccNistP256, types.KeyUsageTypeSignVerify)
	kid, err := s.Keys().Rotate(background)
	mustDo(t, err)
	return kid
}

// states gives the state of every version, oldest first.
func (s *stage) states() []KeyState {
	var states []KeyState
	for _, info := range s.Keys().List() {
		states = append(states, info.State)
	}
	return states
}

func (s *stage) wantStates(t *testing.T, want ...KeyState) {
	t.Helper()
	if diff := cmp.Diff(want, s.states()); diff != "" {
		t.Errorf("key states (-want +got):\n%s", diff)
	}
}

func TestAKeyStaysPublishedUntilItsLastTokenExpired(t *testing.T) {
	s := newStage(t)
	issued := s.mustTake(t, 1)
	s.advance(t, time.Second)
	s.rotate(t)
	s.advance(t, tokens.DefaultLifetime-2*time.Second) // the token's last second
	s.wantStates(t, KeyPublished, KeyActive)
	mustDo(t, s.relayAccepts(issued.Raw))
	s.advance(t, time.Second)
	s.wantStates(t, KeyRetired, KeyActive)
	mustRefuse(t, s.relayAccepts(issued.Raw), tokens.KeyUnknown)
}

// Whichever of its tokens was the first, it is the last one that counts.
func TestAKeyStaysForATokenThatCameLater(t *testing.T) {
	s := newStage(t)
	s.mustTake(t, 1)
	s.advance(t, time.Minute)
	later := s.mustTake(t, 1)
	s.rotate(t)
	s.advance(t, tokens.DefaultLifetime-time.Second) // the first has expired long ago
	s.wantStates(t, KeyPublished, KeyActive)
	mustDo(t, s.relayAccepts(later.Raw))
	s.advance(t, time.Second)
	s.wantStates(t, KeyRetired, KeyActive)
}

func TestAKeyStaysPublishedForTheLeewayToo(t *testing.T) {
	s := newStage(t)
	s.leeway = 10 * time.Second
	issued := s.mustTake(t, 1)
	s.rotate(t)
	s.advance(t, tokens.DefaultLifetime+s.leeway-time.Second)
	mustDo(t, s.relayAccepts(issued.Raw))
	s.advance(t, time.Second)
	mustRefuse(t, s.relayAccepts(issued.Raw), tokens.KeyUnknown)
}

func TestAKeyThatNeverSignedRetiresAtItsRotation(t *testing.T) {
	s := newStage(t)
	s.rotate(t)
	s.wantStates(t, KeyRetired, KeyActive)
}

// The alias and the ring may move while the KMS signs: the token is the old
// key's, and that stays published for it.
func TestARotationWhileSigning(t *testing.T) {
	s := newStage(t)
	before := s.Keys().List()[0].ID
	s.kms.sign = func(_ *kms.SignInput, answer func() (*kms.SignOutput, error)) (*kms.SignOutput, error) {
		s.kms.sign = nil
		s.rotate(t)
		return answer()
	}
	issued := s.mustTake(t, 1)
	if issued.KeyID != before {
		t.Errorf("signed by %s, chosen was %s", issued.KeyID, before)
	}
	s.wantStates(t, KeyPublished, KeyActive)
	mustDo(t, s.relayAccepts(issued.Raw))
}

func TestRotatingWithoutANewKey(t *testing.T) {
	s := newStage(t)
	if _, err := s.Keys().Rotate(background); err == nil || !strings.Contains(err.Error(), "still points at") {
		t.Fatalf("got %v", err)
	}
	s.wantStates(t, KeyActive)
}

func TestRetiringTakesAKeyOutAtOnce(t *testing.T) {
	s := newStage(t)
	issued := s.mustTake(t, 1)
	s.rotate(t)
	mustDo(t, s.Keys().Retire(issued.KeyID))
	mustRefuse(t, s.relayAccepts(issued.Raw), tokens.KeyUnknown)
	_, err := s.redeem(issued.Raw, "att_1")
	mustRefuse(t, err, tokens.KeyUnknown)
}

func TestADisabledKeyStaysDisabled(t *testing.T) {
	s := newStage(t)
	kid := s.mustTake(t, 1).KeyID
	s.rotate(t)
	mustDo(t, s.Keys().Disable(kid))
	mustDo(t, s.Keys().Retire(kid))
	s.wantStates(t, KeyDisabled, KeyActive)
}

func TestRetiringAKeyThatIsNot(t *testing.T) {
	s := newStage(t)
	if s.Keys().Retire("shelf-k9") == nil || s.Keys().Disable("shelf-k9") == nil {
		t.Error("no error")
	}
}

// Without an active key nothing is issued, and nothing stays held.
func TestARetiredActiveKeySignsNothing(t *testing.T) {
	s := newStage(t)
	mustDo(t, s.Keys().Retire(s.Keys().List()[0].ID))
	_, err := s.take(3)
	mustRefuse(t, err, tokens.ServiceUnavailable)
	s.wantBooks(t, 0, 0)
	s.rotate(t)
	s.mustTake(t, 3)
}

func TestAnAnsweredRedemptionOutlivesItsKey(t *testing.T) {
	s := newStage(t)
	issued := s.mustTake(t, 1)
	first, err := s.redeem(issued.Raw, "att_1")
	mustDo(t, err)
	s.rotate(t)
	s.advance(t, time.Hour)
	s.wantStates(t, KeyRetired, KeyActive)
	again, err := s.redeem(issued.Raw, "att_1")
	mustDo(t, err)
	if !again.Repeated || again.ID != first.ID {
		t.Errorf("got %+v, want %s repeated", again, first.ID)
	}
	_, err = s.redeem(issued.Raw, "att_2")
	mustRefuse(t, err, tokens.AlreadyRedeemed)
}

// Retired by hand is retired for the service, too, even after the key aged out.
func TestAnAgedKeyMayStillBeDistrusted(t *testing.T) {
	s := newStage(t)
	issued := s.mustTake(t, 1)
	_, err := s.redeem(issued.Raw, "att_1")
	mustDo(t, err)
	s.rotate(t)
	s.advance(t, time.Hour)
	s.wantStates(t, KeyRetired, KeyActive)
	mustDo(t, s.Keys().Retire(issued.KeyID))
	_, err = s.redeem(issued.Raw, "att_1")
	mustRefuse(t, err, tokens.KeyUnknown)
}

func TestTheJWKSHoldsWhatIsPublished(t *testing.T) {
	s := newStage(t)
	issued := s.mustTake(t, 1)
	newer := s.rotate(t)
	var kids []string
	for _, key := range s.Keys().JWKS().Keys {
		kids = append(kids, key.KeyID)
		if key.Algorithm != "ES256" || key.Use != "sig" || !key.IsPublic() {
			t.Errorf("%s: alg %s, use %s, public %t", key.KeyID, key.Algorithm, key.Use, key.IsPublic())
		}
	}
	if diff := cmp.Diff([]string{issued.KeyID, newer}, kids); diff != "" {
		t.Error(diff)
	}
	mustDo(t, s.Keys().Retire(issued.KeyID))
	mustDo(t, s.Keys().Disable(newer))
	text, err := json.Marshal(s.Keys().JWKS())
	mustDo(t, err)
	if string(text) != `{"keys":[]}` {
		t.Errorf("an empty set is %s", text)
	}
}

func TestAServiceNeedsASigningKey(t *testing.T) {
	leeway := func() time.Duration { return 0 }
	open := func(k KMSService, alias string) error {
		_, err := NewKeyRing(background, "shelf", alias, k, tokens.FrozenClock(epoch), leeway)
		return err
	}
	t.Run("no such alias", func(t *testing.T) {
		mustRefuse(t, open(newKMS(t, types.KeySpecEccNistP256), "alias/nobody"), tokens.ServiceUnavailable)
	})
	t.Run("an RSA key", func(t *testing.T) {
		if open(newKMS(t, types.KeySpecEccNistP256), sealingAlias) == nil {
			t.Error("accepted")
		}
	})
	t.Run("the public key of another key", func(t *testing.T) {
		k := newKMS(t, types.KeySpecEccNistP256)
		k.public = func(_ *kms.GetPublicKeyInput, answer func() (*kms.GetPublicKeyOutput, error)) (*kms.GetPublicKeyOutput, error) {
			out, err := answer()
			out.KeyId = aws.String("arn:aws:kms:eu-central-1:000000000000:key/another")
			return out, err
		}
		if err := open(k, shelfAlias); err == nil || !strings.Contains(err.Error(), "another key") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("a key that is not described", func(t *testing.T) {
		k := newKMS(t, types.KeySpecEccNistP256)
		k.describe = func(*kms.DescribeKeyInput, func() (*kms.DescribeKeyOutput, error)) (*kms.DescribeKeyOutput, error) {
			return &kms.DescribeKeyOutput{}, nil
		}
		if open(k, shelfAlias) == nil {
			t.Error("accepted")
		}
	})
	t.Run("no public key", func(t *testing.T) {
		k := newKMS(t, types.KeySpecEccNistP256)
		k.public = func(_ *kms.GetPublicKeyInput, answer func() (*kms.GetPublicKeyOutput, error)) (*kms.GetPublicKeyOutput, error) {
			out, err := answer()
			out.PublicKey = []byte("no DER")
			return out, err
		}
		if open(k, shelfAlias) == nil {
			t.Error("accepted")
		}
	})
	t.Run("a KMS that does not answer", func(t *testing.T) {
		k := newKMS(t, types.KeySpecEccNistP256)
		k.public = func(*kms.GetPublicKeyInput, func() (*kms.GetPublicKeyOutput, error)) (*kms.GetPublicKeyOutput, error) {
			return nil, errors.New("timeout")
		}
		mustFail(t, open(k, shelfAlias))
	})
}

func TestEdDSAKeysSignToo(t *testing.T) {
	s := newStageOf(t, types.KeySpecEccNistEdwards25519)
	issued := s.mustTake(t, 1)
	if issued.Algorithm != string(jose.EdDSA) {
		t.Errorf("alg %s", issued.Algorithm)
	}
	mustDo(t, s.relayAccepts(issued.Raw))
	_, err := s.redeem(issued.Raw, "att_1")
	mustDo(t, err)
}

// A rotation changes the key that was active, and none that left before.
func TestARotationBringsNothingBack(t *testing.T) {
	s := newStage(t)
	first := s.Keys().List()[0].ID
	second := s.rotate(t)
	mustDo(t, s.Keys().Retire(first))
	third := s.rotate(t)
	mustDo(t, s.Keys().Disable(second))
	s.rotate(t)
	mustDo(t, s.Keys().Retire(third))
	s.rotate(t)
	s.wantStates(t, KeyRetired, KeyDisabled, KeyRetired, KeyRetired, KeyActive)
}

// A key that never signed stays for the leeway: somebody else's clock is behind.
func TestAKeyThatNeverSignedStaysForTheLeeway(t *testing.T) {
	s := newStage(t)
	s.leeway = 30 * time.Second
	s.rotate(t)
	s.advance(t, 30*time.Second-1)
	s.wantStates(t, KeyPublished, KeyActive)
	s.advance(t, 1)
	s.wantStates(t, KeyRetired, KeyActive)
}

// A key stays for the longest of its tokens, whichever came last.
func TestAKeyStaysForItsLongestToken(t *testing.T) {
	s := newStage(t)
	long, short := order, order
	long.TTL, short.TTL = tokens.MaxLifetime, time.Second
	for _, o := range []Order{long, short} {
		_, err := s.takeFor(o, 1, "")
		mustDo(t, err)
	}
	s.rotate(t)
	s.advance(t, tokens.MaxLifetime-1)
	s.wantStates(t, KeyPublished, KeyActive)
	s.advance(t, 1)
	s.wantStates(t, KeyRetired, KeyActive)
}

// A key that is retired by hand when its last token has expired already left then.
func TestRetiringWhatHasLeft(t *testing.T) {
	s := newStage(t)
	issued := s.mustTake(t, 1)
	s.rotate(t)
	s.advance(t, tokens.MaxLifetime)
	mustDo(t, s.Keys().Retire(s.Keys().versions[0].kid)) // nobody has looked at the list
	if left := s.Keys().List()[0].Left; !left.Equal(issued.ExpiresAt) {
		t.Errorf("it left at %s, want %s", left, issued.ExpiresAt)
	}
}
