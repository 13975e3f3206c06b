package issuers

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/go-jose/go-jose/v4"

	"tokenshell/tokens"
)

var letterRef = tokens.Ref{Issuer: "shelf.svc", ID: "cpt_1", Order: "op_1"}

func newSealer(t *testing.T) (*Sealer, *bentKMS) {
	t.Helper()
	k := newKMS(t, types.KeySpecEccNistP256)
	s, err := NewSealer(background, "shelf", sealingAlias, k)
	mustDo(t, err)
	return s, k
}

// encrypt is what anybody with the public key can do: seal what they like.
func encrypt(t *testing.T, k *bentKMS, alg jose.KeyAlgorithm, enc jose.ContentEncryption, plain string, options *jose.EncrypterOptions) string {
	t.Helper()
	answer, err := k.GetPublicKey(background, &kms.GetPublicKeyInput{KeyId: aws.String(sealingAlias)})
	mustDo(t, err)
	public, err := x509.ParsePKIXPublicKey(answer.PublicKey)
	mustDo(t, err)
	encrypter, err := jose.NewEncrypter(enc, jose.Recipient{Algorithm: alg, Key: public}, options)
	mustDo(t, err)
	sealed, err := encrypter.Encrypt([]byte(plain))
	mustDo(t, err)
	text, err := sealed.CompactSerialize()
	mustDo(t, err)
	return text
}

const goodLetter = `{"iss":"shelf.svc","jti":"cpt_1","order_processing_id":"op_1","content":{"pin":1}}`

func TestWhatIsSealedOpensAgain(t *testing.T) {
	s, k := newSealer(t)
	sealed, err := s.Seal(letterRef, map[string]int{"pin": 1})
	mustDo(t, err)
	opened, err := s.Open(background, letterRef, sealed)
	mustDo(t, err)
	if string(opened) != `{"pin":1}` {
		t.Errorf("opened %s", opened)
	}
	// The forgeries below differ from this in one thing each.
	control := encrypt(t, k, jose.RSA_OAEP_256, jose.A256GCM, goodLetter, nil)
	if _, err := s.Open(background, letterRef, []byte(control)); err != nil {
		t.Errorf("the control: %v", err)
	}
}

func TestSealingTheUnwritable(t *testing.T) {
	s, _ := newSealer(t)
	if _, err := s.Seal(letterRef, func() {}); err == nil {
		t.Error("sealed")
	}
}

func TestALetterOpensForItsTokenOnly(t *testing.T) {
	s, _ := newSealer(t)
	sealed, err := s.Seal(letterRef, 1)
	mustDo(t, err)
	for name, ref := range map[string]tokens.Ref{
		"another jti":    {Issuer: "shelf.svc", ID: "cpt_2", Order: "op_1"},
		"another issuer": {Issuer: "coupons.svc", ID: "cpt_1", Order: "op_1"},
		"another order":  {Issuer: "shelf.svc", ID: "cpt_1", Order: "op_2"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := s.Open(background, ref, sealed)
			mustRefuse(t, err, tokens.SealedUnreadable)
		})
	}
}

// edit gives a compact text with its segments changed.
func edit(text string, change func(segments []string) []string) string {
	return strings.Join(change(strings.Split(text, ".")), ".")
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func unb64(s string) []byte {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}

func TestATamperedLetterIsUnreadable(t *testing.T) {
	s, k := newSealer(t)
	good := encrypt(t, k, jose.RSA_OAEP_256, jose.A256GCM, goodLetter, nil)
	header := func(text string) string {
		return edit(good, func(p []string) []string { p[0] = b64([]byte(text)); return p })
	}
	segment := func(n int, change func([]byte) []byte) string {
		return edit(good, func(p []string) []string { p[n] = b64(change(unb64(p[n]))); return p })
	}
	flip := func(b []byte) []byte { b[len(b)/2] ^= 1; return b }
	shorter := func(b []byte) []byte { return b[:len(b)-1] }
	longer := func(b []byte) []byte { return append(b, 0) }
	none := func([]byte) []byte { return nil }
	plain := func(text string) string { return encrypt(t, k, jose.RSA_OAEP_256, jose.A256GCM, text, nil) }
	zip := func() string {
		return encrypt(t, k, jose.RSA_OAEP_256, jose.A256GCM, goodLetter, &jose.EncrypterOptions{Compression: jose.DEFLATE})
	}
	for name, sealed := range map[string]string{
		"compressed":          zip(),
		"another content enc": encrypt(t, k, jose.RSA_OAEP_256, jose.A128GCM, goodLetter, nil),
		"CBC":                 encrypt(t, k, jose.RSA_OAEP_256, jose.A256CBC_HS512, goodLetter, nil),
		"another key alg":     encrypt(t, k, jose.RSA_OAEP, jose.A256GCM, goodLetter, nil),
		"RSA1_5":              encrypt(t, k, jose.RSA1_5, jose.A256GCM, goodLetter, nil),
		"an extra member": encrypt(t, k, jose.RSA_OAEP_256, jose.A256GCM, goodLetter,
			(&jose.EncrypterOptions{}).WithContentType("JWT")),
		"a kid": encrypt(t, k, jose.RSA_OAEP_256, jose.A256GCM, goodLetter,
			&jose.EncrypterOptions{ExtraHeaders: map[jose.HeaderKey]any{"kid": "1"}}),

		"header of dir":       header(`{"alg":"dir","enc":"A256GCM"}`),
		"header without enc":  header(`{"alg":"RSA-OAEP-256"}`),
		"header with zip":     header(`{"alg":"RSA-OAEP-256","enc":"A256GCM","zip":"DEF"}`),
		"header that is none": header(`"RSA-OAEP-256"`),
		"header with a twin":  header(`{"alg":"RSA-OAEP-256","enc":"A256GCM","enc":"A256GCM"}`),
		"header of numbers":   header(`{"alg":1,"enc":2}`),
		"header with space":   header(`{"alg":"RSA-OAEP-256","enc":"A256GCM" }`),

		"a flipped key":        segment(1, flip),
		"a shorter key":        segment(1, shorter),
		"a longer key":         segment(1, longer),
		"no key":               segment(1, none),
		"an enormous key":      segment(1, func([]byte) []byte { return make([]byte, 7000) }),
		"a flipped nonce":      segment(2, flip),
		"a shorter nonce":      segment(2, shorter),
		"no nonce":             segment(2, none),
		"a flipped ciphertext": segment(3, flip),
		"a shorter ciphertext": segment(3, shorter),
		"no ciphertext":        segment(3, none),
		"a flipped tag":        segment(4, flip),
		"a truncated tag":      segment(4, shorter),
		"a tag of 12 bytes":    segment(4, func(b []byte) []byte { return b[:12] }),
		"a longer tag":         segment(4, longer),
		"no tag":               segment(4, none),
		"a byte moved into the tag": edit(good, func(p []string) []string {
			text, tag := unb64(p[3]), unb64(p[4])
			p[3], p[4] = b64(text[:len(text)-1]), b64(append(text[len(text)-1:len(text):len(text)], tag...))
			return p
		}),

		"four segments":       edit(good, func(p []string) []string { return p[:4] }),
		"six segments":        good + ".",
		"five empty segments": "....",
		"nothing":             "",
		"a line break":        edit(good, func(p []string) []string { p[3] = p[3][:4] + "\n" + p[3][4:]; return p }),
		"padding":             good + "=",
		"two swapped":         edit(good, func(p []string) []string { p[2], p[4] = p[4], p[2]; return p }),

		"content that is not an object": plain(`"sesame"`),
		"content of another jti":        plain(strings.Replace(goodLetter, "cpt_1", "cpt_2", 1)),
		"content with a twin":           plain(strings.Replace(goodLetter, `"jti"`, `"jti":"cpt_2","jti"`, 1)),
		"content with trailing text":    plain(goodLetter + "{}"),
		"content of numbers":            plain(strings.Replace(goodLetter, `"cpt_1"`, "1", 1)),
		"content without a binding":     plain(`{"content":{"pin":1}}`),
	} {
		t.Run(name, func(t *testing.T) {
			opened, err := s.Open(background, letterRef, []byte(sealed))
			mustRefuse(t, err, tokens.SealedUnreadable)
			if opened != nil {
				t.Errorf("opened %s", opened)
			}
		})
	}
}

// The mock has one RSA key only, so the other service's is made here.
func TestALetterForAnotherServiceIsUnreadable(t *testing.T) {
	s, k := newSealer(t)
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	mustDo(t, err)
	der, err := x509.MarshalPKIXPublicKey(&private.PublicKey)
	mustDo(t, err)
	k.public = func(_ *kms.GetPublicKeyInput, answer func() (*kms.GetPublicKeyOutput, error)) (*kms.GetPublicKeyOutput, error) {
		out, err := answer()
		out.PublicKey = der
		return out, err
	}
	other, err := NewSealer(background, "other", sealingAlias, k)
	mustDo(t, err)
	sealed, err := other.Seal(letterRef, 1)
	mustDo(t, err)
	_, err = s.Open(background, letterRef, sealed)
	mustRefuse(t, err, tokens.SealedUnreadable)
}

// A KMS that does not work says nothing about the letter.
func TestAKMSThatDoesNotDecrypt(t *testing.T) {
	s, k := newSealer(t)
	sealed, err := s.Seal(letterRef, 1)
	mustDo(t, err)
	answer := func(err error) {
		k.decrypt = func(*kms.DecryptInput, func() (*kms.DecryptOutput, error)) (*kms.DecryptOutput, error) {
			return nil, err
		}
	}
	answer(errors.New("timeout"))
	_, err = s.Open(background, letterRef, sealed)
	mustFail(t, err)
	answer(&types.KeyUnavailableException{})
	_, err = s.Open(background, letterRef, sealed)
	mustFail(t, err)
	answer(&types.DisabledException{})
	_, err = s.Open(background, letterRef, sealed)
	mustRefuse(t, err, tokens.ServiceUnavailable)
	answer(&types.InvalidCiphertextException{})
	_, err = s.Open(background, letterRef, sealed)
	mustRefuse(t, err, tokens.SealedUnreadable)
}

func TestAKMSThatUnwrapsAnotherKey(t *testing.T) {
	s, k := newSealer(t)
	sealed, err := s.Seal(letterRef, 1)
	mustDo(t, err)
	for name, plaintext := range map[string][]byte{"another": make([]byte, 32), "a short one": make([]byte, 16), "none": nil} {
		t.Run(name, func(t *testing.T) {
			k.decrypt = func(*kms.DecryptInput, func() (*kms.DecryptOutput, error)) (*kms.DecryptOutput, error) {
				return &kms.DecryptOutput{Plaintext: plaintext}, nil
			}
			_, err := s.Open(background, letterRef, sealed)
			mustRefuse(t, err, tokens.SealedUnreadable)
		})
	}
}

func TestOpeningIsGivenUpWithItsContext(t *testing.T) {
	s, _ := newSealer(t)
	sealed, err := s.Seal(letterRef, 1)
	mustDo(t, err)
	ctx, cancel := context.WithCancel(background)
	cancel()
	if _, err := s.Open(ctx, letterRef, sealed); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestASealerNeedsAnRSAKey(t *testing.T) {
	k := newKMS(t, types.KeySpecEccNistP256)
	if _, err := NewSealer(background, "shelf", shelfAlias, k); err == nil {
		t.Error("an EC key seals")
	}
	_, err := NewSealer(background, "shelf", "alias/nobody", k)
	mustRefuse(t, err, tokens.ServiceUnavailable)
	k.public = func(_ *kms.GetPublicKeyInput, answer func() (*kms.GetPublicKeyOutput, error)) (*kms.GetPublicKeyOutput, error) {
		out, err := answer()
		out.PublicKey = nil
		return out, err
	}
	if _, err := NewSealer(background, "shelf", sealingAlias, k); err == nil {
		t.Error("no key seals")
	}
}

func TestAnIssuerOpensItsOwnLetters(t *testing.T) {
	s := newStage(t)
	issued := s.mustTake(t, 1)
	seen, err := tokens.Peek(issued.Raw)
	mustDo(t, err)
	var payload struct{ Sealed string }
	mustDo(t, json.Unmarshal(seen.Payload, &payload))
	opened, err := s.Open(background, issued.Ref, []byte(payload.Sealed))
	mustDo(t, err)
	if string(opened) != `"sesame"` {
		t.Errorf("opened %s", opened)
	}
	if strings.Contains(issued.Raw+string(seen.Payload), "sesame") {
		t.Error("the secret travels open")
	}
}
