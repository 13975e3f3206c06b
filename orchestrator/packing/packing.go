// Package packing writes values down in few bytes: a value is in parts, and each has
// a shape that many have, which is written as a number, and what is its own.
package packing

import (
	"bytes"
	"encoding/base32"
	"encoding/binary"
	"strings"
	"time"
)

// Words are what values share, and a packed one has the numbers of.
type Words struct {
	words  shared // of which there are few
	forms  shared // JSON without its values
	shapes shared // parts without what is their own
	room   Packer // where values are packed, and nothing stays
}

// shared are strings by number.
type shared struct {
	all []string
	at  map[string]int
}

// mostShared bounds them, and longestForm what is among them; what comes later, or
// is longer, is written out.
const (
	mostShared  = 250
	longestForm = 1 << 10
)

func (t *shared) number(s string) (n int, known bool) {
	if n, known = t.at[s]; known || len(t.all) == mostShared {
		return n, known
	}
	if t.at == nil {
		t.at = map[string]int{}
	}
	s = strings.Clone(s)
	t.at[s] = len(t.all)
	t.all = append(t.all, s)
	return t.at[s], true
}

// write adds a number, or what was not numbered.
func (t *shared) write(to []byte, s string) []byte {
	if n, known := t.number(s); known {
		return binary.AppendUvarint(to, uint64(n)+1)
	}
	return AppendText(append(to, 0), s)
}

func (t *shared) read(from *string) string {
	if n := TakeNumber(from); n > 0 {
		return t.all[n-1]
	}
	return strings.Clone(TakeText(from))
}

// Packer writes a value.
type Packer struct {
	Base  int64 // seconds that times are written as distances from
	Rest  int   // nanoseconds of the time before
	InUTC bool  // all times so far

	words *Words
	bytes []byte
	shape []byte
	own   []byte
}

// Pack gives a packer that writes behind what stands in front. There is one at a
// time.
func (w *Words) Pack(front []byte) *Packer {
	p := &w.room
	p.words, p.InUTC = w, true
	p.bytes = append(p.bytes[:0], front...)
	return p
}

// Part ends a part.
func (p *Packer) Part() {
	p.bytes = append(p.words.shapes.write(p.bytes, string(p.shape)), p.own...)
	p.shape, p.own = p.shape[:0], p.own[:0]
}

// Packed ends the value, and leaves nothing of it.
func (p *Packer) Packed() string {
	packed := string(p.bytes)
	clear(p.bytes)
	clear(p.own[:cap(p.own)])
	return packed
}

// Bits are of the shape.
func (p *Packer) Bits(all ...bool) {
	var b byte
	for i, yes := range all {
		if yes {
			b |= 1 << i
		}
	}
	p.shape = append(p.shape, b)
}

// Word is of the shape: a string that many have.
func (p *Packer) Word(s string) { p.shape = p.words.words.write(p.shape, s) }

// Few is of the shape: a number that is nearly always the same.
func (p *Packer) Few(n int) { p.shape = binary.AppendVarint(p.shape, int64(n)) }

// Number is its own.
func (p *Packer) Number(n uint64) { p.own = binary.AppendUvarint(p.own, n) }

// Text is its own.
func (p *Packer) Text(s string) { p.own = AppendText(p.own, s) }

// Seldom is a text that is its own, if there is one, which is of the shape.
func (p *Packer) Seldom(s string) {
	if p.Bits(s != ""); s != "" {
		p.Text(s)
	}
}

// Time writes the distance in seconds and, when the time before had another, what
// is left of one.
func (p *Packer) Time(t time.Time) {
	rest := t.Nanosecond()
	if p.Bits(t.IsZero(), rest == p.Rest); t.IsZero() {
		return
	}
	p.own = binary.AppendVarint(p.own, t.Unix()-p.Base)
	if rest != p.Rest {
		p.Number(uint64(rest))
	}
	p.Rest, p.InUTC = rest, p.InUTC && t.Location() == time.UTC
}

var minted = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// ID writes an id of a mint in 16 bytes, of which its kind is of the shape, and any
// other as it is.
func (p *Packer) ID(s string) {
	if kind, digits, ok := strings.Cut(s, "_"); ok && len(digits) == 26 {
		raw, err := minted.DecodeString(digits)
		if err == nil && minted.EncodeToString(raw) == digits {
			p.Bits(true)
			p.Word(kind)
			p.own = append(p.own, raw...)
			return
		}
	}
	p.Bits(false)
	p.Seldom(s)
}

// marks end a key and a value of JSON. One in a text makes two values of it.
const marks = "{}[]\",: "

// JSON writes its form, in which a zero byte stands for each value, and the values;
// and what is no JSON so, too, or as it is.
func (p *Packer) JSON(body []byte) {
	fits := len(body) <= longestForm && bytes.IndexByte(body, 0) < 0
	if p.Bits(fits); !fits {
		p.Text(string(body))
		return
	}
	var room [128]byte
	form := room[:0]
	for len(body) > 0 {
		n := bytes.IndexAny(body, marks)
		if n < 0 {
			n = len(body)
		}
		switch {
		case n == 0:
			n = 1
			form = append(form, body[0])
		case bytes.HasPrefix(body[n:], []byte(`":`)):
			form = append(form, body[:n]...)
		default:
			form = append(form, 0)
			p.own = AppendText(p.own, body[:n])
		}
		body = body[n:]
	}
	p.shape = p.words.forms.write(p.shape, string(form))
}

// AppendText adds a text with its length.
func AppendText[text string | []byte](to []byte, s text) []byte {
	return append(binary.AppendUvarint(to, uint64(len(s))), s...)
}

// TakeNumber reads a number from the beginning of what is packed.
func TakeNumber(from *string) uint64 {
	n, size := binary.Uvarint([]byte((*from)[:min(len(*from), binary.MaxVarintLen64)]))
	*from = (*from)[size:]
	return n
}

// TakeInt reads one that may be negative.
func TakeInt(from *string) int64 {
	n := TakeNumber(from)
	return int64(n>>1) ^ -int64(n&1) // as binary.Varint has it
}

// TakeText gives a part of what is packed: to keep it alone, clone it.
func TakeText(from *string) string { return take(from, int(TakeNumber(from))) }

func take(from *string, n int) (text string) {
	text, *from = (*from)[:n], (*from)[n:]
	return text
}

// Unpacker reads what a packer wrote, in the same order.
type Unpacker struct {
	Base int64
	Rest int

	words *Words
	shape string
	own   string
}

// Unpack gives an unpacker of what is left behind the front.
func (w *Words) Unpack(packed string) *Unpacker { return &Unpacker{words: w, own: packed} }

// Part begins a part, which [Packer.Part] ended.
func (u *Unpacker) Part() { u.shape = u.words.shapes.read(&u.own) }

// Bits reads what [Packer.Bits] wrote.
func (u *Unpacker) Bits() (all [8]bool) {
	b := take(&u.shape, 1)[0]
	for i := range all {
		all[i] = b&(1<<i) != 0
	}
	return all
}

// Word reads a word.
func (u *Unpacker) Word() string { return u.words.words.read(&u.shape) }

// Few reads a number of the shape.
func (u *Unpacker) Few() int { return int(TakeInt(&u.shape)) }

// Number reads a number.
func (u *Unpacker) Number() uint64 { return TakeNumber(&u.own) }

// Text reads a text.
func (u *Unpacker) Text() string { return strings.Clone(TakeText(&u.own)) }

// Seldom reads what [Packer.Seldom] wrote.
func (u *Unpacker) Seldom() string {
	if !u.Bits()[0] {
		return ""
	}
	return u.Text()
}

// Time reads a time.
func (u *Unpacker) Time() time.Time {
	flags := u.Bits()
	if flags[0] {
		return time.Time{}
	}
	seconds := u.Base + TakeInt(&u.own)
	if !flags[1] {
		u.Rest = int(u.Number())
	}
	return time.Unix(seconds, int64(u.Rest)).UTC()
}

// ID reads an id.
func (u *Unpacker) ID() string {
	if !u.Bits()[0] {
		return u.Seldom()
	}
	kind := u.Word()
	return kind + "_" + minted.EncodeToString([]byte(take(&u.own, 16)))
}

// JSON reads what [Packer.JSON] wrote; never nil.
func (u *Unpacker) JSON() []byte {
	if !u.Bits()[0] {
		return []byte(u.Text())
	}
	body, form := []byte{}, u.words.forms.read(&u.shape)
	for {
		before, after, more := strings.Cut(form, "\x00")
		body = append(body, before...)
		if !more {
			return body
		}
		body, form = append(body, TakeText(&u.own)...), after
	}
}
