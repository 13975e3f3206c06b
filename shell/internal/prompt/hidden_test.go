// What stays hidden: the parts of tokens, in all that a shell says and writes.

package prompt_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tokenshell/shell/internal/prompt"
	"tokenshell/shell/internal/shelltest"
)

// A part of a token is as secret as the whole, wherever it comes from.
func TestPartsOfATokenStayHidden(t *testing.T) {
	s := shelltest.New(t, 1)
	s.Dir.Path = t.TempDir()
	shelltest.Do(t, s, "session new op_1", "coupon confirm TEN", "capture A token raw coupon-1 --jq '.raw | split(\".\")[2]'", "let B $A", "let C x$A")
	for _, name := range []string{"A", "B", "C"} {
		if s.Vars.Shown(name) != "(secret)" {
			t.Errorf("$%s is not a secret", name)
		}
	}
	_, signature, _ := strings.Cut(s.Wallet.Held[0].Raw, ".")
	_, signature, _ = strings.Cut(signature, ".")
	var printed strings.Builder
	for _, line := range []string{
		"let D " + signature, "session set --fact-any note=$A", "coupon confirm $A", "coupon confirm " + signature, "set output " + signature, "session use " + signature,
		"session show", "trace", "trace -o json", "trace --format mermaid", "trace --format html", "trace --format html --out page.html", "history", "log", "let D",
		"record --from-start story.txtar",
	} {
		_ = s.Line(t.Context(), line, false, &printed, &printed) // most of them are wrong
	}
	done, _, err := prompt.Tab(s, "let X $", 7)
	if err != nil {
		t.Fatal(err)
	}
	for _, candidate := range done.Candidates {
		printed.WriteString(candidate.Description)
	}
	for _, file := range []string{"page.html", "story.txtar"} {
		text, err := os.ReadFile(filepath.Join(s.Dir.Path, file))
		if err != nil {
			t.Fatal(err)
		}
		printed.Write(text)
	}
	if at := strings.Index(printed.String(), signature); at >= 0 {
		t.Errorf("the signature is shown: …%s…", printed.String()[max(0, at-200):at])
	}
}
