package record_test

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/files"
	"tokenshell/shell/internal/record"
	"tokenshell/shell/internal/shelltest"
)

// A replay touches no file of anybody's, whatever a variable stands for, and the
// scenario names none.
func TestRecordTouchesNothingOutside(t *testing.T) {
	s := recordable(t, nil, "")
	outside := filepath.Join(t.TempDir(), "evil.json")
	shelltest.Do(t, s, "session new", "let F "+outside, "let D "+filepath.Dir(outside), "keys jwks coupons --out $F", "trace --out=$D/t.txt")
	shelltest.WriteFile(t, outside, "mine now\n")
	comment, _ := recorded(t, s)
	wantLines(t, comment, "keys jwks coupons --out evil.json", "trace --out=t.txt")
	if text, err := os.ReadFile(outside); err != nil || string(text) != "mine now\n" {
		t.Errorf("%v: the replay wrote %q", err, text)
	}
}

// A file that was read by a variable is a section, and read as one.
func TestRecordFilesByVariable(t *testing.T) {
	s := recordable(t, nil, "")
	keys := filepath.Join(t.TempDir(), "club.json")
	text, err := os.ReadFile(shelltest.Testdata(t, "trust", "club.json"))
	if err != nil {
		t.Fatal(err)
	}
	shelltest.WriteFile(t, keys, string(text))
	shelltest.Do(t, s, "let F "+keys, "trust add "+shelltest.Club+" --jwks $F --capability club:redeem")
	comment, files := recorded(t, s)
	wantLines(t, comment, "trust add "+shelltest.Club+" --jwks used/club.json --capability club:redeem")
	if files["used/club.json"] == "" {
		t.Errorf("no section: %v", files)
	}
}

// A file that the session makes takes the place of none that it used.
func TestRecordKeepsMadeAndUsedApart(t *testing.T) {
	s := recordable(t, nil, "")
	text, err := os.ReadFile(shelltest.Testdata(t, "trust", "club.json"))
	if err != nil {
		t.Fatal(err)
	}
	shelltest.WriteFile(t, filepath.Join(s.Dir.Path, "k.json"), string(text))
	if err := os.Mkdir(filepath.Join(s.Dir.Path, "o"), 0o700); err != nil {
		t.Fatal(err)
	}
	shelltest.Do(t, s, "trust add https://a.example --jwks k.json --capability a:redeem", "keys jwks points --out o/k.json",
		"trust add https://b.example --jwks k.json --capability b:redeem", "trust add https://c.example --jwks o/k.json --capability c:redeem")
	comment, _ := recorded(t, s)
	wantLines(t, comment, "trust add https://a.example --jwks k.json --capability a:redeem", "keys jwks points --out 2-k.json",
		"trust add https://b.example --jwks k.json --capability b:redeem", "trust add https://c.example --jwks 2-k.json --capability c:redeem")
}

// A token is not a secret only when it says itself that it has expired.
func TestSecretIn(t *testing.T) {
	s := recordable(t, seeded(1), "")
	jws := func(payload string) string {
		return encoded(`{"alg":"ES256","kid":"k"}`) + "." + encoded(payload) + "." + strings.Repeat("A", 86)
	}
	for name, row := range map[string]struct {
		text   string
		secret bool
	}{
		"nothing":              {"just a text with my.issuer.example in it", false},
		"expired":              {jws(`{"iss":"https://a.example","exp":1700000000}`), false},
		"good for years":       {jws(`{"iss":"https://a.example","exp":4000000000}`), true},
		"no exp":               {jws(`{"iss":"https://a.example","jti":"0123456789"}`), true},
		"exp with a fraction":  {jws(`{"iss":"https://a.example","exp":1999999999.5}`), true},
		"exp out of bounds":    {jws(`{"iss":"https://a.example","exp":99999999999}`), true},
		"no payload to read":   {encoded(`{"alg":"ES256","kid":"k"}`) + "." + strings.Repeat("A", 40) + "." + strings.Repeat("A", 86), true},
		"encrypted":            {encoded(`{"alg":"RSA-OAEP-256","enc":"A256GCM"}`) + ".aaaaaaaaaaaaaaaaaaaaaaaa.bbbbbbbbbbbbbbbb.cccccccccccc.dddddddddd", true},
		"ours, and still good": {jws(`{"iss":"coupons.svc","exp":1767225720}`), true},
		"a private key":        {`{"kty":"EC","d":"abc"}`, true},
		"a key as PEM":         {"-----BEGIN EC PRIVATE KEY-----\n", true},
		"a public key":         {`{"kty":"EC","x":"abc","y":"def"}`, false},
	} {
		if what := record.SecretIn(s.Client, []byte("before "+row.text+" behind")); (what != "") != row.secret {
			t.Errorf("%s: %q", name, what)
		}
	}
}

// A world file with a token in it is not a part of a scenario.
func TestRecordOfAWorldWithASecret(t *testing.T) {
	s := recordable(t, nil, "# "+encoded(`{"alg":"ES256","kid":"k"}`)+"."+encoded(`{"iss":"https://a.example"}`)+"."+strings.Repeat("A", 86)+"\ncustomers: [{id: only, points: 7}]\n")
	var printed strings.Builder
	err := s.Line(t.Context(), "record --from-start story.txtar", false, &printed, &printed)
	if exit.Code(err) != exit.Refused || !strings.Contains(printed.String(), "the world file holds a token that may still be good") {
		t.Errorf("%v, %s", err, printed.String())
	}
	if files.Exists(filepath.Join(s.Dir.Path, "story.txtar")) {
		t.Error("it is written all the same")
	}
}

func encoded(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

// A part of a token that somebody typed, with neighbours or encoded, gets into no
// recording; one that a variable holds is asked for again.
func TestRecordTypesNoPartOfAToken(t *testing.T) {
	s := recordable(t, nil, "")
	shelltest.Do(t, s, "session new s1", "payment confirm 80.00 --method visa --name it")
	raw := s.Wallet.ByHandle["it"].Raw
	signature := raw[strings.LastIndexByte(raw, '.')+1:]
	parts := []string{signature, signature[:43], signature[43:], "x" + signature[:43] + "x", raw[200:240]}
	for _, part := range append(parts, strings.ReplaceAll(signature, "_", "%5f")) {
		shelltest.Do(t, s, "session set --fact-any a="+part, "let -- B "+part) // a part may begin like a flag
	}
	shelltest.Do(t, s, "capture HALF token raw it --jq '.raw|split(\".\")[2][0:43]'", "session set --fact-any c=x$HALF", "session show")
	comment, files := recorded(t, s)
	wantLines(t, comment, "session set --fact-any c=x$HALF", "stdout '^fact c=\\(token\\)$'")
	for name, text := range files {
		comment += name + text
	}
	for _, part := range append(parts, strings.Split(strings.ReplaceAll(signature, "_", "\n"), "\n")...) {
		if len(part) >= 20 && strings.Contains(comment, part) {
			t.Errorf("%q stands in the recording:\n%s", part, comment)
		}
	}
}

// A recording's world has test numbers for its cards, and passes with them.
func TestRecordTestNumbers(t *testing.T) {
	s := recordable(t, nil, shelltest.LeakWorld)
	shelltest.Do(t, s, "session new s1", "payment confirm 80.00 --method visa", "token show payment-1 --as payments --jq .claims.sealed.last4", "checkout")
	comment, files := recorded(t, s)
	wantLines(t, comment, "payment confirm 80.00 --method visa")
	if world := files["world.yaml"]; strings.Contains(comment+world, "47163992") || !strings.Contains(world, `number: "4000000000007391"`) {
		t.Errorf("%s\n%s", comment, world)
	}
}
