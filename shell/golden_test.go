// Golden files: the tokens and key sets of a seeded world, byte for byte, and
// the hostile tokens that no verb can make. And worlds, good and bad.

package shell

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"tokenshell/shell/internal/exit"
	"tokenshell/tokens"
)

// update rewrites testdata/tokens and testdata/jwks, and the sections of
// scripts/*.txtar that hold one of those tokens:
//
//	go test ./shell -run Golden -update
var update = flag.Bool("update", false, "rewrite the golden files and the scripts' sections that hold them")

const (
	goldenTokens = "../testdata/tokens"
	goldenKeys   = "../testdata/jwks"
	scriptsDir   = "../scripts"
	worldsDir    = "../testdata/worlds"
)

// goldenShell is a shell over the embedded world with a seed.
func goldenShell(t *testing.T, seed uint64) *Shell {
	t.Helper()
	w, err := NewWorld(t.Context(), WorldConfig{Seed: &seed})
	if err != nil {
		t.Fatal(err)
	}
	return New(w)
}

// said runs lines that must be done and gives what the last one printed.
func said(t *testing.T, s *Shell, lines ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	for _, line := range lines {
		stdout.Reset()
		if err := s.Line(t.Context(), line, false, &stdout, &stderr); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
	}
	return stdout.String()
}

// golden compares got with a file, or writes it there.
func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; -update writes it", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s is not what this seed makes (-file +made):\n%s", path, diff)
	}
}

func TestGoldenTokens(t *testing.T) {
	for _, g := range []struct {
		file string
		seed uint64
		line string
	}{
		{"coupon.jwt", 1, "coupon confirm SPRING25 --name it"},
		{"points.jwt", 1, "points confirm 500 --name it"},
		{"points-5m.jwt", 1, "points confirm 500 --name it --ttl 5m"},
		{"coupon-seed-7.jwt", 7, "coupon confirm SPRING25 --name it"},
	} {
		t.Run(g.file, func(t *testing.T) {
			s := goldenShell(t, g.seed)
			got := said(t, s, "session new op_1 --fact subtotal=120.00", g.line, "token raw it")
			golden(t, filepath.Join(goldenTokens, g.file), got)
		})
	}
}

// A payment is never the same twice, for its letter is sealed anew. What is
// sealed must be the same, and so must everything around it; and the one in the
// file must still be accepted.
func TestGoldenPayment(t *testing.T) {
	path := filepath.Join(goldenTokens, "payment.jwt")
	s := goldenShell(t, 1)
	made := said(t, s, "session new op_1", "payment confirm 80.00 --method visa", "token raw payment-1")
	file, err := os.ReadFile(path)
	if err != nil || openedPayment(t, s, string(file)) != openedPayment(t, s, made) {
		if !*update {
			t.Fatalf("%s is not what this seed makes; -update writes it\nfile %s\nmade %s", path, openedPayment(t, s, string(file)), openedPayment(t, s, made))
		}
		golden(t, path, made)
	}
	if got := said(t, s, "relay @"+path); !strings.Contains(got, ": accepted, for payments") {
		t.Errorf("the payment of the file: %s", got)
	}
}

// openedPayment gives a payment's header and claims, the letter open.
func openedPayment(t *testing.T, s *Shell, raw string) string {
	t.Helper()
	seen, err := tokens.Peek(strings.TrimSuffix(raw, "\n"))
	if err != nil {
		return err.Error()
	}
	var claims struct {
		Sealed string `json:"sealed"`
	}
	if err := json.Unmarshal(seen.Payload, &claims); err != nil {
		return err.Error()
	}
	letter, err := s.world.payments.Open(t.Context(), seen.Ref, []byte(claims.Sealed))
	if err != nil {
		return err.Error()
	}
	around := strings.ReplaceAll(string(seen.Payload), claims.Sealed, "…")
	return string(seen.Header) + around + string(letter)
}

func TestGoldenKeySets(t *testing.T) {
	for _, service := range []string{"coupons", "points", "payments"} {
		s := goldenShell(t, 1)
		golden(t, filepath.Join(goldenKeys, service+".json"), said(t, s, "keys jwks "+service))
		golden(t, filepath.Join(goldenKeys, service+"-rotated.json"), said(t, s, "keys rotate "+service, "keys jwks "+service))
		if strings.Contains(said(t, s, "keys jwks "+service), `"d":`) {
			t.Errorf("the key set of %s has a private member", service)
		}
	}
}

// hostile is a token that no verb can make: the header and payload below with
// some text replaced, signed with the coupons key of seed 1.
type hostile struct {
	file    string
	edits   []string                // pairs of old and new
	bend    func(raw string) string // after signing; may be nil
	refused tokens.Reason           // by the relay; empty when it is accepted
}

const (
	hostileHeader  = `{"alg":"ES256","kid":"KID","typ":"confirmation+jwt"}`
	hostilePayload = `{"iss":"coupons.svc","aud":["order-processing","coupons.svc"],"sub":"user_123",` +
		`"iat":1767225600,"exp":1767225720,"jti":"cpt_FILE","order_processing_id":"op_1",` +
		`"capabilities":["coupons:redeem"],"constraints":{}}`
	hostileAudience = `["order-processing","coupons.svc"]`
)

// hostiles are made for session op_1 of user_123, at the beginning of time.
func hostiles() []hostile {
	return []hostile{
		{file: "never-reserved"},
		{file: "plain-audience", edits: []string{hostileAudience, `"order-processing"`}},
		{file: "other-audience", edits: []string{hostileAudience, `["points.svc"]`}, refused: tokens.AudienceMismatch},
		{file: "stranger-audience", edits: []string{hostileAudience, `["order-processing","evil.example"]`}, refused: tokens.AudienceMismatch},
		{file: "foreign-capability", edits: []string{"coupons:redeem", "payments:capture"}, refused: tokens.CapabilityNotAllowed},
		{file: "unknown-capability", edits: []string{"coupons:redeem", "gold:mint"}, refused: tokens.CapabilityNotAllowed},
		{file: "no-capability", edits: []string{`["coupons:redeem"]`, `[]`}, refused: tokens.CapabilityNotAllowed},
		{file: "wrong-type", edits: []string{"confirmation+jwt", "JWT"}, refused: tokens.TypeNotAllowed},
		{file: "header-jku", edits: []string{`"typ"`, `"jku":"https://evil.example/keys","typ"`}, refused: tokens.HeaderNotAllowed},
		{file: "alg-none", edits: []string{"ES256", "none"}, bend: unsigned, refused: tokens.AlgorithmNotAllowed},
		{file: "other-issuer", edits: []string{`"iss":"coupons.svc"`, `"iss":"payments.svc"`}, refused: tokens.KeyUnknown},
		{file: "unknown-issuer", edits: []string{`"iss":"coupons.svc"`, `"iss":"coupons.example"`}, refused: tokens.IssuerUnknown},
		{file: "unknown-key", edits: []string{`"kid":"`, `"kid":"../../`}, refused: tokens.KeyUnknown},
		{file: "other-customer", edits: []string{"user_123", "user_456"}, refused: tokens.SessionMismatch},
		{file: "no-jti", edits: []string{`"jti":"cpt_no-jti",`, ``}, refused: tokens.ClaimMissing},
		{file: "float-exp", edits: []string{"1767225720", "1767225720.5"}, refused: tokens.ClaimInvalid},
		{file: "extra-claim", edits: []string{`"constraints"`, `"admin":true,"constraints"`}, refused: tokens.ClaimInvalid},
		{file: "twice-claimed", edits: []string{`"constraints"`, `"sub":"user_456","constraints"`}, refused: tokens.Malformed},
		{file: "long-lived", edits: []string{"1767225720", "1767229200"}, refused: tokens.LifetimeTooLong},
		{file: "from-the-future", edits: []string{"1767225600", "1767225660"}, refused: tokens.NotYetValid},
		{file: "bent-signature", bend: bent, refused: tokens.SignatureInvalid},
		{file: "no-signature", bend: unsigned, refused: tokens.SignatureInvalid},
		// The first jti that seed 1 makes, on another letter.
		{file: "same-jti", edits: []string{"cpt_same-jti", "cpt_ptejey6ijwnn4zrpecpg34dmpe"}},
	}
}

func unsigned(raw string) string { return raw[:strings.LastIndexByte(raw, '.')+1] }

// bent changes a bit in the middle of the signature, where none is spare.
func bent(raw string) string {
	at := strings.LastIndexByte(raw, '.') + 20
	other := byte('A')
	if raw[at] == 'A' {
		other = 'B'
	}
	return raw[:at] + string(other) + raw[at+1:]
}

// forge makes a hostile token with the coupons service's own key in the KMS.
func forge(t *testing.T, w *World, h hostile) string {
	t.Helper()
	party, err := w.service("coupons")
	if err != nil {
		t.Fatal(err)
	}
	key := party.domain.Keys().List()[0]
	text := hostileHeader + "\n" + strings.ReplaceAll(hostilePayload, "FILE", h.file)
	for i := 0; i < len(h.edits); i += 2 {
		if strings.Count(text, h.edits[i]) != 1 {
			t.Fatalf("%s: %s does not stand there once", h.file, h.edits[i])
		}
		text = strings.Replace(text, h.edits[i], h.edits[i+1], 1)
	}
	header, payload, _ := strings.Cut(strings.Replace(text, "KID", key.ID, 1), "\n")
	encode := base64.RawURLEncoding.EncodeToString
	input := encode([]byte(header)) + "." + encode([]byte(payload))
	raw := input + "." + encode(signatureOf(t, w, key.KMSKey, input))
	if h.bend != nil {
		raw = h.bend(raw)
	}
	return raw
}

// signatureOf has the KMS sign any text, as R||S (RFC 7518 3.4).
func signatureOf(t *testing.T, w *World, arn, input string) []byte {
	t.Helper()
	digest := sha256.Sum256([]byte(input))
	out, err := w.kms.Sign(context.Background(), &kms.SignInput{
		KeyId: &arn, Message: digest[:], MessageType: types.MessageTypeDigest, SigningAlgorithm: types.SigningAlgorithmSpecEcdsaSha256,
	})
	if err != nil {
		t.Fatal(err)
	}
	var rs struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(out.Signature, &rs); err != nil {
		t.Fatal(err)
	}
	signature := make([]byte, 64)
	rs.R.FillBytes(signature[:32])
	rs.S.FillBytes(signature[32:])
	return signature
}

func TestGoldenHostileTokens(t *testing.T) {
	for _, h := range hostiles() {
		t.Run(h.file, func(t *testing.T) {
			s := goldenShell(t, 1)
			path := filepath.Join(goldenTokens, h.file+".jwt")
			golden(t, path, forge(t, s.world, h)+"\n")
			line := "relay @" + path
			if h.refused != "" {
				line = "expect " + string(h.refused) + " " + line
			}
			said(t, s, "session new op_1", line)
		})
	}
}

// What the scripts hold of golden tokens is what the files hold.
func TestGoldenScriptSections(t *testing.T) {
	embedded := 0
	for _, script := range scripts(t) {
		archive, err := txtar.ParseFile(script)
		if err != nil {
			t.Fatal(err)
		}
		for i, section := range archive.Files {
			if filepath.Ext(section.Name) != ".jwt" {
				continue
			}
			embedded++
			want, err := os.ReadFile(filepath.Join(goldenTokens, section.Name))
			if err != nil {
				t.Fatalf("%s: section %s: %v", script, section.Name, err)
			}
			if !*update && !bytes.Equal(section.Data, want) {
				t.Errorf("%s: section %s is not %s/%[2]s; -update writes it", script, section.Name, goldenTokens)
			}
			archive.Files[i].Data = want
		}
		if *update {
			if err := os.WriteFile(script, txtar.Format(archive), 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
	if embedded == 0 {
		t.Error("no script holds a golden token: the sections are looked for in the wrong place")
	}
}

// Every file in the golden folders is one that a test compares.
func TestGoldenFilesAreUsed(t *testing.T) {
	used := map[string]bool{"coupon.jwt": true, "points.jwt": true, "points-5m.jwt": true, "coupon-seed-7.jwt": true, "payment.jwt": true}
	for _, h := range hostiles() {
		used[h.file+".jwt"] = true
	}
	entries, err := os.ReadDir(goldenTokens)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if !used[entry.Name()] {
			t.Errorf("%s/%s is compared with nothing", goldenTokens, entry.Name())
		}
	}
}

// What each bad world is refused with, behind its path. An error that ends in …
// is only held to what stands before it.
func TestBadWorlds(t *testing.T) {
	cases := []struct{ name, want string }{
		{"a-list", `1: column 1: sequence was used where mapping is expected`},
		{"bool-text", `4: column 73: true or false belongs here`},
		{"card-limit-negative", `4: column 11: limit: "-1.00" is no amount of EUR: write one such as 140.00, with at most 2 decimals`},
		{"card-limit", `4: column 9: limit: "500.001" is no amount of EUR: write one such as 140.00, with at most 2 decimals`},
		{"card-number", `4: column 9: card "visa": its number is 4 to 19 digits, in quotes`},
		{"card-twice", `5: column 9: card id "visa" stands here twice`},
		{"card-without-limit", `4: column 9: limit: "" is no amount of EUR: write one such as 140.00, with at most 2 decimals`},
		{"card-without-number", `4: column 9: card "visa": its number is 4 to 19 digits, in quotes`},
		{"coupon-amount-zero", `3: column 29: amount must be positive`},
		{"coupon-both", `3: column 5: coupon "BOTH" has either an amount or a percent`},
		{"coupon-code", `3: column 5: coupon code "TEN %": write 1 to 64 of A-Z a-z 0-9 . _ -`},
		{"coupon-limit", `3: column 5: coupon "TEN": a limit is not negative; leave it out for none`},
		{"coupon-minimum", `3: column 39: minimum: "lots" is no amount of EUR: write one such as 140.00, with at most 2 decimals`},
		{"coupon-nothing", `3: column 5: coupon "GIFT" has either an amount or a percent`},
		{"coupon-percent-negative", `3: column 27: percent -5: write 1 to 100`},
		{"coupon-percent", `3: column 27: percent 101: write 1 to 100`},
		{"coupon-time-unquoted-date", `5: column 20: "2026-01-01" is no time: write one such as 2026-01-01T00:00:00Z`},
		{"coupon-time", `5: column 19: "2026-13-01T00:00:00Z" is no time: write one such as 2026-01-01T00:00:00Z`},
		{"coupon-times", `5: column 12: coupon "TEN" is valid from a time that is not before its until`},
		{"coupon-twice", `5: column 5: coupon code "TEN" stands here twice`},
		{"currency-lower", `1: column 11: unknown currency "eur": write an ISO 4217 code such as EUR`},
		{"currency", `1: column 11: unknown currency "EURO": write an ISO 4217 code such as EUR`},
		{"customer-id", `2: column 7: customer id "user 123": write 1 to 64 of A-Z a-z 0-9 . _ -`},
		{"customer-twice", `4: column 7: customer id "user_123" stands here twice`},
		{"customer-without-id", `2: column 11: customer id "": write 1 to 64 of A-Z a-z 0-9 . _ -`},
		{"duplicate-key", `3: column 1: mapping key "currency" already defined at [1:1]`},
		{"empty", `a world has at least one customer`},
		{"no-customers", `1: column 9: a world has at least one customer`},
		{"not-yaml", `4: column 4: value is not allowed in this context`},
		{"null-id", `2: column 7: customer id "": write 1 to 64 of A-Z a-z 0-9 . _ -`},
		{"open-quote", `1: column 11: could not find end character of double-quoted text`},
		{"percent-fraction", `3: column 26: "10.9" is no whole number: write digits, at most 18`},
		{"point-value-negative", `1: column 14: point_value "-0.01": write a decimal such as "0.01"`},
		{"point-value", `2: column 14: point_value "a cent": write a decimal such as "0.01"`},
		{"points-fraction", `3: column 13: …`},
		{"points-huge", `3: column 13: "9223372036854775808" is no whole number: write digits, at most 18`},
		{"points-negative", `3: column 13: points -1: a balance is not negative`},
		{"points-text", `3: column 13: "many" is no whole number: write digits, at most 18`},
		{"redeem-order-short", `1: column 15: redeem_order names each of [coupons points payments] once`},
		{"redeem-order-twice", `1: column 15: redeem_order names each of [coupons points payments] once`},
		{"redeem-order-unknown", `2: column 15: redeem_order names each of [coupons points payments] once`},
		{"tab", "2: column 1: found character '\\u{9}' that cannot start any token"},
		{"two-documents", `2: column 1: …`},
		{"unknown-card-key", `4: column 65: unknown field "decline"`},
		{"unknown-key", `4: column 5: unknown field "pionts"`},
		{"unknown-section", `2: column 1: unknown field "cuopons"`},
		{"unquoted-zeros", `4: column 27: …`},
		{"yen-with-decimals", `5: column 13: amount: "0.50" is no amount of JPY: write one such as 140.00, with at most 0 decimals`},
	}
	for _, c := range cases {
		path := filepath.Join(worldsDir, "bad-"+c.name+".yaml")
		_, err := readWorld(path)
		var input *exit.InputError
		if !errors.As(err, &input) || exit.Code(err) != exit.BadInput {
			t.Errorf("%s: %v is no refusal of a file", path, err)
			continue
		}
		got := strings.TrimPrefix(strings.TrimPrefix(err.Error(), path+":"), " ")
		want, open := strings.CutSuffix(c.want, "…")
		if got != want && !(open && strings.HasPrefix(got, want)) {
			t.Errorf("%s: got %q, want %q", path, got, c.want)
		}
	}
	files, err := filepath.Glob(filepath.Join(worldsDir, "bad-*.yaml"))
	if err != nil || len(files) != len(cases) {
		t.Errorf("%d bad worlds, %d in the table (%v)", len(files), len(cases), err)
	}
}

// The good worlds are read, and a shop opens in each.
func TestGoodWorlds(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(worldsDir, "[^b]*.yaml"))
	if err != nil || len(files) < 4 {
		t.Fatalf("%d good worlds: %v", len(files), err)
	}
	seed := uint64(DefaultSeed)
	for _, path := range files {
		w, err := NewWorld(t.Context(), WorldConfig{Path: path, Seed: &seed})
		if err != nil {
			t.Error(err)
			continue
		}
		said(t, New(w), "session new op_1", "coupon list", "points balance", "payment methods", "view client", "view relay", "view kms")
	}
}
