// trust: issuers from outside, their key sets, good and bad, and their tokens.

package verbs_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"tokenshell/orchestrator"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/shelltest"
	"tokenshell/tokens"
)

// trustFile gives the path of a file of testdata/trust.
func trustFile(t *testing.T, name string) string {
	t.Helper()
	return shelltest.Testdata(t, "trust", name)
}

// trusted gives the issuers that a shell's relay trusts.
func trusted(t *testing.T, s *interp.Shell) []string {
	t.Helper()
	relay, err := s.World.Inspector()
	if err != nil {
		t.Fatal(err)
	}
	return relay.Trusted()
}

// A token of every algorithm is relayed, and redeemed once.
func TestEveryAlgorithmIsTrusted(t *testing.T) {
	for alg := range shelltest.OutsideKeys(t) {
		t.Run(alg, func(t *testing.T) {
			s := shelltest.Trusting(t, "let T "+shelltest.OutsideToken{File: alg, Alg: alg}.Raw(t))
			shelltest.Do(t, s, "relay $T", "expect replayed relay $T", "redeem", "expect already_redeemed redeem --direct $T")
			if got := shelltest.Do(t, s, "session show --jq '.state'"); got != "completed\n" {
				t.Errorf("the session is %s", got)
			}
		})
	}
}

// A key verifies with its own algorithm and no other.
func TestAnAlgorithmOfAnotherKey(t *testing.T) {
	s := shelltest.Trusting(t)
	for alg, key := range shelltest.OutsideKeys(t) {
		for other, otherKey := range shelltest.OutsideKeys(t) {
			if alg == other {
				continue
			}
			named := shelltest.OutsideToken{File: "mixed", Alg: alg, Edits: []string{`"kid":"KID"`, `"kid":"` + otherKey.KeyID + `"`}}.Raw(t)
			shelltest.Do(t, s, "expect algorithm_not_allowed relay "+named)
			claimed := shelltest.OutsideToken{File: "mixed", Alg: alg, Edits: []string{`"alg":"ALG","kid":"KID"`, `"alg":"` + other + `","kid":"` + key.KeyID + `"`}}.Raw(t)
			shelltest.Do(t, s, "expect algorithm_not_allowed relay "+claimed)
			both := shelltest.OutsideToken{File: "mixed", Alg: alg, Edits: []string{`"alg":"ALG","kid":"KID"`, `"alg":"` + other + `","kid":"` + otherKey.KeyID + `"`}}.Raw(t)
			shelltest.Do(t, s, "expect signature_invalid relay "+both)
		}
	}
	if got := shelltest.Do(t, s, "view relay --jq '.sessions[0].used | length'"); got != "0\n" {
		t.Errorf("%s tokens were accepted", got)
	}
}

// Each key set that is not fit for verifying is refused whole, as a file that
// cannot be read: exit code 3, its path, and which key it is.
func TestBadKeySets(t *testing.T) {
	keys := shelltest.OutsideKeys(t)
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
	for name, c := range map[string]struct{ text, want string }{
		"empty file":              {"", "no JWK set"},
		"no JSON":                 {"keys", "no JWK set"},
		"a list":                  {"[]", "no JWK set"},
		"no keys":                 {`{"keys":[]}`, "1 to 100 keys"},
		"keys is not a list":      {`{"keys":{}}`, "1 to 100 keys"},
		"no member keys":          {`{}`, "1 to 100 keys"},
		"a member twice":          {`{"keys":[],"keys":[]}`, "no JWK set"},
		"no kid where several":    {shelltest.KeySetText(t, without("EdDSA", "kid"), without("ES256", "kid")), "no kid"},
		"no alg, of RSA":          {shelltest.KeySetText(t, without("RS256", "alg")), "RS256 or for PS256"},
		"kid no id":               {shelltest.KeySetText(t, with("EdDSA", "kid", "a\x1bb")), "no kid"},
		"private":                 {shelltest.KeySetText(t, with("EdDSA", "d", bit(make([]byte, 32)))), "private key"},
		"private RSA":             {shelltest.KeySetText(t, with("RS256", "d", "AQAB")), "private key"},
		"symmetric":               {shelltest.KeySetText(t, map[string]any{"kty": "oct", "kid": "a", "alg": "HS256", "k": bit(make([]byte, 32))}), "symmetric key"},
		"symmetric member":        {shelltest.KeySetText(t, with("ES256", "k", bit(make([]byte, 32)))), "symmetric key"},
		"alg none":                {shelltest.KeySetText(t, with("ES256", "alg", "none")), "is not a key for"},
		"alg HS256":               {shelltest.KeySetText(t, with("RS256", "alg", "HS256")), "is not a key for"},
		"alg of another key":      {shelltest.KeySetText(t, with("ES256", "alg", "EdDSA")), "is not a key for"},
		"alg RS384":               {shelltest.KeySetText(t, with("RS256", "alg", "RS384")), "is not a key for"},
		"use enc":                 {shelltest.KeySetText(t, with("ES256", "use", "enc")), "for use"},
		"use empty":               {shelltest.KeySetText(t, with("ES256", "use", "")), "for use"},
		"key_ops sign":            {shelltest.KeySetText(t, with("ES256", "key_ops", []string{"sign"})), "key_ops"},
		"weak RSA":                {shelltest.KeySetText(t, jose.JSONWebKey{Key: weak.Public(), KeyID: "w", Algorithm: "RS256"}), "weak RSA"},
		"RSA exponent 3":          {shelltest.KeySetText(t, with("RS256", "e", "Aw")), "weak RSA"},
		"even exponent":           {shelltest.KeySetText(t, with("RS256", "e", bit([]byte{1, 0, 2}))), "weak RSA"},
		"P-384":                   {shelltest.KeySetText(t, jose.JSONWebKey{Key: p384.Public(), KeyID: "p", Algorithm: "ES384"}), "is not a key for"},
		"P-384 as ES256":          {shelltest.KeySetText(t, jose.JSONWebKey{Key: p384.Public(), KeyID: "p", Algorithm: "ES256"}), "is not a key for"},
		"point off curve":         {shelltest.KeySetText(t, with("ES256", "x", bit(make([]byte, 32)))), "not a valid key"},
		"point too short":         {shelltest.KeySetText(t, with("ES256", "x", "AA")), "not a valid key"},
		"Ed25519 short":           {shelltest.KeySetText(t, with("EdDSA", "x", "AA")), "not a valid key"},
		"unknown kty":             {shelltest.KeySetText(t, with("ES256", "kty", "AKP")), "not a valid key"},
		"a member of a key twice": {`{"keys":[{"kty":"OKP","kid":"a","kid":"b"}]}`, "no JWK set"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "keys.json")
			if err := os.WriteFile(path, []byte(c.text), 0o666); err != nil {
				t.Fatal(err)
			}
			s := shelltest.New(t, 1)
			shelltest.Do(t, s, "session new op_1")
			for _, line := range []string{
				"trust add " + shelltest.Club + " --jwks " + path + " --capability club:redeem",
				"token explain @" + trustFile(t, "gift.jws") + " --jwks " + path,
			} {
				code, printed := shelltest.Refused(t, s, line)
				if code != exit.BadInput || !strings.Contains(printed, c.want) || !strings.Contains(printed, "keys.json") {
					t.Errorf("%s: exit code %d: %q, want %q", line, code, printed, c.want)
				}
				if strings.ContainsAny(printed, "\x1b\x00") {
					t.Errorf("%s: control characters in %q", line, printed)
				}
			}
			if s.World.Outsider(shelltest.Club) != nil || slices.Contains(trusted(t, s), shelltest.Club) {
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
			"trust add " + shelltest.Club + " --capability c --jwks " + path,
			"trust add " + shelltest.Club + " --capability c --jwks " + trustFile(t, "club.json") + " --profile " + path,
			"token explain @" + trustFile(t, "gift.jws") + " --jwks " + path,
			"token explain @" + trustFile(t, "gift.jws") + " --jwks " + trustFile(t, "club.json") + " --profile " + path,
		} {
			code, printed := shelltest.Refused(t, shelltest.New(t, 1), line)
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
		"typ: JWT":                            ":1: column 6: a list belongs here: write [JWT]",
		"header: [crit]":                      `header member "crit" cannot be ignored`,
		"header: [b64]":                       `cannot be ignored`,
		"header: [jwk]":                       `cannot be ignored`,
		"header: [jku]":                       `cannot be ignored`,
		"header: [x5c]":                       `cannot be ignored`,
		"header: [alg]":                       `cannot be ignored`,
		"header: ['']":                        `cannot be ignored`,
		"claims: {iss: who}":                  `"iss" is not a claim that can have another name`,
		"claims: {nbf: from}":                 `"nbf" is not a claim`,
		"claims: {nothing: x}":                `"nothing" is not a claim`,
		"claims: {sub: ''}":                   `"" is not a name for a claim`,
		"claims: {sub: \"a\\eb\"}":            `is not a name for a claim`,
		"max_lifetime: 25h":                   "a lifetime of 25 h",
		"max_lifetime: -1s":                   "a lifetime of -1 s",
		"max_lifetime: for ever":              "not a duration",
		"max_lifetime: 60":                    ":1: column 15: 60 is no duration: write 60s",
		"leeway: 6m":                          "a leeway of 6 min",
		"leeway: -1s":                         "a leeway of -1 s",
		"issuer: x":                           `unknown field "issuer"`,
		"leeway: 1s\nleeway: 2s":              "stands here twice, first in the line above",
		strings.Repeat("[", 40):               "nest too deep",
		"audience: [a, '']":                   `:1: column 11: "" is not a name for us in aud`,
		"typ: [JWT]\noptional: [exp]":         `:2: column 12: claim "exp" cannot be optional: write some of jti, order_processing_id, capabilities, constraints`,
		"optional: [iss]":                     `claim "iss" cannot be optional`,
		"optional: [sub]":                     `claim "sub" cannot be optional`,
		"alg: HS256":                          `:1: column 6: alg "HS256": write RS256 or PS256`,
		"scope_ignored: [openid]":             "no claim is the scope: write scope: scope",
		"scope: sub":                          `two claims would be read from "sub"`,
		"scope: iss":                          `two claims would be read from "iss"`,
		"scope: s\nclaims: {capabilities: c}": "leave one of them out",
		"fractional_dates: maybe":             ":1: column",
		"lee_way: 1s":                         "did you mean leeway?",
		"claims: JWT":                         "a section belongs here",
		"header: [x5c]\ntyp: [a]":             `:1: column 10: header member "x5c" cannot be ignored`,
		"audience: 'x\n":                      "",
		"claims: {sub: user, jti: user}":      `"user"`,
		"claims: {order_processing_id: jti}":  `"jti"`,
		"audience: one\n---\naudience: two":   "document",
	} {
		path := filepath.Join(t.TempDir(), "profile.yaml")
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		code, printed := shelltest.Refused(t, shelltest.New(t, 1), shelltest.TrustClub(t)+" --profile "+path)
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
		shelltest.Do(t, shelltest.New(t, 1), "session new op_1", shelltest.TrustClub(t)+" --service club --profile "+path, "relay @"+trustFile(t, "gift.jws"))
	}
}

// Wrong words are usage errors, and trust nobody.
func TestTrustUsage(t *testing.T) {
	good := " --jwks " + trustFile(t, "club-ed.json") + " --capability club:redeem"
	for line, want := range map[string]string{
		"trust add coupons.svc" + good:                                         "coupons.svc is a service of this world",
		"trust add ''" + good:                                                  "",
		"trust add 'a\tb'" + good:                                              "not a name for an issuer",
		"trust add é" + good:                                                   "not a name for an issuer",
		"trust add " + strings.Repeat("a", 129) + good:                         "not a name for an issuer",
		shelltest.TrustClub(t) + " --capability ''":                            "not a capability",
		shelltest.TrustClub(t) + " --capability é":                             "not a capability",
		shelltest.TrustClub(t) + " --service relay":                            "could be taken for relay",
		shelltest.TrustClub(t) + " --service kms":                              "could be taken for kms",
		shelltest.TrustClub(t) + " --service client":                           "could be taken for client",
		shelltest.TrustClub(t) + " --service 'a b'":                            "not a name for a service",
		shelltest.TrustClub(t) + " --service coupons":                          "is a service",
		shelltest.TrustClub(t) + " --service coupon":                           "is a service",
		shelltest.TrustClub(t) + " --service payments.svc":                     "is a service",
		shelltest.TrustClub(t) + " --service " + strings.Repeat("a", 65):       "not a name for a service",
		"trust add " + shelltest.Club + " --capability a":                      "--jwks",
		"trust add " + shelltest.Club + " --jwks " + trustFile(t, "club.json"): "--capability",
		"trust remove " + shelltest.Club:                                       "not an outside issuer",
		"trust remove coupons.svc":                                             "not an outside issuer",
		"trust remove":                                                         "",
		"trust":                                                                "",
	} {
		s := shelltest.New(t, 1)
		code, printed := shelltest.Refused(t, s, line)
		if code != exit.BadUsage || !strings.Contains(printed, want) {
			t.Errorf("%s: exit code %d: %q, want %q", line, code, printed, want)
		}
		if len(s.World.Outsiders) != 0 || len(trusted(t, s)) != len(s.World.Parties) {
			t.Errorf("%s: somebody is trusted", line)
		}
	}
	s := shelltest.Trusting(t)
	if code, printed := shelltest.Refused(t, s, shelltest.TrustClub(t)); code != exit.BadUsage {
		t.Errorf("trusted twice: exit code %d: %s", code, printed)
	}
	if len(s.World.Outsiders) != 1 {
		t.Error("trusted twice")
	}
}

// Who was removed may come back, to the same stand-in.
func TestTrustAgain(t *testing.T) {
	s := shelltest.Trusting(t)
	shelltest.Do(t, s, "trust remove "+shelltest.Club, "expect issuer_unknown relay @"+trustFile(t, "gift.jws"), shelltest.TrustClub(t)+" --service club", "relay @"+trustFile(t, "gift.jws"), "redeem")
	shelltest.Do(t, s, "expect already_redeemed redeem --direct @"+trustFile(t, "gift.jws"))
}

// What was accepted before its issuer was removed goes its way.
func TestRemovedIssuersTokensGoTheirWay(t *testing.T) {
	s := shelltest.Trusting(t, "relay @"+trustFile(t, "gift.jws"), "trust remove "+shelltest.Club)
	if got := shelltest.Do(t, s, "redeem"); !strings.Contains(got, "session op_1 is completed") {
		t.Error(got)
	}
}

// The key of a use is (iss, jti), at the relay and at the stand-in.
func TestTheSameNumberOfTwoIssuers(t *testing.T) {
	s := shelltest.Trusting(t, "trust add https://partner.example --jwks "+trustFile(t, "club.json")+" --capability club:redeem --service partner")
	gift := shelltest.OutsideToken{File: "twin", Alg: "EdDSA"}
	twin := shelltest.OutsideToken{File: "twin", Alg: "EdDSA", Edits: []string{shelltest.Club, "https://partner.example"}}
	shelltest.Do(t, s, "let A "+gift.Raw(t), "let B "+twin.Raw(t), "relay $A $B", "expect replayed relay $A $B", "redeem")
	shelltest.Do(t, s, "expect already_redeemed redeem --direct $A $B")
	if got := shelltest.Do(t, s, "view relay --jq '[.sessions[0].used[] | .jti + \" \" + .status] | unique[]'"); got != "gift_twin redeemed\n" {
		t.Error(got)
	}
}

// The club's own key does not make it one of ours, nor another club.
func TestNobodyIssuesForOthers(t *testing.T) {
	s := shelltest.Trusting(t)
	shelltest.Do(t, s, "expect key_unknown relay @"+trustFile(t, "impostor.jws"))
	shelltest.Do(t, s, "expect issuer_unknown relay "+shelltest.OutsideToken{File: "x", Alg: "EdDSA", Edits: []string{shelltest.Club, "https://other.example"}}.Raw(t))
	shelltest.Do(t, s, "expect capability_not_allowed relay @"+trustFile(t, "greedy.jws"))
	shelltest.Do(t, s, "coupon confirm TEN --name it", "capture T token raw it --jq .raw", "relay $T")
}

// Our own issuers' tokens gain nothing from a profile that stands beside them.
func TestAProfileIsItsIssuersAlone(t *testing.T) {
	s := shelltest.New(t, 1)
	shelltest.Do(t, s, "session new op_1", shelltest.TrustClub(t)+" --service club --profile "+trustFile(t, "partner.yaml"))
	for _, h := range shelltest.Hostiles() {
		if h.Refused != "" {
			shelltest.Do(t, s, "expect "+string(h.Refused)+" relay @"+shelltest.Testdata(t, "tokens", h.File+".jwt"))
		}
	}
}

// partnered is a shell that trusts the partner, whose claims have other names.
func partnered(t *testing.T) *interp.Shell {
	t.Helper()
	s := shelltest.New(t, 1)
	shelltest.Do(t, s, "session new op_1", "trust add https://partner.example --jwks "+trustFile(t, "partner.json")+
		" --capability club:redeem --service partner --profile "+trustFile(t, "partner.yaml"))
	return s
}

// A client checks out with a token whose claims have other names like with any
// other: by its handle, by its file, and with all that is live.
func TestCheckoutWithOtherClaimNames(t *testing.T) {
	for _, line := range []string{"checkout it", "checkout @" + trustFile(t, "partner.jws"), "checkout"} {
		s := partnered(t)
		shelltest.Do(t, s, "token import "+trustFile(t, "partner.jws")+" --name it")
		if got := shelltest.Do(t, s, line); !strings.Contains(got, "it: redeemed by partner") || !strings.Contains(got, "is completed") {
			t.Errorf("%s: %s", line, got)
		}
		if got := shelltest.Do(t, s, "token list --jq '.tokens[] | .jti + \" \" + .status'"); got != "gift_gift redeemed\n" {
			t.Errorf("%s: token list: %s", line, got)
		}
	}
}

// A cancellation finds what it takes back, whatever the claims are called.
func TestStandinCancelsUnderOtherClaimNames(t *testing.T) {
	s := partnered(t)
	raw := shelltest.OutsideTokens()[7].Raw(t)
	o := s.World.Outsider("https://partner.example")
	session := tokens.Session{Order: "op_1", Customer: "user_123"}
	if _, err := o.Standin.Redeem(t.Context(), tokens.Redemption{Token: raw, Session: session, Attempt: "a"}); err != nil {
		t.Fatal(err)
	}
	if err := o.Standin.Cancel(t.Context(), tokens.Cancellation{Token: raw, Session: session, Attempt: "a"}); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Standin.Redeem(t.Context(), tokens.Redemption{Token: raw, Session: session, Attempt: "a"}); !errors.Is(err, tokens.Revoked) {
		t.Errorf("after its cancellation: %v", err)
	}
}

// The stand-in keeps the redeemer's promises: the same attempt the same answer,
// even after expiry; another attempt none; a cancellation before or after.
func TestStandinPromises(t *testing.T) {
	s := shelltest.Trusting(t)
	standin := s.World.Outsider(shelltest.Club).Standin
	session := tokens.Session{Order: "op_1", Customer: "user_123"}
	raw := shelltest.OutsideToken{File: "a", Alg: "EdDSA"}.Raw(t)
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
	shelltest.Do(t, s, "clock advance 3m")
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
	s = shelltest.Trusting(t)
	standin = s.World.Outsider(shelltest.Club).Standin
	late := shelltest.OutsideToken{File: "b", Alg: "EdDSA"}.Raw(t)
	cancel(late, "one")
	refused(late, "one", tokens.Revoked)
	refused(late, "two", tokens.Revoked)
	bent := shelltest.Bent(shelltest.OutsideToken{File: "c", Alg: "EdDSA"}.Raw(t))
	refused(bent, "one", tokens.SignatureInvalid)
	refused(shelltest.OutsideToken{File: "d", Alg: "EdDSA", Edits: []string{"op_1", "op_2"}}.Raw(t), "one", tokens.SessionMismatch)
	refused(shelltest.OutsideToken{File: "e", Alg: "EdDSA", Edits: []string{"user_123", "user_456"}}.Raw(t), "one", tokens.SessionMismatch)
}

// A fault may be ordered for a stand-in like for any service.
func TestFaultsOfAStandin(t *testing.T) {
	s := shelltest.Trusting(t, "coupon confirm TEN", "token import "+trustFile(t, "gift.jws")+" --name gift")
	shelltest.Do(t, s, "fault club.redeem refuse", "! checkout")
	want := map[string]orchestrator.Status{"coupon-1": orchestrator.Cancelled, "gift": orchestrator.Refused}
	var state struct {
		State  orchestrator.State
		Tokens []struct{ Token, Status string }
	}
	if err := json.Unmarshal([]byte(shelltest.Do(t, s, "session show -o json")), &state); err != nil {
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
	s := shelltest.Trusting(t, "set check on", "relay @"+trustFile(t, "gift.jws"), "coupon confirm TEN", "relay coupon-1", "redeem", "redeem", "clock advance 30h", "log")
	if err := s.World.Audit(); err != nil {
		t.Error(err)
	}
}

// A set that keys jwks wrote is one that trust and explain read.
func TestKeySetsOfOurOwn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.json")
	theirs := shelltest.New(t, 7)
	shelltest.Do(t, theirs, "session new op_1", "keys rotate coupons", "coupon confirm TEN --name it", "keys jwks --out "+path)
	raw := shelltest.Do(t, theirs, "token raw it --jq .raw")
	ours := shelltest.New(t, 1)
	shelltest.Do(t, ours, "session new op_1", "trust add https://other.example --jwks "+path+" --capability coupons:redeem --service others")
	verdict := shelltest.Do(t, ours, "token explain "+strings.TrimSpace(raw)+" --jwks "+path+" --jq .verdict")
	if verdict != "accepted\n" {
		t.Error(verdict)
	}
	shelltest.Do(t, ours, "expect key_unknown relay "+strings.TrimSpace(raw)) // it says coupons.svc, and is not a key of ours
}
