// The KMS, as a service uses it.

package issuers

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/smithy-go"

	"tokenshell/tokens"
)

// KMSService is the subset of *kms.Client (aws-sdk-go-v2/service/kms) that the
// services call.
type KMSService interface {
	Sign(context.Context, *kms.SignInput, ...func(*kms.Options)) (*kms.SignOutput, error)
	GetPublicKey(context.Context, *kms.GetPublicKeyInput, ...func(*kms.Options)) (*kms.GetPublicKeyOutput, error)
	Decrypt(context.Context, *kms.DecryptInput, ...func(*kms.Options)) (*kms.DecryptOutput, error)
	DescribeKey(context.Context, *kms.DescribeKeyInput, ...func(*kms.Options)) (*kms.DescribeKeyOutput, error)
}

// transient are the codes by which a KMS says that it could not answer.
var transient = []string{"ThrottlingException", "KMSInternalException", "DependencyTimeoutException", "KeyUnavailableException"}

// kmsError turns what a KMS answered into a refusal, when it said no, or a
// failure, when it did not answer. AWS's messages may echo their input, so
// only the code is passed on.
func kmsError(service, doing string, err error) error {
	var said smithy.APIError
	if !errors.As(err, &said) {
		return &tokens.Failure{Party: service, Err: fmt.Errorf("%s: %w", doing, err)}
	}
	code := said.ErrorCode()
	switch {
	case said.ErrorFault() == smithy.FaultServer, slices.Contains(transient, code):
		return &tokens.Failure{Party: service, Err: fmt.Errorf("%s: the KMS says %s", doing, code)}
	default:
		return tokens.Refuse(tokens.ServiceUnavailable, "%s: %s: the KMS says %s", service, doing, code)
	}
}
