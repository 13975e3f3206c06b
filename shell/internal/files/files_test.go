// Files: what verbs write and read.

package files_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/shelltest"
)

// A file is replaced whole, and what it is stays: its mode, and that it is a link.
func TestWriteFileKeepsWhatIsThere(t *testing.T) {
	s := shelltest.New(t, 1)
	s.Dir.Path = t.TempDir()
	real, link := filepath.Join(s.Dir.Path, "real.json"), filepath.Join(s.Dir.Path, "link.json")
	shelltest.WriteFile(t, real, "old")
	if err := os.Symlink("real.json", link); err != nil {
		t.Fatal(err)
	}
	shelltest.Do(t, s, "keys jwks --out link.json")
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
	shelltest.Do(t, s, "keys jwks --out new.json")
	if left, err := filepath.Glob(filepath.Join(s.Dir.Path, ".tokenshell-*")); err != nil || left != nil {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// A device is written to, and stays one. A pipe that nobody writes to is empty.
func TestWhatIsNoFile(t *testing.T) {
	s := shelltest.New(t, 1)
	s.Dir.Path = t.TempDir()
	shelltest.Do(t, s, "trace --out /dev/null", "keys jwks --out /dev/null")
	if info, err := os.Stat(os.DevNull); err != nil || info.Mode()&os.ModeCharDevice == 0 {
		t.Fatalf("%v, %v", info, err)
	}
	pipe := filepath.Join(s.Dir.Path, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Skip(err)
	}
	shelltest.Do(t, s, "source pipe")
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
