//go:build unix

// What run reads, and what a browser is given to open.

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// A path is what the system says that it is: also one that is no UTF-8.
func TestRunOfAPathThatIsNoText(t *testing.T) {
	if runtime.GOOS == "darwin" {
		t.Skip("its paths are UTF-8")
	}
	name := "a\xff.txtar"
	_, run := stage(t, map[string]string{name: passing, "world\xff.yaml": "customers: [{id: ada, points: 9}]\n"})
	if got := run("--world", "world\xff.yaml", name); got.code != 0 || !strings.Contains(got.stdout, "1 passed") {
		t.Errorf("%+v", got)
	}
	if got := tokenshell(t, "", "world", "check", "world\xff.yaml"); got.code != 0 {
		t.Errorf("a verb: %+v", got)
	}
}

// What cannot be read is no scenario that failed.
func TestRunOfAFileThatNobodyMayRead(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may read all")
	}
	dir, run := stage(t, map[string]string{"s/a.txtar": passing, "s/b.txtar": passing})
	if err := os.Chmod(filepath.Join(dir, "s/b.txtar"), 0); err != nil {
		t.Fatal(err)
	}
	if got := run("s"); got.code != 3 || got.stdout != "" || got.stderr != "error: s/b.txtar: permission denied\n" {
		t.Errorf("%+v", got)
	}
}

// The page of very many scenarios has diagrams of some that passed, and of each that
// failed: a browser has to open it.
func TestRunDrawsWhatABrowserOpens(t *testing.T) {
	story := "session new op_1\n"
	for i := range 150 {
		story += fmt.Sprintf("points confirm 1\nrevoke points-%d\n", i+1)
	}
	dir, run := stage(t, map[string]string{"it.txtar": story + "points confirm $N\n-- cases.csv --\nN\n" + strings.Repeat("1\n", 10) + "0\n"})
	run("--report", "html=it.html", "it.txtar")
	text, err := os.ReadFile(filepath.Join(dir, "it.html"))
	if err != nil {
		t.Fatal(err)
	}
	_, failed, _ := strings.Cut(string(text), `id="s11"`)
	drawn, left := strings.Count(string(text), `<div class="figure"`), strings.Count(string(text), "The diagram is left out")
	if len(text) > 11<<20 || drawn+left != 11 || left == 0 || !strings.Contains(failed, `<div class="figure"`) {
		t.Errorf("%d bytes, %d diagrams and %d left out, and of what failed:\n%.300s", len(text), drawn, left, failed)
	}
}

// A verb of a world that lies beside is told with how to get there.
func TestTheWorldBeside(t *testing.T) {
	const world = "customers: [{id: ada}]\ndomains:\n  stock: {capability: stock:reserve, holds: quota, things: [{id: MUG, units: 3}]}\n  seat: {capability: seat:take, holds: none}\n"
	_, run := stage(t, map[string]string{"s/world.yaml": world, "world.yaml": world, "s/a.txtar": "session new\nstock confirm MUG\n", "s/b.txtar": "session new\nstok list\n", "s/c.txtar": "session new\nseat list\n"})
	got := tokenshell(t, "", "-c", "stock list")
	if want := "usage: there is no verb \"stock\" in this world, but in that of world.yaml\nhint: tokenshell --world world.yaml\n-c:1: stock list\n"; got.code != 2 || got.stderr != want {
		t.Errorf("%+v", got)
	}
	for file, want := range map[string]string{"s/a.txtar": ":2:1: unknown command \"stock\", a verb in the world of s/world.yaml: run --world s/world.yaml\n", "s/b.txtar": ":2:1: unknown command \"stok\" (", "s/c.txtar": ":2:1: unknown command \"seat\", a verb in the world of s/world.yaml: run --world s/world.yaml\n"} {
		wantContains(t, file, run(file).stdout, want)
	}
	if got := run("--world", "s/world.yaml", "s/a.txtar"); got.code != 0 {
		t.Errorf("%+v", got)
	}
}
