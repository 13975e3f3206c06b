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
	slow := regexp.MustCompile(`[A-Za-z0-9_-]{24,}`)
	var parts Parts
	parts.Know("head." + strings.Repeat("z", 24) + "." + strings.Repeat("x", 22) + "zz.C" + strings.Repeat("A", 24))
	held, hidden := 0, 0
	for range 20_000 {
		text := madeOf(random)
		want := compact.ReplaceAllString(text, Token)
		if got := Tokens(text); got != want || HasToken(text) != (want != text) {
			t.Fatalf("%q becomes %q, want %q", text, got, want)
		}
		all := slow.ReplaceAllStringFunc(want, func(piece string) string {
			if parts.known[piece] {
				return Token
			}
			return piece
		})
		if got := parts.Hide(text); got != all {
			t.Fatalf("%q becomes %q without parts, want %q", text, got, all)
		}
		if want != text {
			held++
		}
		if all != want {
			hidden++
		}
	}
	if held < 200 || hidden < 200 {
		t.Errorf("only %d texts with a token and %d with a part", held, hidden)
	}
}
