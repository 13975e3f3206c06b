package lineedit

// A shell of its own process behind a pseudo-terminal, and the hands at it.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
)

const (
	childVar = "LINEEDIT_TEST_CHILD"
	patience = 30 * time.Second
)

func TestMain(m *testing.M) {
	if os.Getenv(childVar) != "" {
		os.Exit(childMain())
	}
	os.Exit(m.Run())
}

// childMain is a small shell: it says what it got, and obeys a few lines.
func childMain() int {
	history := OpenHistory(os.Getenv("LINEEDIT_TEST_HISTORY"), func(err error) { fmt.Println("warning:", err) })
	prompt := os.Getenv("LINEEDIT_TEST_PROMPT")
	in := Terminal(Config{
		Stdin: os.Stdin, Stdout: os.Stdout, History: history,
		Color: os.Getenv("LINEEDIT_TEST_COLOR") == "yes",
		Complete: func(line string, pos int) Completion {
			if strings.HasPrefix(line, "panic") {
				panic("a bug in Complete")
			}
			return childCompletion(line, pos)
		},
		Hint: func(line string, _ int) string {
			if strings.ContainsAny(line, "\n^") {
				return "BUG" // nothing of what readline writes behind a line is asked about
			}
			if rest, ok := strings.CutPrefix("session new NAME --customer CUSTOMER --fact NAME=VALUE and so on for ever and ever", line); ok && line != "" {
				return rest
			}
			return ""
		},
	})
	defer in.Close()
	if os.Getenv("LINEEDIT_TEST_IGNORE_HUP") != "" {
		signal.Ignore(syscall.SIGHUP)
	}
	closing := make(chan os.Signal, 1)
	signal.Notify(closing, syscall.SIGTERM)
	go func() {
		<-closing
		in.Close()
	}()
	for n := 1; ; n++ {
		line, err := in.ReadLine(strings.ReplaceAll(prompt, "%n", fmt.Sprint(n)))
		switch {
		case errors.Is(err, ErrInterrupted):
			fmt.Println("abandoned")
			continue
		case err != nil:
			fmt.Println("end:", err)
			return 0
		}
		switch line {
		case "wait":
			waitForInterrupt()
		case "width":
			fmt.Println("width", Width(os.Stdout))
		case "read":
			var b [1]byte
			for text := ""; ; text += string(b[:]) {
				if _, err := os.Stdin.Read(b[:]); err != nil || b[0] == '\n' {
					fmt.Printf("verb read %q\n", text)
					break
				}
			}
		default:
			fmt.Printf("got %q\n", line)
		}
	}
}

func waitForInterrupt() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	fmt.Println("waiting")
	<-ctx.Done()
	fmt.Println("signalled")
}

func childCompletion(line string, pos int) Completion {
	from := strings.LastIndexByte(line[:pos], ' ') + 1
	to := len(line)
	if i := strings.IndexByte(line[pos:], ' '); i >= 0 {
		to = pos + i
	}
	all := []Candidate{{Value: "coupon-1"}, {Value: "coupon-2"}, {Value: "session", Description: "an order"},
		{Value: "set", Description: "an option"}, {Value: "@dir/", NoSpace: true},
		{Value: "注文一" + strings.Repeat("長", 60)}, {Value: "注文二" + strings.Repeat("長", 60)}}
	if strings.HasPrefix(line[from:pos], "m") {
		all = nil
		for i := range 60 {
			all = append(all, Candidate{Value: fmt.Sprintf("m%02d", i), Description: "many"})
		}
	}
	return Completion{all, from, to}
}

// hands type at a child and look at its screen.
type hands struct {
	t      *testing.T
	tty    *os.File
	cmd    *exec.Cmd
	screen *screen
	output chan []byte
}

// begin starts a child of cols columns that prompts with "1> ", "2> "…, and waits until it reads.
func begin(t *testing.T, cols int, env ...string) *hands {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childVar+"=yes", "LINEEDIT_TEST_PROMPT=%n> ", "GORACE=atexit_sleep_ms=0")
	cmd.Env = append(cmd.Env, env...)
	tty, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: uint16(cols)})
	if err != nil {
		t.Fatal(err)
	}
	tty = pollable(t, tty)
	h := &hands{t, tty, cmd, newScreen(cols, 24), make(chan []byte, 64)}
	go h.pump()
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // a child that has ended is fine
		_ = cmd.Wait()
		_ = tty.Close()
	})
	h.untilReading()
	return h
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

func (h *hands) pump() {
	defer close(h.output)
	for {
		buf := make([]byte, 4096)
		n, err := h.tty.Read(buf)
		if n > 0 {
			h.output <- buf[:n]
		}
		if err != nil {
			return
		}
	}
}

// send types keys, and looks meanwhile: a child that can't write doesn't read.
func (h *hands) send(keys string) {
	h.t.Helper()
	sent := make(chan error, 1)
	go func() {
		_, err := io.WriteString(h.tty, keys)
		sent <- err
	}()
	for output := h.output; ; {
		select {
		case err := <-sent:
			if err != nil {
				h.t.Fatal(err)
			}
			return
		case b, open := <-output:
			if !open {
				output = nil // it read its last key
			}
			h.screen.write(b)
		}
	}
}

// until waits for the screen to be as wanted.
func (h *hands) until(what string, ok func(*screen) bool) {
	h.t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	for !ok(h.screen) {
		select {
		case b, open := <-h.output:
			if !open {
				h.t.Fatalf("the child ended, without %s:\n%s", what, h.screen)
			}
			h.screen.write(b)
		case <-deadline.C:
			h.t.Fatalf("no %s (cursor %d,%d):\n%s\n%q", what, h.screen.row, h.screen.col, h.screen, h.screen.raw.String())
		}
	}
}

func (h *hands) untilText(want string) {
	h.t.Helper()
	h.until(want, func(s *screen) bool { return strings.Contains(s.String(), want) })
}

// untilLine waits for the cursor's row to be want, a | for the cursor in it.
func (h *hands) untilLine(want string) {
	h.t.Helper()
	h.until(want, func(s *screen) bool {
		at := strings.Index(want, "|")
		return s.line(s.row) == strings.TrimRight(strings.Replace(want, "|", "", 1), " ") &&
			s.col == displayWidth(want[:at])
	})
}

// end waits for the child to end well.
func (h *hands) end() {
	h.t.Helper()
	for b := range h.output {
		h.screen.write(b)
	}
	if err := h.cmd.Wait(); err != nil || strings.Contains(h.screen.raw.String(), "DATA RACE") {
		h.t.Fatalf("the child failed: %v\n%s", err, h.screen.raw.String())
	}
	if strings.Contains(h.screen.raw.String(), "BUG") {
		h.t.Error("a hint for what is not a line")
	}
}

// leave ends the child with Ctrl-D.
func (h *hands) leave() {
	h.t.Helper()
	h.untilReading()
	h.send("\x04")
	h.end()
	if !strings.Contains(h.screen.String(), "end: EOF") {
		h.t.Fatalf("the child did not end with Ctrl-D:\n%s", h.screen)
	}
	h.isCooked()
}

// abandonAndLeave gives the line up first.
func (h *hands) abandonAndLeave() {
	h.t.Helper()
	h.send("\x03")
	h.untilText("abandoned")
	h.leave()
}

// untilReading waits until the terminal is raw: before, Ctrl-C would be a signal.
func (h *hands) untilReading() {
	h.t.Helper()
	h.until("raw mode", func(s *screen) bool {
		text := s.raw.String()
		return strings.LastIndex(text, pasteMarksOn) > strings.LastIndex(text, pasteMarksOff)
	})
}

func (h *hands) isCooked() {
	h.t.Helper()
	text := h.screen.raw.String()
	if on, off := strings.Count(text, pasteMarksOn), strings.Count(text, pasteMarksOff); on != off {
		h.t.Errorf("raw mode was entered %d times and left %d times", on, off)
	}
}

// bothWidths runs a story in a wide and in a narrow window.
func bothWidths(t *testing.T, story func(t *testing.T, cols int)) {
	for _, cols := range []int{80, 40} {
		t.Run(fmt.Sprintf("%d columns", cols), func(t *testing.T) {
			t.Parallel()
			story(t, cols)
		})
	}
}
