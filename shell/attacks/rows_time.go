// Rows: games with time.

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
		life   = "design"
	)
	exp := func(raw string) []Step { return both(claims(set("exp", raw))) }
	iat := func(raw string) []Step { return both(claims(set("iat", raw))) }
	return numbered("TIM", Time, []tried{
		{"no exp", tokens.ClaimMissing, expiry, both(claims(drop("exp")))},
		{"exp is null", tokens.ClaimMissing, expiry, exp(`null`)},
		{"exp is a string", tokens.ClaimInvalid, date, exp(`"$NOW+60"`)},
		{"exp is true", tokens.ClaimInvalid, date, exp(`true`)},
		{"exp is an array", tokens.ClaimInvalid, date, exp(`[$NOW+60]`)},
		{"exp has a fraction", tokens.ClaimInvalid, date, exp(`$NOW+60.9`)},
		{"exp has an exponent", tokens.ClaimInvalid, date, exp(`$NOW+60e0`)},
		{"exp is 1e300", tokens.ClaimInvalid, date, exp(`1e300`)},
		{"exp is more than 64 bits hold", tokens.ClaimInvalid, date, exp(`9223372036854775808`)},
		{"exp is NaN", tokens.Malformed, "RFC 8259 6", exp(`NaN`)},
		{"exp is hexadecimal", tokens.Malformed, "RFC 8259 6", exp(`0x7fffffff`)},
		{"exp begins with a zero", tokens.Malformed, "RFC 8259 6", exp(`0$NOW+60`)},
		{"exp begins with a plus", tokens.Malformed, "RFC 8259 6", exp(`+$NOW+60`)},
		{"exp is 0", tokens.Expired, expiry, exp(`0`)},
		{"exp is negative", tokens.Expired, expiry, exp(`-1`)},
		{"exp is now", tokens.Expired, expiry, exp(`$NOW`)},
		{"exp was a second ago", tokens.Expired, expiry, exp(`$NOW-1`)},
		{"exp in milliseconds", tokens.LifetimeTooLong, life, exp(`$NOW000`)},
		{"exp in a hundred years", tokens.LifetimeTooLong, life, exp(`$NOW+3155760000`)},
		{"exp is the largest number of 64 bits", tokens.ClaimInvalid, date, exp(`9223372036854775807`)},
		{"a second more than the longest life", tokens.LifetimeTooLong, "design", exp(`$NOW+301`)},
		{"no iat", tokens.ClaimMissing, issued, both(claims(drop("iat")))},
		{"iat is a string", tokens.ClaimInvalid, date, iat(`"$NOW"`)},
		{"iat has a fraction", tokens.ClaimInvalid, date, iat(`$NOW.0`)},
		{"iat in a second", tokens.NotYetValid, issued, iat(`$NOW+1`)},
		{"iat behind exp", tokens.NotYetValid, issued, iat(`$NOW+600`)},
		{"iat is negative: a long life in disguise", tokens.LifetimeTooLong, issued, iat(`-1`)},
		{"iat is the smallest number of 64 bits", tokens.ClaimInvalid, date, iat(`-9223372036854775808`)},
		{"a good token at its last second, and at exp", tokens.Expired, expiry, scene(
			wait(tokenLife-time.Second), relay("t"), wait(time.Second), direct("t").refused())},
		{"a token from a service whose clock is ahead", tokens.NotYetValid, issued, []Step{
			open(victim, first), {Verb: Skew, Service: early, By: 5 * time.Second}, confirm("t", victim, early), relay("t").refused(),
			{Verb: Skew, Service: early}, wait(5 * time.Second), relay("t")}},
		{"the service's clock has passed exp, the relay's has not", tokens.Expired, expiry, scene(
			relay("t"), Step{Verb: Skew, Service: early, By: 3 * time.Minute}, direct("t").refused(), Step{Verb: Skew, Service: early})},
	})
}

// tokenLife is the life of a token that nobody gave another.
const tokenLife = 2 * time.Minute
