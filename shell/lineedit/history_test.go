package lineedit

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func openHistory(t *testing.T, path string) *History {
	t.Helper()
	return OpenHistory(path, func(err error) { t.Errorf("warning: %v", err) })
}

func fileText(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestHistoryKeepsLines(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "folder", "history")
	h := openHistory(t, path)
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Error("a file before the first line")
	}
	for _, line := range []string{"one", "two", "two", " secret", "", "bad\x1b[2J", "bad\xff", "one ", strings.Repeat("x ", maxEntry)} {
		h.Add(line)
	}
	want := []string{"one", "two", "one"}
	if diff := cmp.Diff(want, h.Lines()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want, openHistory(t, path).Lines()); diff != "" {
		t.Error(diff)
	}
	for name, want := range map[string]fs.FileMode{path: 0o600, filepath.Dir(path): 0o700} {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
}

func TestHistoryIsBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history")
	var old strings.Builder
	for i := range maxHistory * 5 {
		fmt.Fprintf(&old, "line %d\n", i)
	}
	if err := os.WriteFile(path, []byte(old.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	h := openHistory(t, path)
	h.Add("the newest")
	for _, lines := range [][]string{h.Lines(), strings.Split(strings.TrimSpace(fileText(t, path)), "\n")} {
		if n := len(lines); n != maxHistory || lines[n-1] != "the newest" || lines[0] != fmt.Sprintf("line %d", maxHistory*4+1) {
			t.Errorf("%d lines, from %q to %q", n, lines[0], lines[n-1])
		}
	}
}

func TestHistoryOfAHugeFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history")
	text := strings.Repeat("x", 3*maxFileSize) + "\n" + strings.Repeat("a\nb\n", maxHistory)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	h := openHistory(t, path)
	if n, size := len(h.Lines()), len(fileText(t, path)); n != maxHistory || size != 2*maxHistory {
		t.Errorf("%d lines of %d bytes", n, size)
	}
}

func TestHistoryTidiesAnOldFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history")
	old := "token show " + jws() + "\n spaced\nbad\x07\n\none\none\nno newline"
	if err := os.WriteFile(path, []byte(old), 0o644); err != nil {
		t.Fatal(err)
	}
	h := openHistory(t, path)
	h.Add("next")
	if got, want := fileText(t, path), "token show (token)\none\nno newline\nnext\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestHistoryClosesAFileToOthers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history")
	if err := os.WriteFile(path, []byte("one\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	openHistory(t, path)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestHistoryKeepsALink(t *testing.T) {
	dir := t.TempDir()
	path, target := filepath.Join(dir, "history"), filepath.Join(dir, "target")
	if err := os.WriteFile(target, []byte("x\nx\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, path); err != nil {
		t.Fatal(err)
	}
	openHistory(t, path).Add("one")
	if info, err := os.Lstat(path); err != nil || info.Mode()&fs.ModeSymlink == 0 || fileText(t, target) != "x\none\n" {
		t.Errorf("%v, %v, %q", info.Mode(), err, fileText(t, target))
	}
}

func TestHistoryWarnsOnce(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{dir, filepath.Join(file, "history"), os.DevNull, dir + "/a\x00b"} {
		var warnings []error
		h := OpenHistory(path, func(err error) { warnings = append(warnings, err) })
		h.Add("one")
		h.Add("two")
		if len(warnings) != 1 || len(h.Lines()) != 2 {
			t.Errorf("%q: %v, %q", path, warnings, h.Lines())
		}
	}
}

func TestHistoryWhoseFileGoesAway(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "folder")
	warnings := 0
	h := OpenHistory(filepath.Join(dir, "history"), func(error) { warnings++ })
	h.Add("one")
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	h.Add("two")
	h.Add("three")
	if warnings != 1 || len(h.Lines()) != 3 {
		t.Errorf("%d warnings, %q", warnings, h.Lines())
	}
}

func TestHistoryInMemory(t *testing.T) {
	var none *History
	none.Add("one")
	h := OpenHistory("", nil)
	h.Add("one")
	if len(none.Lines()) != 0 || len(h.Lines()) != 1 {
		t.Errorf("%q, %q", none.Lines(), h.Lines())
	}
}

func TestHistoryOfSeveralShells(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history")
	const shells, each = 4, 100
	var wg sync.WaitGroup
	for s := range shells {
		h := openHistory(t, path)
		wg.Go(func() {
			for i := range each {
				h.Add(fmt.Sprintf("shell %d line %d", s, i))
			}
		})
	}
	wg.Wait()
	if got := len(openHistory(t, path).Lines()); got != shells*each {
		t.Errorf("%d lines, want %d", got, shells*each)
	}
}

// At the limit a line may be lost between two shells, but none may be broken.
func TestHistoryOfSeveralShellsAtTheLimit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history")
	if err := os.WriteFile(path, []byte(strings.Repeat("line a\nline b\n", maxHistory/2)), 0o600); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for s := range 4 {
		h := openHistory(t, path)
		wg.Go(func() {
			for i := range 25 {
				h.Add(fmt.Sprintf("line %d %d", s, i))
			}
		})
	}
	wg.Wait()
	lines := openHistory(t, path).Lines()
	if len(lines) != maxHistory {
		t.Errorf("%d lines", len(lines))
	}
	for _, line := range lines {
		if !strings.HasPrefix(line, "line ") {
			t.Errorf("a broken line: %q", line)
		}
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*"))
	if err != nil || len(left) != 1 {
		t.Errorf("left behind: %q, %v", left, err)
	}
}

func TestDefaultHistoryPath(t *testing.T) {
	t.Setenv("HOME", "/home/someone")
	for state, want := range map[string]string{
		"/state":   "/state/tokenshell/history",
		"":         "/home/someone/.local/state/tokenshell/history",
		"relative": "/home/someone/.local/state/tokenshell/history",
	} {
		t.Setenv("XDG_STATE_HOME", state)
		if got := DefaultHistoryPath(); got != want {
			t.Errorf("XDG_STATE_HOME=%q: %q, want %q", state, got, want)
		}
	}
	t.Setenv("HOME", "")
	t.Setenv("XDG_STATE_HOME", "")
	if got := DefaultHistoryPath(); got != "" {
		t.Errorf("without a home: %q", got)
	}
}

func jws() string {
	part := base64.RawURLEncoding.EncodeToString
	return part([]byte(`{"alg":"ES256","kid":"k"}`)) + "." + part([]byte(`{"iss":"coupons.svc"}`)) + "." + part(make([]byte, 64))
}

func BenchmarkHistoryAdd(b *testing.B) {
	h := OpenHistory(filepath.Join(b.TempDir(), "history"), func(err error) { b.Fatal(err) })
	for i := 0; b.Loop(); i++ {
		h.Add(fmt.Sprintf("coupon confirm SPRING25 --name coupon-%d --ttl 2m", i))
	}
}

// A history that is no file, or becomes none later, is warned of, and waits for
// nobody.
func TestHistoryIsARegularFile(t *testing.T) {
	for _, later := range []bool{false, true} {
		path := filepath.Join(t.TempDir(), "history")
		if !later {
			if err := syscall.Mkfifo(path, 0o600); err != nil {
				t.Skip(err)
			}
		}
		var warned []error
		h := OpenHistory(path, func(err error) { warned = append(warned, err) })
		if later {
			if err := syscall.Mkfifo(path, 0o600); err != nil {
				t.Skip(err)
			}
		}
		h.Add("one")
		h.Add("two")
		if len(warned) != 1 || later && !strings.Contains(warned[0].Error(), "nobody reads from it") && !strings.Contains(warned[0].Error(), "no such device") || len(h.Lines()) != 2 {
			t.Errorf("later %t: %v, %q", later, warned, h.Lines())
		}
	}
}
