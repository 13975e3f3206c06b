package kmsmock

// Key material: derived from the seed, and shut away in closures. A closure is the one
// Go value that no printer and no reflection can look into, so nothing in this file may
// put a private key or the seed into a field.

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	_ "embed"
	"encoding/pem"
	"errors"
	"fmt"
	"hash"
	"regexp"
	"sync"
)

// material is what can be done with a private key. sign is nil for RSA keys, decrypt for
// the others.
type material struct {
	public  func() (spki []byte, err error)      // the same bytes each time: not to be changed
	sign    func(message []byte) ([]byte, error) // P-256: a SHA-256 digest; Ed25519: the message
	decrypt func(h hash.Hash, ciphertext []byte) ([]byte, error)
}

// derivation gives n bytes for a purpose; different purposes are independent of each
// other, so that no key depends on which others were made before.
type derivation func(purpose string, n int) ([]byte, error)

// deriveFrom closes over the seed: RFC 5869 with SHA-256, no salt, the purpose as info.
func deriveFrom(seed []byte) derivation {
	seed = bytes.Clone(seed)
	return func(purpose string, n int) ([]byte, error) {
		return hkdf.Key(sha256.New, seed, nil, "tokenshell/kmsmock/1/"+purpose, n)
	}
}

// uuid is shaped like a random UUID (RFC 9562 5.4), as key ids are.
func (d derivation) uuid(spec string, n int) (string, error) {
	b, err := d(fmt.Sprintf("id/%s/%d", spec, n), 16)
	if err != nil {
		return "", err
	}
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:]), nil
}

var uuidShape = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`) })

func isUUID(id string) bool { return uuidShape().MatchString(id) }

// generateP256 takes the next 32 bytes when some are not a scalar of the curve, which
// happens once in 2^32 times (FIPS 186-5 A.2.2, rejection sampling). A derivation that
// never gives one is broken.
func generateP256(derive derivation, n int) (material, error) {
	for try := range 16 {
		raw, err := derive(fmt.Sprintf("p256/%d/%d", n, try), 32)
		if err != nil {
			return material{}, err
		}
		private, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), raw)
		if err == nil {
			return p256Material(private), nil
		}
	}
	return material{}, errors.New("no P-256 scalar derived")
}

// p256Material signs by RFC 6979, which is what the standard library does without a
// source of randomness.
func p256Material(private *ecdsa.PrivateKey) material {
	return material{
		public: sync.OnceValues(func() ([]byte, error) { return x509.MarshalPKIXPublicKey(&private.PublicKey) }),
		sign:   func(digest []byte) ([]byte, error) { return private.Sign(nil, digest, crypto.SHA256) },
	}
}

func generateEd25519(derive derivation, n int) (material, error) {
	seed, err := derive(fmt.Sprintf("ed25519/%d", n), ed25519.SeedSize)
	if err != nil {
		return material{}, err
	}
	private := ed25519.NewKeyFromSeed(seed)
	return material{
		public: func() ([]byte, error) { return x509.MarshalPKIXPublicKey(private.Public()) },
		sign:   func(message []byte) ([]byte, error) { return ed25519.Sign(private, message), nil },
	}, nil
}

//go:embed mock-rsa-2048.pem
var mockRSAPEM []byte

// mockRSA parses the embedded key when it is first used, once in a process.
var mockRSA = sync.OnceValues(func() (*rsa.PrivateKey, error) {
	block, _ := pem.Decode(mockRSAPEM)
	if block == nil {
		return nil, errors.New("mock-rsa-2048.pem: no PEM block")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	private, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return nil, errors.New("mock-rsa-2048.pem: no RSA key")
	}
	return private, nil
})

func rsaMaterial() material {
	return material{
		public: func() ([]byte, error) {
			private, err := mockRSA()
			if err != nil {
				return nil, err
			}
			return x509.MarshalPKIXPublicKey(&private.PublicKey)
		},
		decrypt: func(h hash.Hash, ciphertext []byte) ([]byte, error) {
			private, err := mockRSA()
			if err != nil {
				return nil, err
			}
			return rsa.DecryptOAEP(h, nil, private, ciphertext, nil)
		},
	}
}
