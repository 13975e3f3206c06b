// Our own relay behind the protocol answers as it does in process.

package conform_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tokenshell/shell/attacks"
	"tokenshell/shell/internal/conform"
	"tokenshell/shell/internal/domains"
	"tokenshell/shell/internal/foreign"
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
func adapterOf(which string) *foreign.File {
	return foreign.Adapter([]string{os.Args[0], asAdapter, which})
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
		if r.Status == foreign.Skipped && (r.Detail == "own domains" || r.Detail == "restart") {
			continue
		}
		if r.Status != want || r.Reason != r.Expected {
			t.Errorf("%s: %s, %q for %q: %s", r.ID, r.Status, r.Reason, r.Expected, r.Detail)
		}
	}
	if want := "342 of 346 tried (4 skipped: 4 restart): 342 refused, 0 known, 0 got through"; report.Summary != want {
		t.Error(report.Summary)
	}
}

// A relay that is started again in the middle of a row knows what it knew; one that
// does not is found out.
func TestRelaysThatAreStartedAgain(t *testing.T) {
	t.Parallel()
	rows := []string{"FLW-13", "FLW-30", "FLW-31", "FLW-33", "FLT-07", "FLT-10"}
	for which, want := range map[string]string{
		"kept": "refused refused refused refused refused refused", "forgetful": "refused wrong_reason wrong_reason wrong_reason refused wrong_reason",
	} {
		f := foreign.Adapter([]string{os.Args[0], asAdapter, which, filepath.Join(t.TempDir(), "state")})
		report, err := conform.Run(t.Context(), f, options(t, rows...))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range report.Rows {
			got = append(got, string(r.Status))
			t.Logf("%s: %s is %s, %s %s", which, r.ID, r.Status, r.Reason, r.Detail)
		}
		if text := strings.Join(got, " "); text != want {
			t.Errorf("%s: %s, want %s", which, text, want)
		}
	}
}

// named is an in-process target whose sessions have the names that they have in a
// run on a relay elsewhere.
type named struct {
	attacks.Target
	row string
}

func (n named) Shop() attacks.Shop {
	shop := n.Target.Shop()
	shop.Row = n.row
	return shop
}

// What depends on the relay's own dice and clock: ids of attempts, and when what
// was tried again was done.
var dice = regexp.MustCompile(`att_[a-z2-7]{26}|\d\d:\d\d:\d\d`)

func comparable(b attacks.Books) attacks.Books {
	for name, text := range b.Reservations {
		b.Reservations[name] = dice.ReplaceAllString(text, "…")
	}
	return b
}

// The domains' books are the same behind the protocol as in process, row by row.
func TestTheSameBooks(t *testing.T) {
	t.Parallel()
	o := options(t)
	o.Nonce = "same"
	var elsewhere []attacks.Target
	o.NewTarget = func(w *world.World, life time.Duration) attacks.Target {
		elsewhere = append(elsewhere, target.Living(w, life))
		return elsewhere[len(elsewhere)-1]
	}
	report, err := conform.Run(t.Context(), adapterOf("ours"), o)
	if err != nil {
		t.Fatal(err)
	}
	at, moved := 0, 0
	for i, r := range report.Rows {
		if r.Status == foreign.Skipped {
			continue
		}
		m := world.Seeded(1)
		m.IDs = fmt.Sprintf("same_%d_", i)
		w, err := world.Build(t.Context(), o.Plan, m)
		if err != nil {
			t.Fatal(err)
		}
		here := named{target.New(w), m.IDs}
		if came := attacks.Run(t.Context(), o.Rows[i], here, 1); came.Status != attacks.Refused || came.Reason != r.Reason {
			t.Fatalf("%s: %s %s, elsewhere %s", r.ID, came.Status, came.Reason, r.Reason)
		}
		books := comparable(here.Books())
		if diff := cmp.Diff(books, comparable(elsewhere[at].Books())); diff != "" {
			t.Errorf("%s (-here +elsewhere)\n%s", r.ID, diff)
		}
		moved += len(books.Reservations)
		at++
	}
	if at != 342 || moved < 3*342 {
		t.Errorf("%d rows with %d reservations were compared", at, moved)
	}
}
