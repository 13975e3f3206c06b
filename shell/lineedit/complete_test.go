package lineedit

import (
	"strings"
	"testing"
)

func TestTab(t *testing.T) {
	bothWidths(t, func(t *testing.T, cols int) {
		h := begin(t, cols)
		h.send("ses\t")
		h.untilLine("1> session |")
		h.send("c\t")
		h.untilLine("1> session coupon-|")
		h.send("1\t")
		h.untilLine("1> session coupon-1 |")
		h.send("@d\t")
		h.untilLine("1> session coupon-1 @dir/|")
		h.send("\r")
		h.untilText(`got "session coupon-1 @dir/"`)
		h.leave()
	})
}

func TestTabInsideAWord(t *testing.T) {
	bothWidths(t, func(t *testing.T, cols int) {
		h := begin(t, cols)
		h.send("sessXYZ a\x01\x06\x06\x06\x06\t")
		h.untilLine("1> session |a")
		h.send("\x15\x0bcoupon-2\x01\x06\x06\t")
		h.untilLine("1> coupon-|2")
		h.abandonAndLeave()
	})
}

func TestTabLists(t *testing.T) {
	bothWidths(t, func(t *testing.T, cols int) {
		h := begin(t, cols, "LINEEDIT_TEST_COLOR=yes")
		h.send("coupon-\t")
		h.untilText("coupon-1  coupon-2")
		h.untilLine("1> coupon-|")
		h.send("\x15se\t")
		h.untilText("session  an order\nset      an option")
		h.until("the line below", func(s *screen) bool {
			return s.row == 3 && s.col == 5 && strings.HasPrefix(s.line(3), "1> session new")
		})
		if !strings.Contains(h.screen.dimmed.String(), "an order") {
			t.Error("the description is not dim")
		}
		h.abandonAndLeave()
	})
}

// Upstream: candidates wider than the window divide by zero at the second Tab, and wide runes before
// the cursor panic.
func TestTabOverWideCandidates(t *testing.T) {
	bothWidths(t, func(t *testing.T, cols int) {
		h := begin(t, cols)
		h.send("注文 注\t")
		h.untilLine("1> 注文 注文|")
		h.send("\t\t\t\x1b[B\x1b[B")
		h.untilLine("1> 注文 注文|")
		h.untilText("注文一長")
		h.send("\x02\t")
		h.untilLine("1> 注文 注文|")
		h.abandonAndLeave()
	})
}

func TestTabOverManyCandidates(t *testing.T) {
	bothWidths(t, func(t *testing.T, cols int) {
		h := begin(t, cols)
		h.send("m\t")
		h.untilText("... and 10 more")
		h.untilLine("1> m|")
		h.abandonAndLeave()
	})
}

func TestTabOverNothing(t *testing.T) {
	h := begin(t, 80)
	h.send("zzz\t")
	h.until("a bell", func(s *screen) bool { return s.bells == 1 })
	h.untilLine("1> zzz|")
	h.abandonAndLeave()
}

func TestHint(t *testing.T) {
	bothWidths(t, func(t *testing.T, cols int) {
		h := begin(t, cols, "LINEEDIT_TEST_COLOR=yes")
		h.untilLine("1> |")
		h.send("session")
		whole := "1> session| new NAME --customer CUSTOMER --fact NAME=VALUE and so on for ever and ever"
		h.untilLine(whole[:cols]) // less the | itself: one column stays free
		if got := h.screen.dimmed.String(); !strings.Contains(got, "new NAME") {
			t.Errorf("the hint is not dim: %q", got)
		}
		h.send("\x02")
		h.untilLine("1> sessio|n")
		h.send("\x05\r")
		h.untilText(`got "session"`)
		if strings.Contains(h.screen.line(0), "NAME") {
			t.Errorf("the hint stayed behind:\n%s", h.screen)
		}
		h.untilLine("2> |")
		h.send("session\x03")
		h.untilText("2> session^C\nabandoned")
		h.leave()
	})
}

func TestHintAtTheWindowsEdge(t *testing.T) {
	h := begin(t, 40, "LINEEDIT_TEST_COLOR=yes")
	whole := "session new NAME --customer CUSTOMER --fact NAME=VALUE and so on"
	for n := 30; n <= 45; n++ {
		h.send(whole[:n])
		typed := "1> " + whole[:n]
		if n+3 < 40 {
			h.untilLine(typed + "|" + whole[n:36])
		} else {
			h.untilLine(typed[40:] + "|")
		}
		h.until("the line's start above", func(s *screen) bool {
			return n+3 < 40 || s.row > 0 && s.line(s.row-1) == strings.TrimRight(typed[:40], " ")
		})
		h.send("\x15")
		h.untilLine("1> |")
	}
	h.leave()
}

func TestNoHintWithoutColour(t *testing.T) {
	h := begin(t, 80)
	h.send("session")
	h.untilLine("1> session|")
	h.send("\r")
	h.untilLine("2> |")
	if strings.Contains(h.screen.raw.String(), "NAME") {
		t.Error("a hint without colour")
	}
	h.leave()
}
