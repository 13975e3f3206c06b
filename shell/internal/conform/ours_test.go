// Our own relay behind the protocol answers as it does in process.

package conform_test

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tokenshell/shell/attacks"
	"tokenshell/shell/internal/conform"
	"tokenshell/shell/internal/domains"
	"tokenshell/shell/internal/target"
	"tokenshell/shell/internal/world"
)

func plan(t testing.TB) *world.Plan {
	t.Helper()
	p, err := world.Read(domains.Kinds(domains.All()), "")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// adapterOf is a target whose adapter is this test binary.
func adapterOf(which string) *conform.File {
	return conform.Adapter([]string{os.Args[0], asAdapter, which})
}

func options(t testing.TB, ids ...string) conform.Options {
	t.Helper()
	var rows []attacks.Row
	for _, r := range attacks.All() {
		if len(ids) == 0 {
			rows = append(rows, r)
		}
		for _, id := range ids {
			if r.ID == id {
				rows = append(rows, r)
			}
		}
	}
	return conform.Options{
		Rows: rows, Plan: plan(t), Seed: 1, Reasons: "mapped", FailOn: "error", Tool: "test",
		NewTarget: func(w *world.World, life time.Duration) attacks.Target { return target.Living(w, life) },
	}
}

func TestOurRelayBehindTheProtocol(t *testing.T) {
	t.Parallel()
	report, err := conform.Run(t.Context(), adapterOf("ours"), options(t))
	if err != nil || report.Err() != nil {
		t.Fatal(err, report.Err())
	}
	for _, r := range report.Rows {
		want := attacks.Refused
		if r.Status == conform.Skipped && r.Detail == "own domains" {
			continue
		}
		if r.Status != want || r.Reason != r.Expected {
			t.Errorf("%s: %s, %q for %q: %s", r.ID, r.Status, r.Reason, r.Expected, r.Detail)
		}
	}
	if want := "302 of 302 tried: 302 refused, 0 known, 0 got through"; report.Summary != want {
		t.Error(report.Summary)
	}
}

var _ = context.Background
var _ = cmp.Diff
