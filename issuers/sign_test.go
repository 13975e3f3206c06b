package issuers

import (
	"crypto/elliptic"
	"encoding/asn1"
	"encoding/base64"
	"errors"
	"math/big"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"tokenshell/tokens"
)

func der(t *testing.T, r, s *big.Int) []byte {
	t.Helper()
	out, err := asn1.Marshal(struct{ R, S *big.Int }{r, s})
	mustDo(t, err)
	return out
}

func TestDERBecomesPaddedRawWithLowS(t *testing.T) {
	n := elliptic.P256().Params().N
	half := new(big.Int).Rsh(n, 1)
	one := big.NewInt(1)
	for name, tt := range map[string]struct{ r, s, want *big.Int }{
		"short R and S":     {big.NewInt(5), big.NewInt(7), big.NewInt(7)},
		"the highest low S": {one, half, half},
		"the lowest high S": {one, new(big.Int).Add(half, one), half},
		"the highest S":     {one, new(big.Int).Sub(n, one), one},
	} {
		t.Run(name, func(t *testing.T) {
			raw, err := rawSignature(der(t, tt.r, tt.s))
			mustDo(t, err)
			if len(raw) != 64 {
				t.Fatalf("%d bytes", len(raw))
			}
			if r, s := new(big.Int).SetBytes(raw[:32]), new(big.Int).SetBytes(raw[32:]); r.Cmp(tt.r) != 0 || s.Cmp(tt.want) != 0 {
				t.Errorf("r %v s %v, want %v %v", r, s, tt.r, tt.want)
			}
		})
	}
}

func TestNoSignatureAtAll(t *testing.T) {
	n, one := elliptic.P256().Params().N, big.NewInt(1)
	for name, text := range map[string][]byte{
		"nothing":        nil,
		"no DER":         []byte("signature"),
		"trailing bytes": append(der(t, one, one), 0),
		"R of 0":         der(t, big.NewInt(0), one),
		"S of 0":         der(t, one, big.NewInt(0)),
		"negative R":     der(t, big.NewInt(-1), one),
		"R of the order": der(t, n, one),
		"S of the order": der(t, one, n),
	} {
		t.Run(name, func(t *testing.T) {
			if raw, err := rawSignature(text); err == nil {
				t.Errorf("became %x", raw)
			}
		})
	}
}

// Every token has the kid in its header and the low one of the two S.
func TestTokensHaveLowSAndTheirKid(t *testing.T) {
	s := newStage(t)
	half := new(big.Int).Rsh(elliptic.P256().Params().N, 1)
	for range 20 {
		issued := s.mustTakeSecret(t, 1, "")
		seen, err := tokens.Peek(issued.Raw)
		mustDo(t, err)
		if string(seen.Header) != `{"alg":"ES256","kid":"`+issued.KeyID+`","typ":"confirmation+jwt"}` {
			t.Fatalf("header %s", seen.Header)
		}
		signature, err := base64.RawURLEncoding.DecodeString(issued.Raw[strings.LastIndexByte(issued.Raw, '.')+1:])
		mustDo(t, err)
		if len(signature) != 64 || new(big.Int).SetBytes(signature[32:]).Cmp(half) > 0 {
			t.Fatalf("%d bytes, or a high S", len(signature))
		}
	}
}

// A KMS is not believed: what it answers is looked at before a token leaves,
// and what was held for that token is free again.
func TestAKMSThatSignsWrongly(t *testing.T) {
	other := func(s *stage, t *testing.T) string {
		return s.kms.newKey(t, "alias/other", types.KeySpecEccNistP256, types.KeyUsageTypeSignVerify)
	}
	for name, bend := range map[string]func(*stage, *testing.T, *kms.SignInput, *kms.SignOutput){
		"says that another key signed": func(_ *stage, _ *testing.T, _ *kms.SignInput, out *kms.SignOutput) {
			out.KeyId = aws.String("arn:aws:kms:eu-central-1:000000000000:key/another")
		},
		"does not say which key signed": func(_ *stage, _ *testing.T, _ *kms.SignInput, out *kms.SignOutput) { out.KeyId = nil },
		"signs with another key and hides it": func(s *stage, t *testing.T, in *kms.SignInput, out *kms.SignOutput) {
			copied := *in
			copied.KeyId = aws.String(other(s, t))
			signed, err := s.kms.KMS.Sign(background, &copied)
			mustDo(t, err)
			out.Signature = signed.Signature
		},
		"answers no DER":  func(_ *stage, _ *testing.T, _ *kms.SignInput, out *kms.SignOutput) { out.Signature = []byte("signed") },
		"answers nothing": func(_ *stage, _ *testing.T, _ *kms.SignInput, out *kms.SignOutput) { out.Signature = nil },
		"answers trailing bytes": func(_ *stage, _ *testing.T, _ *kms.SignInput, out *kms.SignOutput) {
			out.Signature = append(out.Signature, 0)
		},
		"answers a damaged signature": func(_ *stage, _ *testing.T, _ *kms.SignInput, out *kms.SignOutput) { out.Signature[12] ^= 1 },
	} {
		t.Run(name, func(t *testing.T) {
			for _, spec := range []types.KeySpec{types.KeySpecEccNistP256, types.KeySpecEccNistEdwards25519} {
				if spec == types.KeySpecEccNistEdwards25519 && strings.Contains(name, "hides") {
					continue // the algorithms differ: the mock would refuse
				}
				s := newStageOf(t, spec)
				s.kms.sign = func(in *kms.SignInput, answer func() (*kms.SignOutput, error)) (*kms.SignOutput, error) {
					out, err := answer()
					mustDo(t, err)
					bend(s, t, in, out)
					return out, nil
				}
				_, err := s.take(3)
				mustFail(t, err)
				s.wantBooks(t, 0, 0)
			}
		})
	}
}

func TestSigningIsPinnedToAnARN(t *testing.T) {
	s := newStage(t)
	arn := s.Keys().List()[0].KMSKey
	s.kms.newKey(t, shelfAlias, types.KeySpecEccNistP256, types.KeyUsageTypeSignVerify) // the alias moves, nobody rotated
	s.kms.sign = func(in *kms.SignInput, answer func() (*kms.SignOutput, error)) (*kms.SignOutput, error) {
		if aws.ToString(in.KeyId) != arn {
			t.Errorf("signs with %s, not %s", aws.ToString(in.KeyId), arn)
		}
		return answer()
	}
	mustDo(t, s.relayAccepts(s.mustTake(t, 1).Raw))
}

func TestADisabledKMSKeyRefusesAndHoldsNothing(t *testing.T) {
	s := newStage(t)
	_, err := s.kms.DisableKey(background, &kms.DisableKeyInput{KeyId: aws.String(s.Keys().List()[0].KMSKey)})
	mustDo(t, err)
	_, err = s.take(3)
	mustRefuse(t, err, tokens.ServiceUnavailable)
	s.wantBooks(t, 0, 0)
}

func TestAKMSThatDoesNotAnswerHoldsNothing(t *testing.T) {
	s := newStage(t)
	s.kms.sign = func(*kms.SignInput, func() (*kms.SignOutput, error)) (*kms.SignOutput, error) {
		return nil, errors.New("timeout")
	}
	_, err := s.take(3)
	mustFail(t, err)
	s.wantBooks(t, 0, 0)
}
