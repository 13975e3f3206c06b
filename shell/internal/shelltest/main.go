package shelltest

import (
	"os"
	"runtime/debug"
	"testing"
)

// Main is the TestMain of packages whose tests make many worlds: nothing in them
// lives long, and looking for what is still in use is a quarter of the work,
// unless it is done less often.
func Main(m *testing.M) {
	debug.SetGCPercent(400)
	os.Exit(m.Run())
}
