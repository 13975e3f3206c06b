// Windows: what verbs print fits the window, and looks the same without colours.

package verbs_test

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/jedib0t/go-pretty/v6/text"

	"tokenshell/shell/internal/page"
	"tokenshell/shell/internal/shelltest"
)

// lookingLines are lines that only look, one of each kind of page.
var lookingLines = []string{
	"session list", "session show", "coupon list", "points balance", "payment methods", "token list", "token show payment-1 --as payments",
	"token explain payment-2", "keys list", "trust list", "clock show", "fault list", "attack list --group key", "attack list --group flow",
	"view client", "view relay", "view kms", "view coupons", "view points", "view payments", "log", "trace", "set",
	"help", "help payment confirm", "help relay", "help coupons", "help session_mismatch", "help reasons", "help checks", "let X $TEXT",
}

// Whatever a verb prints, no line of it is wider than the window.
func TestNoLineIsWiderThanTheWindow(t *testing.T) {
	t.Parallel()
	s := shelltest.Busy(t)
	run := shelltest.OnScreen(t, s, 80)
	for columns := 20; columns <= 200; columns += 1 + columns/12 {
		shelltest.Resize(t, s.Screen.Window.File, columns)
		for _, line := range lookingLines {
			shown, err := run(line)
			if err != nil {
				t.Fatalf("%s: %v", line, err)
			}
			if wide, n := shelltest.Widest(shown); n > columns {
				t.Fatalf("%s: %d columns in a window of %d:\n%s", line, n, columns, wide)
			}
		}
	}
}

// What is to be copied stays whole, however narrow the window is.
func TestWhatIsToBeCopiedIsNeverFolded(t *testing.T) {
	t.Parallel()
	s := shelltest.Busy(t)
	run := shelltest.OnScreen(t, s, 40)
	for _, line := range []string{"token raw coupon-1", "keys jwks", "trace --format mermaid", "token list -o json", "trace --jq '.messages[0]'"} {
		shown, err := run(line)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		var piped bytes.Buffer
		if err := s.Line(t.Context(), line, false, &piped, &piped); err != nil || shown != piped.String() {
			t.Errorf("%s: in a window of 40 columns it is\n%s\nand in a pipe\n%s", line, shown, &piped)
		}
	}
}

// Colours only colour: without them the text is the same, folds and all.
func TestColoursChangeNoText(t *testing.T) {
	t.Parallel()
	s := shelltest.Busy(t)
	run := shelltest.OnScreen(t, s, 80)
	coloured := 0
	for _, columns := range []int{20, 33, 40, 60, 80, 120, 200} {
		shelltest.Resize(t, s.Screen.Window.File, columns)
		for _, line := range lookingLines {
			shown := map[string]string{}
			for _, when := range []string{"always", "never"} {
				var err error
				if shown[when], err = run(line + " --color " + when); err != nil {
					t.Fatalf("%s: %v", line, err)
				}
			}
			if strings.Contains(shown["never"], "\x1b") {
				t.Errorf("%s --color never: an escape in %q", line, shown["never"])
			}
			if strings.Contains(shown["always"], "\x1b") {
				coloured++
			}
			if got := text.StripEscape(shown["always"]); got != shown["never"] {
				t.Errorf("%s at %d columns: with colours\n%s\nand without\n%s", line, columns, got, shown["never"])
			}
		}
	}
	if coloured < 100 {
		t.Errorf("only %d pages had colours", coloured)
	}
}

// Each line that has a colour ends it, so that a pager or grep that takes a
// line out takes no colour with it.
func TestNoColourRunsOverALine(t *testing.T) {
	t.Parallel()
	s := shelltest.Busy(t)
	run := shelltest.OnScreen(t, s, 40)
	for _, line := range lookingLines {
		shown, err := run(line + " --color always")
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		for l := range strings.Lines(shown) {
			if at := strings.LastIndex(l, "\x1b["); at >= 0 && !strings.HasPrefix(l[at:], text.EscapeReset) {
				t.Errorf("%s: %q ends in a colour", line, l)
			}
		}
	}
}

func TestWhoGetsColours(t *testing.T) {
	for _, test := range []struct {
		name, set, term, noColor string
		terminal, want           bool
	}{
		{"auto in a pipe", "auto", "xterm", "", false, false},
		{"auto at a terminal", "auto", "xterm", "", true, true},
		{"auto with NO_COLOR", "auto", "xterm", "1", true, false},
		{"auto at a dumb terminal", "auto", "dumb", "", true, false},
		{"always in a pipe", "always", "xterm", "", false, true},
		{"always with NO_COLOR", "always", "dumb", "1", true, true}, // who says always means it
		{"never at a terminal", "never", "xterm", "", true, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Setenv("TERM", test.term)
			t.Setenv("NO_COLOR", test.noColor)
			s := shelltest.New(t, 1)
			shelltest.Do(t, s, "session new op_1", "coupon confirm TEN", "set color "+test.set)
			run := shelltest.OnScreen(t, s, 80)
			if s.Screen.Window = page.NewWindow(s.Screen.Window.File); s.Screen.Window == nil {
				t.Fatal("a terminal is not a window")
			}
			shown := ""
			if test.terminal {
				shown, _ = run("token list")
			} else {
				shown = shelltest.Do(t, s, "token list")
			}
			if !strings.Contains(shown, "coupon-1") || strings.Contains(shown, "\x1b[") != test.want {
				t.Errorf("colours: %t, want %t\n%q", !test.want, test.want, shown)
			}
		})
	}
}

// The log is what people look at most: it is a table in a window of 80 columns,
// whatever the order is called.
func TestTheLogIsATableAt80Columns(t *testing.T) {
	s := shelltest.New(t, 7)
	shelltest.Do(t, s, "session new", "coupon confirm TEN", "relay coupon-1", "expect replayed relay coupon-1", "redeem")
	shown, err := shelltest.OnScreen(t, s, 80)("log --color never")
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"TIME      PARTY    STEP     ORDER       JTI         OUTCOME\n", "00:00:00  relay    relay    op_", "  replayed\n"} {
		if !strings.Contains(shown, part) {
			t.Errorf("it lacks %q:\n%s", part, shown)
		}
	}
}

// How long a token has left is read in one piece, at whatever second.
func TestADurationIsNotFolded(t *testing.T) {
	s := shelltest.New(t, 7)
	shelltest.Do(t, s, "session new o", "coupon confirm TEN", "points confirm 100", "payment confirm 5.00 --method visa")
	for range 3 {
		shelltest.Do(t, s, "clock advance 1s")
		shown, err := shelltest.OnScreen(t, s, 80)("token list --color never")
		if err != nil {
			t.Fatal(err)
		}
		left := regexp.MustCompile(`1 min 5[789] s`)
		if whole := left.FindAllString(shown, -1); len(whole) != 3 {
			t.Errorf("%d whole durations of the three:\n%s", len(whole), shown)
		}
	}
}

// A refusal is bad news, but for an attack: there it is what should have come.
func TestARefusedAttackIsGoodNews(t *testing.T) {
	s := shelltest.New(t, 1)
	if got := shelltest.Do(t, s, "attack run ALG-01 --color always"); !strings.Contains(got, "\x1b[32mrefused\x1b[0m") {
		t.Errorf("%q", got)
	}
	var out strings.Builder
	_ = s.Line(t.Context(), "attack run ALG-01 --without algorithm --color always", false, &out, &out) // it gets through, or for another reason
	if strings.Contains(out.String(), "\x1b[32mgot_through") {
		t.Errorf("%q", &out)
	}
}
