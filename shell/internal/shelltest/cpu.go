//go:build unix

package shelltest

import (
	"syscall"
	"testing"
	"time"
)

// CPU gives how long this process has been at work: what it waits for, and who
// else is at work, does not count.
func CPU(t testing.TB) time.Duration {
	t.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		t.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
