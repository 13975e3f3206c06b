// Rows: tricks with time.

package attacks

import (
	"time"

	"tokenshell/tokens"
)

func timeRows() []Row {
	const (
		expiry = "RFC 7519 4.1.4"
		date   = "RFC 7519 2"
		issued = "RFC 7519 4.1.6"
		design = "design"
	)
	ahead := Span{Leeways: 1, Plus: 5 * time.Second}
	exp := func(raw string) []Step { return both(claims(set("exp", raw))) }
	iat := func(raw string) []Step { return both(claims(set("iat", raw))) }
	return grouped(Time, []tried{
		{"TIM-01", "no exp", tokens.ClaimMissing, expiry, both(claims(drop("exp")))},
		{"TIM-02", "exp is null", tokens.ClaimMissing, expiry, exp(`null`)},
		{"TIM-03", "exp is a string", tokens.ClaimInvalid, date, exp(`"$NOW+60"`)},
		{"TIM-04", "exp is true", tokens.ClaimInvalid, date, exp(`true`)},
		{"TIM-05", "exp is an array", tokens.ClaimInvalid, date, exp(`[$NOW+60]`)},
		{"TIM-06", "exp has a fraction", tokens.ClaimInvalid, date, exp(`$NOW+60.9`)},
		{"TIM-07", "exp has an exponent", tokens.ClaimInvalid, date, exp(`$NOW+60e0`)},
		{"TIM-08", "exp is 1e300", tokens.ClaimInvalid, date, exp(`1e300`)},
		{"TIM-09", "exp is more than 64 bits hold", tokens.ClaimInvalid, date, exp(`9223372036854775808`)},
		{"TIM-10", "exp is NaN", tokens.Malformed, "RFC 8259 6", exp(`NaN`)},
		{"TIM-11", "exp is hexadecimal", tokens.Malformed, "RFC 8259 6", exp(`0x7fffffff`)},
		{"TIM-12", "exp begins with a zero", tokens.Malformed, "RFC 8259 6", exp(`0$NOW+60`)},
		{"TIM-13", "exp begins with a plus", tokens.Malformed, "RFC 8259 6", exp(`+$NOW+60`)},
		{"TIM-14", "exp is 0", tokens.Expired, expiry, exp(`0`)},
		{"TIM-15", "exp is negative", tokens.Expired, expiry, exp(`-1`)},
		{"TIM-16", "exp is now", tokens.Expired, expiry, exp(`$OVER`)},
		{"TIM-17", "exp was a second ago", tokens.Expired, expiry, exp(`$OVER-1`)},
		{"TIM-18", "exp in milliseconds", tokens.LifetimeTooLong, design, exp(`$NOW000`)},
		{"TIM-19", "exp in a hundred years", tokens.LifetimeTooLong, design, exp(`$NOW+3155760000`)},
		{"TIM-20", "exp is the largest number of 64 bits", tokens.ClaimInvalid, date, exp(`9223372036854775807`)},
		{"TIM-21", "a second more than the longest life", tokens.LifetimeTooLong, "design", exp(`$LATEST+1`)},
		{"TIM-22", "no iat", tokens.ClaimMissing, issued, both(claims(drop("iat")))},
		{"TIM-23", "iat is a string", tokens.ClaimInvalid, date, iat(`"$NOW"`)},
		{"TIM-24", "iat has a fraction", tokens.ClaimInvalid, date, iat(`$NOW.0`)},
		{"TIM-25", "iat in a second", tokens.NotYetValid, issued, iat(`$SOON`)},
		{"TIM-26", "iat behind exp", tokens.NotYetValid, issued, iat(`$NOW+600`)},
		{"TIM-27", "iat is negative: a long life in disguise", tokens.LifetimeTooLong, issued, iat(`-1`)},
		{"TIM-28", "iat is the smallest number of 64 bits", tokens.ClaimInvalid, date, iat(`-9223372036854775808`)},
		{"TIM-29", "a good token at its last second, and at exp", tokens.Expired, expiry, scene(
			wait(Span{Lives: 1, Plus: -time.Second}), relay("t"), wait(Span{Plus: time.Second}), direct("t").refused())},
		{"TIM-30", "a token from a service whose clock is ahead", tokens.NotYetValid, issued, []Step{
			open(victim, first), {Verb: Skew, Service: early, By: ahead}, confirm("t", victim, early), relay("t").refused(),
			{Verb: Skew, Service: early}, wait(ahead), relay("t")}},
		{"TIM-31", "the service's clock has passed exp, the relay's has not", tokens.Expired, expiry, scene(
			relay("t"), Step{Verb: Skew, Service: early, By: Span{Lives: 1, Plus: time.Minute}}, direct("t").refused(), Step{Verb: Skew, Service: early})},
		{"TIM-32", "a token that was accepted before, when it is over", tokens.Expired, expiry, scene(
			relay("t"), wait(over), relay("t").refused(), direct("t").refused())},
		{"TIM-33", "exp is now, iat a minute ago", tokens.Expired, expiry, both(claims(set("iat", `$OVER-60`), set("exp", `$OVER`)))},
		{"TIM-34", "the end of the longest life, begun a minute ago", tokens.LifetimeTooLong, design, both(claims(set("iat", `$NOW-60`), set("exp", `$LATEST`)))},
		{"TIM-35", "exp is good when 32 bits are left of it", tokens.LifetimeTooLong, date, exp(`$NOW+4294967356`)},
		{"TIM-36", "exp is good when 64 bits are left of it", tokens.ClaimInvalid, date, exp(`$WRAPPED`)},
	})
}
