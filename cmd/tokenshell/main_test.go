// The process as a process: the test binary plays tokenshell.

package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
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

// tokenshell runs to its end with a text as standard input.
func tokenshell(t *testing.T, stdin string, args ...string) answer {
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
