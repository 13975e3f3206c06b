// Verbs: the grammar as a test goes through it.

package shelltest

import (
	"testing"

	"github.com/alecthomas/kong"

	"tokenshell/shell/internal/interp"
)

// Verbs gives the verbs that can be run, by their paths.
func Verbs(t testing.TB) map[string]*kong.Node {
	t.Helper()
	p, err := Language().Parser() // and never given back: its nodes are in use
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]*kong.Node{}
	for _, node := range interp.Leaves(p.Root()) {
		all[interp.VerbPath(node)] = node
	}
	return all
}
