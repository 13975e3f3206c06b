// Package kmsmock is a mock of AWS KMS, for no production: it keeps its keys in
// memory, makes them from a seed that anybody may know, and checks no permissions.
//
// The laws it keeps:
//
//   - The methods of [KMS] have the signatures of *kms.Client in
//     github.com/aws/aws-sdk-go-v2/service/kms, and the same Go error types come
//     out of both, so that what works here works against the real service.
//   - The same seed and the same calls give the same key ids, keys and
//     signatures, for ever. The n-th key of a spec derives from (seed, spec, n) by
//     HKDF, so a key more of one spec changes no key of another.
//   - A private key has no way out. No method returns one, and none can be printed:
//     key material and seed live inside closures, which fmt, encoding/json,
//     log/slog and everything else that walks values by reflection can't enter.
//   - An error never repeats a message, a ciphertext or a plaintext. Every
//     ciphertext that can't be opened gets the same [types.InvalidCiphertextException].
//   - Time is Config.Now and nothing else. A key is gone, with its aliases, from
//     the moment its deletion date is reached.
//
// The path through the API:
//
//	k := kmsmock.New(kmsmock.Config{Seed: seed, Now: clock.Now})
//	made, err := k.CreateKey(ctx, &kms.CreateKeyInput{
//		KeySpec:  types.KeySpecEccNistP256,
//		KeyUsage: types.KeyUsageTypeSignVerify,
//	})
//	signed, err := k.Sign(ctx, &kms.SignInput{
//		KeyId:            made.KeyMetadata.Arn,
//		Message:          digest, // 32 bytes
//		MessageType:      types.MessageTypeDigest,
//		SigningAlgorithm: types.SigningAlgorithmSpecEcdsaSha256,
//	})
//
// # What it knows
//
// ECC_NIST_P256 and ECC_NIST_EDWARDS25519 keys sign; RSA_2048 keys decrypt. ECDSA
// signatures are those of RFC 6979, DER-encoded, with either S, as AWS sends them.
// Every RSA key of the mock is the one embedded key mock-rsa-2048.pem, because Go
// makes no RSA key from a seed: a text encrypted to one RSA key opens with every
// other, where the real service answers InvalidCiphertextException.
//
// Which state of a key refuses which operation follows the key state table of the
// AWS KMS Developer Guide; see [KMS.GetPublicKey] for the row that surprises. The
// order of checks is: shape of the request, key, usage, state, algorithm, length.
//
// # What is not checked
//
// There are no permissions, policies, grants, tags, quotas, regions or other
// accounts; Policy, Tags, GrantTokens and every func(*kms.Options) are ignored.
// Whatever else the mock does not know it refuses with
// [types.UnsupportedOperationException] rather than passing over it. The mock is
// consistent at once, where the real service takes its time. It answers a missing
// parameter with ValidationException, as the service does; the real client
// finds it before it sends anything and returns smithy.InvalidParamsError.
package kmsmock
