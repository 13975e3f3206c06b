package kmsmock

// What the service says when it refuses: the SDK's types where there are some, and
// *smithy.GenericAPIError for the codes that have none, as the real client returns them.
// Texts are those of the service where they were seen. None repeats a value of the
// request but names of keys, aliases and known enum members.

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/smithy-go"
)

func apiError(code, message string) error {
	return &smithy.GenericAPIError{Code: code, Message: message, Fault: smithy.FaultClient}
}

func validation(format string, args ...any) error {
	return apiError("ValidationException", fmt.Sprintf(format, args...))
}

func constraint(field, constraint string) error {
	return validation("1 validation error detected: Value at '%s' failed to satisfy constraint: %s", field, constraint)
}

func missing(field string) error { return constraint(field, "Member must not be null") }

func notInEnum(field string) error { return constraint(field, "Member must satisfy enum value set") }

func tooShort(field string) error {
	return constraint(field, "Member must have length greater than or equal to 1")
}

func tooLong(field string, limit int) error {
	return constraint(field, fmt.Sprintf("Member must have length less than or equal to %d", limit))
}

func outOfRange(field string, low, high int) error {
	return constraint(field, fmt.Sprintf("Member must have value from %d to %d", low, high))
}

func notFound(format string, args ...any) error {
	return &types.NotFoundException{Message: aws.String(fmt.Sprintf(format, args...))}
}

func alreadyExists(format string, args ...any) error {
	return &types.AlreadyExistsException{Message: aws.String(fmt.Sprintf(format, args...))}
}

func invalidState(format string, args ...any) error {
	return &types.KMSInvalidStateException{Message: aws.String(fmt.Sprintf(format, args...))}
}

func pendingDeletion(k *key) error { return invalidState("%s is pending deletion.", k.arn) }

func disabled(k *key) error {
	return &types.DisabledException{Message: aws.String(k.arn + " is disabled.")}
}

func invalidKeyUsage(format string, args ...any) error {
	return &types.InvalidKeyUsageException{Message: aws.String(fmt.Sprintf(format, args...))}
}

func incompatible(algorithm string, spec types.KeySpec) error {
	return invalidKeyUsage("Algorithm %s is incompatible with key spec %s.", algorithm, spec)
}

func unsupported(format string, args ...any) error {
	return &types.UnsupportedOperationException{Message: aws.String(fmt.Sprintf(format, args...))}
}

// invalidCiphertext has an empty text, as the service's has.
func invalidCiphertext() error { return &types.InvalidCiphertextException{Message: aws.String("")} }

func dryRun() error {
	return &types.DryRunOperationException{Message: aws.String("The request would have succeeded, but the DryRun option is set.")}
}

// internal drops the cause, which may hold key material.
func internal() error {
	return &types.KMSInternalException{Message: aws.String("The mock failed.")}
}

// required returns a string parameter of 1 to 2048 characters, the bounds of a KeyId.
func required(field string, value *string) (string, error) {
	const limit = 2048
	switch {
	case value == nil:
		return "", missing(field)
	case *value == "":
		return "", tooShort(field)
	case len(*value) > limit:
		return "", tooLong(field, limit)
	}
	return *value, nil
}

// blob checks the length of a binary parameter, 1 to limit bytes.
func blob(field string, value []byte, limit int) error {
	switch {
	case value == nil:
		return missing(field)
	case len(value) == 0:
		return tooShort(field)
	case len(value) > limit:
		return tooLong(field, limit)
	}
	return nil
}

// quotable reports whether a text could be a name: a key id, or up to 320 characters
// behind "arn:" or "alias/". (As a regular expression it took 0.8 ms of every start.)
func quotable(name string) bool {
	rest, most, more := name, 40, "_-"
	for _, prefix := range []string{"arn:", aliasPrefix} {
		if behind, ok := strings.CutPrefix(name, prefix); ok {
			rest, most, more = behind, 320, ":/_-"
		}
	}
	foreign := func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune(more, r))
	}
	return rest != "" && len(rest) <= most && !strings.ContainsFunc(rest, foreign)
}

// quote shows a name only if it could be one: a token or a key that was passed by mistake
// must not end up in a log.
func quote(name string) string {
	if !quotable(name) {
		return "(not shown)"
	}
	return "'" + name + "'"
}

// orEmpty lets a nil input stand for an empty one, as the real client does.
func orEmpty[T any](in *T) *T {
	if in == nil {
		return new(T)
	}
	return in
}
