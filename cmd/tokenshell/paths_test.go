// The paths of run: as many as there are.

package main

import (
	"bytes"
	"slices"
	"testing"
	"time"
)

// Tens of thousands of paths, as a shell writes for *, are read in no time.
func TestRunOfManyPaths(t *testing.T) {
	var stderr bytes.Buffer
	cmd := command(t, append([]string{"run"}, slices.Repeat([]string{"nowhere.txtar"}, 60_000)...)...)
	cmd.Stderr = &stderr
	code := exitCode(t, cmd.Run())
	if code != 3 || stderr.String() != "error: nowhere.txtar: there is no such file or folder\n" {
		t.Errorf("exit code %d: %.300s", code, stderr.String())
	}
	if took := cmd.ProcessState.UserTime(); took > time.Second {
		t.Errorf("it took %s", took)
	}
}
