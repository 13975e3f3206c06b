//go:build unix

// Odd files: what a name may stand for that is no file as verbs expect it.

package shelltest

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// Odd is something that a name stands for.
type Odd struct {
	Name  string // relative to the folder, or absolute
	Is    string
	Waits bool // somebody has it open and says nothing: to read it is to wait
}

// Odds makes one of each in a folder.
func Odds(t testing.TB, dir string) []Odd {
	t.Helper()
	in := func(name string) string { return filepath.Join(dir, name) }
	fifo := func(name string) {
		if err := syscall.Mkfifo(in(name), 0o600); err != nil {
			t.Skip(err)
		}
	}
	fifo("pipe")
	fifo("waiting")
	held, err := os.OpenFile(in("waiting"), os.O_RDWR, 0) // an end for each direction, and no deadlock
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = held.Close() })
	if err := os.Mkdir(in("folder"), 0o700); err != nil {
		t.Fatal(err)
	}
	WriteFile(t, in("nul"), strings.Repeat("a\x00b\n", 3))
	WriteFile(t, in("large"), "")
	if err := os.Truncate(in("large"), 100<<20); err != nil {
		t.Fatal(err)
	}
	for link, to := range map[string]string{"link": "nul", "to-pipe": "pipe", "dangling": "nowhere/at-all", "loop": "loop"} {
		if err := os.Symlink(to, in(link)); err != nil {
			t.Fatal(err)
		}
	}
	return []Odd{
		{Name: "pipe", Is: "a pipe that nobody else has open"}, {Name: "waiting", Is: "a pipe that somebody holds open", Waits: true},
		{Name: "folder", Is: "a folder"}, {Name: "nul", Is: "a file with NUL in it"}, {Name: "large", Is: "a file of 100 MB"},
		{Name: "link", Is: "a link"}, {Name: "to-pipe", Is: "a link to a pipe"}, {Name: "dangling", Is: "a link to nowhere"}, {Name: "loop", Is: "a link to itself"},
		{Name: "/dev/zero", Is: "a device without an end"}, {Name: "/dev/full", Is: "a device without room"}, {Name: "/dev/null", Is: "a device without anything"},
	}
}
