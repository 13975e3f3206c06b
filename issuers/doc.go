// Package issuers is what every domain service shares: how it confirms, signs,
// seals, keeps its books, redeems once, revokes, and rotates its keys.
//
// The laws:
//
//   - A confirmation reserves under one lock before it signs, so that limits
//     cannot be overbooked; if signing fails, the reservation goes.
//   - A reservation leaves the state reserved exactly once: committed by a
//     redemption, cancelled, revoked or expired. Only a committed one can be
//     cancelled after that.
//   - The same attempt gets the same receipt; another attempt is refused.
//   - A service trusts the relay with nothing: it verifies again.
//   - Keys live in the KMS. This package holds their ids and public halves.
//
// A domain writes [Rules] for its holds and embeds an [Issuer] over them; see
// issuers/points for the smallest one. [KMSService] is what it needs of a KMS;
// the client of aws-sdk-go-v2 has it.
package issuers
