// Words: the names that rows use, and what they stand for.

package attacks

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
)

func (r *run) customer(name string) string {
	switch name {
	case first:
		return r.shop().Customers[0]
	case second:
		return r.shop().Customers[1]
	}
	return name
}

// service finds a service by its role.
func (r *run) service(role string) Service {
	all := r.shop().Services
	switch role {
	case sealing:
		for _, s := range all {
			if s.Seals {
				return s
			}
		}
		return Service{}
	case late:
		return all[1]
	default:
		return all[0]
	}
}

var word = regexp.MustCompile(`\$[A-Z_]+([+-][0-9]+)?`)

// words gives a function that replaces the names in a text with what they stand
// for: $ISS, $CAP and $KID of the forged token's service, and $OTHER_ISS,
// $OTHER_CAP and $OTHER_KID of another; $T_KID of the token called t; $CUSTOMER
// and $OTHER_CUSTOMER; $JWK and $ATTACKER_JWK; $LETTER, what is sealed in the
// token called u; and $NOW, a time in seconds, which may have +N or -N behind it.
func (r *run) words(good held) (func(string) string, error) {
	shop, own, other := r.shop(), r.service(good.service), r.service(late)
	if other.Name == own.Name {
		other = r.service(early)
	}
	ownJWK, err := serviceJWK(own)
	if err != nil {
		return nil, err
	}
	attackerJWK, err := publicJWK(&r.key.PublicKey)
	if err != nil {
		return nil, err
	}
	known := map[string]string{
		"$T_KID": r.tokens["t"].kid, "$ISS": own.Issuer, "$CAP": own.Capability, "$KID": good.kid,
		"$OTHER_ISS": other.Issuer, "$OTHER_CAP": other.Capability, "$OTHER_KID": other.KeyID,
		"$CUSTOMER": shop.Customers[0], "$OTHER_CUSTOMER": shop.Customers[1],
		"$JWK": ownJWK, "$ATTACKER_JWK": attackerJWK, "$LETTER": sealedIn(r.tokens["u"].raw),
	}
	return func(text string) string {
		return word.ReplaceAllStringFunc(text, func(name string) string {
			if by, ok := strings.CutPrefix(name, "$NOW"); ok {
				seconds, _ := strconv.ParseInt(by, 10, 64) // with nothing behind it, 0
				return strconv.FormatInt(shop.Now.Unix()+seconds, 10)
			}
			return known[name]
		})
	}, nil
}

// sealedIn gives the sealed section of a token; empty when there is none.
func sealedIn(raw string) string {
	_, payload, _, err := decode(raw)
	if err != nil {
		return ""
	}
	var letter struct {
		Sealed string `json:"sealed"`
	}
	if json.Unmarshal(payload, &letter) != nil {
		return ""
	}
	return letter.Sealed
}
