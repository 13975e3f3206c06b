// Signing: a payload, a key version and the KMS make a token.

package issuers

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/asn1"
	"errors"
	"math/big"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/go-jose/go-jose/v4"

	"tokenshell/tokens"
)

// kmsSigner signs one payload with one key version. go-jose asks for the
// public key and for the signature separately, so it must never change in
// between; and it passes no context, so the signer carries one.
type kmsSigner struct {
	ctx     context.Context
	service string
	kms     KMSService
	key     *keyVersion
	memory  *tokens.Memory
	failed  *error // go-jose wraps no errors: the cause is kept here
}

// sign gives the compact serialisation (RFC 7515 7.1) of payload.
func (r *KeyRing) sign(ctx context.Context, key *keyVersion, payload []byte, memory *tokens.Memory) (string, error) {
	var failed error
	opaque := kmsSigner{ctx, r.service, r.kms, key, memory, &failed}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: key.alg, Key: opaque}, (&jose.SignerOptions{}).WithType(tokens.Type))
	if err != nil {
		return "", err
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		if failed != nil {
			return "", failed
		}
		return "", err
	}
	return signed.CompactSerialize()
}

// Public gives the key with its kid, which go-jose puts in the header.
func (s kmsSigner) Public() *jose.JSONWebKey {
	return &jose.JSONWebKey{Key: s.key.public, KeyID: s.key.kid, Algorithm: string(s.key.alg), Use: "sig"}
}

// Algs gives the key's one algorithm.
func (s kmsSigner) Algs() []jose.SignatureAlgorithm {
	return []jose.SignatureAlgorithm{s.key.alg}
}

// SignPayload has the KMS sign, and believes it only after checking which key
// answered and that the signature verifies.
func (s kmsSigner) SignPayload(input []byte, _ jose.SignatureAlgorithm) ([]byte, error) {
	signature, err := s.signPayload(input)
	*s.failed = err
	return signature, err
}

func (s kmsSigner) signPayload(input []byte) ([]byte, error) {
	in := &kms.SignInput{KeyId: &s.key.arn, SigningAlgorithm: s.key.spec, Message: input, MessageType: types.MessageTypeRaw}
	digest := sha256.Sum256(input)
	if s.key.alg == jose.ES256 {
		in.Message, in.MessageType = digest[:], types.MessageTypeDigest
	}
	out, err := s.kms.Sign(s.ctx, in)
	if err != nil {
		return nil, kmsError(s.service, "sign", err)
	}
	if aws.ToString(out.KeyId) != s.key.arn {
		return nil, &tokens.Failure{Party: s.service, Err: errors.New("the KMS signed with another key")}
	}
	switch public := s.key.public.(type) {
	case ed25519.PublicKey:
		if s.memory.Good(s.key.kid, input, out.Signature, func() bool { return ed25519.Verify(public, input, out.Signature) }) {
			return out.Signature, nil
		}
	case *ecdsa.PublicKey:
		good := func() bool { return ecdsa.VerifyASN1(public, digest[:], out.Signature) }
		if raw, err := rawSignature(out.Signature); err == nil && s.memory.Good(s.key.kid, digest[:], out.Signature, good) {
			return raw, nil
		}
	}
	return nil, &tokens.Failure{Party: s.service, Err: errors.New("the KMS's signature does not verify")}
}

// rawSignature turns the DER of a KMS into the R||S of JOSE (RFC 7518 3.4),
// each padded to 32 bytes, with the low one of the two S that verify.
func rawSignature(der []byte) ([]byte, error) {
	var rs struct{ R, S *big.Int }
	rest, err := asn1.Unmarshal(der, &rs)
	if err != nil || len(rest) > 0 {
		return nil, errors.New("no DER signature")
	}
	n := elliptic.P256().Params().N
	if rs.R.Sign() <= 0 || rs.S.Sign() <= 0 || rs.R.Cmp(n) >= 0 || rs.S.Cmp(n) >= 0 {
		return nil, errors.New("the signature is out of range")
	}
	if high := new(big.Int).Rsh(n, 1); rs.S.Cmp(high) > 0 {
		rs.S.Sub(n, rs.S)
	}
	raw := make([]byte, 64)
	rs.R.FillBytes(raw[:32])
	rs.S.FillBytes(raw[32:])
	return raw, nil
}
