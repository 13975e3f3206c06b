package target_test

import (
	"os"
	"runtime/debug"
	"testing"
)

// Every row leaves a world behind, and nothing else lives long: looking for what
// is still in use is a quarter of the work, unless it is done less often.
func TestMain(m *testing.M) {
	debug.SetGCPercent(400)
	os.Exit(m.Run())
}
