// What a profile may ask for.

package profiles_test

import (
	"strings"
	"testing"
	"time"

	"tokenshell/shell/internal/profiles"
	"tokenshell/tokens"
)

func TestProfileCheck(t *testing.T) {
	for name, profile := range map[string]tokens.Profile{
		"the zero value":         {},
		"all at their bounds":    {Types: []string{"", "JWT"}, Header: []string{"cty", "x-tenant"}, Audience: "https://shop.example", Claims: map[string]string{"jti": "https://x.example/id"}, MaxLifetime: 24 * time.Hour, Leeway: 5 * time.Minute},
		"every claim but iss":    {Claims: map[string]string{"aud": "a", "sub": "b", "iat": "c", "exp": "d", "jti": "e", "order_processing_id": "f", "capabilities": "g", "constraints": "h", "sealed": "i"}},
		"a name of 128 bytes":    {Claims: map[string]string{"sub": strings.Repeat("x", 128)}},
		"a header of other case": {Header: []string{"Crit"}}, // another member than crit, for names are exact
	} {
		if err := profiles.Check(&profile); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, tt := range map[string]struct {
		profile tokens.Profile
		want    string
	}{
		"header without a name":     {tokens.Profile{Header: []string{""}}, `header member "" cannot be ignored`},
		"claim nobody knows":        {tokens.Profile{Claims: map[string]string{"amount": "betrag"}}, `"amount" is not a claim`},
		"claim nbf":                 {tokens.Profile{Claims: map[string]string{"nbf": "from"}}, `"nbf" is not a claim`},
		"claim iss":                 {tokens.Profile{Claims: map[string]string{"iss": "issuer"}}, `"iss" is not a claim`},
		"claim without a name":      {tokens.Profile{Claims: map[string]string{"sub": ""}}, `"" is not a name`},
		"claim with an escape":      {tokens.Profile{Claims: map[string]string{"sub": "\x1b[31m"}}, "is not a name"},
		"claim of 129 bytes":        {tokens.Profile{Claims: map[string]string{"sub": strings.Repeat("x", 129)}}, "is not a name"},
		"lifetime over a day":       {tokens.Profile{MaxLifetime: 24*time.Hour + 1}, "a lifetime of 24 h: write 1s to 24h"},
		"lifetime below zero":       {tokens.Profile{MaxLifetime: -time.Second}, "a lifetime of -1 s"},
		"leeway over five minutes":  {tokens.Profile{Leeway: 5*time.Minute + 1}, "a leeway of 5 min: write 0s to 5m"},
		"leeway below zero":         {tokens.Profile{Leeway: -time.Millisecond}, "a leeway of -1 ms"},
		"one bad header among good": {tokens.Profile{Header: []string{"cty", "jku"}}, `"jku" cannot be ignored`},
	} {
		t.Run(name, func(t *testing.T) {
			if err := profiles.Check(&tt.profile); err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\x1b") {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

// The list is written down twice: what a profile may ignore of a header is not
// for whoever changes one of them to decide.
func TestWhatIsNeverIgnored(t *testing.T) {
	for member := range strings.FieldsSeq("alg kid typ crit b64 zip enc jwk jku x5u x5c") {
		if err := profiles.Check(&tokens.Profile{Header: []string{member}}); err == nil {
			t.Errorf("%s may be ignored", member)
		}
	}
}

// No two claims are read from one name; two may have each other's.
func TestProfileNamesAreDistinct(t *testing.T) {
	for name, claims := range map[string]map[string]string{
		"of iss":                     {"sub": "iss"},
		"of nbf":                     {"exp": "nbf"},
		"of one under its own name":  {"sub": "jti"},
		"its own":                    {"sub": "x", "jti": "sub", "exp": "x"},
		"of two under a third":       {"sub": "x", "jti": "x"},
		"of an optional one":         {"sub": "sealed"},
		"of three under one of them": {"sub": "jti", "jti": "exp"},
	} {
		err := profiles.Check(&tokens.Profile{Claims: claims})
		if err == nil || !strings.HasPrefix(err.Error(), "two claims would be read from ") {
			t.Errorf("the name %s: %v", name, err)
		}
	}
	for name, claims := range map[string]map[string]string{
		"swapped":            {"sub": "jti", "jti": "sub"},
		"one that was freed": {"sub": "jti", "jti": "id"},
		"its own":            {"sub": "sub"},
	} {
		if err := profiles.Check(&tokens.Profile{Claims: claims}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
