package kmsmock

// Signing.

import (
	"context"
	"crypto/sha256"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

const maxMessage = 4096 // bytes

// Sign signs a message of 1 to 4096 bytes (MessageType RAW, also when none is given) or,
// with ECDSA_SHA_256 only, a SHA-256 digest of 32 bytes (DIGEST). KeyId is a key id, key
// ARN, alias name or alias ARN; the answer names the key ARN. An ECDSA signature is
// deterministic (RFC 6979), DER-encoded (RFC 3279 2.2.3) and may have a high S, an
// Ed25519 one is the 64 bytes of RFC 8032.
//
// Errors, in the order of the checks: ValidationException (the shape of the request),
// [types.NotFoundException], [types.InvalidKeyUsageException] (a key that does not sign),
// [types.DisabledException], [types.KMSInvalidStateException] (pending deletion),
// [types.InvalidKeyUsageException] (not an algorithm of the key), ValidationException
// (message type or digest length), and [types.DryRunOperationException] when DryRun was
// asked for and nothing else was wrong. ED25519_PH_SHA_512 is one of the real service's
// algorithms for Ed25519 keys, but not of the mock's: [types.UnsupportedOperationException].
// Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html
func (k *KMS) Sign(ctx context.Context, in *kms.SignInput, _ ...func(*kms.Options)) (*kms.SignOutput, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	in = orEmpty(in)
	if err := checkSignInput(in); err != nil {
		return nil, err
	}
	key, err := k.findUsable("Sign", types.KeyUsageTypeSignVerify, in.KeyId)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(key.kind.signing, in.SigningAlgorithm) {
		if key.kind.spec == types.KeySpecEccNistEdwards25519 && in.SigningAlgorithm == types.SigningAlgorithmSpecEd25519PhSha512 {
			return nil, unsupported("The mock does not know %s.", in.SigningAlgorithm)
		}
		return nil, incompatible(string(in.SigningAlgorithm), key.kind.spec)
	}
	message, err := toBeSigned(in)
	if err != nil {
		return nil, err
	}
	if aws.ToBool(in.DryRun) {
		return nil, dryRun()
	}
	signature, err := k.answers.of(answered{key.id, string(in.SigningAlgorithm), string(message)}, func() ([]byte, error) { return key.material.sign(message) })
	if err != nil {
		return nil, internal()
	}
	return &kms.SignOutput{
		KeyId:            aws.String(key.arn),
		Signature:        signature,
		SigningAlgorithm: in.SigningAlgorithm,
	}, nil
}

func checkSignInput(in *kms.SignInput) error {
	if err := blob("message", in.Message, maxMessage); err != nil {
		return err
	}
	switch {
	case in.SigningAlgorithm == "":
		return missing("signingAlgorithm")
	case !slices.Contains(in.SigningAlgorithm.Values(), in.SigningAlgorithm):
		return notInEnum("signingAlgorithm")
	case in.MessageType != "" && !slices.Contains(in.MessageType.Values(), in.MessageType):
		return notInEnum("messageType")
	}
	return nil
}

// toBeSigned is what the private key gets to see: the message for Ed25519, a digest for
// ECDSA.
func toBeSigned(in *kms.SignInput) ([]byte, error) {
	raw := in.MessageType == "" || in.MessageType == types.MessageTypeRaw
	digest := in.MessageType == types.MessageTypeDigest
	switch {
	case in.SigningAlgorithm == types.SigningAlgorithmSpecEd25519Sha512 && raw:
		return in.Message, nil
	case in.SigningAlgorithm == types.SigningAlgorithmSpecEcdsaSha256 && raw:
		sum := sha256.Sum256(in.Message)
		return sum[:], nil
	case in.SigningAlgorithm == types.SigningAlgorithmSpecEcdsaSha256 && digest:
		if len(in.Message) != sha256.Size {
			return nil, validation("Digest is invalid length for algorithm %s.", in.SigningAlgorithm)
		}
		return in.Message, nil
	}
	return nil, validation("Message type %s is incompatible with algorithm %s.", in.MessageType, in.SigningAlgorithm)
}
