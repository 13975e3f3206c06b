// The signature: go-jose does the cryptography, with the bare key and its one
// algorithm.

package tokens

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"strings"
	"sync"

	"github.com/go-jose/go-jose/v4"
)

// Ed25519 is another name of EdDSA (RFC 9864 2.2).
const Ed25519 = "Ed25519"

// headerLimit is how many parsed headers a verifier keeps. Each key of an
// issuer has one, so a few suffice.
const headerLimit = 64

// headers keeps go-jose's parse of the header segments that came with a good
// signature. All tokens of a key share theirs, and parsing it is what most of
// a verification costs beside the curve (benchmark: 1.41 times the bare
// ecdsa.VerifyASN1 without, 1.2 with). Only verified headers enter, so nobody
// without a key can fill it.
type headers struct {
	mu     sync.RWMutex
	parsed map[string]jose.Signature
}

func (h *headers) get(segment string) (jose.Signature, bool) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	signature, ok := h.parsed[segment]
	return signature, ok
}

func (h *headers) put(segment string, signature jose.Signature) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.parsed == nil || len(h.parsed) >= headerLimit {
		h.parsed = map[string]jose.Signature{}
	}
	h.parsed[strings.Clone(segment)] = signature // a substring would pin the token
}

// checkSignature relies on the gate: the segments are canonical, so what
// go-jose encodes again is what came. Its errors echo the token, so none is
// passed on.
func (v *Verifier) checkSignature(e *Envelope) error {
	if e.verified = v.Memory.proven(e); e.verified {
		return nil
	}
	if e.alg == Ed25519 { // which go-jose does not know
		public, ok := e.key.Public.(ed25519.PublicKey)
		if !ok || len(public) != ed25519.PublicKeySize || !ed25519.Verify(public, []byte(e.raw[:strings.LastIndexByte(e.raw, '.')]), e.signature) {
			return signatureInvalid(e)
		}
		e.verified = true
		return nil
	}
	segment, _, _ := strings.Cut(e.raw, ".")
	signature, known := v.headers.get(segment)
	if !known {
		parsed, err := jose.ParseSignedCompact(e.raw, []jose.SignatureAlgorithm{e.key.Algorithm})
		if err != nil {
			return signatureInvalid(e)
		}
		signature = parsed.Signatures[0]
	}
	signature.Signature = e.signature
	signed := jose.JSONWebSignature{Signatures: []jose.Signature{signature}}
	if err := signed.DetachedVerify(e.body, e.key.Public); err != nil || !saltFits(e) {
		return signatureInvalid(e)
	}
	if !known {
		v.headers.put(segment, signature)
	}
	v.Memory.prove(e)
	e.verified = true
	return nil
}

// saltFits holds a PS256 signature to a salt as long as its hash (RFC 7518 3.5);
// go-jose takes any. Other algorithms have none.
func saltFits(e *Envelope) bool {
	public, ok := e.key.Public.(*rsa.PublicKey)
	if !ok || e.key.Algorithm != jose.PS256 {
		return true
	}
	digest := sha256.Sum256([]byte(e.raw[:strings.LastIndexByte(e.raw, '.')]))
	return rsa.VerifyPSS(public, crypto.SHA256, digest[:], e.signature, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}) == nil
}

func signatureInvalid(e *Envelope) error {
	return Refuse(SignatureInvalid, "the signature does not verify with key %s", quote(e.kid))
}
