package tokens

import (
	"strings"
	"testing"

	"tokenshell/tokens/strictjson"
)

// Whatever became of a token, nothing of it is left in the memory that the next one
// is read into, and the claims of one are not those of another.
func TestNothingOfATokenStays(t *testing.T) {
	good := control().raw()
	checks := relayAt(epoch).Checks(Own{})
	for name, raw := range map[string]string{
		"good":                  good,
		"signature":             resigned(good, make([]byte, 64)),
		"no signature":          re(good, 2, func(string) string { return "" }),
		"second segment broken": re(good, 1, func(s string) string { return s + "!" }),
		"third segment broken":  re(good, 2, func(s string) string { return s[:40] + "!" + s[40:] }),
		"not JSON":              re(good, 1, func(string) string { return b64([]byte(strings.Repeat("secret", 50))) }),
		"many members":          re(good, 1, func(string) string { return b64([]byte(`{"iss":"coupons.svc"` + numbered(600) + `}`)) }),
		"two segments":          "a.b",
		"nothing":               "",
		"larger than a token":   strings.Repeat("A", MaxSize+1),
	} {
		claims, _ := Judge(raw, checks)
		_, _ = Peek(raw)
		_ = Explain(raw, checks, true)
		for range 4 {
			e := begin("")
			for _, b := range e.room.bytes[:cap(e.room.bytes)] {
				if b != 0 {
					t.Errorf("%s: a byte is left", name)
					break
				}
			}
			for _, o := range []strictjson.Object{e.room.header, e.room.payload} {
				for _, m := range o[:cap(o)] {
					if m != (strictjson.Member{}) {
						t.Errorf("%s: %q is left", name, m.Name)
						break
					}
				}
			}
			if e.header != nil || e.payload != nil || e.body != "" || e.alg != "" || e.kid != "" || e.key.ID != "" || e.issuer.Name != "" || e.verified {
				t.Errorf("%s: %+v", name, e)
			}
		}
		if claims != nil && claims.ID != "cpt_1" {
			t.Errorf("%s: the claims are of %q", name, claims.ID)
		}
	}
}

// Claims that were given stay as they are while others are read.
func TestClaimsAreNobodyElses(t *testing.T) {
	checks := relayAt(epoch).Checks(Own{})
	one := mustAccept(t, checks, control().raw())
	said := *one
	for _, claim := range []string{"jti", "sub", "order_processing_id"} {
		mustAccept(t, checks, control().claim(claim, `"x_1"`).raw())
	}
	constraints := string(said.Constraints)
	if one.ID != "cpt_1" || one.Subject != "user_123" || one.Order != "op_1" || string(one.Constraints) != constraints || strings.Join(one.Audience, " ") != "order-processing coupons.svc" {
		t.Errorf("%+v", one)
	}
}
