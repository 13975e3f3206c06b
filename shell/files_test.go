package shell

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"tokenshell/shell/internal/exit"
)

// A file is replaced whole, and what it is stays: its mode, and that it is a link.
func TestWriteFileKeepsWhatIsThere(t *testing.T) {
	s := goldenShell(t, 1)
	s.dir = t.TempDir()
	real, link := filepath.Join(s.dir, "real.json"), filepath.Join(s.dir, "link.json")
	writeFile(t, real, "old")
	if err := os.Symlink("real.json", link); err != nil {
		t.Fatal(err)
	}
	said(t, s, "keys jwks --out link.json")
	info, err := os.Lstat(link)
	if err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("%v, %v: the link is gone", info, err)
	}
	text, err := os.ReadFile(real)
	if err != nil || !strings.HasPrefix(string(text), `{"keys":[`) {
		t.Errorf("%q, %v", text, err)
	}
	if info, err := os.Stat(real); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v: another mode", info, err)
	}
	said(t, s, "keys jwks --out new.json")
	if left, err := filepath.Glob(filepath.Join(s.dir, ".tokenshell-*")); err != nil || left != nil {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// A device is written to, and stays one. A pipe that nobody writes to is empty.
func TestWhatIsNoFile(t *testing.T) {
	s := goldenShell(t, 1)
	s.dir = t.TempDir()
	said(t, s, "trace --out /dev/null", "keys jwks --out /dev/null")
	if info, err := os.Stat(os.DevNull); err != nil || info.Mode()&os.ModeCharDevice == 0 {
		t.Fatalf("%v, %v", info, err)
	}
	pipe := filepath.Join(s.dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Skip(err)
	}
	said(t, s, "source pipe")
	for line, want := range map[string]string{
		"trace --out .":        `.: it cannot be written: it is a folder`,
		"trace --out no/where": `no/where: it cannot be written: no such file or directory`,
		"source .":             `.: it is a folder`,
	} {
		var printed strings.Builder
		err := s.Line(t.Context(), line, false, &printed, &printed)
		if exit.Code(err) != exit.BadInput || printed.String() != "error: "+want+"\n" {
			t.Errorf("%s: %v, %q", line, err, printed.String())
		}
	}
}

// A part of a token is as secret as the whole, wherever it comes from.
func TestPartsOfATokenStayHidden(t *testing.T) {
	s := goldenShell(t, 1)
	s.dir = t.TempDir()
	said(t, s, "session new op_1", "coupon confirm TEN", "capture A token raw coupon-1 --jq '.raw | split(\".\")[2]'", "let B $A", "let C x$A")
	for _, name := range []string{"A", "B", "C"} {
		if !s.vars[name].secret {
			t.Errorf("$%s is no secret", name)
		}
	}
	_, signature, _ := strings.Cut(s.wallet.held[0].raw, ".")
	_, signature, _ = strings.Cut(signature, ".")
	var printed strings.Builder
	for _, line := range []string{
		"let D " + signature, "session set note=$A", "coupon confirm $A", "coupon confirm " + signature, "set output " + signature, "session use " + signature,
		"session show", "trace", "trace -o json", "trace --format mermaid", "trace --format html", "trace --format html --out page.html", "history", "log", "let D",
		"record --from-start story.txtar",
	} {
		_ = s.Line(t.Context(), line, false, &printed, &printed) // most of them are wrong
	}
	c, err := newCompleter(s)
	if err != nil {
		t.Fatal(err)
	}
	for _, candidate := range c.complete("let X $", 7).Candidates {
		printed.WriteString(candidate.Description)
	}
	for _, file := range []string{"page.html", "story.txtar"} {
		text, err := os.ReadFile(filepath.Join(s.dir, file))
		if err != nil {
			t.Fatal(err)
		}
		printed.Write(text)
	}
	if at := strings.Index(printed.String(), signature); at >= 0 {
		t.Errorf("the signature is shown: …%s…", printed.String()[max(0, at-200):at])
	}
}
