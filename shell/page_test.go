// Pages: what verbs print fits the window, and looks the same without colours.

package shell

import (
	"bufio"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/jedib0t/go-pretty/v6/text"

	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/page"
)

// onScreen gives a shell a terminal to print on, and a run that gives what a
// line left there: on stdout and on stderr, as a person sees them.
func onScreen(t *testing.T, s *Shell, columns int) (run func(line string) (shown string, err error)) {
	t.Helper()
	master, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = tty.Close() // nothing is lost with it
		_ = master.Close()
	})
	resize(t, tty, columns)
	s.window = &page.Window{File: tty, Colors: true}
	const end = 0 // no verb prints a NUL
	reader := bufio.NewReader(master)
	return func(line string) (string, error) {
		t.Helper()
		read := make(chan string)
		go func() { // meanwhile: a terminal that nobody reads blocks its writer
			shown, _ := reader.ReadString(end)
			read <- shown
		}()
		err := s.Line(t.Context(), line, false, tty, tty)
		if _, wrong := tty.Write([]byte{end}); wrong != nil {
			t.Fatal(wrong)
		}
		return strings.ReplaceAll(strings.TrimSuffix(<-read, "\x00"), "\r\n", "\n"), err
	}
}

func resize(t *testing.T, tty *os.File, columns int) {
	t.Helper()
	if err := pty.Setsize(tty, &pty.Winsize{Rows: 24, Cols: uint16(columns)}); err != nil {
		t.Fatal(err)
	}
}

// widest gives the widest line of a text, and how wide it is.
func widest(shown string) (line string, columns int) {
	for l := range strings.Lines(shown) {
		l = strings.TrimSuffix(l, "\n")
		if n := text.StringWidthWithoutEscSequences(l); n > columns {
			line, columns = l, n
		}
	}
	return line, columns
}

// busyShell is a shell in whose world everything has happened that a list could
// show: long ids, wide ones, refusals, tokens of each service in many states.
func busyShell(t *testing.T) *Shell {
	t.Helper()
	s := goldenShell(t, 7)
	s.dir = t.TempDir()
	for _, line := range []string{
		"session new --fact subtotal=125.00", "coupon confirm SPRING25", "points confirm 500", "payment confirm 80.00 --method visa",
		"fault payments.redeem lost-reply", "checkout", "session new a-very-long-name-for-an-order.that-goes-on-and-on_and-on",
		"coupon confirm TEN --name another-long-handle.of-somebody", "relay another-long-handle.of-somebody", "relay another-long-handle.of-somebody",
		"points confirm 5 --ttl 1s", "clock advance 2s", "relay points-2", "session new op_3", "coupon confirm FIVE", "revoke coupon-2",
		"relay coupon-2", "payment confirm 9.00 --method visa", "fault kms.decrypt refuse", "fault points.cancel slow --count 3", "checkout payment-2",
		"let TEXT '注文は一度だけ使えます。注文は一度だけ使えます。注文は一度だけ使えます。注文は一度だけ使えます。'", "keys rotate coupons", "coupon confirm '注文は一度だけ使えます'",
	} {
		if err := s.Line(t.Context(), line, false, &bytes.Buffer{}, &bytes.Buffer{}); err != nil && len(exit.Rejections(err)) == 0 {
			t.Fatalf("%s: %v", line, err)
		}
	}
	return s
}

// lookingLines are lines that only look, one of each kind of page.
var lookingLines = []string{
	"session list", "session show", "coupon list", "points balance", "payment methods", "token list", "token show payment-1 --as payments",
	"token explain payment-2", "keys list", "trust list", "clock show", "fault list", "attack list --group key", "attack list --group flow",
	"view client", "view relay", "view kms", "view coupons", "view points", "view payments", "log", "trace", "set",
	"help", "help payment confirm", "help relay", "help coupons", "help session_mismatch", "help reasons", "help checks", "let X $TEXT",
}

// Whatever a verb prints, no line of it is wider than the window.
func TestNoLineIsWiderThanTheWindow(t *testing.T) {
	s := busyShell(t)
	run := onScreen(t, s, 80)
	for columns := 20; columns <= 200; columns += 1 + columns/12 {
		resize(t, s.window.File, columns)
		for _, line := range lookingLines {
			shown, err := run(line)
			if err != nil {
				t.Fatalf("%s: %v", line, err)
			}
			if wide, n := widest(shown); n > columns {
				t.Fatalf("%s: %d columns in a window of %d:\n%s", line, n, columns, wide)
			}
		}
	}
}

// What is to be copied stays whole, however narrow the window is.
func TestWhatIsToBeCopiedIsNeverFolded(t *testing.T) {
	s := busyShell(t)
	run := onScreen(t, s, 40)
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
	s := busyShell(t)
	run := onScreen(t, s, 80)
	coloured := 0
	for _, columns := range []int{20, 33, 40, 60, 80, 120, 200} {
		resize(t, s.window.File, columns)
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
	s := busyShell(t)
	run := onScreen(t, s, 40)
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
			s := goldenShell(t, 1)
			said(t, s, "session new op_1", "coupon confirm TEN", "set color "+test.set)
			run := onScreen(t, s, 80)
			if s.window = page.NewWindow(s.window.File); s.window == nil {
				t.Fatal("a terminal is no window")
			}
			shown := ""
			if test.terminal {
				shown, _ = run("token list")
			} else {
				shown = said(t, s, "token list")
			}
			if !strings.Contains(shown, "coupon-1") || strings.Contains(shown, "\x1b[") != test.want {
				t.Errorf("colours: %t, want %t\n%q", !test.want, test.want, shown)
			}
		})
	}
}

func TestAFileIsNoWindow(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if w := page.NewWindow(file); w != nil || w.Width() != 0 {
		t.Errorf("a file is a window of %d columns", w.Width())
	}
}

func TestTakenRows(t *testing.T) {
	for _, test := range []struct {
		what    string
		columns int
		want    int
	}{
		{"", 80, 0}, {"a", 80, 1}, {"a\n\nb\n", 80, 3}, {strings.Repeat("a", 80) + "\n", 80, 1}, {strings.Repeat("a", 81) + "\n", 80, 2},
		{"\x1b[31m" + strings.Repeat("a", 80) + "\x1b[0m\n", 80, 1}, {strings.Repeat("注", 41), 80, 2}, {"abc", 0, 3},
	} {
		if got := page.TakenRows(test.what, test.columns); got != test.want {
			t.Errorf("%.20q takes %d rows of %d columns, want %d", test.what, got, test.columns, test.want)
		}
	}
}

// Progress is told once in a while to who waits at a terminal, and nothing of it
// stays.
func TestProgress(t *testing.T) {
	var shown bytes.Buffer
	now := time.Duration(0)
	p := &page.Progress{To: &shown, Began: func() time.Duration { return now }}
	for range 5 { // 0, 150, 300, 450, 600 ms
		p.Tell(func(took time.Duration) string { return took.String() })
		now += 150 * time.Millisecond
	}
	p.End()
	if got, want := shown.String(), "\r300ms \x1b[K\r600ms \x1b[K\r\x1b[K"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	shown.Reset()
	soon := &page.Progress{To: p.To, Began: func() time.Duration { return 0 }}
	soon.Tell(func(time.Duration) string { return "at once" })
	soon.End()
	(&page.Progress{Began: func() time.Duration { return time.Hour }}).Tell(func(time.Duration) string { return "nobody hears it" })
	if shown.Len() > 0 {
		t.Errorf("%q, of work that is done soon", &shown)
	}
}
