// The catalogue: complete, unique and well sourced.

package attacks_test

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tokenshell/shell/attacks"
	"tokenshell/tokens"
)

func TestRowsAreComplete(t *testing.T) {
	ids, whats := map[string]bool{}, map[string]bool{}
	pattern := regexp.MustCompile(`^[A-Z]{3}-\d\d$`)
	for _, r := range attacks.All() {
		if !pattern.MatchString(r.ID) || ids[r.ID] {
			t.Errorf("%s is not an id, or stands there twice", r.ID)
		}
		key := string(r.Group) + r.What
		if whats[key] {
			t.Errorf("%s: %q is tried twice", r.ID, r.What)
		}
		ids[r.ID], whats[key] = true, true
		if r.What == "" || r.Source == "" || r.Expect == "" || len(r.Steps) == 0 {
			t.Errorf("%s is incomplete", r.ID)
		}
		if !slices.ContainsFunc(r.Steps, func(s attacks.Step) bool { return s.Refused }) {
			t.Errorf("%s: nothing has to be refused for its reason", r.ID)
		}
	}
	if len(ids) < 100 {
		t.Errorf("only %d rows", len(ids))
	}
}

// Searching the source for an id finds its row, and nothing else.
func TestEveryIDIsWrittenOnce(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var written, ids []string
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		written = append(written, regexp.MustCompile(`"[A-Z]{3}-\d\d"`).FindAllString(string(text), -1)...)
	}
	for _, r := range attacks.All() {
		ids = append(ids, `"`+r.ID+`"`)
	}
	slices.Sort(written)
	slices.Sort(ids)
	if diff := cmp.Diff(slices.Compact(ids), written); diff != "" {
		t.Errorf("the ids of the rows (-) are not those in the source (+):\n%s", diff)
	}
}

func TestRowsStandInTheirGroups(t *testing.T) {
	var order []attacks.Group
	groups := map[string]attacks.Group{}
	for _, r := range attacks.All() {
		prefix, _, _ := strings.Cut(r.ID, "-")
		if group, ok := groups[prefix]; ok && group != r.Group {
			t.Errorf("%s is in group %s, others with its prefix are in %s", r.ID, r.Group, group)
		}
		groups[prefix] = r.Group
		if len(order) == 0 || order[len(order)-1] != r.Group {
			order = append(order, r.Group)
		}
	}
	if !slices.Equal(order, attacks.Groups()) {
		t.Errorf("got %v, want %v", order, attacks.Groups())
	}
}

// Every reason that a party may give for a token comes up.
func TestEveryReasonIsExpected(t *testing.T) {
	expected := map[tokens.Reason]bool{}
	for _, r := range attacks.All() {
		expected[r.Expect] = true
	}
	// The embedded ledger is always there, and so is every service.
	for _, row := range tokens.Reasons() {
		if !expected[row.Reason] && row.Reason != tokens.LedgerUnavailable && row.Reason != tokens.ServiceUnavailable {
			t.Errorf("no row expects %s", row.Reason)
		}
	}
}

// The sections of RFC 8725 are 2.1 to 2.9, threats, and 3.1 to 3.12, practices.
func TestSourcesExist(t *testing.T) {
	section := regexp.MustCompile(`^(2\.[1-9]|3\.([1-9]|1[0-2]))$`)
	source := regexp.MustCompile(`^(RFC \d{4} [0-9A-F][0-9.]*(, [0-9.]+)*|CVE-20\d\d-\d{4,6}|CWE-\d+|UTS 39|SEC 1 4\.1\.4|design|Garcia-Molina .*)$`)
	for _, r := range attacks.All() {
		for one := range strings.SplitSeq(r.Source, "; ") {
			if !source.MatchString(one) {
				t.Errorf("%s: %q is not a source", r.ID, one)
			}
			if all, ok := strings.CutPrefix(one, "RFC 8725 "); ok {
				for number := range strings.SplitSeq(all, ", ") {
					if !section.MatchString(number) {
						t.Errorf("%s: RFC 8725 has no section %s", r.ID, number)
					}
				}
			}
		}
	}
}

// wall is a target that answers everything in the same way.
type wall struct {
	answer attacks.Answer
	err    error
}

func (w wall) Shop() attacks.Shop {
	return attacks.Shop{
		Now: time.Unix(1767225600, 0), Customers: []string{"a", "b"},
		Services: []attacks.Service{{Name: "one", Issuer: "one.svc"}, {Name: "two", Issuer: "two.svc", Seals: true}},
	}
}
func (w wall) Do(context.Context, attacks.Action) (attacks.Answer, error) { return w.answer, w.err }
func (w wall) Books() attacks.Books                                       { return attacks.Books{} }

// A target that has never seen a token passes no row, whatever it says.
func TestAWallPassesNothing(t *testing.T) {
	good := attacks.Answer{Token: "eyJhbGciOiJFUzI1NiIsImtpZCI6ImsifQ.e30.AAAA", State: string(attacks.Completed)}
	for _, r := range attacks.All() {
		for name, w := range map[string]wall{
			"refuses": {good, tokens.Refuse(r.Expect, "no")},
			"accepts": {good, nil},
			"answers": {attacks.Answer{}, nil},
			"fails":   {good, context.DeadlineExceeded},
		} {
			result := attacks.Run(t.Context(), r, w, 1)
			if result.Status == attacks.Refused || result.Detail == "" {
				t.Errorf("%s passes at a wall that %s", r.ID, name)
			}
		}
	}
}

type broken struct{ wall }

func (broken) Do(context.Context, attacks.Action) (attacks.Answer, error) { panic("oh") }

func TestAPanicIsAVerdict(t *testing.T) {
	result := attacks.Run(t.Context(), attacks.All()[0], broken{}, 1)
	if result.Status != attacks.WrongReason || result.Detail != "a party panics: oh" {
		t.Errorf("%s: %s", result.Status, result.Detail)
	}
}
