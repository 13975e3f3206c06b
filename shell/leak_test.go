// Nothing leaks: what is secret is planted, everything is run over it, and
// whatever anybody could read is searched for it.

package shell_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"tokenshell/orchestrator"
	"tokenshell/shell/internal/answer"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/shelltest"
	"tokenshell/shell/internal/world"
	"tokenshell/shell/lineedit"
	"tokenshell/tokens"
)

// everyLine gives lines of every verb there is, with arguments that fit and
// such that do not.
func everyLine(t *testing.T) []string {
	t.Helper()
	language := shelltest.Language()
	p, err := language.Parser()
	if err != nil {
		t.Fatal(err)
	}
	defer language.Done(p)
	lines := []string{
		"session new op_2 --customer user_456 --fact-any a=b", "session set --fact-any a=$T", "session new $T", "session use op_0", "session show", "session use op_1",
		"coupon confirm TEN", "coupon confirm NOPE", "points confirm 5000", "payment confirm 900.00 --method visa", "payment confirm 5.00 --method broke",
		"payment confirm 5.00 --method visa --ttl $T", "relay it c p gift", "relay it it", "relay @it.jwt", "relay x$T $T.x", "redeem --direct it --to points",
		"token show it --as relay", "token show it --as payments", "token show it --as coupons", "token explain it --all", "token explain $T --jwks club.json --all",
		"token explain it --jwks club.json --profile partner.yaml --order $T", "token explain it --jwks it.jwt", "token explain it --jwks club.json --profile it.jwt",
		"token explain it --jwks club.json --at $T", "trust add x --jwks it.jwt --capability a", "trust add x --jwks club.json --capability a --profile it.jwt",
		"trust add $T --jwks club.json --capability a", "trust add x --jwks club.json --capability $T", "trust add x --jwks club.json --capability a --service $T",
		"trust remove $T", "source it.jwt", "token import world.yaml", "token raw it", "token raw it -o json", "capture U token raw it", "let V $T", "let W a$T",
		"fault payments.redeem lost-reply --count 3", "fault kms.sign refuse", "coupon confirm TEN", "fault kms.sign timeout", "coupon confirm TEN", "fault kms.decrypt timeout --count 9",
		"redeem", "redeem --resume", "fault clear", "redeem --resume", "checkout", "redeem --direct gift", "revoke c", "set output json", "set output text",
		"points balance --jq $T", "points balance --$T", "expect $T points balance", "! points balance --jq '.nothing.x.y'", "view $T", "log --party $T", "help $T", "$T", "a$T",
		"set check on", "checkout c", "clock set $T", "fault $T refuse", "keys jwks --out $T", "keys jwks --out /nowhere/$T",
		"trace", "trace --session $T", "trace --format mermaid", "trace --format html", "trace -o json", "trace --format html --out $T", "history 50",
		"watch 1s --count 2 relay $T", "watch $T --count 2 relay it", "record start $T.txtar", "record --from-start story.txtar", "record start more.txtar",
		"relay it $T", "record stop", "tour",
		"session set --fact-any card=4716399218847391", "session show", "session set --fact-any card=4716-3992-1884-7391", "session set --fact-any card=x4716399218847391x", "payment confirm 5.00 --method 4716399218847391", "coupon confirm 4716399218847391",
		"4716399218847391", "let CARD 4716399218847391", "token show 4716399218847391", "view payments", "history", "trace --format html", "log", "points balance --jq 4716399218847391",
	}
	// A recording plays again all that was run before it, and the catalogue of
	// attacks and the explorations would be most of that work: they come last.
	last := []string{"explore --bound tokens=1", "explore --bound tokens=1 --without redeemer-remembers", "explore --without $T", "capture X explore --bound tokens=1"}
	for _, node := range interp.Leaves(p.Root()) {
		path := interp.VerbPath(node)
		if path == "" || path == "quit" || path == "world reset" || strings.HasPrefix(path, "explore") {
			continue
		}
		family := &lines
		if strings.HasPrefix(path, "attack ") {
			family = &last
		}
		*family = append(*family, "help "+path)
		if path == "bench" {
			path = "bench --for 20ms" // it says as much as one of two seconds
		}
		*family = append(*family, path)
		if path == "attack run" || path == "attack export" { // all of it is run in the line above
			continue
		}
		for _, words := range []string{"it", "$T", "@it.jwt", "$T $T", "nonsense $T", "--nothing $T", "--jq $T", "--name $T it"} {
			*family = append(*family, path+" "+words)
		}
	}
	return append(append(lines, last...), "world reset $T", "world reset") // after which there is nothing to be found
}

// Whatever is run, in text or JSON, nothing that is secret is in what it says,
// in its error or in the log; token raw prints a token, and the issuer reads its
// own letter.
func TestNothingLeaksFromAVerb(t *testing.T) {
	lines := everyLine(t)
	for _, format := range []string{"text", "json"} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			x := shelltest.NewSecrets()
			s := shelltest.Leaky(t, x)
			raw, searched := s.Wallet.ByHandle["it"].Raw, 0
			for _, line := range lines {
				if line != "set output json" && line != "set output text" {
					shelltest.Do(t, s, "set output "+format)
				}
				if err := s.Vars.Set("T", raw, true); err != nil {
					t.Fatal(err)
				}
				var stdout, stderr bytes.Buffer
				err := s.Line(t.Context(), line, false, &stdout, &stderr)
				x.Wallet(s)
				where := fmt.Sprintf("%s (%s)", line, format)
				prints := strings.HasPrefix(line, "token raw ")
				opened := strings.Contains(line, "--as payments")
				if !prints {
					x.Search(t, where+": stdout", stdout.String(), opened)
				} else if stdout.Len() > 0 && err == nil && x.Find(stdout.String()) == "" {
					t.Errorf("%s: token raw prints no token, or the search finds none: %s", where, stdout.String())
				}
				x.Search(t, where+": stderr", stderr.String(), false)
				if err != nil {
					var printed bytes.Buffer
					answer.PrintError(&printed, err)
					x.Search(t, where+": the error", s.Redact(fmt.Sprintf("%v %+v", err, err)+printed.String()), false)
				}
				searched += stdout.Len() + stderr.Len()
			}
			x.SearchLog(t, format, s.World)
			for _, name := range s.Vars.Names() {
				if x.Find(s.Vars.Shown(name)) != "" {
					t.Errorf("variable %s holds a token and is not a secret", name)
				}
			}
			if searched < 100_000 {
				t.Errorf("only %d bytes were searched", searched)
			}
			t.Logf("%d lines; %d bytes searched", len(lines), searched)
		})
	}
}

// formats are those in which parts are looked for: with -long in JSON, too.
func formats() []string {
	if *long {
		return []string{"text", "json"}
	}
	return []string{"text"}
}

// Every part of a token, with neighbours and encoded, in whatever place of
// whatever verb: nothing of it is in what is said, nor in the log, the history,
// a trace or a recording.
func TestNoPartLeaksFromAVerb(t *testing.T) {
	language := shelltest.Language()
	p, err := language.Parser()
	if err != nil {
		t.Fatal(err)
	}
	defer language.Done(p)
	paths := []string{"session set --fact-any a=", "session set --fact-any a=x", "session new x", "points balance --jq ."}
	for _, node := range interp.Leaves(p.Root()) {
		path := interp.VerbPath(node)
		if path != "" && path != "quit" && path != "attack run" && path != "attack export" && path != "explore" && path != "tour" && path != "token raw" && !strings.HasPrefix(path, "record") {
			paths = append(paths, path+" ", path+" it ")
		}
	}
	for _, format := range formats() {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			x := shelltest.NewSecrets()
			s := shelltest.Leaky(t, x)
			raw := s.Wallet.ByHandle["it"].Raw
			var claims struct{ Sealed string }
			payload, err := base64.RawURLEncoding.DecodeString(strings.Split(raw, ".")[1])
			if err != nil || json.Unmarshal(payload, &claims) != nil || claims.Sealed == "" {
				t.Fatalf("no sealed section in %s", payload)
			}
			letter := strings.Split(claims.Sealed, ".")
			for _, part := range letter[1:] {
				x.Token("." + part)
			}
			signature := raw[strings.LastIndexByte(raw, '.')+1:]
			lines := 0
			say := func(line, about string) {
				var stdout, stderr bytes.Buffer
				_ = s.Line(t.Context(), line, false, &stdout, &stderr)
				x.Wallet(s)
				x.Search(t, about+": "+line[:min(40, len(line))]+" (stdout)", stdout.String(), false)
				x.Search(t, about+": "+line[:min(40, len(line))]+" (stderr)", stderr.String(), false)
				lines++
			}
			for name, part := range map[string]string{
				"the token": raw, "its signature": signature, "half of it": signature[:43], "the other half": signature[43:], "a piece of it": signature[11:35],
				"a piece of the payload": raw[200:260], "payload and signature": raw[strings.IndexByte(raw, '.')+1:], "what is sealed": claims.Sealed, "its ciphertext": letter[3],
			} {
				for how, text := range shelltest.Encodings(part) {
					if name == "a piece of it" && strings.HasPrefix(how, "base64") { // 32 characters of base64: too short to be known
						continue
					}
					if err := s.Vars.Set("P", text, false); err != nil {
						t.Fatal(err)
					}
					if shown := s.Vars.Shown("P"); shown != "(secret)" {
						t.Errorf("%s, %s: the variable is shown: %.80s", name, how, shown)
					}
					for _, path := range paths {
						say(path+"$P", name+", "+how)
					}
					say("session show --jq '.facts|tostring|explode|tostring'", name+", "+how)
					if t.Failed() {
						t.FailNow()
					}
				}
				for _, line := range []string{"set output " + format, "session set --fact-any b=" + part, "let TYPED " + part, "history", "history --jq '.[]|tostring'", "trace", "trace --format html", "trace --format mermaid", "log", "session show"} {
					say(line, name)
				}
			}
			if lines < 9_000 {
				t.Errorf("only %d lines were run", lines)
			}
		})
	}
}

// bomb is a service that panics with all it has.
type bomb struct{ with func(any) any }

// Redeem panics.
func (b bomb) Redeem(ctx context.Context, request tokens.Redemption) (tokens.Receipt, error) {
	panic(b.with(request))
}

// Cancel panics.
func (b bomb) Cancel(ctx context.Context, request tokens.Cancellation) error {
	panic(b.with(request))
}

// A panic says nothing either.
func TestNothingLeaksFromAPanic(t *testing.T) {
	key := shelltest.OutsideKeys(t)["EdDSA"].JSONWebKey
	issuer := tokens.Issuer{
		Name: shelltest.Club, Capabilities: []string{"club:redeem"}, Profile: &tokens.Profile{},
		Keys: tokens.StaticKeys{{ID: key.KeyID, Algorithm: jose.EdDSA, Public: key.Key}},
	}
	for name, with := range map[string]func(any) any{
		"value":   func(v any) any { return v },
		"text":    func(v any) any { return fmt.Sprintf("%+v", v) },
		"Go":      func(v any) any { return fmt.Sprintf("%#v", v) },
		"error":   func(v any) any { return fmt.Errorf("no good: %q", fmt.Sprint(v)) },
		"refusal": func(v any) any { return tokens.Refuse(tokens.Malformed, "%v", v) },
	} {
		for _, format := range []string{"text", "json"} {
			x := shelltest.NewSecrets()
			s := shelltest.Leaky(t, x)
			shelltest.Do(t, s, "trust remove "+shelltest.Club)
			relay, err := s.World.Inspector()
			if err != nil {
				t.Fatal(err)
			}
			if err := relay.Trust(issuer, &orchestrator.Service{Name: "bomb", Redeemer: bomb{with}}); err != nil {
				t.Fatal(err)
			}
			shelltest.Do(t, s, "set output "+format, "relay gift")
			for _, line := range []string{"redeem", "redeem --resume", "checkout", "session close", "session show", "log"} {
				var printed bytes.Buffer
				_ = s.Line(t.Context(), line, false, &printed, &printed)
				x.Search(t, fmt.Sprintf("a panic with a %s, %s (%s)", name, line, format), printed.String(), false)
				if line == "redeem" && !strings.Contains(printed.String(), "bug in tokenshell") {
					t.Errorf("%s: no panic: %s", name, printed.String())
				}
			}
			x.SearchLog(t, "panic", s.World)
		}
	}
}

// The history forgets tokens, in memory and in its file.
func TestNothingLeaksFromTheHistory(t *testing.T) {
	x := shelltest.NewSecrets()
	s := shelltest.Leaky(t, x)
	raw := s.Wallet.ByHandle["it"].Raw
	path := filepath.Join(t.TempDir(), "state", "history")
	h := lineedit.OpenHistory(path, func(err error) { t.Error(err) })
	h.Hide = s.Redact // as the prompt does
	gift, err := os.ReadFile(shelltest.Testdata(t, "trust", "gift.jws"))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"relay " + raw, "let T " + raw, "token show '" + raw + "'", "relay a" + raw, "relay " + raw + raw, "relay " + raw + "," + raw, raw, "redeem --direct " + strings.TrimSpace(string(gift)),
		"session set --fact-any a=" + raw[len(raw)-86:len(raw)-43], "session set --fact-any a=x" + raw[len(raw)-43:] + "x", "let P " + raw[200:240], "session set --fact-any a=" + strings.ReplaceAll(raw, ".", "%2e"),
		"let T [" + raw + "]", "let T x=" + raw[:len(raw)-1], "points balance",
	} {
		h.Add(line)
	}
	for _, spaced := range spacedHeaders(t, s.World) {
		h.Add("relay " + spaced)
		x.Token(spaced)
	}
	x.Search(t, "the history", strings.Join(h.Lines(), "\n"), false)
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	x.Search(t, "the history file", string(file), false)
	if !strings.Contains(string(file), "points balance") {
		t.Errorf("the history keeps nothing: %s", file)
	}
}

// spacedHeaders are good tokens whose header begins with spaces, which JSON
// allows: they do not begin like others.
func spacedHeaders(t *testing.T, w *world.World) []string {
	t.Helper()
	var all []string
	for _, space := range []string{" ", "  ", "   ", "\t", "\r \t"} {
		all = append(all, shelltest.Forge(t, w, shelltest.Hostile{File: "spaced", Edits: []string{`{"alg"`, space + `{"alg"`}}))
	}
	return all
}

// A token that begins unlike others is as secret.
func TestNothingLeaksFromASpacedToken(t *testing.T) {
	for _, format := range []string{"text", "json"} {
		s := shelltest.New(t, 1)
		shelltest.Do(t, s, "session new op_1", "set output "+format)
		for _, raw := range spacedHeaders(t, s.World) {
			x := shelltest.NewSecrets()
			x.Token(raw)
			shelltest.Do(t, s, "let T "+raw)
			for _, line := range []string{
				"points confirm $T", "coupon confirm $T", "relay $T", "relay x$T", "token show a.$T", "let U $T", "view $T", "session set --fact-any a=$T", "session use $T", "source $T", "$T",
			} {
				var printed bytes.Buffer
				_ = s.Line(t.Context(), line, false, &printed, &printed)
				x.Search(t, fmt.Sprintf("%.8s… %s (%s)", raw, line, format), printed.String(), false)
			}
		}
	}
}

// No printer of Go gets at a seed or a private key.
func TestNothingLeaksFromAWorld(t *testing.T) {
	x := shelltest.NewSecrets()
	s := shelltest.Leaky(t, x)
	relay, err := s.World.Inspector()
	if err != nil {
		t.Fatal(err)
	}
	parts := []any{s.World.Mint, s.World.KMS, relay.(*orchestrator.Relay).Mint}
	for _, p := range s.World.Parties {
		parts = append(parts, p.Domain)
	}
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%x"} {
		for _, part := range parts {
			text := fmt.Sprintf(format, part)
			for name, secret := range x.Texts {
				if strings.Contains(text, secret) && !strings.HasPrefix(name, "the seed") {
					t.Errorf("%s of %T holds %s", format, part, name)
				}
			}
		}
	}
}
