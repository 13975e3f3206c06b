// Package canon writes down the state of a world as bytes that say what bears on
// its future, and nothing else.
package canon

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"time"

	"tokenshell/tokens"
)

// Writer is a [tokens.Canon]. Two states that go on alike have the same bytes, and
// two that do not, differ. So an id that a mint made stands there as a number, by
// first appearance, for its text decides nothing; a time stands there as its
// distance from now; what has no order is sorted. [Writer.Begin] makes it ready.
// Not safe for concurrent use.
type Writer struct {
	// Free are names that somebody chose and that decide nothing all the same: they
	// are numbered as a mint's ids are.
	Free []string

	// Near, when it is not zero, is how far off a moment is told from others: what is
	// farther, and not as far as Far, is only to come, and what is past for less than
	// Long is only past.
	Near, Far, Long time.Duration

	now   time.Time
	bytes []byte
	ids   map[string]int
	draft bool // ids that nobody has mentioned yet are left open

	opened int    // how many were
	parts  []part // of the sets that are being written
	room   []byte
}

// Begin starts anew, at a moment, with the memory of what was written before.
func (w *Writer) Begin(now time.Time) {
	w.now, w.bytes, w.draft, w.opened = now, w.bytes[:0], false, 0
	if w.ids == nil {
		w.ids = map[string]int{}
	}
	clear(w.ids)
}

// Bytes gives what was written. They are good until the next Begin.
func (w *Writer) Bytes() []byte { return w.bytes }

// Digest gives 128 bits that stand for what was written.
func Digest(written []byte) (digest [16]byte) {
	sum := sha256.Sum256(written)
	copy(digest[:], sum[:])
	return digest
}

// Int writes a number.
func (w *Writer) Int(n int) { w.bytes = binary.AppendVarint(w.bytes, int64(n)) }

// Bool writes a yes or no.
func (w *Writer) Bool(yes bool) {
	if yes {
		w.bytes = append(w.bytes, 1)
	} else {
		w.bytes = append(w.bytes, 0)
	}
}

// Text writes a text as it is.
func (w *Writer) Text(text string) {
	w.Int(len(text))
	w.bytes = append(w.bytes, text...)
}

// Time writes how far off a moment is, or that there is none.
func (w *Writer) Time(t time.Time) {
	w.Bool(!t.IsZero())
	if t.IsZero() {
		return
	}
	if d := t.Sub(w.now); w.Near > 0 && (d > w.Near && d < w.Far || d <= 0 && d > -w.Long) {
		w.Bool(d > 0)
		return
	}
	seconds, rest := t.Unix()-w.now.Unix(), t.Nanosecond()-w.now.Nanosecond() // for a Duration ends after 292 years
	if rest < 0 {
		seconds, rest = seconds-1, rest+int(time.Second)
	}
	w.Int(int(seconds))
	w.Int(rest)
}

// ID writes something that was named by a party, whatever its name: its number.
// No id is 0.
func (w *Writer) ID(id string) {
	n := w.ids[id]
	switch {
	case n > 0 || id == "":
	case w.draft:
		w.opened++
	default:
		n = len(w.ids) + 1
		w.ids[id] = n
	}
	w.Int(n)
}

// Name writes an id that somebody may have chosen: as it is, for who chose it may
// say it again, unless it looks like a mint's.
func (w *Writer) Name(name string) {
	minted := isMinted(name) || slices.Contains(w.Free, name)
	w.Bool(minted)
	if minted {
		w.ID(name)
	} else {
		w.Text(name)
	}
}

// Ref writes which token is meant.
func (w *Writer) Ref(ref tokens.Ref) {
	w.Text(ref.Issuer)
	w.Name(ref.ID)
	w.Name(ref.Order)
}

// Set writes n things that have no order. Each is written by itself first, and
// that decides which comes when. Those that nothing tells apart come as they
// were given, which must not be by chance.
func (w *Writer) Set(n int, write func(i int)) {
	w.Int(n)
	switch n {
	case 0:
		return
	case 1:
		write(0)
		return
	}
	was, opened, from, mine := w.draft, w.opened, len(w.bytes), len(w.parts)
	w.draft, w.opened = true, 0
	for i := range n {
		begin := len(w.bytes)
		write(i)
		w.parts = append(w.parts, part{i, begin, len(w.bytes)})
	}
	asWritten := was || w.opened == 0 // else what comes first names what comes later
	w.draft, w.opened = was, opened+w.opened
	parts := w.parts[mine:]
	w.parts = w.parts[:mine]
	inOrder := func(a, b part) int { return bytes.Compare(w.bytes[a.from:a.to], w.bytes[b.from:b.to]) }
	switch sorted := slices.IsSortedFunc(parts, inOrder); {
	case sorted && asWritten:
		return
	case !sorted:
		slices.SortStableFunc(parts, inOrder)
	}
	if asWritten {
		w.room = append(w.room[:0], w.bytes[from:]...)
		w.bytes = w.bytes[:from]
		for _, p := range parts {
			w.bytes = append(w.bytes, w.room[p.from-from:p.to-from]...)
		}
		return
	}
	w.bytes = w.bytes[:from]
	for _, p := range slices.Clone(parts) { // whose place is free for those within them
		write(p.i)
	}
}

// part is where one of a set stands.
type part struct{ i, from, to int }

// mintedSize is how long the random part of a mint's id is.
const mintedSize = 26

// isMinted reports whether an id looks as if [tokens.Mint.ID] had made it.
func isMinted(id string) bool {
	kind := len(id) - mintedSize - 1
	if kind < 1 || id[kind] != '_' {
		return false
	}
	for _, c := range []byte(id[kind+1:]) {
		if !(c >= 'a' && c <= 'z' || c >= '2' && c <= '7') {
			return false
		}
	}
	return true
}
