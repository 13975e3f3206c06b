// Names from outside that look like what stands around them.

package verbs_test

import (
	"io"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"tokenshell/shell/internal/shelltest"
	"tokenshell/tokens"
)

// inQuotes are the quoted parts of a line, in text and in JSON.
var inQuotes = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)

// A jti, a kid, an iss, a sub, a capability, an order's name and a fact may hold
// spaces, equals signs and quotes. Wherever they are shown, they are quoted: in
// no line does what they hold stand as a field or a word of its own.
func TestNamesFromOutsideForgeNothing(t *testing.T) {
	const forged = `x outcome=ok order_processing_id=victim party=payments step=redeem`
	for name, id := range map[string]string{
		"a field": forged, "a quote and a field": `x" ` + forged + ` y="`, "spaces around": " " + forged + " ", "a backslash": `x\" ` + forged, "a word": `x: accepted, for payments step=redeem`,
	} {
		inJSON := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(id)
		key := shelltest.OutsideKeys(t)["EdDSA"].JSONWebKey
		key.KeyID = id
		s := shelltest.New(t, 1)
		s.Dir.Path = t.TempDir()
		shelltest.WriteFile(t, filepath.Join(s.Dir.Path, "keys.json"), shelltest.KeySetText(t, key))
		raw := shelltest.OutsideToken{File: "it", Alg: "EdDSA", Edits: []string{
			`"KID"`, `"` + inJSON + `"`, "gift_FILE", inJSON, shelltest.Club, "a.example " + strings.TrimSpace(inJSON), "user_123", inJSON, "club:redeem", inJSON,
		}}.Raw(t)
		shelltest.WriteFile(t, filepath.Join(s.Dir.Path, "it.jws"), raw)
		for variable, value := range map[string]string{"ISS": "a.example " + strings.TrimSpace(id), "ID": id, "FACT": "1\nfact b=" + id} {
			if err := s.Vars.Set(variable, value, false); err != nil {
				t.Fatal(err)
			}
		}
		shelltest.Do(t, s, "trust add $ISS --jwks keys.json --capability $ID --service club", "session new op_1 --customer $ID --fact-any a=$FACT")
		var said strings.Builder
		for _, line := range []string{
			"trust list", "session show", "session list", "session set --fact-any c=$FACT", "token explain @it.jws --all", "relay @it.jws", "relay @it.jws", "token import it.jws --name it", "token list",
			"token show it", "token show @it.jws --as relay", "relay it", "session show", "view relay", "redeem", "redeem --direct it", "redeem --direct @it.jws --to club", "revoke it",
			"session new op_2 --customer user_123", "relay @it.jws", "log", "log --party club", "trace", "trace --format mermaid", "trust remove $ISS",
		} {
			var stdout, stderr strings.Builder
			_ = s.Line(t.Context(), line, false, &stdout, &stderr)
			for shown := range strings.Lines(stdout.String() + stderr.String()) {
				if strings.HasPrefix(line, "token show") { // JSON, a member a line
					continue
				}
				bare := inQuotes.ReplaceAllString(shown, "")
				for _, word := range []string{"victim", "step=redeem party", "party=payments", "accepted, for payments", "fact b="} {
					if strings.Contains(bare, word) && (line != "trace --format mermaid" || !strings.Contains(shown, "#34;")) {
						t.Errorf("%s, %s: %q stands there as if it were ours: %s", name, line, word, shown)
					}
				}
			}
			said.WriteString(stdout.String() + stderr.String())
		}
		if !strings.Contains(said.String(), "victim") && !strings.Contains(said.String(), "for payments") {
			t.Errorf("%s: nothing of it is shown at all:\n%s", name, said.String())
		}
		screen := shelltest.OnScreen(t, s, 300)
		shown, err := screen("log")
		if err != nil || strings.Contains(inQuotes.ReplaceAllString(shown, ""), "victim") {
			t.Errorf("%s: on a screen: %v:\n%s", name, err, shown)
		}
		for _, e := range s.World.Log.All() { // and whoever reads the log by its fields gets them back
			if e.JTI != "" && !strings.Contains(e.String(), " jti="+tokens.Word(e.JTI)) {
				t.Errorf("%s: %s", name, e)
			}
		}
	}
}

// What reads as one word stays as it is.
func TestWordsStayBare(t *testing.T) {
	for text, want := range map[string]string{
		"cpt_ptejey6ijwnn4zrpecpg34dmpe": "cpt_ptejey6ijwnn4zrpecpg34dmpe", "https://club.example/a?b": "https://club.example/a?b", "80.00": "80.00", "注文": "注文",
		"": `""`, "a b": `"a b"`, "a=b": `"a=b"`, `a"b`: `"a\"b"`, "a\nb": `"a\nb"`, "a\x1b[31m": `"a\x1b[31m"`, "a\u202eb": `"a\u202eb"`, "a\u00a0b": `"a\u00a0b"`, "\xff": `"\xff"`,
	} {
		if got := tokens.Word(text); got != want {
			t.Errorf("%q became %s, want %s", text, got, want)
		}
	}
}

// No name that could be taken for a party's is an issuer's or a stand-in's.
func TestNoNameLooksLikeAParty(t *testing.T) {
	good := " --jwks " + trustFile(t, "club-ed.json") + " --capability club:redeem"
	for _, name := range []string{
		"relay", "kms", "client", "ledger", "order-processing", "coupons", "coupon", "coupons.svc", "coupon.svc", "payments", "payment.svc", "points", "points.svc",
		"Relay", "KMS", "CLIENT", "Coupons.svc", "coupons.SVC", "COUPON", "re1ay", "reIay", "c0upons.svc", "coup0n", "p0ints", "po1nts.svc", "payrnents.svc", "coupons-svc", "coupons_svc",
		"coupons.svc.", "-relay", "k.m.s", "order_processing", "Order-Processing",
	} {
		s := shelltest.New(t, 1)
		if code, printed := shelltest.Refused(t, s, "trust add "+name+good); code != 2 || !strings.Contains(printed, "usage: ") || !strings.Contains(printed, "hint: ") {
			t.Errorf("%s, an issuer: exit code %d: %s", name, code, printed)
		}
		if code, printed := shelltest.Refused(t, s, shelltest.TrustClub(t)+" --service "+name); code != 2 || !strings.Contains(printed, "hint: ") {
			t.Errorf("%s, a service: exit code %d: %s", name, code, printed)
		}
		if len(s.World.Outsiders) != 0 {
			t.Errorf("%s is trusted", name)
		}
	}
	for _, name := range []string{"' coupons.svc'", "'coupons.svc '", "' a.example'", "'\ta.example'", "'relay '", "ｒelay", "cоupons.svc", "''", "' '", strings.Repeat("a", 129)} {
		s := shelltest.New(t, 1)
		if code, printed := shelltest.Refused(t, s, "trust add "+name+good); code != 2 || !strings.Contains(printed, "usage: ") {
			t.Errorf("%s: exit code %d: %s", name, code, printed)
		}
	}
	s := shelltest.Trusting(t)
	for _, name := range []string{"Club", "c1ub", "cl-ub"} {
		if code, printed := shelltest.Refused(t, s, "trust add b.example"+good+" --service "+name); code != 2 || !strings.Contains(printed, "could be taken for club") {
			t.Errorf("%s beside club: exit code %d: %s", name, code, printed)
		}
	}
	for _, name := range []string{"https://relay.example", "coupons.example", "relays", "partner.svc", "a.example", "b"} {
		if err := s.Line(t.Context(), "trust add "+name+good+" --service for-"+strings.Trim(strings.ReplaceAll(name, "/", ""), ":"), false, io.Discard, io.Discard); err != nil && !strings.Contains(err.Error(), "is not a name for a service") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
