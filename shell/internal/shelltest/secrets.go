// Secrets: what is planted in a world, and searched for in all that it says.

package shelltest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/world"
)

// pieceSize is how long a part of a token must be to give it away.
const pieceSize = 24

// Secrets are what no output may hold.
type Secrets struct {
	Texts  map[string]string   // by what it is called
	pieces map[string]struct{} // of tokens: all parts of that size of payloads and signatures
	letter *regexp.Regexp      // what only its domain may read
	held   map[string]bool     // tokens of wallets that are planted
}

func NewSecrets() *Secrets {
	return &Secrets{
		Texts: map[string]string{}, pieces: map[string]struct{}{}, held: map[string]bool{},
		letter: regexp.MustCompile(`auth_[a-z2-7]{20,}|last4\W+[0-9]|4[0-9]{15}|4716[ -]3992`),
	}
}

// Bytes plants bytes, in the ways in which they could be written.
func (x *Secrets) Bytes(name string, b []byte) {
	x.Texts[name+" raw"] = string(b)
	x.Texts[name+" hex"] = hex.EncodeToString(b)
	x.Texts[name+" HEX"] = strings.ToUpper(hex.EncodeToString(b))
	x.Texts[name+" base64"] = base64.RawStdEncoding.EncodeToString(b)
	x.Texts[name+" base64url"] = base64.RawURLEncoding.EncodeToString(b)
	x.Texts[name+" %v"] = strings.Trim(fmt.Sprint(b), "[]")
	x.Texts[name+" %#v"] = strings.TrimSuffix(strings.TrimPrefix(fmt.Sprintf("%#v", b), "[]byte{"), "}")
}

// World plants what a seeded world derives its secrets from.
func (x *Secrets) World(t testing.TB, w *world.World, seed uint64) {
	t.Helper()
	text := fmt.Appendf(nil, "tokenshell seed %d", seed)
	sum := sha256.Sum256(text)
	kmsSeed := w.Mint.Derive("kms")
	x.Bytes("the seed", text)
	x.Bytes("the mint's secret", sum[:])
	x.Bytes("the KMS's seed", kmsSeed)
	published := map[string]bool{}
	for _, p := range w.Parties {
		for _, key := range p.Keys().JWKS().Keys {
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
		x.Bytes(fmt.Sprintf("private key %d", n), raw)
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

// Token plants a token: the parts that a forger lacks.
func (x *Secrets) Token(raw string) {
	_, rest, _ := strings.Cut(strings.TrimSpace(raw), ".")
	segments := strings.Split(rest, ".")
	for shift := range min(3, len(rest)) { // the whole in base64, wherever it stood
		segments = append(segments, base64.RawURLEncoding.EncodeToString([]byte(rest[shift:])))
	}
	for _, segment := range segments {
		for i := 0; i+pieceSize <= len(segment); i++ {
			x.pieces[segment[i:i+pieceSize]] = struct{}{}
		}
	}
}

// Encodings are what URLs, pages and logs make of a secret, or of a part of one
// that came with neighbours.
func Encodings(secret string) map[string]string {
	each := func(format string) string {
		var b strings.Builder
		for _, r := range secret {
			if strings.ContainsRune("._-", r) {
				fmt.Fprintf(&b, format, r)
			} else {
				b.WriteRune(r)
			}
		}
		return b.String()
	}
	return map[string]string{
		"": secret, "x before": "x" + secret, "x behind": secret + "x", "percent": each("%%%02X"), "percent, lower case": each("%%%02x"), "JSON": each(`\u%04x`),
		"HTML": each("&#%d;"), "spaces": strings.ReplaceAll(secret, ".", " . "), "base64": base64.StdEncoding.EncodeToString([]byte(secret)),
		"base64 behind x": base64.StdEncoding.EncodeToString([]byte("x:" + secret)),
	}
}

// decoded undoes them.
var decoded = func() *strings.Replacer {
	var pairs []string
	for _, c := range "._-" {
		for _, format := range []string{"%%%02X", "%%%02x", `\\u%04x`, `\u%04x`, "&#%d;", `\u0026#%d;`} {
			pairs = append(pairs, fmt.Sprintf(format, c), string(c))
		}
	}
	return strings.NewReplacer(pairs...)
}()

// Pieces counts the parts of tokens that are planted.
func (x *Secrets) Pieces() int { return len(x.pieces) }

// Wallet plants what a shell holds.
func (x *Secrets) Wallet(s *interp.Shell) {
	for _, t := range s.Wallet.Held {
		if !x.held[t.Raw] {
			x.Token(t.Raw)
			x.held[t.Raw] = true
		}
	}
}

// inRun are the characters of tokens.
var inRun = func() (in [256]bool) {
	for _, c := range "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-" {
		in[c] = true
	}
	return in
}()

// piece finds a part of a token in text.
func (x *Secrets) piece(text string) (found string, ok bool) {
	run := 0
	for i := range len(text) {
		if !inRun[text[i]] {
			run = 0
			continue
		}
		if run++; run < pieceSize {
			continue
		}
		found = text[i+1-pieceSize : i+1]
		if _, ok := x.pieces[found]; ok {
			return found, true
		}
	}
	return "", false
}

// Find gives what of it all stands in text; empty when nothing does.
func (x *Secrets) Find(text string) string {
	for name, secret := range x.Texts {
		if strings.Contains(text, secret) {
			return name
		}
	}
	for _, text := range []string{text, decoded.Replace(text)} {
		if found, ok := x.piece(text); ok {
			return "a token: " + found
		}
	}
	return ""
}

// Search wants none of it in text; opened says that a letter may be read there.
func (x *Secrets) Search(t testing.TB, where, text string, opened bool) {
	t.Helper()
	if what := x.Find(text); what != "" {
		t.Errorf("%s holds %s: %.300q", where, what, text)
	}
	if found := x.letter.FindString(text); found != "" && !opened {
		t.Errorf("%s holds the letter's %s: %.300q", where, found, text)
	}
}

// SearchLog searches a world's log, and its entries as Go prints them.
func (x *Secrets) SearchLog(t testing.TB, where string, w *world.World) {
	t.Helper()
	for _, e := range w.Log.All() {
		x.Search(t, where+": log entry", e.String()+fmt.Sprintf(" %+v %#v", e, e), false)
	}
}

// LeakWorld is a world whose card numbers nobody else has.
const LeakWorld = `redeem_order: [coupons, points, payments]
customers:
  - id: user_123
    points: 1200
    cards: [{id: visa, number: "4716399218847391", limit: "500.00"}, {id: broke, number: "4716399218840001", limit: "500.00", declines: true}]
  - {id: user_456, points: 5}
coupons:
  - {code: TEN, percent: 10, combinable: true}
  - {code: SPRING25, amount: "25.00", minimum: "100.00", total: 100}
`

// Leaky is a shell over a world of its own, in a folder of its own, with
// tokens in every state and everything planted.
func Leaky(t testing.TB, x *Secrets) *interp.Shell {
	t.Helper()
	dir := t.TempDir()
	WriteFile(t, filepath.Join(dir, "world.yaml"), LeakWorld)
	seed := uint64(7_203_115_530_174_209_461)
	w := World(t, Plan(t, filepath.Join(dir, "world.yaml")), seed)
	s := Of(w)
	s.Dir.Path = dir
	for _, file := range []string{"club.json", "gift.jws", "partner.yaml"} {
		text, err := os.ReadFile(Testdata(t, "trust", file))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, file), text, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	Do(t, s, "session new op_0", "coupon confirm TEN --name spent", "payment confirm 5.00 --method visa --name paid", "checkout",
		"session new op_1 --fact subtotal=120.00", "payment confirm 80.00 --method visa --name it", "coupon confirm SPRING25 --name c", "points confirm 5 --name p",
		"trust add "+Club+" --jwks club.json --capability club:redeem --service club", "token import gift.jws --name gift",
		"capture T token raw it --jq .raw", "keys rotate points")
	WriteFile(t, filepath.Join(dir, "it.jwt"), s.Wallet.ByHandle["it"].Raw)
	x.World(t, w, seed)
	x.Wallet(s)
	return s
}
