package lineedit

// What a terminal sends, in the keys that readline knows.

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Keys that readline has no byte for. No terminal can send them: the decoder drops these bytes.
const (
	keyRedraw     = 0x1a
	keyDelete     = 0x1c
	keyText       = 0x1d // insert the oldest of texts
	keyPasteBegin = 0x1e
	keyPasteEnd   = 0x1f
)

// keySuspend is Ctrl-Z, which readline never sees: it stops the process that started this one, and not this one.
const keySuspend = keyRedraw

// known are the control bytes that readline acts on. Others it would type into the line, or worse:
// NUL is its end of input.
const known = "\x01\x02\x03\x04\x05\x06\x07\x08\t\n\x0b\x0c\r\x0e\x10\x12\x13\x14\x15\x17\x19\x7f"

// lineEnds are the keys after which readline waits for the next ReadLine.
const lineEnds = "\r\x03\x04"

// burst is how many runes at once are a paste, whether the terminal says so or not: readline draws the
// line anew for each rune it is given.
const burst = 32

// decoder turns what is fed into keys to take. The start of an escape sequence, or of a rune, is held
// until the rest comes or it is told to settle.
type decoder struct {
	held    []byte
	keys    []byte
	texts   *texts
	pasting bool
	afterCR bool   // a LF belongs to the CR before it
	suspend func() // for Ctrl-Z; nil does nothing
}

func (d *decoder) feed(sent []byte) {
	d.held = append(d.held, sent...)
	for len(d.held) > 0 {
		n := d.step()
		if n == 0 {
			return
		}
		d.held = d.held[n:]
	}
}

// waiting says that more is needed, or that time will tell.
func (d *decoder) waiting() bool { return len(d.held) > 0 || d.pasting }

// settle ends the wait. An escape alone is the Escape key, which leaves a search; a paste without an
// end is over; anything else was not a key.
func (d *decoder) settle() {
	if string(d.held) == "\x1b" && !d.pasting {
		d.keys = append(d.keys, '\a')
	}
	d.held, d.pasting = nil, false
}

// take moves keys into p, at most to the end of one line: what follows it stays here until the next
// line is asked for.
func (d *decoder) take(p []byte) int {
	n := len(d.keys)
	if end := bytes.IndexAny(d.keys, lineEnds); end >= 0 {
		n = end + 1
	}
	n = copy(p, d.keys[:n])
	d.keys = d.keys[n:]
	return n
}

// step reads one thing from what is held and says how long it was; 0 when its end is missing.
func (d *decoder) step() int {
	first, size := utf8.DecodeRune(d.held)
	afterCR := d.afterCR
	d.afterCR = first == '\r'
	switch {
	case first == '\x1b':
		n, keys := escape(d.held)
		d.press(keys)
		return n
	case first == '\n' && afterCR:
		return size
	case unicode.IsControl(first):
		d.control(byte(first), size)
		return size
	}
	return d.text()
}

// press passes on the keys of an escape sequence. In a paste they are nobody's keys.
func (d *decoder) press(keys string) {
	switch {
	case keys == string(rune(keyPasteBegin)):
		d.pasting = true
	case keys == string(rune(keyPasteEnd)):
		d.pasting = false
	case !d.pasting:
		d.keys = append(d.keys, keys...)
	}
}

// control passes on a control character of one byte; those of two (C1) only harm a screen.
func (d *decoder) control(c byte, size int) {
	switch {
	case size > 1:
	case c == '\r' || c == '\n':
		d.keys = append(d.keys, '\r')
	case c == keySuspend:
		if d.suspend != nil && !d.pasting {
			d.suspend()
		}
	case d.pasting && c == '\t':
		d.insert([]byte{' '})
	case !d.pasting && strings.IndexByte(known, c) >= 0:
		d.keys = append(d.keys, c)
	}
}

// text passes on a run of printable runes, one by one or, in a paste, at once.
func (d *decoder) text() int {
	n, count := 0, 0
	for utf8.FullRune(d.held[n:]) {
		r, size := utf8.DecodeRune(d.held[n:])
		if unicode.IsControl(r) {
			break
		}
		n, count = n+size, count+1
	}
	run := bytes.ToValidUTF8(d.held[:n], []byte("\uFFFD"))
	if d.pasting || count >= burst {
		d.insert(run)
	} else {
		d.keys = append(d.keys, run...)
	}
	return n
}

func (d *decoder) insert(run []byte) {
	if len(run) == 0 {
		return
	}
	if n := len(d.keys); n > 0 && d.keys[n-1] == keyText {
		d.texts.extend(run) // not taken yet
		return
	}
	d.texts.push(run)
	d.keys = append(d.keys, keyText)
}
