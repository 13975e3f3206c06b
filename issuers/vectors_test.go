// Wycheproof and the examples of the RFCs: what is encrypted. What is signed
// stands in tokens/wycheproof_test.go and tokens/rfc_test.go.

package issuers

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"math/big"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/go-jose/go-jose/v4"

	"tokenshell/tokens"
)

func readVectors(t *testing.T, name string, to any) {
	t.Helper()
	text, err := os.ReadFile("../testdata/" + name)
	mustDo(t, err)
	mustDo(t, json.Unmarshal(text, to))
}

// foreignKMS answers with one RSA key of a vector, and keeps what it unwraps.
type foreignKMS struct {
	*bentKMS
	asked     int
	unwrapped []byte
}

func sealerOver(t *testing.T, private *rsa.PrivateKey) (*Sealer, *foreignKMS) {
	t.Helper()
	k := &foreignKMS{bentKMS: &bentKMS{}}
	spki, err := x509.MarshalPKIXPublicKey(&private.PublicKey)
	mustDo(t, err)
	k.public = func(*kms.GetPublicKeyInput, func() (*kms.GetPublicKeyOutput, error)) (*kms.GetPublicKeyOutput, error) {
		return &kms.GetPublicKeyOutput{KeyId: aws.String("vector"), PublicKey: spki}, nil
	}
	k.decrypt = func(in *kms.DecryptInput, _ func() (*kms.DecryptOutput, error)) (*kms.DecryptOutput, error) {
		k.asked++
		key, err := rsa.DecryptOAEP(sha256.New(), nil, private, in.CiphertextBlob, nil)
		if err != nil {
			return nil, &types.InvalidCiphertextException{}
		}
		k.unwrapped = key
		return &kms.DecryptOutput{Plaintext: key}, nil
	}
	s, err := NewSealer(background, "shelf", sealingAlias, k)
	mustDo(t, err)
	return s, k
}

// opens reports whether the sealer opens the JWE. What a vector holds is no
// letter, so Open refuses it in the end: whether it came that far shows in
// the KMS having unwrapped a content key, in the tag, and in a letter put
// under the same header, wrapped key and nonce, which must open.
func opens(t *testing.T, private *rsa.PrivateKey, text string) (plain []byte, ok bool) {
	t.Helper()
	s, k := sealerOver(t, private)
	_, err := s.Open(background, letterRef, []byte(text))
	mustRefuse(t, err, tokens.SealedUnreadable)
	if k.unwrapped == nil {
		return nil, false
	}
	parts := strings.Split(text, ".")
	block, err := aes.NewCipher(k.unwrapped)
	mustDo(t, err)
	gcm, err := cipher.NewGCM(block)
	mustDo(t, err)
	nonce := unb64(parts[2])
	plain, err = gcm.Open(nil, nonce, append(unb64(parts[3]), unb64(parts[4])...), []byte(parts[0]))
	if err != nil {
		return nil, false
	}
	letter := gcm.Seal(nil, nonce, []byte(goodLetter), []byte(parts[0]))
	parts[3], parts[4] = b64(letter[:len(letter)-tagSize]), b64(letter[len(letter)-tagSize:])
	if _, err := s.Open(background, letterRef, []byte(strings.Join(parts, "."))); err != nil {
		t.Errorf("a letter in its place: %v", err)
	}
	return plain, true
}

// A valid case is accepted when it is RSA-OAEP-256 with A256GCM, under a key
// for that; an invalid one never. No case needs a waiver.
func TestWycheproofEncryption(t *testing.T) {
	own, err := rsa.GenerateKey(rand.Reader, 2048)
	mustDo(t, err)
	total := 0
	t.Logf("%-31s %5s %8s %7s %6s", "file", "cases", "accepted", "refused", "waived")
	for _, name := range []string{"json_web_encryption_test.json", "json_web_crypto_test.json"} {
		var file struct {
			Groups []struct {
				Comment string          `json:"comment"`
				Private json.RawMessage `json:"private"`
				Cases   []struct {
					ID        int             `json:"tcId"`
					Comment   string          `json:"comment"`
					Result    string          `json:"result"`
					Plaintext string          `json:"pt"`
					JWE       json.RawMessage `json:"jwe"`
				} `json:"tests"`
			} `json:"testGroups"`
		}
		readVectors(t, "wycheproof/"+name, &file)
		var cases, accepted, asked int
		for _, group := range file.Groups {
			var key jose.JSONWebKey
			private := own // another kind of key makes no sealer at all
			if err := key.UnmarshalJSON(group.Private); err == nil {
				if of, ok := key.Key.(*rsa.PrivateKey); ok {
					private = of
				}
			}
			for _, c := range group.Cases {
				if c.JWE == nil {
					continue
				}
				cases++
				text := string(c.JWE)
				_ = json.Unmarshal(c.JWE, &text) // a string, or the JSON itself
				plain, ok := opens(t, private, text)
				header, _, _ := strings.Cut(text, ".")
				pinned := header == b64([]byte(`{"alg":"RSA-OAEP-256","enc":"A256GCM"}`)) && key.Algorithm == string(jose.RSA_OAEP_256)
				if want := c.Result == "valid" && pinned; want != ok {
					t.Errorf("%s tc%d %s (%s, %s): accepted %v", name, c.ID, c.Comment, group.Comment, c.Result, ok)
				}
				if pinned {
					asked++
				}
				if ok {
					accepted++
					if hex.EncodeToString(plain) != c.Plaintext {
						t.Errorf("%s tc%d: opened to %x", name, c.ID, plain)
					}
				}
			}
		}
		total += cases
		t.Logf("%-31s %5d %8d %7d %6d  (%d with the pinned header)", name, cases, accepted, cases-accepted, 0, asked)
	}
	if total != 173 { // of 649; the other 476 are signed
		t.Errorf("%d cases, want 173", total)
	}
}

// Only one case of Wycheproof has the pinned algorithms. So here its attacks
// on others are made on them.
func TestWycheproofsAttacksOnThePinnedAlgorithms(t *testing.T) {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	mustDo(t, err)
	encrypter, err := jose.NewEncrypter(jose.A256GCM, jose.Recipient{Algorithm: jose.RSA_OAEP_256, Key: &private.PublicKey}, nil)
	mustDo(t, err)
	sealed, err := encrypter.Encrypt([]byte(goodLetter))
	mustDo(t, err)
	good, err := sealed.CompactSerialize()
	mustDo(t, err)
	if plain, ok := opens(t, private, good+"."); ok || plain != nil {
		t.Error("six segments open")
	}
	segment := func(n int, change func([]byte) []byte) string {
		return edit(good, func(p []string) []string { p[n] = b64(change(unb64(p[n]))); return p })
	}
	flip := func(at int) func([]byte) []byte {
		return func(b []byte) []byte { b[(at+len(b))%len(b)] ^= 1; return b }
	}
	cut := func(n int) func([]byte) []byte { return func(b []byte) []byte { return b[:len(b)-n] } }
	long := func(b []byte) []byte { return append(b, 0) }
	none := func([]byte) []byte { return nil }
	wrap := func(content []byte) func([]byte) []byte { // PKCS #1 v1.5 where OAEP belongs
		return func([]byte) []byte { return pkcs1(&private.PublicKey, content) }
	}
	raise := func(b []byte) []byte { // c + n is the same residue, one byte longer at most
		return new(big.Int).Add(new(big.Int).SetBytes(b), private.N).Bytes()
	}
	for name, text := range map[string]string{
		"rejectsModifiedAuthenticationTag": segment(4, flip(0)), "rejectsModifiedAuthenticationTagAtEnd": segment(4, flip(-1)),
		"rejectsAuthenticationTagTooLong": segment(4, long), "rejectsTruncatedAuthenticationTagBy1Byte": segment(4, cut(1)),
		"rejectsTruncatedAuthenticationTagBy4Byte": segment(4, cut(4)), "rejectsTruncatedAuthenticationTagBy8Byte": segment(4, cut(8)),
		"rejectsMissingAuthenticationTag": segment(4, none), "rejectsMissingAuthenticationTagAndSeparator": good[:strings.LastIndexByte(good, '.')],
		"rejectsModifiedCiphertext": segment(3, flip(3)), "rejectsMissingCiphertext": segment(3, none),
		"rejectsModifiedIv": segment(2, flip(0)), "rejectsMissingIv": segment(2, none), "IV too long": segment(2, long),
		"rejectsModifiedEncryptedKey": segment(1, flip(9)), "rejectsMissingEncryptedKey": segment(1, none),
		"encrypted key of zeros": segment(1, func(b []byte) []byte { return make([]byte, len(b)) }), "encrypted key not reduced": segment(1, raise),
		"rejectsModifiedHeader": segment(0, func(b []byte) []byte { return append([]byte(" "), b...) }), "rejectsMissingHeader": segment(0, none),
		"rejectsValidJsonSerialization": sealed.FullSerialize(),
		"InvalidPkcs15Padding":          segment(1, wrap(make([]byte, 32))), "InvalidPkcs15PaddingWithEmptyMessage": segment(1, wrap(nil)),
		"wrongMessageSize": segment(1, wrap(make([]byte, 24))),
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := sealerOver(t, private)
			_, err := s.Open(background, letterRef, []byte(text))
			mustRefuse(t, err, tokens.SealedUnreadable)
			_, err = s.Open(background, letterRef, []byte(good))
			mustDo(t, err)
		})
	}
	// A content key of another size, properly wrapped.
	for _, size := range []int{0, 1, 16, 24, 31, 33, 64} {
		s, _ := sealerOver(t, private)
		_, err := s.Open(background, letterRef, []byte(segment(1, func([]byte) []byte {
			wrapped, err := rsa.EncryptOAEP(sha256.New(), rand.Reader, &private.PublicKey, make([]byte, size), nil)
			mustDo(t, err)
			return wrapped
		})))
		mustRefuse(t, err, tokens.SealedUnreadable)
	}
}

// pkcs1 wraps by PKCS #1 v1.5, which crypto/rsa rightly calls dangerous.
func pkcs1(public *rsa.PublicKey, content []byte) []byte {
	padded := append([]byte{0, 2}, bytes.Repeat([]byte{7}, public.Size()-3-len(content))...)
	padded = append(append(padded, 0), content...)
	c := new(big.Int).Exp(new(big.Int).SetBytes(padded), big.NewInt(int64(public.E)), public.N)
	return c.FillBytes(make([]byte, public.Size()))
}

// The encrypted examples are genuine, and of other algorithms than ours.
func TestEncryptedExamplesOfTheRFCsAreRefused(t *testing.T) {
	own, err := rsa.GenerateKey(rand.Reader, 2048)
	mustDo(t, err)
	for file, want := range map[string]string{"rfc7516.json": "A.1 A.2 A.3 A.4 A.5 ", "rfc7520.json": "5.1 5.2 5.4 5.5 5.6 5.7 5.8 5.9 "} {
		var rows []struct {
			Section, Alg, Enc, Plaintext, Text string
			Key                                json.RawMessage
		}
		readVectors(t, "rfc/"+file, &rows)
		sections := ""
		for _, x := range rows {
			if x.Enc == "" {
				continue
			}
			sections += x.Section + " "
			t.Run(file+" "+x.Section, func(t *testing.T) {
				private := own
				key := vectorKey(t, x.Key)
				if of, ok := key.(*rsa.PrivateKey); ok {
					private = of
				}
				algs := []jose.KeyAlgorithm{jose.KeyAlgorithm(x.Alg), jose.RSA1_5}
				parse := jose.ParseEncryptedCompact
				if strings.HasPrefix(x.Text, "{") {
					parse = jose.ParseEncryptedJSON
				}
				parsed, err := parse(x.Text, algs, []jose.ContentEncryption{jose.ContentEncryption(x.Enc)})
				mustDo(t, err)
				_, _, plain, err := parsed.DecryptMulti(key)
				if err != nil || string(plain) != x.Plaintext {
					t.Fatalf("not genuine: %q, %v", plain, err)
				}
				s, k := sealerOver(t, private)
				_, err = s.Open(background, letterRef, []byte(x.Text))
				mustRefuse(t, err, tokens.SealedUnreadable)
				if k.asked != 0 {
					t.Error("the KMS was asked")
				}
			})
		}
		if sections != want {
			t.Errorf("%s: sections %s", file, sections)
		}
	}
}

// vectorKey reads a private JWK; also one of RFC 7516, without its primes.
func vectorKey(t *testing.T, text []byte) any {
	t.Helper()
	var key jose.JSONWebKey
	if key.UnmarshalJSON(text) == nil {
		return key.Key
	}
	var raw struct{ N, E, D string }
	mustDo(t, json.Unmarshal(text, &raw))
	number := func(s string) *big.Int { return new(big.Int).SetBytes(unb64(s)) }
	return &rsa.PrivateKey{PublicKey: rsa.PublicKey{N: number(raw.N), E: int(number(raw.E).Int64())}, D: number(raw.D)}
}
