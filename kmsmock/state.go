package kmsmock

// The life of a key: enabled, disabled, pending deletion, gone.
//
// Source: https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// How long a key waits for its deletion, in days (API_ScheduleKeyDeletion).
const (
	minWindow     = 7
	maxWindow     = 30
	defaultWindow = 30
)

// DisableKey puts a key out of use; disabling it again changes nothing. It takes a key
// id or key ARN, no alias. Errors: [types.NotFoundException], ValidationException, and
// [types.KMSInvalidStateException] for a key pending deletion.
func (k *KMS) DisableKey(ctx context.Context, in *kms.DisableKeyInput, _ ...func(*kms.Options)) (*kms.DisableKeyOutput, error) {
	if err := k.setState(ctx, orEmpty(in).KeyId, types.KeyStateDisabled); err != nil {
		return nil, err
	}
	return &kms.DisableKeyOutput{}, nil
}

// EnableKey puts a key back into use; the errors are those of [KMS.DisableKey]. For a key
// pending deletion, [KMS.CancelKeyDeletion] comes first.
func (k *KMS) EnableKey(ctx context.Context, in *kms.EnableKeyInput, _ ...func(*kms.Options)) (*kms.EnableKeyOutput, error) {
	if err := k.setState(ctx, orEmpty(in).KeyId, types.KeyStateEnabled); err != nil {
		return nil, err
	}
	return &kms.EnableKeyOutput{}, nil
}

func (k *KMS) setState(ctx context.Context, ref *string, state types.KeyState) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	_, unlock := k.lock()
	defer unlock()
	found, err := k.findTarget("keyId", ref)
	if err != nil {
		return err
	}
	if found.state == types.KeyStatePendingDeletion {
		return pendingDeletion(found)
	}
	k.aside, found.state = nil, state
	return nil
}

// ScheduleKeyDeletion makes a key unusable now and lets it vanish, with its aliases,
// after PendingWindowInDays days: 7 to 30, 30 when not given. From DeletionDate on it is
// not found any more. It takes a key id or key ARN, no alias. Errors:
// [types.NotFoundException], ValidationException, and [types.KMSInvalidStateException]
// for a key that is pending deletion already.
// Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_ScheduleKeyDeletion.html
func (k *KMS) ScheduleKeyDeletion(ctx context.Context, in *kms.ScheduleKeyDeletionInput, _ ...func(*kms.Options)) (*kms.ScheduleKeyDeletionOutput, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	in = orEmpty(in)
	days := int32(defaultWindow)
	if in.PendingWindowInDays != nil {
		days = *in.PendingWindowInDays
	}
	if days < minWindow || days > maxWindow {
		return nil, outOfRange("pendingWindowInDays", minWindow, maxWindow)
	}

	now, unlock := k.lock()
	defer unlock()
	found, err := k.findTarget("keyId", in.KeyId)
	if err != nil {
		return nil, err
	}
	if found.state == types.KeyStatePendingDeletion {
		return nil, pendingDeletion(found)
	}
	k.aside, found.state = nil, types.KeyStatePendingDeletion
	found.deletion = now.Add(time.Duration(days) * 24 * time.Hour)
	return &kms.ScheduleKeyDeletionOutput{
		KeyId:               aws.String(found.arn),
		KeyState:            found.state,
		DeletionDate:        aws.Time(found.deletion),
		PendingWindowInDays: aws.Int32(days),
	}, nil
}

// CancelKeyDeletion saves a key that is pending deletion. It is disabled then, whatever
// it was before: [KMS.EnableKey] brings it back into use. It takes a key id or key ARN, no
// alias. Errors: [types.NotFoundException], ValidationException, and
// [types.KMSInvalidStateException] for a key that is not pending deletion.
func (k *KMS) CancelKeyDeletion(ctx context.Context, in *kms.CancelKeyDeletionInput, _ ...func(*kms.Options)) (*kms.CancelKeyDeletionOutput, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	_, unlock := k.lock()
	defer unlock()
	found, err := k.findTarget("keyId", orEmpty(in).KeyId)
	if err != nil {
		return nil, err
	}
	if found.state != types.KeyStatePendingDeletion {
		return nil, invalidState("%s is not pending deletion.", found.arn)
	}
	k.aside, found.state = nil, types.KeyStateDisabled
	return &kms.CancelKeyDeletionOutput{KeyId: aws.String(found.arn)}, nil
}
