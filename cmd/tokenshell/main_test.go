// The process as a process: the test binary plays tokenshell. What is only about
// what a command answers is asked without starting one.

package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"tokenshell/shell"
)

// playing says in the environment of a test binary that it is tokenshell.
const playing = "TOKENSHELL_TEST_PLAYS_TOKENSHELL"

func TestMain(m *testing.M) {
	if os.Getenv(playing) != "" {
		main() // and never comes back
	}
	os.Exit(m.Run())
}

// patience is how long a process may take; more is a hang.
const patience = 30 * time.Second

// command is a tokenshell that has not been started.
func command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	ctx, stop := context.WithTimeout(context.Background(), patience)
	t.Cleanup(stop)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, self, args...)
	cmd.Env = append(os.Environ(), playing+"=1")
	return cmd
}

// answer is what a process left behind.
type answer struct {
	stdout string
	stderr string
	code   int
}

// tokenshell answers a command with a text as standard input, in this process: all
// but its start and its end is as [process] does it, in a tenth of the time.
func tokenshell(t *testing.T, stdin string, args ...string) answer {
	t.Helper()
	var ends [3]*os.File // what the command has
	var ours [3]*os.File
	for i := range ends {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		if ends[i], ours[i] = w, r; i == 0 {
			ends[i], ours[i] = r, w
		}
	}
	var said [3][]byte
	var reading sync.WaitGroup
	reading.Go(func() {
		_, _ = io.WriteString(ours[0], stdin) // who does not read it does not want it
		_ = ours[0].Close()
	})
	for i := 1; i < len(ours); i++ {
		reading.Go(func() { said[i], _ = io.ReadAll(ours[i]) })
	}
	done := make(chan int, 1)
	go func() {
		code := shell.Main(args, ends[0], ends[1], ends[2])
		for _, end := range ends {
			_ = end.Close()
		}
		reading.Wait()
		done <- code
	}()
	select {
	case code := <-done:
		return answer{string(said[1]), string(said[2]), code}
	case <-time.After(patience):
		t.Fatalf("%q hangs", args)
		return answer{}
	}
}

// process runs to its end with a text as standard input.
func process(t *testing.T, stdin string, args ...string) answer {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := command(t, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &stdout, &stderr
	code := exitCode(t, cmd.Run())
	return answer{stdout.String(), stderr.String(), code}
}

// exitCode gives the code of a process that ended by itself.
func exitCode(t *testing.T, err error) int {
	t.Helper()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit) && exit.Exited():
		return exit.ExitCode()
	default:
		t.Fatalf("the process did not end by itself: %v", err)
		return 0
	}
}

// file writes a file into a folder of the test's own and gives its path.
func file(t *testing.T, name, text string) string {
	t.Helper()
	full := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(full, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return full
}

func wantContains(t *testing.T, where, text, part string) {
	t.Helper()
	if !strings.Contains(text, part) {
		t.Errorf("%s lacks %q:\n%s", where, part, text)
	}
}
