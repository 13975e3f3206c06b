// The file holds what was answered, through a hundred kills.

package filestore_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tokenshell/orchestrator"
	"tokenshell/orchestrator/filestore"
	"tokenshell/orchestrator/storetest"
)

var long = flag.Bool("long", false, "a hundred kills in place of ten")

func TestMain(m *testing.M) {
	storetest.Child(open)
	os.Exit(m.Run())
}

func open(path string) (storetest.Opened, error) {
	f, err := filestore.Open(path)
	if err != nil {
		return storetest.Opened{}, err
	}
	return storetest.Opened{Store: f, Ledger: f.Ledger(), Shut: f.Shut}, nil
}

func TestTheContract(t *testing.T) {
	storetest.Run(t, func(t *testing.T) (orchestrator.Store, orchestrator.Ledger, func() (orchestrator.Store, orchestrator.Ledger)) {
		path := filepath.Join(t.TempDir(), "state")
		p, err := open(path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = p.Shut() })
		return p.Store, p.Ledger, func() (orchestrator.Store, orchestrator.Ledger) {
			if err := p.Shut(); err != nil {
				t.Fatal(err)
			}
			if p, err = open(path); err != nil {
				t.Fatal(err)
			}
			return p.Store, p.Ledger
		}
	})
}

func TestKills(t *testing.T) {
	times := 10
	if *long {
		times = 100
	}
	storetest.Kill(t, filepath.Join(t.TempDir(), "state"), times, open)
}

// What is no state file is refused by name, and stays as it is.
func TestOddFiles(t *testing.T) {
	dir := t.TempDir()
	path := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for place, says := range map[string]string{
		dir:                        "is not a regular file",
		"/dev/null":                "is not a regular file",
		path("text", "world: 1\n"): "is not a state file, or is damaged",
		path("zeros", strings.Repeat("\x00", 1<<16)): "is not a state file, or is damaged",
		filepath.Join(dir, "none", "state"):          "no such file",
	} {
		before, _ := os.ReadFile(place)
		f, err := filestore.Open(place)
		if err == nil {
			_ = f.Shut()
		}
		if err == nil || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), place) {
			t.Errorf("%s: %v", place, err)
		}
		if after, _ := os.ReadFile(place); string(after) != string(before) {
			t.Errorf("%s was changed", place)
		}
	}
}

// A file that was cut off anywhere is refused, or read as it was; nothing falls over.
func TestATruncatedFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	f, err := filestore.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	for n := range 30 {
		if err := f.Put(t.Context(), &orchestrator.Record{ID: fmt.Sprint("op_", n), Customer: strings.Repeat("x", 1000)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Shut(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	refused := 0
	for size := 0; size < len(text); size += 1024 {
		cut := filepath.Join(t.TempDir(), "cut")
		if err := os.WriteFile(cut, text[:size], 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := filestore.Open(cut)
		if err != nil {
			refused++
			continue
		}
		if all, err := f.All(t.Context()); err == nil && len(all) != 30 && len(all) != 0 {
			t.Errorf("at %d bytes there are %d sessions", size, len(all))
		}
		_ = f.Shut()
	}
	if refused < 10 {
		t.Errorf("refused %d times", refused)
	}
}

// One process has it; the second is told so. It is nobody else's to read.
func TestOneProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	f, err := filestore.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Shut() }()
	if _, err := filestore.Open(path); err == nil || !strings.Contains(err.Error(), "in use by another process") {
		t.Errorf("got %v", err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

// A file that is cleared is as new; a note outlives whoever wrote it.
func TestNotes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	var f *filestore.File
	again := func() {
		t.Helper()
		var err error
		if f != nil {
			err = f.Shut()
		}
		if err == nil {
			f, err = filestore.Open(path)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	want := func(text string, sessions int, first bool) {
		t.Helper()
		noted, err := f.Noted(t.Context(), "set-up")
		if err != nil || string(noted) != text {
			t.Errorf("noted %q, %v", noted, err)
		}
		if all, err := f.All(t.Context()); err != nil || len(all) != sessions {
			t.Errorf("%d sessions, %v", len(all), err)
		}
		if got, err := f.Ledger().Use(t.Context(), orchestrator.Use{Session: "op_1", Attempt: "a"}); err != nil || got != first {
			t.Errorf("the first use: %v, %v", got, err)
		}
	}
	again()
	want("", 0, true)
	if err := f.Note(t.Context(), "set-up", []byte("{}")); err != nil {
		t.Fatal(err)
	}
	if err := f.Put(t.Context(), &orchestrator.Record{ID: "op_1", State: orchestrator.Stuck}); err != nil {
		t.Fatal(err)
	}
	again()
	want("{}", 1, true) // by the same attempt
	if err := f.Clear(t.Context()); err != nil {
		t.Fatal(err)
	}
	again()
	want("", 0, true)
}
