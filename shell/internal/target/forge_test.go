// token forge and attack show: what the catalogue does, a person does.

package target_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"

	"tokenshell/shell/attacks"
	"tokenshell/shell/attacks/bends"
	"tokenshell/shell/internal/forge"
	"tokenshell/shell/internal/scenario"
	"tokenshell/shell/internal/shelltest"
	"tokenshell/shell/internal/target"
	"tokenshell/tokens"
)

// untold are the rows that no line can say, and why.
var untold = map[string]string{
	"no line does several things at once":          "FLW-14 FLW-15 RED-04 RED-05",
	"no verb says which attempt it is":             "RED-07 RED-08 RED-18",
	"no verb cancels past the relay":               "RED-16 RED-17",
	"no verb is about a session that nobody knows": "FLW-06 FLW-10",
}

// Every row that can be a scenario is one, and passes with two seeds.
func TestEveryRowIsAScenario(t *testing.T) {
	dir := t.TempDir()
	w := shelltest.World(t, shelltest.Plan(t, ""), 1)
	h := target.Hostile{World: w, Shop: target.New(w).Shop()}
	not := map[string][]string{}
	var files []string
	for _, row := range attacks.All() {
		text, why := forge.Scenario(row, h)
		if why != "" {
			not[why] = append(not[why], row.ID)
			continue
		}
		for _, wanted := range []string{string(row.Expect), row.ID + ": " + row.What} {
			if !strings.Contains(text, wanted) {
				t.Errorf("%s does not say %q:\n%s", row.ID, wanted, text)
			}
		}
		files = append(files, filepath.Join(dir, row.ID+".txtar"))
		if err := os.WriteFile(files[len(files)-1], []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got := map[string]string{}
	for why, ids := range not {
		got[why] = strings.Join(ids, " ")
	}
	if diff := cmp.Diff(untold, got); diff != "" {
		t.Errorf("rows that are no scenarios (-listed +found):\n%s", diff)
	}
	passed := 0
	err := scenario.Run(t.Context(), shelltest.Language(), scenario.Config{Seed: 5, NoExec: true, Strict: true}, files, func(o scenario.Outcome) {
		if o.Verdict != scenario.Passed {
			text, _ := os.ReadFile(o.File)
			t.Errorf("%s:%d: %s\n%s\n%s", filepath.Base(o.File), o.Line, o.Why, o.Output, short(string(text)))
			return
		}
		passed++
	})
	if err != nil || passed != len(files) {
		t.Errorf("%d of %d passed: %v", passed, len(files), err)
	}
}

func short(text string) string { return text[:min(len(text), 3000)] }

// What a row forges, and what its flags forge, is the same token.
func TestFlagsForgeWhatRowsForge(t *testing.T) {
	w := shelltest.World(t, shelltest.Plan(t, ""), 1)
	s := shelltest.Of(w)
	shelltest.Do(t, s, "session new op_victim", "coupon confirm TEN --name t", "payment confirm 1.00 --method visa --name sealing", "payment confirm 1.00 --method visa --name u")
	forged := func(f *attacks.Forgery, from string) string {
		good := s.Wallet.ByHandle[from]
		raw, err := f.Forge(t.Context(), target.Of(s.Client), 1, attacks.Good{Raw: good.Raw, Service: good.Service, KeyID: kidOf(t, good.Raw), Former: kidOf(t, good.Raw), Other: s.Wallet.ByHandle["u"].Raw})
		if err != nil {
			t.Fatalf("%v: %v", forge.Words(f), err)
		}
		return raw
	}
	steps := 0
	for _, row := range attacks.All() {
		for _, step := range row.Steps {
			if !step.Forges() {
				continue
			}
			words := append(forge.Words(step.Forge), "--other", "u")
			var flags struct{ forge.Flags }
			p, err := kong.New(&flags)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := p.Parse(words); err != nil {
				t.Errorf("%s: %q: %v", row.ID, words, err)
				continue
			}
			parsed, err := flags.Forgery()
			if err != nil {
				t.Errorf("%s: %v", row.ID, err)
				continue
			}
			from := "t"
			if row.Group == attacks.Sealed && strings.Contains(strings.Join(words, " "), "sealed") && row.ID != "SEA-03" {
				from = "sealing"
			}
			if was, is := forged(step.Forge, from), forged(parsed, from); was != is {
				t.Errorf("%s: %q forge another token:\n%s\n%s", row.ID, words, short(was), short(is))
			}
			for _, word := range words {
				if len(word) > 2000 {
					t.Errorf("%s: a word of %d bytes", row.ID, len(word))
				}
			}
			steps++
		}
	}
	if steps < 250 {
		t.Errorf("%d forgeries were looked at", steps)
	}
}

func kidOf(t *testing.T, raw string) string {
	t.Helper()
	seen, err := tokens.Peek(raw)
	if err != nil {
		t.Fatal(err)
	}
	return seen.KeyID
}

// Every kind of bend can be read as it writes itself, and bends anything without
// a panic.
func TestBends(t *testing.T) {
	with := map[string]string{"TEXT": `a"\n\x00b`, "PATTERN": "$2.$1", "N": "3", "R,S": "n-1,-", "N:HOW": "1:cut:4"}
	for _, row := range bends.Rows() {
		how, takes, ok := strings.Cut(row.How, ":")
		if ok {
			how += ":" + with[takes]
		}
		b, err := bends.Parse(how)
		if err != nil {
			t.Errorf("%s: %v", how, err)
			continue
		}
		again, err := bends.Parse(b.How)
		if err != nil || again.How != b.How {
			t.Errorf("%s writes itself %s, and that %s: %v", how, b.How, again.How, err)
		}
		for _, text := range []string{"", ".", "a", "...", "\x00", "é", strings.Repeat("A", 86), strings.Repeat("b", 64), "a.b.c.d.e"} {
			if b.Of(text) != again.Of(text) {
				t.Errorf("%s of %q: %q, and then %q", b.How, text, b.Of(text), again.Of(text))
			}
		}
	}
	for _, how := range []string{"", "nope", "prefix", "pad:x", "cut:x", "flat:0", "flat:2,2", "jwe:x:pad", "jwe:1:", "jwe:1:jwe:1:pad", `prefix:\q`} {
		if b, err := bends.Parse(how); err == nil {
			t.Errorf("%q is read as %q", how, b.How)
		}
	}
}

func TestTokenForge(t *testing.T) {
	s := shelltest.New(t, 1)
	shelltest.Do(t, s, "session new order", "coupon confirm TEN", "points confirm 100")
	for _, tt := range []struct{ line, reason string }{
		{`token forge coupon-1 --set 'sub="user_456"' --name x1`, "session_mismatch"},
		{`token forge coupon-1 --set 'sub="user_456"' --sign kept --name x2`, "signature_invalid"},
		{`token forge coupon-1 --unset jti --name x3`, "claim_missing"},
		{`token forge coupon-1 --exp -1s --name x4`, "expired"},
		{`token forge coupon-1 --exp +1h --name x5`, "lifetime_too_long"},
		{`token forge coupon-1 --alg none --sign nobody --name x6`, "algorithm_not_allowed"},
		{`token forge coupon-1 --alg HS256 --sign hmac-public --name x7`, "algorithm_not_allowed"},
		{`token forge coupon-1 --kid nope --sign attacker --name x8`, "key_unknown"},
		{`token forge coupon-1 --kid '' --name x9`, "key_unknown"},
		{`token forge coupon-1 --sign sibling --name x10`, "signature_invalid"},
		{`token forge coupon-1 --head 'jku="https://attacker.example"' --name x11`, "header_not_allowed"},
		{`token forge coupon-1 --unhead typ --name x12`, "type_not_allowed"},
		{`token forge coupon-1 --add 'sub="user_456"' --name x13`, "malformed"},
		{`token forge coupon-1 --encode 'token.prefix:Bearer ' --name x14`, "malformed"},
		{`token forge coupon-1 --sign kept --encode signature.der --name x15`, "signature_invalid"},
		{`token forge coupon-1 --sign borrowed --other points-1 --name x16`, "signature_invalid"},
		{`token forge points-1 --set 'iss="$OTHER_ISS"' --head 'kid="$OTHER_KID"' --sign sibling --name x17`, "audience_mismatch"},
	} {
		said := shelltest.Do(t, s, tt.line)
		if !strings.Contains(said, ": "+tt.reason+": ") || !strings.Contains(said, "forged from") {
			t.Errorf("%s says %q", tt.line, said)
		}
		name := tt.line[strings.LastIndex(tt.line, " ")+1:]
		shelltest.Do(t, s, "expect "+tt.reason+" relay "+name)
	}
	if said := shelltest.Do(t, s, "token list"); strings.Count(said, "(forged)") != 17 {
		t.Error(said)
	}
	if said := shelltest.Do(t, s, "token forge coupon-1 --twin --name twin"); !strings.Contains(said, "nobody notices") {
		t.Error(said)
	}
	shelltest.Do(t, s, "checkout", "expect session_closed relay twin") // and checkout has left out what was forged
	for line, wants := range map[string]string{
		"token forge coupon-1 --set sub=user_456":                    `'sub="user_456"'`,
		"token forge coupon-1 --set sub":                             "--set NAME=VALUE",
		"token forge coupon-1 --unset sub=1":                         "--unset NAME",
		"token forge coupon-1 --unset nope":                          "there is no nope to drop",
		"token forge coupon-1 --bend exp=upper":                      "exp is no string to bend",
		"token forge coupon-1 --bend sub=uper":                       "there is no bend",
		"token forge coupon-1 --encode der":                          "signature.der",
		"token forge coupon-1 --encode signature.uper":               "there is no bend",
		"token forge coupon-1 --sign atacker":                        "did you mean attacker?",
		"token forge coupon-1 --sign former":                         "keys rotate coupons makes one",
		"token forge coupon-1 --sign borrowed":                       "add --other TOKEN",
		"token forge coupon-1 --exp soon":                            "is not a duration",
		"token forge coupon-1 --name points-1":                       "there is a token points-1 already",
		"token forge coupon-1 --payload nowhere.json":                "nowhere.json",
		"token forge x14":                                            "cannot be taken apart",
		"token forge nope":                                           "there is no token",
		"token forge coupon-1 --encode token.hex --encode token.pad": "in two ways",
	} {
		if code, printed := shelltest.Refused(t, s, line); code != 2 && code != 3 || !strings.Contains(printed, wants) {
			t.Errorf("%s: %d, %q, want %q", line, code, printed, wants)
		}
	}
}

// Of a token that no service here has issued nobody has the key.
func TestForgingAForeignToken(t *testing.T) {
	s := shelltest.Trusting(t)
	shelltest.Do(t, s, "token import "+shelltest.Testdata(t, "trust", "gift.jws")+" --name club")
	for _, line := range []string{"token forge club", "token forge club --sign former", "token forge club --sign hmac-public --alg HS256"} {
		if code, printed := shelltest.Refused(t, s, line); code != 2 || !strings.Contains(printed, "nobody here has the key of") {
			t.Errorf("%s: %d, %q", line, code, printed)
		}
	}
	shelltest.Do(t, s, "token forge club --sign attacker --name x", "expect signature_invalid relay x")
}
