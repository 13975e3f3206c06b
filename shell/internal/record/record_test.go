// record: how a session is written down.

package record_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/scenario"
	"tokenshell/shell/internal/shelltest"
	"tokenshell/shell/internal/stage"
	"tokenshell/shell/internal/world"
)

// recordable is a shell with a seed, in a folder of its own.
func recordable(t *testing.T, seed *uint64, file string) *interp.Shell {
	t.Helper()
	dir, path := t.TempDir(), ""
	if file != "" {
		path = filepath.Join(dir, "shop.yaml")
		shelltest.WriteFile(t, path, file)
	}
	w, err := world.Build(t.Context(), shelltest.Plan(t, path), world.Making{Seed: seed})
	if err != nil {
		t.Fatal(err)
	}
	s := shelltest.Of(w)
	s.Dir.Path = dir
	return s
}

func seeded(n uint64) *uint64 { return &n }

// recorded runs lines, whatever they answer, and gives the scenario that is
// made of them, which passes.
func recorded(t *testing.T, s *interp.Shell, lines ...string) (comment string, files map[string]string) {
	t.Helper()
	for _, line := range lines {
		var printed strings.Builder
		_ = s.Line(t.Context(), line, false, &printed, &printed) // the tests look at what is written of it
	}
	shelltest.Do(t, s, "record --from-start story.txtar")
	return story(t, s)
}

// story reads what was recorded, and runs it.
func story(t *testing.T, s *interp.Shell) (comment string, files map[string]string) {
	t.Helper()
	path := s.Dir.Full("story.txtar")
	for _, seed := range []uint64{1, 2, 3} {
		if o := runOne(t, path, seed); o.Verdict != scenario.Passed {
			t.Errorf("seed %d: %s:%d: %s", seed, path, o.Line, o.Why)
		}
	}
	archive, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	files = map[string]string{}
	for _, f := range archive.Files {
		files[f.Name] = string(f.Data)
	}
	return string(archive.Comment), files
}

// wantLines wants lines in a text, in this order.
func wantLines(t *testing.T, text string, want ...string) {
	t.Helper()
	rest := "\n" + text
	for _, line := range want {
		_, after, ok := strings.Cut(rest, "\n"+line+"\n")
		if !ok {
			t.Errorf("no line %q, or not in this place, in\n%s", line, text)
			return
		}
		rest = "\n" + after
	}
}

// A refusal is written with its reason, whatever was expected of it.
func TestRecordRefusals(t *testing.T) {
	comment, _ := recorded(t, recordable(t, seeded(7), ""),
		"session new op_1", "points confirm 500", "! coupon confirm NOPE", "expect coupon_unknown coupon confirm NOPE", "coupon confirm NOPE",
		"! points balance", "expect replayed points balance", "expect replayed coupon confirm NOPE", "! relay points-1 a.b.c", "expect replayed relay points-1 a.b.c",
		"relay nothing", "pionts balance", "points confirm", "checkout")
	wantLines(t, comment, "session new op_1", "points confirm 500", "expect coupon_unknown coupon confirm NOPE", "expect coupon_unknown coupon confirm NOPE",
		"expect coupon_unknown coupon confirm NOPE", "points balance", "points balance", "expect coupon_unknown coupon confirm NOPE",
		"expect malformed relay points-1 a.b.c", "expect replayed,malformed relay points-1 a.b.c", "stdout '^points-1: rejected, replayed$'")
	for _, dropped := range []string{"pionts", "nothing", "points confirm\n", "left out"} {
		if strings.Contains(comment, dropped) {
			t.Errorf("%q stands in\n%s", dropped, comment)
		}
	}
}

// What is another in each world is named so that each understands it.
func TestRecordRewrites(t *testing.T) {
	for _, output := range []string{"text", "json"} {
		t.Run(output, func(t *testing.T) {
			s := recordable(t, nil, "")
			shelltest.Do(t, s, "set output "+output, "capture S session new --fact subtotal=120.00 --jq .order_processing_id", "session new", "coupon confirm TEN --name mine",
				"keys rotate coupons", "let KID_1 taken")
			first := s.World.Sessions()[0].ID
			raw, kid := s.Wallet.ByHandle["mine"].Raw, firstKey(t, s, "coupons")
			comment, _ := recorded(t, s, "let T "+raw, "relay $T", "expect replayed relay "+raw, "session use "+first, "session show $S", "keys retire "+kid, "keys disable "+kid)
			let := "capture T token raw mine"
			if output == "json" {
				let += " --jq .raw"
			}
			wantLines(t, comment, "capture S session new order-1 --fact subtotal=120.00 --jq .order_processing_id", "session new order-2", "coupon confirm TEN --name mine", let,
				"relay $T", "expect replayed relay mine", "session use order-1", "session show $S",
				`capture KID_2 keys list --jq '.keys[] | select(.kid | startswith("coupons-k1-")).kid'`, "keys retire $KID_2", "keys disable $KID_2")
			if strings.Contains(comment, "left out") || strings.Contains(comment, raw[:20]) {
				t.Errorf("something is left out, or a token is in\n%s", comment)
			}
		})
	}
}

// Used files become sections, each as it was when it was used; what the session
// wrote itself is written again, and nowhere but in the scenario's folder.
func TestRecordFiles(t *testing.T) {
	s := recordable(t, seeded(7), "")
	outside := t.TempDir()
	writeIn(t, s, "a.jwt", "not.a.token\n")
	writeIn(t, s, "lines.tsh", "points balance\nsource more/lines.tsh\n")
	writeIn(t, s, "more/lines.tsh", "expect malformed relay @../a.jwt\n")
	if err := os.WriteFile(filepath.Join(outside, "b c.jwt"), []byte("x.y.z"), 0o666); err != nil {
		t.Fatal(err)
	}
	set := filepath.Join(outside, "set.json")
	shelltest.Do(t, s, "session new op_1", "expect malformed relay @a.jwt", "source lines.tsh", "expect malformed relay '@"+outside+"/b c.jwt'")
	writeIn(t, s, "a.jwt", "another.token\n")
	shelltest.Do(t, s, "expect malformed relay @a.jwt", "coupon confirm TEN", "keys jwks --out "+set, "keys jwks --out="+set)
	before, err := os.ReadFile(set)
	if err != nil {
		t.Fatal(err)
	}
	comment, files := recorded(t, s, "token explain coupon-1 --jwks "+set, "expect malformed relay @a.jwt", "source nowhere.tsh")
	wantLines(t, comment, "expect malformed relay @a.jwt", "source lines.tsh", "expect malformed relay @used/b-c.jwt", "expect malformed relay @used/2-a.jwt",
		"coupon confirm TEN", "keys jwks --out set.json", "stdout '^set\\.json: 3 keys$'", "keys jwks --out=set.json", "token explain coupon-1 --jwks set.json",
		"stdout '^coupon-1: accepted$'", "expect malformed relay @used/2-a.jwt", "# left out: source nowhere.tsh (it failed, and was not refused: nowhere.tsh: no such file or directory)")
	want := map[string]string{
		"a.jwt": "not.a.token\n", "lines.tsh": "points balance\nsource more/lines.tsh\n", "more/lines.tsh": "expect malformed relay @../a.jwt\n",
		"used/b-c.jwt": "x.y.z\n", "used/2-a.jwt": "another.token\n",
	}
	if fmt.Sprint(files) != fmt.Sprint(want) {
		t.Errorf("the sections are %v, want %v", files, want)
	}
	if after, err := os.ReadFile(set); err != nil || string(after) != string(before) {
		t.Errorf("the session's file was written by the recorder: %v", err)
	}
}

// What must not be passed on, or cannot be, is left out with its reason, and
// so is the file.
func TestRecordLeavesOut(t *testing.T) {
	s := recordable(t, seeded(7), "")
	shelltest.Do(t, s, "session new op_1", "coupon confirm TEN")
	raw := s.Wallet.Held[0].Raw
	absolute := filepath.Join(s.Dir.Path, "lines.tsh")
	for name, text := range map[string]string{
		"live.jwt": raw + "\n", "private.json": `{"keys":[{"kty":"oct","k":"AAAA"}]}`, "lines.tsh": "points balance\n", "outer.tsh": "source " + absolute + "\n",
		"sections.jwt": "x\n-- a --\ny.z\n", "spoiled.jwt": stage.Spoiled(raw), "stops.tsh": "points confirm 5\ncoupon confirm NOPE\n", "large.jwt": strings.Repeat("a", 1<<20+1),
	} {
		writeIn(t, s, name, text)
	}
	interrupted, stop := context.WithCancel(t.Context())
	stop()
	var printed strings.Builder
	_ = s.Line(interrupted, "explore --bound tokens=1", false, &printed, &printed)
	comment, files := recorded(t, s, "relay @live.jwt", "token import private.json", "source outer.tsh", "relay @sections.jwt", "relay @spoiled.jwt", "source stops.tsh", "relay @large.jwt",
		"let A "+raw+"."+raw, "token list --jq .tokens.x", "points confirm 5 --name odd --jq .token.x", "relay odd", "watch 1s --count 2 points balance")
	for line, why := range map[string]string{
		"explore --bound tokens=1":  "it was interrupted",
		"relay @live.jwt":           "live.jwt holds a token that may still be good",
		"token import private.json": "private.json holds a private key",
		"source outer.tsh":          "what it sources names " + absolute + ", which is nowhere else",
		"relay @sections.jwt":       "sections.jwt has lines that look like the sections of a scenario",
		"relay @spoiled.jwt":        "spoiled.jwt holds a token that may still be good",
		"source stops.tsh":          "stops.tsh:2: stopped here",
		"relay @large.jwt":          "large.jwt is too large for a scenario",
		"let A (token)":             "it holds a token that no handle stands for",
	} {
		wantLines(t, comment, fmt.Sprintf("# left out: %s (%s)", line, why))
	}
	for _, part := range []string{"# left out: points confirm 5 --name odd --jq .token.x (it failed", "# left out: relay odd (it was done, and in a scenario it would be a failure: there is no token"} {
		if !strings.Contains(comment, part) {
			t.Errorf("no %q in\n%s", part, comment)
		}
	}
	wantLines(t, comment, "watch 1s --count 2 points balance")
	if len(files) > 0 || strings.Contains(comment, "token list --jq") {
		t.Errorf("there are sections %v, or what was not understood, in\n%s", files, comment)
	}
}

// Another world goes with its scenario, which passes without --world.
func TestRecordAnotherWorld(t *testing.T) {
	s := recordable(t, nil, shelltest.SmallWorld)
	writeIn(t, s, "world.yaml", "let A b\n") // a file of that name is none
	comment, files := recorded(t, s, "session new", "coupon confirm ONCE", "points confirm 11", "source world.yaml")
	wantLines(t, comment, "session new order-1", "coupon confirm ONCE", "expect points_insufficient points confirm 11", "source used/world.yaml")
	if files["world.yaml"] != shelltest.SmallWorld || files["used/world.yaml"] != "let A b\n" {
		t.Errorf("the sections are %v", files)
	}
}

// The date of a live world may matter, and the pauses when they do; else they
// are nobody's business.
func TestRecordTime(t *testing.T) {
	dated := "customers: [{id: ann}]\ncoupons:\n  - {code: NOW, amount: '1.00', valid: {from: 2026-06-01T00:00:00Z, until: 2099-01-01T00:00:00Z}}\n"
	pause := func(s *interp.Shell, d time.Duration) {
		if err := s.World.Clock.Advance(d); err != nil {
			t.Fatal(err)
		}
	}
	s := recordable(t, seeded(9), dated)
	pause(s, 200*24*time.Hour+500*time.Millisecond)
	shelltest.Do(t, s, "session new", "coupon confirm NOW --ttl 60s")
	pause(s, 10*time.Second)
	shelltest.Do(t, s, "token list")
	pause(s, 5*time.Second)
	comment, _ := recorded(t, s, "relay coupon-1")
	wantLines(t, comment, "clock set 2026-07-20T00:00:00Z", "session new order-1", "coupon confirm NOW --ttl 60s", "token list", "relay coupon-1")
	if strings.Contains(comment, "clock advance") {
		t.Errorf("pauses that matter to nobody are in\n%s", comment)
	}

	s = recordable(t, seeded(9), dated)
	pause(s, 200*24*time.Hour)
	shelltest.Do(t, s, "set output json", "session new", "coupon confirm NOW --ttl 25s")
	pause(s, 26*time.Second)
	comment, _ = recorded(t, s, "relay coupon-1")
	wantLines(t, comment, "clock set 2026-07-20T00:00:00Z", "set output json", "coupon confirm NOW --ttl 25s", "clock advance 26s", "expect expired relay coupon-1")
}

// What was run before the beginning is repeated, and not looked at.
func TestRecordFromTheMiddle(t *testing.T) {
	s := recordable(t, seeded(7), "")
	shelltest.Do(t, s, "session new", "points balance", "coupon confirm TEN", "record start story.txtar", "points balance", "relay coupon-1")
	if text := shelltest.Do(t, s, "record stop"); !strings.HasPrefix(text, "story.txtar: 2 commands, 0 left out; it passes") {
		t.Errorf("it says %s", text)
	}
	comment, _ := story(t, s)
	want := `# Recorded with tokenshell.
session new order-1
coupon confirm TEN

# From here on it was recorded.
points balance
stdout '^user_123 has 1200 points: 0 held, 1200 available$'
relay coupon-1
stdout '^coupon-1: accepted, for coupons$'
`
	if comment != want {
		t.Errorf("it is\n%swant\n%s", comment, want)
	}
}

// What is asked of record and cannot be is said when it is asked.
func TestRecordRefuses(t *testing.T) {
	s := recordable(t, seeded(7), "")
	writeIn(t, s, "there.txtar", "")
	for line, part := range map[string]string{
		"record stop": "nothing is being recorded", "record start there.txtar": "there is a file", "record --from-start there.txtar": "there is a file",
		"record start story.txt": "is not a name for a scenario", "record start nowhere/story.txtar": "there is no such folder", "record start .": "not a name", "record": "",
		"record start " + strings.Repeat("n", 300) + ".txtar": "file name too long",
	} {
		if _, printed := shelltest.Refused(t, s, line); !strings.Contains(printed, part) {
			t.Errorf("%s: %s", line, printed)
		}
	}
	shelltest.Do(t, s, "record start story.txtar")
	if _, printed := shelltest.Refused(t, s, "record start other.txtar"); !strings.Contains(printed, "story.txtar is being recorded already") {
		t.Errorf("a second one: %s", printed)
	}
	writeIn(t, s, "story.txtar", "mine\n")
	if _, printed := shelltest.Refused(t, s, "record stop"); !strings.Contains(printed, "there is a file") {
		t.Errorf("a file that came meanwhile: %s", printed)
	}
	if err := os.Remove(s.Dir.Full("story.txtar")); err != nil {
		t.Fatal(err)
	}
	shelltest.Do(t, s, "points balance", "record stop", "record start other.txtar")
}

// A shell that has forgotten how it began says so before it records.
func TestRecordAfterTooMuch(t *testing.T) {
	s := recordable(t, seeded(7), "")
	for range 10_001 {
		shelltest.Do(t, s, "set tips on")
	}
	if n := len(s.Transcript.All()); n != 10_000 || s.Transcript.Dropped() != 1 {
		t.Errorf("%d are kept, %d left", n, s.Transcript.Dropped())
	}
	for _, line := range []string{"record start story.txtar", "record --from-start story.txtar"} {
		if _, printed := shelltest.Refused(t, s, line); !strings.Contains(printed, "and not how it came to them") {
			t.Errorf("%s: %s", line, printed)
		}
	}
}

// A recording is written when its shell ends.
func TestRecordEndsWithItsShell(t *testing.T) {
	for _, last := range []string{"", "quit\n"} {
		s := recordable(t, seeded(7), "")
		var stdout, stderr strings.Builder
		script := "record start story.txtar\nsession new\ncoupon confirm TEN\n" + last
		if err := s.Script("stdin", strings.NewReader(script), false, &stdout, &stderr); err != nil || !strings.Contains(stdout.String(), "story.txtar: 2 commands, 0 left out; it passes") {
			t.Errorf("%v: %s%s", err, stdout.String(), stderr.String())
		}
		comment, _ := story(t, s)
		wantLines(t, comment, "session new order-1", "coupon confirm TEN")
	}
}

// A recording that cannot be written when its shell ends is a failure, and an
// interrupted one leaves nothing behind.
func TestRecordThatIsNotWritten(t *testing.T) {
	s := recordable(t, seeded(7), "")
	interrupted, stop := context.WithCancel(t.Context())
	stop()
	var stdout, stderr strings.Builder
	shelltest.Do(t, s, "points balance")
	if err := s.Line(interrupted, "record --from-start story.txtar", false, &stdout, &stderr); exit.Code(err) != exit.Interrupted {
		t.Errorf("interrupted: %v", err)
	}
	if _, err := os.Stat(s.Dir.Full("story.txtar")); err == nil {
		t.Error("an interrupted recording was written")
	}
	shelltest.Do(t, s, "record start story.txtar")
	writeIn(t, s, "story.txtar", "mine\n")
	err := s.Script("stdin", strings.NewReader("points balance\n"), false, &stdout, &stderr)
	if exit.Code(err) != exit.Refused || !strings.Contains(stderr.String(), "there is a file story.txtar already") {
		t.Errorf("%v: %s", err, stderr.String())
	}
}

// firstKey gives the oldest kid of a service.
func firstKey(t *testing.T, s *interp.Shell, service string) string {
	t.Helper()
	p, err := s.World.Service(service)
	if err != nil {
		t.Fatal(err)
	}
	return p.Keys().List()[0].ID
}

// A world that was put aside and taken back is one in the scenario, too, live or
// with a seed.
func TestRecordingAWorldThatIsTakenBack(t *testing.T) {
	for name, seed := range map[string]*uint64{"live": nil, "seeded": seeded(7)} {
		t.Run(name, func(t *testing.T) {
			comment, _ := recorded(t, recordable(t, seed, ""),
				"session new op_1 --fact subtotal=120.00", "world save before", "points confirm 500", "clock advance 5m", "points balance", "world restore before", "points balance",
				"points confirm 1200", "expect points_insufficient points confirm 1", "redeem --direct points-1", "world restore nowhere", "world reset")
			for _, want := range []string{"world save before\n", "world restore before\n", "points confirm 1200\n", "expect points_insufficient points confirm 1\n", "world reset\n"} {
				if !strings.Contains(comment, want) {
					t.Errorf("%q is missing:\n%s", want, comment)
				}
			}
			if strings.Contains(comment, "nowhere") || strings.Contains(comment, "left out") {
				t.Errorf("%s", comment)
			}
		})
	}
}

// Of what relay, redeem and checkout say every line is asked for, however many there
// are; of other verbs some are, and the rest is counted.
func TestRecordKeepsResults(t *testing.T) {
	s := recordable(t, seeded(1), "")
	lines := []string{"session new op_1 --fact payable=90.00", "fault points.cancel timeout --count 27", "coupon confirm TEN", "payment confirm 80.00 --method visa"}
	for range 9 {
		lines = append(lines, "points confirm 10")
	}
	comment, _ := recorded(t, s, append(lines, "! checkout", "log", "set output json", "session show")...)
	for i := range 9 {
		wantLines(t, comment, fmt.Sprintf("stdout '^points-%d: accepted, for points$'", i+1), fmt.Sprintf("stdout '^points-%d: failed by points, service_unavailable$'", i+1))
	}
	wantLines(t, comment, "expect constraint_violated"+strings.Repeat(",service_unavailable", 9)+" checkout",
		"stdout '^coupon-1: cancelled by coupons$'", "stdout '^payment-1: refused by payments, constraint_violated$'", "stdout '^session op_1 is stuck$'",
		"stdout '^redeem --resume takes it to its end$'", "log")
	after := comment[strings.Index(comment, "\nlog\n"):]
	if asked := strings.Count(after[:strings.Index(after, "\n#")], "\nstdout "); asked != 6 || !regexp.MustCompile(`\n# \d+ more lines of what it said are not asked for\n`).MatchString(after) {
		t.Errorf("of the log %d lines are asked for:%s", asked, after)
	}
	if strings.Contains(comment[:strings.Index(comment, "\nlog\n")], "not asked for") {
		t.Errorf("something before the log is left out:\n%s", comment)
	}
}

// A line that is too long to be read is known by its beginning.
func TestRecordLongLines(t *testing.T) {
	s := recordable(t, seeded(1), "")
	comment, _ := recorded(t, s, "session new "+strings.Repeat("n", 126)+" --customer "+strings.Repeat("c", 125))
	if !regexp.MustCompile(`(?m)^stdout '\^session n{126} of c{90,}'$`).MatchString(comment) {
		t.Error(comment)
	}
}
