package lineedit

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/creack/pty"
	"github.com/google/go-cmp/cmp"
)

func readAll(r Reader) (lines []string, end error) {
	for {
		line, err := r.ReadLine("> ")
		if err != nil {
			return lines, err
		}
		lines = append(lines, line)
	}
}

func TestPlain(t *testing.T) {
	for text, want := range map[string][]string{
		"":                       nil,
		"\n":                     {""},
		"one\ntwo\n":             {"one", "two"},
		"one\ntwo":               {"one", "two"},
		"one\r\ntwo\r\n\r\n":     {"one", "two", ""},
		"a\rb\r\r\n":             {"a\rb\r"},
		"nul\x00 and \xff\n":     {"nul\x00 and \xff"},
		strings.Repeat("x", 1e5): {strings.Repeat("x", 1e5)},
	} {
		for _, in := range []io.Reader{strings.NewReader(text), iotest.OneByteReader(strings.NewReader(text))} {
			got, err := readAll(Plain(in))
			if diff := cmp.Diff(want, got); diff != "" || !errors.Is(err, io.EOF) {
				t.Errorf("%.20q: %v\n%s", text, err, diff)
			}
		}
	}
}

func TestPlainLimit(t *testing.T) {
	longest := strings.Repeat("x", LongestLine)
	for _, end := range []string{"", "\n", "\r\n"} {
		if got, err := readAll(Plain(strings.NewReader(longest + end))); len(got) != 1 || !errors.Is(err, io.EOF) {
			t.Errorf("a line of %d bytes and %q: %d lines, %v", LongestLine, end, len(got), err)
		}
		p := Plain(strings.NewReader("one\n" + longest + "x" + end + "three"))
		got, err := readAll(p)
		want := fmt.Sprintf("line 2: line is too long: the limit is %d bytes", LongestLine)
		if len(got) != 1 || !errors.Is(err, ErrTooLong) || err.Error() != want {
			t.Errorf("a line of %d bytes and %q: %d lines, %v", LongestLine+1, end, len(got), err)
		}
		if _, again := p.ReadLine(""); !errors.Is(again, ErrTooLong) {
			t.Errorf("read on after a line that is too long: %v", again)
		}
	}
}

func TestPlainFailure(t *testing.T) {
	broken := errors.New("disk on fire")
	got, err := readAll(Plain(io.MultiReader(strings.NewReader("one\nhalf"), iotest.ErrReader(broken))))
	if len(got) != 1 || !errors.Is(err, broken) || err.Error() != "line 2: disk on fire" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestInteractive(t *testing.T) {
	master, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer master.Close()
	defer tty.Close()
	file, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	closed, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	defer file.Close()
	t.Setenv("TERM", "xterm")
	if !Interactive(tty, tty) {
		t.Error("a terminal is not interactive")
	}
	for _, pair := range [][2]*os.File{{tty, file}, {file, tty}, {tty, nil}, {nil, tty}, {closed, tty}} {
		if Interactive(pair[0], pair[1]) {
			t.Errorf("%v is interactive", pair)
		}
	}
	t.Setenv("TERM", "dumb")
	if Interactive(tty, tty) {
		t.Error("a dumb terminal is interactive")
	}
	if got := Width(tty); got != 0 {
		t.Errorf("width %d before it is known", got)
	}
	if err := pty.Setsize(master, &pty.Winsize{Rows: 24, Cols: 123}); err != nil {
		t.Fatal(err)
	}
	if got := Width(tty); got != 123 {
		t.Errorf("width %d, want 123", got)
	}
	if Width(file) != 0 || Width(nil) != 0 || Width(closed) != 0 {
		t.Error("a width of no terminal")
	}
}
