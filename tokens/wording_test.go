package tokens

import (
	"strings"
	"testing"
	"time"
)

func TestQuoteAll(t *testing.T) {
	for _, tt := range []struct{ texts, want string }{
		{"", "nobody"}, {"a", `"a"`}, {"a b", `"a", "b"`}, {"a b c", `"a", "b", "c"`},
		{"a b c d", `"a", "b", "c" and 1 more`}, {"a b c d e", `"a", "b", "c" and 2 more`},
	} {
		if got := quoteAll(strings.Fields(tt.texts)); got != tt.want {
			t.Errorf("quoteAll(%s) = %s, want %s", tt.texts, got, tt.want)
		}
	}
}

// A refused claim's kind is told, and not what it is.
func TestWhatAClaimIs(t *testing.T) {
	for value, want := range map[string]string{
		`"much"`: "a string of 4 bytes", `"\u0041"`: "a string of 1 byte", `["x"]`: "an array", `{"x":1}`: "an object",
		`true`: "a boolean", `false`: "a boolean", `null`: "null", `1.5`: `the number "1.5"`, `-1e3`: `the number "-1e3"`,
	} {
		if got := valueKind(value); got != want {
			t.Errorf("%s is %s, want %s", value, got, want)
		}
	}
	detail := mustRefuse(t, relayAt(epoch).Checks(Own{}), control().claim("iat", `"now"`).raw(), ClaimInvalid).Detail
	if want := `claim "iat" is a string of 3 bytes; an integer of seconds belongs there`; detail != want {
		t.Errorf("%s, want %s", detail, want)
	}
}

func TestStampsWithinTheCalendar(t *testing.T) {
	for _, tt := range []struct {
		year int
		want string
	}{
		{-1, "a time out of the calendar"}, {0, "0000-01-01T00:00:00Z"}, {1, "0001-01-01T00:00:00Z"},
		{9999, "9999-01-01T00:00:00Z"}, {10000, "a time out of the calendar"}, {10001, "a time out of the calendar"},
	} {
		if got := stamp(time.Date(tt.year, 1, 1, 0, 0, 0, 0, time.UTC)); got != tt.want {
			t.Errorf("the year %d is %s, want %s", tt.year, got, tt.want)
		}
	}
}

// By how much a token is too early or too late is told beside the leeway.
func TestHowMuchTooEarlyOrLate(t *testing.T) {
	const leeway = 10 * time.Second
	v := verifierAt(Audience, epoch, leeway)
	profiled := trusting(StaticKeys{outsideKey.Key}, &Profile{Leeway: leeway})
	for want, tt := range map[string]struct {
		checks []Check
		token  forgery
		reason Reason
	}{
		"issued at 2026-01-01T00:00:15Z, it is 2026-01-01T00:00:00Z: 5 s too early": {
			v.Checks(Own{}), control().claim("iat", seconds(epoch.Add(15*time.Second))), NotYetValid,
		},
		"not valid before 2026-01-01T00:00:16Z, it is 2026-01-01T00:00:00Z: 6 s too early": {
			profiled.Checks(Own{}), outside(outsideKey).claim("nbf", seconds(epoch.Add(16*time.Second))), NotYetValid,
		},
		"expired at 2025-12-31T23:59:43Z, it is 2026-01-01T00:00:00Z: 7 s over": {
			v.Checks(Own{}), control().claim("iat", seconds(epoch.Add(-time.Minute))).claim("exp", seconds(epoch.Add(-17*time.Second))), Expired,
		},
	} {
		if got := mustRefuse(t, tt.checks, tt.token.raw(), tt.reason).Detail; got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// A name stands as it is where it reads as one word, and nothing in it is taken for
// what stands around it.
func TestWord(t *testing.T) {
	for text, want := range map[string]string{
		"coupons.svc": "coupons.svc", "k-1:/x'y": "k-1:/x'y", "käse": "käse", "": `""`, "a b": `"a b"`, "a=b": `"a=b"`, `a"b`: `"a\"b"`,
		"a\x1bb": `"a\x1bb"`, "a\xffb": `"a\xffb"`, "a\ufffdb": "\"a\ufffdb\"", "a\u202eb": `"a\u202eb"`, "\n": `"\n"`,
	} {
		if got := Word(text); got != want {
			t.Errorf("Word(%q) = %s, want %s", text, got, want)
		}
	}
	if got := Words([]string{"a", "", "b c"}, ", "); got != `a, "", "b c"` {
		t.Error(got)
	}
}
