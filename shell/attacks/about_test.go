// What follows from the rows' steps, and the counts that documents give.

package attacks_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tokenshell/shell/attacks"
	"tokenshell/tokens"
)

// Every count that is told anywhere is derived from the rows here.
func TestCounts(t *testing.T) {
	got := map[string]int{}
	for _, r := range attacks.All() {
		got["rows"]++
		switch {
		case !r.AboutRelay():
			got["own domains"]++
			continue
		case len(r.Needs()) == 0:
			got["verdict only"]++
		}
		got["about a relay"]++
		got["who "+string(r.Who())]++
	}
	want := map[string]int{
		"rows": 395, "about a relay": 346, "own domains": 49, "verdict only": 276,
		"who anyone": 25, "who holder": 108, "who sibling": 3, "who thief": 2, "who issuer": 208,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestWhatARowIsAbout(t *testing.T) {
	for id, want := range map[string]string{
		"ALG-01": "anyone key ", "ALG-06": "issuer key ", "ALG-12": "anyone key ", "SIG-15": "holder signature ", "SIG-17": "holder signature ",
		"ENC-02": "issuer structure ", "ENC-11": "holder structure ", "KEY-24": "sibling key ", "KEY-26": "anyone signature ",
		"CLM-13": "issuer issuer ", "CLM-22": "issuer claims ", "CLM-30": "issuer audience ", "CLM-52": "issuer session sessions", "CLM-53": "issuer session ",
		"CLM-54": "issuer session ", "SIG-25": "anyone signature ", "TIM-16": "issuer time ", "TIM-30": "issuer time clock", "DOS-02": "issuer size ",
		"FLW-01": "holder session sessions", "FLW-05": "holder session redeem choose sessions", "FLW-07": "holder session close",
		"FLW-13": "holder replay redeem replay", "FLW-14": "holder replay redeem replay concurrent", "FLW-09": "holder session clock",
		"FLW-28": "sibling outcome", "ROT-01": "thief key keys clock", "ROT-03": "holder key keys", "ROT-05": "holder redemption redeem keys", "ROT-06": "thief key keys clock",
		"RED-10": "holder redemption redeem", "RED-11": "holder redemption close", "FLT-01": "holder redemption redeem", "FLT-07": "holder redemption redeem resume", "FLT-09": "holder session redeem resume sessions",
		"SEA-29": "issuer redemption redeem", "FLW-32": "sibling replay replay", "FLW-33": "holder session restart sessions", "RED-19": "holder redemption redeem choose",
	} {
		at := slices.IndexFunc(attacks.All(), func(r attacks.Row) bool { return r.ID == id })
		r := attacks.All()[at]
		var needs []string
		for _, n := range r.Needs() {
			needs = append(needs, string(n))
		}
		if id == "FLW-28" {
			if r.AboutRelay() {
				t.Errorf("%s is about a domain", id)
			}
			continue
		}
		if got := string(r.Who()) + " " + r.Check() + " " + strings.Join(needs, " "); got != want {
			t.Errorf("%s: %q, want %q", id, got, want)
		}
	}
}

// Each row is about a check that there is, and each check of a relay has rows.
func TestEveryCheckHasRows(t *testing.T) {
	about := map[string]int{}
	for _, r := range attacks.All() {
		if !slices.Contains(attacks.Checks(), r.Check()) {
			t.Errorf("%s is about %q", r.ID, r.Check())
		}
		if r.AboutRelay() {
			about[r.Check()]++
		}
	}
	for _, name := range tokens.CheckNames() {
		if !slices.Contains(attacks.Checks(), name) {
			t.Errorf("no row can be about %s", name)
		}
	}
	for _, name := range attacks.Checks() {
		if own := name == "outcome" || name == "books"; own != (about[name] == 0) {
			t.Errorf("%d rows about a relay are about %s", about[name], name)
		}
	}
}

// Nothing in a row names a session, the relay or a type: a target has its own.
func TestRowsNameNothingLiterally(t *testing.T) {
	files, err := filepath.Glob("rows_*.go")
	if err != nil {
		t.Fatal(err)
	}
	literal := regexp.MustCompile(`op_[a-z]+|order-processing|confirmation\+jwt|time\.Minute\)|[a-z]+\.svc`)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(file, "_test.go") {
			for _, found := range literal.FindAllString(string(text), -1) {
				t.Errorf("%s: %q", file, found)
			}
		}
	}
}
