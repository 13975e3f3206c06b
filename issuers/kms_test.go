package issuers

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/smithy-go"

	"tokenshell/kmsmock"
	"tokenshell/tokens"
)

// The real client and the mock both drop in.
var (
	_ KMSService = (*kms.Client)(nil)
	_ KMSService = (*kmsmock.KMS)(nil)
)

// What the KMS said no to stays no; what it could not do may be asked again.
func TestKMSErrors(t *testing.T) {
	code := func(code string) error { return &smithy.GenericAPIError{Code: code, Message: "echo of eyJhbGciOi"} }
	for name, tt := range map[string]struct {
		err     error
		failure bool
	}{
		"disabled":          {&types.DisabledException{Message: aws.String("echo of eyJhbGciOi")}, false},
		"not found":         {&types.NotFoundException{}, false},
		"invalid state":     {&types.KMSInvalidStateException{}, false},
		"invalid key usage": {&types.InvalidKeyUsageException{}, false},
		"access denied":     {code("AccessDeniedException"), false},
		"validation":        {code("ValidationException"), false},
		"throttled":         {code("ThrottlingException"), true},
		"internal":          {&types.KMSInternalException{}, true},
		"dependency":        {&types.DependencyTimeoutException{}, true},
		"key unavailable":   {&types.KeyUnavailableException{}, true},
		"no answer":         {errors.New("connection reset"), true},
		"cancelled":         {context.Canceled, true},
	} {
		t.Run(name, func(t *testing.T) {
			err := kmsError("shelf", "sign", fmt.Errorf("operation error KMS: %w", tt.err))
			if tt.failure {
				mustFail(t, err)
			} else {
				mustRefuse(t, err, tokens.ServiceUnavailable)
			}
			if strings.Contains(err.Error(), "eyJ") {
				t.Errorf("%v repeats what the KMS said", err)
			}
		})
	}
}

func TestACancelledContextIsSeenThroughAKMSError(t *testing.T) {
	if err := kmsError("shelf", "sign", context.Canceled); !errors.Is(err, context.Canceled) {
		t.Errorf("%v is not context.Canceled", err)
	}
}
