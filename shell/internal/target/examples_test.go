// Examples: what examples/targets says of other people's relays is so.

package target_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tokenshell/shell/attacks"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/shelltest"
)

// examples names a copy of examples/targets in which npm ci has run: nothing is
// written into the checkout.
const examples = "TOKENSHELL_EXAMPLES"

// copied gives a file of the copy, or leaves the test out.
func copied(t *testing.T, name string) string {
	t.Helper()
	dir := os.Getenv(examples)
	if dir == "" {
		t.Skip("left out: " + examples + " names no copy of examples/targets")
	}
	return filepath.Join(dir, filepath.FromSlash(name))
}

// What an example needs; the error says what is missing.

func program(name string) func(*testing.T) error {
	return func(*testing.T) error {
		_, err := exec.LookPath(name)
		return err
	}
}

func npm(t *testing.T) error {
	_, err := os.Stat(copied(t, "node_modules/jose"))
	return errors.Join(program("node")(t), err)
}

func pyjwt(*testing.T) error { return exec.Command("/usr/bin/python3", "-c", "import jwt").Run() }

func modOAuth2(t *testing.T) error {
	_, err := os.Stat("/usr/lib/apache2/modules/mod_oauth2.so")
	return errors.Join(program("apache2")(t), err)
}

// tried is what came of a run.
type tried struct {
	Summary string
	Rows    []struct{ ID, Check, Status, Detail string }
}

// try runs every row on an example, and gives the exit code.
func try(t *testing.T, line string) (tried, int) {
	t.Helper()
	var out, errs bytes.Buffer
	err := shelltest.New(t, 1).Line(t.Context(), "attack run "+line+" -o json", false, &out, &errs)
	var came tried
	if bad := json.Unmarshal(out.Bytes(), &came); bad != nil {
		t.Fatalf("%v: %v\n%s", err, bad, &errs)
	}
	return came, exit.Code(err)
}

var until = regexp.MustCompile(`until: \d{4}-\d\d-\d\d`)

func TestExamples(t *testing.T) {
	t.Parallel()
	for folder, e := range map[string]struct {
		needs func(*testing.T) error
		flags string
	}{
		"jose-relay":        {npm, "-j 2 --fail-on warning"},
		"http-orders":       {npm, "-j 8 --life 2s --fail-on warning"},
		"jose-verifier":     {npm, "-j 2"},
		"pyjwt":             {pyjwt, "-j 4"},
		"golang-jwt":        {program("go"), ""},
		"haproxy":           {program("haproxy"), "-j 4"},
		"apache-mod-oauth2": {modOAuth2, "-j 4"},
	} {
		t.Run(folder, func(t *testing.T) {
			t.Parallel()
			dir := copied(t, folder)
			if err := e.needs(t); err != nil {
				t.Skipf("left out: %s: %v", folder, err)
			}
			flags := e.flags
			if text, err := os.ReadFile(filepath.Join(dir, "known.yaml")); err == nil {
				// The dates are for people: this test does not end by itself.
				next := time.Now().AddDate(0, 6, 0).Format(time.DateOnly)
				known := filepath.Join(t.TempDir(), "known.yaml")
				shelltest.WriteFile(t, known, until.ReplaceAllString(string(text), "until: "+next))
				flags += " --known " + known
			}
			came, code := try(t, "--target "+filepath.Join(dir, "target.yaml")+" "+flags)
			if code != exit.Done {
				t.Errorf("exit code %d: %s", code, came.Summary)
			}
			for _, r := range came.Rows {
				if !slices.Contains([]string{"refused", "known", "skipped"}, r.Status) {
					t.Logf("%s, which is about %s: %s: %s", r.ID, r.Check, r.Status, r.Detail)
				}
			}
			said(t, folder, came)
		})
	}
}

// said compares a run with what README.md says of it.
func said(t *testing.T, folder string, came tried) {
	t.Helper()
	n := map[string]int{}
	for _, r := range came.Rows {
		n[r.Status]++
	}
	var about, all int
	if _, err := fmt.Sscanf(came.Summary, "%d of %d tried", &about, &all); err != nil {
		t.Fatalf("%q: %v", came.Summary, err)
	}
	text, err := os.ReadFile(copied(t, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	says := fmt.Sprintf("%d tried, %d refused", about, n["refused"])
	if n["known"] > 0 {
		says = fmt.Sprintf("%d tried, %d known", about, n["known"])
	}
	row := regexp.MustCompile(`(?m)^\| \[` + folder + `\].*\| (.*) \|$`).FindSubmatch(text)
	if row == nil || string(row[1]) != says || !strings.Contains(string(text), fmt.Sprintf("of %d rows about a relay", all)) {
		t.Errorf("README.md of the examples says of %s %q, and it is %q of %d", folder, row, says, all)
	}
}

// Each mutant of jose-relay is red in the rows that are about what it leaves out,
// and in no others.
func TestMutantsOfTheExampleAreFoundOut(t *testing.T) {
	t.Parallel()
	about := func(check string) func(attacks.Row) bool {
		return func(r attacks.Row) bool { return r.Check() == check }
	}
	replayed := func(when func(attacks.Step) bool) func(attacks.Row) bool {
		return func(r attacks.Row) bool { return r.Check() == "replay" && slices.ContainsFunc(r.Steps, when) }
	}
	for mutant, notices := range map[string]func(attacks.Row) bool{
		"no-aud":          about("audience"),
		"no-order":        strays,
		"no-replay":       about("replay"),
		"jti-by-text":     replayed(secondText),
		"race":            replayed(func(s attacks.Step) bool { return s.Times > 1 }),
		"no-compensation": owes,
	} {
		t.Run(mutant, func(t *testing.T) {
			t.Parallel()
			file := copied(t, "jose-relay/"+mutant+".yaml")
			if err := npm(t); err != nil {
				t.Skipf("left out: jose-relay: %v", err)
			}
			text, err := os.ReadFile(copied(t, "jose-relay/target.yaml"))
			if err != nil {
				t.Fatal(err)
			}
			shelltest.WriteFile(t, file, strings.ReplaceAll(string(text), "relay.mjs]", "relay.mjs, "+mutant+"]"))
			came, code := try(t, "--target "+file+" --fail-on warning -j 2")
			for again := 0; mutant == "race" && code == exit.Done && again < 10; again++ { // it was lucky in every row
				var about []string
				for _, row := range attacks.All() {
					if notices(row) {
						about = append(about, row.ID)
					}
				}
				came, code = try(t, strings.Join(about, " ")+" --target "+file+" --fail-on warning")
			}
			if code != exit.Refused {
				t.Errorf("exit code %d: %s", code, came.Summary)
			}
			var red, want []string
			rows := attacks.All()
			for _, r := range came.Rows {
				at := slices.IndexFunc(rows, func(row attacks.Row) bool { return row.ID == r.ID })
				switch {
				case r.Status == "skipped":
					continue
				case r.Status != "refused":
					red = append(red, r.ID)
				}
				// Of those about a race one may be lucky.
				if notices(rows[at]) && (mutant != "race" || r.Status != "refused") {
					want = append(want, r.ID)
				}
			}
			if diff := cmp.Diff(want, red); diff != "" || len(red) == 0 {
				t.Errorf("(-those that are about it +those that are red)\n%s", diff)
			}
		})
	}
}

// secondText reports whether a step makes another text of the same token: not of another
// issuer's.
func secondText(s attacks.Step) bool {
	return s.Forge != nil && !slices.ContainsFunc(s.Forge.Payload, func(e attacks.Edit) bool { return e.Name == "iss" })
}

// What target init writes runs, in every language, and does what it says it can.
func TestTemplatesRun(t *testing.T) {
	t.Parallel()
	for lang, needs := range map[string]func(*testing.T) error{"node": program("node"), "python": pyjwt, "go": program("go")} {
		for _, kind := range []string{"stdio", "each"} {
			t.Run(kind+" "+lang, func(t *testing.T) {
				t.Parallel()
				copied(t, ".") // or it is left out
				dir := filepath.Join(t.TempDir(), "mine")
				if err := needs(t); err != nil {
					t.Skipf("left out: %s: %v", lang, err)
				}
				s := shelltest.New(t, 1)
				shelltest.Do(t, s, "target init "+kind+" "+dir+" --lang "+lang)
				file := filepath.Join(dir, "target.yaml")
				text, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				shelltest.WriteFile(t, file, strings.Replace(string(text), "[python3,", "[/usr/bin/python3,", 1)) // Debian's has PyJWT
				said := shelltest.Do(t, s, "target check "+file)
				if strings.Count(said, "\nok  ") < 3 || strings.Contains(said, "\nNO  ") {
					t.Errorf("not all is well:\n%s", said)
				}
			})
		}
	}
}

// strays reports whether a row brings a token into an open session that is not
// the token's own.
func strays(r attacks.Row) bool {
	open := map[string]bool{}
	for _, s := range r.Steps {
		switch s.Verb {
		case attacks.Open:
			open[s.Session] = open[s.Session] || !s.Either
		case attacks.Close, attacks.Redeem:
			open[s.Session] = false
		case attacks.Advance:
			if s.By.Sessions > 0 || s.By.Plus > time.Hour {
				clear(open) // they have outlived their time
			}
		case attacks.Relay:
			if s.Refused {
				return r.Check() == "session" && open[s.Session]
			}
		}
	}
	return false
}

// owes reports whether a service fails in a row after another has redeemed.
func owes(r attacks.Row) bool {
	failed := false
	for _, s := range r.Steps {
		switch s.Verb {
		case attacks.Fault:
			failed = failed || s.Phase == "redeem"
		case attacks.Redeem:
			if failed && s.State != attacks.Completed {
				return true
			}
		}
	}
	return false
}
