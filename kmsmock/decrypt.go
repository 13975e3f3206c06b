package kmsmock

// Decryption.

import (
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"hash"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

const maxCiphertext = 6144 // bytes

// Decrypt opens what was encrypted to an RSA_2048 key with RSAES_OAEP_SHA_256 (or
// RSAES_OAEP_SHA_1), RFC 8017 7.1.2 with an empty label. Both KeyId and
// EncryptionAlgorithm must be given: a raw RSA ciphertext of 1 to 6144 bytes names
// neither.
//
// Errors, in the order of the checks: ValidationException (the shape of the request),
// [types.InvalidCiphertextException] (no algorithm, or SYMMETRIC_DEFAULT: the real service
// parses such a ciphertext before it looks at the key, and the mock has made none),
// [types.NotFoundException], [types.InvalidKeyUsageException] (a key that does not
// decrypt), [types.DisabledException], [types.KMSInvalidStateException] (pending
// deletion), [types.InvalidKeyUsageException] (not an algorithm of the key),
// [types.DryRunOperationException] when DryRun was asked for, and the one and only
// [types.InvalidCiphertextException] for whatever can't be opened.
// [types.IncorrectKeyException] needs a symmetric ciphertext, so the mock never gives it.
// Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html
func (k *KMS) Decrypt(ctx context.Context, in *kms.DecryptInput, _ ...func(*kms.Options)) (*kms.DecryptOutput, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	in = orEmpty(in)
	if err := checkDecryptInput(in); err != nil {
		return nil, err
	}
	key, err := k.findUsable("Decrypt", types.KeyUsageTypeEncryptDecrypt, in.KeyId)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(key.kind.encryption, in.EncryptionAlgorithm) {
		return nil, incompatible(string(in.EncryptionAlgorithm), key.kind.spec)
	}
	if aws.ToBool(in.DryRun) {
		return nil, dryRun()
	}
	plaintext, err := k.answers.of(answered{key.id, string(in.EncryptionAlgorithm), string(in.CiphertextBlob)}, func() ([]byte, error) {
		return key.material.decrypt(oaepHash(in.EncryptionAlgorithm), in.CiphertextBlob)
	})
	if err != nil {
		// The reason would be an oracle, and the ciphertext none of the log's business.
		return nil, invalidCiphertext()
	}
	return &kms.DecryptOutput{
		KeyId:               aws.String(key.arn),
		EncryptionAlgorithm: in.EncryptionAlgorithm,
		Plaintext:           plaintext,
	}, nil
}

func checkDecryptInput(in *kms.DecryptInput) error {
	if err := blob("ciphertextBlob", in.CiphertextBlob, maxCiphertext); err != nil {
		return err
	}
	algorithm := in.EncryptionAlgorithm
	switch {
	case algorithm != "" && !slices.Contains(algorithm.Values(), algorithm):
		return notInEnum("encryptionAlgorithm")
	case in.Recipient != nil:
		return unsupported("The mock knows no Recipient.")
	case algorithm == "", algorithm == types.EncryptionAlgorithmSpecSymmetricDefault:
		return invalidCiphertext()
	case len(in.EncryptionContext) > 0:
		return validation("An encryption context goes with symmetric encryption KMS keys only.")
	}
	return nil
}

// oaepHash is also the hash of MGF1, in AWS as in JWE's RSA-OAEP-256 (RFC 7518 4.3).
func oaepHash(algorithm types.EncryptionAlgorithmSpec) hash.Hash {
	if algorithm == types.EncryptionAlgorithmSpecRsaesOaepSha1 {
		return sha1.New()
	}
	return sha256.New()
}
