// Trust: issuers from outside, with fixed keys, their key sets, good and bad,
// and their tokens.

package shell

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"tokenshell/orchestrator"
	"tokenshell/shell/internal/answer"
	"tokenshell/shell/internal/exit"
	"tokenshell/tokens"
)

const trustDir = "../testdata/trust"

// outsideKey is a signing key that this world did not make.
type outsideKey struct {
	jose.JSONWebKey // public
	sign            func(input []byte) ([]byte, error)
}

// outsideKeys are the loyalty club's keys, always the same: one of every
// algorithm.
func outsideKeys(t *testing.T) map[string]outsideKey {
	t.Helper()
	seed := sha256.Sum256([]byte("a loyalty club"))
	ed := ed25519.NewKeyFromSeed(seed[:])
	ec, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), seed[:])
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(trustDir, "issuer-rsa.pem"))
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	rs := parsed.(*rsa.PrivateKey)
	keys := map[string]outsideKey{}
	add := func(alg string, public any, sign func([]byte) ([]byte, error)) {
		keys[alg] = outsideKey{jose.JSONWebKey{Key: public, KeyID: "club-" + strings.ToLower(alg), Algorithm: alg, Use: "sig"}, sign}
	}
	add("EdDSA", ed.Public(), func(input []byte) ([]byte, error) { return ed25519.Sign(ed, input), nil })
	add("ES256", ec.Public(), func(input []byte) ([]byte, error) {
		digest := sha256.Sum256(input)
		der, err := ec.Sign(nil, digest[:], crypto.SHA256) // without chance: RFC 6979
		var rs struct{ R, S *big.Int }
		if err == nil {
			_, err = asn1.Unmarshal(der, &rs)
		}
		if err != nil {
			return nil, err
		}
		signature := make([]byte, 64)
		rs.R.FillBytes(signature[:32])
		rs.S.FillBytes(signature[32:])
		return signature, nil
	})
	add("RS256", rs.Public(), func(input []byte) ([]byte, error) {
		digest := sha256.Sum256(input)
		return rsa.SignPKCS1v15(nil, rs, crypto.SHA256, digest[:])
	})
	add("PS256", rs.Public(), func(input []byte) ([]byte, error) {
		digest := sha256.Sum256(input)
		return rsa.SignPSS(rand.Reader, rs, crypto.SHA256, digest[:], &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
	})
	return keys
}

// club is the outside issuer of these tests.
const club = "https://club.example"

// outsideToken is what an outside issuer's token differs in from a plain one.
type outsideToken struct {
	file  string
	alg   string
	edits []string // pairs of old and new
}

const (
	outsideHeader  = `{"alg":"ALG","kid":"KID","typ":"confirmation+jwt"}`
	outsidePayload = `{"iss":"https://club.example","aud":"order-processing","sub":"user_123",` +
		`"iat":1767225600,"exp":1767225720,"jti":"gift_FILE","order_processing_id":"op_1",` +
		`"capabilities":["club:redeem"],"constraints":{},"tier":{"name":"gold","since":2019}}`
	partnerHeader = `{"alg":"ALG","kid":"KID","typ":"at+jwt","ver":"2"}`
)

// outsideTokens are for session op_1 of user_123, at the beginning of time; PS256
// is never the same twice and has no file.
func outsideTokens() []outsideToken {
	return []outsideToken{
		{"gift", "EdDSA", nil},
		{"gift-es", "ES256", nil},
		{"gift-rs", "RS256", nil},
		{"short", "EdDSA", []string{"1767225720", "1767225630"}},
		{"early", "EdDSA", []string{`"jti"`, `"nbf":1767225660,"jti"`}},
		{"greedy", "EdDSA", []string{"club:redeem", "payments:capture"}},
		{"impostor", "EdDSA", []string{club, "coupons.svc"}},
		{"partner", "ES256", []string{
			outsideHeader, partnerHeader, club, "https://partner.example", `"aud":"order-processing"`, `"aud":"shop"`,
			`"order_processing_id"`, `"order"`, `"capabilities"`, `"scope"`, `"jti"`, `"id"`, "gift_FILE", "gift_gift", "1767225720", "1767226200",
		}},
	}
}

// raw makes the compact token.
func (o outsideToken) raw(t *testing.T) string {
	t.Helper()
	key := outsideKeys(t)[o.alg]
	header, payload := outsideHeader, outsidePayload
	for i := 0; i < len(o.edits); i += 2 {
		if strings.Count(header+payload, o.edits[i]) > 1 {
			t.Fatalf("%s: %s stands there twice", o.file, o.edits[i])
		}
		header, payload = strings.Replace(header, o.edits[i], o.edits[i+1], 1), strings.Replace(payload, o.edits[i], o.edits[i+1], 1)
	}
	header = strings.NewReplacer("ALG", key.Algorithm, "KID", key.KeyID).Replace(header)
	payload = strings.Replace(payload, "FILE", o.file, 1)
	encode := base64.RawURLEncoding.EncodeToString
	input := encode([]byte(header)) + "." + encode([]byte(payload))
	signature, err := key.sign([]byte(input))
	if err != nil {
		t.Fatal(err)
	}
	return input + "." + encode(signature)
}

// keySetText writes keys as a JWK set.
func keySetText(t *testing.T, keys ...any) string {
	t.Helper()
	line, err := answer.Line(map[string]any{"keys": keys})
	if err != nil {
		t.Fatal(err)
	}
	return string(line)
}

// trustFiles are the files of testdata/trust, but for the RSA key and the ones
// that are written by hand.
func trustFiles(t *testing.T) map[string]string {
	t.Helper()
	keys := outsideKeys(t)
	files := map[string]string{"club.json": keySetText(t, keys["EdDSA"], keys["ES256"], keys["RS256"], keys["PS256"])}
	files["club-ed.json"] = keySetText(t, keys["EdDSA"])
	files["partner.json"] = keySetText(t, keys["ES256"])
	for _, o := range outsideTokens() {
		files[o.file+".jws"] = o.raw(t) + "\n"
	}
	return files
}

func TestTrustFiles(t *testing.T) {
	for file, text := range trustFiles(t) {
		golden(t, filepath.Join(trustDir, file), text)
	}
}

// What the scripts hold of these files is what the files hold.
func TestTrustScriptSections(t *testing.T) {
	embedded := map[string]bool{"issuer-rsa.pem": true}
	for _, script := range scripts(t) {
		if name := filepath.Base(script); !strings.HasPrefix(name, "trust-") && !strings.HasPrefix(name, "explain-") {
			continue
		}
		archive, err := txtar.ParseFile(script)
		if err != nil {
			t.Fatal(err)
		}
		changed := false
		for i, section := range archive.Files {
			want, err := os.ReadFile(filepath.Join(trustDir, section.Name))
			if errors.Is(err, os.ErrNotExist) {
				continue // a golden token, or made for this script alone
			}
			embedded[section.Name] = true
			if !*update && !bytes.Equal(section.Data, want) {
				t.Errorf("%s: section %s is not %s/%[2]s; -update writes it", script, section.Name, trustDir)
			}
			changed = changed || !bytes.Equal(section.Data, want)
			archive.Files[i].Data = want
		}
		if *update && changed {
			if err := os.WriteFile(script, txtar.Format(archive), 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
	made := trustFiles(t)
	entries, err := os.ReadDir(trustDir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if made[entry.Name()] == "" && !embedded[entry.Name()] {
			t.Errorf("%s/%s is used by nothing", trustDir, entry.Name())
		}
	}
}

// trustFile gives the path of a file of testdata/trust.
func trustFile(name string) string { return filepath.Join(trustDir, name) }

// trusting is a shell with op_1 open that trusts the club, with a stand-in.
func trusting(t *testing.T, more ...string) *Shell {
	t.Helper()
	s := goldenShell(t, 1)
	said(t, s, append([]string{"session new op_1", trustClub + " --service club"}, more...)...)
	return s
}

const trustClub = "trust add " + club + " --jwks " + trustDir + "/club.json --capability club:redeem"

// A token of every algorithm is relayed, and redeemed once.
func TestEveryAlgorithmIsTrusted(t *testing.T) {
	for alg := range outsideKeys(t) {
		t.Run(alg, func(t *testing.T) {
			s := trusting(t, "let T "+outsideToken{alg, alg, nil}.raw(t))
			said(t, s, "relay $T", "expect replayed relay $T", "redeem", "expect already_redeemed redeem --direct $T")
			if got := said(t, s, "session show --jq '.state'"); got != "completed\n" {
				t.Errorf("the session is %s", got)
			}
		})
	}
}

// A key verifies with its own algorithm and no other.
func TestAnAlgorithmOfAnotherKey(t *testing.T) {
	s := trusting(t)
	for alg, key := range outsideKeys(t) {
		for other, otherKey := range outsideKeys(t) {
			if alg == other {
				continue
			}
			named := outsideToken{"mixed", alg, []string{`"kid":"KID"`, `"kid":"` + otherKey.KeyID + `"`}}.raw(t)
			said(t, s, "expect algorithm_not_allowed relay "+named)
			claimed := outsideToken{"mixed", alg, []string{`"alg":"ALG","kid":"KID"`, `"alg":"` + other + `","kid":"` + key.KeyID + `"`}}.raw(t)
			said(t, s, "expect algorithm_not_allowed relay "+claimed)
			both := outsideToken{"mixed", alg, []string{`"alg":"ALG","kid":"KID"`, `"alg":"` + other + `","kid":"` + otherKey.KeyID + `"`}}.raw(t)
			said(t, s, "expect signature_invalid relay "+both)
		}
	}
	if got := said(t, s, "view relay --jq '.sessions[0].used | length'"); got != "0\n" {
		t.Errorf("%s tokens were accepted", got)
	}
}

// refusedLine runs a line that must not be done and gives its exit code and
// what it printed.
func refusedLine(t *testing.T, s *Shell, line string) (int, string) {
	t.Helper()
	var printed bytes.Buffer
	err := s.Line(t.Context(), line, false, &printed, &printed)
	if err == nil {
		t.Errorf("%.200s: it was done: %s", line, printed.String())
	}
	return exit.Code(err), printed.String()
}

// Each key set that is not fit for verifying is refused whole, as a file that
// cannot be read: exit code 3, its path, and which key it is.
func TestBadKeySets(t *testing.T) {
	keys := outsideKeys(t)
	plain := func(alg string, edit func(m map[string]any)) any {
		text, err := json.Marshal(keys[alg].JSONWebKey)
		if err != nil {
			t.Fatal(err)
		}
		var m map[string]any
		if err := json.Unmarshal(text, &m); err != nil {
			t.Fatal(err)
		}
		edit(m)
		return m
	}
	with := func(alg, name string, value any) any { return plain(alg, func(m map[string]any) { m[name] = value }) }
	without := func(alg, name string) any { return plain(alg, func(m map[string]any) { delete(m, name) }) }
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	bit := base64.RawURLEncoding.EncodeToString
	good := plain("EdDSA", func(map[string]any) {})
	for name, c := range map[string]struct{ text, want string }{
		"empty file":              {"", "no JWK set"},
		"no JSON":                 {"keys", "no JWK set"},
		"a list":                  {"[]", "no JWK set"},
		"no keys":                 {`{"keys":[]}`, "1 to 100 keys"},
		"keys is no list":         {`{"keys":{}}`, "1 to 100 keys"},
		"no member keys":          {`{}`, "1 to 100 keys"},
		"a member twice":          {`{"keys":[],"keys":[]}`, "no JWK set"},
		"no key":                  {keySetText(t, good, 7), "key 2"},
		"kid twice":               {keySetText(t, good, with("ES256", "kid", "club-eddsa")), `key 2: kid "club-eddsa" stands there twice`},
		"no kid":                  {keySetText(t, without("EdDSA", "kid")), "no kid"},
		"kid no id":               {keySetText(t, with("EdDSA", "kid", "a\x1bb")), "no kid"},
		"private":                 {keySetText(t, with("EdDSA", "d", bit(make([]byte, 32)))), "private key"},
		"private RSA":             {keySetText(t, with("RS256", "d", "AQAB")), "private key"},
		"symmetric":               {keySetText(t, map[string]any{"kty": "oct", "kid": "a", "alg": "HS256", "k": bit(make([]byte, 32))}), "symmetric key"},
		"symmetric member":        {keySetText(t, with("ES256", "k", bit(make([]byte, 32)))), "symmetric key"},
		"no alg":                  {keySetText(t, without("ES256", "alg")), "says no alg"},
		"alg none":                {keySetText(t, with("ES256", "alg", "none")), "is no key for"},
		"alg HS256":               {keySetText(t, with("RS256", "alg", "HS256")), "is no key for"},
		"alg of another key":      {keySetText(t, with("ES256", "alg", "EdDSA")), "is no key for"},
		"alg RS384":               {keySetText(t, with("RS256", "alg", "RS384")), "is no key for"},
		"use enc":                 {keySetText(t, with("ES256", "use", "enc")), "for use"},
		"use empty":               {keySetText(t, with("ES256", "use", "")), "for use"},
		"key_ops sign":            {keySetText(t, with("ES256", "key_ops", []string{"sign"})), "key_ops"},
		"weak RSA":                {keySetText(t, jose.JSONWebKey{Key: weak.Public(), KeyID: "w", Algorithm: "RS256"}), "weak RSA"},
		"RSA exponent 3":          {keySetText(t, with("RS256", "e", "Aw")), "weak RSA"},
		"even exponent":           {keySetText(t, with("RS256", "e", bit([]byte{1, 0, 2}))), "weak RSA"},
		"P-384":                   {keySetText(t, jose.JSONWebKey{Key: p384.Public(), KeyID: "p", Algorithm: "ES384"}), "is no key for"},
		"P-384 as ES256":          {keySetText(t, jose.JSONWebKey{Key: p384.Public(), KeyID: "p", Algorithm: "ES256"}), "is no key for"},
		"point off curve":         {keySetText(t, with("ES256", "x", bit(make([]byte, 32)))), "no valid key"},
		"point too short":         {keySetText(t, with("ES256", "x", "AA")), "no valid key"},
		"Ed25519 short":           {keySetText(t, with("EdDSA", "x", "AA")), "no valid key"},
		"unknown kty":             {keySetText(t, with("ES256", "kty", "AKP")), "no valid key"},
		"a member of a key twice": {`{"keys":[{"kty":"OKP","kid":"a","kid":"b"}]}`, "no JWK set"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "keys.json")
			if err := os.WriteFile(path, []byte(c.text), 0o666); err != nil {
				t.Fatal(err)
			}
			s := goldenShell(t, 1)
			said(t, s, "session new op_1")
			for _, line := range []string{
				"trust add " + club + " --jwks " + path + " --capability club:redeem",
				"token explain @" + trustFile("gift.jws") + " --jwks " + path,
			} {
				code, printed := refusedLine(t, s, line)
				if code != exit.BadInput || !strings.Contains(printed, c.want) || !strings.Contains(printed, path) {
					t.Errorf("%s: exit code %d: %q, want %q", line, code, printed, c.want)
				}
				if strings.ContainsAny(printed, "\x1b\x00") {
					t.Errorf("%s: control characters in %q", line, printed)
				}
			}
			if s.world.outsider(club) != nil || slices.Contains(s.world.relay.Trusted(), club) {
				t.Error("the club is trusted")
			}
		})
	}
}

// A file that is not there, or too large, is named.
func TestUnreadableKeySets(t *testing.T) {
	dir := t.TempDir()
	large := filepath.Join(dir, "large.json")
	if err := os.WriteFile(large, bytes.Repeat([]byte(" "), 2<<20), 0o666); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{filepath.Join(dir, "nothing.json"): "no such file", dir: "it is a folder", large: "bytes"} {
		for _, line := range []string{
			"trust add " + club + " --capability c --jwks " + path,
			"trust add " + club + " --capability c --jwks " + trustFile("club.json") + " --profile " + path,
			"token explain @" + trustFile("gift.jws") + " --jwks " + path,
			"token explain @" + trustFile("gift.jws") + " --jwks " + trustFile("club.json") + " --profile " + path,
		} {
			code, printed := refusedLine(t, goldenShell(t, 1), line)
			if code != exit.BadInput || !strings.Contains(printed, want) || !strings.Contains(printed, path) {
				t.Errorf("%s: exit code %d: %q", line, code, printed)
			}
		}
	}
}

// Each profile that asks for too much, or for nothing that exists, is refused
// with exit code 3.
func TestBadProfiles(t *testing.T) {
	for text, want := range map[string]string{
		"typ: JWT":                           "sequence is expected",
		"header: [crit]":                     `header member "crit" cannot be ignored`,
		"header: [b64]":                      `cannot be ignored`,
		"header: [jwk]":                      `cannot be ignored`,
		"header: [jku]":                      `cannot be ignored`,
		"header: [x5c]":                      `cannot be ignored`,
		"header: [alg]":                      `cannot be ignored`,
		"header: ['']":                       `cannot be ignored`,
		"claims: {iss: who}":                 `"iss" is no claim that can have another name`,
		"claims: {nbf: from}":                `"nbf" is no claim`,
		"claims: {nothing: x}":               `"nothing" is no claim`,
		"claims: {sub: ''}":                  `"" is no name for a claim`,
		"claims: {sub: \"a\\eb\"}":           `is no name for a claim`,
		"max_lifetime: 25h":                  "a lifetime of 25h0m0s",
		"max_lifetime: -1s":                  "a lifetime of -1s",
		"max_lifetime: for ever":             "no duration",
		"max_lifetime: 60":                   "write it in quotes",
		"leeway: 6m":                         "a leeway of 6m0s",
		"leeway: -1s":                        "a leeway of -1s",
		"issuer: x":                          `unknown field "issuer"`,
		"leeway: 1s\nleeway: 2s":             "already defined",
		strings.Repeat("[", 40):              "nest too deep",
		"audience: [a, b]":                   "a single value belongs here",
		"audience: 'x\n":                     "",
		"claims: {sub: user, jti: user}":     `"user"`,
		"claims: {order_processing_id: jti}": `"jti"`,
		"audience: one\n---\naudience: two":  "document",
	} {
		path := filepath.Join(t.TempDir(), "profile.yaml")
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		code, printed := refusedLine(t, goldenShell(t, 1), trustClub+" --profile "+path)
		if code != exit.BadInput || !strings.Contains(printed, want) || !strings.Contains(printed, path) {
			t.Errorf("%q: exit code %d: %q, want %q", text, code, printed, want)
		}
	}
}

// An empty profile is the profile of an issuer that does nothing differently.
func TestEmptyProfiles(t *testing.T) {
	for _, text := range []string{"", "# nothing\n", "{}\n"} {
		path := filepath.Join(t.TempDir(), "profile.yaml")
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		said(t, goldenShell(t, 1), "session new op_1", trustClub+" --service club --profile "+path, "relay @"+trustFile("gift.jws"))
	}
}

// Wrong words are usage errors, and trust nobody.
func TestTrustUsage(t *testing.T) {
	good := " --jwks " + trustFile("club.json") + " --capability club:redeem"
	for line, want := range map[string]string{
		"trust add coupons.svc" + good:                            "coupons.svc is a service of this world",
		"trust add ''" + good:                                     "",
		"trust add 'a\tb'" + good:                                 "no name for an issuer",
		"trust add é" + good:                                      "no name for an issuer",
		"trust add " + strings.Repeat("a", 129) + good:            "no name for an issuer",
		trustClub + " --capability ''":                            "no capability",
		trustClub + " --capability é":                             "no capability",
		trustClub + " --service relay":                            "no name for a service",
		trustClub + " --service kms":                              "no name for a service",
		trustClub + " --service client":                           "no name for a service",
		trustClub + " --service 'a b'":                            "no name for a service",
		trustClub + " --service coupons":                          "is a service",
		trustClub + " --service coupon":                           "is a service",
		trustClub + " --service payments.svc":                     "is a service",
		trustClub + " --service " + strings.Repeat("a", 65):       "no name for a service",
		"trust add " + club + " --capability a":                   "--jwks",
		"trust add " + club + " --jwks " + trustFile("club.json"): "--capability",
		"trust remove " + club:                                    "no outside issuer",
		"trust remove coupons.svc":                                "no outside issuer",
		"trust remove":                                            "",
		"trust":                                                   "",
	} {
		s := goldenShell(t, 1)
		code, printed := refusedLine(t, s, line)
		if code != exit.BadUsage || !strings.Contains(printed, want) {
			t.Errorf("%s: exit code %d: %q, want %q", line, code, printed, want)
		}
		if len(s.world.outsiders) != 0 || len(s.world.relay.Trusted()) != len(s.world.parties) {
			t.Errorf("%s: somebody is trusted", line)
		}
	}
	s := trusting(t)
	if code, printed := refusedLine(t, s, trustClub); code != exit.BadUsage {
		t.Errorf("trusted twice: exit code %d: %s", code, printed)
	}
	if len(s.world.outsiders) != 1 {
		t.Error("trusted twice")
	}
}

// Who was removed may come back, to the same stand-in.
func TestTrustAgain(t *testing.T) {
	s := trusting(t)
	said(t, s, "trust remove "+club, "expect issuer_unknown relay @"+trustFile("gift.jws"), trustClub+" --service club", "relay @"+trustFile("gift.jws"), "redeem")
	said(t, s, "expect already_redeemed redeem --direct @"+trustFile("gift.jws"))
}

// What was accepted before its issuer was removed goes its way.
func TestRemovedIssuersTokensGoTheirWay(t *testing.T) {
	s := trusting(t, "relay @"+trustFile("gift.jws"), "trust remove "+club)
	if got := said(t, s, "redeem"); !strings.Contains(got, "session op_1 is completed") {
		t.Error(got)
	}
}

// The key of a use is (iss, jti), at the relay and at the stand-in.
func TestTheSameNumberOfTwoIssuers(t *testing.T) {
	s := trusting(t, "trust add https://partner.example --jwks "+trustFile("club.json")+" --capability club:redeem --service partner")
	gift := outsideToken{"twin", "EdDSA", nil}
	twin := outsideToken{"twin", "EdDSA", []string{club, "https://partner.example"}}
	said(t, s, "let A "+gift.raw(t), "let B "+twin.raw(t), "relay $A $B", "expect replayed relay $A $B", "redeem")
	said(t, s, "expect already_redeemed redeem --direct $A $B")
	if got := said(t, s, "view relay --jq '[.sessions[0].used[] | .jti + \" \" + .status] | unique[]'"); got != "gift_twin redeemed\n" {
		t.Error(got)
	}
}

// The club's own key does not make it one of ours, nor another club.
func TestNobodyIssuesForOthers(t *testing.T) {
	s := trusting(t)
	said(t, s, "expect key_unknown relay @"+trustFile("impostor.jws"))
	said(t, s, "expect issuer_unknown relay "+outsideToken{"x", "EdDSA", []string{club, "https://other.example"}}.raw(t))
	said(t, s, "expect capability_not_allowed relay @"+trustFile("greedy.jws"))
	said(t, s, "coupon confirm TEN --name it", "capture T token raw it --jq .raw", "relay $T")
}

// Our own issuers' tokens gain nothing from a profile that stands beside them.
func TestAProfileIsItsIssuersAlone(t *testing.T) {
	s := goldenShell(t, 1)
	said(t, s, "session new op_1", trustClub+" --service club --profile "+trustFile("partner.yaml"))
	for _, h := range hostiles() {
		if h.refused != "" {
			said(t, s, "expect "+string(h.refused)+" relay @"+filepath.Join(goldenTokens, h.file+".jwt"))
		}
	}
}

// partnered is a shell that trusts the partner, whose claims have other names.
func partnered(t *testing.T) *Shell {
	t.Helper()
	s := goldenShell(t, 1)
	said(t, s, "session new op_1", "trust add https://partner.example --jwks "+trustFile("partner.json")+
		" --capability club:redeem --service partner --profile "+trustFile("partner.yaml"))
	return s
}

// A client checks out with a token whose claims have other names like with any
// other: by its handle, by its file, and with all that is live.
func TestCheckoutWithOtherClaimNames(t *testing.T) {
	for _, line := range []string{"checkout it", "checkout @" + trustFile("partner.jws"), "checkout"} {
		s := partnered(t)
		said(t, s, "token import "+trustFile("partner.jws")+" --name it")
		if got := said(t, s, line); !strings.Contains(got, "it: redeemed by partner") || !strings.Contains(got, "is completed") {
			t.Errorf("%s: %s", line, got)
		}
		if got := said(t, s, "token list --jq '.tokens[] | .jti + \" \" + .status'"); got != "gift_gift redeemed\n" {
			t.Errorf("%s: token list: %s", line, got)
		}
	}
}

// A cancellation finds what it takes back, whatever the claims are called.
func TestStandinCancelsUnderOtherClaimNames(t *testing.T) {
	s := partnered(t)
	raw := outsideTokens()[7].raw(t)
	o := s.world.outsider("https://partner.example")
	session := tokens.Session{Order: "op_1", Customer: "user_123"}
	if _, err := o.standin.Redeem(t.Context(), tokens.Redemption{Token: raw, Session: session, Attempt: "a"}); err != nil {
		t.Fatal(err)
	}
	if err := o.standin.Cancel(t.Context(), tokens.Cancellation{Token: raw, Session: session, Attempt: "a"}); err != nil {
		t.Fatal(err)
	}
	if _, err := o.standin.Redeem(t.Context(), tokens.Redemption{Token: raw, Session: session, Attempt: "a"}); !errors.Is(err, tokens.Revoked) {
		t.Errorf("after its cancellation: %v", err)
	}
}

// The stand-in keeps the redeemer's promises: the same attempt the same answer,
// even after expiry; another attempt none; a cancellation before or after.
func TestStandinPromises(t *testing.T) {
	s := trusting(t)
	standin := s.world.outsider(club).standin
	session := tokens.Session{Order: "op_1", Customer: "user_123"}
	raw := outsideToken{"a", "EdDSA", nil}.raw(t)
	redeem := func(raw, attempt string) (tokens.Receipt, error) {
		return standin.Redeem(t.Context(), tokens.Redemption{Token: raw, Session: session, Attempt: attempt})
	}
	cancel := func(raw, attempt string) {
		t.Helper()
		if err := standin.Cancel(t.Context(), tokens.Cancellation{Token: raw, Session: session, Attempt: attempt}); err != nil {
			t.Fatal(err)
		}
	}
	refused := func(raw, attempt string, want tokens.Reason) {
		t.Helper()
		if _, err := redeem(raw, attempt); !errors.Is(err, want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	first, err := redeem(raw, "one")
	if err != nil || first.Repeated {
		t.Fatal(first, err)
	}
	said(t, s, "clock advance 3m")
	again, err := redeem(raw, "one")
	if err != nil || !again.Repeated {
		t.Fatal(again, err)
	}
	again.Repeated = false
	if diff := cmp.Diff(first, again); diff != "" {
		t.Error(diff)
	}
	refused(raw, "two", tokens.AlreadyRedeemed)
	cancel(raw, "two") // of somebody else
	refused(raw, "two", tokens.AlreadyRedeemed)
	cancel(raw, "one")
	cancel(raw, "one")
	if _, err := redeem(raw, "one"); err == nil {
		t.Error("it was redeemed after its cancellation")
	}
	s = trusting(t)
	standin = s.world.outsider(club).standin
	late := outsideToken{"b", "EdDSA", nil}.raw(t)
	cancel(late, "one")
	refused(late, "one", tokens.Revoked)
	refused(late, "two", tokens.Revoked)
	bent := bent(outsideToken{"c", "EdDSA", nil}.raw(t))
	refused(bent, "one", tokens.SignatureInvalid)
	refused(outsideToken{"d", "EdDSA", []string{"op_1", "op_2"}}.raw(t), "one", tokens.SessionMismatch)
	refused(outsideToken{"e", "EdDSA", []string{"user_123", "user_456"}}.raw(t), "one", tokens.SessionMismatch)
}

// A fault may be ordered for a stand-in like for any service.
func TestFaultsOfAStandin(t *testing.T) {
	s := trusting(t, "coupon confirm TEN", "token import "+trustFile("gift.jws")+" --name gift")
	said(t, s, "fault club.redeem refuse", "! checkout")
	want := map[string]orchestrator.Status{"coupon-1": orchestrator.Cancelled, "gift": orchestrator.Refused}
	var state sessionState
	if err := json.Unmarshal([]byte(said(t, s, "session show -o json")), &state); err != nil {
		t.Fatal(err)
	}
	if state.State != orchestrator.Compensated {
		t.Errorf("the session is %s", state.State)
	}
	for _, token := range state.Tokens {
		if token.Status != string(want[token.Token]) {
			t.Errorf("%s is %s, want %s", token.Token, token.Status, want[token.Token])
		}
	}
}

// The relay and the stand-in agree after every verb.
func TestStandinUnderAWitness(t *testing.T) {
	s := trusting(t, "set check on", "relay @"+trustFile("gift.jws"), "coupon confirm TEN", "relay coupon-1", "redeem", "redeem", "clock advance 30h", "log")
	if err := s.world.audit(); err != nil {
		t.Error(err)
	}
}

// A set that keys jwks wrote is one that trust and explain read.
func TestKeySetsOfOurOwn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.json")
	theirs := goldenShell(t, 7)
	said(t, theirs, "session new op_1", "keys rotate coupons", "coupon confirm TEN --name it", "keys jwks --out "+path)
	raw := said(t, theirs, "token raw it --jq .raw")
	ours := goldenShell(t, 1)
	said(t, ours, "session new op_1", "trust add https://other.example --jwks "+path+" --capability coupons:redeem --service others")
	verdict := said(t, ours, "token explain "+strings.TrimSpace(raw)+" --jwks "+path+" --jq .verdict")
	if verdict != "accepted\n" {
		t.Error(verdict)
	}
	said(t, ours, "expect key_unknown relay "+strings.TrimSpace(raw)) // it says coupons.svc, and is no key of ours
}
