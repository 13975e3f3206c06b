//go:build unix

// The prompt, behind a pseudo-terminal, and a person at it.

package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/jedib0t/go-pretty/v6/text"
)

// person types at a tokenshell and reads what it says.
type person struct {
	t      *testing.T
	tty    *os.File
	cmd    *exec.Cmd
	output chan string
	raw    strings.Builder
	home   string // where its files are
}

// sit starts a prompt in a window and waits until it reads.
func sit(t *testing.T, columns int, environ ...string) *person {
	t.Helper()
	return sitAt(t, command(t), columns, environ...)
}

// sitAt is sit with a command that starts the prompt.
func sitAt(t *testing.T, cmd *exec.Cmd, columns int, environ ...string) *person {
	t.Helper()
	p := &person{t: t, cmd: cmd, output: make(chan string, 64), home: t.TempDir()}
	p.cmd.Dir = p.home
	p.cmd.Env = append(p.cmd.Env, "TERM=xterm", "NO_COLOR=", "GORACE=atexit_sleep_ms=0", "XDG_CONFIG_HOME="+filepath.Join(p.home, "config"), "XDG_STATE_HOME="+filepath.Join(p.home, "state"))
	p.cmd.Env = append(p.cmd.Env, environ...)
	tty, err := pty.StartWithSize(p.cmd, &pty.Winsize{Rows: 30, Cols: uint16(columns)})
	if err != nil {
		t.Fatal(err)
	}
	p.tty = pollable(t, tty)
	go p.listen()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill() // one that has ended is fine
		_ = p.tty.Close()
	})
	p.atPrompt(1)
	return p
}

// pollable gives tty in a form that can be closed under a read.
func pollable(t *testing.T, tty *os.File) *os.File {
	t.Helper()
	defer tty.Close()
	fd, err := syscall.Dup(int(tty.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.SetNonblock(fd, true); err != nil {
		t.Fatal(err)
	}
	return os.NewFile(uintptr(fd), "ptmx")
}

func (p *person) listen() {
	defer close(p.output)
	for {
		b := make([]byte, 64<<10)
		n, err := p.tty.Read(b)
		if n > 0 {
			p.output <- string(b[:n])
		}
		if err != nil { // on Linux the end of the other side is an error
			return
		}
	}
}

// until reads until ok.
func (p *person) until(what string, ok func() bool) {
	p.t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	for !ok() {
		select {
		case said, open := <-p.output:
			p.raw.WriteString(said)
			if !open {
				p.t.Fatalf("it ended before %s:\n%s", what, tail(p.raw.String()))
			}
		case <-deadline.C:
			p.t.Fatalf("no %s:\n%s", what, tail(p.raw.String()))
		}
	}
}

func tail(said string) string { return said[max(0, len(said)-2000):] }

// types sends keys, and reads meanwhile: who cannot write does not read either.
func (p *person) types(keys string) {
	p.t.Helper()
	sent := make(chan error, 1)
	go func() {
		_, err := io.WriteString(p.tty, keys)
		sent <- err
	}()
	for output := p.output; ; {
		select {
		case err := <-sent:
			if err != nil {
				p.t.Fatal(err)
			}
			return
		case said, open := <-output:
			if !open {
				output = nil
			}
			p.raw.WriteString(said)
		}
	}
}

// reading is what the line editor sends when it begins to read a line.
const reading = "\x1b[?2004h"

var (
	sequence = regexp.MustCompile(`\x1b(?:\[[0-9;?]*[A-Za-z]|[78])`)
	aPrompt  = regexp.MustCompile(`^\S.*> $`)
)

// lastLine is where the cursor stands.
func (p *person) lastLine() string {
	said := p.raw.String()
	said = sequence.ReplaceAllString(said[strings.LastIndex(said, "\n")+1:], "")
	said = said[strings.LastIndex(said, "\r")+1:]
	return strings.ReplaceAll(said, " \b", "") // readline clears what is behind the cursor
}

// atPrompt waits for the n-th line to be read, with an empty prompt in front.
func (p *person) atPrompt(n int) {
	p.t.Helper()
	p.until(fmt.Sprintf("prompt %d", n), func() bool {
		return strings.Count(p.raw.String(), reading) >= n && aPrompt.MatchString(p.lastLine())
	})
}

// does types keys that enter a line, and gives what it said until the next
// prompt, without escapes.
func (p *person) does(keys string) string {
	p.t.Helper()
	n, from := strings.Count(p.raw.String(), reading), p.raw.Len()
	p.types(keys)
	p.atPrompt(n + 1)
	said := sequence.ReplaceAllString(p.raw.String()[from:], "")
	for _, wrong := range []string{"panic", "this is a bug", "DATA RACE", "goroutine "} {
		if strings.Contains(said, wrong) {
			p.t.Fatalf("%.40q: %s in\n%s", keys, wrong, tail(said))
		}
	}
	return strings.ReplaceAll(said, "\r\n", "\n")
}

// enters types a line.
func (p *person) enters(line string, parts ...string) string {
	p.t.Helper()
	said := p.does(line + "\r")
	for _, part := range parts {
		wantContains(p.t, line, said, part)
	}
	return said
}

// leaves presses Ctrl-D and waits for the end.
func (p *person) leaves() {
	p.t.Helper()
	p.types("\x04")
	for said := range p.output {
		p.raw.WriteString(said)
	}
	if code := exitCode(p.t, p.cmd.Wait()); code != 0 {
		p.t.Errorf("exit code %d:\n%s", code, tail(p.raw.String()))
	}
}

// everyWindow tells a story in a narrow, a usual and a wide window.
func everyWindow(t *testing.T, story func(t *testing.T, columns int)) {
	for _, columns := range []int{40, 80, 200} {
		t.Run(fmt.Sprintf("%d columns", columns), func(t *testing.T) {
			t.Parallel()
			story(t, columns)
		})
	}
}

// fits holds lines against the window; what a person typed may wrap.
func fits(t *testing.T, said string, columns int) {
	t.Helper()
	for i, line := range strings.Split(said, "\n") {
		line = line[strings.LastIndex(line, "\r")+1:]
		if n := text.StringWidthWithoutEscSequences(line); n > columns && i > 0 && !strings.HasPrefix(line, "rejected: ") {
			t.Errorf("%d columns in a window of %d: %q", n, columns, line)
		}
	}
}

func TestBanner(t *testing.T) {
	everyWindow(t, func(t *testing.T, columns int) {
		p := sit(t, columns)
		said := strings.ReplaceAll(sequence.ReplaceAllString(p.raw.String(), ""), "\r", "")
		fits(t, "\n"+said, columns)
		for _, word := range []string{"tokenshell", "tour", "session new", "help", "Tab", "Ctrl-D"} {
			wantContains(t, "the banner", said, word)
		}
		if lines := strings.Count(said, "\n"); lines != 3 && columns >= 80 {
			t.Errorf("%d lines:\n%s", lines, said)
		}
		if got := p.lastLine(); got != "tokenshell> " {
			t.Errorf("the prompt is %q", got)
		}
		p.leaves()
	})
}

func TestACheckoutAtThePrompt(t *testing.T) {
	everyWindow(t, func(t *testing.T, columns int) {
		p := sit(t, columns)
		p.enters("session new op_1 --fact subtotal=120.00", "session op_1 of user_123 is open\n")
		p.enters("clock freeze")
		if got := p.lastLine(); !regexp.MustCompile(`^op_1 \d\d:\d\d:\d\d> $`).MatchString(got) {
			t.Errorf("where the time stands still the prompt is %q", got)
		}
		p.enters("coupon confirm SPRING25", "coupon-1: coupons:redeem")
		p.enters("points confirm 500", "points-1: points:redeem")
		p.enters("payment confirm 90.00 --method visa", "payment-1: payments:capture")
		fits(t, p.enters("token list", "coupon-1", "issued"), columns)
		p.enters("checkout", "payment-1: redeemed by payments", "session op_1 is completed\n")
		said := p.enters("relay coupon-1", "rejected: session_closed: ")
		wantContains(t, "the lesson", strings.Join(strings.Fields(said), " "), "hint: an order ends once: session new opens another")
		fits(t, p.enters("trace", "signature"), columns)
		fits(t, p.enters("log", "coupons"), columns)
		p.leaves()
	})
}

// A window that changes is followed by the next answer.
func TestResizeInBetween(t *testing.T) {
	p := sit(t, 200)
	p.enters("session new op_1")
	p.enters("coupon confirm TEN")
	p.enters("token list", "TOKEN     SERVICE  SESSION")
	for _, columns := range []int{40, 20, 80} {
		if err := pty.Setsize(p.tty, &pty.Winsize{Rows: 30, Cols: uint16(columns)}); err != nil {
			t.Fatal(err)
		}
		said := p.enters("token list", "coupon-1", "issued")
		fits(t, said, columns)
		if cards := strings.Contains(said, "TOKEN    coupon-1"); cards != (columns < 80) {
			t.Errorf("at %d columns it is\n%s", columns, said)
		}
	}
	p.leaves()
}

// There is colour where a person looks, unless they say otherwise.
func TestColoursAtThePrompt(t *testing.T) {
	for environ, want := range map[string]bool{"TERM=xterm-256color": true, "NO_COLOR=1": false} {
		p := sit(t, 80, environ)
		p.enters("session new op_1")
		p.enters("coupon confirm TEN")
		p.enters("token list")
		p.enters("coupon confirm NOPE")
		if got := regexp.MustCompile(`\x1b\[[0-9;]*m`).MatchString(p.raw.String()); got != want {
			t.Errorf("%s: colours: %t, want %t\n%q", environ, got, want, tail(p.raw.String()))
		}
		p.leaves()
	}
}

// Options of the rc file hold at the prompt, and nowhere else.
func TestRCAtThePrompt(t *testing.T) {
	config := t.TempDir()
	rc := filepath.Join(config, "tokenshell", "rc")
	if err := os.MkdirAll(filepath.Dir(rc), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(rc, []byte("set output json\nset nonsense on\nset tips off\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := sit(t, 80, "XDG_CONFIG_HOME="+config)
	p.enters("points balance", `{"customer":"user_123"`)
	said := p.raw.String()
	wantContains(t, "the start", strings.ReplaceAll(said, "\r", ""), "there is no option \"nonsense\"")
	wantContains(t, "the start", said, rc+":2: this line does not count")
	if strings.Contains(said, "tour shows") {
		t.Error("a banner, with tips off")
	}
	p.leaves()
	t.Setenv("XDG_CONFIG_HOME", config)
	if got := tokenshell(t, "points balance\n", "-c", "points balance"); got.stdout != "user_123 has 1200 points: 0 held, 1200 available\n" || got.stderr != "" {
		t.Errorf("%+v", got)
	}
}
