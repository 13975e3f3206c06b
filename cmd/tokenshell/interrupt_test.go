//go:build unix

// Interrupts: a process that waits ends with 130.

package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// interrupted starts a process in a group of its own, waits until it prints
// the marker, and interrupts the group, as a terminal does.
func interrupted(t *testing.T, cmd *exec.Cmd, marker string) (code int, stderr string) {
	t.Helper()
	var said bytes.Buffer
	cmd.Stderr = &said
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	reader := bufio.NewReader(stdout)
	if line, err := reader.ReadString('\n'); line != marker+"\n" {
		t.Errorf("it says %q, want %q: %v", line, marker, err)
	}
	if err := syscall.Kill(-cmd.Process.Pid, syscall.SIGINT); err != nil {
		t.Error(err)
	}
	if _, err := io.Copy(io.Discard, reader); err != nil {
		t.Error(err)
	}
	return exitCode(t, cmd.Wait()), said.String()
}

func TestInterruptedWhileItWaitsForLines(t *testing.T) {
	cmd := command(t)
	stdin, err := cmd.StdinPipe() // never closed: the next line never comes
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	fmt.Fprintln(stdin, "points balance")
	code, stderr := interrupted(t, cmd, "user_123 has 1200 points: 0 held, 1200 available")
	if code != 130 {
		t.Errorf("exit code %d, want 130", code)
	}
	wantContains(t, "stderr", stderr, "interrupted")
}

func TestInterruptedRun(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	done := file(t, "done.txtar", "points balance\n")
	waits := file(t, "waits.txtar", "exec cat "+pipe+"\n")
	code, _ := interrupted(t, command(t, "run", done, waits), "ok    "+done)
	if code != 130 {
		t.Errorf("exit code %d, want 130", code)
	}
}
