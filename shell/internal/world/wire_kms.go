// The wire to the KMS: what services ask it.

package world

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/smithy-go"

	"tokenshell/issuers"
	"tokenshell/shell/internal/wire"
	"tokenshell/tokens"
)

// wiredKMS is the KMS as one service reaches it. Only what it does with private
// keys is a step that can go wrong.
type wiredKMS struct {
	issuers.KMSService
	wire *wire.Wire
	from string
}

// Sign signs.
func (k wiredKMS) Sign(ctx context.Context, in *kms.SignInput, more ...func(*kms.Options)) (*kms.SignOutput, error) {
	q := wire.Question{From: k.from, To: "kms", Step: "sign", Text: "sign", Says: asKMS}
	q.Contents = []wire.Field{
		{Name: "KeyId", Value: aws.ToString(in.KeyId)}, {Name: "SigningAlgorithm", Value: string(in.SigningAlgorithm)}, {Name: "MessageType", Value: string(in.MessageType)},
		{Name: "Message", Value: fmt.Sprintf("(%d bytes)", len(in.Message))},
	}
	out, err := wire.Carry(ctx, k.wire, q, func(ctx context.Context) (*kms.SignOutput, error) { return k.KMSService.Sign(ctx, in, more...) },
		func(m *wire.Message, out *kms.SignOutput) {
			m.Text = "signature"
			m.Add("Signature", fmt.Sprintf("(%d bytes)", len(out.Signature)))
		})
	return out, asKMS(err)
}

// Decrypt unwraps a key.
func (k wiredKMS) Decrypt(ctx context.Context, in *kms.DecryptInput, more ...func(*kms.Options)) (*kms.DecryptOutput, error) {
	q := wire.Question{From: k.from, To: "kms", Step: "decrypt", Text: "decrypt", Says: asKMS}
	q.Contents = []wire.Field{
		{Name: "KeyId", Value: aws.ToString(in.KeyId)}, {Name: "EncryptionAlgorithm", Value: string(in.EncryptionAlgorithm)},
		{Name: "CiphertextBlob", Value: fmt.Sprintf("(%d bytes)", len(in.CiphertextBlob))},
	}
	out, err := wire.Carry(ctx, k.wire, q, func(ctx context.Context) (*kms.DecryptOutput, error) { return k.KMSService.Decrypt(ctx, in, more...) },
		func(m *wire.Message, out *kms.DecryptOutput) {
			m.Text = "the letter's key"
			m.Add("Plaintext", fmt.Sprintf("(%d bytes)", len(out.Plaintext)))
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
