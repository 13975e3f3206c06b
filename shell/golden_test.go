// Golden files: the tokens and key sets of a seeded world, byte for byte, the
// hostile tokens that no verb can make, and the files of an issuer from outside:
//
//	go test ./shell -run 'Golden|Trust' -update

package shell_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/shelltest"
	"tokenshell/tokens"
)

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
			s := shelltest.New(t, g.seed)
			got := shelltest.Do(t, s, "session new op_1 --fact subtotal=120.00", g.line, "token raw it")
			golden(t, shelltest.Testdata(t, "tokens", g.file), got)
		})
	}
}

// A payment is never the same twice, for its letter is sealed anew. What is
// sealed must be the same, and so must everything around it; and the one in the
// file must still be accepted.
func TestGoldenPayment(t *testing.T) {
	path := shelltest.Testdata(t, "tokens", "payment.jwt")
	s := shelltest.New(t, 1)
	made := shelltest.Do(t, s, "session new op_1", "payment confirm 80.00 --method visa", "token raw payment-1")
	file, err := os.ReadFile(path)
	if err != nil || openedPayment(t, s, string(file)) != openedPayment(t, s, made) {
		if !*update {
			t.Fatalf("%s is not what this seed makes; -update writes it\nfile %s\nmade %s", path, openedPayment(t, s, string(file)), openedPayment(t, s, made))
		}
		golden(t, path, made)
	}
	if got := shelltest.Do(t, s, "relay @"+path); !strings.Contains(got, ": accepted, for payments") {
		t.Errorf("the payment of the file: %s", got)
	}
}

// openedPayment gives a payment's header and claims, the letter open.
func openedPayment(t *testing.T, s *interp.Shell, raw string) string {
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
	party, err := s.World.Service("payments")
	if err != nil {
		return err.Error()
	}
	letter, err := party.Open(t.Context(), seen.Ref, []byte(claims.Sealed))
	if err != nil {
		return err.Error()
	}
	around := strings.ReplaceAll(string(seen.Payload), claims.Sealed, "…")
	return string(seen.Header) + around + string(letter)
}

func TestGoldenKeySets(t *testing.T) {
	for _, service := range []string{"coupons", "points", "payments"} {
		s := shelltest.New(t, 1)
		golden(t, shelltest.Testdata(t, "jwks", service+".json"), shelltest.Do(t, s, "keys jwks "+service))
		golden(t, shelltest.Testdata(t, "jwks", service+"-rotated.json"), shelltest.Do(t, s, "keys rotate "+service, "keys jwks "+service))
		if strings.Contains(shelltest.Do(t, s, "keys jwks "+service), `"d":`) {
			t.Errorf("the key set of %s has a private member", service)
		}
	}
}

func TestGoldenHostileTokens(t *testing.T) {
	for _, h := range shelltest.Hostiles() {
		t.Run(h.File, func(t *testing.T) {
			s := shelltest.New(t, 1)
			path := shelltest.Testdata(t, "tokens", h.File+".jwt")
			golden(t, path, shelltest.Forge(t, s.World, h)+"\n")
			line := "relay @" + path
			if h.Refused != "" {
				line = "expect " + string(h.Refused) + " " + line
			}
			shelltest.Do(t, s, "session new op_1", line)
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
			want, err := os.ReadFile(shelltest.Testdata(t, "tokens", section.Name))
			if err != nil {
				t.Fatalf("%s: section %s: %v", script, section.Name, err)
			}
			if !*update && !bytes.Equal(section.Data, want) {
				t.Errorf("%s: section %s is not testdata/tokens/%[2]s; -update writes it", script, section.Name)
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
	for _, h := range shelltest.Hostiles() {
		used[h.File+".jwt"] = true
	}
	entries, err := os.ReadDir(shelltest.Testdata(t, "tokens"))
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if !used[entry.Name()] {
			t.Errorf("testdata/tokens/%s is compared with nothing", entry.Name())
		}
	}
}

func TestTrustFiles(t *testing.T) {
	for file, text := range shelltest.TrustFiles(t) {
		golden(t, shelltest.Testdata(t, "trust", file), text)
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
			want, err := os.ReadFile(shelltest.Testdata(t, "trust", section.Name))
			if errors.Is(err, os.ErrNotExist) {
				continue // a golden token, or made for this script alone
			}
			embedded[section.Name] = true
			if !*update && !bytes.Equal(section.Data, want) {
				t.Errorf("%s: section %s is not testdata/trust/%[2]s; -update writes it", script, section.Name)
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
	made := shelltest.TrustFiles(t)
	entries, err := os.ReadDir(shelltest.Testdata(t, "trust"))
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if made[entry.Name()] == "" && !embedded[entry.Name()] {
			t.Errorf("testdata/trust/%s is used by nothing", entry.Name())
		}
	}
}
