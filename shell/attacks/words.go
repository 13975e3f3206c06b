// Words: the names that rows use, and what they stand for.

package attacks

import (
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"tokenshell/shell/attacks/bends"
	"tokenshell/shell/attacks/parts"
	"tokenshell/tokens"
)

func (r *run) customer(name string) string {
	switch name {
	case first:
		return r.shop().Customers[0]
	case second:
		return secondOf(r.shop().Customers)
	}
	return name
}

// secondOf gives the second of some, or the only one.
func secondOf[T any](all []T) T { return all[min(1, len(all)-1)] }

// named is the role of a service that is not the row's but somebody's own choice.
const named = "="

// service finds a service by its role.
func (r *run) service(role string) Service { return r.shop().service(role) }

// service finds a service by its role.
func (s Shop) service(role string) Service {
	all := s.Services
	if name, ok := strings.CutPrefix(role, named); ok {
		for _, s := range all {
			if s.Name == name {
				return s
			}
		}
		return Service{}
	}
	switch role {
	case sealing:
		for _, s := range all {
			if s.Seals {
				return s
			}
		}
		return Service{}
	case late:
		return secondOf(all)
	default:
		return all[0]
	}
}

// called gives the target's name for a claim.
func (s Shop) called(claim string) string {
	if theirs := s.Claims[claim]; theirs != "" {
		return theirs
	}
	return claim
}

// other gives another service than one.
func (r *run) other(than Service) Service {
	if other := r.service(late); other.Name != than.Name {
		return other
	}
	return r.service(early)
}

var word = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\$[A-Z_]+([+-][0-9]+)?`) })

// words gives a function that replaces the names in a text with what they stand
// for: $ISS, $CAP and $KID of the forged token's service, and $OTHER_ISS,
// $OTHER_CAP and $OTHER_KID of another; $FORMER_KID of the token called t; $CUSTOMER
// and $OTHER_CUSTOMER; $JWK and $ATTACKER_JWK; $LETTER, what is sealed in the
// token called u, and $JTI, its jti; and $NOW, $OVER, $SOON, $LATER and $LATEST, times in seconds, which may have +N or -N
// behind them: now, when just over, not come yet, past the token's own end and still
// short of anybody's longest life, and the end of the target's. $WRAPPED is in a minute, and 2^64 more. $TIMES(N,TEXT) is a text N times, $BYTE(ff) a byte. $VICTIM, $ELSEWHERE, $INTRUDER and $NEVER are sessions, $ROW makes a
// name the row's own, $CANARY is a URL of the attacker's, $AUD is the relay and $TYP the type of a token.
func (r *run) words(good held) (func(string) string, error) {
	shop, own := r.shop(), r.service(good.service)
	other := r.other(own)
	ownJWK := ""
	if own.PublicKey != nil {
		var err error
		if ownJWK, err = parts.JWKOf(own.PublicKey); err != nil {
			return nil, err
		}
	}
	attackerJWK, err := parts.JWK(&r.key.PublicKey)
	if err != nil {
		return nil, err
	}
	known := map[string]string{
		"$FORMER_KID": r.tokens["t"].kid, "$JTI": parts.Claim(r.tokens["u"].raw, shop.called("jti")), "$ISS": own.Issuer, "$CAP": own.Capability, "$KID": good.kid,
		"$OTHER_ISS": other.Issuer, "$OTHER_CAP": other.Capability, "$OTHER_KID": other.KeyID,
		"$VICTIM": parts.Text(r.order(victim)), "$ELSEWHERE": parts.Text(r.order(elsewhere)), "$INTRUDER": parts.Text(r.order(intruder)), "$NEVER": parts.Text(r.order(never)),
		"$WRAPPED": new(big.Int).Add(new(big.Int).Lsh(big.NewInt(1), 64), big.NewInt(shop.Now.Unix()+60)).String(),
		"$ROW":     shop.Row, "$CANARY": shop.canary(), "$AUD": shop.Audience, "$TYP": shop.Type,
		"$CUSTOMER": shop.Customers[0], "$OTHER_CUSTOMER": secondOf(shop.Customers),
		"$JWK": ownJWK, "$ATTACKER_JWK": attackerJWK, "$LETTER": parts.Claim(r.tokens["u"].raw, shop.called("sealed")),
	}
	now, leeway := shop.Now.Unix(), int64(shop.Leeway/time.Second)
	later := (shop.Life + min(shop.LongestLife, tokens.MaxLifetime)) / 2
	times := map[string]int64{
		"$NOW": now, "$OVER": now - leeway, "$SOON": now + leeway + 1,
		"$LATER": now + int64(later/time.Second), "$LATEST": now + int64(shop.LongestLife/time.Second),
	}
	if shop.Runs {
		times["$SOON"] += 60 // or it has come before the token has
	}
	return func(text string) string {
		text = bends.Expand(text)
		return word().ReplaceAllStringFunc(text, func(name string) string {
			stem := strings.TrimRight(name, "+-0123456789")
			moment, ok := times[stem]
			if known, is := known[stem]; !ok && is {
				return known + name[len(stem):]
			}
			if !ok {
				return name
			}
			seconds, _ := strconv.ParseInt(name[len(stem):], 10, 64) // with nothing behind it, 0
			return strconv.FormatInt(moment+seconds, 10)
		})
	}, nil
}
