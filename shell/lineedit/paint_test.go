package lineedit

import (
	"fmt"
	"strings"
	"testing"

	"github.com/creack/pty"
)

func TestNarrowWindow(t *testing.T) {
	for _, cols := range []int{1, 2, 3, 5, 10} {
		t.Run(fmt.Sprint(cols), func(t *testing.T) {
			t.Parallel()
			h := begin(t, cols, "LINEEDIT_TEST_PROMPT=a long name> ")
			h.send("session\x1b[D\x1b[D\tx\t\t\x01注\t\x12s\a\x05")
			h.send("\r")
			h.until("the verb's end", func(s *screen) bool { return strings.Count(s.raw.String(), pasteMarksOn) == 2 })
			h.send("\x04")
			h.end()
		})
	}
}

// Upstream: a prompt of exactly the window's width hangs at Left.
func TestPromptAsWideAsTheWindow(t *testing.T) {
	for _, n := range []int{39, 40, 41, 80} {
		h := begin(t, 40, "LINEEDIT_TEST_PROMPT="+strings.Repeat("p", n-2)+"> ")
		h.untilLine("…" + strings.Repeat("p", 27) + "> |")
		h.send("ab\x1b[D")
		h.untilLine("…" + strings.Repeat("p", 27) + "> a|b")
		h.abandonAndLeave()
	}
}

func TestColouredPrompt(t *testing.T) {
	bothWidths(t, func(t *testing.T, cols int) {
		h := begin(t, cols, "LINEEDIT_TEST_PROMPT=\x1b[1;38;5;42mshop\x1b[0m> ")
		h.untilLine("shop> |")
		h.send(strings.Repeat("x", cols-6) + "\x1b[D")
		h.untilLine("shop> " + strings.Repeat("x", cols-7) + "|x")
		h.send("\x05yz\x01")
		h.untilLine("shop> |" + strings.Repeat("x", cols-6))
		h.send("\x0bok\r")
		h.untilText(`got "ok"`)
		h.leave()
	})
}

func TestWideRunesUnderTheCursor(t *testing.T) {
	bothWidths(t, func(t *testing.T, cols int) {
		h := begin(t, cols)
		h.send("注文，🎉é")
		h.untilLine("1> 注文，🎉é|")
		h.send("\x02\x02\x02\x02")
		h.untilLine("1> 注|文，🎉é")
		h.send("\x01\t")
		h.untilLine("1> |注文，🎉é")
		h.send("\x0be\u0301xy\x02\x02") // an accent of its own takes no column
		h.untilLine("1> e|xy")
		h.abandonAndLeave()
	})
}

func TestResize(t *testing.T) {
	h := begin(t, 80)
	h.untilLine("1> |")
	line := strings.Repeat("0123456789", 5)
	h.send(line)
	h.untilLine("1> " + line + "|")
	if err := pty.Setsize(h.tty, &pty.Winsize{Rows: 24, Cols: 40}); err != nil {
		t.Fatal(err)
	}
	h.screen = newScreen(40, 24) // as a terminal does, with the text wrapped anew
	h.screen.write([]byte(pasteMarksOn + "1> " + line))
	h.send("\x01")
	h.untilLine("1> |" + line[:37])
	h.send("\x0bwidth\r")
	h.untilText("width 40")
	h.leave()
}
