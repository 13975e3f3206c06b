package lineedit

// The edits that readline gets wrong or doesn't know. They all go the way of Tab: filter hears the key,
// Do makes the edit, OnChange hands it over. All three run on readline's goroutine, and only while
// ReadLine waits.

import (
	"io"
	"strings"
	"unicode/utf8"

	"github.com/chzyer/readline"
)

// maxTyped is the longest line at a terminal, in bytes. Each paste draws the whole line anew.
const maxTyped = 64 << 10

// filter sees each key before readline acts on it.
func (t *terminal) filter(key rune) (rune, bool) {
	defer t.restoreOnPanic()
	t.fit()
	t.key = key
	switch key {
	case keyRedraw, keyDelete, keyText:
		return readline.CharTab, true
	case readline.CharBckSearch, readline.CharFwdSearch:
		if len(t.line) == 0 && t.remembered == 0 {
			return readline.CharBell, true // leaving a search of nothing, readline panics
		}
	case readline.CharCtrlW, readline.MetaBackspace:
		if firstWord(t.line, t.pos) {
			return readline.CharCtrlU, true // readline would erase what is behind the cursor too
		}
	}
	return key, true
}

// firstWord says that no word ends before the one that the cursor is in.
func firstWord(line []rune, pos int) bool {
	for i := 1; i < pos; i++ {
		if readline.IsWordBreak(line[i-1]) && !readline.IsWordBreak(line[i]) {
			return false
		}
	}
	return true
}

// Do is readline's completer. It never returns candidates: readline's own list of them divides by zero
// in a narrow window and panics over wide runes.
func (t *terminal) Do(line []rune, pos int) ([][]rune, int) {
	defer t.restoreOnPanic()
	now := edit{string(line), len(string(line[:pos]))}
	switch t.key {
	case keyRedraw:
		t.drawAnew(now)
	case keyDelete:
		t.change(now, deleteRune(now))
	case keyText:
		t.change(now, t.insertText(now))
	default:
		t.complete(now)
	}
	return nil, 0
}

// OnChange is called by readline after each key, and with key 0 before the first.
func (t *terminal) OnChange(_ []rune, _ int, key rune) ([]rune, int, bool) {
	defer t.restoreOnPanic()
	if key != readline.CharTab || t.next == nil {
		return nil, 0, false
	}
	next := *t.next
	t.next = nil
	return []rune(next.line), utf8.RuneCountInString(next.line[:next.pos]), true
}

func (t *terminal) change(from, to edit) {
	if to != from {
		t.next = &to
	}
}

// drawAnew draws the line where the cursor has come to. readline begins as many rows above as the line has
// before its cursor, so it is given that many.
func (t *terminal) drawAnew(now edit) {
	above := t.used(now.line[:now.pos]) / t.width
	_, _ = io.WriteString(t.config.Stdout, "\r"+strings.Repeat("\n", above))
	_, _ = t.rl.Stdout().Write(nil)
}

func deleteRune(now edit) edit {
	_, size := utf8.DecodeRuneInString(now.line[now.pos:])
	return edit{now.line[:now.pos] + now.line[now.pos+size:], now.pos}
}

func (t *terminal) insertText(now edit) edit {
	pasted := t.keys.decoder.texts.pop()
	if len(now.line)+len(pasted) > maxTyped {
		t.tooLong = true
		t.rl.Terminal.Bell()
		return now
	}
	return edit{now.line[:now.pos] + pasted + now.line[now.pos:], now.pos + len(pasted)}
}

func (t *terminal) complete(now edit) {
	if t.config.Complete == nil || t.asking {
		return
	}
	next, list := t.config.Complete(now.line, now.pos).apply(now)
	switch {
	case len(list) > 0:
		// readline takes the line away, writes, and draws the line again below.
		_, _ = t.rl.Stdout().Write([]byte(listing(list, t.width, t.config.Color)))
	case next == now:
		t.rl.Terminal.Bell()
	default:
		t.change(now, next)
	}
}
