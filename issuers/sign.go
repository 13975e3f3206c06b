// Signing: a payload, a key version and the KMS make a token.

package issuers

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/go-jose/go-jose/v4"

	"tokenshell/tokens"
)

// header is what a token of ours says in front, its members always in this order.
type header struct {
	Algorithm jose.SignatureAlgorithm `json:"alg"`
	KeyID     string                  `json:"kid"`
	Type      string                  `json:"typ"`
}

// sign gives the compact serialisation of a payload (RFC 7515 7.1), signed with one
// version of a key: header and signature are of the same, whatever the alias does.
// go-jose's signer gives the same text (benchmark: an issue is 1.27 times the bare
// signature and its check, 1.41 with it).
func (r *KeyRing) sign(ctx context.Context, key *keyVersion, payload []byte, memory *tokens.Memory) (string, error) {
	says, err := json.Marshal(header{key.alg, key.kid, tokens.Type})
	if err != nil {
		return "", err
	}
	encode := base64.RawURLEncoding.AppendEncode
	text := make([]byte, 0, (len(says)+len(payload))*4/3+100) // for the signature, too
	text = encode(text, says)
	text = append(text, '.')
	text = encode(text, payload)
	signature, err := r.signature(ctx, key, text, memory)
	if err != nil {
		return "", err
	}
	text = append(text, '.')
	return string(encode(text, signature)), nil
}

// signature has the KMS sign, and believes it only after checking which key
// answered and that the signature verifies.
func (r *KeyRing) signature(ctx context.Context, key *keyVersion, input []byte, memory *tokens.Memory) ([]byte, error) {
	in := &kms.SignInput{KeyId: &key.arn, SigningAlgorithm: key.spec, Message: input, MessageType: types.MessageTypeRaw}
	digest := sha256.Sum256(input)
	if key.alg == jose.ES256 {
		in.Message, in.MessageType = digest[:], types.MessageTypeDigest
	}
	out, err := r.kms.Sign(ctx, in)
	if err != nil {
		return nil, kmsError(r.service, "sign", err)
	}
	if aws.ToString(out.KeyId) != key.arn {
		return nil, &tokens.Failure{Party: r.service, Err: errors.New("the KMS signed with another key")}
	}
	switch public := key.public.(type) {
	case ed25519.PublicKey:
		if memory.Good(key.kid, input, out.Signature, func() bool { return ed25519.Verify(public, input, out.Signature) }) {
			return out.Signature, nil
		}
	case *ecdsa.PublicKey:
		good := func() bool { return ecdsa.VerifyASN1(public, digest[:], out.Signature) }
		if raw, err := rawSignature(out.Signature); err == nil && memory.Good(key.kid, digest[:], out.Signature, good) {
			return raw, nil
		}
	}
	return nil, &tokens.Failure{Party: r.service, Err: errors.New("the KMS's signature does not verify")}
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
