//go:build unix

// Interrupts: a process that waits ends with 130.

package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// interrupted starts a process in a group of its own, waits until it is ready,
// and interrupts the group, as a terminal does.
func interrupted(t *testing.T, cmd *exec.Cmd, ready func(stdout *bufio.Reader) error) (code int, stderr string) {
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
	if err := ready(reader); err != nil {
		t.Error(err)
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
	code, stderr := interrupted(t, cmd, func(stdout *bufio.Reader) error {
		_, err := stdout.ReadString('\n') // the verb is done, and the next one awaited
		return err
	})
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
	waits := file(t, "waits.txtar", "exec cat "+pipe+"\n")
	never := file(t, "never.txtar", "points balance\n")
	code, stderr := interrupted(t, command(t, "run", waits, never), func(*bufio.Reader) error {
		writer, err := os.OpenFile(pipe, os.O_WRONLY, 0) // succeeds when somebody reads
		if err == nil {
			t.Cleanup(func() { writer.Close() })
		}
		return err
	})
	if code != 130 {
		t.Errorf("exit code %d, want 130", code)
	}
	wantContains(t, "stderr", stderr, "interrupted")
}

// Whatever holds a line up, an interrupt ends it: an expression that never ends,
// and a reader that does not read.
func TestInterruptedInTheMiddleOfALine(t *testing.T) {
	loop := "points balance --jq 'def f: f; f'"
	for name, args := range map[string][]string{
		"a filter": {"-c", "points balance; " + loop}, "a filter in capture": {"-c", "points balance; capture X " + loop}, "a filter under expect": {"-c", "points balance; ! expect expired " + loop},
		"a filter of the process": {"--jq", "if .order_processing_id then (def f: f; f) else . end", "-c", "points balance; session new"},
		"a filter in a watch":     {"-c", "points balance; watch 1s --count 9 " + loop}, "a long watch": {"-c", "points balance; clock run; watch 1h --count 2 points balance"},
		"a sourced file": {"-c", "points balance; source " + file(t, "loop.tsh", loop+"\n")},
		"a full pipe":    {"-c", "points balance" + strings.Repeat("; help reasons; help", 100)},
	} {
		cmd := command(t, args...)
		var said bytes.Buffer
		cmd.Stderr = &said
		stdout, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		first := make([]byte, 1)
		if _, err := io.ReadFull(stdout, first); err != nil { // it has begun; and nobody reads on
			t.Fatal(err)
		}
		if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
			t.Fatal(err)
		}
		if code := exitCode(t, cmd.Wait()); code != 130 {
			t.Errorf("%s: exit code %d, want 130: %s", name, code, said.String())
		}
		wantContains(t, name, said.String(), "interrupted")
	}
}

// Two interrupts that come together are one, as when a process is asked to end, and
// then its group: what is known is said, and not lost.
func TestInterruptedTwiceAtOnce(t *testing.T) {
	cmd := command(t, "-c", "points balance; explore --bound D --workers 1")
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	reader := bufio.NewReader(stdout)
	if _, err := reader.ReadString('\n'); err != nil { // it explores next
		t.Fatal(err)
	}
	time.Sleep(300 * time.Millisecond)
	for range 5 {
		if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
			t.Fatal(err)
		}
		time.Sleep(200 * time.Microsecond)
	}
	said, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}
	if code := exitCode(t, cmd.Wait()); code != 130 || !strings.Contains(string(said), "not exhausted") {
		t.Errorf("exit code %d, and it says\n%s", code, said)
	}
}

// A scenario that waits for somebody else is left behind.
func TestInterruptedRunOfAProcessThatDoesNotEnd(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		for name, program := range map[string]string{
			"a program": "wc -c pipe", "a child of one": "sh -c 'wc -c pipe; true'", "a deaf one": `sh -c 'trap "" TERM INT HUP; wc -c pipe; true'`, "one behind": "wc -c pipe &\nexec sleep 1000",
		} {
			t.Run(fmt.Sprint(sig, ", ", name), func(t *testing.T) {
				t.Parallel()
				pipe := filepath.Join(t.TempDir(), "pipe")
				if err := syscall.Mkfifo(pipe, 0o600); err != nil {
					t.Fatal(err)
				}
				cmd := command(t, "run", file(t, "waits.txtar", "exec "+strings.ReplaceAll(program, "pipe", pipe)+"\n"))
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				writer, err := os.OpenFile(pipe, os.O_WRONLY, 0) // succeeds when somebody reads
				if err != nil {
					t.Fatal(err)
				}
				defer writer.Close()
				if err := cmd.Process.Signal(sig); err != nil { // to the process alone
					t.Fatal(err)
				}
				if code := exitCode(t, cmd.Wait()); code != 130 {
					t.Errorf("exit code %d, want 130", code)
				}
				began := time.Now()
				for _, err = writer.WriteString("x"); err == nil && time.Since(began) < 5*time.Second; _, err = writer.WriteString("x") {
					time.Sleep(10 * time.Millisecond)
				}
				if !errors.Is(err, syscall.EPIPE) {
					t.Errorf("somebody reads the pipe still: %v", err)
				}
			})
		}
	}
}
