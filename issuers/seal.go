// Sealing: what only the issuer may read travels as JWE (RFC 7516), its key
// wrapped for a key pair in the KMS.

package issuers

import (
	"bytes"
	"context"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/go-jose/go-jose/v4"

	"tokenshell/tokens"
)

// Sealer seals and opens for one service, with RSA-OAEP-256 and A256GCM and
// nothing else.
type Sealer struct {
	service string
	keyID   string
	kms     KMSService
	encrypt jose.Encrypter
	wrapped int // bytes of a wrapped content key

	mu      sync.Mutex
	letters map[[sha256.Size]byte][]byte // what was sealed, by what it was sealed from
	oldest  [][sha256.Size]byte          // of them, in their order
	opened  map[string]opened            // what was opened, by its text; nil when nothing is remembered
}

// mostLetters is how many letters a sealer remembers.
const mostLetters = 4096

// NewSealer makes a sealer over the RSA key behind alias.
func NewSealer(ctx context.Context, service, alias string, k KMSService) (*Sealer, error) {
	answer, err := k.GetPublicKey(ctx, &kms.GetPublicKeyInput{KeyId: &alias})
	if err != nil {
		return nil, kmsError(service, "get the sealing key", err)
	}
	parsed, err := x509.ParsePKIXPublicKey(answer.PublicKey)
	if err != nil {
		return nil, fmt.Errorf("the KMS answered with no public key: %w", err)
	}
	public, ok := parsed.(*rsa.PublicKey)
	if !ok {
		return nil, fmt.Errorf("%s is not an RSA key", alias)
	}
	encrypter, err := jose.NewEncrypter(jose.A256GCM, jose.Recipient{Algorithm: jose.RSA_OAEP_256, Key: public}, nil)
	if err != nil {
		return nil, err
	}
	return &Sealer{service: service, keyID: aws.ToString(answer.KeyId), kms: k, encrypt: encrypter, wrapped: public.Size(), letters: map[[sha256.Size]byte][]byte{}}, nil
}

// sealedContent is what is sealed: the content, bound to its token.
type sealedContent struct {
	Issuer  string          `json:"iss"`
	ID      string          `json:"jti"`
	Order   string          `json:"order_processing_id"`
	Content json.RawMessage `json:"content"`
}

// Seal gives content as a compact JWE that belongs to the token ref. The same for
// the same token, which comes again when a world is restored, is the same text: a
// sealer remembers its letters, beyond any restoring. They can't follow from the
// world's seed as everything else does, for go-jose takes the content key, the
// nonce and the padding from crypto/rand, by way of an unexported variable of the
// package (randReader, v4.1.9); and even one that could be set would be shared by
// all worlds of the process. What remembers is bounded: a letter that was
// forgotten is sealed anew.
func (s *Sealer) Seal(ref tokens.Ref, content any) ([]byte, error) {
	inside, err := json.Marshal(content)
	if err != nil {
		return nil, err
	}
	plain, err := json.Marshal(sealedContent{ref.Issuer, ref.ID, ref.Order, inside})
	if err != nil {
		return nil, err
	}
	from := sha256.Sum256(plain) // the key is the sealer's one
	if letter, again := s.recall(from); again {
		return letter, nil
	}
	sealed, err := s.encrypt.Encrypt(plain)
	if err != nil {
		return nil, err
	}
	text, err := sealed.CompactSerialize()
	if err != nil {
		return nil, err
	}
	return s.remember(from, []byte(text)), nil
}

func (s *Sealer) recall(from [sha256.Size]byte) (letter []byte, again bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	letter, again = s.letters[from]
	return letter, again
}

// remember keeps a letter, and gives the one that is kept; the oldest leaves for
// it.
func (s *Sealer) remember(from [sha256.Size]byte, letter []byte) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	if first, again := s.letters[from]; again { // somebody was faster
		return first
	}
	if len(s.oldest) == mostLetters {
		delete(s.letters, s.oldest[0])
		s.oldest = s.oldest[1:]
	}
	s.letters[from], s.oldest = letter, append(s.oldest, from)
	return letter
}

// The sizes of A256GCM, in bytes (RFC 7518 5.3). go-jose lets a tag be longer
// and takes what is over from the ciphertext, and a KMS asked to unwrap no key
// finds fault with the request: both make a sealed section that nobody can open.
const (
	nonceSize = 12
	tagSize   = 16
)

// sealedHeader is the one header that a sealed section may have.
var sealedHeader = map[string]string{"alg": string(jose.RSA_OAEP_256), "enc": string(jose.A256GCM)}

// Open gives what Seal sealed for the token ref. Whatever is wrong with it,
// the refusal is sealed_unreadable and says no more (RFC 7516 11.5); a KMS
// that does not answer is a failure.
func (s *Sealer) Open(ctx context.Context, ref tokens.Ref, sealed []byte) (json.RawMessage, error) {
	unwrap := &kmsUnwrapper{ctx: ctx, sealer: s}
	got, err := s.open(unwrap, sealed)
	switch {
	case unwrap.failed != nil:
		return nil, unwrap.failed
	case err != nil || (tokens.Ref{Issuer: got.Issuer, ID: got.ID, Order: got.Order}) != ref:
		return nil, tokens.Refuse(tokens.SealedUnreadable, "the sealed section cannot be opened for this token")
	}
	return got.Content, nil
}

var errUnreadable = errors.New("it cannot be read")

// open opens a letter. One that was opened before is not read again, but its key is
// asked for, and must be the same.
func (s *Sealer) open(unwrap *kmsUnwrapper, sealed []byte) (got sealedContent, err error) {
	if before, again := s.before(sealed); again {
		key, err := unwrap.DecryptKey(before.wrapped, jose.Header{})
		if err == nil && !bytes.Equal(key, before.key) {
			err = errUnreadable
		}
		return before.content, err
	}
	segments, err := tokens.SplitCompact(string(sealed), 5)
	if err != nil || tokens.StrictObject(segments[0]) != nil {
		return got, errUnreadable
	}
	if len(segments[1]) != s.wrapped || len(segments[2]) != nonceSize || len(segments[4]) != tagSize {
		return got, errUnreadable
	}
	var header map[string]any
	if json.Unmarshal(segments[0], &header) != nil || len(header) != len(sealedHeader) {
		return got, errUnreadable
	}
	for name, value := range sealedHeader {
		if header[name] != value {
			return got, errUnreadable
		}
	}
	parsed, err := jose.ParseEncryptedCompact(string(sealed), []jose.KeyAlgorithm{jose.RSA_OAEP_256}, []jose.ContentEncryption{jose.A256GCM})
	if err != nil {
		return got, err
	}
	plain, err := parsed.Decrypt(unwrap)
	if err != nil || tokens.StrictObject(plain) != nil || json.Unmarshal(plain, &got) != nil {
		return got, errUnreadable
	}
	s.note(sealed, opened{segments[1], unwrap.key, got})
	return got, nil
}

// opened is a letter that was opened, and by which key.
type opened struct {
	wrapped, key []byte
	content      sealedContent
}

func (s *Sealer) before(sealed []byte) (o opened, again bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, again = s.opened[string(sealed)]
	return o, again
}

func (s *Sealer) note(sealed []byte, o opened) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.opened == nil {
		return
	}
	if len(s.opened) >= mostLetters {
		clear(s.opened)
	}
	s.opened[string(sealed)] = o
}

// kmsUnwrapper has the KMS unwrap a content key. It carries a context, which go-jose
// does not pass, and the cause, which it wraps in nothing.
type kmsUnwrapper struct {
	ctx    context.Context
	sealer *Sealer
	key    []byte // the last that was unwrapped
	failed error  // set when the KMS could not or would not work at all
}

// DecryptKey unwraps; see [jose.OpaqueKeyDecrypter].
func (u *kmsUnwrapper) DecryptKey(wrapped []byte, _ jose.Header) ([]byte, error) {
	out, err := u.sealer.kms.Decrypt(u.ctx, &kms.DecryptInput{
		KeyId: &u.sealer.keyID, CiphertextBlob: wrapped, EncryptionAlgorithm: types.EncryptionAlgorithmSpecRsaesOaepSha256,
	})
	if err == nil {
		u.key = out.Plaintext
		return out.Plaintext, nil
	}
	if invalid := new(types.InvalidCiphertextException); !errors.As(err, &invalid) {
		u.failed = kmsError(u.sealer.service, "open the sealed section", err)
	}
	return nil, errors.New("not unwrapped")
}
