package kmsmock

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestAliasNameIsRefused(t *testing.T) {
	for _, row := range []struct{ name, alias, code string }{
		{"no prefix", "coupons", "ValidationException"},
		{"empty", "", "ValidationException"},
		{"only the prefix", "alias/", "InvalidAliasNameException"},
		{"reserved", "alias/aws/s3", "NotAuthorizedException"},
		{"colon", "alias/a:b", "ValidationException"},
		{"space", "alias/a b", "ValidationException"},
		{"too long", "alias/" + strings.Repeat("a", 251), "ValidationException"},
	} {
		t.Run(row.name, func(t *testing.T) {
			onBothPaths(t, func(t *testing.T, w *world) {
				_, err := w.CreateAlias(t.Context(), &kms.CreateAliasInput{AliasName: &row.alias, TargetKeyId: &w.p256})
				wantCode(t, err, row.code)
				_, err = w.UpdateAlias(t.Context(), &kms.UpdateAliasInput{AliasName: &row.alias, TargetKeyId: &w.p256})
				wantCode(t, err, row.code)
			})
		})
	}
}

func TestAliasExistsAlready(t *testing.T) {
	onBothPaths(t, func(t *testing.T, w *world) {
		w.alias("alias/a", w.p256)
		_, err := w.CreateAlias(t.Context(), &kms.CreateAliasInput{AliasName: aws.String("alias/a"), TargetKeyId: &w.p256})
		wantCode(t, err, "AlreadyExistsException")
	})
}

func TestUpdateAliasRefuses(t *testing.T) {
	onBothPaths(t, func(t *testing.T, w *world) {
		_, err := w.UpdateAlias(t.Context(), &kms.UpdateAliasInput{AliasName: aws.String("alias/none"), TargetKeyId: &w.p256})
		wantCode(t, err, "NotFoundException")
		w.alias("alias/a", w.p256)
		_, err = w.UpdateAlias(t.Context(), &kms.UpdateAliasInput{AliasName: aws.String("alias/a"), TargetKeyId: &w.rsa})
		wantCode(t, err, "ValidationException")
	})
}

func TestAliasMovesAwayFromAnyKey(t *testing.T) {
	onBothPaths(t, func(t *testing.T, w *world) {
		w.alias("alias/a", w.p256)
		w.schedule(w.p256)
		w.clock.advance(time.Hour)
		_, err := w.UpdateAlias(t.Context(), &kms.UpdateAliasInput{AliasName: aws.String("alias/a"), TargetKeyId: &w.ed25})
		w.must(err)
		out, err := w.ListAliases(t.Context(), &kms.ListAliasesInput{KeyId: &w.ed25})
		w.must(err)
		want := []types.AliasListEntry{{
			AliasName:       aws.String("alias/a"),
			AliasArn:        aws.String(arnPrefix + "alias/a"),
			TargetKeyId:     &w.ed25,
			CreationDate:    aws.Time(start),
			LastUpdatedDate: aws.Time(start.Add(time.Hour)),
		}}
		if diff := cmp.Diff(want, out.Aliases, cmpopts.IgnoreUnexported(types.AliasListEntry{})); diff != "" {
			t.Error(diff)
		}
	})
}

func TestAliasesAreListedInPages(t *testing.T) {
	onBothPaths(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		for _, name := range []string{"alias/c", "alias/a", "alias/b"} {
			w.alias(name, w.p256)
		}
		w.alias("alias/d", w.rsa)
		page, err := w.ListAliases(ctx, &kms.ListAliasesInput{KeyId: &w.p256, Limit: aws.Int32(2)})
		w.must(err)
		if len(page.Aliases) != 2 || *page.Aliases[0].AliasName != "alias/a" || !page.Truncated {
			t.Fatalf("got %d aliases, truncated %v", len(page.Aliases), page.Truncated)
		}
		page, err = w.ListAliases(ctx, &kms.ListAliasesInput{KeyId: &w.p256, Limit: aws.Int32(2), Marker: page.NextMarker})
		w.must(err)
		if len(page.Aliases) != 1 || *page.Aliases[0].AliasName != "alias/c" || page.Truncated || page.NextMarker != nil {
			t.Errorf("got %d aliases, truncated %v", len(page.Aliases), page.Truncated)
		}
		for _, limit := range []int32{0, 101} {
			_, err = w.ListAliases(ctx, &kms.ListAliasesInput{Limit: &limit})
			wantCode(t, err, "ValidationException")
		}
		_, err = w.ListAliases(ctx, &kms.ListAliasesInput{Marker: aws.String("c")})
		wantCode(t, err, "InvalidMarkerException")
	})
}
