package kmsmock

// Aliases: names that move from key to key.

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

const (
	aliasPrefix = "alias/"
	maxAlias    = 256 // characters, with the prefix

	// How many aliases a page has (API_ListAliases).
	maxPage     = 100
	defaultPage = 50
)

type alias struct {
	target  string // a key id
	created time.Time
	updated time.Time
}

// ofAlias are the characters that an alias is of.
const ofAlias = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/_-"

// CreateAlias gives a key a name: "alias/" and letters, digits, "/", "_", "-", at most 256
// characters, not below "alias/aws/". TargetKeyId is a key id or key ARN. Errors:
// [types.AlreadyExistsException], [types.NotFoundException] (the key),
// [types.InvalidAliasNameException] (nothing after "alias/"), NotAuthorizedException
// (below "alias/aws/"), ValidationException (any other bad name), and
// [types.KMSInvalidStateException] for a key pending deletion.
// Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateAlias.html
func (k *KMS) CreateAlias(ctx context.Context, in *kms.CreateAliasInput, _ ...func(*kms.Options)) (*kms.CreateAliasOutput, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	in = orEmpty(in)
	name, err := aliasName(in.AliasName)
	if err != nil {
		return nil, err
	}
	now, unlock := k.lock()
	defer unlock()
	target, err := k.findAliasTarget(in.TargetKeyId)
	if err != nil {
		return nil, err
	}
	if k.aliases[name] != nil {
		return nil, alreadyExists("An alias with the name %s already exists", arnPrefix+name)
	}
	k.aside = nil
	k.aliases[name] = &alias{target: target.id, created: now, updated: now}
	return &kms.CreateAliasOutput{}, nil
}

// UpdateAlias moves an alias to another key of the same usage. The key it leaves may be in
// any state, the new one must not be pending deletion
// ([types.KMSInvalidStateException]). Errors besides: [types.NotFoundException] (alias or
// key), ValidationException (another usage), and those of a bad name as in
// [KMS.CreateAlias].
// Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_UpdateAlias.html
func (k *KMS) UpdateAlias(ctx context.Context, in *kms.UpdateAliasInput, _ ...func(*kms.Options)) (*kms.UpdateAliasOutput, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	in = orEmpty(in)
	name, err := aliasName(in.AliasName)
	if err != nil {
		return nil, err
	}
	now, unlock := k.lock()
	defer unlock()
	target, err := k.findAliasTarget(in.TargetKeyId)
	if err != nil {
		return nil, err
	}
	moved := k.aliases[name]
	if moved == nil {
		return nil, notFound("Alias %s is not found.", arnPrefix+name)
	}
	if old := k.keys[moved.target]; old.kind.usage != target.kind.usage {
		return nil, validation("Alias %s can't move from a key of usage %s to one of usage %s", arnPrefix+name, old.kind.usage, target.kind.usage)
	}
	k.aside = nil
	moved.target, moved.updated = target.id, now
	return &kms.UpdateAliasOutput{}, nil
}

// ListAliases lists the aliases, of one key when KeyId (a key id or key ARN) is given, in
// the order of their names. A page has Limit aliases, 1 to 100, 50 when not given;
// NextMarker is the Marker of the next one. Errors: [types.NotFoundException],
// [types.InvalidMarkerException], ValidationException.
// Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_ListAliases.html
func (k *KMS) ListAliases(ctx context.Context, in *kms.ListAliasesInput, _ ...func(*kms.Options)) (*kms.ListAliasesOutput, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	in = orEmpty(in)
	limit := int32(defaultPage)
	if in.Limit != nil {
		limit = *in.Limit
	}
	if limit < 1 || limit > maxPage {
		return nil, outOfRange("limit", 1, maxPage)
	}
	if in.Marker != nil && !strings.HasPrefix(*in.Marker, aliasPrefix) {
		return nil, &types.InvalidMarkerException{}
	}

	_, unlock := k.lock()
	defer unlock()
	only := ""
	if in.KeyId != nil {
		found, err := k.findTarget("keyId", in.KeyId)
		if err != nil {
			return nil, err
		}
		only = found.id
	}
	out := &kms.ListAliasesOutput{Aliases: []types.AliasListEntry{}}
	for _, name := range slices.Sorted(maps.Keys(k.aliases)) {
		listed := k.aliases[name]
		if name <= aws.ToString(in.Marker) || only != "" && listed.target != only {
			continue
		}
		if len(out.Aliases) == int(limit) {
			out.Truncated = true
			out.NextMarker = out.Aliases[limit-1].AliasName
			break
		}
		out.Aliases = append(out.Aliases, listed.entry(name))
	}
	return out, nil
}

func (a *alias) entry(name string) types.AliasListEntry {
	return types.AliasListEntry{
		AliasArn:        aws.String(arnPrefix + name),
		AliasName:       aws.String(name),
		CreationDate:    aws.Time(a.created),
		LastUpdatedDate: aws.Time(a.updated),
		TargetKeyId:     aws.String(a.target),
	}
}

// findAliasTarget finds a key that an alias may be pointed at.
func (k *KMS) findAliasTarget(ref *string) (*key, error) {
	if strings.HasPrefix(aws.ToString(ref), aliasPrefix) {
		return nil, validation("Aliases must refer to keys. Not aliases")
	}
	found, err := k.findTarget("targetKeyId", ref)
	if err != nil {
		return nil, err
	}
	if found.state == types.KeyStatePendingDeletion {
		return nil, pendingDeletion(found)
	}
	return found, nil
}

func aliasName(given *string) (string, error) {
	name, err := required("aliasName", given)
	switch {
	case err != nil:
		return "", err
	case len(name) > maxAlias:
		return "", tooLong("aliasName", maxAlias)
	case !strings.HasPrefix(name, aliasPrefix):
		return "", validation(`Alias must start with the prefix "alias/". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html`)
	case strings.Trim(name, ofAlias) != "":
		return "", validation("1 validation error detected: Value at 'aliasName' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[a-zA-Z0-9/_-]+$")
	case name == aliasPrefix:
		return "", &types.InvalidAliasNameException{Message: aws.String("An alias needs a name after alias/")}
	case strings.HasPrefix(name, "alias/aws/"):
		return "", apiError("NotAuthorizedException", "The prefix alias/aws/ is reserved for AWS managed keys")
	}
	return name, nil
}
