// Wording: durations and numbers are written in one way, wherever they stand, and
// what is folded is folded between words.

package verbs_test

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"tokenshell/shell/internal/shelltest"
	"tokenshell/shell/internal/world"
)

// goDuration is a duration as Go writes it, which is typed so and not shown so.
var goDuration = regexp.MustCompile(`\b[0-9.]+(h|m|s|ms|µs)([0-9]|\b)`)

// spokenLines are lines that say a duration.
var spokenLines = []string{
	"relay late", "redeem late", "token explain late", "token explain fresh", "token explain early", "relay early", "token explain long", "points confirm 5 --ttl 6m",
	"points confirm 5 --ttl 25h", "coupon confirm TEN --name in-words", "token list", "session show", "token show fresh", "view points", "view client", "clock show",
	"trace", "trace --format mermaid", "log", "clock advance -90s",
}

func TestDurationsAreWrittenInOneWay(t *testing.T) {
	s := shelltest.New(t, 7)
	shelltest.Do(t, s, "session new o", "points confirm 5 --name late --ttl 1s", "fault kms.sign slow", "points confirm 5 --name fresh --ttl 5m", "clock advance 107s",
		"clock skew relay --behind 10m", "clock skew points --ahead 113s", "token import "+shelltest.Testdata(t, "tokens", "long-lived.jwt")+" --name long",
		"token import "+shelltest.Testdata(t, "tokens", "from-the-future.jwt")+" --name early")
	said := 0
	for _, line := range spokenLines {
		var out bytes.Buffer
		_ = s.Line(t.Context(), line, false, &out, &out) // what it says is looked at, whatever came of it
		text := strings.TrimPrefix(out.String(), line)
		if wrong := goDuration.FindString(text); wrong != "" {
			t.Errorf("%s says %s:\n%s", line, wrong, text)
		}
		said += len(regexp.MustCompile(`[0-9] (ms|s|min|h|d)\b`).FindAllString(text, -1))
	}
	if said < 15 {
		t.Errorf("only %d durations were said", said)
	}
}

// In live time nothing is said to the nanosecond.
func TestLiveTimeIsSaidInWholeSeconds(t *testing.T) {
	w, err := world.Build(t.Context(), shelltest.Plan(t, ""), world.Making{})
	if err != nil {
		t.Fatal(err)
	}
	s := shelltest.Of(w)
	shelltest.Do(t, s, "session new o", "coupon confirm TEN --ttl 5m", "clock freeze", "clock advance 3m7s")
	if got := shelltest.Do(t, s, "token explain coupon-1 --all"); !regexp.MustCompile(`: 1 min 5[0-9] s left`).MatchString(got) {
		t.Error(got)
	}
}

// One of a thing is one thing.
func TestOneIsNotMany(t *testing.T) {
	s := shelltest.In(t, "customers:\n  - {id: ann, points: 1, cards: [{id: visa, number: '4242424242424242', limit: '1.00'}]}\n  - {id: bob}\ncoupons: [{code: ONE, percent: 1, total: 1, per_customer: 1}]\n", 7)
	s.Dir.Path = t.TempDir()
	shelltest.WriteFile(t, s.Dir.Full("one.jwt"), "x")
	many := regexp.MustCompile(`\b1 (?:[a-z]+[^s ]s|have|are|were)\b`)
	counted := 0
	for _, line := range []string{
		"points balance", "session new o", "points confirm 2", "points confirm 1", "points confirm 1", "coupon confirm ONE", "coupon confirm ONE", "payment confirm 1.00 --method visa",
		"view points", "view coupons", "view payments", "fault points.redeem refuse", "fault list", "fault clear", "relay points-1", "redeem", "trace", "trace --out t.html --format html",
		"trace --session o --format mermaid", "keys jwks points --out k.json", "token import one.jwt --name x", "token explain x", "token explain @one.jwt", "trace", "attack run ALG-01",
		"attack run ALG-01 --without algorithm", "explore --bound tokens=1", "session new p --customer bob", "points confirm 1", "session list", "session show o", "log", "history 1",
		"watch 1s --count 1 points balance", "record --from-start r.txtar",
	} {
		var out bytes.Buffer
		_ = s.Line(t.Context(), line, false, &out, &out)
		if wrong := many.FindString(out.String()); wrong != "" {
			t.Errorf("%s says %q:\n%s", line, wrong, out.String())
		}
		counted += len(regexp.MustCompile(`\b1 [a-z]+\b`).FindAllString(out.String(), -1))
	}
	if counted < 12 {
		t.Errorf("only %d single things were counted", counted)
	}
}

// At a terminal a refusal is folded between its words, and no word of it is broken:
// an id can be copied whole.
func TestARefusalIsFoldedBetweenWords(t *testing.T) {
	s := shelltest.New(t, 7)
	shelltest.Do(t, s, "session new a-long-name-for-an-order", "coupon confirm TEN", "points confirm 5 --ttl 1s", "relay coupon-1", "clock advance 1s")
	s.Order = "a-long-name-for-an-order"
	for _, line := range []string{"relay coupon-1", "relay points-1", "coupon confirm SPRING25", "payment confirm 5 --method nobody", "relay nobody", "clock set yesterday"} {
		_, piped := shelltest.Refused(t, s, line)
		for _, columns := range []int{20, 33, 40, 60, 80, 200} {
			run := shelltest.OnScreen(t, s, columns)
			s.Screen.Progress = s.Screen.Window.File
			shown, err := run(line + " --color never")
			if err == nil {
				t.Fatalf("%s was done", line)
			}
			if got, want := strings.Join(strings.Fields(shown), " "), strings.Join(strings.Fields(piped), " "); got != want {
				t.Errorf("%s in %d columns breaks a word:\n%s", line, columns, shown)
			}
			for l := range strings.Lines(shown) {
				if n := len(strings.TrimSuffix(l, "\n")); n > columns && strings.Contains(strings.TrimSpace(l), " ") {
					t.Errorf("%s in %d columns has a line of %d:\n%s", line, columns, n, l)
				}
			}
			s.Screen.Progress, s.Screen.Window = nil, nil
		}
	}
}

// The table of the log says of each entry what the line in a pipe says, in the
// same words.
func TestTheLogSaysTheSameInAPipeAndAtThePrompt(t *testing.T) {
	s := shelltest.New(t, 7)
	shelltest.Do(t, s, "session new o", "coupon confirm TEN", "relay coupon-1", "expect replayed relay coupon-1", "fault coupons.redeem timeout --count 3")
	var out bytes.Buffer
	_ = s.Line(t.Context(), "checkout", false, &out, &out)
	piped := shelltest.Do(t, s, "log")
	shown, err := shelltest.OnScreen(t, s, 400)("log --color never")
	if err != nil {
		t.Fatal(err)
	}
	rows := strings.Split(strings.TrimSuffix(shown, "\n"), "\n")[1:]
	lines := strings.Split(strings.TrimSuffix(piped, "\n"), "\n")
	if len(rows) != len(lines) || len(lines) < 8 {
		t.Fatalf("%d rows and %d lines:\n%s", len(rows), len(lines), shown)
	}
	for i, line := range lines {
		for _, field := range strings.Fields(line)[1:] { // behind the time
			name, value, _ := strings.Cut(field, "=")
			word := value
			if !strings.Contains(" party step outcome jti order_processing_id ", " "+name+" ") {
				word = field
			}
			if !strings.Contains(rows[i]+" ", word+" ") {
				t.Errorf("the row lacks %q of %s:\n%s", word, line, rows[i])
			}
		}
	}
	if !strings.Contains(piped, "outcome=failed") || !strings.Contains(piped, "outcome=replayed") {
		t.Errorf("nothing failed:\n%s", piped)
	}
}
