//go:build unix

// Memory: a run of many scenarios takes what a run of few takes.

package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

var long = flag.Bool("long", false, "run ten thousand scenarios")

// The peak at 10,000 is at most 1.2 times the peak at 1,000.
func TestMemoryOfManyScenarios(t *testing.T) {
	if !*long {
		t.Skip("-long measures")
	}
	const story = "session new op_1\npoints confirm 500\npayment confirm 90.00 --method visa\ncheckout\n"
	peak := func(n int) int64 {
		dir := t.TempDir()
		for i := range n {
			if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%05d.txtar", i)), []byte(story), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		self, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(self, "run", "-q", dir) // however long it takes
		cmd.Env = append(os.Environ(), playing+"=1", "XDG_STATE_HOME="+dir)
		if code := exitCode(t, cmd.Run()); code != 0 {
			t.Fatalf("exit code %d", code)
		}
		return cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss
	}
	few, many := peak(1000), peak(10_000)
	t.Logf("%d at 1,000, %d at 10,000: %.2f", few, many, float64(many)/float64(few))
	if float64(many) > 1.2*float64(few) {
		t.Errorf("%d at 10,000, and %d at 1,000", many, few)
	}
}
