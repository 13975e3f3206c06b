// Files: what verbs write and read.

package interp_test

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

// What cannot be made again takes nobody's place, and that is said before the
// work; what shows how things stand is made anew as often as one likes.
func TestWhatIsReplacedAndWhatIsNot(t *testing.T) {
	s := shelltest.New(t, 1)
	s.Dir.Path = t.TempDir()
	there := func(name string) string { return filepath.Join(s.Dir.Path, name) }
	shelltest.WriteFile(t, there("mine.txtar"), "mine")
	if err := os.Symlink("nowhere", there("link.txtar")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(there("folder.txtar"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"explore --without redeemer-remembers --out ", "explore --bound tokens=1 --out ", "record --from-start ", "record start "} {
		for _, name := range []string{"mine.txtar", "./mine.txtar", there("mine.txtar"), "link.txtar", "folder.txtar"} {
			code, printed := shelltest.Refused(t, s, verb+name)
			if code != exit.BadUsage || printed != "usage: there is a file "+name+" already\nhint: choose another name, or remove it\n" {
				t.Errorf("%s%s: exit code %d, %s", verb, name, code, printed)
			}
		}
		if code, printed := shelltest.Refused(t, s, verb+"no/where.txtar"); code != exit.BadInput || printed != "error: no/where.txtar: there is no such folder\n" {
			t.Errorf("%sno/where.txtar: exit code %d, %s", verb, code, printed)
		}
	}
	if text, err := os.ReadFile(there("mine.txtar")); err != nil || string(text) != "mine" {
		t.Errorf("%q, %v", text, err)
	}
	if code, _ := shelltest.Refused(t, s, "explore --without redeemer-remembers --out /dev/null"); code != exit.Refused {
		t.Errorf("what is written to a device loses nothing: exit code %d", code)
	}
	for _, line := range []string{"trace --out mine.txtar", "keys jwks --out mine.txtar"} {
		shelltest.WriteFile(t, there("mine.txtar"), "mine")
		shelltest.Do(t, s, line, line)
		if text, err := os.ReadFile(there("mine.txtar")); err != nil || string(text) == "mine" {
			t.Errorf("%s: %q, %v", line, text, err)
		}
	}
}
