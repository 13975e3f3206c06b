// Rows: flows. Good tokens in the wrong place, at the wrong time or too often,
// and tokens of a thief who has an issuer's key.

package attacks

import (
	"time"

	"tokenshell/tokens"
)

func flowRows() []Row {
	const (
		substitution = "RFC 8725 2.7"
		replay       = "RFC 7519 4.1.7"
		malleable    = "RFC 7515 5.2; SEC 1 4.1.4"
	)
	twins := forged("x", "t", Forgery{Signer: kept, Signature: twin})
	squatter := forged("x", "t", Forgery{
		Header:  edits(set("kid", `"$OTHER_KID"`)),
		Payload: edits(set("iss", `"$OTHER_ISS"`), set("aud", `["$AUD","$OTHER_ISS"]`), set("capabilities", `["$OTHER_CAP"]`)), Signer: sibling,
	})
	return grouped(Flow, []tried{
		{"FLW-01", "a token in another session of the same customer", tokens.SessionMismatch, substitution, scene(
			open(elsewhere, first), relay("t").in(elsewhere).refused(), direct("t").in(elsewhere).refused(), relay("t"))},
		{"FLW-02", "a token in another customer's session", tokens.SessionMismatch, substitution, scene(
			open(intruder, second), relay("t").in(intruder).refused(), direct("t").in(intruder).refused(), relay("t"))},
		{"FLW-03", "an issuer's key writes another customer's token into one's own session", tokens.SessionMismatch, substitution, scene(
			open(intruder, second), forged("x", "t", claims(set("order_processing_id", `"$INTRUDER"`))),
			relay("x").in(intruder).refused(), direct("x").in(intruder).refused(), relay("t"))},
		{"FLW-04", "an issuer's key writes a token for oneself over another's reservation", tokens.NotIssuedHere, substitution, scene(
			open(intruder, second), forged("x", "t", claims(set("order_processing_id", `"$INTRUDER"`), set("sub", `"$OTHER_CUSTOMER"`))),
			direct("x").in(intruder).refused(), relay("x").in(intruder), marked(),
			Step{Verb: Redeem, Session: intruder, State: Compensated}.refused(), same(), relay("t"), redeem(Completed))},
		{"FLW-05", "redeeming another session's accepted token", tokens.SessionMismatch, substitution, scene(
			open(intruder, second), relay("t"), Step{Verb: Redeem, Session: intruder, Token: "t"}.refused(), redeem(Completed))},
		{"FLW-06", "a token in a session that nobody opened", tokens.SessionUnknown, "design", scene(relay("t").in(never).refused(), relay("t"))},
		{"FLW-07", "a token in a session that is closed", tokens.SessionClosed, "design", scene(closed(victim), relay("t").refused())},
		{"FLW-08", "a token of a closed session in an open one", tokens.SessionClosed, substitution, scene(
			open(elsewhere, first), closed(victim), relay("t").in(elsewhere).refused())},
		{"FLW-09", "a token in a session that outlived its time", tokens.SessionClosed, "design", scene(wait(Span{Sessions: 1, Plus: time.Minute}), relay("t").refused())},
		{"FLW-10", "a token in a session that was forgotten", tokens.SessionUnknown, "design", scene(wait(forgotten), open(elsewhere, first), relay("t").refused())},
		{"FLW-11", "a token after its checkout", tokens.SessionClosed, replay, scene(
			confirm("u", victim, late), relay("t"), redeem(Completed), relay("t").refused(), relay("u").refused())},
		{"FLW-12", "another service's token to this one", tokens.IssuerUnknown, "RFC 8725 2.8, 3.8", scene(direct("t").at(late).refused(), relay("t"))},

		{"FLW-13", "the same token twice", tokens.Replayed, replay, scene(relay("t"), relay("t").refused(), redeem(Completed))},
		{"FLW-14", "the same token twice, sixteen at once", tokens.Replayed, replay, scene(relay("t").times(16).refused(), redeem(Completed))},
		{"FLW-15", "a token and its twin, sixteen at once", tokens.Replayed, malleable, scene(twins, relay("t,x").times(16).refused(), redeem(Completed))},
		{"FLW-16", "the twin signature S' = n - S after the original", tokens.Replayed, malleable, scene(twins, relay("t"), relay("x").refused(), redeem(Completed))},
		{"FLW-17", "the original after its twin", tokens.Replayed, malleable, scene(twins, relay("x"), relay("t").refused(), redeem(Completed))},
		{"FLW-18", "the twin past the relay, after the checkout", tokens.AlreadyRedeemed, malleable, scene(twins, relay("t"), redeem(Completed), direct("x").refused())},
		{"FLW-19", "a used jti on another letter", tokens.Replayed, replay, scene(
			forged("x", "t", claims(set("constraints", `{"other":true}`))), relay("t"), relay("x").refused(), redeem(Completed))},
		{"FLW-20", "a used jti with another exp", tokens.Replayed, replay, scene(
			forged("x", "t", claims(set("exp", `$LATER`))), relay("t"), relay("x").refused(), redeem(Completed))},
		{"FLW-21", "a used token when its time is up", tokens.Expired, replay, scene(relay("t"), wait(over), relay("t").refused())},

		{"FLW-22", "a token of a forgotten session in a new one of the same name", tokens.Expired, replay, scene(
			relay("t"), wait(forgotten), open(elsewhere, first), open(victim, first), relay("t").refused(), direct("t").refused())},
		{"FLW-23", "an issuer's key gives a reservation a longer life", tokens.NotIssuedHere, replay, scene(
			forged("x", "t", claims(set("exp", `$LATER`))), wait(life), direct("x").refused(), relay("x"), redeem(Compensated).refused())},
		{"FLW-24", "burning a victim's jti with a bad signature", tokens.SignatureInvalid, "RFC 7519 4.1.7; RFC 8725 3.3", scene(
			forged("x", "t", Forgery{Signer: attacker}), relay("x").refused(), relay("x").refused(), relay("t"), redeem(Completed))},
		{"FLW-25", "burning a victim's jti with a bad capability", tokens.CapabilityNotAllowed, "RFC 7519 4.1.7", scene(
			forged("x", "t", claims(set("capabilities", `["$OTHER_CAP"]`))), relay("x").refused(), relay("t"), redeem(Completed))},
		{"FLW-26", "burning a victim's jti with an expired token", tokens.Expired, "RFC 7519 4.1.7", scene(
			forged("x", "t", claims(set("exp", `$OVER-1`))), relay("x").refused(), relay("t"), redeem(Completed))},
		{"FLW-27", "burning a victim's jti in another session", tokens.SessionMismatch, "RFC 7519 4.1.7", scene(
			open(intruder, second), relay("t").in(intruder).refused(), relay("t"), redeem(Completed))},
		{"FLW-28", "squatting a victim's jti under another issuer", tokens.NotIssuedHere, "RFC 7519 4.1.7", scene(
			squatter, direct("x").at(late).refused(), relay("x"), relay("t"), marked(), Step{Verb: Redeem, Session: victim, Token: "t", State: Completed})},
		{"FLW-29", "a token that was never reserved, signed by the issuer", tokens.NotIssuedHere, "RFC 8725 3.10", scene(
			forged("x", "t", claims(set("jti", `"cpt_never$ROW"`))), direct("x").refused(), relay("x"), marked(), redeem(Compensated).refused(), same())},
		{"FLW-30", "a token that was used before the relay was started again", tokens.Replayed, replay, scene(
			relay("t"), restart(), relay("t").refused(), redeem(Completed))},
		{"FLW-31", "a token of a session that was closed before the relay was started again", tokens.SessionClosed, "design", scene(
			closed(victim), restart(), relay("t").refused())},
		{"FLW-32", "a jti that another issuer's token has used is still free, and then is not", tokens.Replayed, replay, scene(
			squatter, relay("x"), relay("t"), relay("t").refused())},
		{"FLW-33", "a token in another session, after the relay was started again", tokens.SessionMismatch, substitution, scene(
			open(elsewhere, first), restart(), relay("t").in(elsewhere).refused(), relay("t"))},
		{"FLW-34", "a used token, after four others", tokens.Replayed, replay, scene(
			relay("t"), confirm("u", victim, late), relay("u"), confirm("v", victim, early), relay("v"), confirm("w", victim, late), relay("w"),
			confirm("y", victim, early), relay("y"), relay("t").refused())},
		{"FLW-35", "a used jti with another iat", tokens.Replayed, replay, scene(
			forged("x", "t", claims(set("iat", `$NOW-1`))), relay("t"), relay("x").refused(), redeem(Completed))},
		{"FLW-36", "a used token in its last second", tokens.Replayed, replay, scene(
			relay("t"), wait(almost), relay("t").refused(), redeem(Completed))},
	})
}

func keyFlowRows() []Row {
	const leaving = "RFC 7515 4.1.4; RFC 7517 4.5"
	return grouped(Flow, []tried{
		{"ROT-01", "a token of a rotated key lives on, and its key signs a new one when the overlap is over", tokens.KeyUnknown, leaving, scene(
			rotate(), relay("t"), wait(life), confirm("u", victim, early),
			forged("x", "t", claims(set("iat", `$NOW`), set("exp", `$NOW+60`), set("jti", `"cpt_old$ROW"`))), relay("x").refused(), relay("u"))},
		{"ROT-02", "the new key's kid on a token of the old one", tokens.SignatureInvalid, leaving, scene(
			rotate(), confirm("u", victim, early), forged("x", "u", Forgery{Signer: attacker}), relay("x").refused(), relay("u"), relay("t"))},
		{"ROT-03", "a token whose key was retired", tokens.KeyUnknown, leaving, scene(rotate(), retire("t"), relay("t").refused(), direct("t").refused())},
		{"ROT-04", "a token whose key was disabled", tokens.KeyUnknown, leaving, scene(rotate(), disable("t"), relay("t").refused(), direct("t").refused())},
		{"ROT-05", "a key disabled between relay and redeem", tokens.KeyUnknown, leaving, []Step{
			marked(), open(victim, first), confirm("t", victim, early), confirm("u", victim, late), relay("t"), relay("u"), rotate(), disable("t"),
			redeem(Compensated).refused(), same()}},
		{"ROT-06", "a live token signed again with the key that was rotated out", tokens.KeyUnknown, leaving, scene(
			rotate(), wait(life), confirm("u", victim, early),
			forged("x", "u", Forgery{Header: edits(set("kid", `"$FORMER_KID"`)), Signer: former}), direct("x").refused(), relay("x").refused(), relay("u"))},
		{"ROT-07", "a disabled key's token after a retry of its redemption", tokens.KeyUnknown, leaving, scene(
			relay("t"), redeem(Completed), rotate(), disable("t"), direct("t").refused())},
		{"ROT-08", "a token that was accepted before its key was disabled", tokens.KeyUnknown, leaving, scene(
			relay("t"), rotate(), disable("t"), relay("t").refused(), direct("t").refused())},
		{"ROT-09", "a used jti, signed with the issuer's new key", tokens.Replayed, leaving, []Step{
			open(victim, first), confirm("u", victim, early), relay("u"), rotate(), confirm("t", victim, early),
			forged("x", "t", claims(set("jti", `"$JTI"`))), relay("x").refused(), relay("t")}},
	})
}
