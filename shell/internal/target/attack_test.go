// attack: every row refused on a sound world, for its own reason; and missed as
// soon as a check is left out.

package target_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tokenshell/shell/attacks"
	"tokenshell/shell/internal/answer"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/redact"
	"tokenshell/shell/internal/shelltest"
	"tokenshell/shell/internal/target"
	"tokenshell/shell/internal/world"
	"tokenshell/tokens"
)

// attacked runs rows, each on a fresh world, and gives the results.
func attacked(t *testing.T, rows []attacks.Row, seed uint64, weakness tokens.Weakness, wrap func(attacks.Row, attacks.Target) attacks.Target) iter.Seq[attacks.Result] {
	t.Helper()
	plan, making := shelltest.Plan(t, ""), world.Seeded(seed)
	making.Memory = tokens.NewMemory()
	return func(yield func(attacks.Result) bool) {
		for _, row := range rows {
			w, err := world.BuildWeak(t.Context(), plan, making, weakness)
			if err != nil {
				t.Fatal(err)
			}
			if !yield(attacks.Run(t.Context(), row, wrap(row, target.New(w)), seed)) {
				return
			}
		}
	}
}

func bare(_ attacks.Row, t attacks.Target) attacks.Target { return t }

func TestEveryAttackIsRefused(t *testing.T) {
	for _, seed := range []uint64{1, 77} {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			results := slices.Collect(attacked(t, attacks.All(), seed, tokens.Weakness{}, bare))
			all, err := showed(results, false, false)
			if err != nil || strings.Contains(all, "ALG-01") || !strings.Contains(all, "algorithm ") || strings.Count(all, "\n") > 2+len(attacks.Groups()) {
				t.Errorf("not folded: %v\n%s", err, all)
			}
			for _, r := range results {
				if r.Status != attacks.Refused || r.Reason != r.Expect || r.Detail != "" {
					t.Errorf("%s: %s, %q for %q: %s", r.ID, r.Status, r.Reason, r.Expect, r.Detail)
				}
			}
		})
	}
}

// all has every row run in every weak world, to see who misses what:
//
//	go test ./shell/internal/target -run EveryCheck -v -all
var all = flag.Bool("all", false, "go on with the rows when one misses a check, and try every mutant of the template")

// Without any one check or rule, somebody gets through or is refused for
// another reason, and not all because the control is. One row that says so is
// enough: what the others say could not change that.
func TestEveryCheckIsMissed(t *testing.T) {
	rows := attacks.All()
	slices.Reverse(rows) // the flows are last, and miss most
	// Without these a party does not know what the next check looks at, and
	// refuses whatever comes: the controls say so.
	blind := []string{"structure", "header", "issuer", "key", "claims"}
	for _, rule := range world.Leavable() {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			missed := false
			var through, wrong, control []string
			about, others := []attacks.Row{}, []attacks.Row{} // those that are about it miss it soonest
			for _, r := range rows {
				if r.Check() == rule {
					about = append(about, r)
				} else {
					others = append(others, r)
				}
			}
			for r := range attacked(t, append(about, others...), 1, shelltest.Without(t, rule), bare) {
				switch {
				case r.Status == attacks.Refused:
				case strings.HasPrefix(r.Detail, "the control"):
					control = append(control, r.ID)
				case r.Status == attacks.GotThrough:
					through = append(through, r.ID)
				default:
					wrong = append(wrong, r.ID)
				}
				missed = len(through)+len(wrong) > 0 || slices.Contains(blind, rule) && len(control) > 0
				if missed && !*all {
					break
				}
			}
			t.Logf("got through %v; wrong reason %v; control refused %v", through, wrong, control)
			if !missed {
				t.Errorf("nobody misses it")
			}
		})
	}
}

// The services answer FLT-04 as they should, even when one takes a retry for a
// replay: only the witness, which heard both answers, knows.
func TestTheWitnessWatches(t *testing.T) {
	t.Parallel()
	rows := attacks.All()
	rows = slices.DeleteFunc(rows, func(r attacks.Row) bool { return r.ID != "FLT-04" })
	for r := range attacked(t, rows, 1, shelltest.Without(t, tokens.RetryIsAnswered), bare) {
		if r.Status == attacks.Refused || !strings.Contains(r.Detail, "was taken for a replay") {
			t.Errorf("%s %s: %q", r.ID, r.Status, r.Detail)
		}
		return
	}
	t.Error("there is no FLT-04")
}

// stubborn refuses everything that may be refused, for the row's own reason.
type stubborn struct {
	attacks.Target
	reason tokens.Reason
}

func (s stubborn) Do(ctx context.Context, a attacks.Action) (attacks.Answer, error) {
	switch a.Verb {
	case attacks.Relay, attacks.Direct, attacks.Redeem, attacks.Cancel, attacks.Revoke:
		return attacks.Answer{State: string(attacks.Compensated)}, tokens.Refuse(s.reason, "no")
	}
	return s.Target.Do(ctx, a)
}

// gullible says that everything was done.
type gullible struct{ attacks.Target }

func (g gullible) Do(ctx context.Context, a attacks.Action) (attacks.Answer, error) {
	answer, _ := g.Target.Do(ctx, a)
	return answer, nil
}

func TestRefusingEverythingNeverPasses(t *testing.T) {
	t.Parallel()
	wrap := func(row attacks.Row, t attacks.Target) attacks.Target { return stubborn{t, row.Expect} }
	for r := range attacked(t, attacks.All(), 1, tokens.Weakness{}, wrap) {
		if r.Status == attacks.Refused {
			t.Errorf("%s: %s: %s", r.ID, r.Status, r.Detail)
		}
	}
}

func TestAcceptingEverythingNeverPasses(t *testing.T) {
	t.Parallel()
	wrap := func(_ attacks.Row, t attacks.Target) attacks.Target { return gullible{t} }
	for r := range attacked(t, attacks.All(), 1, tokens.Weakness{}, wrap) {
		if r.Status != attacks.GotThrough {
			t.Errorf("%s: %s: %s", r.ID, r.Status, r.Detail)
		}
	}
}

// liar refuses what comes past the relay, and puts something in its books.
type liar struct {
	attacks.Target
	refused *atomic.Int32 // some rows act together
}

func (l liar) Do(ctx context.Context, a attacks.Action) (attacks.Answer, error) {
	answer, err := l.Target.Do(ctx, a)
	if err != nil && a.Verb == attacks.Direct {
		l.refused.Add(1)
	}
	return answer, err
}

func (l liar) Books() attacks.Books {
	books := l.Target.Books()
	if l.refused.Load() > 0 {
		books.Accounts["points of user_123"] += " less a few"
	}
	return books
}

func TestTheBooksAreJudged(t *testing.T) {
	t.Parallel()
	wrap := func(_ attacks.Row, t attacks.Target) attacks.Target { return liar{t, new(atomic.Int32)} }
	found := 0
	for r := range attacked(t, attacks.All(), 1, tokens.Weakness{}, wrap) {
		if r.Status == attacks.GotThrough && strings.Contains(r.Detail, "less a few") {
			found++
		} else if r.Status != attacks.Refused {
			t.Errorf("%s: %s: %s", r.ID, r.Status, r.Detail)
		}
	}
	if found < 200 {
		t.Errorf("only %d rows saw it", found)
	}
}

// attackReport is the JSON of attack run, as far as it is looked at.
type attackReport struct {
	Total      int               `json:"total"`
	Refused    int               `json:"refused"`
	GotThrough []string          `json:"got_through"`
	Rows       []json.RawMessage `json:"rows"`
}

// attackSaid runs a line in JSON and reads the report.
func attackSaid(t *testing.T, s *interp.Shell, line string) (report attackReport, text string, err error) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	err = s.Line(t.Context(), line+" -o json", false, &stdout, &stderr)
	if bad := json.Unmarshal(stdout.Bytes(), &report); bad != nil {
		t.Fatalf("%s: %v, %v\n%s", line, bad, err, &stdout)
	}
	return report, stdout.String() + stderr.String(), err
}

func TestAttackRunInJSON(t *testing.T) {
	t.Parallel()
	s := shelltest.New(t, 1)
	var terminal bytes.Buffer
	s.Screen.Progress = &terminal // how far it is, for a terminal only
	report, text, err := attackSaid(t, s, "attack run")
	if !strings.Contains(terminal.String(), " attacks, ") || !strings.HasSuffix(terminal.String(), "\r\x1b[K") {
		t.Errorf("%q", terminal.String())
	}
	if err != nil || report.Total < 100 || report.Refused != report.Total || len(report.Rows) != report.Total || len(report.GotThrough) != 0 {
		t.Errorf("%v: %d of %d", err, report.Refused, report.Total)
	}
	if !strings.Contains(text, `"got_through":[]`) || strings.Contains(text, "eyJ") {
		t.Error("an empty list is not a null, and no token is printed")
	}
	report, _, err = attackSaid(t, shelltest.New(t, 1), "attack run FLW-13 ALG-01 --without relay-remembers")
	if diff := cmp.Diff([]string{"FLW-13"}, report.GotThrough); diff != "" || report.Total != 2 || report.Refused != 1 {
		t.Errorf("%d of %d, %s", report.Refused, report.Total, diff)
	}
	if exit.Code(err) != exit.Refused || err.Error() != "replayed: it did not go as it has to in FLW-13" {
		t.Errorf("%v", err)
	}
}

// No weak world prints a token or anything that steers a terminal.
func TestAttackPrintsNothingRaw(t *testing.T) {
	safe := func(t *testing.T, shown string) {
		if shown == "" || redact.HasToken(shown) || strings.ContainsAny(shown, "\x1b\x07\x00\u202e\u200b") {
			t.Error("it prints what it must not, or nothing")
		}
	}
	for _, line := range []string{"attack list", "attack list -o json", "attack run --group flow", "attack run --group flow -o json"} {
		safe(t, shelltest.Do(t, shelltest.New(t, 1), line))
	}
	for _, check := range []string{"signature", "size", "header", "books"} {
		t.Run("without "+check, func(t *testing.T) {
			t.Parallel()
			weakness, err := world.Without(check)
			if err != nil {
				t.Fatal(err)
			}
			results := slices.Collect(attacked(t, attacks.All(), 1, weakness, bare))
			for _, json := range []bool{false, true} {
				for _, full := range []bool{false, true} {
					shown, err := showed(results, json, full)
					if err == nil {
						t.Error("nothing got through")
					}
					safe(t, shown)
				}
			}
		})
	}
}

// showed is what attack run prints of results, and what it ends with.
func showed(results []attacks.Result, json, full bool) (string, error) {
	format := "text"
	if json {
		format = "json"
	}
	var stdout, stderr bytes.Buffer
	err := target.Show(results, &answer.Out{Stdout: &stdout, Stderr: &stderr, Format: format}, full)
	return stdout.String() + stderr.String(), err
}

// The whole catalogue is a line a group, one row is told in full.
func TestAttackFoldsWhatWasRefused(t *testing.T) {
	one := shelltest.Do(t, shelltest.New(t, 1), "attack run ALG-01")
	if !strings.Contains(one, "ALG-01  refused  algorithm_not_allowed") {
		t.Errorf("not in full:\n%s", one)
	}
}

func TestAttackUsage(t *testing.T) {
	for line, hint := range map[string]string{
		"attack run ALG-1":                         "did you mean ALG-",
		"attack run nonsense":                      "attack list",
		"attack run --group algoritm":              "did you mean algorithm?",
		"attack list --group zzzzzzzzzzzz":         "one of algorithm",
		"attack run --without signatur":            "did you mean signature?",
		"attack run ALG-01 --group key":            "leave --group out",
		"attack list --who anyon":                  "did you mean anyone?",
		"attack list --check signatur":             "did you mean signature?",
		"attack list --who thief --check audience": "leave --group, --who or --check out",
	} {
		var stderr bytes.Buffer
		err := shelltest.New(t, 1).Line(t.Context(), line, false, io.Discard, &stderr)
		if exit.Code(err) != exit.BadUsage || !strings.Contains(stderr.String(), hint) {
			t.Errorf("%s: exit code %d: %s", line, exit.Code(err), &stderr)
		}
	}
}

// On a target the list says what is tried there, and why the rest is not.
func TestAttackListOnATarget(t *testing.T) {
	s := shelltest.New(t, 1)
	file := filepath.Join(t.TempDir(), "gateway.yaml")
	text := `target: 1
name: gate
enforces: [issuer, key, signature, audience, time]
http: {base: "http://127.0.0.1:1", relay: {request: GET /, headers: {Authorization: "Bearer {token}"}, accepted: .status < 300, rejected: .status == 401}}
`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for line, want := range map[string]string{
		"attack list --target " + file + ` --jq '.target, (.tried == ([.attacks[] | select(.skipped == null)] | length)), .tried > 50'`:                                          "gate\ntrue\ntrue",
		"attack list --target " + file + ` --jq '[.attacks[] | select(.id == "FLW-13" or .id == "ROT-01" or .id == "KEY-01" or .id == "SEA-01" or .id == "FLW-21") | .skipped]'`: `["not claimed","own domains","not claimed",null,"keys"]`,
	} {
		if got := strings.TrimSpace(shelltest.Do(t, s, line)); got != want {
			t.Errorf("%s: %s, want %s", line, got, want)
		}
	}
	if got := shelltest.Do(t, s, "attack list --group algorithm --target "+file); !strings.Contains(got, "ALG-01  tried ") || !strings.HasSuffix(got, " are tried on gate\n") {
		t.Error(got)
	}
}

// What is listed is what is asked for, and says what it needs.
func TestAttackListChooses(t *testing.T) {
	s := shelltest.New(t, 1)
	for line, want := range map[string]string{
		`attack list --who thief --jq '[.attacks[].id]'`:                                                  `["ROT-01","ROT-06"]`,
		`attack list --check replay --who holder --jq '[.attacks[] | .check] | unique'`:                   `["replay"]`,
		`attack list --group flow --jq '[.attacks[] | select(.id == "FLW-14") | .needs, .about_a_relay]'`: `[["redeem","replay","concurrent"],true]`,
		`attack list --jq '[.attacks[] | select(.about_a_relay and .needs == [])] | length'`:              "276",
	} {
		if got := strings.TrimSpace(shelltest.Do(t, s, line)); got != want {
			t.Errorf("%s: %s, want %s", line, got, want)
		}
	}
}

// The user's world is as it was.
func TestAttackTouchesNothing(t *testing.T) {
	t.Parallel()
	looks := []string{"session show -o json", "token list -o json", "clock show -o json", "keys list -o json", "view coupons -o json", "view points -o json", "log -o json"}
	look := func(s *interp.Shell) (all []string) {
		for _, line := range looks {
			all = append(all, shelltest.Do(t, s, line))
		}
		return all
	}
	s := shelltest.New(t, 3)
	shelltest.Do(t, s, "session new --fact subtotal=120.00", "coupon confirm TEN", "points confirm 500", "relay points-1", "set leeway 2s")
	before := look(s)
	shelltest.Do(t, s, "attack run --group time")
	if diff := cmp.Diff(before, look(s)); diff != "" {
		t.Error(diff)
	}
}

func TestAttackStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := shelltest.New(t, 1).Line(ctx, "attack run", false, io.Discard, io.Discard); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func BenchmarkAttackRun(b *testing.B) {
	s := shelltest.New(b, 1)
	for b.Loop() {
		shelltest.Do(b, s, "attack run")
	}
}
