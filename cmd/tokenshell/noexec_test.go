package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A scenario runs programs, and help says so; with --no-exec it does not.
func TestNoExecProcess(t *testing.T) {
	dir := t.TempDir()
	file, made := filepath.Join(dir, "it.txtar"), filepath.Join(dir, "made")
	if err := os.WriteFile(file, []byte("points balance\nexec touch "+made+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"run", "--no-exec", file}, {"run", file, "--no-exec"}} {
		got := tokenshell(t, "", args...)
		if _, err := os.Stat(made); err == nil || got.code != 1 || !strings.Contains(got.stdout, "it.txtar:2:1: with --no-exec no program is run\n") {
			t.Errorf("%q: %+v", args, got)
		}
	}
	if got := tokenshell(t, "", "run", file); got.code != 0 {
		t.Errorf("without it: %+v", got)
	}
	if _, err := os.Stat(made); err != nil {
		t.Error(err)
	}
	for _, args := range [][]string{{"help", "run"}, {"-c", "help run"}} {
		if got := tokenshell(t, "", args...); got.code != 0 || !strings.Contains(got.stdout, "A scenario is a program. exec runs any other program") || !strings.Contains(got.stdout, "--no-exec") {
			t.Errorf("%q: %+v", args, got)
		}
	}
}
