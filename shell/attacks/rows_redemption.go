// Rows: flows past the relay, and while things go wrong.

package attacks

import "tokenshell/tokens"

func redemptionRows() []Row {
	const (
		once     = "RFC 7519 4.1.7"
		takeBack = "RFC 7009 2"
	)
	return grouped(Flow, []tried{
		{"RED-01", "past the relay after the checkout", tokens.AlreadyRedeemed, once, scene(relay("t"), redeem(Completed), direct("t").refused())},
		{"RED-02", "a checkout after it was redeemed past the relay", tokens.AlreadyRedeemed, once, scene(
			direct("t"), marked(), relay("t"), redeem(Compensated).refused(), same())},
		{"RED-03", "past the relay twice", tokens.AlreadyRedeemed, once, scene(direct("t"), direct("t").refused())},
		{"RED-04", "past the relay, sixteen at once", tokens.AlreadyRedeemed, once, scene(direct("t").times(16).refused())},
		{"RED-05", "past the relay, sealed, four at once", tokens.AlreadyRedeemed, once, []Step{
			open(victim, first), confirm("t", victim, sealing), direct("t").times(4).refused()}},
		{"RED-06", "past the relay again, after exp", tokens.AlreadyRedeemed, once, scene(direct("t"), wait(life), direct("t").refused())},
		{"RED-07", "a forwarding repeated word for word, then under another attempt", tokens.AlreadyRedeemed, once, scene(
			direct("t").attempt("att_1"), direct("t").attempt("att_1").again(), direct("t").attempt("att_2").refused())},
		{"RED-08", "a forwarding repeated after exp is answered, another attempt is not", tokens.AlreadyRedeemed, once, scene(
			direct("t").attempt("att_1"), wait(life), direct("t").attempt("att_1").again(), direct("t").attempt("att_2").refused())},
		{"RED-09", "past the relay after revocation", tokens.Revoked, takeBack, scene(revoke("t"), direct("t").refused())},
		{"RED-10", "a checkout after revocation", tokens.Revoked, takeBack, []Step{
			marked(), open(victim, first), confirm("t", victim, early), relay("t"), revoke("t"), redeem(Compensated).refused(), same()}},
		{"RED-11", "past the relay after its session was closed", tokens.Revoked, takeBack, scene(relay("t"), closed(victim), direct("t").refused())},
		{"RED-12", "past the relay after expiry: what it held is free again", tokens.Expired, "RFC 7519 4.1.4", []Step{
			wait(life), marked(), open(victim, first), confirm("t", victim, early), confirm("u", victim, late), wait(life), same(), direct("t").refused(), direct("u").refused()}},
		{"RED-13", "expiry between relay and redeem", tokens.Expired, "RFC 7519 4.1.4", []Step{
			wait(life), marked(), open(victim, first), confirm("t", victim, early), relay("t"), wait(life), redeem(Compensated).refused(), same()}},
		{"RED-14", "revoking with another's jti and a signature of one's own", tokens.SignatureInvalid, takeBack, scene(
			forged("x", "t", claims(set("exp", `$NOW+60`)).by(attacker)), revoke("x").refused(), relay("t"), redeem(Completed))},
		{"RED-15", "revoking what was redeemed", tokens.AlreadyRedeemed, takeBack, scene(relay("t"), redeem(Completed), revoke("t").refused())},
		{"RED-16", "cancelling with another's jti and a signature of one's own", tokens.SignatureInvalid, "design", scene(
			forged("x", "t", claims(set("exp", `$NOW+60`)).by(attacker)), cancel("x").refused(), relay("t"), redeem(Completed))},
		{"RED-17", "cancelling as another session", tokens.NotIssuedHere, "design", scene(
			open(intruder, second), cancel("t").in(intruder).refused(), relay("t"), redeem(Completed))},
		{"RED-18", "cancelling what another attempt redeemed changes nothing", tokens.AlreadyRedeemed, "design", scene(
			relay("t"), redeem(Completed), marked(), cancel("t").attempt("att_guessed"), same(), direct("t").refused())},
		{"RED-19", "past the relay, after only another of its session's tokens was to be redeemed", tokens.Revoked, takeBack, scene(
			confirm("u", victim, late), relay("t"), relay("u"), Step{Verb: Redeem, Session: victim, Token: "u", State: Completed},
			relay("t").with(tokens.SessionClosed), direct("t").refused())},
		{"RED-20", "a checkout that is asked for a second time", tokens.AlreadyRedeemed, once, scene(
			relay("t"), redeem(Completed), marked(), redeem("").either(), same(), direct("t").refused())},
		{"RED-21", "a checkout that is asked for again while it redeems", tokens.AlreadyRedeemed, once, scene(
			relay("t"), redeem(Completed).amid("redeem", redeem("").either()), direct("t").refused())},
		{"RED-22", "a token that is handed in while its session is redeemed", tokens.SessionClosed, takeBack, scene(
			confirm("u", victim, late), relay("t"), redeem(Completed).amid("redeem", relay("u").either()), direct("u").anyhow().ifDone(), relay("u").refused())},
		{"RED-23", "a session that is closed while it is redeemed", tokens.SessionClosed, takeBack, scene(
			relay("t"), redeem("").either().amid("redeem", closed(victim).either()), relay("t").refused(), direct("t").with(tokens.AlreadyRedeemed).anyhow())},
		{"RED-24", "a session that is closed after its checkout: what was redeemed stays so", tokens.AlreadyRedeemed, once, scene(
			relay("t"), redeem(Completed), marked(), closed(victim).with(tokens.SessionClosed).either(), same(), direct("t").refused())},
		{"RED-25", "two tokens of one service in a checkout: each is redeemed", tokens.AlreadyRedeemed, once, scene(
			confirm("u", victim, early), relay("t"), relay("u"), redeem(Completed), relay("u").with(tokens.SessionClosed), direct("t").refused(), direct("u").refused())},
		{"RED-26", "the token of the last service is handed in first", tokens.AlreadyRedeemed, once, scene(
			confirm("u", victim, late), relay("u"), relay("t"), redeem(Completed).loose(), relay("u").with(tokens.SessionClosed), direct("t").refused(), direct("u").refused())},
		{"RED-27", "a fact of the order that is told anew: the services hear the last one", tokens.SessionClosed, "CWE-367", scene(
			told("first"), relay("t"), told("anew"), redeem("").either(), relay("t").refused())},
		{"RED-28", "a token that is handed in while its session is closed", tokens.SessionClosed, takeBack, scene(
			confirm("u", victim, late), relay("t"), closed(victim).amid("cancel", relay("u").either()), direct("u").anyhow().ifDone(), relay("u").refused())},
	})
}

// faultRows make a party go wrong at the worst moment, and take advantage of it.
func faultRows() []Row {
	const (
		once = "RFC 7519 4.1.7"
		saga = "Garcia-Molina and Salem, Sagas, SIGMOD 1987"
	)
	// two relays t, a token of the early service, and u, one of the late service.
	two := func(more ...Step) []Step {
		return append([]Step{
			marked(), open(victim, first), confirm("t", victim, early), confirm("u", victim, late), relay("t"), relay("u"),
		}, more...)
	}
	return grouped(Flow, []tried{
		{"FLT-01", "a later service refuses: what was redeemed before it is no use any more", tokens.Revoked, saga, two(
			fault(late, "redeem", "refuse", 1), redeem(Compensated).with(tokens.ServiceUnavailable), same(), direct("t").refused(), direct("u").refused())},
		{"FLT-02", "a token of a compensated session", tokens.SessionClosed, saga, two(
			fault(late, "redeem", "refuse", 1), redeem(Compensated).with(tokens.ServiceUnavailable), relay("t").refused())},
		{"FLT-03", "an answer to a cancellation is lost: it is taken back once", tokens.Revoked, saga, two(
			fault(late, "redeem", "refuse", 1), fault(early, "cancel", "lost-reply", 1),
			redeem(Compensated).with(tokens.ServiceUnavailable), same(), direct("t").refused())},
		{"FLT-04", "no answer to a redemption that happened: it is taken back, and stays so", tokens.Revoked, saga, two(
			fault(late, "redeem", "lost-reply", 3), fault(late, "cancel", "timeout", 1),
			redeem(Compensated).with(tokens.ServiceUnavailable), same(), direct("u").refused())},
		{"FLT-05", "a redemption that arrives after its cancellation", tokens.Revoked, saga, two(
			fault(late, "redeem", "timeout", 3), redeem(Compensated).with(tokens.ServiceUnavailable), same(), direct("u").refused())},
		{"FLT-06", "an answer to a redemption is lost: the retry is not a replay, another attempt is", tokens.AlreadyRedeemed, once, two(
			fault(late, "redeem", "lost-reply", 1), redeem(Completed), direct("u").refused())},
		{"FLT-07", "a stuck session's token, relayed", tokens.SessionClosed, saga, two(
			fault(late, "redeem", "refuse", 1), fault(early, "cancel", "timeout", 3),
			redeem(Stuck).with(tokens.ServiceUnavailable), relay("t").refused(), resume(Compensated), same())},
		{"FLT-08", "a stuck session's token, past the relay", tokens.AlreadyRedeemed, saga, two(
			fault(late, "redeem", "refuse", 1), fault(early, "cancel", "timeout", 3),
			redeem(Stuck).with(tokens.ServiceUnavailable), direct("t").refused(), resume(Compensated), same(), direct("t").with(tokens.Revoked))},
		{"FLT-09", "a stuck session's token, in another session", tokens.SessionClosed, saga, two(
			open(elsewhere, first), fault(late, "redeem", "refuse", 1), fault(early, "cancel", "timeout", 3),
			redeem(Stuck).with(tokens.ServiceUnavailable), relay("t").in(elsewhere).refused(), resume(Compensated), same())},
		{"FLT-10", "a stuck session's token, after the relay was started again", tokens.SessionClosed, saga, two(
			fault(late, "redeem", "refuse", 1), fault(early, "cancel", "timeout", 3),
			redeem(Stuck).with(tokens.ServiceUnavailable), restart(), relay("t").refused(), resume(Compensated), same())},
		{"FLT-11", "a stuck session that is closed: what it owes is still taken back", tokens.Revoked, saga, two(
			fault(late, "redeem", "refuse", 1), fault(early, "cancel", "timeout", 3),
			redeem(Stuck).with(tokens.ServiceUnavailable), closed(victim).with(tokens.SessionClosed).either(), resume("").either(), same(), direct("t").refused())},
	})
}
