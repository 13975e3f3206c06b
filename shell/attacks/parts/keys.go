// Keys: those that hostile tokens are signed with.

package parts

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"math/big"

	"tokenshell/shell/attacks/bends"
)

// AttackerKey derives the attacker's own key from a seed.
func AttackerKey(seed uint64) (*ecdsa.PrivateKey, error) {
	for n := range uint64(100) {
		text := binary.BigEndian.AppendUint64([]byte("the attacker's key"), seed)
		sum := sha256.Sum256(binary.BigEndian.AppendUint64(text, n))
		if key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), sum[:]); err == nil {
			return key, nil
		}
	}
	return nil, errors.New("the seed gives no key")
}

// Sign signs with a private key. The signature is R||S (RFC 7518 3.4),
// and always the same for the same input (RFC 6979).
func Sign(key *ecdsa.PrivateKey, input string) ([]byte, error) {
	digest := sha256.Sum256([]byte(input))
	der, err := key.Sign(nil, digest[:], crypto.SHA256)
	if err != nil {
		return nil, err
	}
	var rs struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &rs); err != nil {
		return nil, err
	}
	return bends.Join(rs.R, rs.S), nil
}

// JWK writes an EC public key as a JWK (RFC 7518 6.2).
func JWK(public *ecdsa.PublicKey) (string, error) {
	point, err := public.Bytes() // 4, then X, then Y
	if err != nil {
		return "", err
	}
	half := len(point) / 2
	b64 := base64.RawURLEncoding.EncodeToString
	return fmt.Sprintf(`{"kty":"EC","crv":"P-256","x":"%s","y":"%s"}`, b64(point[1:1+half]), b64(point[1+half:])), nil
}

// JWKOf writes an EC public key, given as SPKI in DER, as a JWK.
func JWKOf(spki []byte) (string, error) {
	parsed, err := x509.ParsePKIXPublicKey(spki)
	if err != nil {
		return "", err
	}
	public, ok := parsed.(*ecdsa.PublicKey)
	if !ok {
		return "", errors.New("it is not an EC key")
	}
	return JWK(public)
}

// MAC is an HMAC with SHA-256 (RFC 7518 3.2).
func MAC(secret []byte, input string) []byte {
	h := hmac.New(sha256.New, secret)
	h.Write([]byte(input))
	return h.Sum(nil)
}
