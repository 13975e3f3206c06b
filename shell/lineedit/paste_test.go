package lineedit

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	pasteBegin = "\x1b[200~"
	pasteEnd   = "\x1b[201~"
)

func TestPasteOfAToken(t *testing.T) {
	token := strings.Repeat("eyJhbGciOiJFUzI1NiIs", 100) // 2,000 bytes
	for _, marks := range [][2]string{{"", ""}, {pasteBegin, pasteEnd}} {
		bothWidths(t, func(t *testing.T, cols int) {
			file := filepath.Join(t.TempDir(), "history")
			h := begin(t, cols, "LINEEDIT_TEST_HISTORY="+file)
			h.untilLine("1> |")
			before := h.screen.written
			h.send("token show " + marks[0] + token + marks[1] + " ")
			h.until("the pasted token", func(s *screen) bool { return strings.HasSuffix(s.line(s.row), "NiIs") })
			drawn := h.screen.written - before
			t.Logf("%d bytes pasted, %d drawn", len(token), drawn)
			if drawn > 12*len(token) {
				t.Errorf("a paste of %d bytes drew %d", len(token), drawn)
			}
			h.send("\r")
			h.untilLine("2> |")
			h.send("\x1b[A")
			h.untilLine("2> token show (token)|")
			h.abandonAndLeave()
			if text, err := os.ReadFile(file); err != nil || string(text) != "token show (token)\n" {
				t.Errorf("history: %q, %v", text, err)
			}
		})
	}
}

func TestPastedNewlinesAreLines(t *testing.T) {
	bothWidths(t, func(t *testing.T, cols int) {
		for _, newline := range []string{"\r", "\n", "\r\n"} {
			h := begin(t, cols)
			h.send(pasteBegin + "one\ttwo" + newline + "c\t3" + newline + newline + "four" + pasteEnd)
			h.untilLine("4> four|")
			for _, want := range []string{`got "one two"`, `got "c 3"`, `got ""`} {
				h.untilText(want)
			}
			h.abandonAndLeave()
		}
	})
}

func TestPasteInsideALineAndASearch(t *testing.T) {
	h := begin(t, 80)
	h.send("[]\x02" + pasteBegin + "inside" + pasteEnd)
	h.untilLine("1> [inside|]")
	h.send("\r")
	h.untilLine("2> |")
	h.send("\x12ins")
	h.untilText("bck-i-search: ins")
	h.send(pasteBegin + "X" + pasteEnd)
	h.untilLine("2> [X|inside]")
	h.abandonAndLeave()
}

func TestPasteBeyondTheLimit(t *testing.T) {
	h := begin(t, 80)
	h.untilLine("1> |")
	chunk := strings.Repeat("x", 1000)
	h.send(pasteBegin)
	for range maxTyped/len(chunk) + 1 {
		h.send(chunk)
	}
	h.send(pasteEnd + "\r")
	h.untilText(fmt.Sprint("end: ", ErrTooLong))
	h.end()
}
