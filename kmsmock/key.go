package kmsmock

// A key: its record, how it is made, and what may be known of it.

import (
	"bytes"
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

const (
	keyPrefix      = "key/"
	maxDescription = 8192 // characters, API_CreateKey
)

type key struct {
	id, arn     string
	kind        kind
	material    material
	description string
	created     time.Time
	state       types.KeyState // Enabled, Disabled or PendingDeletion
	deletion    time.Time      // only in state PendingDeletion
}

// kind is what all keys of one spec have in common.
type kind struct {
	spec       types.KeySpec
	usage      types.KeyUsageType
	signing    []types.SigningAlgorithmSpec
	encryption []types.EncryptionAlgorithmSpec
	generate   func(derive derivation, n int) (material, error)
}

// kindOf knows the specs the mock implements. The lists are fresh on every call, so
// they may be handed out.
func kindOf(spec types.KeySpec) (kind, bool) {
	switch spec {
	case types.KeySpecEccNistP256:
		return kind{
			spec:     spec,
			usage:    types.KeyUsageTypeSignVerify,
			signing:  []types.SigningAlgorithmSpec{types.SigningAlgorithmSpecEcdsaSha256},
			generate: generateP256,
		}, true
	case types.KeySpecEccNistEdwards25519:
		return kind{
			spec:     spec,
			usage:    types.KeyUsageTypeSignVerify,
			signing:  []types.SigningAlgorithmSpec{types.SigningAlgorithmSpecEd25519Sha512},
			generate: generateEd25519,
		}, true
	case types.KeySpecRsa2048:
		return kind{
			spec:  spec,
			usage: types.KeyUsageTypeEncryptDecrypt,
			encryption: []types.EncryptionAlgorithmSpec{
				types.EncryptionAlgorithmSpecRsaesOaepSha1,
				types.EncryptionAlgorithmSpecRsaesOaepSha256,
			},
			generate: func(derivation, int) (material, error) { return rsaMaterial(), nil },
		}, true
	}
	return kind{}, false
}

// CreateKey makes an enabled key of spec ECC_NIST_P256 or ECC_NIST_EDWARDS25519
// (usage SIGN_VERIFY) or RSA_2048 (usage ENCRYPT_DECRYPT); both must be given, and the
// description has at most 8192 characters. Specs, usages, origins and key stores of the
// real service that the mock lacks, symmetric keys and so the zero input among them, are
// refused with [types.UnsupportedOperationException]; what the real service does not know
// either is a ValidationException.
// Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateKey.html
func (k *KMS) CreateKey(ctx context.Context, in *kms.CreateKeyInput, _ ...func(*kms.Options)) (*kms.CreateKeyOutput, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	in = orEmpty(in)
	kind, err := requestedKind(in)
	if err != nil {
		return nil, err
	}

	now, unlock := k.lock()
	defer unlock()
	n := k.made[kind.spec]
	id, err := k.derive.uuid(string(kind.spec), n)
	if err != nil {
		return nil, internal()
	}
	material, err := k.answers.material(id, func() (material, error) { return kind.generate(k.derive, n) })
	if err != nil {
		return nil, internal()
	}
	made := &key{
		id:          id,
		arn:         keyARN(id),
		kind:        kind,
		material:    material,
		description: aws.ToString(in.Description),
		created:     now,
		state:       types.KeyStateEnabled,
	}
	k.aside = nil
	k.made[kind.spec]++
	k.keys[id] = made
	return &kms.CreateKeyOutput{KeyMetadata: made.metadata()}, nil
}

func requestedKind(in *kms.CreateKeyInput) (kind, error) {
	spec := in.KeySpec
	if spec == "" {
		spec = types.KeySpecSymmetricDefault
	}
	switch {
	case !slices.Contains(spec.Values(), spec):
		return kind{}, notInEnum("keySpec")
	case in.KeyUsage != "" && !slices.Contains(in.KeyUsage.Values(), in.KeyUsage):
		return kind{}, notInEnum("keyUsage")
	case len([]rune(aws.ToString(in.Description))) > maxDescription:
		return kind{}, tooLong("description", maxDescription)
	case in.KeyUsage == "" && spec != types.KeySpecSymmetricDefault:
		return kind{}, validation("You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.")
	case in.Origin != "" && in.Origin != types.OriginTypeAwsKms,
		in.CustomKeyStoreId != nil, in.XksKeyId != nil, aws.ToBool(in.MultiRegion):
		return kind{}, unsupported("The mock makes its own keys, for one region.")
	}
	known, ok := kindOf(spec)
	if !ok {
		return kind{}, unsupported("The mock has no keys of spec %s.", spec)
	}
	if in.KeyUsage == known.usage {
		return known, nil
	}
	if realUsage(spec, in.KeyUsage) {
		return kind{}, unsupported("The mock has no keys of spec %s and usage %s.", spec, in.KeyUsage)
	}
	return kind{}, validation("KeyUsage %s is not compatible with KeySpec %s", in.KeyUsage, spec)
}

// realUsage says whether the real service makes such a key, of the specs that the mock
// knows: P-256 also agrees on keys, RSA also signs.
func realUsage(spec types.KeySpec, usage types.KeyUsageType) bool {
	return spec == types.KeySpecEccNistP256 && usage == types.KeyUsageTypeKeyAgreement ||
		spec == types.KeySpecRsa2048 && usage == types.KeyUsageTypeSignVerify
}

// DescribeKey tells all but the material. It works in every state of the key and
// takes an alias as well. Errors: [types.NotFoundException], ValidationException.
// Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_DescribeKey.html
func (k *KMS) DescribeKey(ctx context.Context, in *kms.DescribeKeyInput, _ ...func(*kms.Options)) (*kms.DescribeKeyOutput, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	_, unlock := k.lock()
	defer unlock()
	found, err := k.find(orEmpty(in).KeyId)
	if err != nil {
		return nil, err
	}
	return &kms.DescribeKeyOutput{KeyMetadata: found.metadata()}, nil
}

// GetPublicKey returns the public key as a DER SubjectPublicKeyInfo (RFC 5280 4.1.2.7),
// with the algorithms it may be used with. Like the signing it needs an enabled key: a
// disabled one is refused with [types.DisabledException], one pending deletion with
// [types.KMSInvalidStateException]. Whoever still has to verify what such a key signed
// must have kept the public key.
// Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_GetPublicKey.html
func (k *KMS) GetPublicKey(ctx context.Context, in *kms.GetPublicKeyInput, _ ...func(*kms.Options)) (*kms.GetPublicKeyOutput, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	key, err := k.findUsable("GetPublicKey", "", orEmpty(in).KeyId)
	if err != nil {
		return nil, err
	}
	der, err := key.material.public()
	if err != nil {
		return nil, internal()
	}
	return &kms.GetPublicKeyOutput{
		KeyId:                aws.String(key.arn),
		KeySpec:              key.kind.spec,
		KeyUsage:             key.kind.usage,
		SigningAlgorithms:    slices.Clone(key.kind.signing),
		EncryptionAlgorithms: slices.Clone(key.kind.encryption),
		PublicKey:            bytes.Clone(der),
	}, nil
}

func keyARN(id string) string { return arnPrefix + keyPrefix + id }

func (k *key) metadata() *types.KeyMetadata {
	m := &types.KeyMetadata{
		AWSAccountId:         aws.String(account),
		Arn:                  aws.String(k.arn),
		CreationDate:         aws.Time(k.created),
		Description:          aws.String(k.description),
		Enabled:              k.state == types.KeyStateEnabled,
		EncryptionAlgorithms: slices.Clone(k.kind.encryption),
		KeyId:                aws.String(k.id),
		KeyManager:           types.KeyManagerTypeCustomer,
		KeySpec:              k.kind.spec,
		KeyState:             k.state,
		KeyUsage:             k.kind.usage,
		MultiRegion:          aws.Bool(false),
		Origin:               types.OriginTypeAwsKms,
		SigningAlgorithms:    slices.Clone(k.kind.signing),
	}
	if k.state == types.KeyStatePendingDeletion {
		m.DeletionDate = aws.Time(k.deletion)
	}
	return m
}
