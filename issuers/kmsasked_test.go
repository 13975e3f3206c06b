package issuers

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"tokenshell/tokens"
)

// A KMS takes 4096 bytes of a message: of ES256 it gets the digest. Ed25519 has
// none to give.
func TestWhatAKMSIsAskedToSign(t *testing.T) {
	for _, tt := range []struct {
		spec      types.KeySpec
		kind      types.MessageType
		algorithm types.SigningAlgorithmSpec
		message   func(input []byte) []byte
	}{
		{types.KeySpecEccNistP256, types.MessageTypeDigest, types.SigningAlgorithmSpecEcdsaSha256, func(input []byte) []byte { d := sha256.Sum256(input); return d[:] }},
		{types.KeySpecEccNistEdwards25519, types.MessageTypeRaw, types.SigningAlgorithmSpecEd25519Sha512, func(input []byte) []byte { return input }},
	} {
		t.Run(string(tt.spec), func(t *testing.T) {
			s := newStageOf(t, tt.spec)
			var asked kms.SignInput
			s.kms.sign = func(in *kms.SignInput, answer func() (*kms.SignOutput, error)) (*kms.SignOutput, error) {
				asked = *in
				return answer()
			}
			raw := s.mustTake(t, 1).Raw
			input := raw[:strings.LastIndexByte(raw, '.')]
			if asked.MessageType != tt.kind || asked.SigningAlgorithm != tt.algorithm || !bytes.Equal(asked.Message, tt.message([]byte(input))) {
				t.Errorf("asked to sign %d bytes as %s with %s", len(asked.Message), asked.MessageType, asked.SigningAlgorithm)
			}
		})
	}
}

// A failure says whose it is and why, and keeps its cause.
func TestAFailureToSignSaysWhose(t *testing.T) {
	cause := errors.New("no route to host")
	for want, bend := range map[string]func(*kms.SignOutput) error{
		"the KMS signed with another key":     func(out *kms.SignOutput) error { out.KeyId = aws.String("another"); return nil },
		"the KMS's signature does not verify": func(out *kms.SignOutput) error { out.Signature = nil; return nil },
		"sign: no route to host":              func(*kms.SignOutput) error { return cause },
	} {
		for _, spec := range []types.KeySpec{types.KeySpecEccNistP256, types.KeySpecEccNistEdwards25519} {
			s := newStageOf(t, spec)
			s.kms.sign = func(_ *kms.SignInput, answer func() (*kms.SignOutput, error)) (*kms.SignOutput, error) {
				out, err := answer()
				mustDo(t, err)
				return out, bend(out)
			}
			_, err := s.take(1)
			var failure *tokens.Failure
			if !errors.As(err, &failure) || failure.Party != "shelf" || failure.Err.Error() != want || strings.HasPrefix(want, "sign: ") && !errors.Is(err, cause) {
				t.Errorf("%s: %v, want %s", spec, err, want)
			}
		}
	}
	// And given up, it says that.
	s := newStage(t)
	ctx, cancel := context.WithCancel(background)
	s.kms.sign = func(*kms.SignInput, func() (*kms.SignOutput, error)) (*kms.SignOutput, error) {
		cancel()
		return nil, ctx.Err()
	}
	if _, err := s.Issue(ctx, order, func() (crate, Letter, error) {
		s.held++
		return crate{n: 1}, Letter{Constraints: map[string]string{}}, nil
	}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	s.wantBooks(t, 0, 0)
}

// A KMS that can't describe a key, or not say which, opens no service.
func TestAKMSThatDescribesNothing(t *testing.T) {
	for name, bend := range map[string]func(*kms.DescribeKeyOutput){
		"no key":  func(out *kms.DescribeKeyOutput) { out.KeyMetadata = nil },
		"no name": func(out *kms.DescribeKeyOutput) { out.KeyMetadata.Arn = nil },
	} {
		s := newStage(t)
		s.kms.newKey(t, shelfAlias, types.KeySpecEccNistP256, types.KeyUsageTypeSignVerify)
		s.kms.describe = func(_ *kms.DescribeKeyInput, answer func() (*kms.DescribeKeyOutput, error)) (*kms.DescribeKeyOutput, error) {
			out, err := answer()
			if err == nil {
				bend(out)
			}
			return out, err
		}
		if _, err := s.Keys().Rotate(background); err == nil || !strings.Contains(err.Error(), "describes no key behind "+shelfAlias) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What a sealing key is not is said of it, whatever it is.
func TestWhatASealingKeyIsNot(t *testing.T) {
	k := newKMS(t, types.KeySpecEccNistP256)
	if _, err := NewSealer(background, "shelf", shelfAlias, k); err == nil || err.Error() != shelfAlias+" is not an RSA key" {
		t.Errorf("an EC key: %v", err)
	}
	k.public = func(_ *kms.GetPublicKeyInput, answer func() (*kms.GetPublicKeyOutput, error)) (*kms.GetPublicKeyOutput, error) {
		out, err := answer()
		out.PublicKey = []byte("no key")
		return out, err
	}
	if _, err := NewSealer(background, "shelf", sealingAlias, k); err == nil || !strings.HasPrefix(err.Error(), "the KMS answered with no public key: ") {
		t.Errorf("no key: %v", err)
	}
}

// Of a letter that can't be opened the service's failure says whose it is.
func TestAFailureToOpenSaysWhose(t *testing.T) {
	s, k := newSealer(t)
	sealed, err := s.Seal(letterRef, 1)
	mustDo(t, err)
	k.decrypt = func(*kms.DecryptInput, func() (*kms.DecryptOutput, error)) (*kms.DecryptOutput, error) {
		return nil, errors.New("timeout")
	}
	var failure *tokens.Failure
	if _, err := s.Open(background, letterRef, sealed); !errors.As(err, &failure) || failure.Party != "shelf" {
		t.Errorf("got %v", err)
	}
}

// The keys sign for who asks in time, and a key that was published verifies in
// each of the sets although nobody looked at the ring since.
func TestASetIsAsOfNow(t *testing.T) {
	s := newStage(t)
	first := s.Keys().List()[0].ID
	s.mustTake(t, 1)
	s.rotate(t)
	s.advance(t, tokens.DefaultLifetime)
	if n := len(s.Keys().JWKS().Keys); n != 1 { // the first to look is who settles
		t.Errorf("%d keys are published", n)
	}
	if _, err := s.Keys().Aged().Key(first); err != nil {
		t.Error(err)
	}
	s.rotate(t)
	second := s.Keys().List()[1].ID
	if _, err := s.Keys().Aged().Key(second); err != nil {
		t.Error(err)
	}
}
