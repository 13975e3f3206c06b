// Package tokens is the contract of the Confirmed Token Relay: what a
// confirmation token is, how one is verified, and what the parties hand to
// each other.
//
// The laws:
//
//   - Nothing in a token but iss and kid is believed before its signature was
//     verified, and those two only choose the key.
//   - One key, one algorithm: the key found by (iss, kid) says which, the
//     token's alg only has to agree (RFC 8725 3.1).
//   - The first failed check decides, in the order of [Verifier.Checks]; a
//     use is recorded last, so that a bad token cannot burn a jti.
//   - A token's text is not an identity: several texts are the same verified
//     token. (iss, jti) is.
//   - Whoever relays reads the envelope. Constraints and Sealed stay bytes.
//
// The path through the package: a party builds a [Verifier], asks it for
// [Verifier.Checks] with its own checks in their places, and hands both to
// [Judge], which answers with the [Claims] or a [*Refusal] whose Reason is one
// row of [Reasons]. [Peek] shows a token that nobody has verified.
//
// The package imports none of ours but the leaves below it, and knows no domain.
package tokens
