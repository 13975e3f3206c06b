// Odd files, wherever a verb reads or writes one.

package interp_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/files"
	"tokenshell/shell/internal/shelltest"
)

// patience is how long anything may take: it is refused, or ends with its context.
const patience = time.Minute

// whatever is read, it is refused with its name or read, and a wait ends with the
// line's context.
func TestEveryInputAsAnOddFile(t *testing.T) {
	s := shelltest.New(t, 1)
	s.Dir.Path = t.TempDir()
	text, err := os.ReadFile(shelltest.Testdata(t, "trust", "club.json"))
	if err != nil {
		t.Fatal(err)
	}
	shelltest.WriteFile(t, filepath.Join(s.Dir.Path, "good.json"), string(text))
	shelltest.Do(t, s, "session new o")
	for _, odd := range shelltest.Odds(t, s.Dir.Path) {
		for _, line := range []string{
			"source ODD", "token import ODD", "token explain @ODD", "relay @ODD", "checkout @ODD", "revoke @ODD", "capture X source ODD",
			"trust add https://club.example --jwks ODD --capability club:redeem --service club",
			"trust add https://club.example --jwks good.json --capability club:redeem --service club --profile ODD",
		} {
			line = strings.ReplaceAll(line, "ODD", odd.Name)
			ctx, stop := context.WithCancel(t.Context())
			if odd.Waits {
				time.AfterFunc(20*time.Millisecond, stop)
			}
			var said strings.Builder
			began := time.Now()
			err := s.Line(ctx, line, false, &said, &said)
			stop()
			if took := time.Since(began); took > patience {
				t.Errorf("%s: %s: it took %s", odd.Is, line, took)
			}
			switch code := exit.Code(err); {
			case odd.Waits && code != exit.Interrupted && !strings.Contains(said.String(), odd.Name): // some look whether it is empty
				t.Errorf("%s: %s: %d, %s", odd.Is, line, code, said.String())
			case code == exit.BadInput && !strings.Contains(said.String(), odd.Name):
				t.Errorf("%s: %s: it does not name the file: %s", odd.Is, line, said.String())
			case strings.Contains(said.String(), "bug in tokenshell"):
				t.Errorf("%s: %s: %s", odd.Is, line, said.String())
			}
			if strings.HasPrefix(line, "trust") && err == nil {
				shelltest.Do(t, s, "trust remove https://club.example")
			}
		}
	}
}

// Whatever is written to, it is written, or refused with its name and left as it was.
func TestEveryOutputAsAnOddFile(t *testing.T) {
	s := shelltest.New(t, 1)
	s.Dir.Path = t.TempDir()
	shelltest.Do(t, s, "session new o", "coupon confirm TEN")
	for _, odd := range shelltest.Odds(t, s.Dir.Path) {
		for _, line := range []string{"keys jwks --out ODD", "trace --out ODD", "record --from-start ODD", "explore --without redeemer-remembers --bound tokens=1 --out ODD"} {
			line = strings.ReplaceAll(line, "ODD", odd.Name)
			before, _ := os.Lstat(filepath.Join(s.Dir.Path, odd.Name))
			began := time.Now()
			var said strings.Builder
			err := s.Line(t.Context(), line, false, &said, &said)
			if took := time.Since(began); took > patience {
				t.Errorf("%s: %s: it took %s", odd.Is, line, took)
			}
			if exit.Code(err) == exit.BadInput && !strings.Contains(said.String(), odd.Name) || exit.Code(err) == exit.Interrupted {
				t.Errorf("%s: %s: %v, %s", odd.Is, line, err, said.String())
			}
			if after, _ := os.Lstat(filepath.Join(s.Dir.Path, odd.Name)); before != nil && after != nil && before.Mode() != after.Mode() {
				t.Errorf("%s: %s: it was %s and is %s", odd.Is, line, before.Mode(), after.Mode())
			}
		}
	}
	if left, err := filepath.Glob(filepath.Join(s.Dir.Path, ".tokenshell-*")); err != nil || left != nil {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// A pipe that is full is written to as long as the line's context lets it wait.
func TestAFullPipeEndsWithItsContext(t *testing.T) {
	s := shelltest.New(t, 1)
	s.Dir.Path = t.TempDir()
	shelltest.Odds(t, s.Dir.Path)
	full, err := os.OpenFile(filepath.Join(s.Dir.Path, "waiting"), os.O_WRONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	if err := full.SetWriteDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if _, err := full.Write(make([]byte, 8<<20)); err == nil {
		t.Fatal("it is not full")
	}
	ctx, stop := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, stop)
	if err := s.Line(ctx, "keys jwks --out waiting", false, io.Discard, io.Discard); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// A link to what is not there yet makes it, and stays a link.
func TestALinkToNothingIsFollowed(t *testing.T) {
	s := shelltest.New(t, 1)
	s.Dir.Path = t.TempDir()
	if err := os.Mkdir(filepath.Join(s.Dir.Path, "below"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("below/new.json", filepath.Join(s.Dir.Path, "link")); err != nil {
		t.Fatal(err)
	}
	shelltest.Do(t, s, "keys jwks --out link")
	if info, err := os.Lstat(filepath.Join(s.Dir.Path, "below", "new.json")); err != nil || !info.Mode().IsRegular() {
		t.Errorf("%v, %v", info, err)
	}
	if info, err := os.Lstat(filepath.Join(s.Dir.Path, "link")); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("%v, %v: the link is gone", info, err)
	}
}

// A descriptor is written to where it stands, whatever it is called, and what it
// was opened for is neither cut nor replaced.
func TestADescriptorIsWrittenToWhereItStands(t *testing.T) {
	path := filepath.Join(t.TempDir(), "open")
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, folder := range []string{"/dev/fd/", "/proc/self/fd/", "/proc/thread-self/fd/"} {
		if _, err := os.Stat(folder); err != nil {
			continue
		}
		if _, err := f.WriteString("a line\n"); err != nil {
			t.Fatal(err)
		}
		name := filepath.Join(folder, fmt.Sprint(f.Fd()))
		if err := files.Replace(t.Context(), name, []byte(folder+"\n"), 0o644); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		link := filepath.Join(t.TempDir(), "link")
		if err := os.Symlink(name, link); err != nil {
			t.Fatal(err)
		}
		if err := files.Replace(t.Context(), link, []byte("by a link\n"), 0o644); err != nil {
			t.Errorf("%s: %v", link, err)
		}
	}
	text, err := os.ReadFile(path)
	if want := "a line\n/dev/fd/\nby a link\n"; err != nil || !strings.HasPrefix(string(text), want) || strings.Count(string(text), "a line\n") != strings.Count(string(text), "by a link\n") {
		t.Errorf("%q, %v", text, err)
	}
	for name, want := range map[string]string{"/dev/fd/987654": "no such descriptor", "/dev/fd/" + fmt.Sprint(readOnly(t).Fd()): "not open for writing"} {
		if err := files.Replace(t.Context(), name, []byte("x"), 0o644); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func readOnly(t *testing.T) *os.File {
	t.Helper()
	f, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func TestADashIsNoFile(t *testing.T) {
	s := shelltest.New(t, 1)
	s.Dir.Path = t.TempDir()
	if code, said := shelltest.Refused(t, s, "keys jwks --out -"); code != exit.BadUsage || !strings.Contains(said, "/dev/stdout is standard output") {
		t.Errorf("%d, %s", code, said)
	}
	shelltest.Do(t, s, "keys jwks --out ./-")
}
