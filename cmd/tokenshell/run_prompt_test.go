//go:build unix

// A prompt in the world of a scenario, and what a person sees while scenarios run.

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/creack/pty"
)

// The first that fails leaves its world, tokens and folder to a person.
func TestShellOnFail(t *testing.T) {
	path := file(t, "fails.txtar", "session new op_1\npoints confirm 7\ncp stdout said.txt\nexpect replayed relay points-1\n")
	other := file(t, "other.txtar", passing)
	p := sitAt(t, command(t, "run", "--shell-on-fail", path, other), 80, "TMPDIR="+t.TempDir())
	wantContains(t, "before the prompt", p.raw.String(), "run it again")
	wantContains(t, "before the prompt", p.raw.String(), "this is its world")
	wantContains(t, "the world", p.enters("token list"), "points-1")
	wantContains(t, "the order", p.enters("session show"), "op_1")
	p.types("\x04")
	if got := p.dies(); got != 0 || p.cmd.ProcessState.ExitCode() != 1 {
		t.Errorf("it ended with %v, %d", got, p.cmd.ProcessState.ExitCode())
	}
	wantContains(t, "the end", p.raw.String(), "not run")
	if n := strings.Count(p.raw.String(), "run it again"); n != 1 {
		t.Errorf("it is told %d times", n)
	}
	p.isRestored()
}

// A scenario runs up to a line, and not it.
func TestUntil(t *testing.T) {
	path := file(t, "it.txtar", "session new op_1\npoints confirm 7\npoints confirm 8\nnonsense\n")
	tmp := t.TempDir()
	p := sitAt(t, command(t, "run", "--until", path+":3"), 80, "TMPDIR="+tmp)
	if said := p.enters("token list"); !strings.Contains(said, "points-1") || strings.Contains(said, "points-2") {
		t.Errorf("%s", said)
	}
	p.types("\x04")
	if got := p.dies(); got != 0 || p.cmd.ProcessState.ExitCode() != 0 {
		t.Errorf("it ended with %v, %d:\n%s", got, p.cmd.ProcessState.ExitCode(), tail(p.raw.String()))
	}
	if left, err := filepath.Glob(filepath.Join(tmp, "tokenshell-*")); err != nil || left != nil {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// A scenario that ran up to a line has not passed: it is still one that failed. Nor
// has it failed when nothing comes before that line.
func TestUntilIsNoVerdict(t *testing.T) {
	_, run := stage(t, map[string]string{"it.txtar": "# Said.\nsession new op_1\nexpect replayed points confirm 7\n"})
	if got := run("it.txtar"); got.code != 1 {
		t.Fatalf("%+v", got)
	}
	for _, line := range []string{"1", "2", "3"} {
		cmd := command(t, "run", "--until", "it.txtar:"+line)
		p := runIn(t, cmd, 80, "XDG_STATE_HOME="+os.Getenv("XDG_STATE_HOME"))
		p.atPrompt(1)
		p.types("\x04")
		if got := p.dies(); got != 0 || p.cmd.ProcessState.ExitCode() != 0 || strings.Contains(p.raw.String(), "FAIL") {
			t.Errorf("line %s: it ended with %v, %d:\n%s", line, got, p.cmd.ProcessState.ExitCode(), tail(p.raw.String()))
		}
	}
	if got := run("--rerun-failed", "--list"); got.stdout != "it.txtar\n1 scenario\n" {
		t.Errorf("--rerun-failed: %+v", got)
	}
}

// A signal at such a prompt ends the process, and leaves no folder behind.
func TestSignalsAtThePromptOfARun(t *testing.T) {
	path := file(t, "it.txtar", passing)
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGHUP} {
		tmp := t.TempDir()
		p := sitAt(t, command(t, "run", "--until", path+":2"), 80, "TMPDIR="+tmp)
		if err := p.cmd.Process.Signal(sig); err != nil {
			t.Fatal(err)
		}
		if got := p.dies(); got != sig {
			t.Errorf("it died of %v:\n%s", got, tail(p.raw.String()))
		}
		if left, err := filepath.Glob(filepath.Join(tmp, "tokenshell-*")); err != nil || left != nil {
			t.Errorf("%v: left behind: %v, %v", sig, left, err)
		}
	}
}

// runIn starts a command in a window.
func runIn(t *testing.T, cmd *exec.Cmd, columns int, environ ...string) *person {
	t.Helper()
	cmd.Env = append(cmd.Env, "TERM=xterm", "NO_COLOR=", "XDG_STATE_HOME="+t.TempDir())
	cmd.Env = append(cmd.Env, environ...)
	tty, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 30, Cols: uint16(columns)})
	if err != nil {
		t.Fatal(err)
	}
	p := &person{t: t, cmd: cmd, tty: pollable(t, tty), output: make(chan string, 64)}
	go p.listen()
	return p
}

// While scenarios run, a line of the terminal says how far they have come; in the
// end it is gone, and no line is wider than the window.
func TestStatusLine(t *testing.T) {
	slow := file(t, "slow.txtar", passing+"exec sleep 1\n")
	fails := file(t, "fails.txtar", failing)
	var people []*person
	for _, columns := range []int{40, 80, 200} {
		people = append(people, runIn(t, command(t, "run", "-j", "1", slow, fails), columns))
	}
	for _, p := range people {
		p.dies()
		said := p.raw.String()
		wantContains(t, "while it runs", said, "\r0 of 2 scenarios, ")
		last := said[strings.LastIndex(said, "\r0 of 2"):]
		wantContains(t, "in the end", last, "\r\x1b[K")
		wantContains(t, "in the end", strings.Join(strings.Fields(sequence.ReplaceAllString(last, "")), " "), "2 scenarios: 1 passed, 1 failed, 0 skipped")
	}
}
