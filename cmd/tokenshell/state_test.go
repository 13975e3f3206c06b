// --state: what a relay keeps in a file outlives its process.

package main

import (
	"bufio"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A process that is killed in the middle of a redemption; the next one finds what it
// had written down, and a token that was used stays used.
func TestStateOutlivesAKill(t *testing.T) {
	state := filepath.Join(t.TempDir(), "state")
	cmd := command(t, "--seed", "1", "--state", state)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(in, "session new op_1\npoints confirm 5 --name it\nrelay it\nredeem --step --decide go,stop\nlet READY yes\n")
	lines := bufio.NewScanner(out)
	for lines.Scan() && lines.Text() != "READY=yes" {
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	after := process(t, "", "--seed", "1", "--state", state, "-c", "session list; session use op_1; redeem; session show --jq .state; expect session_closed session close")
	wantContains(t, "the next process", after.stdout, "op_1")
	wantContains(t, "the next process", after.stdout, "completed")
	if after.code != 0 {
		t.Errorf("exit code %d: %s", after.code, after.stderr)
	}
}

// What is no state file is unreadable input, and stays as it is.
func TestStateThatIsNone(t *testing.T) {
	text := file(t, "notes.txt", "not a state\n")
	for place, says := range map[string]string{
		text:                                "is not a state file, or is damaged",
		t.TempDir():                         "is not a regular file",
		"/dev/null":                         "is not a regular file",
		filepath.Join(text, "below"):        "not a directory",
		filepath.Join(t.TempDir(), "a/b/c"): "no such file or directory",
	} {
		got := tokenshell(t, "", "--state", place, "-c", "session list")
		if got.code != 3 || !strings.HasPrefix(got.stderr, "error: "+place+": ") || !strings.Contains(got.stderr, says) {
			t.Errorf("%s: exit code %d, %s", place, got.code, got.stderr)
		}
	}
	if kept, err := os.ReadFile(text); err != nil || string(kept) != "not a state\n" {
		t.Errorf("%q, %v", kept, err)
	}
	got := tokenshell(t, "", "--state", text, "run", text)
	if got.code != 2 {
		t.Errorf("run with a state: exit code %d, %s", got.code, got.stderr)
	}
}
