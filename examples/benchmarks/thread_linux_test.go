package benchmarks

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Whose processor time is asked for.
const (
	process = unix.CLOCK_PROCESS_CPUTIME_ID
	thread  = unix.CLOCK_THREAD_CPUTIME_ID // the one that asks
)

// cpu gives the processor time that somebody has used: what others do meanwhile is
// not in it.
func cpu(b *testing.B, whose int32) time.Duration {
	var used unix.Timespec
	must(b, unix.ClockGettime(whose, &used))
	return time.Duration(used.Nano())
}
