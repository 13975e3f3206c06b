package tokens

import (
	"bytes"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"
)

func TestMintIsTheSameForTheSameSeed(t *testing.T) {
	a, b, other := NewMint([]byte("seed")), NewMint([]byte("seed")), NewMint([]byte("seeD"))
	for range 3 {
		if x, y, z := a.ID("cpt"), b.ID("cpt"), other.ID("cpt"); x != y || x == z {
			t.Errorf("%s, %s; other seed %s", x, y, z)
		}
	}
}

// Golden: a change of the derivation changes every recorded scenario. The
// values were made outside Go: HMAC-SHA-256 keyed with SHA-256 of the seed, over
// kind, NUL and the counter in 8 bytes.
func TestMintGolden(t *testing.T) {
	m := NewMint([]byte("seed"))
	got := []string{m.ID("cpt"), m.ID("cpt"), m.ID("op"), hex.EncodeToString(m.Derive("cpt"))}
	want := []string{
		"cpt_wnl6i2cnapli4c6d55z4a5ij64", "cpt_alixec43rq7ixljloywnhj43ve", "op_67f6e72nrcdgd6tixg7ehyuuk4",
		"0ad65c902d8602aa44ef0844abc86602e30d5918b7b5aeaa47fec057c57ae8a8",
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("got %s, want %s", got[i], want[i])
		}
	}
}

func TestMintKindsAreIndependent(t *testing.T) {
	alone, mixed := NewMint(nil), NewMint(nil)
	var want []string
	for range 5 {
		want = append(want, alone.ID("cpt"))
	}
	for i := range 5 {
		mixed.ID("op")
		mixed.Bytes("salt")
		mixed.Derive("cpt") // counts nothing
		if got := mixed.ID("cpt"); got != want[i] {
			t.Errorf("%d: %s, want %s", i, got, want[i])
		}
	}
}

// No two draws are alike: not of one kind, nor of kinds that look like another
// kind's counter, nor a derived label.
func TestMintNeverRepeats(t *testing.T) {
	m := NewMint([]byte("seed"))
	seen := map[string]string{}
	add := func(what string, b []byte) {
		if other := seen[string(b)]; other != "" {
			t.Errorf("%s and %s are the same", what, other)
		}
		seen[string(b)] = what
	}
	for _, kind := range []string{"", "a", "a\x00", "a\x00\x00\x00\x00\x00\x00\x00\x00\x01", "\x00", "ab", "b"} {
		add(fmt.Sprintf("derive %q", kind), m.Derive(kind))
		if !bytes.Equal(m.Derive(kind), m.Derive(kind)) {
			t.Errorf("derive %q changes", kind)
		}
		for i := range 300 {
			add(fmt.Sprintf("%q %d", kind, i), m.Bytes(kind))
		}
	}
}

func TestMintIDIsAnID(t *testing.T) {
	m := NewMint(RandomSeed())
	for range 100 {
		id := m.ID("cpt")
		if !isID(id) || !regexp.MustCompile(`^cpt_[a-z2-7]{26}$`).MatchString(id) {
			t.Fatalf("%q", id)
		}
		bits, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ToUpper(id[4:]))
		if err != nil || len(bits) != 16 {
			t.Fatalf("%d bytes in %q, %v", len(bits), id, err)
		}
	}
}

func TestMintShowsNoSeed(t *testing.T) {
	seed := []byte("correct horse battery staple, 32")
	m := NewMint(seed)
	m.ID("cpt")
	secret := sha256.Sum256(seed)
	text := ""
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		text += fmt.Sprintf(verb, m) + fmt.Sprintf(verb, struct{ M *Mint }{m}) + "\n"
	}
	asJSON, err := json.Marshal(map[string]any{"mint": m})
	if err != nil {
		t.Fatal(err)
	}
	text += string(asJSON)
	for _, hidden := range [][]byte{seed, secret[:]} {
		for _, form := range []string{
			string(hidden[:8]), hex.EncodeToString(hidden[:8]), strings.ToUpper(hex.EncodeToString(hidden[:8])),
			base64.RawStdEncoding.EncodeToString(hidden[:6]), strings.Trim(fmt.Sprint(hidden[:6]), "[]"), strings.Trim(fmt.Sprintf("%#v", hidden[:6]), "[]byte{}"),
		} {
			if strings.Contains(text, form) {
				t.Errorf("%q is in %s", form, text)
			}
		}
	}
}

func TestRandomSeedDiffers(t *testing.T) {
	a, b := RandomSeed(), RandomSeed()
	if len(a) != 32 || bytes.Equal(a, b) || bytes.Equal(a, make([]byte, 32)) {
		t.Errorf("%x, %x", a, b)
	}
}

func TestMintIsSafeForConcurrentUse(t *testing.T) {
	m := NewMint(nil)
	var seen sync.Map
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 100 {
				if _, dup := seen.LoadOrStore(m.ID("x"), true); dup {
					t.Error("an id twice")
				}
			}
		})
	}
	wg.Wait()
}
