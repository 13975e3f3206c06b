package kmsmock

import (
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/smithy-go"
)

// TestKeyStateTable is the key state table of the AWS KMS Developer Guide, as far as the
// mock goes. Each cell is the code of the refusal, "" for success.
func TestKeyStateTable(t *testing.T) {
	const (
		disabled = "DisabledException"
		state    = "KMSInvalidStateException"
		gone     = "NotFoundException"
	)
	for _, row := range []struct{ operation, enabled, disabled, pending string }{
		{"Sign", "", disabled, state},
		{"Decrypt", "InvalidCiphertextException", disabled, state},
		{"GetPublicKey", "", disabled, state},
		{"DescribeKey", "", "", ""},
		{"CreateAlias", "", "", state},
		{"UpdateAlias", "", "", state},
		{"ListAliases", "", "", ""},
		{"DisableKey", "", "", state},
		{"EnableKey", "", "", state},
		{"ScheduleKeyDeletion", "", "", state},
		{"CancelKeyDeletion", state, state, ""},
	} {
		t.Run(row.operation, func(t *testing.T) {
			for name, c := range map[string]struct {
				bring func(w *world, id string)
				code  string
			}{
				"enabled":          {func(*world, string) {}, row.enabled},
				"disabled":         {(*world).disable, row.disabled},
				"pending deletion": {(*world).schedule, row.pending},
				"gone": {func(w *world, id string) {
					w.schedule(id)
					w.clock.advance(7 * day)
				}, gone},
			} {
				t.Run(name, func(t *testing.T) {
					onBothPaths(t, func(t *testing.T, w *world) {
						id := w.p256
						other := w.create(types.KeySpecEccNistP256, types.KeyUsageTypeSignVerify)
						if row.operation == "Decrypt" {
							id, other = w.rsa, w.ed25
						}
						w.alias("alias/old", other)
						c.bring(w, id)
						err := everyOperation(t.Context(), w, id)[row.operation]()
						if c.code == "" {
							w.must(err)
							return
						}
						wantCode(t, err, c.code)
					})
				})
			}
		})
	}
}

func TestStateErrorsNameTheKey(t *testing.T) {
	onBothPaths(t, func(t *testing.T, w *world) {
		for name, c := range map[string]struct {
			bring func(w *world, id string)
			want  string
		}{
			"disabled": {(*world).disable, " is disabled."},
			"pending":  {(*world).schedule, " is pending deletion."},
		} {
			id := w.create(types.KeySpecEccNistP256, types.KeyUsageTypeSignVerify)
			c.bring(w, id)
			_, err := w.sign(id, []byte("m"), "", types.SigningAlgorithmSpecEcdsaSha256)
			var api smithy.APIError
			if !errors.As(err, &api) || api.ErrorMessage() != arnPrefix+"key/"+id+c.want {
				t.Errorf("%s: got %v", name, err)
			}
		}
	})
}

func TestDeletionWindow(t *testing.T) {
	for _, row := range []struct {
		name string
		days *int32
		want int32
	}{
		{"default", nil, 30},
		{"shortest", aws.Int32(7), 7},
		{"longest", aws.Int32(30), 30},
		{"too short", aws.Int32(6), 0},
		{"too long", aws.Int32(31), 0},
		{"negative", aws.Int32(-1), 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			onBothPaths(t, func(t *testing.T, w *world) {
				out, err := w.ScheduleKeyDeletion(t.Context(), &kms.ScheduleKeyDeletionInput{KeyId: &w.p256, PendingWindowInDays: row.days})
				if row.want == 0 {
					wantCode(t, err, "ValidationException")
					return
				}
				w.must(err)
				date := start.Add(time.Duration(row.want) * day)
				if *out.PendingWindowInDays != row.want || !out.DeletionDate.Equal(date) ||
					out.KeyState != types.KeyStatePendingDeletion || *out.KeyId != arnPrefix+"key/"+w.p256 {
					t.Errorf("got %d days, %v, %s, %s", *out.PendingWindowInDays, out.DeletionDate, out.KeyState, *out.KeyId)
				}
			})
		})
	}
}

func TestDeletionIsCancelledUntilItHappens(t *testing.T) {
	onBothPaths(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		w.alias("alias/a", w.p256)
		w.schedule(w.p256)
		w.clock.advance(7*day - time.Millisecond)

		described, err := w.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: aws.String("alias/a")})
		w.must(err)
		m := described.KeyMetadata
		if m.Enabled || m.KeyState != types.KeyStatePendingDeletion || !m.DeletionDate.Equal(start.Add(7*day)) {
			t.Errorf("got enabled %v, %s, %v", m.Enabled, m.KeyState, m.DeletionDate)
		}
		_, err = w.CancelKeyDeletion(ctx, &kms.CancelKeyDeletionInput{KeyId: &w.p256})
		w.must(err)
		w.clock.advance(time.Hour)
		described, err = w.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: &w.p256})
		w.must(err)
		if m := described.KeyMetadata; m.KeyState != types.KeyStateDisabled || m.DeletionDate != nil {
			t.Errorf("after the cancelling: %s, %v", m.KeyState, m.DeletionDate)
		}
		_, err = w.EnableKey(ctx, &kms.EnableKeyInput{KeyId: &w.p256})
		w.must(err)
		_, err = w.sign("alias/a", []byte("m"), "", types.SigningAlgorithmSpecEcdsaSha256)
		w.must(err)

		w.schedule(w.p256)
		w.clock.advance(7 * day)
		_, err = w.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: aws.String("alias/a")})
		wantCode(t, err, "NotFoundException")
		w.alias("alias/a", w.ed25) // the name is free again
	})
}

func TestKeysAreManagedByIDNotByAlias(t *testing.T) {
	onBothPaths(t, func(t *testing.T, w *world) {
		w.alias("alias/a", w.p256)
		for _, ref := range []string{"alias/a", arnPrefix + "alias/a"} {
			calls := everyOperation(t.Context(), w, ref)
			for _, name := range []string{"DisableKey", "EnableKey", "ScheduleKeyDeletion", "CancelKeyDeletion"} {
				wantCode(t, calls[name](), "NotFoundException")
			}
		}
	})
}
