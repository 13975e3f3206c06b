package issuers

import (
	"crypto/rsa"
	"crypto/x509"
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

// Any text where a letter should be: no panic, the one refusal or the letter
// that was sealed, and the KMS is asked only for what has the pinned form.
func FuzzOpen(f *testing.F) {
	k := &bentKMS{KMS: newKMS(f, types.KeySpecEccNistP256).KMS}
	asked := 0
	k.decrypt = func(in *kms.DecryptInput, answer func() (*kms.DecryptOutput, error)) (*kms.DecryptOutput, error) {
		asked++
		return answer()
	}
	s, err := NewSealer(background, "shelf", sealingAlias, k)
	if err != nil {
		f.Fatal(err)
	}
	answer, err := k.GetPublicKey(background, &kms.GetPublicKeyInput{KeyId: aws.String(sealingAlias)})
	if err != nil {
		f.Fatal(err)
	}
	public, err := x509.ParsePKIXPublicKey(answer.PublicKey)
	if err != nil {
		f.Fatal(err)
	}
	write := func(alg jose.KeyAlgorithm, enc jose.ContentEncryption, options *jose.EncrypterOptions) string {
		encrypter, err := jose.NewEncrypter(enc, jose.Recipient{Algorithm: alg, Key: public}, options)
		if err != nil {
			f.Fatal(err)
		}
		sealed, err := encrypter.Encrypt([]byte(goodLetter))
		if err != nil {
			f.Fatal(err)
		}
		text, err := sealed.CompactSerialize()
		if err != nil {
			f.Fatal(err)
		}
		return text
	}
	good := write(jose.RSA_OAEP_256, jose.A256GCM, nil)
	wrapped := pkcs1(public.(*rsa.PublicKey), make([]byte, 32))
	for _, text := range []string{
		good, "", "....", good + ".", good + "\n", write(jose.RSA_OAEP, jose.A256GCM, nil), write(jose.RSA_OAEP_256, jose.A128GCM, nil), write(jose.RSA_OAEP_256, jose.A256CBC_HS512, nil),
		write(jose.RSA_OAEP_256, jose.A256GCM, &jose.EncrypterOptions{Compression: jose.DEFLATE}),
		edit(good, func(p []string) []string { p[1] = b64(wrapped); return p }),
		edit(good, func(p []string) []string { p[1] = ""; return p }),
		edit(good, func(p []string) []string { p[0] = b64([]byte(`{"alg":"dir","enc":"A256GCM"}`)); return p }),
		edit(good, func(p []string) []string {
			p[0] = b64([]byte(`{"alg":"RSA-OAEP-256","enc":"A256GCM","zip":"DEF"}`))
			return p
		}),
		edit(good, func(p []string) []string { p[3], p[4] = p[4], p[3]; return p }),
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		asked = 0
		content, err := s.Open(background, letterRef, text)
		segments, splitErr := tokens.SplitCompact(string(text), 5)
		if asked > 0 && (splitErr != nil || tokens.StrictObject(segments[0]) != nil || len(segments[1]) != 256 || len(segments[2]) != nonceSize || len(segments[4]) != tagSize) {
			t.Fatalf("the KMS was asked about %q", text)
		}
		if err == nil {
			if asked != 1 || !json.Valid(content) {
				t.Fatalf("opened to %q", content)
			}
			if string(text) == good && string(content) != `{"pin":1}` {
				t.Fatalf("opened to %q", content)
			}
			return
		}
		var refusal *tokens.Refusal
		if content != nil || !errors.As(err, &refusal) || refusal.Reason != tokens.SealedUnreadable {
			t.Fatalf("%q and %v", content, err)
		}
		if strings.Contains(err.Error(), "pin") || refusal.Detail != "the sealed section cannot be opened for this token" {
			t.Fatalf("says more: %v", err)
		}
	})
}
