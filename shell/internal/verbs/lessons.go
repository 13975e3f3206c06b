package verbs

import (
	"tokenshell/issuers"
	"tokenshell/shell/internal/world"
	"tokenshell/tokens"
)

// lesson is what to try next after a refusal. TOKEN stands for the token that
// the command was about.
type lesson struct {
	reason tokens.Reason
	Next   string
	First  string // said once more, the first time
}

const anOrderEndsOnce = "an order ends once: session new opens another"

// lessons has a row for every reason that a party may have.
func lessons(kinds []*world.Kind) []lesson {
	all := []lesson{
		{tokens.TooLarge, "a confirmation token has one or two thousand bytes at most: see what else is in the file", ""},
		{tokens.Malformed, "token explain TOKEN says where it breaks; token raw prints a token as it has to be", ""},
		{tokens.HeaderNotAllowed, "the header has alg, kid and typ, and nothing that leads a verifier elsewhere: token show TOKEN", ""},
		{tokens.TypeNotAllowed, "another kind of token is not a confirmation; trust add --profile lets an outside issuer have its own typ", ""},
		{tokens.ClaimMissing, "token show TOKEN lists what it has; every claim but sealed is mandatory", ""},
		{tokens.IssuerUnknown, "trust list shows who is known; trust add lets an outside issuer in", ""},
		{tokens.KeyUnknown, "keys list shows the keys and their states: a retired or disabled one vouches for nothing", ""},
		{tokens.AlgorithmNotAllowed, "the key says which alg it is for, never the token: keys list", ""},
		{tokens.SignatureInvalid, "somebody changed it, or another key signed it: confirm again for a token that is whole", ""},
		{tokens.ClaimInvalid, "token explain TOKEN says which claim and why", ""},
		{tokens.AudienceMismatch, "token show TOKEN shows its aud: the relay, and at most its own issuer", ""},
		{tokens.SessionUnknown, "session list shows the sessions; session new opens one", ""},
		{tokens.SessionClosed, anOrderEndsOnce + "; redeem --resume ends one that is stuck", ""},
		{tokens.SessionMismatch, "session use ORDER goes to the order that the token is for; session list shows them", ""},
		{tokens.AlreadyRedeemed, "only the attempt that redeemed it hears the same answer again; confirm again for a new token", ""},
		{tokens.NotYetValid, "clocks differ: clock show, and set leeway 5s to allow for it", ""},
		{tokens.Expired, "confirm again for a new token", "clock freeze stops the time while you look around"},
		{tokens.LifetimeTooLong, "five minutes are the most: leave --ttl out for two", ""},
		{tokens.CapabilityNotAllowed, "trust list shows who may grant what", ""},
		{tokens.Replayed, "a token is good for one use in its session: confirm again for another; checkout goes on without a second relay", ""},
		{tokens.LedgerUnavailable, "nothing was accepted and nothing is lost: try again; where the relay lost its memory of used tokens, confirm again for a new one", ""},
		{tokens.NotIssuedHere, "view SERVICE shows what a service has issued", ""},
		{tokens.Revoked, "what was held is free again: confirm again for a new token", ""},
		{tokens.SealedUnreadable, "only its issuer opens a letter, and only its own: token explain TOKEN", ""},
		{tokens.ConstraintViolated, "session show shows the facts of the order; confirm again for what it has become", ""},
		{tokens.ServiceUnavailable, "fault list shows what is to go wrong; trace shows what did", ""},
	}
	for _, k := range kinds {
		for _, row := range k.Reasons {
			all = append(all, lesson{row.Reason, k.Lessons[row.Reason], ""})
		}
	}
	return append(all, lesson{issuers.CustomerUnknown, "session new --customer: Tab shows who is known", ""})
}

// LessonOf gives a reason's lesson.
func LessonOf(kinds []*world.Kind, reason tokens.Reason) lesson {
	for _, l := range lessons(kinds) {
		if l.reason == reason {
			return l
		}
	}
	return lesson{reason: reason}
}
