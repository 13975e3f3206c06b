// Known failures: with a reason and a date, and never stale.

package conform_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tokenshell/shell/attacks"
	"tokenshell/shell/internal/conform"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/foreign"
)

var today = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

func TestKnownFilesAreStrict(t *testing.T) {
	for text, says := range map[string]string{
		"known: 2\ntarget: quick\nrows: []": "k.yaml:1: column 8: known: 1 says",
		"known: 1\ntarget: slow\nrows: []":  "k.yaml:2: column 9: these are the known failures of \"slow\"",
		"known: 1\ntarget: quick\nrows:\n- {id: ALG-01, status: got_through, why: x, until: 2026-12-01, sea: y}":                                                         "k.yaml:4: column",
		"known: 1\ntarget: quick\nrows:\n- {id: ALG-01, status: got_through, why: '', until: 2026-12-01}":                                                                "why is it so?",
		"known: 1\ntarget: quick\nrows:\n- {id: ALG-01, status: got_through, why: TODO, until: 2026-12-01}":                                                              "no TODO",
		"known: 1\ntarget: quick\nrows:\n- {id: ALG-01, status: got_through, why: x, until: soon}":                                                                       "is not a date",
		"known: 1\ntarget: quick\nrows:\n- {id: ALG-01, status: got_through, why: x, until: 2028-01-01}":                                                                 "more than a year away",
		"known: 1\ntarget: quick\nrows:\n- {id: ALG-99, status: got_through, why: x, until: 2026-12-01}":                                                                 `"ALG-99" is not a row`,
		"known: 1\ntarget: quick\nrows:\n- {id: SEA-01, status: got_through, why: x, until: 2026-12-01}":                                                                 `"SEA-01" is not a row about a relay`,
		"known: 1\ntarget: quick\nrows:\n- {id: ALG-03..KEY-01, status: got_through, why: x, until: 2026-12-01}":                                                         "inside a group",
		"known: 1\ntarget: quick\nrows:\n- {id: ALG-03..ALG-01, status: got_through, why: x, until: 2026-12-01}":                                                         "a range goes up",
		"known: 1\ntarget: quick\nrows:\n- {id: ALG-01, status: refused, why: x, until: 2026-12-01}":                                                                     `status "refused" is not one`,
		"known: 1\ntarget: quick\nrows:\n- {id: ALG-01, status: errored, why: x, until: 2026-12-01}\n- {id: ALG-01..ALG-02, status: errored, why: x, until: 2026-12-01}": "k.yaml:5: column",
	} {
		_, err := conform.ParseKnown("k.yaml", []byte(text), "quick", today)
		if exit.Code(err) != exit.BadInput || !strings.Contains(err.Error(), says) {
			t.Errorf("%s:\n%v, want %s", text, err, says)
		}
	}
}

// statuses runs two rows at the door, with some known, and gives what came of them.
func statuses(t *testing.T, which, rows string) (map[string]attacks.Status, error) {
	t.Helper()
	o := options(t, "ALG-01", "ALG-02")
	var err error
	if o.Known, err = conform.ParseKnown("k.yaml", []byte("known: 1\ntarget: quick\nrows:\n"+rows), "quick", today); err != nil {
		t.Fatal(err)
	}
	report, err := conform.Run(t.Context(), quick(t, which), o)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]attacks.Status{}
	for _, r := range report.Rows {
		got[r.ID] = r.Status
	}
	return got, report.Err()
}

func TestKnownFailures(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		which, rows string
		want        map[string]attacks.Status
		green       bool
	}{
		{"door", "- {id: ALG-01..ALG-02, status: got_through, why: x, until: 2026-12-01}", map[string]attacks.Status{"ALG-01": foreign.Known, "ALG-02": foreign.Known}, true},
		{"door", "- {id: ALG-01, status: got_through, why: x, until: 2026-12-01}", map[string]attacks.Status{"ALG-01": foreign.Known, "ALG-02": attacks.GotThrough}, false},
		{"door", "- {id: ALG-01..ALG-02, status: got_through, why: x, until: 2026-11-25}", map[string]attacks.Status{"ALG-01": attacks.GotThrough, "ALG-02": attacks.GotThrough}, false},
		{"door", "- {id: ALG-01..ALG-02, status: errored, why: x, until: 2026-12-01}", map[string]attacks.Status{"ALG-01": attacks.GotThrough, "ALG-02": attacks.GotThrough}, false},
		{"honest", "- {id: ALG-01, status: got_through, why: x, until: 2026-12-01}", map[string]attacks.Status{"ALG-01": foreign.Fixed, "ALG-02": attacks.Refused}, false},
		{"unsupported", "- {id: ALG-01, status: got_through, why: x, until: 2026-12-01}", map[string]attacks.Status{"ALG-01": foreign.Skipped, "ALG-02": foreign.Skipped}, false},
	} {
		got, err := statuses(t, tt.which, tt.rows)
		if diff := cmp.Diff(tt.want, got); diff != "" || (err == nil) != tt.green {
			t.Errorf("%s, %s: %v\n%s", tt.which, tt.rows, err, diff)
		}
	}
}

// What is written keeps comments and reasons, and is refused until somebody has
// given a reason for what is new.
func TestWriteKnown(t *testing.T) {
	old := `# of the gateway
known: 1
target: quick
rows:
  # the team knows
  - id: ALG-01
    status: got_through
    why: "as it was: a gateway"
    until: 2026-12-01
  - {id: ALG-03..ALG-05, status: got_through, why: x, until: 2026-12-01, see: SHOP-1}
  # over
  - {id: KEY-01, status: errored, why: x, until: 2026-12-01}
`
	report := &conform.Report{Target: "quick", Rows: []conform.Row{
		{ID: "ALG-01", Status: foreign.Known}, {ID: "ALG-02", Status: attacks.GotThrough}, {ID: "ALG-03", Status: attacks.GotThrough},
		{ID: "ALG-04", Status: attacks.Refused}, {ID: "ALG-05", Status: attacks.GotThrough}, {ID: "KEY-01", Status: foreign.Fixed},
	}}
	text, err := conform.WriteKnown("k.yaml", []byte(old), report, today)
	want := `# of the gateway
known: 1
target: quick
rows:
  # the team knows
  - {id: ALG-01, status: got_through, why: "as it was: a gateway", until: 2026-12-01}
  - {id: ALG-03, status: got_through, why: "x", until: 2026-12-01, see: "SHOP-1"}
  - {id: ALG-05, status: got_through, why: "x", until: 2026-12-01, see: "SHOP-1"}
  # over
  - {id: ALG-02, status: got_through, why: "TODO", until: 2027-02-26}
`
	if diff := cmp.Diff(want, string(text)); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
	if _, err := conform.ParseKnown("k.yaml", text, "quick", today); err == nil || !strings.Contains(err.Error(), "no TODO") {
		t.Error(err)
	}
	text, err = conform.WriteKnown("k.yaml", nil, &conform.Report{Target: "quick"}, today)
	if diff := cmp.Diff("known: 1\ntarget: quick\nrows: []\n", string(text)); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
}

// What is known by one file is written to another with its reason, and can be read.
func TestWriteKnownToAnotherFile(t *testing.T) {
	t.Parallel()
	o := options(t, "ALG-01", "ALG-02")
	var err error
	if o.Known, err = conform.ParseKnown("k.yaml", []byte("known: 1\ntarget: quick\nrows:\n- {id: ALG-01..ALG-02, status: got_through, why: a door, until: 2026-12-01, see: SHOP-1}"), "quick", today); err != nil {
		t.Fatal(err)
	}
	report, err := conform.Run(t.Context(), quick(t, "door"), o)
	if err != nil {
		t.Fatal(err)
	}
	text, err := conform.WriteKnown("new.yaml", nil, report, today)
	want := `known: 1
target: quick
rows:
  - {id: ALG-01, status: got_through, why: "a door", until: 2026-12-01, see: "SHOP-1"}
  - {id: ALG-02, status: got_through, why: "a door", until: 2026-12-01, see: "SHOP-1"}
`
	if diff := cmp.Diff(want, string(text)); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
	if _, err := conform.ParseKnown("new.yaml", text, "quick", today); err != nil {
		t.Error(err)
	}
}

// A run stops at the first row that makes it fail: not at what is known, and not at
// what is shown and no more.
func TestFailFastStopsAtWhatFails(t *testing.T) {
	t.Parallel()
	for rows, want := range map[string]string{
		"[]": "1 of 5 tried (4 skipped: 4 not reached): 0 refused, 0 known, 1 got through",
		// ALG-06 is the issuer's
		"[{id: ALG-01..ALG-02, status: got_through, why: x, until: 2026-12-01}]": "4 of 5 tried (1 skipped: 1 not reached): 0 refused, 2 known, 2 got through",
	} {
		o := options(t, "ALG-01", "ALG-02", "ALG-06", "ALG-12", "ALG-13")
		o.FailFast = true
		var err error
		if o.Known, err = conform.ParseKnown("k.yaml", []byte("known: 1\ntarget: quick\nrows: "+rows), "quick", today); err != nil {
			t.Fatal(err)
		}
		report, err := conform.Run(t.Context(), quick(t, "door"), o)
		if err != nil || report.Summary != want || report.Err() == nil {
			t.Errorf("%s: %s: %v, %v", rows, report.Summary, err, report.Err())
		}
	}
}
