// The quick ways say what the slow ones would.

package redact

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
)

// pieces are what the texts of these tests are made of: runs about as long as
// the parts of a token have to be, and what may stand between them.
var pieces = []string{
	".", ".", ".", " ", "\n", "é", "\xff", "e", "y", "C", "w", "-_",
	"abcdefg", "abcdefgh", "eyJabcdef", "eyJabcdefg", "ey", strings.Repeat("x", 22), strings.Repeat("y", 23), strings.Repeat("z", 24), "C" + strings.Repeat("A", 24),
}

func madeOf(random *rand.Rand) string {
	var b strings.Builder
	for range random.IntN(14) {
		b.WriteString(pieces[random.IntN(len(pieces))])
	}
	return b.String()
}

func TestQuickIsAsStrict(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	held := 0
	for range 20_000 {
		text := madeOf(random)
		var all []span
		for _, shape := range []*regexp.Regexp{compact(), spaced(), twice()} {
			for _, found := range shape.FindAllStringIndex(text, -1) {
				all = append(all, span{found[0], found[1], Token})
			}
		}
		want := replace(text, all)
		if got := Tokens(text); got != want || HasToken(text) != (want != text) {
			t.Fatalf("%q becomes %q, want %q", text, got, want)
		}
		if want != text {
			held++
		}
	}
	if held < 200 {
		t.Errorf("only %d texts with a token", held)
	}
}

// The windows find what a look at every place would.
func TestWindowsAreAsStrict(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	letters := "abcdefghijklmnopqrstuvwxyz"
	var secret strings.Builder
	for range 100 {
		secret.WriteByte(letters[random.IntN(len(letters))])
	}
	var s Secrets
	s.Know("head.e30." + secret.String())
	hidden := 0
	for range 20_000 {
		from := random.IntN(80)
		part := secret.String()[from : from+random.IntN(100-from)]
		text := "01"[:random.IntN(3)] + part + "01"[:random.IntN(3)]
		got := s.Hide("a=" + text + "\tb")
		switch {
		case got == "a="+Token+"\tb" && len(part) >= windowSize:
			hidden++
		case got != "a="+text+"\tb" || len(part) >= windowSize+shortStep-1:
			t.Fatalf("%q, a part of %d in %q", got, len(part), text)
		}
	}
	if hidden < 2000 {
		t.Errorf("only %d were hidden", hidden)
	}
}
