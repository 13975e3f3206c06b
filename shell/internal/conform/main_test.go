// The test binary is an adapter, too: whichever its first argument names.

package conform_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"tokenshell/orchestrator/filestore"
	"tokenshell/shell/internal/adapter"
)

var long = flag.Bool("long", false, "run every scenario on our own adapter, and wait for what waits")

// asAdapter is the first argument of an adapter's command.
const asAdapter = "as-adapter"

func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == asAdapter {
		if err := play(os.Args[2]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Setenv("ORDERS_API_KEY", "very-secret-key") // what target files name
	os.Exit(m.Run())
}

// play is one of the adapters until its input ends.
func play(which string) error {
	switch which {
	case "ours":
		return adapter.Serve(context.Background(), os.Stdin, os.Stdout, "test", nil)
	case "kept", "forgetful":
		return servedFrom(os.Args[3], which == "forgetful")
	case "hasty", "hasty-same":
		return hasty(which == "hasty")
	case "keeper":
		return keep()
	case "careless":
		return (&careless{how: os.Args[3]}).play()
	case "orders", "other-orders", "curious-orders", "eager-orders", "patient-orders":
		return orders(strings.TrimSuffix(which, "orders"))
	}
	return broken(which)
}

// servedFrom is our relay over a file; a forgetful one loses all but how it was set
// up when it is started.
func servedFrom(path string, forgetful bool) error {
	state, err := filestore.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = state.Shut() }()
	ctx := context.Background()
	if forgetful {
		kept, err := state.Noted(ctx, "reset")
		if err == nil {
			err = state.Clear(ctx)
		}
		if err == nil && kept != nil {
			err = state.Note(ctx, "reset", kept)
		}
		if err != nil {
			return err
		}
	}
	return adapter.Serve(ctx, os.Stdin, os.Stdout, "test", state)
}
