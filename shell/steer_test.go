// Nothing steers: whatever stands in a token, a key set or a profile, no output
// of it moves a terminal's cursor or writes a line of its own.

package shell_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"

	"tokenshell/shell/internal/client"
	"tokenshell/shell/internal/shelltest"
	"tokenshell/shell/internal/wire"
	"tokenshell/shell/internal/world"
)

// steering gives what in text could steer a terminal, or stand in a line of its
// own that nobody wrote; empty when nothing does.
func steering(text string) string {
	for _, r := range text {
		bidi := r == 0x061c || r >= 0x200b && r <= 0x200f || r >= 0x2028 && r <= 0x202e || r >= 0x2060 && r <= 0x2069 || r == 0xfeff
		if r != '\n' && unicode.IsControl(r) || bidi || unicode.Is(unicode.Cf, r) {
			return fmt.Sprintf("%U", r)
		}
	}
	for line := range strings.SplitSeq(text, "\n") {
		if strings.HasPrefix(strings.TrimSpace(line), "forged-line") {
			return "a line of its own"
		}
	}
	return ""
}

// nastyTexts are what a hostile token has in its claims, as JSON writes it or
// as it is.
var nastyTexts = map[string]string{
	"ESC":           `\u001b[2J\u001b]0;owned\u0007`,
	"CR":            `x\rforged-line`,
	"newline":       `x\nforged-line: accepted, for coupons`,
	"tab":           `x\ty`,
	"NUL":           `\u0000`,
	"C1":            `\u009b31m`,
	"raw C1":        "\u009b31m",
	"DEL":           "\x7f",
	"bidi":          `\u202eevil\u2066`,
	"raw bidi":      "\u202eevil\u2066",
	"separator":     "\u2028forged-line",
	"zero width":    "\u200badmin\ufeff",
	"tag character": "\U000e0041",
}

// nastyText is all of it at once.
func nastyText() string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(nastyTexts)) {
		b.WriteString(nastyTexts[name])
	}
	return b.String()
}

// nastyTokens are tokens with such texts in one place each, or in whitespace,
// and signed with a key that would otherwise do.
func nastyTokens(t *testing.T, w *world.World) map[string]string {
	t.Helper()
	places := map[string][2]string{
		"kid":           {`"kid":"KID"`, `"kid":"NASTY"`},
		"alg":           {`"alg":"ES256"`, `"alg":"NASTY"`},
		"typ":           {`"typ":"confirmation+jwt"`, `"typ":"NASTY"`},
		"header member": {`"typ"`, `"NASTY":1,"typ"`},
		"iss":           {`"iss":"coupons.svc"`, `"iss":"NASTY"`},
		"aud":           {`["order-processing","coupons.svc"]`, `["order-processing","NASTY"]`},
		"sub":           {`"user_123"`, `"NASTY"`},
		"jti":           {`"cpt_nasty"`, `"NASTY"`},
		"order":         {`"op_1"`, `"NASTY"`},
		"capability":    {`["coupons:redeem"]`, `["NASTY"]`},
		"claim":         {`"constraints"`, `"NASTY":1,"constraints"`},
		"constraint":    {`{}}`, `{"NASTY":"NASTY"}}`},
		"sealed":        {`"constraints"`, `"sealed":"NASTY","constraints"`},
		"member by jti": {`"jti":"cpt_nasty"`, `"NASTY":"NASTY","jti":"cpt_nasty"`},
		"claim value":   {`"iat":1767225600`, `"iat":"NASTY"`},
		"kid and jti":   {`"jti":"cpt_nasty"`, `"jti":"NASTY"`},
	}
	all := map[string]string{}
	for place, edit := range places {
		all[place] = shelltest.Forge(t, w, shelltest.Hostile{File: "nasty", Edits: []string{edit[0], strings.ReplaceAll(edit[1], "NASTY", nastyText())}})
	}
	all["whitespace in the payload"] = shelltest.Forge(t, w, shelltest.Hostile{File: "nasty", Edits: []string{`"constraints":{}`, "\"constraints\":{\"a\":\r\n\"forged-line\",\n\"forged-line\":\t1}"}})
	return all
}

// Whatever stands in a token, nothing of it steers a terminal or writes a line
// of its own: in text, JSON, through a filter, in errors and in the log.
func TestNothingInATokenSteers(t *testing.T) {
	lines := []string{
		"relay TOKEN", "relay TOKEN TOKEN", "checkout TOKEN", "redeem TOKEN", "redeem --direct TOKEN", "redeem --direct TOKEN --to points", "revoke TOKEN",
		"token show TOKEN", "token show TOKEN --as relay", "token show TOKEN --as coupons", "token list", "token explain TOKEN", "token explain TOKEN --all",
		"token explain TOKEN --jwks " + shelltest.Testdata(t, "jwks") + "/coupons.json --all", "session show", "session list", "view client", "view relay", "view coupons", "log",
		"token show TOKEN --jq .", "token list --jq '.tokens[]'", "trace", "trace --format mermaid", "trace --format html", "trace -o json", "history",
	}
	for _, format := range []string{"text", "json"} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			s := shelltest.New(t, 1)
			shelltest.Do(t, s, "session new op_1", "set output "+format)
			for place, raw := range nastyTokens(t, s.World) {
				path := filepath.Join(t.TempDir(), "nasty.jwt")
				if err := os.WriteFile(path, []byte(raw), 0o666); err != nil {
					t.Fatal(err)
				}
				s.Wallet = client.Wallet{} // the lists of the ones before say the same again
				s.World.Wire.Conversation = wire.NewConversation(s.World.Clock)
				search := func(line string) {
					var printed bytes.Buffer
					_ = s.Line(t.Context(), line, false, &printed, &printed)
					text := printed.String()
					if strings.Contains(line, "html") {
						text = strings.ReplaceAll(text, "\t", " ") // a page is indented
					}
					if what := steering(text); what != "" {
						t.Errorf("%s (%s), %s: %s in %.400q", place, format, line, what, printed.String())
					}
				}
				for _, line := range lines {
					search(strings.ReplaceAll(line, "TOKEN", "@"+path))
				}
				search("token import " + path + " --name nasty")
				for _, line := range lines {
					search(strings.ReplaceAll(line, "TOKEN", "nasty"))
				}
			}
			for _, e := range s.World.Log.All() {
				if what := steering(e.String()); what != "" || strings.Contains(e.String(), "\n") {
					t.Errorf("the log holds %s: %q", what, e.String())
				}
			}
		})
	}
}

// A key set and a profile steer nothing either.
func TestNothingInAFileSteers(t *testing.T) {
	text := strings.Trim(fmt.Sprintf("%+q", nastyText()), `"`) // for JSON and for YAML
	text = strings.NewReplacer(`\\`, `\`, `\U000e0041`, "", `\x7f`, `\u007f`).Replace(text)
	key, err := json.Marshal(shelltest.OutsideKeys(t)["ES256"].JSONWebKey)
	if err != nil {
		t.Fatal(err)
	}
	set := `{"keys":[` + string(key) + `]}`
	path := filepath.Join(t.TempDir(), "file")
	for i, body := range []string{
		strings.Replace(set, "club-es256", text, 1), strings.Replace(set, `"sig"`, `"`+text+`"`, 1), strings.Replace(set, `"ES256"`, `"`+text+`"`, 1),
		strings.Replace(set, `"EC"`, `"`+text+`"`, 1), strings.Replace(set, `"crv"`, `"`+text+`"`, 1),
		`typ: ["` + text + `"]`, `header: ["` + text + `"]`, `audience: "` + text + `"`, `claims: {sub: "` + text + `"}`,
		`claims: {"` + text + `": a}`, `"` + text + `": 1`, `leeway: "` + text + `"`, `typ: "` + text + `"`, text, `"` + text,
	} {
		if err := os.WriteFile(path, []byte(body), 0o666); err != nil {
			t.Fatal(err)
		}
		for _, format := range []string{"text", "json"} {
			s := shelltest.New(t, 1)
			shelltest.Do(t, s, "session new op_1", "set output "+format)
			for _, line := range []string{
				shelltest.TrustClub(t) + " --profile " + path, "trust add x --capability a --jwks " + path, "trust list",
				"token explain @" + shelltest.Testdata(t, "trust", "gift.jws") + " --jwks " + path, "relay @" + shelltest.Testdata(t, "trust", "gift.jws"),
				"token explain @" + shelltest.Testdata(t, "trust", "gift.jws"), "token explain @" + shelltest.Testdata(t, "trust", "gift.jws") + " --jwks " + shelltest.Testdata(t, "trust", "club.json") + " --profile " + path + " --all",
			} {
				var printed bytes.Buffer
				_ = s.Line(t.Context(), line, false, &printed, &printed)
				text := printed.String()
				if strings.Contains(line, "html") {
					text = strings.ReplaceAll(text, "\t", " ") // a page is indented
				}
				if what := steering(text); what != "" {
					t.Errorf("body %d (%s), %s: %s in %.300q", i, format, line, what, printed.String())
				}
			}
		}
	}
}
