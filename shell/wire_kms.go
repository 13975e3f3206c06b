// The wire to the KMS: what services ask it.

package shell

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/smithy-go"

	"tokenshell/issuers"
	"tokenshell/tokens"
)

// wiredKMS is the KMS as one service reaches it. Only what it does with private
// keys is a step that can go wrong.
type wiredKMS struct {
	issuers.KMSService
	wire *wire
	from string
}

// Sign signs.
func (k wiredKMS) Sign(ctx context.Context, in *kms.SignInput, more ...func(*kms.Options)) (*kms.SignOutput, error) {
	q := question{from: k.from, to: "kms", step: "sign", text: "sign", says: asKMS}
	q.contents = []field{
		{"KeyId", aws.ToString(in.KeyId)}, {"SigningAlgorithm", string(in.SigningAlgorithm)}, {"MessageType", string(in.MessageType)},
		{"Message", fmt.Sprintf("(%d bytes)", len(in.Message))},
	}
	out, err := carry(ctx, k.wire, q, func() (*kms.SignOutput, error) { return k.KMSService.Sign(ctx, in, more...) },
		func(m *message, out *kms.SignOutput) {
			m.text = "signature"
			m.add("Signature", fmt.Sprintf("(%d bytes)", len(out.Signature)))
		})
	return out, asKMS(err)
}

// Decrypt unwraps a key.
func (k wiredKMS) Decrypt(ctx context.Context, in *kms.DecryptInput, more ...func(*kms.Options)) (*kms.DecryptOutput, error) {
	q := question{from: k.from, to: "kms", step: "decrypt", text: "decrypt", says: asKMS}
	q.contents = []field{
		{"KeyId", aws.ToString(in.KeyId)}, {"EncryptionAlgorithm", string(in.EncryptionAlgorithm)},
		{"CiphertextBlob", fmt.Sprintf("(%d bytes)", len(in.CiphertextBlob))},
	}
	out, err := carry(ctx, k.wire, q, func() (*kms.DecryptOutput, error) { return k.KMSService.Decrypt(ctx, in, more...) },
		func(m *message, out *kms.DecryptOutput) {
			m.text = "the letter's key"
			m.add("Plaintext", fmt.Sprintf("(%d bytes)", len(out.Plaintext)))
		})
	return out, asKMS(err)
}

// asKMS says no as a KMS does.
func asKMS(err error) error {
	var (
		refusal *tokens.Refusal
		failure *tokens.Failure
	)
	switch {
	case errors.As(err, &refusal):
		return &smithy.GenericAPIError{Code: "AccessDeniedException", Message: refusal.Detail}
	case errors.As(err, &failure):
		return failure.Err
	}
	return err
}
