// Screens: what a person sees of a shell.

package shelltest

import (
	"bufio"
	"bytes"
	"os"
	"strings"
	"testing"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/page"

	"github.com/creack/pty"
	"github.com/jedib0t/go-pretty/v6/text"
)

// OnScreen gives a shell a terminal to print on, and a run that gives what a
// line left there: on stdout and on stderr, as a person sees them.
func OnScreen(t testing.TB, s *interp.Shell, columns int) (run func(line string) (shown string, err error)) {
	t.Helper()
	master, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = tty.Close() // nothing is lost with it
		_ = master.Close()
	})
	Resize(t, tty, columns)
	s.Screen.Window = &page.Window{File: tty, Colors: true}
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

// Resize gives a terminal another width.
func Resize(t testing.TB, tty *os.File, columns int) {
	t.Helper()
	if err := pty.Setsize(tty, &pty.Winsize{Rows: 24, Cols: uint16(columns)}); err != nil {
		t.Fatal(err)
	}
}

// Widest gives the widest line of a text, and how wide it is.
func Widest(shown string) (line string, columns int) {
	for l := range strings.Lines(shown) {
		l = strings.TrimSuffix(l, "\n")
		if n := text.StringWidthWithoutEscSequences(l); n > columns {
			line, columns = l, n
		}
	}
	return line, columns
}

// Busy is a shell in whose world everything has happened that a list could
// show: long ids, wide ones, refusals, tokens of each service in many states.
func Busy(t testing.TB) *interp.Shell {
	t.Helper()
	s := New(t, 7)
	s.Dir.Path = t.TempDir()
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
