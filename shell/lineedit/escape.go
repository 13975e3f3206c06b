package lineedit

// Escape sequences of keys, in the spellings of xterm, rxvt, screen, tmux and the Linux console.

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	maxSequence = 64   // bytes of a key
	maxString   = 4096 // bytes of a terminal's answer

	wordLeft  = "\x1bb"
	wordRight = "\x1bf"
	wordKill  = "\x1bd"
	wordErase = "\x1b\x7f"
)

// escape reads the sequence that b begins with: its length, 0 when the end is missing, and the keys it
// means, none when it means none here.
func escape(b []byte) (n int, keys string) {
	if len(b) < 2 {
		return 0, ""
	}
	switch b[1] {
	case '[':
		return csi(b)
	case 'O':
		return ss3(b)
	case ']', 'P', '_', '^', 'X':
		return answer(b), ""
	case 'b', 'B':
		return 2, wordLeft
	case 'f', 'F':
		return 2, wordRight
	case 'd', 'D':
		return 2, wordKill
	case 0x7f, '\b':
		return 2, wordErase
	}
	if b[1] < ' ' {
		return 1, "" // Enter, Ctrl-C, another escape: they stand for themselves
	}
	if !utf8.FullRune(b[1:]) {
		return 0, ""
	}
	_, size := utf8.DecodeRune(b[1:])
	return 1 + size, ""
}

// csi reads ESC [ parameters final.
func csi(b []byte) (int, string) {
	end := 2
	for end < len(b) && b[end] >= ' ' && b[end] <= '?' && !rxvtShift(b, end) {
		end++
	}
	if end == len(b) {
		return missing(b, maxSequence), ""
	}
	params, final := string(b[2:end]), b[end]
	switch {
	case final < ' ' || final > '~':
		return end, "" // broken off: that byte stands for itself
	case final == '[': // a function key of the Linux console
		return within(b, end+2), ""
	case final == 'M' && params == "": // the mouse
		return within(b, end+4), ""
	}
	return end + 1, csiKey(params, final)
}

// rxvtShift says that the dollar at i ends a key, as rxvt has it, and no terminal's answer.
func rxvtShift(b []byte, i int) bool { return b[i] == '$' && b[2] != '?' }

func csiKey(params string, final byte) string {
	switch final {
	case '~', '^', '$', '@':
		return numberedKey(params, final)
	case 'd', 'c': // rxvt: with shift
		return ""
	}
	return arrow(final, withControl(params[strings.LastIndexByte(params, ';')+1:]))
}

// numberedKey is ESC [ number final.
func numberedKey(params string, final byte) string {
	number, held, _ := strings.Cut(params, ";")
	switch number {
	case "1", "7":
		return "\x01"
	case "4", "8":
		return "\x05"
	case "3":
		if final == '^' || withControl(held) {
			return wordKill
		}
		return string(rune(keyDelete))
	case "200":
		return string(rune(keyPasteBegin))
	case "201":
		return string(rune(keyPasteEnd))
	}
	return ""
}

// withControl says that Alt or Ctrl was held: the number is one more than a sum of Shift 1, Alt 2,
// Ctrl 4.
func withControl(held string) bool {
	n, err := strconv.Atoi(held)
	return err == nil && n >= 3
}

// ss3 reads ESC O modifier final, which arrows and keypads send in their application mode.
func ss3(b []byte) (int, string) {
	end := 2
	for end < len(b) && b[end] >= '0' && b[end] <= '9' {
		end++
	}
	if end == len(b) {
		return missing(b, maxSequence), ""
	}
	if b[end] < ' ' {
		return end, ""
	}
	switch b[end] {
	case 'd': // rxvt: with Ctrl
		return end + 1, wordLeft
	case 'c':
		return end + 1, wordRight
	case 'M':
		return end + 1, "\r"
	}
	return end + 1, arrow(b[end], end > 2)
}

func arrow(final byte, byWord bool) string {
	switch {
	case final == 'A':
		return "\x10"
	case final == 'B':
		return "\x0e"
	case final == 'C' && byWord:
		return wordRight
	case final == 'C':
		return "\x06"
	case final == 'D' && byWord:
		return wordLeft
	case final == 'D':
		return "\x02"
	case final == 'H':
		return "\x01"
	case final == 'F':
		return "\x05"
	}
	return ""
}

// answer reads a string that a terminal sends: to BEL or ESC \.
func answer(b []byte) int {
	for i := 2; i < len(b); i++ {
		switch {
		case b[i] == '\a':
			return i + 1
		case bytes.HasPrefix(b[i:], []byte("\x1b\\")):
			return i + 2
		}
	}
	return missing(b, maxString)
}

// missing waits for the rest of b, but not for ever.
func missing(b []byte, limit int) int {
	if len(b) < limit {
		return 0
	}
	return len(b)
}

func within(b []byte, n int) int {
	if n > len(b) {
		return 0
	}
	return n
}
