// Explaining: what it says is what the parties then answer, and it changes
// nothing.

package verbs_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/shelltest"
	"tokenshell/tokens"
)

// explanation is the JSON of token explain, with the members that scenarios rely on.
type explanation struct {
	Verdict string           `json:"verdict"`
	Reason  string           `json:"reason"`
	Checks  []explainedCheck `json:"checks"`
}

type explainedCheck struct {
	Party  string `json:"party"`
	Check  string `json:"check"`
	Status string `json:"status"`
	Reason string `json:"reason"`
	Source string `json:"source"`
	Detail string `json:"detail"`
}

// explained runs token explain and wants its JSON to be sound.
func explained(t *testing.T, s *interp.Shell, words string) explanation {
	t.Helper()
	var e explanation
	line := shelltest.Do(t, s, "token explain "+words+" -o json")
	dec := json.NewDecoder(strings.NewReader(line))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&e); err != nil {
		t.Fatalf("token explain %.80s: %v: %s", words, err, line)
	}
	sound(t, e, strings.Contains(words, "--all"))
	return e
}

// sound wants a verdict that follows from the checks, and each check complete.
func sound(t *testing.T, e explanation, all bool) {
	t.Helper()
	first, failed := "", map[string]bool{}
	for _, c := range e.Checks {
		if !slices.Contains(tokens.CheckNames(), c.Check) || c.Source == "" || c.Party == "" {
			t.Errorf("a check without a name, a source or a party: %+v", c)
		}
		switch c.Status {
		case tokens.CheckPassed:
			if c.Reason != "" {
				t.Errorf("it passed for a reason: %+v", c)
			}
		case tokens.CheckSkipped:
			if c.Reason != "" || c.Detail != "" || !failed[c.Party] {
				t.Errorf("skipped, and found: %+v", c)
			}
		case tokens.CheckFailed:
			if c.Reason == "" || c.Detail == "" {
				t.Errorf("it failed without a word: %+v", c)
			}
			if first == "" {
				first = c.Reason
			}
			failed[c.Party] = true
			continue
		default:
			t.Errorf("status %q", c.Status)
		}
		if failed[c.Party] && c.Status != tokens.CheckSkipped && !all {
			t.Errorf("it went on past a failure: %+v", c)
		}
	}
	if e.Reason != first || e.Verdict != map[bool]string{true: "accepted", false: "rejected"}[first == ""] {
		t.Errorf("the verdict is %s, %s; the first failure is %q", e.Verdict, e.Reason, first)
	}
}

// failedAt gives the first reason that a party would refuse with.
func (e explanation) failedAt(relay bool) string {
	for _, c := range e.Checks {
		if (c.Party == "relay") == relay && c.Status == tokens.CheckFailed {
			return c.Reason
		}
	}
	return ""
}

// reasonOf runs a line and gives what it was refused with; empty when it was done.
func reasonOf(t *testing.T, s *interp.Shell, line string) string {
	t.Helper()
	var printed bytes.Buffer
	err := s.Line(t.Context(), line, false, &printed, &printed)
	if err == nil {
		return ""
	}
	all := exit.Rejections(err)
	if all == nil {
		t.Fatalf("%s: %v", line, err)
	}
	return string(all[0].Reason)
}

// What explain says of the golden tokens, good and hostile, is what the relay
// and then the redeemer answer.
func TestExplainedIsAnswered(t *testing.T) {
	files, err := filepath.Glob(shelltest.Testdata(t, "tokens", "*.jwt"))
	if err != nil || len(files) < 20 {
		t.Fatalf("%d tokens: %v", len(files), err)
	}
	outside, err := filepath.Glob(trustFile(t, "*.jws"))
	if err != nil || len(outside) < 5 {
		t.Fatalf("%d outside tokens: %v", len(outside), err)
	}
	files = append(files, outside...)
	refused := 0
	for _, before := range [][]string{
		nil,
		{"clock advance 119s"},
		{"clock advance 2m"},
		{"keys rotate coupons"},
		{"keys retire coupons-k1-439f4433"},
		{"keys disable coupons-k1-439f4433"},
		{"coupon confirm SPRING25", "relay coupon-1"},
		{"coupon confirm SPRING25", "redeem --direct coupon-1"},
		{"coupon confirm SPRING25", "revoke coupon-1"},
		{"session close"},
		{"session new op_2"},
		{"session new op_2", "session close op_1"},
		{"clock skew coupons --ahead 3m"},
		{"clock skew relay --ahead 3m"},
		{"set leeway 1m", "clock advance 150s"},
	} {
		// What one token leaves behind the next one finds: that is told, too.
		relayed, direct := shelltest.Trusting(t, "session set subtotal=120.00"), shelltest.Trusting(t, "session set subtotal=120.00")
		shelltest.Do(t, relayed, before...)
		shelltest.Do(t, direct, before...)
		for _, file := range files {
			plain, all := explained(t, relayed, "@"+file), explained(t, relayed, "@"+file+" --all")
			for _, byRelay := range []bool{true, false} {
				if all.failedAt(byRelay) != plain.failedAt(byRelay) {
					t.Errorf("%s after %s: with --all another first failure", file, before)
				}
			}
			got := reasonOf(t, relayed, "relay @"+file)
			if got != plain.failedAt(true) {
				t.Errorf("%s after %s: the relay says %q, explained was %q", file, before, got, plain.failedAt(true))
			}
			if got != "" {
				refused++
			}
			e := explained(t, direct, "@"+file)
			if !slices.ContainsFunc(e.Checks, func(c explainedCheck) bool { return c.Party != "relay" }) {
				continue // there is nobody to redeem it
			}
			if got := reasonOf(t, direct, "redeem --direct @"+file); got != e.failedAt(false) {
				t.Errorf("%s after %s: the redeemer says %q, explained was %q", file, before, got, e.failedAt(false))
			}
		}
	}
	if refused < 100 {
		t.Errorf("only %d refusals: the cases are too tame", refused)
	}
}

// booksOf gives everything that a world keeps.
func booksOf(t *testing.T, s *interp.Shell) string {
	t.Helper()
	var b strings.Builder
	for _, line := range []string{"view relay", "view coupons", "view points", "view payments", "view kms", "session show", "session list", "token list", "log", "fault list"} {
		b.WriteString(shelltest.Do(t, s, line+" -o json"))
	}
	text, err := json.Marshal(s.World.Sessions())
	if err != nil {
		t.Fatal(err)
	}
	b.Write(text)
	return b.String()
}

// A hundred explanations change no books, write no log, and use nothing up.
func TestExplainingChangesNothing(t *testing.T) {
	s := shelltest.Trusting(t, "session set subtotal=120.00", "coupon confirm SPRING25", "payment confirm 80.00 --method visa",
		"token import "+trustFile(t, "gift.jws")+" --name gift", "set check on")
	before := booksOf(t, s)
	for i := range 100 {
		for _, handle := range []string{"coupon-1", "payment-1", "gift", "@" + shelltest.Testdata(t, "tokens", "bent-signature.jwt")} {
			words := handle
			if i%2 == 1 {
				words += " --all"
			}
			if e := explained(t, s, words); e.Verdict != "accepted" && handle[0] != '@' {
				t.Fatalf("%s for the %dth time: %+v", handle, i+1, e)
			}
		}
	}
	if diff := cmp.Diff(before, booksOf(t, s)); diff != "" {
		t.Errorf("the books changed (-before +after):\n%s", diff)
	}
	if got := shelltest.Do(t, s, "checkout --jq '[.results[].status] | unique | join(\" \")'"); got != "redeemed\n" {
		t.Error(got)
	}
	after := booksOf(t, s)
	for range 100 {
		if e := explained(t, s, "gift"); e.Reason != "session_closed" || e.failedAt(false) != "already_redeemed" {
			t.Fatalf("%+v", e)
		}
	}
	if diff := cmp.Diff(after, booksOf(t, s)); diff != "" {
		t.Errorf("the books changed (-before +after):\n%s", diff)
	}
}

// Nor does a fault that waits for a verb wait less.
func TestExplainingTakesNoFault(t *testing.T) {
	s := shelltest.New(t, 1)
	shelltest.Do(t, s, "session new op_1", "payment confirm 80.00 --method visa", "fault payments.redeem refuse", "fault payments.cancel timeout")
	explained(t, s, "payment-1 --all")
	if got := shelltest.Do(t, s, "fault list"); got != "payments.redeem: refuse, 1 time\npayments.cancel: timeout, 1 time\n" {
		t.Error(got)
	}
}

// What is expected stands against what came.
func TestExplainedDetails(t *testing.T) {
	for _, c := range []struct {
		before []string
		words  string
		want   string
	}{
		{[]string{"clock advance 121s"}, "it", "expired at 2026-01-01T00:02:00Z, it is 2026-01-01T00:02:01Z: 1 s over"},
		{[]string{"clock advance 2m"}, "it", "expired at 2026-01-01T00:02:00Z, it is 2026-01-01T00:02:00Z: 0 s over"},
		{[]string{"clock advance 1m", "keys rotate coupons", "clock advance 2m"}, "it", `coupons.svc has no key "coupons-k1-439f4433": it left the set at 2026-01-01T00:02:00Z, retired`},
		{[]string{"clock advance 1m", "keys retire coupons-k1-439f4433"}, "it", "it left the set at 2026-01-01T00:01:00Z, retired"},
		{[]string{"clock advance 1m", "keys disable coupons-k1-439f4433"}, "it", "it left the set at 2026-01-01T00:01:00Z, disabled"},
		{[]string{"relay it"}, "it", `session "op_1" has used cpt_ptejey6ijwnn4zrpecpg34dmpe of coupons.svc already`},
		{[]string{"session new op_2"}, "it", `the token is for order "op_1", this is "op_2"`},
		{[]string{"session close"}, "it", `session "op_1" is closed`},
		{[]string{"clock skew relay --behind 10s"}, "it", "issued at 2026-01-01T00:00:00Z, it is 2025-12-31T23:59:50Z: 10 s too early"},
		{[]string{"clock skew relay --behind 10s", "set leeway 4s"}, "it", "6 s too early"},
		{nil, "@" + trustFile(t, "greedy.jws"), `https://club.example may not grant "payments:capture"`},
		{nil, "@" + trustFile(t, "early.jws"), "not valid before 2026-01-01T00:01:00Z, it is 2026-01-01T00:00:00Z: 1 min too early"},
		{nil, "@" + shelltest.Testdata(t, "tokens") + "/wrong-type.jwt", `typ is "JWT", expected "confirmation+jwt"`},
		{nil, "@" + shelltest.Testdata(t, "tokens") + "/alg-none.jwt", `alg is "none", the key's is "ES256"`},
		{nil, "@" + shelltest.Testdata(t, "tokens") + "/other-audience.jwt", `aud names "points.svc", who has no part in it`},
		{nil, "@" + shelltest.Testdata(t, "tokens") + "/long-lived.jwt", "it lives for 1 h, at most 5 min"},
		{nil, "@" + shelltest.Testdata(t, "tokens") + "/twice-claimed.jwt", "payload: "},
	} {
		s := shelltest.Trusting(t, "coupon confirm TEN --name it")
		shelltest.Do(t, s, c.before...)
		e := explained(t, s, c.words)
		if !slices.ContainsFunc(e.Checks, func(f explainedCheck) bool {
			return f.Party == "relay" && f.Status == tokens.CheckFailed && strings.Contains(f.Detail, c.want)
		}) {
			t.Errorf("%s after %s: nothing says %q: %+v", c.words, c.before, c.want, e)
		}
		if text := shelltest.Do(t, s, "token explain "+c.words); !strings.Contains(text, c.want) {
			t.Errorf("%s after %s: the text does not say %q", c.words, c.before, c.want)
		}
	}
}

// Without a session, and without any world's help: the relay's checks as they
// were then, for the tokens of everybody.
func TestExplainAfterwards(t *testing.T) {
	dir := t.TempDir()
	then, now := filepath.Join(dir, "old.json"), filepath.Join(dir, "new.json")
	s := shelltest.New(t, 1)
	shelltest.Do(t, s, "keys jwks coupons --out "+then, "keys rotate coupons", "clock advance 24h", "keys jwks coupons --out "+now)
	coupon := "@" + shelltest.Testdata(t, "tokens", "coupon.jwt")
	for words, want := range map[string]string{
		coupon + " --jwks " + then + " --at 2026-01-01T00:00:00Z":                                                                                              "",
		coupon + " --jwks " + then + " --at 2026-01-01T00:01:59Z":                                                                                              "",
		coupon + " --jwks " + then + " --at 2026-01-01T01:01:59+01:00":                                                                                         "",
		coupon + " --jwks " + then + " --at 2026-01-01T00:02:00Z":                                                                                              "expired",
		coupon + " --jwks " + then + " --at 2025-12-31T23:59:59Z":                                                                                              "not_yet_valid",
		coupon + " --jwks " + then:                                                                                                                             "expired",
		coupon + " --jwks " + now + " --at 2026-01-01T00:01:00Z":                                                                                               "key_unknown",
		coupon + " --jwks " + now + " --jwks " + then + " --at 2026-01-01T00:01:00Z":                                                                           "",
		coupon + " --jwks " + then + " --jwks " + now + " --at 2026-01-01T00:01:00Z":                                                                           "",
		coupon + " --jwks " + then + " --jwks " + then + " --at 2026-01-01T00:01:00Z":                                                                          "",
		coupon + " --jwks " + then + " --at 2026-01-01T00:01:00Z --order op_1":                                                                                 "",
		coupon + " --jwks " + then + " --at 2026-01-01T00:01:00Z --order op_2":                                                                                 "session_mismatch",
		"@" + trustFile(t, "gift.jws") + " --jwks " + trustFile(t, "club.json") + " --at 2026-01-01T00:01:00Z":                                                 "claim_invalid", // an outside issuer's claim wants a profile
		"@" + trustFile(t, "partner.jws") + " --jwks " + trustFile(t, "partner.json") + " --at 2026-01-01T00:01:00Z":                                           "header_not_allowed",
		"@" + trustFile(t, "partner.jws") + " --jwks " + trustFile(t, "partner.json") + " --at 2026-01-01T00:10:04Z --profile " + trustFile(t, "partner.yaml"): "",
		"@" + trustFile(t, "partner.jws") + " --jwks " + trustFile(t, "partner.json") + " --at 2026-01-01T00:10:05Z --profile " + trustFile(t, "partner.yaml"): "expired",
	} {
		for _, all := range []string{"", " --all"} {
			if e := explained(t, s, words+all); e.Reason != want {
				t.Errorf("%s: %s %q, want %q", words, e.Verdict, e.Reason, want)
			} else if slices.ContainsFunc(e.Checks, func(c explainedCheck) bool { return c.Party != "relay" || c.Check == "replay" }) {
				t.Errorf("%s: it judges what only a world knows: %+v", words, e)
			}
		}
	}
	// Every hostile token gets the reason that the relay would have given; a key
	// set knows nothing of grants, nor of who else there is.
	unknowable := []string{"foreign-capability", "unknown-capability", "no-capability", "other-customer"}
	for _, h := range shelltest.Hostiles() {
		want := string(h.Refused)
		switch {
		case slices.Contains(unknowable, h.File):
			want = ""
		case h.File == "other-issuer" || h.File == "unknown-issuer":
			want = "audience_mismatch" // aud still names the one whose key it is
		}
		words := "@" + shelltest.Testdata(t, "tokens", h.File+".jwt") + " --jwks " + then + " --at 2026-01-01T00:00:00Z --order op_1"
		if e := explained(t, s, words); e.Reason != want {
			t.Errorf("%s: %q, want %q", h.File, e.Reason, want)
		}
	}
}

// A kid names one key for ever: two sets that say otherwise are not both right.
func TestExplainWithTwoKeysOfOneName(t *testing.T) {
	path := filepath.Join(t.TempDir(), "other.json")
	key := shelltest.OutsideKeys(t)["ES256"].JSONWebKey
	key.KeyID = "club-eddsa"
	if err := os.WriteFile(path, []byte(shelltest.KeySetText(t, key)), 0o666); err != nil {
		t.Fatal(err)
	}
	line := "token explain @" + trustFile(t, "gift.jws") + " --jwks " + trustFile(t, "club.json") + " --jwks " + path
	code, printed := shelltest.Refused(t, shelltest.New(t, 1), line)
	if code != exit.BadInput || !strings.Contains(printed, path) || !strings.Contains(printed, "club-eddsa") {
		t.Errorf("exit code %d: %s", code, printed)
	}
}

// Wrong words are usage errors.
func TestExplainUsage(t *testing.T) {
	for line, want := range map[string]string{
		"token explain":                                "",
		"token explain it it":                          "",
		"token explain nothing":                        `there is no token "nothing"`,
		"token explain it --at 2026-01-01T00:00:00Z":   "add --jwks FILE",
		"token explain it --order op_1":                "add --jwks FILE",
		"token explain it --profile x.yaml":            "add --jwks FILE",
		"token explain it --every":                     "--every",
		"token explain it --jwks":                      "--jwks",
		"token explain it --jwks KEYS --at noon":       `"noon" is not a time`,
		"token explain it --jwks KEYS --at 2026-01-01": `"2026-01-01" is not a time`,
		"token explain it --jwks KEYS --at 'x\ty'":     "is not a time",
	} {
		s := shelltest.New(t, 1)
		shelltest.Do(t, s, "session new op_1", "coupon confirm TEN --name it")
		line = strings.Replace(line, "KEYS", shelltest.Testdata(t, "jwks")+"/coupons.json", 1)
		code, printed := shelltest.Refused(t, s, line)
		if code != exit.BadUsage || !strings.Contains(printed, want) {
			t.Errorf("%s: exit code %d: %q, want %q", line, code, printed, want)
		}
	}
}

// A file that cannot be read is named, with exit code 3.
func TestExplainUnreadable(t *testing.T) {
	dir := t.TempDir()
	empty := filepath.Join(dir, "empty")
	if err := os.WriteFile(empty, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"token explain @" + dir + "/nothing.jwt", "token explain @" + dir, "token explain @" + empty,
		"token explain @" + dir + "/nothing.jwt --jwks " + trustFile(t, "club.json"),
		"token explain @" + trustFile(t, "gift.jws") + " --jwks " + trustFile(t, "club.json") + " --jwks " + dir + "/nothing.json",
	} {
		code, printed := shelltest.Refused(t, shelltest.New(t, 1), line)
		if code != exit.BadInput || !strings.Contains(printed, dir) {
			t.Errorf("%s: exit code %d: %q", line, code, printed)
		}
	}
}
