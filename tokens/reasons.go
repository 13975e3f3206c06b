// Reasons: every code of the contract that a party may refuse with, a row each.
// What a domain refuses to confirm with is the domain's own.

package tokens

// Reason is the stable code of a refusal. It is an error, so that
// errors.Is(err, tokens.Expired) asks about any refusal, however wrapped.
type Reason string

// Error is the code.
func (r Reason) Error() string { return string(r) }

// The reasons. Their meaning stands in [Reasons].
const (
	TooLarge             Reason = "too_large"
	Malformed            Reason = "malformed"
	HeaderNotAllowed     Reason = "header_not_allowed"
	TypeNotAllowed       Reason = "type_not_allowed"
	ClaimMissing         Reason = "claim_missing"
	IssuerUnknown        Reason = "issuer_unknown"
	KeyUnknown           Reason = "key_unknown"
	AlgorithmNotAllowed  Reason = "algorithm_not_allowed"
	SignatureInvalid     Reason = "signature_invalid"
	ClaimInvalid         Reason = "claim_invalid"
	AudienceMismatch     Reason = "audience_mismatch"
	SessionUnknown       Reason = "session_unknown"
	SessionClosed        Reason = "session_closed"
	SessionMismatch      Reason = "session_mismatch"
	AlreadyRedeemed      Reason = "already_redeemed"
	NotYetValid          Reason = "not_yet_valid"
	Expired              Reason = "expired"
	LifetimeTooLong      Reason = "lifetime_too_long"
	CapabilityNotAllowed Reason = "capability_not_allowed"
	Replayed             Reason = "replayed"
	LedgerUnavailable    Reason = "ledger_unavailable"
	NotIssuedHere        Reason = "not_issued_here"
	Revoked              Reason = "revoked"
	SealedUnreadable     Reason = "sealed_unreadable"
	ConstraintViolated   Reason = "constraint_violated"

	ServiceUnavailable Reason = "service_unavailable"
)

// ReasonRow says what one reason means, who says it and where it comes from.
type ReasonRow struct {
	Reason  Reason
	Meaning string
	By      string // "everyone": the relay and every redeemer
	Source  string
}

// Reasons gives the contract's reasons, in the order of the checks. The last one
// is anybody's, at any time.
func Reasons() []ReasonRow {
	return []ReasonRow{
		{TooLarge, "the token is longer than 8192 bytes", "everyone", "design"},
		{Malformed, "not three canonical base64url segments, of which the first two are JSON objects in UTF-8 without duplicate members", "everyone", "RFC 7515 5.2, RFC 7519 4"},
		{HeaderNotAllowed, "the header has a member other than alg, kid and typ, or one of them is not a string", "everyone", "RFC 8725 3.10"},
		{TypeNotAllowed, "typ is not confirmation+jwt", "everyone", "RFC 8725 3.11"},
		{ClaimMissing, "a mandatory claim is absent, null or empty", "everyone", "RFC 7519 4"},
		{IssuerUnknown, "iss is not an issuer that this party knows", "everyone", "RFC 8725 3.8"},
		{KeyUnknown, "kid is absent, or names no key in that issuer's set: never there, retired or disabled", "everyone", "RFC 7515 4.1.4"},
		{AlgorithmNotAllowed, "alg is absent, or not the algorithm of that key", "everyone", "RFC 8725 3.1"},
		{SignatureInvalid, "the signature does not verify with that key", "everyone", "RFC 8725 3.3"},
		{ClaimInvalid, "a claim has the wrong type or is out of bounds, or nobody knows it", "everyone", "RFC 7519 4"},
		{AudienceMismatch, "aud does not name this party, or names a stranger", "everyone", "RFC 8725 3.9"},
		{SessionUnknown, "no such session: never opened, or forgotten", "relay", "design"},
		{SessionClosed, "the session accepts no more tokens", "relay", "design"},
		{SessionMismatch, "the token belongs to another order, or to another customer", "everyone", "RFC 8725 3.8"},
		{AlreadyRedeemed, "the token was redeemed by another attempt", "redeemer", "RFC 7519 4.1.7"},
		{NotYetValid, "iat (or nbf) lies in the future", "everyone", "RFC 7519 4.1.5"},
		{Expired, "the time is at or after exp", "everyone", "RFC 7519 4.1.4"},
		{LifetimeTooLong, "exp lies more than 5 minutes after iat, or not after it", "everyone", "design"},
		{CapabilityNotAllowed, "the capability is unknown, or not granted to that issuer", "everyone", "RFC 8725 3.8"},
		{Replayed, "the session has used this jti of this issuer already", "relay", "RFC 7519 4.1.7"},
		{LedgerUnavailable, "the record of used jtis cannot be reached, so nothing is accepted", "relay", "design"},
		{NotIssuedHere, "this service issued no such token, or has forgotten it", "redeemer", "design"},
		{Revoked, "the reservation was revoked, cancelled or released", "redeemer", "RFC 7009 2"},
		{SealedUnreadable, "the sealed section cannot be opened, or belongs to another token", "redeemer", "RFC 7516 11.5"},
		{ConstraintViolated, "what the token confirms does not hold for the facts at redemption", "redeemer", "design"},
		{ServiceUnavailable, "the party did not answer, or cannot work at the moment", "everyone", "design"},
	}
}
