// Nothing leaks: what is secret is planted, everything is run over it, and
// whatever anybody could read is searched for it.

package shell

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode"

	"github.com/go-jose/go-jose/v4"
	"github.com/rogpeppe/go-internal/testscript"
	"github.com/rogpeppe/go-internal/txtar"

	"tokenshell/orchestrator"
	"tokenshell/shell/internal/answer"
	"tokenshell/shell/internal/page"
	"tokenshell/shell/internal/redact"
	"tokenshell/shell/internal/wire"
	"tokenshell/shell/lineedit"
	"tokenshell/tokens"
)

// pieceSize is how long a part of a token is that gives it away.
const pieceSize = 24

// secrets are what no output may hold.
type secrets struct {
	texts  map[string]string   // by what it is called
	pieces map[string]struct{} // of tokens: all parts of that size of payloads and signatures
	letter *regexp.Regexp      // what only its domain may read
}

func newSecrets() *secrets {
	return &secrets{
		texts: map[string]string{}, pieces: map[string]struct{}{},
		letter: regexp.MustCompile(`auth_[a-z2-7]{20,}|last4\W+[0-9]|4[0-9]{15}`),
	}
}

// bytes plants bytes, in the ways in which they could be written.
func (x *secrets) bytes(name string, b []byte) {
	x.texts[name+" raw"] = string(b)
	x.texts[name+" hex"] = hex.EncodeToString(b)
	x.texts[name+" HEX"] = strings.ToUpper(hex.EncodeToString(b))
	x.texts[name+" base64"] = base64.RawStdEncoding.EncodeToString(b)
	x.texts[name+" base64url"] = base64.RawURLEncoding.EncodeToString(b)
	x.texts[name+" %v"] = strings.Trim(fmt.Sprint(b), "[]")
	x.texts[name+" %#v"] = strings.TrimSuffix(strings.TrimPrefix(fmt.Sprintf("%#v", b), "[]byte{"), "}")
}

// world plants what a seeded world derives its secrets from.
func (x *secrets) world(t *testing.T, w *World, seed uint64) {
	t.Helper()
	text := fmt.Appendf(nil, "tokenshell seed %d", seed)
	sum := sha256.Sum256(text)
	kmsSeed := w.mint.Derive("kms")
	x.bytes("the seed", text)
	x.bytes("the mint's secret", sum[:])
	x.bytes("the KMS's seed", kmsSeed)
	published := map[string]bool{}
	for _, p := range w.parties {
		for _, key := range p.domain.Keys().JWKS().Keys {
			published[pointOf(key.Key.(*ecdsa.PublicKey))] = true
		}
	}
	found := 0
	for n := range 12 {
		raw, err := hkdf.Key(sha256.New, kmsSeed, nil, fmt.Sprintf("tokenshell/kmsmock/1/p256/%d/0", n), 32)
		if err != nil {
			t.Fatal(err)
		}
		private, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), raw)
		if err != nil {
			continue
		}
		x.bytes(fmt.Sprintf("private key %d", n), raw)
		if published[pointOf(&private.PublicKey)] {
			found++
		}
	}
	if found != len(published) {
		t.Fatalf("%d of %d published keys are planted: the derivation is another", found, len(published))
	}
}

func pointOf(key *ecdsa.PublicKey) string {
	b, _ := key.Bytes() // of a key on its curve
	return string(b)
}

// token plants a token: the parts that a forger lacks.
func (x *secrets) token(raw string) {
	_, rest, _ := strings.Cut(strings.TrimSpace(raw), ".")
	for segment := range strings.SplitSeq(rest, ".") {
		for i := 0; i+pieceSize <= len(segment); i++ {
			x.pieces[segment[i:i+pieceSize]] = struct{}{}
		}
	}
}

// wallet plants what a shell holds.
func (x *secrets) wallet(s *Shell) {
	for _, t := range s.wallet.held {
		x.token(t.raw)
	}
}

var runs = regexp.MustCompile(`[A-Za-z0-9_-]{24,}`)

// find gives what of it all stands in text; empty when nothing does.
func (x *secrets) find(text string) string {
	for name, secret := range x.texts {
		if strings.Contains(text, secret) {
			return name
		}
	}
	for _, run := range runs.FindAllString(text, -1) {
		for i := 0; i+pieceSize <= len(run); i++ {
			if _, ok := x.pieces[run[i:i+pieceSize]]; ok {
				return "a token: " + run[i:i+pieceSize]
			}
		}
	}
	return ""
}

// search wants none of it in text; opened says that a letter may be read there.
func (x *secrets) search(t *testing.T, where, text string, opened bool) {
	t.Helper()
	if what := x.find(text); what != "" {
		t.Errorf("%s holds %s: %.300q", where, what, text)
	}
	if found := x.letter.FindString(text); found != "" && !opened {
		t.Errorf("%s holds the letter's %s: %.300q", where, found, text)
	}
}

// searchLog searches a world's log, and its entries as Go prints them.
func (x *secrets) searchLog(t *testing.T, where string, w *World) {
	t.Helper()
	for _, e := range w.log.all() {
		x.search(t, where+": log entry", e.String()+fmt.Sprintf(" %+v %#v", e, e), false)
	}
}

const leakWorld = `redeem_order: [coupons, points, payments]
customers:
  - id: user_123
    points: 1200
    cards: [{id: visa, number: "4716399218847391", limit: "500.00"}, {id: broke, number: "4716399218840001", limit: "500.00", declines: true}]
  - {id: user_456, points: 5}
coupons:
  - {code: TEN, percent: 10, combinable: true}
  - {code: SPRING25, amount: "25.00", minimum: "100.00", total: 100}
`

// leakyShell is a shell over a world of its own, in a folder of its own, with
// tokens in every state and everything planted.
func leakyShell(t *testing.T, x *secrets) *Shell {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "world.yaml")
	if err := os.WriteFile(path, []byte(leakWorld), 0o666); err != nil {
		t.Fatal(err)
	}
	seed := uint64(7_203_115_530_174_209_461)
	w, err := NewWorld(t.Context(), WorldConfig{Path: path, Seed: &seed})
	if err != nil {
		t.Fatal(err)
	}
	s := New(w)
	s.dir = dir
	for _, file := range []string{"club.json", "gift.jws", "partner.yaml"} {
		text, err := os.ReadFile(trustFile(file))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, file), text, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	said(t, s, "session new op_0", "coupon confirm TEN --name spent", "payment confirm 5.00 --method visa --name paid", "checkout",
		"session new op_1 --fact subtotal=120.00", "payment confirm 80.00 --method visa --name it", "coupon confirm SPRING25 --name c", "points confirm 5 --name p",
		"trust add "+club+" --jwks club.json --capability club:redeem --service club", "token import gift.jws --name gift",
		"capture T token raw it --jq .raw", "keys rotate points")
	raw, _ := s.lookup("T")
	if err := os.WriteFile(filepath.Join(dir, "it.jwt"), []byte(raw), 0o666); err != nil {
		t.Fatal(err)
	}
	x.world(t, w, seed)
	x.wallet(s)
	return s
}

// everyLine gives lines of every verb there is, with arguments that fit and
// such that do not.
func everyLine(t *testing.T) []string {
	t.Helper()
	p, err := newParser()
	if err != nil {
		t.Fatal(err)
	}
	lines := []string{
		"session new op_2 --customer user_456 --fact a=b", "session set a=$T", "session new $T", "session use op_0", "session show", "session use op_1",
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
		"explore --depth 5 --moves 60", "explore --depth 5 --moves 300 --without redeemer-remembers", "explore --without $T", "set check on", "checkout c",
		"capture X explore --depth 4 --moves 40", "clock set $T", "fault $T refuse", "keys jwks --out $T", "keys jwks --out /nowhere/$T",
		"trace", "trace --session $T", "trace --format mermaid", "trace --format html", "trace -o json", "trace --format html --out $T", "history 50",
		"watch 1s --count 2 relay $T", "watch $T --count 2 relay it", "record start $T.txtar", "record --from-start story.txtar", "record start more.txtar",
		"relay it $T", "record stop", "tour",
	}
	for _, node := range runnable(p.kong.Model.Node) {
		path := verbPath(node)
		if path == "" || path == "quit" || strings.HasPrefix(path, "explore") {
			continue
		}
		lines = append(lines, "help "+path, path)
		if strings.HasPrefix(path, "attack run") { // all of it is run in the line above
			continue
		}
		for _, words := range []string{"it", "$T", "@it.jwt", "$T $T", "nonsense $T", "--nothing $T", "--jq $T", "--name $T it"} {
			lines = append(lines, path+" "+words)
		}
	}
	return lines
}

// Whatever is run, in text or JSON, nothing that is secret is in what it says,
// in its error or in the log; token raw prints a token, and the issuer reads its
// own letter.
func TestNothingLeaksFromAVerb(t *testing.T) {
	lines, searched := everyLine(t), 0
	for _, format := range []string{"text", "json"} {
		x := newSecrets()
		s := leakyShell(t, x)
		raw, _ := s.lookup("T")
		for _, line := range lines {
			if line != "set output json" && line != "set output text" {
				said(t, s, "set output "+format)
			}
			s.vars["T"] = variable{raw, true}
			var stdout, stderr bytes.Buffer
			err := s.Line(t.Context(), line, false, &stdout, &stderr)
			x.wallet(s)
			where := fmt.Sprintf("%s (%s)", line, format)
			prints := strings.HasPrefix(line, "token raw ")
			opened := strings.Contains(line, "--as payments")
			if !prints {
				x.search(t, where+": stdout", stdout.String(), opened)
			} else if stdout.Len() > 0 && err == nil && x.find(stdout.String()) == "" {
				t.Errorf("%s: token raw prints no token, or the search finds none: %s", where, stdout.String())
			}
			x.search(t, where+": stderr", stderr.String(), false)
			if err != nil {
				var printed bytes.Buffer
				answer.PrintError(&printed, err)
				x.search(t, where+": the error", redact.Tokens(fmt.Sprintf("%v %+v", err, err))+printed.String(), false)
			}
			searched += stdout.Len() + stderr.Len()
		}
		x.searchLog(t, format, s.world)
		for name, v := range s.vars {
			if x.find(v.value) != "" && !v.secret {
				t.Errorf("variable %s holds a token and is no secret", name)
			}
		}
	}
	if searched < 100_000 {
		t.Errorf("only %d bytes were searched", searched)
	}
	t.Logf("%d lines, twice; %d bytes searched", len(lines), searched)
}

// verboseRecorder keeps what testscript logs of every script: all that its
// verbs print.
type verboseRecorder struct {
	mu   *sync.Mutex
	logs map[string]*strings.Builder
	name string
}

func (r *verboseRecorder) Run(name string, f func(testscript.T)) {
	r.mu.Lock()
	r.logs[name] = &strings.Builder{}
	r.mu.Unlock()
	done := make(chan struct{})
	go func() {
		defer close(done)
		f(&verboseRecorder{r.mu, r.logs, name})
	}()
	<-done
}

func (r *verboseRecorder) Log(args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	fmt.Fprintln(r.logs[r.name], args...)
}

func (r *verboseRecorder) Skip(...any) { runtime.Goexit() }

func (r *verboseRecorder) Fatal(a ...any) { r.Log(a...); r.FailNow() }

func (r *verboseRecorder) FailNow() { runtime.Goexit() }

func (r *verboseRecorder) Parallel() {}

func (r *verboseRecorder) Verbose() bool { return true }

// Nothing that is secret is in anything that a scenario of ours prints.
func TestNothingLeaksFromAScript(t *testing.T) {
	files := scripts(t)
	runner, err := newScenarioRunner(t.Context(), ScenarioConfig{Seed: DefaultSeed})
	if err != nil {
		t.Fatal(err)
	}
	var (
		mu    sync.Mutex
		begun []*scenario
	)
	params := runner.params(files, func(sc *scenario) {
		mu.Lock()
		defer mu.Unlock()
		begun = append(begun, sc)
	})
	r := &verboseRecorder{&sync.Mutex{}, map[string]*strings.Builder{}, ""}
	testscript.RunT(r, params)
	x := newSecrets()
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, section := range archive.Files {
			if ext := filepath.Ext(section.Name); ext == ".jwt" || ext == ".jws" {
				x.token(string(section.Data))
			}
		}
	}
	x.world(t, begun[0].shell.world, DefaultSeed)
	for _, sc := range begun {
		x.wallet(sc.shell)
	}
	if len(x.pieces) < 10_000 {
		t.Errorf("only %d pieces are planted", len(x.pieces))
	}
	for _, sc := range begun {
		x.searchLog(t, sc.file, sc.shell.world)
	}
	for name, log := range r.logs {
		for step := range strings.SplitSeq(log.String(), "\n> ") {
			command, _, _ := strings.Cut(step, "\n")
			if strings.HasPrefix(command, "token raw ") {
				continue
			}
			x.search(t, name+": "+command, step, strings.Contains(command, "--as payment") || strings.HasPrefix(command, "! stdout") || strings.HasPrefix(command, "stdout"))
		}
	}
}

// Nor in the report of one that fails, wherever it does.
func TestNothingLeaksFromAReport(t *testing.T) {
	x := newSecrets()
	s := goldenShell(t, DefaultSeed)
	said(t, s, "session new op_1", "payment confirm 80.00 --method visa --name it")
	x.world(t, s.world, DefaultSeed)
	raw := strings.TrimSpace(said(t, s, "token raw it"))
	x.token(raw)
	head := "session new op_1\npayment confirm 80.00 --method visa --name it\ncapture T token raw it\n"
	var cases []verdictCase
	for i, line := range []string{
		"nonsense $T", "relay $T $T", "points confirm $T", "stdout nothing", "token raw it\nstdout nothing", "token raw it\n! stdout .", "let U a$T\nstdout nothing",
		"stdout $T", "stderr $T", "! relay $T", "expect malformed relay $T", "points confirm " + raw, "let X " + raw + "\nnonsense", "env A=" + raw + "\nnonsense $A",
		"token show it --as payments\nstdout nothing", "token raw it -o json\nstdout nothing", "cp stdout a\nexists b" + raw, "cmp " + raw + " b", "exec " + raw, raw, "source $T",
	} {
		cases = append(cases, verdictCase{name: fmt.Sprint(i), text: head + line + "\n"})
	}
	files := verdictFiles(t, cases)
	for i, o := range func() []Outcome {
		var all []Outcome
		if err := RunScenarios(t.Context(), ScenarioConfig{Seed: DefaultSeed}, files, func(o Outcome) { all = append(all, o) }); err != nil {
			t.Fatal(err)
		}
		return all
	}() {
		if o.Verdict != Failed {
			t.Errorf("%s: %s", cases[i].text, o.Verdict)
		}
		var printed page.Page
		o.print(&printed)
		text, err := answer.Line(o)
		if err != nil {
			t.Fatal(err)
		}
		x.search(t, cases[i].text[len(head):], printed.String()+string(text), strings.Contains(cases[i].text, "--as payments"))
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
	key := outsideKeys(t)["EdDSA"].JSONWebKey
	issuer := tokens.Issuer{
		Name: club, Capabilities: []string{"club:redeem"}, Profile: &tokens.Profile{},
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
			x := newSecrets()
			s := leakyShell(t, x)
			said(t, s, "trust remove "+club)
			if err := s.world.relay.Trust(issuer, &orchestrator.Service{Name: "bomb", Redeemer: bomb{with}}); err != nil {
				t.Fatal(err)
			}
			said(t, s, "set output "+format, "relay gift")
			for _, line := range []string{"redeem", "redeem --resume", "checkout", "session close", "session show", "log"} {
				var printed bytes.Buffer
				_ = s.Line(t.Context(), line, false, &printed, &printed)
				x.search(t, fmt.Sprintf("a panic with a %s, %s (%s)", name, line, format), printed.String(), false)
				if line == "redeem" && !strings.Contains(printed.String(), "bug in tokenshell") {
					t.Errorf("%s: no panic: %s", name, printed.String())
				}
			}
			x.searchLog(t, "panic", s.world)
		}
	}
}

// The history forgets tokens, in memory and in its file.
func TestNothingLeaksFromTheHistory(t *testing.T) {
	x := newSecrets()
	s := leakyShell(t, x)
	raw, _ := s.lookup("T")
	path := filepath.Join(t.TempDir(), "state", "history")
	h := lineedit.OpenHistory(path, func(err error) { t.Error(err) })
	gift, err := os.ReadFile(trustFile("gift.jws"))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"relay " + raw, "let T " + raw, "token show '" + raw + "'", "relay a" + raw, "relay " + raw + raw, "relay " + raw + "," + raw, raw, "redeem --direct " + strings.TrimSpace(string(gift)),
		"let T [" + raw + "]", "let T x=" + raw[:len(raw)-1], "points balance",
	} {
		h.Add(line)
	}
	for _, spaced := range spacedHeaders(t, s.world) {
		h.Add("relay " + spaced)
		x.token(spaced)
	}
	x.search(t, "the history", strings.Join(h.Lines(), "\n"), false)
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	x.search(t, "the history file", string(file), false)
	if !strings.Contains(string(file), "points balance") {
		t.Errorf("the history keeps nothing: %s", file)
	}
}

// spacedHeaders are good tokens whose header begins with spaces, which JSON
// allows: they do not begin like others.
func spacedHeaders(t *testing.T, w *World) []string {
	t.Helper()
	var all []string
	for _, space := range []string{" ", "  ", "   ", "\t", "\r \t"} {
		all = append(all, forge(t, w, hostile{file: "spaced", edits: []string{`{"alg"`, space + `{"alg"`}}))
	}
	return all
}

// A token that begins unlike others is as secret.
func TestNothingLeaksFromASpacedToken(t *testing.T) {
	for _, format := range []string{"text", "json"} {
		s := goldenShell(t, 1)
		said(t, s, "session new op_1", "set output "+format)
		for _, raw := range spacedHeaders(t, s.world) {
			x := newSecrets()
			x.token(raw)
			said(t, s, "let T "+raw)
			for _, line := range []string{
				"points confirm $T", "coupon confirm $T", "relay $T", "relay x$T", "token show a.$T", "let U $T", "view $T", "session set a=$T", "session use $T", "source $T", "$T",
			} {
				var printed bytes.Buffer
				_ = s.Line(t.Context(), line, false, &printed, &printed)
				x.search(t, fmt.Sprintf("%.8s… %s (%s)", raw, line, format), printed.String(), false)
			}
		}
	}
}

// No printer of Go gets at a seed or a private key.
func TestNothingLeaksFromAWorld(t *testing.T) {
	x := newSecrets()
	s := leakyShell(t, x)
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%x"} {
		for _, part := range []any{s.world.mint, s.world.kms, s.world.coupons, s.world.payments, s.world.points, s.world.relay.Mint} {
			text := fmt.Sprintf(format, part)
			for name, secret := range x.texts {
				if strings.Contains(text, secret) && !strings.HasPrefix(name, "the seed") {
					t.Errorf("%s of %T holds %s", format, part, name)
				}
			}
		}
	}
}

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
func nastyTokens(t *testing.T, w *World) map[string]string {
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
		all[place] = forge(t, w, hostile{file: "nasty", edits: []string{edit[0], strings.ReplaceAll(edit[1], "NASTY", nastyText())}})
	}
	all["whitespace in the payload"] = forge(t, w, hostile{file: "nasty", edits: []string{`"constraints":{}`, "\"constraints\":{\"a\":\r\n\"forged-line\",\n\"forged-line\":\t1}"}})
	return all
}

// Whatever stands in a token, nothing of it steers a terminal or writes a line
// of its own: in text, JSON, through a filter, in errors and in the log.
func TestNothingInATokenSteers(t *testing.T) {
	lines := []string{
		"relay TOKEN", "relay TOKEN TOKEN", "checkout TOKEN", "redeem TOKEN", "redeem --direct TOKEN", "redeem --direct TOKEN --to points", "revoke TOKEN",
		"token show TOKEN", "token show TOKEN --as relay", "token show TOKEN --as coupons", "token list", "token explain TOKEN", "token explain TOKEN --all",
		"token explain TOKEN --jwks " + goldenKeys + "/coupons.json --all", "session show", "session list", "view client", "view relay", "view coupons", "log",
		"token show TOKEN --jq .", "token list --jq '.tokens[]'", "trace", "trace --format mermaid", "trace --format html", "trace -o json", "history",
	}
	for _, format := range []string{"text", "json"} {
		s := goldenShell(t, 1)
		said(t, s, "session new op_1", "set output "+format)
		for place, raw := range nastyTokens(t, s.world) {
			path := filepath.Join(t.TempDir(), "nasty.jwt")
			if err := os.WriteFile(path, []byte(raw), 0o666); err != nil {
				t.Fatal(err)
			}
			s.wallet = wallet{} // the lists of the ones before say the same again
			s.world.wire.Conversation = wire.NewConversation(s.world.clock)
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
		for _, e := range s.world.log.all() {
			if what := steering(e.String()); what != "" || strings.Contains(e.String(), "\n") {
				t.Errorf("the log holds %s: %q", what, e.String())
			}
		}
	}
}

// A key set and a profile steer nothing either.
func TestNothingInAFileSteers(t *testing.T) {
	text := strings.Trim(fmt.Sprintf("%+q", nastyText()), `"`) // for JSON and for YAML
	text = strings.NewReplacer(`\\`, `\`, `\U000e0041`, "", `\x7f`, `\u007f`).Replace(text)
	key, err := json.Marshal(outsideKeys(t)["ES256"].JSONWebKey)
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
			s := goldenShell(t, 1)
			said(t, s, "session new op_1", "set output "+format)
			for _, line := range []string{
				trustClub + " --profile " + path, "trust add x --capability a --jwks " + path, "trust list",
				"token explain @" + trustFile("gift.jws") + " --jwks " + path, "relay @" + trustFile("gift.jws"),
				"token explain @" + trustFile("gift.jws"), "token explain @" + trustFile("gift.jws") + " --jwks " + trustFile("club.json") + " --profile " + path + " --all",
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
