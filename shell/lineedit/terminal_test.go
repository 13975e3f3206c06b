package lineedit

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/chzyer/readline"
	"github.com/creack/pty"
)

// keyStories are keys typed at an empty line and the line that they make.
var keyStories = []struct{ name, keys, want string }{
	{"Delete", "abc\x01\x1b[3~", "bc"},
	{"Delete at the end", "abc\x1b[3~", "abc"},
	{"Delete on an empty line", "\x1b[3~\x1b[3~abc", "abc"},
	{"Delete of a wide rune", "注文\x01\x1b[3~", "文"},
	{"Ctrl-D inside", "abc\x01\x04", "bc"},
	{"Ctrl-D at the end", "abc\x04d", "abcd"},
	{"Home ESC[1~", "bc\x1b[1~a", "abc"},
	{"Home ESC[7~", "bc\x1b[7~a", "abc"},
	{"Home ESC[H", "bc\x1b[Ha", "abc"},
	{"Home ESCOH", "bc\x1bOHa", "abc"},
	{"End ESC[4~", "bc\x01a\x1b[4~d", "abcd"},
	{"End ESC[8~", "bc\x01a\x1b[8~d", "abcd"},
	{"End ESC[F", "bc\x01a\x1b[Fd", "abcd"},
	{"End ESCOF", "bc\x01a\x1bOFd", "abcd"},
	{"Ctrl-Left ESC[1;5D", "one two\x1b[1;5DX", "one Xtwo"},
	{"Ctrl-Left ESC[5D", "one two\x1b[5DX", "one Xtwo"},
	{"Ctrl-Left ESCOd", "one two\x1bOdX", "one Xtwo"},
	{"Ctrl-Right ESC[1;5C", "one two\x01\x1b[1;5CX", "one Xtwo"},
	{"Ctrl-Right ESC[5C", "one two\x01\x1b[5CX", "one Xtwo"},
	{"Alt-b", "one two\x1bbX", "one Xtwo"},
	{"Alt-f", "one two\x01\x1bfX", "one Xtwo"},
	{"Alt-d", "one two\x01\x1bd", " two"},
	{"Alt-Backspace", "one two\x1b\x7f", "one "},
	{"Left and Right", "ac\x1b[Db\x1b[Cd", "abcd"},
	{"Left and Right of a keypad", "ac\x1bODb\x1bOCd", "abcd"},
	{"Backspace", "abx\x7fc", "abc"},
	{"Ctrl-W of the first word", "one two\x01\x1bf\x02\x17", " two"},
	{"Ctrl-W of another", "one two\x17", "one "},
	{"Ctrl-U", "one two\x02\x15", "o"},
	{"Ctrl-K and Ctrl-Y", "one two\x01\x0bX\x19", "Xone two"},
	{"Ctrl-T", "ba\x14", "ab"},
	{"keys without a meaning", "a\x1b[15~\x1b[[A\x1b[1;2P\x1bOP\x1b[Z\x1b[27;5;9~b\x1bz\x1b[13;2uc", "abc"},
	{"what a terminal answers", "a\x1b]11;rgb:0/0/0\x07b\x1b[?1;2cc\x1b[24;80R", "abc"},
	{"control characters", "a\x00b\x0f\x11\x16\x18\x1c\x1d\x1e\x1fc\u0085", "abc"},
	{"Ctrl-Z", "ab\x1ac", "abc"},
	{"Escape Escape Left", "ac\x1b\x1b[Db", "abc"},
	{"wide runes", "注文\x1b[D\x1b[Dx", "x注文"},
	{"invalid UTF-8", "a\xffb", "a\uFFFDb"},
	{"a bracketed paste", "a\x1b[200~b\tc\x03\x1b[D\x1b[201~d", "ab cd"},
	{"a long line and Home", strings.Repeat("a", 30) + strings.Repeat("b", 30) + strings.Repeat("c", 30) + "\x01X",
		"X" + strings.Repeat("a", 30) + strings.Repeat("b", 30) + strings.Repeat("c", 30)},
}

func TestKeys(t *testing.T) {
	bothWidths(t, func(t *testing.T, cols int) {
		h := begin(t, cols)
		for i, story := range keyStories {
			h.untilLine(fmt.Sprintf("%d> |", i+1))
			h.send(story.keys + "\r")
			h.untilLine(fmt.Sprintf("%d> |", i+2))
			if got, want := h.lastOutput(), fmt.Sprintf("got %q", story.want); got != want {
				t.Errorf("%s: %s, want %s", story.name, got, want)
			}
		}
		h.leave()
	})
}

// lastOutput is what stands between the last line typed and the prompt.
func (h *hands) lastOutput() string {
	text := ""
	for row := h.screen.row - 1; row >= 0; row-- {
		line := strings.Join(h.screen.cells[row], "")
		text = line + text
		if strings.HasPrefix(line, "got ") {
			break
		}
	}
	return strings.TrimRight(text, " ")
}

func TestCtrlDLeavesAnEmptyLineOnly(t *testing.T) {
	bothWidths(t, func(t *testing.T, cols int) {
		h := begin(t, cols)
		h.send("a\x04\r")
		h.untilText(`got "a"`)
		h.leave()
	})
}

func TestCtrlCAbandonsTheLine(t *testing.T) {
	bothWidths(t, func(t *testing.T, cols int) {
		h := begin(t, cols)
		h.send("half a line\x03")
		h.untilText("abandoned")
		h.untilLine("2> |")
		h.send("x\r")
		h.untilText(`got "x"`)
		h.leave()
	})
}

func TestCtrlCIsASignalWhileAVerbRuns(t *testing.T) {
	bothWidths(t, func(t *testing.T, cols int) {
		h := begin(t, cols)
		h.send("wait\r")
		h.untilText("waiting")
		h.send("\x03")
		h.untilText("signalled")
		h.untilLine("2> |")
		h.leave()
	})
}

func TestTypeAheadIsKept(t *testing.T) {
	h := begin(t, 80)
	h.send("wait\r")
	h.untilText("waiting")
	h.send("one\rtwo\r")
	if err := h.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	h.untilText(`got "one"`)
	h.untilText(`got "two"`)
	h.leave()
}

func TestVerbReadsTheTerminalItself(t *testing.T) {
	h := begin(t, 80)
	h.send("read\r")
	h.until("the terminal's own mode", func(s *screen) bool { return strings.Contains(s.raw.String(), pasteMarksOff) })
	h.send("for the verb\r")
	h.untilText(`verb read "for the verb"`)
	h.untilLine("2> |")
	h.leave()
}

func TestCtrlLClears(t *testing.T) {
	bothWidths(t, func(t *testing.T, cols int) {
		h := begin(t, cols)
		h.send("one\r")
		h.untilLine("2> |")
		h.send("two\x0c")
		h.until("a clear screen", func(s *screen) bool { return s.String() == "2> two" && s.row == 0 && s.col == 6 })
		h.abandonAndLeave()
	})
}

func TestHistoryKeys(t *testing.T) {
	bothWidths(t, func(t *testing.T, cols int) {
		h := begin(t, cols)
		h.send("session new\r")
		h.untilLine("2> |")
		h.send("coupon list\r")
		h.untilLine("3> |")
		h.send("half\x1b[A\x1b[A")
		h.untilLine("3> session new|")
		h.send("\x1b[B")
		h.untilLine("3> coupon list|")
		h.send("\x1b[B")
		h.untilLine("3> half|")
		h.send("\x15\x12ess")
		h.untilText("bck-i-search: ess")
		h.send("\r")
		h.untilLine("4> |")
		if got := h.lastOutput(); got != `got "session new"` {
			t.Errorf("searched for ess: %s", got)
		}
		h.leave()
	})
}

func TestEscapeLeavesASearch(t *testing.T) {
	bothWidths(t, func(t *testing.T, cols int) {
		h := begin(t, cols)
		h.send("session new\r")
		h.untilLine("2> |")
		h.send("\x12")
		h.untilText("bck-i-search:")
		h.send("\x1b")
		h.until("the end of the search", func(s *screen) bool { return !strings.Contains(s.String(), "search") })
		h.leave()
	})
}

// Upstream: leaving a search with nothing to search in is a nil pointer.
func TestSearchOfAnEmptyHistory(t *testing.T) {
	for _, out := range []string{"\a", "\x03", "\x13\a", "x\x7f\x12\a"} {
		h := begin(t, 80)
		h.send("\x12" + out + "a\r")
		h.untilText(`got "`)
		h.leave()
	}
}

func TestCloseEndsAWait(t *testing.T) {
	for _, typed := range []string{"", "half a line"} {
		h := begin(t, 80)
		h.send(typed)
		h.untilLine("1> " + typed + "|")
		if err := h.cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		h.untilText("end: EOF")
		h.end()
		if strings.Contains(h.screen.String(), "got") {
			t.Errorf("a half line was entered:\n%s", h.screen)
		}
		h.isCooked()
	}
}

// A signal handler may close and leave at once: ReadLine has no time to clean up.
func TestCloseItselfRestoresTheTerminal(t *testing.T) {
	master, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer master.Close()
	defer tty.Close()
	mode := func() readline.State {
		state, err := readline.GetState(int(tty.Fd()))
		if err != nil {
			t.Fatal(err)
		}
		return *state
	}
	in := Terminal(Config{Stdin: tty, Stdout: tty}).(*terminal)
	cooked := mode()
	if err := in.makeRaw(); err != nil || mode() == cooked {
		t.Fatalf("not raw: %v", err)
	}
	if err := in.Close(); err != nil || mode() != cooked {
		t.Errorf("still raw: %v", err)
	}
	if _, err := in.ReadLine(""); !errors.Is(err, io.EOF) || mode() != cooked {
		t.Errorf("a line after Close: %v", err)
	}
	if err := in.makeRaw(); err != nil || mode() != cooked {
		t.Errorf("raw after Close: %v", err)
	}
}

func TestHangUpEntersNothing(t *testing.T) {
	file := filepath.Join(t.TempDir(), "history")
	h := begin(t, 80, "LINEEDIT_TEST_HISTORY="+file, "LINEEDIT_TEST_IGNORE_HUP=yes")
	h.send("half a line")
	h.untilLine("1> half a line|")
	h.tty.Close()
	h.end()
	if text, err := os.ReadFile(file); err == nil {
		t.Errorf("a half line was entered: %q", text)
	}
}

func TestBugInACallbackRestoresTheTerminal(t *testing.T) {
	h := begin(t, 80)
	h.send("panic\t")
	h.untilText("a bug in Complete")
	if !strings.Contains(h.screen.raw.String(), pasteMarksOff) {
		t.Error("the terminal stayed in raw mode")
	}
}
