//go:build unix

// What hands do at the prompt: keys, pastes, and ways to leave what runs.

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/creack/pty"
)

func TestKeysAtThePrompt(t *testing.T) {
	everyWindow(t, func(t *testing.T, columns int) {
		p := sit(t, columns)
		wantContains(t, "Tab", p.does("poi\tbal\t\r"), "user_123 has 1200 points")
		p.enters("session new op_1 --fact subtotal=120.00")
		wantContains(t, "Tab of a live value", p.does("coupon confirm SP\t\r"), "coupon-1: coupons:redeem")
		wantContains(t, "Tab of a handle", p.does("token show co\t--as rel\t\r"), "as relay sees it")
		wantContains(t, "Delete on an empty line", p.does("\x1b[3~\x1b[3~session show\r"), "op_1")
		if said := p.does("half a line\x03"); strings.Contains(said, "usage") || p.lastLine() != "op_1> " {
			t.Errorf("Ctrl-C: %q", said)
		}
		wantContains(t, "Ctrl-R", p.does("\x12bal\r"), "user_123 has 1200 points")
		wantContains(t, "the arrow up", p.does("\x1b[A\x1b[A\r"), "op_1")
		wantContains(t, "wide runes", p.does("let X 注文注文注文注文注文注文注文注文注文注文注文注文\x1b[D\x1b[D\t\t\x05文\r"), "注文注")
		wantContains(t, "Tab of wide runes", p.does("coupon confirm $\t\r"), "coupon_unknown")
		p.leaves()
	})
}

// Nothing that is pasted panics, steers the terminal or stays in the history.
func TestRubbishIsPasted(t *testing.T) {
	p := sit(t, 80)
	paste := func(text string) string { return p.does("\x1b[200~" + text + "\x1b[201~\r") }
	var binary strings.Builder
	for i := range 4096 {
		if b := byte(i * 7); !strings.ContainsRune("\x1b\r\n", rune(b)) { // an escape would end the paste, a newline the line
			binary.WriteByte(b)
		}
	}
	wantContains(t, "binary", paste("x"+binary.String()), "usage: ")
	wantContains(t, "escapes", paste("\x1b]0;title\x07\x1b[2J\x1b[31mred"), "usage: ")
	wantContains(t, "100 kB", paste(strings.Repeat("points balance ", 7000)), "usage: ")
	p.enters("session new op_1")
	p.enters("coupon confirm TEN")
	p.enters("token raw coupon-1 ")
	raw := p.enters("token raw coupon-1")
	token := ""
	for _, line := range strings.Split(raw, "\n") {
		if strings.HasPrefix(line, "eyJ") {
			token = line
		}
	}
	if token == "" {
		t.Fatalf("no token in %q", raw)
	}
	wantContains(t, "a token", paste("relay "+token), "accepted, for coupons")
	wantContains(t, "a lone token", paste(token), "usage: there is no verb \"(token)\"")
	if said := p.enters("history", "relay (token)"); strings.Contains(said, token[:40]) {
		t.Errorf("the history says the token:\n%s", said)
	}
	p.leaves()
	file := filepath.Join(p.home, "state", "tokenshell", "history")
	text, err := os.ReadFile(file)
	if err != nil || strings.Contains(string(text), token[100:140]) || !strings.Contains(string(text), "coupon confirm TEN") {
		t.Errorf("%v, %q", err, text)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the history file: %v, %v", err, info.Mode())
	}
}

// Ctrl-C ends a watch without a word, and the shell goes on.
func TestCtrlCEndsAWatchAtThePrompt(t *testing.T) {
	p := sit(t, 80)
	p.enters("session new op_1")
	from := p.raw.Len()
	p.types("watch 1h points balance\r")
	p.until("the first picture", func() bool { return strings.Contains(p.raw.String()[from:], "0 held, 1200 available") })
	if said := p.does("\x03"); strings.Contains(said, "interrupted") || strings.Contains(said, "usage") {
		t.Errorf("%q", said)
	}
	wantContains(t, "before", p.raw.String(), "every 1h: points balance, Ctrl-C ends it")
	p.enters("points balance", "user_123 has 1200 points")
	p.enters("clock freeze")
	p.enters("watch 1s points balance", "usage: time stands still", "hint: watch --count N, or clock run")
	p.leaves()
}

// The tour waits for Enter; q, Ctrl-C and Ctrl-D end it and not the shell, and
// nothing of it is in the history.
func TestTourAtThePrompt(t *testing.T) {
	everyWindow(t, func(t *testing.T, columns int) {
		p := sit(t, columns)
		for keys, steps := range map[string]string{"q\r": "1", "\x03": "1", "\x04": "1", "\rq\r": "2", "\r\r\r\r\r\r\r\r": "9"} {
			from := p.raw.Len()
			p.types("tour\r")
			for _, key := range strings.SplitAfter(keys, "\r") {
				if key == "" {
					continue
				}
				p.until("the question", func() bool { return strings.HasSuffix(p.lastLine(), "Enter goes on, q ends it: ") })
				n := strings.Count(p.raw.String(), reading)
				p.types(key)
				p.until("the next question", func() bool { return strings.Count(p.raw.String(), reading) > n })
			}
			p.until("the prompt", func() bool { return p.lastLine() == "tokenshell> " })
			said := p.raw.String()[from:]
			wantContains(t, keys, strings.Join(strings.Fields(sequence.ReplaceAllString(said, "")), " "), "yours is as it was.")
			if !strings.Contains(said, steps+" of 9: ") || strings.Contains(said, "interrupted") {
				t.Errorf("%q: not %s steps:\n%s", keys, steps, tail(said))
			}
		}
		if said := p.enters("history"); strings.Contains(said, "order-1") || strings.Contains(said, "  q\n") {
			t.Errorf("the tour is in the history:\n%s", said)
		}
		p.leaves()
	})
}

// A first expired says how to stop the time; the second does not say it again.
func TestALessonAtThePrompt(t *testing.T) {
	p := sit(t, 80)
	p.enters("session new op_1")
	p.enters("clock freeze")
	p.enters("coupon confirm TEN")
	p.enters("clock advance 2m")
	p.enters("relay coupon-1", "rejected: expired: ", "hint: confirm again for a new token; clock freeze stops the time while you look\n")
	if said := p.enters("relay coupon-1", "hint: confirm again for a new token\n"); strings.Contains(said, "freeze") {
		t.Errorf("again:\n%s", said)
	}
	p.leaves()
	for _, got := range []answer{
		tokenshell(t, "session new op_1\ncoupon confirm NOPE\n"), tokenshell(t, "", "-c", "session new op_1; coupon confirm NOPE"),
	} {
		if strings.Contains(got.stderr, "hint") || !strings.Contains(got.stderr, "rejected: coupon_unknown") {
			t.Errorf("a script is taught: %q", got.stderr)
		}
	}
}

// Ctrl-D in the middle of a recording writes it, and it passes.
func TestCtrlDWritesTheRecording(t *testing.T) {
	p := sit(t, 80)
	p.enters("record start it.txtar")
	if got := p.enters("session new op_1"); !strings.HasSuffix(p.lastLine(), " rec> ") {
		t.Errorf("the prompt is %q: %q", p.lastLine(), got)
	}
	p.enters("coupon confirm TEN")
	p.enters("! coupon confirm NOPE", "rejected: coupon_unknown")
	p.enters("checkout", "is completed")
	p.leaves()
	file := filepath.Join(p.home, "it.txtar")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v\n%s", err, tail(p.raw.String()))
	}
	wantContains(t, file, string(text), "coupon confirm TEN")
	if got := tokenshell(t, "", "run", file); got.code != 0 {
		t.Errorf("%+v\n%s", got, text)
	}
}

// A terminal without a mind of its own gets a prompt and lines, and no escapes; a
// refusal ends nothing there either.
func TestADumbTerminal(t *testing.T) {
	cmd := command(t)
	cmd.Env = append(cmd.Env, "TERM=dumb", "NO_COLOR=")
	tty, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 30, Cols: 80})
	if err != nil {
		t.Fatal(err)
	}
	defer tty.Close()
	p := &person{t: t, cmd: cmd, tty: tty, output: make(chan string, 64)}
	go p.listen()
	p.types("session new op_1\npoints confirm 99999\ncoupon confirm TEN\ntoken list\nquit\n")
	for said := range p.output {
		p.raw.WriteString(said)
	}
	if code := exitCode(t, cmd.Wait()); code != 0 || strings.Contains(p.raw.String(), "\x1b") {
		t.Errorf("%d, %q", code, p.raw.String())
	}
	for _, want := range []string{"op_1> ", "rejected: points_insufficient: ", "coupon-1  coupons  op_1"} {
		wantContains(t, "it", p.raw.String(), want)
	}
}
