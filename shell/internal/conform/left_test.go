// What is left behind of a process that was killed: nothing.

package conform_test

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"tokenshell/shell/internal/adapter"
)

// keep starts a child, says which, and waits to be killed.
func keep() error {
	var pid lines
	if _, err := (adapter.Command{Args: []string{"sh", "-c", "echo $$; exec sleep 300"}}).Start(nil, &pid); err != nil {
		return err
	}
	select {}
}

// lines writes what comes to standard output.
type lines struct{}

func (*lines) Write(p []byte) (int, error) { return os.Stdout.Write(p) }

// lives reports whether a process runs.
func lives(pid string) bool {
	stat, err := os.ReadFile(filepath.Join("/proc", pid, "stat"))
	return err == nil && !bytes.Contains(stat, []byte(") Z "))
}

// Who is killed takes what it has started along.
func TestNothingOutlivesTheProcess(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("elsewhere a child is not told")
	}
	keeper := exec.Command(os.Args[0], asAdapter, "keeper")
	out, err := keeper.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := keeper.Start(); err != nil {
		t.Fatal(err)
	}
	pid, err := bufio.NewReader(out).ReadString('\n')
	if pid = strings.TrimSpace(pid); err != nil || !lives(pid) {
		t.Fatal(pid, err)
	}
	_ = keeper.Process.Kill()
	_ = keeper.Wait()
	for range 200 {
		if !lives(pid) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("it lives")
}

// What still runs when the process is about to end is ended first.
func TestEveryChildIsEnded(t *testing.T) {
	child, err := adapter.Command{Args: []string{"sh", "-c", "trap '' TERM; while :; do sleep 1; done"}}.Start(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	adapter.EndAll()
	select {
	case <-child.Gone:
	default:
		t.Error(fmt.Sprint(child))
	}
}
